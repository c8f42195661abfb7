/// What is found about a trust's wording, for rules to judge.
package struct TrustFindings: Hashable, Sendable {
    /// A value that is written in a trust, under its claim.
    package struct Value: Hashable, Sendable {
        package let claim: ClaimKey
        package let text: String
        /// What is to be said of it: a name, an id, or the value in its place.
        package let about: String

        package init(claim: ClaimKey, text: String, about: String) {
            self.claim = claim
            self.text = text
            self.about = about
        }
    }

    /// Ids of owners and repositories that are not ours.
    package var foreignIDs: [Value] = []
    /// Owners that are neither scanned nor declared.
    package var foreignOwners: [Value] = []
    /// Names that an organization or repository of ours had; `about` is the name that it has now.
    package var formerNames: [Value] = []
    /// Repositories of our owners that are not listed.
    package var freeNames: [Value] = []
    /// Repositories of our owners whose repositories are not known, so that they may exist or not.
    package var unknownNames: [Value] = []
    /// `OWNER-ID/REPOSITORY-ID`.
    package var hyphenForms: [Value] = []
    /// Legacy values of a repository that presents immutable subjects and that another value admits.
    package var leftoverLegacy: [Value] = []
    /// Values that accept the subject of pull requests without being written as `…:pull_request`.
    package var openPullRequests: [Value] = []
    /// Values that may accept other events of pull requests.
    package var possiblePullRequests: [Value] = []
    /// Demands that pass because a claim is missing.
    package var absentDemands: [ClaimDemand] = []
    /// Demands of claims that the cloud does not read.
    package var unreadDemands: [ClaimDemand] = []
    /// Whether an audience is demanded, by the trust or its provider.
    package var hasAudience = false
    /// Repositories that present one subject which the trust accepts; full names.
    package var sharedSubjects: [[String]] = []

    package init() {}
}

/// One trust with everything that was decided about it.
package struct JudgedTrust: Sendable {
    /// One repository that can use it.
    package struct Cell: Hashable, Sendable {
        /// Index into the report's repositories.
        package let repository: Int32
        /// Index into the trust's outcomes.
        package let outcome: Int32

        package init(repository: Int32, outcome: Int32) {
            self.repository = repository
            self.outcome = outcome
        }
    }

    package let trust: Trust
    package var reach: Reach
    /// In the order of the report's repositories.
    package let cells: [Cell]
    package let outcomes: [AccessOutcome]
    /// Of the trust, and what was too much to decide.
    package let undecided: [Undecided]
    /// Why no repository can use it; empty if one can, or may.
    package let noMatch: [NoMatch]
    package let findings: TrustFindings

    package init(
        trust: Trust, reach: Reach, cells: [Cell], outcomes: [AccessOutcome], undecided: [Undecided],
        noMatch: [NoMatch], findings: TrustFindings,
    ) {
        self.trust = trust
        self.reach = reach
        self.cells = cells
        self.outcomes = outcomes
        self.undecided = undecided
        self.noMatch = noMatch
        self.findings = findings
    }

    /// Whether everything about it was decided.
    package var isExact: Bool { undecided.allSatisfy { $0.kind == .request } && reach.isExact }
}

