/// The problems of a violation as lists of texts, compared by bytes: a text that only looks alike is another problem.
extension [String] {
    /// The texts in the order of their UTF-8 bytes, each once.
    package var asProblems: [String] {
        var unique: [String] = []
        for text in sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where unique.last.map({ !$0.utf8.elementsEqual(text.utf8) }) ?? true {
            unique.append(text)
        }
        return unique
    }

    /// Those that another list does not hold; and what narrows the subject in the other list and not in this one.
    package func beyond(_ others: [String]) -> [String] {
        without(others).filter { $0.withoutNarrowing == nil }
            + others.without(self).compactMap(\.withoutNarrowing).without(others)
    }

    /// Those that another list does not hold, whatever they say.
    func without(_ others: [String]) -> [String] {
        filter { text in !others.contains { $0.utf8.elementsEqual(text.utf8) } }
    }
}

extension String {
    /// What makes a violation less bad, among its problems: whoever accepts it accepts it with that alone.
    static func narrowed(by key: ClaimKey) -> String { narrowed(by: key.canonical.shown) }

    /// - Parameter bound: in words that no key is shown as.
    static func narrowed(by bound: String) -> String { "\(narrowedBy)\(bound)" }

    /// The problem that is there where such a text is not; `nil` of any other text.
    package var withoutNarrowing: String? { utf8.starts(with: Self.narrowedBy.utf8) ? "not \(self)" : nil }

    /// The text without which such a problem is there; `nil` of any other problem.
    package var narrowing: String? {
        utf8.starts(with: "not \(Self.narrowedBy)".utf8) ? String(dropFirst("not ".count)) : nil
    }

    private static let narrowedBy = "narrowed by "
}
