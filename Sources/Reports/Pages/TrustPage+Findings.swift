import AuditCore

extension TextPage {
    /// What the policy finds, a rule after the other, the worst first; then what it lets through, in counts.
    mutating func findings(_ audit: TrustAudit) {
        guard let judgement = audit.judgement else { return }
        let report = judgement.report
        blank()
        let counting = report.findings.filter(report.gate.counts)
        let accepted = report.findings.count - counting.count
        line(
            "FINDINGS", counting.isEmpty ? .good : .bad,
            "\(counting.count) under the policy \(report.policy.name)"
                + (accepted > 0 ? "; \(accepted) accepted or below --fail-on" : ""))
        let found = Dictionary(grouping: counting, by: \.rule)
        for severity in Severity.allCases {
            for entry in report.policy.rules where entry.severity == severity {
                guard let findings = found[entry.id] else { continue }
                line(
                    "  \(severity.rawValue)", .severity(severity),
                    "\(entry.id): \(entry.summary) (\(counted(findings.count, "finding")))")
                for alike in findings.grouped(by: \.violation.message) { rule(alike) }
            }
        }
        for stale in report.staleBaseline {
            wrapped(
                "in the baseline and gone: \(stale.key.rule) of \(stale.entry.name): \(stale.reason.displayText)",
                indent: 2, .good)
        }
        for warning in report.warnings { wrapped(warning, indent: 2, .faint) }
    }

    private static let namesMax = 5

    /// Identities of which a rule finds the same.
    private mutating func rule(_ alike: [Finding]) {
        for finding in alike.prefix(Self.namesMax) {
            let notes = finding.notes(finding.state).filter { $0 != "new" }
            plain(finding.name + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"), indent: 4)
        }
        if alike.count > Self.namesMax {
            plain("and \(alike.count - Self.namesMax) more; --format json names all", indent: 4)
        }
        wrapped(alike[0].violation.message, indent: 6)
        wrapped(alike[0].violation.remediation, label: "fix:", indent: 6)
    }
}

extension TrustJudgement {
    /// Findings that fail the gate.
    var countingCount: Int { report.findings.count(where: report.gate.counts) }
}
