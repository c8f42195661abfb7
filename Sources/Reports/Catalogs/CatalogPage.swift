public import AuditCore

/// How a catalog is told.
public enum CatalogFormat: String, Sendable, CaseIterable {
    case text
    case json
    case markdown
}

/// Pages about what the program knows, rather than about a scan: claims, rules, the policy's schema.
public enum CatalogPage {
    /// The catalog of claims, or some of it.
    ///
    /// - Parameter withSources: whether the text tells hosts and sources too, as the other formats always do.
    public static func claims(
        _ claims: [Claim], withSources: Bool, as format: CatalogFormat, style: ReportStyle,
    ) -> String {
        switch format {
        case .text: claimText(claims, withSources: withSources, style)
        case .json: claimJSON(claims)
        case .markdown: claimMarkdown(claims)
        }
    }

    /// The catalog of rules, a line each.
    public static func rules(as format: CatalogFormat, style: ReportStyle) -> String {
        switch format {
        case .text: ruleText(style)
        case .json: ruleJSON()
        case .markdown: ruleMarkdown()
        }
    }

    // MARK: -

    static func json(_ body: (inout JSONWriter) -> Void) -> String {
        var bytes: [UInt8] = []
        withoutActuallyEscaping({ bytes += $0 }) { collect in
            var writer = JSONWriter(ReportOutput(flush: collect))
            body(&writer)
            // What is written to memory can't fail.
            try? writer.output.finish()
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A text that says the same in Markdown as it does elsewhere, on one line.
    static func markdown(_ text: String) -> String {
        text.singleLine.escaping(markdownEscapes)
    }

    /// Punctuation of ASCII, each with a backslash before it.
    private static let markdownEscapes = Dictionary(
        uniqueKeysWithValues: "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~".unicodeScalars.map { ($0, "\\\($0)") })

    /// A table of GitHub-flavoured Markdown; the cells are Markdown.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        func line(_ cells: [String]) -> String {
            "| " + cells.joined(separator: " | ") + " |\n"
        }
        return line(header) + line(header.map { _ in "---" }) + rows.map(line).joined()
    }
}
