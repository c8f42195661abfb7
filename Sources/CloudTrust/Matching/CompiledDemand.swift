import AuditCore

/// A demand made ready to be run along many texts.
struct CompiledDemand {
    let demand: Demand
    let demands: [ClaimDemand]
    let sets: [PatternSet]
    /// Demands that every accepted token meets by a match: where such a set is dead, nothing can be accepted any more.
    let isRequired: [Bool]
    /// Claims that are read, each once.
    let claims: [ClaimKey]
    let budget: StepBudget
    /// Of the tokens that it is about.
    let issuer: String

    /// - Parameter budget: for all demands that belong together.
    init(_ demand: Demand, _ budget: StepBudget = StepBudget(), issuer: String = Trust.gitHubIssuer) {
        self.demand = demand
        self.issuer = issuer
        self.budget = budget
        demands = demand.claimDemands
        sets = demands.map { PatternSet($0.anyOf) }
        var required = Set<ClaimDemand>()
        for necessary in demand.necessary where !necessary.isNegated && necessary.isRead { required.insert(necessary) }
        isRequired = demands.map(required.contains)
        var seen: Set<ClaimKey> = []
        subjectStarts = demands.filter { $0.isRead && $0.claim == "sub" && !$0.isNegated }.flatMap(\.anyOf)
            .filter { $0.text.hasSuffix("*") && $0.literalStart.count == $0.text.count - 1 }.map(\.literalStart)
        claims = demands.filter { $0.isRead && seen.insert($0.claim).inserted }.map(\.claim)
    }

    /// What stands before the only wildcard of values of `sub`, at their end.
    let subjectStarts: [String]

    /// Every audience of a token that is accepted; `nil` if it may be another.
    var audiences: [String]? {
        demand.necessary.first { one in
            one.claim == "aud" && one.isRead && !one.isNegated
                && one.anyOf.allSatisfy { $0.isLiteral && $0.kind != .equalsIgnoringCase }
        }?.anyOf.map(\.text)
    }

    func reads(_ claim: ClaimKey) -> Bool { claims.contains(claim) }
}

/// How many steps questions about one demand may take. Once a question was too intricate, the others are few and short: there
/// are as many of them as repositories have templates, and a file has as many demands as its author likes.
final class StepBudget {
    /// Most moves of a set by one character in one question, counted in words of 64 bits.
    static let stepsMax = 2_000_000
    /// The same in one question after one that was too intricate, and in all of them.
    static let laterMax = (each: 200_000, all: 2_000_000)

    private(set) var used = 0
    private var left: Int?
    private var each = stepsMax

    /// - Parameter all: most steps of all questions, where there may be very many.
    init(all: Int? = nil) { left = all }

    /// Whether a question was too intricate, so that the others are few and short.
    var isShort: Bool { each != Self.stepsMax }

    /// Most steps of the next question.
    var limit: Int { min(left ?? each, each) }

    func note(_ steps: Int, isIntricate: Bool) {
        used += steps
        left = left.map { max(0, $0 - steps) }
        guard isIntricate else { return }
        left = min(left ?? Self.laterMax.all, Self.laterMax.all)
        each = Self.laterMax.each
    }
}
