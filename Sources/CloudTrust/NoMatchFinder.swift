import AuditCore

/// Why no repository can use a trust: what its subjects mean, held against what is listed, known from before, or written in
/// another case.
struct NoMatchFinder {
    let world: TrustWorld
    let index: RepositoryIndex
    private let byName: [ExactText: Int]
    private let byFoldedName: [String: Int]
    private let former: [String: String?]
    /// Former names of repositories, sorted.
    private let formerNames: [String]

    init(_ world: TrustWorld, _ index: RepositoryIndex) {
        self.world = world
        self.index = index
        var byName: [ExactText: Int] = [:]
        var byFoldedName: [String: Int] = [:]
        for (number, state) in world.repositories.enumerated() {
            byName[ExactText(state.repository.fullName)] = number
            byFoldedName[state.repository.fullName.lowercasedASCII] = number
        }
        self.byName = byName
        self.byFoldedName = byFoldedName
        former = Dictionary(
            world.formerRepositories.map { ($0.key.lowercasedASCII, $0.value) }, uniquingKeysWith: { first, _ in first }
        )
        formerNames = world.formerRepositories.compactMap { $0.value == nil ? nil : $0.key }.sorted()
    }

    /// What the first repository is called now whose former name is accepted by a value that names a part of it:
    /// `repo:acme/old*`. One that takes in all of an owner's is of no name in particular.
    func formerName(in pattern: TextPattern, of owner: String) -> String? {
        guard !formerNames.isEmpty else { return nil }
        let start = "repo:\(owner)/"
        let literal = pattern.literalStart
        guard literal.hasPrefix(start), literal.utf8.count > start.utf8.count, !literal.dropFirst(5).contains(":")
        else {
            return nil
        }
        let set = PatternSet([pattern])
        for name in formerNames where name.hasPrefix(literal.dropFirst(5)) {
            var live = set.start
            let isOpen = live.withUnsafeMutableBufferPointer { buffer in
                guard let base = buffer.baseAddress else { return false }
                for scalar in "repo:\(name):".unicodeScalars { set.step(base, scalar.value) }
                return !set.isDead(base)
            }
            if isOpen, byName[ExactText(name)] == nil, let now = newName(of: name) { return now }
        }
        return nil
    }

    /// The reasons, the most likely first; never empty.
    func reasons(_ trust: Trust, _ names: TrustNames, _ demand: CompiledDemand) -> [NoMatch] {
        var reasons: [NoMatch] = []
        for one in trust.allow.necessary where !one.isRead && !one.whenAbsent && !one.isNegated {
            reasons.append(.keyNotRead(one.claim.rawValue))
        }
        if let audience = audience(trust) { reasons.append(audience) }
        for written in names.written {
            if let reason = reason(written, trust), !reasons.contains(reason) { reasons.append(reason) }
        }
        if reasons.isEmpty, !trust.denies.isEmpty, isAccepted(trust.allow) { reasons.append(.denied) }
        if reasons.isEmpty {
            for one in demand.demand.necessary where one.isRead && !one.isNegated && one.claim != "sub" {
                guard !one.anyOf.isEmpty, !isAccepted(.claim(one)) else { continue }
                reasons.append(.value(claim: one.claim.rawValue, written: one.anyOf.map(\.text)))
            }
        }
        return reasons.isEmpty ? [.unexplained] : reasons
    }

    /// Index of a repository by its full name, the case of letters ignored.
    func repository(_ fullName: String) -> Int? { byFoldedName[fullName.lowercasedASCII] }

    /// What a repository of that name is called now; `nil` if it never had another.
    func newName(of fullName: String) -> String? { former[fullName.lowercasedASCII] ?? nil }

    // MARK: -

    /// - Parameter repository: the one that is asked for; `nil`: any.
    private func isAccepted(_ demand: Demand, by repository: Int? = nil) -> Bool {
        let compiled = CompiledDemand(demand)
        let entries = repository.map { index.entriesOf[$0] } ?? index.candidates(compiled)
        return !AccessMatrix(index: index).result(compiled, entries: entries).cells.isEmpty
    }

