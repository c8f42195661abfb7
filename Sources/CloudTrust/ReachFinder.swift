import AuditCore

/// Who beyond the listed repositories can get in through a trust.
struct ReachFinder {
    let world: TrustWorld
    private let ownerLogins: [String]
    private let ownerIDs: [String]
    let repositoryIDs: Set<String>
    let listedNames: Set<String>
    /// Repositories of ours whose workflows nobody outside can call, in lower case.
    ///
    /// Source: GitHub's documentation, "Reusing workflow configurations", access to reusable workflows.
    private let closedNames: Set<String>
    private let siblings = KnownSiblings()

    init(_ world: TrustWorld) {
        self.world = world
        ownerLogins = world.owners.map(\.login)
        ownerIDs = world.owners.compactMap { $0.id.map(String.init) }
        repositoryIDs = Set(world.repositories.map { String($0.repository.id.rawValue) })
        listedNames = Set(world.repositories.map { $0.repository.fullName.lowercasedASCII })
        closedNames = Set(
            world.repositories.filter { $0.repository.visibility.isKnownNotPublic }
                .map { $0.repository.fullName.lowercasedASCII })
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
        var reach = outsiders(names, demand)
        (reach.owner, reach.byName) = (owner(names, demand), byName(result.cells, demand))
        (reach.repositoryCount, reach.mayHaveMore) = (result.cells.count, mayHaveMore)
        return reach
    }

    /// The groups outside of what is ours.
    func outsiders(_ names: TrustNames, _ demand: CompiledDemand) -> Reach {
        // Who takes a name may write it in capitals of their own.
        let free = names.owners.filter { owner in world.freeOwners.keys.contains { $0.isExactlyIgnoringCase(owner) } }
        let foreign = names.owners.filter { owner in
            !isOurs(owner: owner) && !free.contains { $0.isExactlyIgnoringCase(owner) }
        }
        return Reach(
            anyone: calling(demand) { anyone(names, $0) }.answer,
            renamer: calling(demand) { renamer(free, $0) }.orFromWithin,
            foreignOwner: calling(demand) { foreignOwner(foreign, names, $0) }.orFromWithin,
            owner: .no, byName: .no, repositoryCount: 0, mayHaveMore: false)
    }

    /// The answer for outsiders, who can't call a workflow of a private repository.
    ///
    /// - Returns: also what it would be if they could, where they need one: whether a named owner is in our enterprise, whose
    ///   private and internal workflows it may call, is not known.
    private func calling(
        _ demand: CompiledDemand, _ ask: (CompiledDemand) -> Reach.Answer,
    ) -> (answer: Reach.Answer, orFromWithin: Reach.Answer) {
        let first = ask(demand)
        var (answer, closed) = (first, [String]())
        while let name = answer.witness?.workflowRepository, closedNames.contains(name.lowercasedASCII) {
            closed.append(name)
            let why = "it calls a workflow of the private repository \(name)"
            guard closed.count <= Self.closedMax else { return (answer.possible(why), answer.possible(why)) }
            answer = ask(demand.refusingWorkflows(of: closed))
        }
        guard answer.isNo, let name = closed.first else { return (answer, answer) }
        let within = first.possible("only repositories of its enterprise can call a workflow of \(name)")
        return (demand.issuer.isExactly(Trust.gitHubIssuer) ? answer : within, within)
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
        let named = named(by: names)
        var open: Reach.Answer = .no
        for owner in named.isEmpty ? world.owners.prefix(Self.ownersMax) : named[...] {
            let answer = siblings.answer(of: owner, names, demand) { names, repositoryIDs, demand in
                sibling(of: owner, names, repositoryIDs, demand)
            }
            if case .yes = answer { return answer }
            if !answer.isNo { open = answer }
        }
        guard open.isNo, named.isEmpty, world.owners.count > Self.ownersMax else { return open }
        // Too many to go through: whether any owner would do that the trust does not name.
        let (logins, ids) = (names.owners, names.ownerIDs)
        let answer = ask(demand, enterpriseIDs: [], hasCustomTemplate: true) {
            Self.stranger(besides: logins, ids, names.repositoryIDs + $0)
        }
        return answer.isNo
            ? .no : .possible(nil, why: "you have too many owners to look at each one's new repositories")
    }

    /// Owners of ours whose name or id a trust writes out.
    private func named(by names: TrustNames) -> [TrustWorld.Owner] {
        world.owners.filter { owner in
            names.owners.contains { $0.isExactly(owner.login) }
                || owner.id.map { id in names.ownerIDs.contains(String(id)) } ?? false
        }
    }

    /// Whether any repository gets in of an owner of ours whose repositories are not known.
    func letsInUnlisted(_ names: TrustNames, _ demand: CompiledDemand) -> Bool {
        if names.namesRepository { return false }
        return named(by: names).contains { owner in
            !owner.isListed && !sibling(of: owner, names.names, names.repositoryIDs, demand).isNo
        }
    }

    /// A repository of an owner with none of these names and ids, with any template.
    private func sibling(
        of owner: TrustWorld.Owner, _ names: [String], _ repositoryIDs: [String], _ demand: CompiledDemand,
    ) -> Reach.Answer {
        ask(demand, owner: owner.login, hasCustomTemplate: true) { excludedIDs, excludedNames in
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
        let logins = Set(cells.map { world.repositories[Int($0.repository)].repository.owner }).sorted()
        let owners =
            logins.count > Self.ownersMax ? [TokenText(TokenIdentity.ownerHole)] : logins.map { TokenText($0) }
        for owner in owners {
            let identity = TokenIdentity(
                owner: owner, ownerID: TokenText(String(ownerID)), name: TokenText(TokenIdentity.nameHole),
                repositoryID: TokenText(String(repositoryID)))
            if !ask(demand, enterpriseIDs: [], hasCustomTemplate: true, { _ in identity }).isNo {
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
        let presented = state.presenting(ids: (ownerID, repositoryID), in: mine.repository)
        let tokens =
            presented.unknownSubject == nil
            ? presented.tokens(of: demand.claims)
            : presented.likelyLanguages.indices.flatMap { presented.tokens(likely: $0, of: demand.claims) }
        return first(of: tokens, demand)
    }

    /// Whether a repository of an owner of ours whose repositories are not known gets in, if there is such a one.
    func mayLetInUnlisted(_ names: TrustNames, _ demand: CompiledDemand) -> Bool {
        let unlisted = world.owners.filter { !$0.isListed }
        guard !unlisted.isEmpty else { return false }
        // As the trust writes them: the capitals of a login are its owner's to choose.
        let written = Set(names.written.compactMap(\.meaning.owner))
        let identities = unlisted.prefix(Self.ownersMax).flatMap { owner in
            let logins = written.filter { $0.isExactlyIgnoringCase(owner.login) }.union([owner.login])
            return logins.sorted().map { login in
                { (repositoryIDs: [String]) in
                    var identity = Self.stranger(besides: [], [], repositoryIDs)
                    identity.owner = TokenText(login)
                    if let id = owner.id { identity.ownerID = TokenText(String(id)) }
                    return identity
                }
            }
        }
        return unlisted.count > Self.ownersMax || !first(identities, demand).isNo
    }

    // MARK: - Strangers

    /// Most owners of ours that are looked at where a trust names none.
    private static let ownersMax = 50
    /// Most repositories whose names are looked at, of the first of each outcome and of the others.
    private static let cellsMax = 64
    /// Most private repositories whose workflows are turned down.
    private static let closedMax = 16

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
}
