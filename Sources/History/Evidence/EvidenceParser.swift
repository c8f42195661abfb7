import AuditCore
import GRDB

/// One record as a line told it.
struct EvidenceRecord {
    let kind: EvidenceKind
    /// In the order of the kind's fields; null where the line was of a version without the field.
    let values: [DatabaseValue]
    /// How many fields the line had.
    var fieldCount: Int

    init(kind: EvidenceKind, values: [DatabaseValue]) {
        self.kind = kind
        fieldCount = values.count
        self.values = values + Array(repeating: .null, count: kind.fields.count - values.count)
    }

    subscript(_ field: String) -> DatabaseValue {
        kind.fields.firstIndex { $0.name == field }.map { values[$0] } ?? .null
    }

    func integer(_ field: String) -> Int64? { Int64.fromDatabaseValue(self[field]) }
    func text(_ field: String) -> String? { String.fromDatabaseValue(self[field]) }
}

/// Reads lines as `EvidenceLines` writes them, and no others: what is read tells the same line again.
struct EvidenceParser {
    /// Why a line is not ours.
    struct Failure: Error {
        let why: String
    }

    private var json = JSONTextReader()

    mutating func record(_ line: ArraySlice<UInt8>) throws -> EvidenceRecord {
        var rest = line
        try Self.take(#"{"record":""#, from: &rest)
        guard let kind = EvidenceKind.all.first(where: { rest.starts(with: ($0.name + "\"").utf8) }) else {
            throw Failure(why: "this version does not know its kind of record")
        }
        try Self.take(kind.name + "\"", from: &rest)
        var values: [DatabaseValue] = []
        for field in kind.fields {
            // Records of an earlier version end here; their seal says whether that is right.
            if field.since > 1, rest.first == UInt8(ascii: "}") { break }
            try Self.take(",\"\(field.name)\":", from: &rest)
            if rest.starts(with: "null".utf8) {
                rest = rest.dropFirst(4)
                values.append(.null)
            } else {
                values.append(try value(field, &rest))
            }
        }
        try Self.take("}", from: &rest)
        guard rest.isEmpty else { throw Failure(why: "something follows the record") }
        return EvidenceRecord(kind: kind, values: values)
    }

    // MARK: -

    private mutating func value(
        _ field: EvidenceField, _ rest: inout ArraySlice<UInt8>,
    ) throws -> DatabaseValue {
        switch field.form {
        case .integer:
            let digits = rest.prefix { $0 == UInt8(ascii: "-") || (0x30...0x39).contains($0) }
            // Sums of counts must not overflow; ids are GitHub's.
            guard let number = Int64(String(decoding: digits, as: UTF8.self)),
                number >= 0, number < (field.name.hasSuffix("_id") ? .max : 1 << 40)
            else { throw wrong(field) }
            rest = rest.dropFirst(digits.count)
            return number.databaseValue
        case .boolean:
            for (word, value) in [("true", true), ("false", false)] where rest.starts(with: word.utf8) {
                rest = rest.dropFirst(word.utf8.count)
                return value.databaseValue
            }
            throw wrong(field)
        case .text:
            let text = try Self.string(&rest)
            // What is read as one of a few words must be one.
            guard field.name != "severity" || Severity(rawValue: text) != nil,
                field.name != "state" || ["sealed", "interrupted"].contains(text)
            else { throw wrong(field) }
            return text.databaseValue
        case .time:
            let text = try Self.string(&rest)
            guard Timestamp(text) != nil else { throw wrong(field) }
            return text.databaseValue
        case .names, .properties, .scope:
            guard let text = String(validating: Self.bracketed(&rest), as: UTF8.self) else { throw wrong(field) }
            // What is stored must be what this program reads.
            do {
                switch field.form {
                case .names: _ = try json.strings(text)
                case .properties: _ = try json.properties(text)
                default: _ = try JSONColumn.scope(text)
                }
            } catch {
                throw wrong(field)
            }
            return text.databaseValue
        }
    }

    private func wrong(_ field: EvidenceField) -> Failure {
        Failure(why: "\(field.name) is not of its form")
    }

    private static func take(_ text: String, from rest: inout ArraySlice<UInt8>) throws {
        guard rest.starts(with: text.utf8) else { throw Failure(why: "expected \(text)") }
        rest = rest.dropFirst(text.utf8.count)
    }

    private static func string(_ rest: inout ArraySlice<UInt8>) throws -> String {
        try take("\"", from: &rest)
        var bytes: [UInt8] = []
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(why: "it is not UTF-8") }
                return text
            case UInt8(ascii: "\\"):
                guard let escape = rest.popFirst() else { throw Failure(why: "it ends in an escape") }
                switch escape {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes.append(escape)
                case UInt8(ascii: "u"):
                    let digits = rest.prefix(4)
                    guard digits.count == 4, let code = UInt8(String(decoding: digits, as: UTF8.self), radix: 16),
                        code < 0x20
                    else { throw Failure(why: "it has an unknown escape") }
                    rest = rest.dropFirst(4)
                    bytes.append(code)
                default: throw Failure(why: "it has an unknown escape")
                }
            default: bytes.append(byte)
            }
        }
        throw Failure(why: "a string does not end")
    }

    /// Bytes up to the bracket that closes the first one; all of them where none does.
    private static func bracketed(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var depth = 0
        var isInString = false
        var isEscaped = false
        var end = rest.startIndex
        scanning: while end < rest.endIndex {
            let byte = rest[end]
            end += 1
            if isInString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isInString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""): isInString = true
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                if depth <= 0 { break scanning }
            default: if depth == 0 { break scanning }
            }
        }
        defer { rest = rest[end...] }
        return rest[..<end]
    }
}
