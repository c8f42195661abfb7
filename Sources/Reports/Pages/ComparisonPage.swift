package import AuditCore

/// What another policy would newly flag or clear.
package enum ComparisonPage: Page {
    package static func write(_ comparison: PolicyComparison, to page: inout TextPage) {
        let (before, after) = (comparison.before.policy, comparison.after.policy)
        page.line("COMPARED", .strong, "\(before.name) (\(before.source)) with \(after.name) (\(after.source))")
        if let why = comparison.after.whyIncomplete { page.line("  incomplete", .poor, why) }
        page.list("NEWLY FLAGGED", .bad, comparison.newlyFlagged)
        page.list("CLEARED", .good, comparison.cleared)
        page.list("UNDECIDED", .poor, comparison.undecided)
        page.blank()
        page.facts(
            "findings",
            [
                (comparison.newlyFlagged.count, "newly flagged"), (comparison.cleared.count, "cleared"),
                (comparison.undecided.count, "undecided"),
                (comparison.unchanged, "unchanged"),
            ])
        page.facts(
            "violating",
            [(comparison.before.summary.violating, "before"), (comparison.after.summary.violating, "after")])
    }

    package static let document = JSONDocument<PolicyComparison>("comparison") {
        Member("scan", .maybe(.id), "whose facts were judged") { $0.before.scanID }
        Member("before", policy, "the policy that is in use") { $0.before }
        Member("after", policy, "the other one") { $0.after }
        Member("newly_flagged", .list(finding), "found by the other policy alone, or as more severe") {
            $0.newlyFlagged
        }
        Member("cleared", .list(finding), "found by the policy in use alone") { $0.cleared }
        Member("undecided", .list(finding), "likewise, where the other policy could not decide") {
            $0.undecided
        }
        Member("unchanged", .integer, "findings of both") { $0.unchanged }
        Member("exit_status", .integer) { $0.after.gate.exitStatus }
    }

    private static let policy = Shape<AuditReport>.object {
        Member("name", .string) { $0.policy.name }
        Member("source", .string) { $0.policy.source }
        Member("sha256", .string) { $0.policy.sha256 }
        Member("verdict", .word) { $0.verdict }
        Member("violating", .integer, "repositories") { $0.summary.violating }
    }

    private static let finding = Shape<Finding>.object { ReportDocument.identity }
}

extension TextPage {
    fileprivate mutating func list(_ title: String, _ tone: Tone, _ findings: [Finding]) {
        guard !findings.isEmpty else { return }
        blank()
        line(title, tone, counted(findings.count, "finding"))
        var rules: [String] = []
        for finding in findings where !rules.contains(finding.rule) { rules.append(finding.rule) }
        let byRule = Dictionary(grouping: findings, by: \.rule)
        for rule in rules {
            guard let found = byRule[rule], let first = found.first else { continue }
            blank()
            wrapped("\(rule), \(first.severity.rawValue)", indent: 2, .strong)
            table(found.map { ($0.repository ?? $0.organization, $0.violation.message) })
        }
    }
}
