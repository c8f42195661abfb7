import AuditCore

/// Who beyond the listed repositories can get in through a trust.
struct ReachFinder {
    let world: TrustWorld
    private let ownerLogins: [String]
    private let ownerIDs: [String]
    private let repositoryIDs: Set<String>
    private let listedNames: Set<String>
    private let siblings = KnownSiblings()

    init(_ world: TrustWorld) {
        self.world = world
        ownerLogins = world.owners.map(\.login)
        ownerIDs = world.owners.compactMap { $0.id.map(String.init) }
        repositoryIDs = Set(world.repositories.map { String($0.repository.id.rawValue) })
        listedNames = Set(world.repositories.map { $0.repository.fullName.lowercasedASCII })
    }

    func isOurs(owner: String) -> Bool { ownerLogins.contains { $0.isExactlyIgnoringCase(owner) } }
    func isOurs(ownerID: String) -> Bool { ownerIDs.contains(ownerID) }
    func isOurs(repositoryID: String) -> Bool { repositoryIDs.contains(repositoryID) }

    func reach(
        _ names: TrustNames, _ demand: CompiledDemand, _ result: AccessMatrix.Result, mayHaveMore: Bool,
    ) -> Reach {
        let free = world.freeOwners.keys.sorted().filter { former in
            names.owners.contains { $0.isExactly(former) }
        }
        let foreign = names.owners.filter { owner in
            !isOurs(owner: owner) && !free.contains { $0.isExactlyIgnoringCase(owner) }
        }
        return Reach(
            anyone: anyone(names, demand), renamer: first(free.map { stranger(named: $0, names) }, demand),
            foreignOwner: foreignOwner(foreign, names, demand), owner: owner(names, demand),
            byName: byName(result, demand), repositoryCount: result.cells.count, mayHaveMore: mayHaveMore)
    }

    // MARK: - Groups

    private func anyone(_ names: TrustNames, _ demand: CompiledDemand) -> Reach.Answer {
        if names.namesOwner { return .no }
        return ask(demand, enterpriseIDs: names.enterpriseIDs, hasCustomTemplate: true) { excludedIDs in
            outsider(names, excludedIDs)
        }
    }

    private func foreignOwner(_ owners: [String], _ names: TrustNames, _ demand: CompiledDemand) -> Reach.Answer {
        var identities = owners.map { stranger(named: $0, names) }
        for id in names.ownerIDs where !isOurs(ownerID: id) {
            var identity = outsider(names, [])
            identity.ownerID = TokenText(id)
            identities.append(identity)
        }
        for id in names.repositoryIDs where !isOurs(repositoryID: id) {
            var identity = outsider(names, [])
            identity.repositoryID = TokenText(id)
            identities.append(identity)
        }
        if !names.enterpriseIDs.isEmpty { identities.append(outsider(names, [])) }
        return first(identities, demand)
    }

    /// Of an owner that the trust names its new repositories, of any other the same where it names none.
    private func owner(_ names: TrustNames, _ demand: CompiledDemand) -> Reach.Answer {
        if names.namesRepository { return .no }
        let named = world.owners.filter { owner in
            names.owners.contains { $0.isExactly(owner.login) }
                || owner.id.map { id in names.ownerIDs.contains(String(id)) } ?? false
        }
        var open: Reach.Answer = .no
        for owner in named.isEmpty ? world.owners.prefix(Self.ownersMax) : named[...] {
            let answer = siblings.answer(of: owner, names, demand) { names, repositoryIDs, demand in
                sibling(of: owner, names, repositoryIDs, demand)
            }
            if case .yes = answer { return answer }
            if !answer.isNo { open = answer }
        }
        return open
    }

    /// A repository of an owner with none of these names and ids.
    private func sibling(
        of owner: TrustWorld.Owner, _ names: [String], _ repositoryIDs: [String], _ demand: CompiledDemand,
    ) -> Reach.Answer {
        ask(demand, owner: owner.login) { excludedIDs, excludedNames in
            TokenIdentity(
                owner: TokenText(owner.login),
                ownerID: owner.id.map { TokenText(String($0)) } ?? TokenText(TokenIdentity.ownerIDHole),
                name: TokenText(TokenIdentity.nameHole.without(names + excludedNames)),
                repositoryID: TokenText(TokenIdentity.repositoryIDHole.without(repositoryIDs + excludedIDs)))
        }
    }

