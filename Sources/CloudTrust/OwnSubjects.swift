import AuditCore

/// Every subject that repositories may present of which nothing is known: any text, but where it begins with a repository,
/// that is their own.
final class OwnSubjects {
    private var known: [RepositoryID: TokenText] = [:]

    func text(of state: RepositoryState) -> TokenText {
        if let known = known[state.repository.id] { return known }
        let text = TokenText(TokenHole("subject", .automaton(Self.automaton(state)), usual: ""))
        known[state.repository.id] = text
        return text
    }

    // MARK: -

    private struct Start: Sendable {
        let scalars: [UInt32]
        let keyLength: Int
        /// Whether anything may follow, and not a colon alone.
        let isOpen: Bool

        init(_ key: String, _ names: String, isOpen: Bool) {
            scalars = (key + names).unicodeScalars.map(\.value)
            keyLength = key.unicodeScalars.count
            self.isOpen = isOpen
        }
    }

    private static func automaton(_ state: RepositoryState) -> TokenAutomaton {
        let written = state.likelyLanguages.flatMap(\.segments).filter(\.key.rendersAsRepository).map(\.text)
        var names = Set(written.filter { $0.hasPrefix("repo:") }.map { String($0.dropFirst(5)) })
        if names.isEmpty { names = [state.repository.fullName] }
        let keys = ["repo:", "repository:"]
        var starts = keys.flatMap { key in names.sorted().map { Start(key, $0, isOpen: false) } }
        if state.repository.ownerID == nil {
            starts += keys.map { Start($0, state.repository.owner + "@", isOpen: true) }
        }
        let all = starts
        let structure = Set(all.flatMap(\.scalars)).union([0x3A]).sorted()
        // A state is the starts that fit, as bits, and how many of their characters came.
        @Sendable func fitting(_ state: Int) -> (starts: [Int], length: Int) {
            let length = state & 0xFFFF
            return (all.indices.filter { state == 0 || state >> (16 + $0) & 1 == 1 }, length)
        }
        return TokenAutomaton(
            structure: structure,
            step: { state, scalar in
                guard state != free else { return free }
                let (starts, length) = fitting(state)
                let next = starts.filter { length < all[$0].scalars.count && all[$0].scalars[length] == scalar }
                if !next.isEmpty { return next.reduce(length + 1) { $0 | 1 << (16 + $1) } }
                let whole = starts.filter { length == all[$0].scalars.count }
                if whole.contains(where: { all[$0].isOpen }) || !whole.isEmpty && scalar == 0x3A { return free }
                return starts.contains { length >= all[$0].keyLength } ? nil : free
            },
            isEnd: { state in
                guard state != free else { return true }
                let (starts, length) = fitting(state)
                return starts.contains { length == all[$0].scalars.count }
                    || !starts.contains { length >= all[$0].keyLength }
            })
    }

    /// The state behind a text that begins otherwise.
    private static let free = Int.max
}

extension TokenLanguage {
    /// The same with another subject.
    func saying(_ subject: TokenText) -> TokenLanguage {
        var claims = claims
        claims["sub"] = subject
        return TokenLanguage(context: context, claims: claims, optional: optional, identity: identity)
    }
}
