package import AuditCore

/// A change to what is ours, before it is made.
package enum WorldChange: Hashable, Sendable {
    case rename(RepositoryID, to: String)
    /// - Parameter to: login of the new owner; it may be one that is not scanned.
    case transfer(RepositoryID, to: String, ownerID: Int64?)
    case delete(RepositoryID)
    case immutable(RepositoryID)
    case template(RepositoryID, [ClaimKey])
    /// A setting as a plan wants it.
    case setting(RepositoryID, RepositorySetting, under: OrganizationTemplate)

    package var repository: RepositoryID {
        switch self {
        case .rename(let id, _), .transfer(let id, _, _), .delete(let id), .immutable(let id), .template(let id, _),
            .setting(let id, _, _):
            id
        }
    }
}

/// What changes lose and gain.
package struct WhatIf: Sendable {
    package let lost: [AccessDifference]
    package let gained: [AccessDifference]

    /// Holds a world with and without changes against trusts. Only repositories that change are looked at.
    package init(_ changes: [WorldChange], in world: TrustWorld, trusts: [Trust]) {
        let future = world.applying(changes)
        var changed: Set<RepositoryID> = []
        let now = Dictionary(uniqueKeysWithValues: world.repositories.map { ($0.repository.id, $0) })
        let then = Dictionary(uniqueKeysWithValues: future.repositories.map { ($0.repository.id, $0) })
        for change in changes where now[change.repository] != then[change.repository] {
            changed.insert(change.repository)
        }
        guard !changed.isEmpty else {
            (lost, gained) = ([], [])
            return
        }
        let order = world.repositories.map(\.repository.id).filter(changed.contains)
        let (before, after) = (Side(order.map { now[$0] }), Side(order.map { then[$0] }))
        var (lost, gained): ([AccessDifference], [AccessDifference]) = ([], [])
        let proof = AdditionProof(now: now, future: future)
        for trust in trusts {
            let demand = CompiledDemand(trust.demand)
            let (was, willBe) = (before.rows(trust, demand), after.rows(trust, demand))
            if was.isEmpty, willBe.isEmpty { continue }
            var finder = AdditionFinder(trust, proof)
            var moves: [Moves.Key: Moves] = [:]
            let budget = StepBudget()
            for place in order.indices {
                let (one, two) = (was[place], willBe[place])
                guard one != nil || two != nil else { continue }
                // Repositories whose tokens differ in names alone have the same numbers.
                let key = Moves.Key(was: one?.number, willBe: two?.number)
                let change: Moves
                if let known = moves[key] {
                    change = known
                } else {
                    change = Moves(
                        trust.demand, one, two, before.repositories[place]?.state, after.repositories[place]?.state,
                        budget)
                    moves[key] = change
                }
                // What is not known on one side may be as it is on the other.
                let isOpen = [before, after].contains { $0.repositories[place]?.unknownSubject != nil }
                let isCertain = change.isCertain && !(isOpen && demand.reads("sub"))
                if let one, let contexts = change.lost?.contexts {
                    let answer = finder.answer(
                        AdditionFinder.Loss(
                            before: one.repository, after: after.repositories[place], number: one.number,
                            contexts: contexts))
                    lost.append(Self.difference(trust, one, two, change.lost, isCertain, answer, isLoss: true))
                }
                if let two, change.gained != nil {
                    let answer = AdditionFinder.Answer()
                    gained.append(
                        Self.difference(trust, two, one, change.gained, isCertain, answer, isLoss: false))
                }
            }
        }
        (self.lost, self.gained) = (lost, gained)
    }

    // MARK: -

    /// What changes, as it is or as it will be.
    private struct Side {
        /// In report order; `nil` if one is not there.
        let repositories: [ChangedRepository?]
        private let matrix: AccessMatrix
        /// Places in that order of those that are there.
        private let places: [Int]

        init(_ states: [RepositoryState?]) {
            repositories = states.map { $0.map(ChangedRepository.init) }
            places = states.indices.filter { states[$0] != nil }
            matrix = AccessMatrix(index: RepositoryIndex(states.compactMap { $0 }))
        }

        func rows(_ trust: Trust, _ demand: CompiledDemand) -> Rows {
            let result = matrix.result(demand, entries: matrix.index.candidates(demand))
            var numbers = Array(repeating: Int32(-1), count: repositories.count)
            for cell in result.cells { numbers[places[Int(cell.repository)]] = cell.outcome }
            return Rows(
                isEmpty: result.cells.isEmpty, repositories: repositories, numbers: numbers, outcomes: result.outcomes,
                areCertain: result.outcomes.map {
                    $0.isCertain && trust.undecided.isEmpty && trust.enterprise == nil
                },
                readsSubject: demand.reads("sub"))
        }
    }

    /// Which of them can use one trust.
    private struct Rows {
        let isEmpty: Bool
        let repositories: [ChangedRepository?]
        let numbers: [Int32]
        let outcomes: [AccessOutcome]
        let areCertain: [Bool]
        let readsSubject: Bool

        subscript(place: Int) -> Row? {
            guard numbers[place] >= 0, let repository = repositories[place] else { return nil }
            let number = Int(numbers[place])
            return Row(
                repository: repository, outcome: outcomes[number], number: numbers[place],
                isCertain: areCertain[number] && (repository.unknownSubject == nil || !readsSubject))
        }
    }

    private struct Row {
        let repository: ChangedRepository
        let outcome: AccessOutcome
        let number: Int32
        let isCertain: Bool

        /// The subject of a token of one context.
        func subject(in context: JobContext, _ holes: [String: String]) -> String? {
            let entry = outcome.entries.first { $0.context == context }
            return repository.subject(in: context, likely: entry?.likely, holes)
        }

        /// The first that is accepted.
        var subject: String? { outcome.entries.first.flatMap { subject(in: $0.context, $0.holes) } }
    }

    /// In which contexts some job can use a trust before a change and not after it, or the other way round.
    private struct Moves {
        struct Key: Hashable {
            let was: Int32?
            let willBe: Int32?
        }

        /// Jobs that can use it on one side alone, by context, each with what fills the holes of its token.
        struct Jobs {
            let first: (context: JobContext, holes: [String: String])
            let contexts: Set<JobContext>
            let kinds: [JobContext.Kind]

            init?(_ jobs: [JobContext: [String: String]]) {
                guard let first = jobs.min(by: { $0.key.rawValue < $1.key.rawValue }) else { return nil }
                self.first = (first.key, first.value)
                contexts = Set(jobs.keys)
                kinds = JobContext.Kind.allCases.filter { kind in jobs.keys.contains { $0.kind == kind } }
            }
        }

        /// `nil` if there are none; likewise below.
        private(set) var lost: Jobs?
        private(set) var gained: Jobs?
        private(set) var isCertain = true

        init(
            _ demand: Demand, _ one: Row?, _ two: Row?, _ before: RepositoryState?, _ after: RepositoryState?,
            _ budget: StepBudget,
        ) {
            var (lost, gained): ([JobContext: [String: String]], [JobContext: [String: String]]) = ([:], [:])
            defer { (self.lost, self.gained) = (Jobs(lost), Jobs(gained)) }
            let (was, willBe) = (one?.outcome.entries ?? [], two?.outcome.entries ?? [])
            for entry in was where !willBe.contains(where: { $0.context == entry.context }) {
                lost[entry.context] = entry.holes
            }
            for entry in willBe where !was.contains(where: { $0.context == entry.context }) {
                gained[entry.context] = entry.holes
            }
            let both = was.map(\.context).filter { context in willBe.contains { $0.context == context } }
            guard let before, let after, !both.isEmpty else { return }
            let keys = demand.readClaims
            // Of subjects that are not known, no job can be named: each may lose access.
            if keys.contains("sub"), before.unknownSubject != nil || after.unknownSubject != nil {
                guard before.unknownSubject == nil else { return }
                for entry in was { lost[entry.context] = entry.holes }
                isCertain = false
                return
            }
            // The same context, and not for the same branches or environments, say.
            for pair in TokenPair.pairs(before, after, keys: keys, in: both) where keys.contains(where: pair.changes) {
                if let job = pair.job(.not(demand), where: demand, budget) {
                    lost[pair.context] = job.holes
                    isCertain = isCertain && job.isCertain
                }
                if let job = pair.job(demand, where: .not(demand), budget) {
                    gained[pair.context] = job.holes
                    isCertain = isCertain && job.isCertain
                }
            }
        }
    }

    private static func difference(
        _ trust: Trust, _ row: Row, _ other: Row?, _ jobs: Moves.Jobs?, _ isCertain: Bool,
        _ answer: AdditionFinder.Answer, isLoss: Bool,
    ) -> AccessDifference {
        let subject = jobs.flatMap { row.subject(in: $0.first.context, $0.first.holes) }
        let remaining = other?.subject
        return AccessDifference(
            repository: row.repository.state.repository, trust: trust.id, identity: trust.identity.name,
            before: isLoss ? subject : remaining, after: isLoss ? remaining : subject, contexts: jobs?.kinds ?? [],
            isCertain: row.isCertain && isCertain, add: answer.add, obstacle: answer.obstacle)
    }
}

