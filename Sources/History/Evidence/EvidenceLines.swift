import Crypto
import Foundation
import GRDB

/// Tells the records of a scan as lines, each with a checksum for each field.
struct EvidenceLines {
    private let db: Database
    private var line: [UInt8] = []
    private var checks: [UInt8] = []
    /// Texts that are of the form; few distinct ones stand in very many rows.
    private var known: [EvidenceField.Form: Set<Data>] = [:]
    /// The first value that is not of its field's form: its text could be taken for other records.
    private(set) var malformed: (id: Int64, field: String)?

    init(_ db: Database) {
        self.db = db
    }

    /// What a scan is sealed by.
    ///
    /// - Parameters:
    ///   - version: of the records.
    ///   - kinds: in the order in which they are hashed.
    ///   - body: is given each line, its line feed included.
    mutating func content(
        of scanID: Int64, version: Int = EvidenceKind.version, kinds: [EvidenceKind] = EvidenceKind.all,
        _ body: ([UInt8]) throws -> Void = { _ in },
    ) throws -> (digest: String, checks: [UInt8]) {
        checks = []
        var hash = SHA256()
        for (number, kind) in kinds.enumerated() {
            try forEach(kind, of: scanID, number: number, version) { line in
                hash.update(data: line)
                try body(line)
            }
        }
        return (hash.finalize().hexadecimal, checks)
    }

    // MARK: -

    private mutating func forEach(
        _ kind: EvidenceKind, of scanID: Int64, number: Int, _ version: Int, _ body: ([UInt8]) throws -> Void,
    ) throws {
        var arguments: StatementArguments = [scanID]
        if kind.name == EvidenceKind.progress.name {
            guard let met = try metRepositories(scanID) else { return }
            arguments += [met]
        }
        let rows = try Row.fetchCursor(db.cachedStatement(sql: kind.ofScan), arguments: arguments)
        while let row = try rows.next() {
            try append(row, kind, number, version)
            try body(line)
        }
    }

    /// Leaves the row in `line`, and its checksums at the end of `checks`.
    private mutating func append(_ row: Row, _ kind: EvidenceKind, _ number: Int, _ version: Int) throws {
        line.removeAll(keepingCapacity: true)
        Self.begin(kind, in: &line)
        checks.append(UInt8(number))
        var wrong: String?
        let idPlace = checks.count
        checks.append(contentsOf: repeatElement(0, count: 8))
        for (index, field) in kind.fields.prefix(kind.fieldCount(in: version)).enumerated() {
            Self.begin(field, version, in: &line)
            let start = line.count
            if row.hasNull(atIndex: index) {
                line += "null".utf8
            } else {
                switch field.form {
                case .integer, .boolean:
                    let value: Int64 = try row.decode(atIndex: index)
                    Self.append(value, field, in: &line)
                    if field.form == .boolean, !(0...1).contains(value) { wrong = wrong ?? field.name }
                case .names, .properties, .scope, .text, .time:
                    try row.withUnsafeData(atIndex: index) { data in
                        Self.append(data ?? Data(), field, in: &line)
                        if !isOfItsForm(data ?? Data(), field) { wrong = wrong ?? field.name }
                    }
                }
            }
            Self.append(check: line[start...], to: &checks)
        }
        // An organization's id goes as a negative number.
        var id: Int64 = 0
        for index in kind.identities where id == 0 && !row.hasNull(atIndex: index) {
            id = try row.decode(atIndex: index)
            if kind.fields[index].identity == .organization { id = -id }
        }
        if let wrong, malformed == nil { malformed = (id, wrong) }
        withUnsafeBytes(of: id.littleEndian) { bytes in
            checks.replaceSubrange(idPlace..<idPlace + 8, with: bytes)
        }
        line += "}\n".utf8
    }

    /// The line of a record that was read.
    static func line(of record: EvidenceRecord) -> [UInt8] {
        var line: [UInt8] = []
        begin(record.kind, in: &line)
        for (field, value) in zip(record.kind.fields, record.values) {
            begin(field, record.version, in: &line)
            switch value.storage {
            case .int64(let number): append(number, field, in: &line)
            case .string(let text): append(Data(text.utf8), field, in: &line)
            case .null, .double, .blob: line += "null".utf8
            }
        }
        line += "}\n".utf8
        return line
    }

