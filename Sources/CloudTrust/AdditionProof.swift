import AuditCore

/// The tokens of one context before a change and after it. A job that fills the holes in the same way has one of each.
struct TokenPair {
    let before: TokenLanguage
    let after: TokenLanguage
    var context: JobContext { after.context }

    static func pairs(
        _ before: RepositoryState, _ after: RepositoryState, keys: [ClaimKey],
        in contexts: [JobContext] = JobContext.allCases,
    ) -> [TokenPair] {
        let was = before.tokens(of: keys, in: contexts)
        return after.tokens(of: keys, in: contexts).compactMap { language in
            was.first { $0.context == language.context }.map { TokenPair(before: $0, after: language) }
        }
    }

    func changes(_ claim: ClaimKey) -> Bool { before.claims[claim] != after.claims[claim] }

    /// A job whose new token meets a demand while its token of before meets another.
    ///
    /// - Returns: also one that is not certain, where that could not be decided.
    func job(
        _ demand: Demand, where earlier: Demand, _ budget: StepBudget,
    ) -> (holes: [String: String], isCertain: Bool)? {
        let answer = TokenQuestion.answer(both, CompiledDemand(.all([demand, ofBefore(earlier)]), budget))
        return answer.holes.map { ($0, answer.isCertain) }
    }

    // MARK: -

    /// The claims of both tokens; those of before that are others under names of their own.
    private var both: TokenLanguage {
        var claims = after.claims
        for (claim, text) in before.claims where changes(claim) { claims[Self.ofBefore(claim)] = text }
        var language = TokenLanguage(context: context, claims: claims, optional: after.optional)
        language.doubt = after.doubt
        return language
    }

    private func ofBefore(_ demand: Demand) -> Demand {
        demand.mapped { one in
            guard changes(one.claim) else { return one }
            var one = one
            one.claim = Self.ofBefore(one.claim)
            return one
        }
    }

    private static func ofBefore(_ claim: ClaimKey) -> ClaimKey { ClaimKey("before \(claim)") }
}

/// Holds values that are to be added to a trust against every token that is not meant.
final class AdditionProof {
    typealias Additions = [(demand: ClaimDemand, pattern: TextPattern)]

    private let now: [RepositoryID: RepositoryState]
    private let future: TrustWorld
    private lazy var everyone = AccessMatrix(index: RepositoryIndex(future.repositories))
    private lazy var finder = ReachFinder(future)
    private var used: [Use: Bool] = [:]

    /// What a value says behind the text that all subjects begin with, and what they say there.
    struct Use: Hashable {
        let text: String
        let hasVariables: Bool
        let rest: String
        let contexts: Set<JobContext>
    }

    /// Whether such a value is used, decided once for all trusts that are written alike.
    func isUsed(_ use: Use, _ decide: () -> Bool) -> Bool {
        if let known = used[use] { return known }
        let isUsed = decide()
        used[use] = isUsed
        return isUsed
    }

    /// - Parameters:
    ///   - now: repositories as they are, by id.
    ///   - future: what will be ours.
    init(now: [RepositoryID: RepositoryState], future: TrustWorld) {
        self.now = now
        self.future = future
    }

    /// Who would gain by the values beyond the jobs that lose access, in words, and whether they are jobs of the same repository.
    ///
    /// - Returns: `nil` if nobody does.
    func gain(
        _ trust: Trust, _ additions: Additions, _ loss: AdditionFinder.Loss, _ after: RepositoryState,
        _ budget: StepBudget,
    ) -> (why: String, isOwn: Bool)? {
        for claim in Set(additions.map(\.demand.claim)).sorted(by: { $0.rawValue < $1.rawValue }) {
            let patched = trust.with(additions, alone: claim)
            let more = Demand.all([patched.demand, .not(trust.demand)])
            let demand = CompiledDemand(more, budget)
            for pair in TokenPair.pairs(loss.before.state, after, keys: demand.claims) {
                guard let job = pair.job(more, where: .not(trust.demand), budget) else { continue }
                return ("a value for it \(job.isCertain ? "would" : "may") let in other jobs, too", true)
            }
            let namesakes = TokenPair.pairs(
                loss.before.state.held(by: Self.unlistedID), after.held(by: Self.unlistedID), keys: demand.claims)
            if namesakes.contains(where: { $0.job(more, where: .not(trust.demand), budget) != nil }) {
                return ("a value for it would let in anyone who takes its names", false)
            }
            if let other = repository(demand, besides: after, trust) ?? stranger(patched, demand, after) {
                return ("a value for it would let in \(other), too", false)
            }
        }
        return nil
    }

