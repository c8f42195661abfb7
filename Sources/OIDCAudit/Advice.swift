import AuditCore
import Crawl

/// What a person can do or should know after a crawl.
struct Advice: Hashable {
    let text: String
    /// Of which organization something failed that it is a hint for; `nil` if it is none.
    let login: String?

    /// - Returns: `nil` for an event that advises nothing.
    init?(_ event: CrawlEvent) {
        switch event {
        case .advice(let text): (self.text, login) = (text, nil)
        case .hint(let text, let login): (self.text, self.login) = (text, login)
        default: return nil
        }
    }
}

extension [Advice] {
    /// Each text once, with whose it is, where several organizations were asked for and it is one's.
    func words(ofSeveral isOfSeveral: Bool) -> [String] {
        var words: [String] = []
        var seen: Set<String> = []
        for advice in self where seen.insert(advice.text).inserted {
            let isOfOne = self.count(where: { $0.text == advice.text }) == 1
            words.append(
                isOfSeveral && isOfOne ? advice.login.map { "\($0): \(advice.text)" } ?? advice.text : advice.text)
        }
        return words
    }

    /// Takes the hint for what failed of an organization out, for whichever it is.
    ///
    /// - Parameter login: `nil`: the first hint that there is.
    mutating func takeHint(of login: String?) -> String? {
        let hint = self.first { advice in
            guard let other = advice.login else { return false }
            return login.map { $0.lowercased() == other.lowercased() } ?? true
        }
        guard let hint else { return nil }
        removeAll { $0.text == hint.text }
        return hint.text
    }
}
