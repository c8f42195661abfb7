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

    init(_ demand: Demand) {
        self.demand = demand
        demands = demand.claimDemands
        sets = demands.map { PatternSet($0.anyOf) }
        var required = Set<ClaimDemand>()
        for necessary in demand.necessary where !necessary.isNegated && necessary.isRead { required.insert(necessary) }
        isRequired = demands.map(required.contains)
        var seen: Set<ClaimKey> = []
        claims = demands.filter { $0.isRead && seen.insert($0.claim).inserted }.map(\.claim)
    }

    func reads(_ claim: ClaimKey) -> Bool { claims.contains(claim) }
}