/// Which repositories can use which trusts: everything that rules and reports need.
package struct AccessReport: Sendable {
    /// An owner of ours of whose repositories a trust takes all.
    package struct Whole: Hashable, Sendable {
        package let owner: String
        /// Full names of those that it does not take.
        package let except: [String]

        package init(owner: String, except: [String]) {
            self.owner = owner
            self.except = except
        }
    }

    package let repositories: [RepositoryState]
    package let trusts: [JudgedTrust]
    /// Why the subjects of each repository are not known; `nil` if they are.
    package let unknownSubjects: [String?]
    /// Number of each repository's owner, in the order of their first repositories.
    package let ownerNumbers: [Int]
    /// Each owner, and how many repositories it has.
    package let owners: [(login: String, count: Int)]

    package init(repositories: [RepositoryState], trusts: [JudgedTrust]) {
        self.repositories = repositories
        self.trusts = trusts
        unknownSubjects = repositories.map(\.unknownSubject)
        var numbers: [String: Int] = [:]
        var owners: [(login: String, count: Int)] = []
        ownerNumbers = repositories.map { state in
            let number = numbers[state.repository.owner] ?? owners.count
            if number == owners.count {
                numbers[state.repository.owner] = number
                owners.append((state.repository.owner, 0))
            }
            owners[number].count += 1
            return number
        }
        self.owners = owners
    }

    package var identities: Set<String> { Set(trusts.map(\.trust.identity.name)) }

    package var accessCount: Int { trusts.reduce(0) { $0 + $1.cells.count } }

    /// Whether every trust was decided.
    package var isExact: Bool { trusts.allSatisfy(\.isExact) }

    /// The access of a trust, row by row, made when it is asked for.
    package func access(of trust: JudgedTrust) -> some Sequence<Access> {
        trust.cells.lazy.map { access(trust, $0) }
    }

    /// The access of one repository.
    package func access(of repository: RepositoryID) -> [Access] {
        guard let index = repositories.firstIndex(where: { $0.repository.id == repository }) else { return [] }
        return trusts.flatMap { trust in
            trust.cells.filter { $0.repository == Int32(index) }.map { access(trust, $0) }
        }
    }

    package func access(_ trust: JudgedTrust, _ cell: JudgedTrust.Cell) -> Access {
        let state = repositories[Int(cell.repository)]
        return Access(
            repository: state.repository, identity: trust.trust.identity.name, trust: trust.trust.id,
            terms: terms(trust, cell),
            witness: witness(trust.trust, state, trust.outcomes[Int(cell.outcome)].best))
    }

    /// In which jobs a repository can use a trust, without a token that proves it: to make one takes longer
    /// (`scripts/bench trust`).
    package func terms(_ trust: JudgedTrust, _ cell: JudgedTrust.Cell) -> Access.Terms {
        let outcome = trust.outcomes[Int(cell.outcome)]
        let best = outcome.best
        var only: [JobContext.Kind: [String]] = [:]
        for kind in outcome.kinds { only[kind] = outcome.only(kind) }
        let unknown =
            trust.trust.demand.claimDemands.contains { $0.claim == "sub" }
            ? unknownSubjects[Int(cell.repository)] : nil
        let reason =
            unknown ?? trust.undecided.first { $0.kind != .repositories }.map { "\($0.what): \($0.why)" }
            ?? (best.optional.isEmpty ? nil : "it is not known whether its tokens carry \(best.optional.sorted())")
            ?? best.doubt?.text
        return Access.Terms(
            contexts: outcome.kinds, only: only,
            certainty: unknown != nil ? .unknown : reason != nil ? .possible : .certain, reason: reason)
    }

    /// Owners of whose repositories a trust takes all but a few, with those few; the others are named one by one.
    ///
    /// - Parameter exceptMax: most exceptions.
    package func wholes(of trust: JudgedTrust, exceptMax: Int = 20) -> [Whole] {
        var counts = Array(repeating: 0, count: owners.count)
        for cell in trust.cells { counts[ownerNumbers[Int(cell.repository)]] += 1 }
        return owners.indices.filter { counts[$0] > 1 && owners[$0].count - counts[$0] <= exceptMax }
            .sorted { owners[$0].login < owners[$1].login }
            .map { Whole(owner: owners[$0].login, except: others(of: $0, than: trust.cells).map(\.fullName)) }
    }

    /// Repositories of an owner that are none of these cells, which are sorted.
    package func others(of owner: Int, than cells: [JudgedTrust.Cell]) -> [Repository] {
        var others: [Repository] = []
        var next = 0
        for (index, number) in ownerNumbers.enumerated() {
            while next < cells.count, cells[next].repository < index { next += 1 }
            let isTaken = next < cells.count && cells[next].repository == index
            if number == owner, !isTaken { others.append(repositories[index].repository) }
        }
        return others
    }

    // MARK: -

    private func witness(_ trust: Trust, _ state: RepositoryState, _ entry: AccessOutcome.Entry) -> Witness {
        let demand = trust.demand
        return state.token(of: entry, keys: demand.readClaims)?
            .witness(of: demand, entry.holes, optional: entry.optional)
            ?? Witness(context: entry.context, claims: [:])
    }
}

extension RepositoryState {
    /// What tokens of an accepted context say.
    ///
    /// - Parameter keys: the claims that matter, besides `sub`.
    package func token(of entry: AccessOutcome.Entry, keys: [ClaimKey]) -> TokenLanguage? {
        let tokens =
            entry.likely.map { self.tokens(likely: $0, of: keys, in: [entry.context]) }
            ?? self.tokens(of: keys, in: [entry.context])
        return tokens.first
    }
}

extension TokenLanguage {
    /// The subject that these texts make; any other hole has its usual text.
    package func subject(_ holes: [String: String]) -> String? {
        claims["sub"]?.filled { holes[$0.name] ?? $0.usual }
    }

    /// The token that these texts make: `sub`, and each claim that a demand reads.
    ///
    /// - Parameters:
    ///   - holes: texts by hole; any other hole has its usual text.
    ///   - present: claims that the token carries though it is not known that it does.
    package func witness(of demand: Demand, _ holes: [String: String], optional present: Set<ClaimKey>) -> Witness {
        var texts: [ClaimKey: String] = [:]
        for key in ["sub"] + demand.readClaims where texts[key] == nil {
            guard !optional.contains(key) || present.contains(key) else { continue }
            texts[key] = claims[key]?.filled { holes[$0.name] ?? $0.usual }
        }
        return Witness(context: context, claims: texts)
    }
}

extension Set<ClaimKey> {
    fileprivate func sorted() -> String { map(\.rawValue).sorted().joined(separator: ", ") }
}
