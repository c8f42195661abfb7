/// What one policy flags that another does not, on the same snapshot.
public struct Comparison: Sendable {
    public let before: AuditReport
    /// Judged with the findings of `before` as its baseline, so that its gate speaks of what is newly flagged.
    public let after: AuditReport
    /// Open findings of `after` alone, in its order; those too that it takes for more severe.
    public let newlyFlagged: [Finding]
    /// Open findings of `before` alone, in its order, where the other policy could decide everything.
    public let cleared: [Finding]
    /// Those where it could not.
    public let undecided: [Finding]
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
        let severities = Dictionary(second.policy.rules.map { ($0.id, $0.severity) }) { first, _ in first }
        let noLess = open.filter { finding in severities[finding.rule].map { $0 <= finding.severity } ?? true }
        var gate = second.gate
        gate.newOnly = true
        after = Evaluator(
            policy: second.policy, gate: gate, waivers: second.waivers,
            baseline: Baseline(noLess.map(\.key), apiURL: snapshot.apiURL, source: first.policy.source)
        ).evaluate(snapshot, known: known, now: now)
        let openAfter = after.findings.filter(\.isOpen)
        let kept = Set(noLess.map(\.key))
        newlyFlagged = openAfter.filter { !kept.contains($0.key) }
        unchanged = openAfter.count - newlyFlagged.count
        let still = Set(openAfter.map(\.key))
        let gone = open.filter { !still.contains($0.key) }
        let unread = Set(after.repositories.filter { $0.reason != nil }.map(\.repository.id))
        let unreadOrganizations = Set(after.organizations.filter { !$0.undecided.isEmpty }.map(\.login))
        func isUndecided(_ finding: Finding) -> Bool {
            finding.repositoryID.map(unread.contains) ?? unreadOrganizations.contains(finding.organization)
        }
        cleared = gone.filter { !isUndecided($0) }
        undecided = gone.filter(isUndecided)
    }
}
