/// What one policy flags that another does not, on the same snapshot.
package struct PolicyComparison: Sendable {
    package let before: AuditReport
    /// Judged with the findings of `before` as its baseline, so that its gate speaks of what is newly flagged.
    package let after: AuditReport
    /// Open findings of `after` alone, in its order; those too that it takes for more severe.
    package let newlyFlagged: [Finding]
    /// Open findings of `before` alone, in its order, where the other policy could decide everything.
    package let cleared: [Finding]
    /// Those where it could not.
    package let undecided: [Finding]
    /// How many open findings both have.
    package let unchanged: Int

    /// - Parameters:
    ///   - first: judges by the policy that is in use.
    ///   - second: judges by the one that is thought of; its baseline is replaced.
    package init(
        of snapshot: Snapshot, by first: Evaluator, and second: Evaluator, known: [FindingKey: KnownFinding],
        now: Timestamp,
    ) {
        before = first.evaluate(snapshot, known: known, now: now)
        let open = before.findings.filter(\.isOpen)
        var gate = second.gate
        gate.newOnly = true
        after = Evaluator(
            policy: second.policy, gate: gate, waivers: second.waivers,
            baseline: Baseline(accepting: before, source: first.policy.source, withWaivers: true)
        ).evaluate(snapshot, known: known, now: now)
        let openAfter = after.findings.filter(\.isOpen)
        newlyFlagged = openAfter.filter { $0.isInBaseline != true }
        unchanged = openAfter.count - newlyFlagged.count
        let still = Set(openAfter.map(\.key))
        let gone = open.filter { !still.contains($0.key) }
        let lost = after.undecidedKeys
        cleared = gone.filter { !lost.contains($0.key) }
        undecided = gone.filter { lost.contains($0.key) }
    }
}

extension AuditReport {
    /// What the policy's entries could have found, and nobody knows whether they would.
    fileprivate var undecidedKeys: Set<FindingKey> {
        var keys: Set<FindingKey> = []
        func note(_ outcomes: [RepositoryReport.Outcome], _ kind: RuleEntry.Subject, _ subject: FindingKey.Subject) {
            for (index, entry) in policy.rules.enumerated()
            where entry.subject == kind && (outcomes.isEmpty || outcomes[index] == .undecided) {
                keys.insert(FindingKey(rule: entry.id, subject: subject))
            }
        }
        for repository in repositories where repository.status != .skipped {
            note(repository.outcomes, .repository, .repository(repository.repository.id))
        }
        for organization in organizations {
            if let id = organization.id { note(organization.outcomes, .organization, .organization(id)) }
        }
        return keys
    }
}
