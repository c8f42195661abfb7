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
    /// Whether the repositories of an owner of ours are known.
    func isListed(owner: String) -> Bool {
        world.owners.contains { $0.isListed && $0.login.isExactlyIgnoringCase(owner) }
    }

    func isOurs(ownerID: String) -> Bool { ownerIDs.contains(ownerID) }
    func isOurs(repositoryID: String) -> Bool { repositoryIDs.contains(repositoryID) }

    func reach(
        _ names: TrustNames, _ demand: CompiledDemand, _ result: AccessMatrix.Result, mayHaveMore: Bool,
    ) -> Reach {
        // Who takes a name may write it in capitals of their own.
        let free = names.owners.filter { owner in world.freeOwners.keys.contains { $0.isExactlyIgnoringCase(owner) } }
        let foreign = names.owners.filter { owner in
            !isOurs(owner: owner) && !free.contains { $0.isExactlyIgnoringCase(owner) }
        }
        return Reach(
            anyone: anyone(names, demand), renamer: renamer(free, demand),
            foreignOwner: foreignOwner(foreign, names, demand), owner: owner(names, demand),
            byName: byName(result.cells, demand), repositoryCount: result.cells.count, mayHaveMore: mayHaveMore)
    }

    // MARK: - Groups

    private func anyone(_ names: TrustNames, _ demand: CompiledDemand) -> Reach.Answer {
        if names.namesOwner { return .no }
        return ask(demand, enterpriseIDs: names.enterpriseIDs, hasCustomTemplate: true) { excludedIDs in
            outsider(names, excludedIDs)
        }
    }

    /// Whoever is not us, and is an owner or holds a repository that the trust names. What else it names may be theirs, too.
    private func foreignOwner(_ owners: [String], _ names: TrustNames, _ demand: CompiledDemand) -> Reach.Answer {
        var identities: [([String]) -> TokenIdentity] = owners.map { owner in
            {
                var identity = Self.stranger(besides: [], ownerIDs, $0)
                identity.owner = TokenText(owner)
                return identity
            }
        }
        func add(_ change: @escaping (inout TokenIdentity) -> Void) {
            identities.append {
                var identity = Self.stranger(besides: ownerLogins, ownerIDs, $0)
                change(&identity)
                return identity
            }
        }
        for id in names.ownerIDs where !isOurs(ownerID: id) { add { $0.ownerID = TokenText(id) } }
        for id in names.repositoryIDs where !isOurs(repositoryID: id) { add { $0.repositoryID = TokenText(id) } }
        if !names.enterpriseIDs.isEmpty { add { _ in } }
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
            var identity = TokenIdentity(
                owner: TokenText(owner.login),
                ownerID: owner.id.map { TokenText(String($0)) } ?? TokenText(TokenIdentity.ownerIDHole),
                name: TokenText(TokenIdentity.nameHole.without(names + excludedNames)),
                repositoryID: TokenText(TokenIdentity.repositoryIDHole.without(repositoryIDs + excludedIDs)))
            identity.visibility = nil
            return identity
        }
    }

    /// The repositories that can use it, each as somebody else's of the same names: one of each outcome first.
    private func byName(_ cells: [JudgedTrust.Cell], _ demand: CompiledDemand) -> Reach.Answer {
        guard !cells.isEmpty else { return .no }
        let (ownerID, repositoryID) = (strangeID(31337, ownerIDs), strangeID(31338, repositoryIDs))
        let ids: [ClaimKey: String] = ["repository_owner_id": String(ownerID), "repository_id": String(repositoryID)]
        let isBound = demand.demand.necessary.contains { one in
            one.isRead && ids[one.claim] != nil && !LiteralMatcher.accepts(one, ids)
        }
        if isBound { return .no }
        var seen: Set<Int32> = []
        let firsts = cells.indices.filter { seen.insert(cells[$0].outcome).inserted }
        let others = cells.indices.filter { !firsts.contains($0) }
        var open: Reach.Answer = .no
        for index in firsts.prefix(Self.cellsMax) + others.prefix(Self.cellsMax) {
            let answer = byName(world.repositories[Int(cells[index].repository)], ownerID, repositoryID, demand)
            if case .yes = answer { return answer }
            if !answer.isNo { open = answer }
        }
        guard open.isNo, firsts.count > Self.cellsMax || others.count > Self.cellsMax else { return open }
        // Too many to go through: whether any name of theirs would do.
        let owners = Set(cells.map { world.repositories[Int($0.repository)].repository.owner })
        for owner in owners.sorted().prefix(Self.ownersMax) {
            let identity = TokenIdentity(
                owner: TokenText(owner), ownerID: TokenText(String(ownerID)), name: TokenText(TokenIdentity.nameHole),
                repositoryID: TokenText(String(repositoryID)))
            if !first(of: defaults(identity, demand.claims, without: []), demand).isNo {
                return .possible(nil, why: "too many repositories can use it to look at the names of each")
            }
        }
        return .no
    }

    private func byName(
        _ mine: RepositoryState, _ ownerID: Int64, _ repositoryID: Int64, _ demand: CompiledDemand,
    ) -> Reach.Answer {
        var state = mine
        state.repository.ownerID = ownerID
        state.repository.id = RepositoryID(rawValue: repositoryID)
        let tokens =
            state.unknownSubject == nil
            ? state.presenting(ids: (ownerID, repositoryID), in: mine.repository).tokens(of: demand.claims)
            : TokenLanguage.assumed(state.repository, .legacy, keys: demand.claims)
                + TokenLanguage.assumed(state.repository, .immutable, keys: demand.claims)
        return first(of: tokens, demand)
    }

    /// Whether a repository that the trust names, of an owner of ours whose repositories are not known, gets in if it exists.
    func mayLetInUnlisted(_ names: TrustNames, _ demand: CompiledDemand) -> Bool {
        let unlisted = world.owners.filter { !$0.isListed }
        guard !unlisted.isEmpty else { return false }
        var identities: [([String]) -> TokenIdentity] = []
        for meaning in Set(names.written.map(\.meaning)) {
            guard let name = meaning.name, let login = meaning.owner,
                let owner = unlisted.first(where: { $0.login.isExactlyIgnoringCase(login) })
            else { continue }
            identities.append {
                var identity = Self.stranger(besides: [], [], $0)
                // As the trust writes them: a name's capitals are its owner's to choose.
                (identity.owner, identity.name) = (TokenText(login), TokenText(name))
                if let id = owner.id { identity.ownerID = TokenText(String(id)) }
                return identity
            }
        }
        return !first(identities, demand).isNo
    }

    // MARK: - Strangers

    /// Most owners of ours that are looked at where a trust names none.
    private static let ownersMax = 50
    /// Most keys that are kept from coming twice, one after the other.
    private static let repeatsMax = 4
    /// Most repositories whose names are looked at, of the first of each outcome and of the others.
    private static let cellsMax = 64
    /// Most witnesses that are turned down since they are known by chance.
    private static let retriesMax = 16
    /// Most of them that are turned down one by one.
    private static let singlesMax = 4
    /// Most ids that are turned down together.
    private static let knownMax = 500

    private func outsider(_ names: TrustNames, _ repositoryIDs: [String]) -> TokenIdentity {
        TokenIdentity(
            owner: TokenText(TokenIdentity.ownerHole.without(ownerLogins + names.owners)),
            ownerID: TokenText(TokenIdentity.ownerIDHole.without(ownerIDs + names.ownerIDs)),
            name: TokenText(TokenIdentity.nameHole),
            repositoryID: TokenText(TokenIdentity.repositoryIDHole.without(names.repositoryIDs + repositoryIDs)))
    }

    /// Whoever is none of these.
    private static func stranger(
        besides logins: [String], _ ownerIDs: [String], _ repositoryIDs: [String],
    ) -> TokenIdentity {
        TokenIdentity(
            owner: TokenText(TokenIdentity.ownerHole.without(logins)),
            ownerID: TokenText(TokenIdentity.ownerIDHole.without(ownerIDs)),
            name: TokenText(TokenIdentity.nameHole),
            repositoryID: TokenText(TokenIdentity.repositoryIDHole.without(repositoryIDs)))
    }

    private func renamer(_ free: [String], _ demand: CompiledDemand) -> Reach.Answer {
        first(
            free.map { owner in
                {
                    var identity = Self.stranger(besides: [], ownerIDs, $0)
                    identity.owner = TokenText(owner)
                    return identity
                }
            }, demand)
    }

    private func strangeID(_ usual: Int64, _ ours: some Collection<String>) -> Int64 {
        var id = usual
        while ours.contains(String(id)) { id += 1 }
        return id
    }

    // MARK: - Questions

    /// - Parameter identities: each made of repository ids that it must not have.
    private func first(
        _ identities: [([String]) -> TokenIdentity], _ demand: CompiledDemand,
    ) -> Reach.Answer {
        var open: Reach.Answer = .no
        for identity in identities {
            let answer = ask(demand, enterpriseIDs: [], hasCustomTemplate: true, identity)
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
        for round in 0..<Self.retriesMax {
            let identity = identity(ids, names)
            let keys = demand.claims + ["repository_id", "repository"]
            var answer = first(
                of: defaults(identity, keys, without: enterpriseIDs), demand, claims: ["repository_id", "repository"])
            if hasCustomTemplate, answer.isNo { answer = custom(identity, without: enterpriseIDs, demand) }
            guard let witness = answer.witness else { return answer }
            let fullName = witness.claims["repository"] ?? ""
            if !identity.repositoryID.holes.isEmpty, let id = witness.repositoryIDs.first(where: isOurs(repositoryID:))
            {
                ids.append(id)
                if round == Self.singlesMax { ids += known(besides: ids, demand) }
            } else if owner != nil, listedNames.contains(fullName.lowercasedASCII) {
                names.append(String(fullName.drop { $0 != "/" }.dropFirst()))
            } else {
                return answer
            }
        }
        return .possible(
            nil, why: "so many of your repositories are accepted that it is not known whether another would be")
    }

    /// Ids of ours that the trust may accept, where they are few.
    private func known(besides ids: [String], _ demand: CompiledDemand) -> [String] {
        let demands = demand.demand.necessary.filter { $0.isRead && $0.claim == "repository_id" && !$0.isNegated }
        let accepted = repositoryIDs.filter { id in
            demands.allSatisfy { LiteralMatcher.accepts($0, ["repository_id": id]) } && !ids.containsExactly(id)
        }
        return accepted.count > Self.knownMax ? [] : accepted.sorted()
    }

    /// Tokens with GitHub's default template, in both formats.
    private func defaults(
        _ identity: TokenIdentity, _ keys: [ClaimKey], without enterpriseIDs: [String],
    ) -> [TokenLanguage] {
        JobContext.allCases.flatMap { context in
            [SubjectFormat.legacy, .immutable].compactMap { format in
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
        let limits = OutsiderSubject.Limits(
            issuer: demand.issuer, audiences: demand.audiences, owners: identity.owner.excluded,
            ownerIDs: identity.ownerID.excluded,
            repositoryIDs: identity.repositoryID.excluded, owner: identity.owner.known, ownerID: identity.ownerID.known,
            repositoryID: identity.repositoryID.known)
        var apart = limits
        apart.without = Set(demand.claims.flatMap { Self.keys(sharing: $0) })
        // The names and ids that the subject holds are not those of the claims, which the trust does not read.
        let answer = custom(apart, identity, without: enterpriseIDs, demand)
        guard answer.isNo, !apart.without.isEmpty else { return answer }
        let together = custom(limits, identity, without: enterpriseIDs, demand)
        guard let witness = together.witness else { return together }
        let agreeing = witness.agreeing
        return LiteralMatcher.accepts(demand.demand, agreeing.claims) && agreeing.isWhole(demand)
            ? .yes(agreeing) : .possible(nil, why: "subject and claims could not be decided together")
    }

    private func custom(
        _ limits: OutsiderSubject.Limits, _ identity: TokenIdentity, without enterpriseIDs: [String],
        _ demand: CompiledDemand,
    ) -> Reach.Answer {
        func answer(of limits: OutsiderSubject.Limits, in context: JobContext) -> Reach.Answer {
            let subject = TokenText(OutsiderSubject.hole(limits, resembling: demand.subjectStarts))
            let language = TokenLanguage(context, identity, subject: subject, keys: demand.claims)
            return first(of: [language?.without(enterpriseIDs)].compactMap { $0 }, demand)
        }
        // A subject of no job in particular takes in those of all.
        let isSubjectAlone = demand.claims.allSatisfy { $0 == "sub" || $0 == "aud" }
        if isSubjectAlone, answer(of: limits, in: .branch).isNo { return .no }
        var open: Reach.Answer = .no
        for context in JobContext.allCases {
            var limits = limits
            limits.context = context
            var found: Reach.Answer = .no
            for _ in 0..<Self.repeatsMax {
                found = answer(of: limits, in: context)
                guard case .yes(let witness) = found else { break }
                let repeated = witness.repeatedKeys
                guard !repeated.isEmpty else { return found }
                limits.once.formUnion(repeated)
                found = .possible(nil, why: "the template would hold a key twice")
            }
            if !found.isNo { open = found }
        }
        return open
    }

    /// Keys of a template that say the same as a claim.
    static func keys(sharing claim: ClaimKey) -> [String] {
        switch claim {
        case "repository": ["repo", "repository", "repository_owner", "workflow_ref"]
        case "repository_id": ["repo", "repository", "repository_id"]
        case "repository_owner_id": ["repo", "repository", "repository_owner_id"]
        case "ref": ["ref", "workflow_ref"]
        case "sub": []
        default: [claim.rawValue]
        }
    }

    private func first(
        of tokens: [TokenLanguage], _ demand: CompiledDemand, claims: [ClaimKey] = [],
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