    /// Audiences that the trust and its provider demand, where none meets both.
    private func audience(_ trust: Trust) -> NoMatch? {
        let demands = trust.demand.necessary.filter { $0.isRead && $0.claim == "aud" && !$0.isNegated }
        guard demands.count > 1 || demands.contains(where: \.anyOf.isEmpty) else { return nil }
        let claims: [ClaimKey: TokenText] = ["aud": TokenText(TokenHole("aud", .freeText, usual: "sts.amazonaws.com"))]
        let language = TokenLanguage(context: .branch, claims: claims, optional: [])
        guard case .no = TokenRun.decide(language, CompiledDemand(.all(demands.map { .claim($0) }))) else { return nil }
        return .audience(demands.flatMap { $0.anyOf.map(\.text) })
    }

    private func reason(_ written: TrustNames.Written, _ trust: Trust) -> NoMatch? {
        let meaning = written.meaning
        guard let owner = meaning.owner else { return nil }
        guard let fullName = meaning.fullName else {
            // An owner's repositories: none of them matches.
            if let now = formerOwner(owner) { return .renamed(from: owner, to: now) }
            if let ours = world.owners.first(where: { $0.login.isExactlyIgnoringCase(owner) }) {
                return ours.login.isExactly(owner) ? nil : .caseDiffers(written: owner, actual: ours.login)
            }
            return .notOurs(owner)
        }
        if let number = byName[ExactText(fullName)] { return reason(written, number) }
        if let number = byFoldedName[fullName.lowercasedASCII] {
            return .caseDiffers(written: fullName, actual: world.repositories[number].repository.fullName)
        }
        if let now = former[fullName.lowercasedASCII] {
            return now.map { .renamed(from: fullName, to: $0) } ?? .gone(fullName)
        }
        if let now = formerOwner(owner) {
            return .renamed(from: fullName, to: "\(now)\(fullName.drop { $0 != "/" })")
        }
        guard let ours = world.owners.first(where: { $0.login.isExactlyIgnoringCase(owner) }) else {
            return .notOurs(owner)
        }
        // Of an owner that is not scanned no repository is listed.
        return ours.isListed ? .gone(fullName) : nil
    }

    /// The repository is listed by that very name.
    private func reason(_ written: TrustNames.Written, _ number: Int) -> NoMatch? {
        let state = world.repositories[number]
        guard written.claim == "sub", let language = state.language else { return nil }
        let fullName = state.repository.fullName
        if written.meaning.keys.contains("repo") || written.meaning.keys.contains("repository"),
            language.segments.contains(where: \.key.rendersAsRepository),
            written.meaning.hasIDs != (language.format == .immutable && !language.segmentsHoldIDs)
        {
            return .formatFlipped(repository: fullName, presents: language.format)
        }
        let pattern = written.pattern
        let values = pattern.text.split(separator: ":", omittingEmptySubsequences: false)
        // A tail of the default subject that has more parts than it can have.
        if language.segments.map(\.key.rawValue) == ["repo", "context"], values.count > 4,
            values[2] == "environment" || values[2] == "ref"
        {
            let expected = values[..<4].joined(separator: ":") + "%3A" + values[4...].joined(separator: "%3A")
            let fixed = TextPattern(pattern.kind, expected, hasVariables: pattern.hasVariables)
            if isAccepted(.claim(ClaimDemand("sub", anyOf: [fixed])), by: number) {
                return .colon(written: pattern.text, expected: expected)
            }
        }
        if !isAccepted(.claim(ClaimDemand("sub", anyOf: [pattern])), by: number) {
            if isAccepted(
                .claim(ClaimDemand("sub", anyOf: [TextPattern(.equalsIgnoringCase, pattern.text)])), by: number)
            {
                return .caseDiffers(written: pattern.text, actual: language.text)
            }
            return .templateDiffers(repository: fullName, subject: language.text)
        }
        return nil
    }

    private func formerOwner(_ login: String) -> String? {
        world.freeOwners.first { $0.key.isExactlyIgnoringCase(login) }?.value
    }
}

extension SubjectLanguage {
    /// Whether the ids are claims of the template, beside names without them.
    fileprivate var segmentsHoldIDs: Bool {
        !segments.contains { $0.key.rendersAsRepository && $0.text.contains("@") }
    }
}
