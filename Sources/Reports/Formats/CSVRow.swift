import AuditCore

extension [String] {
    /// The cells as one row (RFC 4180), with its end.
    var csvRow: String { map(\.csvCell).joined(separator: ",") + "\r\n" }
}

extension String {
    /// Harmless in a spreadsheet too, which runs a cell as a formula that begins with one of these characters.
    /// Source: OWASP, "CSV Injection".
    fileprivate var csvCell: String {
        var text = singleLine
        // By scalars: a sign with a combining mark is another character than the sign, and the same to a spreadsheet.
        if let first = text.unicodeScalars.first(where: { $0 != " " }),
            "=+-@\t\r|＝＋－＠".unicodeScalars.contains(first)
        {
            text = "'" + text
        }
        guard text.utf8.contains(where: { ",\"\n\r; ".utf8.contains($0) }) else { return text }
        let doubled = text.utf8.split(separator: UInt8(ascii: "\""), omittingEmptySubsequences: false)
            .map { Substring($0) }.joined(separator: "\"\"")
        return "\"\(doubled)\""
    }
}
