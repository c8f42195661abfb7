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

    /// Problems of an earlier list that are there no more.
    package func fixed(since earlier: [String]) -> [String] { earlier.beyond(self).filter(\.isOfViolation) }

    /// Those that another list does not hold, whatever they say.
    func without(_ others: [String]) -> [String] {
        filter { text in !others.contains { $0.utf8.elementsEqual(text.utf8) } }
    }
}

extension String {
    /// What makes a violation less bad, among its problems: whoever accepts it accepts it with that alone.
    static func narrowed(by key: ClaimKey) -> String { "\(narrowedBy)\(key.canonical.shown)" }

    /// The same of a violation of another kind, which is no better for it.
    ///
    /// - Parameter bound: a claim as it is shown, or words that no claim is shown as.
    static func bound(to bound: String) -> String { "\(boundTo)\(bound)" }

    /// The problem that is there where such a text is not; `nil` of any other text.
    package var withoutNarrowing: String? {
        [Self.narrowedBy, Self.boundTo].contains { utf8.starts(with: $0.utf8) } ? "not \(self)" : nil
    }

    /// The text without which such a problem is there; `nil` of any other problem.
    package var narrowing: String? {
        let problems = [Self.narrowedBy, Self.boundTo].map { "not \($0)" }
        return problems.contains { utf8.starts(with: $0.utf8) } ? String(dropFirst("not ".count)) : nil
    }

    /// Whether a violation that loses the problem is better.
    fileprivate var isOfViolation: Bool { !utf8.starts(with: "not \(Self.boundTo)".utf8) }

    private static let narrowedBy = "narrowed by "
    private static let boundTo = "bound to "
}