// MARK: - The world as it would be

extension TrustWorld {
    /// Changes one after the other; one of a repository that is not there changes nothing.
    package func applying(_ changes: [WorldChange]) -> TrustWorld {
        var world = self
        var places = Dictionary(uniqueKeysWithValues: repositories.enumerated().map { ($1.repository.id, $0) })
        var deleted: Set<RepositoryID> = []
        for change in changes {
            guard let place = places[change.repository] else { continue }
            let state = world.repositories[place]
            let before = state.repository.fullName
            switch change {
            case .delete(let id):
                deleted.insert(id)
                places[id] = nil
                world.formerRepositories.updateValue(nil, forKey: before)
            case .rename(_, let name):
                world.repositories[place] = state.moved(
                    owner: state.repository.owner, id: state.repository.ownerID, name: name)
            case .transfer(_, let owner, let ownerID):
                world.repositories[place] = state.moved(owner: owner, id: ownerID, name: state.repository.name)
            case .immutable: world.repositories[place] = state.immutable()
            case .template(_, let keys):
                guard case .read(var setting) = state.reading else { continue }
                (setting.useDefault, setting.includeClaimKeys) = (false, keys)
                world.repositories[place] = state.following(setting, under: .neverSet)
            case .setting(_, let setting, let organization):
                world.repositories[place] = state.following(setting, under: organization)
            }
            guard places[change.repository] != nil else { continue }
            let after = world.repositories[place].repository.fullName
            if !after.isExactly(before) {
                world.formerRepositories.updateValue(after, forKey: before)
                world.formerRepositories.removeValue(forKey: after)
            }
        }
        world.repositories.removeAll { deleted.contains($0.repository.id) }
        return world
    }
}