    /// The first repository that can use it, as somebody else's of the same names.
    private func byName(_ result: AccessMatrix.Result, _ demand: CompiledDemand) -> Reach.Answer {
        guard let cell = result.cells.first else { return .no }
        var state = world.repositories[Int(cell.repository)]
        let (ownerID, repositoryID) = (strangeID(31337, ownerIDs), strangeID(31338, repositoryIDs))
        let before = state.repository
        state.repository.ownerID = ownerID
        state.repository.id = RepositoryID(rawValue: repositoryID)
        guard state.unknownSubject == nil else {
            return first(
                of: TokenLanguage.assumed(state.repository, .legacy, keys: demand.claims)
                    + TokenLanguage.assumed(state.repository, .immutable, keys: demand.claims), demand)
        }
        let strange = state.presenting(ids: (ownerID, repositoryID), in: before)
        // Where ids are not looked at, the same job gets in, and nothing has to be searched.
        if let entry = result.outcomes[Int(cell.outcome)].entries.first,
            let token = strange.token(of: entry, keys: demand.claims)
        {
            let witness = token.witness(of: demand.demand, entry.holes, optional: entry.optional)
            if LiteralMatcher.accepts(demand.demand, witness.claims) { return .yes(witness) }
        }
        return first(
            of: JobContext.allCases.lazy.flatMap { strange.tokens(of: demand.claims, in: [$0]) }, demand)
    }

    // MARK: - Strangers

    /// Most owners of ours that are looked at where a trust names none.
    private static let ownersMax = 50
    /// Most witnesses that are turned down since they are known by chance.
    private static let retriesMax = 16

    private func outsider(_ names: TrustNames, _ repositoryIDs: [String]) -> TokenIdentity {
        TokenIdentity(
            owner: TokenText(TokenIdentity.ownerHole.without(ownerLogins + names.owners)),
            ownerID: TokenText(TokenIdentity.ownerIDHole.without(ownerIDs + names.ownerIDs)),
            name: TokenText(TokenIdentity.nameHole),
            repositoryID: TokenText(TokenIdentity.repositoryIDHole.without(names.repositoryIDs + repositoryIDs)))
    }

    private func stranger(named owner: String, _ names: TrustNames) -> TokenIdentity {
        TokenIdentity(
            owner: TokenText(owner), ownerID: TokenText(TokenIdentity.ownerIDHole.without(ownerIDs)),
            name: TokenText(TokenIdentity.nameHole), repositoryID: TokenText(TokenIdentity.repositoryIDHole))
    }

    private func strangeID(_ usual: Int64, _ ours: some Collection<String>) -> Int64 {
        var id = usual
        while ours.contains(String(id)) { id += 1 }
        return id
    }

    // MARK: - Questions

    private func first(_ identities: [TokenIdentity], _ demand: CompiledDemand) -> Reach.Answer {
        var open: Reach.Answer = .no
        for identity in identities {
            let answer = ask(demand, enterpriseIDs: [], hasCustomTemplate: true) { _ in identity }
            if case .yes = answer { return answer }
            if !answer.isNo { open = answer }
        }
        return open
    }

    private func ask(
        _ demand: CompiledDemand, enterpriseIDs: [String], hasCustomTemplate: Bool,
        _ identity: ([String]) -> TokenIdentity,
    ) -> Reach.Answer {
        ask(demand, enterpriseIDs: enterpriseIDs, hasCustomTemplate: hasCustomTemplate) { ids, _ in identity(ids) }
    }

    /// - Parameter identity: made of ids and names that it must not have, since they are known.
    private func ask(
        _ demand: CompiledDemand, owner: String? = nil, enterpriseIDs: [String] = [], hasCustomTemplate: Bool = false,
        _ identity: ([String], [String]) -> TokenIdentity,
    ) -> Reach.Answer {
        var (ids, names): ([String], [String]) = ([], [])
        for _ in 0..<Self.retriesMax {
            let identity = identity(ids, names)
            let keys = demand.claims + ["repository_id", "repository"]
            var answer = first(
                of: defaults(identity, keys, without: enterpriseIDs), demand, claims: ["repository_id", "repository"])
            if hasCustomTemplate, answer.isNo { answer = custom(identity, without: enterpriseIDs, demand) }
            guard let witness = answer.witness else { return answer }
            let id = witness.claims["repository_id"] ?? ""
            let fullName = witness.claims["repository"] ?? ""
            if identity.repositoryID.holes.isEmpty == false, repositoryIDs.contains(id) {
                ids.append(id)
            } else if owner != nil, listedNames.contains(fullName.lowercasedASCII) {
                names.append(String(fullName.drop { $0 != "/" }.dropFirst()))
            } else {
                return answer
            }
        }
        return .no
    }