    private static func begin(_ kind: EvidenceKind, in line: inout [UInt8]) {
        line += #"{"record":""#.utf8
        line += kind.name.utf8
        line.append(UInt8(ascii: "\""))
    }

    private static func begin(_ field: EvidenceField, _ version: Int, in line: inout [UInt8]) {
        line += #",""#.utf8
        line += field.name(in: version).utf8
        line += #"":"#.utf8
    }

    private static func append(_ value: Int64, _ field: EvidenceField, in line: inout [UInt8]) {
        line += (field.form == .boolean ? value == 0 ? "false" : "true" : String(value)).utf8
    }

    private static func append(_ text: Data, _ field: EvidenceField, in line: inout [UInt8]) {
        switch field.form {
        case .text, .time, .integer, .boolean: quote(text, in: &line)
        case .names, .properties, .scope: line += text
        }
    }

    /// Whether a text is what its field holds, on one line: a reader of the line takes nothing of it for another field or
    /// record.
    private mutating func isOfItsForm(_ text: Data, _ field: EvidenceField) -> Bool {
        guard field.form != .text, field.form != .time else { return true }
        if known[field.form]?.contains(text) == true { return true }
        guard text.allSatisfy({ $0 >= 0x20 }), JSONColumn.holds(text, field.form) else { return false }
        // A copy: the row's own bytes are gone with the next row.
        known[field.form, default: []].insert(Data(Array(text)))
        return true
    }

    /// RFC 8259 demands escapes for quotes, backslashes and control characters; nothing else is escaped.
    private static func quote(_ text: Data, in line: inout [UInt8]) {
        line.append(UInt8(ascii: "\""))
        text.withUnsafeBytes { (bytes: UnsafeRawBufferPointer) in
            let isPlain = bytes.allSatisfy { $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
            if isPlain { line.append(contentsOf: bytes) } else { escape(bytes, in: &line) }
        }
        line.append(UInt8(ascii: "\""))
    }

    private static func escape(_ text: UnsafeRawBufferPointer, in line: inout [UInt8]) {
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                line.append(UInt8(ascii: "\\"))
                line.append(byte)
            case 0..<0x20:
                line += #"\u00"#.utf8
                line.append(hexadecimalDigit(byte >> 4))
                line.append(hexadecimalDigit(byte & 15))
            default:
                line.append(byte)
            }
        }
    }

    /// FNV-1a, 32 bits: it says where content differs, and SHA-256 says whether.
    private static func append(check field: ArraySlice<UInt8>, to checks: inout [UInt8]) {
        var hash: UInt32 = 2_166_136_261
        field.withUnsafeBufferPointer { bytes in
            for byte in bytes { hash = (hash ^ UInt32(byte)) &* 16_777_619 }
        }
        withUnsafeBytes(of: hash.littleEndian) { checks.append(contentsOf: $0) }
    }

    /// JSON list of `[row id, listed, read]`; `nil` if the scan kept no bits.
    private func metRepositories(_ scanID: Int64) throws -> String? {
        guard let progress = try ProgressRecord.fetchOne(db, key: scanID) else { return nil }
        let (listed, read) = (progress.listedRows, progress.readRows)
        let met = (0..<Int64(max(listed.bytes.count, read.bytes.count) * 8)).compactMap { id in
            listed.contains(id) || read.contains(id)
                ? "[\(id),\(listed.contains(id) ? 1 : 0),\(read.contains(id) ? 1 : 0)]" : nil
        }
        // NULL comes first in the order of ids.
        return "[" + (["[null,0,0]"] + met).joined(separator: ",") + "]"
    }
}

func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}

extension Digest {
    /// Lower-case digits.
    var hexadecimal: String {
        String(decoding: flatMap { [hexadecimalDigit($0 >> 4), hexadecimalDigit($0 & 15)] }, as: UTF8.self)
    }
}
