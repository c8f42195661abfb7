import AuditCore

/// GitHub-flavoured Markdown.
enum Markdown {
    /// A text that says the same in Markdown as it does elsewhere, on one line.
    static func text(_ text: String) -> String { text.singleLine.escaping(escapes) }

    /// A table; the cells are Markdown.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        ([header, header.map { _ in "---" }] + rows).map(row).joined()
    }

    static func row(_ cells: [String]) -> String {
        "| " + cells.joined(separator: " | ") + " |\n"
    }

    // MARK: -

    /// Punctuation of ASCII, each with a backslash before it.
    private static let escapes = Dictionary(
        uniqueKeysWithValues: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".unicodeScalars.map { ($0, "\\\($0)") })
}
