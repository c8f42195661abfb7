/// An article of the documentation, Markdown, on a terminal: headings stand out, paragraphs keep to the width, code stays
/// as it is. It knows what the articles use and no more.
package enum ArticlePage {
    package static func render(_ markdown: String, style: ReportStyle) -> String {
        var page = TextPage(style: style)
        var previous: ArticleBlock?
        for block in ArticleBlock.all(in: markdown) {
            switch (previous, block) {
            case (nil, _), (.item, .item): break
            default: page.blank()
            }
            block.write(to: &page)
            previous = block
        }
        return page.text
    }

    /// The names of articles or other things, each with a sentence.
    package static func list(_ rows: [(name: String, summary: String)], style: ReportStyle) -> String {
        var page = TextPage(style: style)
        let column = (rows.map(\.name.count).max() ?? 0) + 3
        for row in rows { page.line(row.name, .strong, words(row.summary), column: column) }
        return page.text
    }

    /// The first paragraph of an article.
    package static func summary(of markdown: String) -> String {
        for case .paragraph(let text) in ArticleBlock.all(in: markdown) { return text }
        return ""
    }

    /// Text without the marks that a terminal does not need. What a short piece of code holds stays on one line.
    fileprivate static func words(_ text: String) -> String {
        let text = text.replacing(/\[([^\]]*)\]\(([^)]*)\)/) { link in
            link.output.2.hasPrefix("http") ? "\(link.output.1) (\(link.output.2))" : String(link.output.1)
        }
        return text.replacing("**", with: "").replacing(/`[^`]+`/) { code in
            code.output.count > 42 ? String(code.output) : String(code.output).replacing(" ", with: "\u{A0}")
        }
    }
}

private enum ArticleBlock {
    case heading(String)
    case paragraph(String)
    case item(String)
    case code([String])
    case table([[String]])

    /// Blocks end at a blank line, and items of a list at the next one.
    static func all(in markdown: String) -> [ArticleBlock] {
        var blocks: [ArticleBlock] = []
        var lines = markdown.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)[...]
        while let line = lines.popFirst() {
            if line.isEmpty || line.hasPrefix("<!--") || line.hasPrefix("![") { continue }
            if line.hasPrefix("#") {
                blocks.append(.heading(String(line.drop { $0 == "#" }.dropFirst())))
            } else if line.hasPrefix("```") {
                let code = lines.prefix { !$0.hasPrefix("```") }
                lines = lines.dropFirst(code.count + 1)
                blocks.append(.code(Array(code)))
            } else if line.hasPrefix("    ") {
                let code = [line] + lines.prefix { $0.hasPrefix("    ") }
                lines = lines.dropFirst(code.count - 1)
                blocks.append(.code(code.map { String($0.dropFirst(4)) }))
            } else if line.hasPrefix("|") {
                let rows = lines.prefix { $0.hasPrefix("|") }
                lines = lines.dropFirst(rows.count)
                // The line below the header only draws a rule.
                blocks.append(.table(([line] + rows.dropFirst()).map(cells)))
            } else {
                let isItem = line.hasPrefix("- ")
                let rest = lines.prefix { !$0.isEmpty && !$0.hasPrefix("- ") && !$0.hasPrefix("```") }
                lines = lines.dropFirst(rest.count)
                let text = ([isItem ? String(line.dropFirst(2)) : line] + rest.map { String($0.drop { $0 == " " }) })
                    .joined(separator: " ")
                blocks.append(isItem ? .item(text) : .paragraph(text))
            }
        }
        return blocks
    }

    func write(to page: inout TextPage) {
        switch self {
        case .heading(let text): page.line(text, .strong, "")
        case .paragraph(let text): page.wrapped(ArticlePage.words(text), indent: 0)
        case .item(let text): page.wrapped(ArticlePage.words(text), label: "-", indent: 2)
        case .code(let lines): for line in lines { page.plain(line, indent: 4) }
        case .table(let rows) where rows[0].count == 2:
            page.table(rows.dropFirst().map { ($0[0], ArticlePage.words($0[1])) })
        case .table(let rows):
            for row in rows.dropFirst() {
                page.wrapped(row[0], indent: 4, .strong)
                for (name, cell) in zip(rows[0], row).dropFirst() where !cell.isEmpty {
                    page.wrapped(ArticlePage.words(cell), label: name + ":", indent: 6)
                }
            }
        }
    }

    /// The first column holds names: its marks of code are left out.
    private static func cells(_ row: String) -> [String] {
        let cells = row.replacing("\\|", with: "\u{0}").split(separator: "|").map { cell in
            String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()).replacing("\u{0}", with: "|")
        }
        return cells.enumerated().map { $0 == 0 ? $1.replacing("`", with: "") : $1 }
    }
}
