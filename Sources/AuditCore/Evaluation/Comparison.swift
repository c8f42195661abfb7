/// What one policy flags that another does not, on the same snapshot.
public struct Comparison: Sendable {
    public let before: AuditReport
    /// Judged with the findings of `before` as its baseline, so that its gate speaks of what is newly flagged.
    public let after: AuditReport
    /// Open findings of `after` alone, in its order.
    public let newlyFlagged: [Finding]
    /// Open findings of `before` alone, in its order.
    public let cleared: [Finding]
    /// How many open findings both have.
    public let unchanged: Int

    /// - Parameters:
    ///   - first: judges by the policy that is in use.
    ///   - second: judges by the one that is thought of; its baseline is replaced.
    public init(
        of snapshot: Snapshot, by first: Evaluator, and second: Evaluator, known: [FindingKey: Timestamp],
        now: Timestamp,
    ) {
        before = first.evaluate(snapshot, known: known, now: now)
        let open = before.findings.filter(\.isOpen)
        var gate = second.gate
        gate.newOnly = true
        after = Evaluator(
            policy: second.policy, gate: gate, waivers: second.waivers,
            baseline: Baseline(open, apiURL: snapshot.apiURL, source: first.policy.source)
        ).evaluate(snapshot, known: known, now: now)
        let openAfter = after.findings.filter(\.isOpen)
        newlyFlagged = openAfter.filter { $0.isInBaseline != true }
        let kept = Set(openAfter.map(\.key))
        cleared = open.filter { !kept.contains($0.key) }
        unchanged = openAfter.count - newlyFlagged.count
    }
}
