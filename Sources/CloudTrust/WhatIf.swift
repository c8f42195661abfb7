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
        let (old, new) = (order.compactMap { now[$0] }, order.compactMap { then[$0] })
        let (before, after) = (RepositoryIndex(old), RepositoryIndex(new))
        var (lost, gained): ([AccessDifference], [AccessDifference]) = ([], [])
        for trust in trusts {
            let demand = CompiledDemand(trust.demand)
            let was = Self.rows(trust, demand, before)
            let willBe = Self.rows(trust, demand, after)
            for id in order {
                let (one, two) = (was[id], willBe[id])
                let loss = one?.kinds.filter { two?.kinds.contains($0) != true } ?? []
                let gain = two?.kinds.filter { one?.kinds.contains($0) != true } ?? []
                if let one, !loss.isEmpty {
                    let add = then[id].map { Self.additions(trust, one, loss, $0) } ?? []
                    lost.append(Self.difference(trust, one, two, loss, add, isLoss: true))
                }
                if let two, !gain.isEmpty { gained.append(Self.difference(trust, two, one, gain, [], isLoss: false)) }
            }
        }
        (self.lost, self.gained) = (lost, gained)
    }

    // MARK: -

    private struct Row {
        let state: RepositoryState
        let outcome: AccessOutcome
        let isCertain: Bool
        var kinds: [JobContext.Kind] { outcome.kinds }

        func subject(_ demand: Demand) -> String? {
            guard let entry = outcome.entries.first else { return nil }
            let tokens = entry.assumed.map { TokenLanguage.assumed(state.repository, $0) } ?? state.tokens
            return tokens.first { $0.context == entry.context }?
                .witness(of: demand, entry.holes, optional: entry.optional).subject
        }
    }

    private static func rows(
        _ trust: Trust, _ demand: CompiledDemand, _ index: RepositoryIndex,
    ) -> [RepositoryID: Row] {
        let result = AccessMatrix(index: index).result(demand, entries: index.candidates(demand))
        var rows: [RepositoryID: Row] = [:]
        for cell in result.cells {
            let state = index.states[Int(cell.repository)]
            let outcome = result.outcomes[Int(cell.outcome)]
            let isKnown = state.unknownSubject == nil || !demand.reads("sub")
            rows[state.repository.id] = Row(
                state: state, outcome: outcome,
                isCertain: isKnown && trust.undecided.isEmpty && outcome.entries.allSatisfy(\.isCertain))
        }
        return rows
    }

    private static func difference(
        _ trust: Trust, _ row: Row, _ other: Row?, _ contexts: [JobContext.Kind], _ add: [AccessDifference.Addition],
        isLoss: Bool,
    ) -> AccessDifference {
        let (subject, remaining) = (row.subject(trust.demand), other?.subject(trust.demand))
        return AccessDifference(
            repository: row.state.repository, trust: trust.id, identity: trust.identity.name,
            before: isLoss ? subject : remaining, after: isLoss ? remaining : subject, contexts: contexts,
            isCertain: row.isCertain, add: add)
    }

    // MARK: - Values to add

    /// For each context that is lost its new subject, and for each other claim that no longer matches its new text.
    private static func additions(
        _ trust: Trust, _ row: Row, _ lost: [JobContext.Kind], _ then: RepositoryState,
    ) -> [AccessDifference.Addition] {
        guard then.unknownSubject == nil else { return [] }
        var additions: [AccessDifference.Addition] = []
        func add(_ claim: ClaimKey, _ value: String) {
            let addition = AccessDifference.Addition(claim: claim, value: value, key: trust.conditionKey(claim))
            if !additions.contains(addition) { additions.append(addition) }
        }
        let demands = trust.allow.necessary.filter { $0.isRead && !$0.isNegated && !$0.anyOf.isEmpty }
        for entry in row.outcome.entries where lost.contains(entry.context.kind) {
            guard let language = then.tokens.first(where: { $0.context == entry.context }) else { continue }
            for demand in demands {
                guard let text = language.claims[demand.claim], demand.claim != "aud" else { continue }
                let compiled = CompiledDemand(.claim(demand))
                if case .yes = TokenRun.decide(language, compiled) { continue }
                for value in values(text, entry, row.outcome) { add(demand.claim, value) }
            }
        }
        // One value for all contexts, where none is narrowed.
        if row.outcome.isAnyContext, lost.count == row.outcome.kinds.count,
            let start = then.language?.start.text, start.hasSuffix(":"),
            then.language?.segments.last?.key == "context",
            then.language?.segments.dropLast().allSatisfy({
                $0.pieces.allSatisfy { if case .text = $0 { true } else { false } }
            }) == true
        {
            let others = additions.filter { $0.claim != "sub" }
            guard others.count < additions.count else { return others }
            return [.init(claim: "sub", value: start + "*", key: trust.conditionKey("sub"))] + others
        }
        return additions
    }

    /// The claim's text with the names that are accepted now, and a wildcard wherever anything is.
    private static func values(_ text: TokenText, _ entry: AccessOutcome.Entry, _ outcome: AccessOutcome) -> [String] {
        let narrowed: [String?] = entry.only ?? [nil]
        return narrowed.map { name in
            text.filled { hole in
                if ["branch", "tag", "environment"].contains(hole.name), let name { return name }
                return "*"
            }
        }
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