extension RepositoryState {
    /// Under another name or owner: since 2026-07-15 its subjects are immutable ones from then on.
    ///
    /// Source: GitHub's OIDC reference, "Immutable subject claims".
    fileprivate func moved(owner: String, id: Int64?, name: String) -> RepositoryState {
        guard !owner.isExactly(repository.owner) || !name.isExactly(repository.name) else { return self }
        var state = self
        state.repository.owner = owner
        state.repository.ownerID = id
        state.repository.name = name
        guard case .read(var setting) = reading else { return state }
        if isEnterpriseServer {
            if setting.subClaimPrefix != nil { setting.subClaimPrefix = "repo:\(owner)/\(name)" }
            return state.presenting(setting)
        }
        setting.subClaimPrefix = id.map { "repo:\(owner)@\($0)/\(name)@\(repository.id.rawValue)" }
        return state.presenting(setting)
    }

    fileprivate func immutable() -> RepositoryState {
        guard case .read(var setting) = reading, !isEnterpriseServer, let prefix = repository.immutablePrefix else {
            return self
        }
        setting.useImmutableSubject = true
        setting.subClaimPrefix = prefix
        return presenting(setting)
    }

    fileprivate func following(_ setting: RepositorySetting, under organization: OrganizationTemplate)
        -> RepositoryState
    {
        RepositoryState(repository, .read(setting), under: organization, isEnterpriseServer: isEnterpriseServer)
    }
}

extension Plan {
    /// What a plan changes, repository by repository, those included that follow an organization.
    ///
    /// - Parameters:
    ///   - states: of the scan.
    ///   - templates: of each organization as the scan saw it, by login in lower case.
    package func worldChanges(
        _ states: [RepositoryState], templates: [String: OrganizationTemplate],
    ) -> [WorldChange] {
        var future = templates
        for change in changes {
            if case .organization(let template) = change.after { future[change.target.owner.lowercased()] = template }
        }
        var planned: [RepositoryID: RepositorySetting] = [:]
        for change in changes {
            if case .repository(_, _, let id) = change.target, case .repository(let setting) = change.after {
                planned[id] = setting
            }
        }
        return states.compactMap { state in
            let owner = state.repository.owner.lowercased()
            guard let organization = future[owner] else { return nil }
            if let setting = planned[state.repository.id] {
                return .setting(state.repository.id, setting, under: organization)
            }
            guard let former = templates[owner], organization != former, case .read(var setting) = state.reading else {
                return nil
            }
            if organization.optsIn(from: former), setting.followsOptIn, let prefix = state.repository.immutablePrefix {
                setting.subClaimPrefix = prefix
            } else if setting.useDefault {
                return nil
            }
            // GitHub echoes inherited keys.
            if state.effective?.source == .organizationOrCopy { setting.includeClaimKeys = nil }
            return .setting(state.repository.id, setting, under: organization)
        }
    }
}
