import AuditCore

/// Lines of text that keep to a width, with colour where it is wanted. Whatever it is given is made harmless.
package struct TextPage {
    enum Tone {
        case good
        case bad
        case poor
        case faint
        case strong
        case severity(Severity)

        fileprivate var code: String {
            switch self {
            case .good: "1;32"
            case .bad, .severity(.critical): "1;31"
            case .severity(.high): "31"
            case .poor, .severity(.medium): "33"
            case .faint, .severity(.low): "36"
            case .strong: "1"
            }
        }
    }

    private(set) var text = ""
    private let style: ReportStyle
    /// Of a line, in columns.
    var width: Int { style.width }

    var lineCount: Int { text.utf8.count { $0 == UInt8(ascii: "\n") } }

    init(style: ReportStyle) {
        self.style = style
    }

    mutating func blank() {
        text += "\n"
    }

    /// A word in colour, then the rest, wrapped with its continuation below itself.
    mutating func line(_ word: String, _ tone: Tone, _ rest: String, column: Int = 0) {
        let word = word.singleLine
        let start = max(word.count + 2, column)
        let padding = String(repeating: " ", count: start - word.count)
        let lines = rest.singleLine.wrapped(to: style.width - start)
        text += paint(word, tone) + (lines.isEmpty ? "" : padding + lines[0]) + "\n"
        for line in lines.dropFirst() { text += String(repeating: " ", count: start) + line + "\n" }
    }

    /// A paragraph.
    ///
    /// - Parameter label: a word before it, such as `fix:`, under which the further lines don't run.
    mutating func wrapped(_ words: String, label: String = "", indent: Int, _ tone: Tone? = nil) {
        let start = indent + (label.isEmpty ? 0 : label.count + 1)
        for (index, line) in words.singleLine.wrapped(to: style.width - start).enumerated() {
            let margin = String(repeating: " ", count: indent)
            let head = index == 0 && !label.isEmpty ? margin + label + " " : String(repeating: " ", count: start)
            text += head + (tone.map { paint(line, $0) } ?? line) + "\n"
        }
    }

    mutating func plain(_ words: String, indent: Int) {
        text += String(repeating: " ", count: indent) + words.singleLine + "\n"
    }

    /// Two columns, aligned where the names are short enough to leave room for the second.
    mutating func table(_ rows: [(name: String, detail: String)]) {
        let indent = 4
        let longest = rows.map(\.name.count).max() ?? 0
        let column = indent + min(longest, style.width / 2 - indent) + 2
        for (name, detail) in rows {
            let lines = detail.singleLine.wrapped(to: style.width - column)
            var row = String(repeating: " ", count: indent) + name.singleLine
            for (index, line) in lines.enumerated() {
                if index > 0 || row.count + 2 > column {
                    text += row + "\n"
                    row = ""
                }
                row += String(repeating: " ", count: column - row.count) + line
            }
            text += row + "\n"
        }
    }

    /// `name   3 listed · 2 judged`; what is 0 is left out, unless nothing else would be left.
    mutating func facts(_ name: String, _ counts: [(count: Int, word: String)]) {
        let shown = counts.filter { $0.count != 0 }
            .map {
                "\($0.count)\(String.fixedSpace)\($0.word.split(separator: " ").joined(separator: String.fixedSpace))"
            }
        line(name, .faint, shown.isEmpty ? "none" : shown.joined(separator: "\(String.fixedSpace)· "), column: 14)
    }

    /// `name   words`, in the same columns as `facts`.
    mutating func fact(_ name: String, _ words: String) {
        line(name, .faint, words, column: 14)
    }

    /// Columns as wide as what they hold; the last one runs on.
    mutating func grid(_ header: [String], _ rows: [[String]], rightAligned: Set<Int> = []) {
        let cells = rows.map { $0.map(\.singleLine) }
        let widths = header.indices.map { column in
            ([header] + cells).map { $0[column].count }.max() ?? 0
        }
        for (index, row) in ([header] + cells).enumerated() {
            let words = row.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                if rightAligned.contains(column) { return padding + cell }
                return column == header.count - 1 ? cell : cell + padding
            }.joined(separator: "  ")
            text += (index == 0 ? paint(words, .faint) : words) + "\n"
        }
    }

    // MARK: -

    private func paint(_ words: String, _ tone: Tone) -> String {
        style.isColored ? "\u{1B}[\(tone.code)m\(words)\u{1B}[0m" : words
    }
}
