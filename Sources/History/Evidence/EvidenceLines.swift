import Crypto
import Foundation
import GRDB

/// Tells the records of a scan as lines, each with a checksum for each field.
struct EvidenceLines {
    private let db: Database
    private var line: [UInt8] = []
    private var checks: [UInt8] = []
    /// The first value that is not of its field's form: what it tells could be taken for other records.
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
        line += #"{"record":""#.utf8
        line += kind.name.utf8
        line.append(UInt8(ascii: "\""))
        checks.append(UInt8(number))
        var wrong: String?
        let idPlace = checks.count
        checks.append(contentsOf: repeatElement(0, count: 8))
        for (index, field) in kind.fields.prefix(kind.fieldCount(in: version)).enumerated() {
            line += #",""#.utf8
            line += field.name.utf8
            line += #"":"#.utf8
            let start = line.count
            if row.hasNull(atIndex: index) {
                line += "null".utf8
            } else {
                switch field.form {
                case .integer:
                    let value: Int64 = try row.decode(atIndex: index)
                    line += String(value).utf8
                case .boolean:
                    let value: Int64 = try row.decode(atIndex: index)
                    line += (value == 0 ? "false" : "true").utf8
                    if !(0...1).contains(value) { wrong = wrong ?? field.name }
                case .names, .properties, .scope:
                    try row.withUnsafeData(atIndex: index) { data in
                        line += data ?? Data()
                        if !Self.isOneValue(data ?? Data()) { wrong = wrong ?? field.name }
                    }
                case .text, .time:
                    try row.withUnsafeData(atIndex: index) { data in Self.quote(data ?? Data(), in: &line) }
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

    /// Whether a text is one list or object of JSON, on one line, as far as its brackets and strings show: a reader of the
    /// line takes it for the field's value, and nothing of it for another field or record.
    private static func isOneValue(_ text: Data) -> Bool {
        var depth = 0
        var isString = false
        var isEscaped = false
        var isOver = false
        for byte in text {
            guard byte >= 0x20, !isOver else { return false }
            if isString {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "]"), UInt8(ascii: "}"):
                depth -= 1
                isOver = depth == 0
            case UInt8(ascii: "\""): isString = true
            default: break
            }
            guard depth > 0 || isOver else { return false }
        }
        return isOver
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

    /// JSON list of `[row id, listed, read]`; `nil` where the scan kept no bits.
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