    /// Whether each token of these contexts that was accepted is accepted with the values.
    func keeps(_ trust: Trust, _ additions: Additions, _ pairs: [TokenPair], _ budget: StepBudget) -> Bool {
        let patched = trust.with(additions, alone: nil).demand
        return pairs.allSatisfy { $0.job(.not(patched), where: trust.demand, budget) == nil }
    }

    // MARK: -

    private func repository(
        _ demand: CompiledDemand, besides one: RepositoryState, _ trust: Trust,
    ) -> String? {
        for cell in everyone.result(demand, entries: everyone.index.candidates(demand)).cells {
            let state = everyone.index.states[Int(cell.repository)]
            guard state.repository.id != one.repository.id, let was = now[state.repository.id] else { continue }
            // Of what is not known nothing is proved; it is unknown before and after.
            guard state.unknownSubject == nil else { continue }
            let pairs = TokenPair.pairs(was, state, keys: demand.claims)
            if pairs.contains(where: { $0.job(demand.demand, where: .not(trust.demand), demand.budget) != nil }) {
                return state.repository.fullName
            }
        }
        return nil
    }

    private func stranger(_ patched: Trust, _ demand: CompiledDemand, _ after: RepositoryState) -> String? {
        let sibling = after.renamed("zq7x0unlisted", id: Self.unlistedID)
        if sibling.tokens(of: demand.claims).contains(where: { TokenQuestion.answer($0, demand).holes != nil }) {
            return "any repository of \(after.repository.owner) with that template"
        }
        let reach = finder.outsiders(TrustNames(patched), demand)
        if !reach.anyone.isNo { return "any account of GitHub" }
        if !reach.renamer.isNo { return "anyone who takes a name that was yours" }
        if case .no = reach.foreignOwner { return nil }
        // An owner to whom the repository goes gets in by it alone, which was seen above.
        return reach.foreignOwner.witness?.claims["repository"].map { "another owner, such as that of \($0)" }
            ?? "another owner"
    }

    /// No repository of GitHub has it.
    private static let unlistedID: Int64 = 9_007_199_254_740_991
}

extension Trust {
    /// The same with values added.
    ///
    /// - Parameter alone: a claim of which the added values alone are left; `nil`: none.
    fileprivate func with(_ additions: AdditionProof.Additions, alone: ClaimKey?) -> Trust {
        let allow = self.allow.mapped { demand in
            var demand = demand
            let patterns = additions.filter { $0.demand == demand }.map(\.pattern)
            guard !patterns.isEmpty else { return demand }
            demand.anyOf = demand.claim == alone ? patterns : demand.anyOf + patterns
            return demand
        }
        return Trust(
            id: id, identity: identity, source: source, issuer: issuer, provider: provider, allow: allow,
            denies: denies,
            undecided: undecided, audiences: audiences)
    }
}

extension RepositoryState {
    /// A repository of the same names and template that is somebody else's.
    ///
    /// - Parameter id: its own and its owner's.
    fileprivate func held(by id: Int64) -> RepositoryState {
        var state = self
        state.repository.id = RepositoryID(rawValue: id)
        state.repository.ownerID = id
        guard case .read(var setting) = reading, setting.subClaimPrefix.flatMap(SubjectPrefix.init)?.ownerID != nil
        else { return state }
        setting.subClaimPrefix = "repo:\(repository.owner)@\(id)/\(repository.name)@\(id)"
        return state.presenting(setting)
    }

    /// A repository of the same owner and template under another name.
    fileprivate func renamed(_ name: String, id: Int64) -> RepositoryState {
        var state = self
        state.repository.name = name
        state.repository.id = RepositoryID(rawValue: id)
        guard case .read(var setting) = reading, let prefix = setting.subClaimPrefix.flatMap(SubjectPrefix.init) else {
            return state
        }
        setting.subClaimPrefix =
            prefix.ownerID.map { "repo:\(repository.owner)@\($0)/\(name)@\(id)" } ?? "repo:\(repository.owner)/\(name)"
        return state.presenting(setting)
    }
}
