extension String {
    /// Stands where a line must not break, until it is broken.
    static let fixedSpace = "\u{A0}"

    /// Lines no longer than a width, broken at spaces. A word longer than the width stays whole, since a cut name can't be
    /// copied.
    package func wrapped(to width: Int) -> [String] {
        guard !isEmpty else { return [] }
        var lines: [String] = []
        var line: String?
        // Blanks in a row are kept: within a claim's name they may be what is wrong with it.
        for word in split(separator: " ", omittingEmptySubsequences: false) {
            if let full = line, full.count + 1 + word.count > width, !word.isEmpty {
                lines.append(full)
                line = nil
            }
            line = line.map { "\($0) \(word)" } ?? String(word)
        }
        if let line { lines.append(line) }
        return lines.map { String($0.map { $0 == "\u{A0}" ? " " : $0 }) }
    }
}
