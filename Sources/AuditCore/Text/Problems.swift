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

    /// Those that another list does not hold.
    func beyond(_ others: [String]) -> [String] {
        filter { text in !others.contains { $0.utf8.elementsEqual(text.utf8) } }
    }
}
