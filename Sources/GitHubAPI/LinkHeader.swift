import AuditCore

/// The targets of a `Link` header by relation (RFC 8288 §3): `next`, `last`.
struct LinkHeader {
    private var targets: [String: String] = [:]
    /// Whether there was text that could not be understood, so that a link may be lost.
    private(set) var isUnreadable = false

    init(_ text: String?) {
        var reader = FieldReader(text ?? "")
        while true {
            reader.skip { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            guard !reader.isAtEnd else { break }
            guard reader.take(UInt8(ascii: "<")), let target = reader.text(upTo: UInt8(ascii: ">")) else {
                isUnreadable = true
                reader.skipToComma()
                continue
            }
            guard let relations = relations(&reader) else {
                isUnreadable = true
                continue
            }
            for relation in relations where targets[relation] == nil { targets[relation] = target }
        }
        isUnreadable = isUnreadable || (targets.isEmpty && text?.allSatisfy(\.isWhitespace) == false)
    }

    subscript(relation: String) -> String? { targets[relation] }

    /// The number in the target's `page` query parameter.
    func page(_ relation: String) -> Int? {
        guard let query = targets[relation]?.split(separator: "?", maxSplits: 1).last else { return nil }
        let parameter = query.split(separator: "&").first { $0.hasPrefix("page=") }
        let number = parameter.flatMap { Int($0.dropFirst("page=".count)) }
        // No listing has as many, and what is beyond can't be counted with.
        return number.map { min(max(0, $0), 1_000_000_000) }
    }

    // MARK: -

    /// What the first `rel` of a link says; others do not count (§3.3).
    ///
    /// - Returns: in lower case; `nil` if something else than a parameter follows the target.
    private func relations(_ reader: inout FieldReader) -> [String]? {
        var relations: [String]?
        while true {
            reader.skipSpace()
            guard reader.take(UInt8(ascii: ";")) else { break }
            reader.skipSpace()
            let name = reader.token()
            reader.skipSpace()
            guard reader.take(UInt8(ascii: "=")) else { continue }
            reader.skipSpace()
            let value = reader.value()
            guard relations == nil, name.isExactlyIgnoringCase("rel") else { continue }
            relations = value.lowercased().split(whereSeparator: \.isWhitespace).map(String.init)
        }
        guard reader.isAtEnd || reader.next == UInt8(ascii: ",") else {
            reader.skipToComma()
            return nil
        }
        return relations ?? []
    }
}

/// Reads a header field's value from its start.
private struct FieldReader {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = Substring(text).utf8
    }

    var isAtEnd: Bool { rest.isEmpty }
    var next: UInt8? { rest.first }

    mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest = rest.dropFirst()
        return true
    }

    mutating func skip(_ isSkipped: (UInt8) -> Bool) { rest = rest.drop(while: isSkipped) }

    mutating func skipSpace() { skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }

    /// What comes before a byte, which is taken too; `nil` if the byte does not come.
    mutating func text(upTo end: UInt8) -> String? {
        guard let index = rest.firstIndex(of: end) else { return nil }
        defer { rest = rest[index...].dropFirst() }
        return String(Substring(rest[..<index]))
    }

    mutating func token() -> String {
        let token = rest.prefix { !" \t;,=\"".utf8.contains($0) }
        rest = rest[token.endIndex...]
        return String(Substring(token))
    }

    /// A token or a quoted string (RFC 9110 §5.6.4), without its quotation marks and backslashes.
    mutating func value() -> String {
        guard take(UInt8(ascii: "\"")) else { return token() }
        var bytes: [UInt8] = []
        while let byte = rest.first {
            rest = rest.dropFirst()
            if byte == UInt8(ascii: "\"") { break }
            if byte == UInt8(ascii: "\\"), let escaped = rest.first {
                bytes.append(escaped)
                rest = rest.dropFirst()
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Passes over the rest of what could not be understood.
    mutating func skipToComma() { skip { $0 != UInt8(ascii: ",") } }
}