    /// Tokens with GitHub's default template, in both formats.
    private func defaults(
        _ identity: TokenIdentity, _ keys: [ClaimKey], without enterpriseIDs: [String],
    ) -> some Sequence<TokenLanguage> {
        // The first that is accepted is enough, and the others are not made.
        JobContext.allCases.lazy.flatMap { context in
            [SubjectFormat.legacy, .immutable].lazy.compactMap { format in
                TokenLanguage(
                    context, identity,
                    subject: TokenLanguage.defaultStart(identity, format) + TokenClaims.contextText(context, identity),
                    keys: keys
                )?.without(enterpriseIDs)
            }
        }
    }

    /// Tokens with a template of the outsider's choice.
    private func custom(_ identity: TokenIdentity, without enterpriseIDs: [String], _ demand: CompiledDemand)
        -> Reach.Answer
    {
        guard demand.reads("sub") else { return .no }
        func answer(_ without: Set<String>) -> Reach.Answer {
            let limits = OutsiderSubject.Limits(
                owners: identity.owner.excluded(ownerLogins), ownerIDs: identity.ownerID.excluded(ownerIDs),
                repositoryIDs: identity.repositoryID.excluded([]), without: without)
            let subject = TokenText(OutsiderSubject.hole(limits))
            let tokens = [JobContext.branch, .branchEnvironment].compactMap {
                TokenLanguage($0, identity, subject: subject)?.without(enterpriseIDs)
            }
            // The names and ids that the subject holds are not those of the claims, which the trust does not read.
            return first(of: tokens, demand)
        }
        let entangled = Set(demand.claims.flatMap { Self.keys(sharing: $0) })
        let answer1 = answer(entangled)
        guard answer1.isNo, !entangled.isEmpty else { return answer1.checked }
        let answer2 = answer([])
        return answer2.isNo ? .no : .possible(answer2.witness, why: "subject and claims could not be decided together")
    }

    /// Keys of a template that say the same as a claim.
    private static func keys(sharing claim: ClaimKey) -> [String] {
        switch claim {
        case "repository": ["repo", "repository_owner"]
        case "repository_id": ["repo", "repository_id"]
        case "repository_owner_id": ["repo", "repository_owner_id"]
        case "sub", "aud": []
        default: [claim.rawValue]
        }
    }

    private func first(
        of tokens: some Sequence<TokenLanguage>, _ demand: CompiledDemand, claims: [ClaimKey] = [],
    ) -> Reach.Answer {
        var open: Reach.Answer = .no
        for language in tokens {
            let answer = TokenQuestion.answer(language, demand)
            guard let holes = answer.holes else { continue }
            var shown = language.witness(of: demand.demand, holes, optional: answer.present).claims
            for claim in claims { shown[claim] = language.claims[claim]?.filled { holes[$0.name] ?? $0.usual } }
            let witness = Witness(context: language.context, claims: shown)
            // Whether an outsider's token has an optional claim is the outsider's choice.
            if LiteralMatcher.accepts(demand.demand, shown) { return .yes(witness) }
            if answer.isIntricate { return .possible(nil, why: "too intricate to decide") }
            open = .possible(nil, why: "two claims of one token could not be decided together")
        }
        return open
    }
}

extension Reach.Answer {
    /// A template holds each key once, which the search does not see to.
    fileprivate var checked: Reach.Answer {
        guard case .yes(let witness) = self else { return self }
        let keys = witness.subject.split(separator: ":").enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
        return Set(keys).count == keys.count
            ? self : .possible(witness, why: "the template would hold a key twice")
    }
}

extension TokenHole {
    fileprivate func without(_ texts: [String]) -> TokenHole {
        var hole = self
        hole.excluded = texts
        return hole
    }
}

extension TokenText {
    /// What its hole leaves out.
    fileprivate func excluded(_ ours: [String]) -> [String] { holes.first?.excluded ?? ours }
}

extension TokenLanguage {
    fileprivate func without(_ enterpriseIDs: [String]) -> TokenLanguage {
        guard !enterpriseIDs.isEmpty, let hole = claims["enterprise_id"]?.holes.first else { return self }
        var changed = claims
        changed["enterprise_id"] = TokenText(hole.without(enterpriseIDs))
        return TokenLanguage(context: context, claims: changed, optional: optional)
    }
}

extension RepositoryState {
    /// The same with other ids in its subjects.
    fileprivate func presenting(ids: (owner: Int64, repository: Int64), in before: Repository) -> RepositoryState {
        guard case .read(var setting) = reading, setting.subClaimPrefix?.contains("@") == true else { return self }
        setting.subClaimPrefix = "repo:\(before.owner)@\(ids.owner)/\(before.name)@\(ids.repository)"
        return presenting(setting)
    }
}
