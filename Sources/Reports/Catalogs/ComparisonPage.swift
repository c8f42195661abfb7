public import AuditCore

/// What another policy would newly flag or clear.
public enum ComparisonPage {
    public static func render(_ comparison: Comparison, as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text: text(comparison, style)
        case .json: json(comparison)
        }
    }

    // MARK: -

    private static func text(_ comparison: Comparison, _ style: ReportStyle) -> String {
        var page = TextPage(style: style)
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
        return page.text
    }

    private static func json(_ comparison: Comparison) -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("schema", "oidc-audit.comparison/v1")
                json.number("scan", comparison.before.scanID?.rawValue)
                for (key, report) in [("before", comparison.before), ("after", comparison.after)] {
                    json.object(key) { json in
                        json.string("name", report.policy.name)
                        json.string("source", report.policy.source)
                        json.string("sha256", report.policy.sha256)
                        json.string("verdict", report.verdict.rawValue)
                        json.number("violating", report.summary.violating)
                    }
                }
                json.findings("newly_flagged", comparison.newlyFlagged)
                json.findings("cleared", comparison.cleared)
                json.findings("undecided", comparison.undecided)
                json.number("unchanged", comparison.unchanged)
                json.number("exit_status", comparison.after.gate.exitStatus)
            }
        }
    }
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

extension JSONWriter {
    fileprivate mutating func findings(_ key: String, _ findings: [Finding]) {
        array(key, of: findings) { json, finding in
            json.object { json in
                json.string("rule", finding.rule)
                json.string("severity", finding.severity.rawValue)
                json.string("organization", finding.organization)
                json.string("repository", finding.repository)
                json.number("repository_id", finding.repositoryID?.rawValue)
                json.string("message", finding.violation.message)
            }
        }
    }
}
