import AuditCore

/// GitHub-flavoured Markdown.
enum Markdown {
    /// A text that says the same in Markdown as it does elsewhere, on one line, and that notifies and links nobody.
    static func text(_ text: String) -> String {
        var written = ""
        var word = ""
        for scalar in text.singleLine.unicodeScalars {
            guard scalar.isWordBoundary else {
                word.unicodeScalars.append(scalar)
                continue
            }
            written += self.word(word) + String(scalar).escaping(escapes)
            word = ""
        }
        return written + self.word(word)
    }

    /// A table; the cells are Markdown.
    static func table(_ header: [String], _ rows: [[String]]) -> String {
        ([header, header.map { _ in "---" }] + rows).map(row).joined()
    }

    static func row(_ cells: [String]) -> String {
        "| " + cells.joined(separator: " | ") + " |\n"
    }

    // MARK: -

    /// GitHub looks for mentions, references to issues and commits, and emoji in the rendered text, so that a backslash does
    /// not hide them (github/cmark-gfm#181). It leaves code alone.
    private static func word(_ word: String) -> String {
        let end = word.unicodeScalars.lastIndex { !".!?".unicodeScalars.contains($0) }
        guard let end, hasReference(word[...end]) else { return escaped(word) }
        let tail = String(word.unicodeScalars[word.unicodeScalars.index(after: end)...])
        return "`\(word[...end])`" + escaped(tail)
    }

    /// Whether GitHub may make something else of it: `@octocat`, `#12`, `GH-12`, `acme/api@1a2b3c4`, a commit's hash, `:x:`.
    private static func hasReference(_ word: Substring) -> Bool {
        let bytes = Array(word.utf8)
        for (index, byte) in bytes.enumerated() where index + 1 < bytes.count {
            let next = bytes[index + 1]
            switch byte {
            case UInt8(ascii: "@"), UInt8(ascii: "#"):
                if next.isLetterOrDigit { return true }
            case UInt8(ascii: "-"):
                if next.isDigit, index >= 2, bytes[index - 2] | 0x20 == UInt8(ascii: "g"),
                    bytes[index - 1] | 0x20 == UInt8(ascii: "h"), index == 2 || !bytes[index - 3].isLetterOrDigit
                {
                    return true
                }
            default: break
            }
        }
        if bytes.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).dropFirst().dropLast()
            .contains(where: { !$0.isEmpty && $0.allSatisfy { $0.isLetterOrDigit || "_+-".utf8.contains($0) } })
        {
            return true
        }
        return bytes.split(whereSeparator: { !$0.isLetterOrDigit && $0 != UInt8(ascii: "_") })
            .contains { (7...40).contains($0.count) && $0.allSatisfy(\.isHexadecimal) }
    }

    /// A hyphen within a word means nothing, and most names of rules have one: they are read in a terminal too.
    private static func escaped(_ word: String) -> String {
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ $0.utf8.allSatisfy(\.isLetterOrDigit) && !$0.isEmpty }) else {
            return word.escaping(escapes)
        }
        return word
    }

    /// Punctuation of ASCII that means something in Markdown, each with a backslash before it.
    private static let escapes = Dictionary(
        uniqueKeysWithValues: "!#$&()*+-.:<=>@[\\]^_`{|}~".unicodeScalars.map { ($0, "\\\($0)") })
}

extension Unicode.Scalar {
    /// What ends a word in Markdown. Neither it nor white space stands in code, where a backtick or a pipe would end the span
    /// or the cell.
    fileprivate var isWordBoundary: Bool { properties.isWhitespace || "`|<>()[],;\"'".unicodeScalars.contains(self) }
}

extension UInt8 {
    fileprivate var isDigit: Bool { UInt8(ascii: "0")...UInt8(ascii: "9") ~= self }
    fileprivate var isHexadecimal: Bool { isDigit || UInt8(ascii: "a")...UInt8(ascii: "f") ~= self | 0x20 }
    fileprivate var isLetterOrDigit: Bool { isDigit || UInt8(ascii: "a")...UInt8(ascii: "z") ~= self | 0x20 }
}
