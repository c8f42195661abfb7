package import AuditCore

/// A plan for people, or as the document that `apply` reads.
package enum PlanPage: Page {
    package static let document = PlanDocument.document

    package static func write(_ plan: Plan, to page: inout TextPage) {
        write(plan, digest: PlanDocument.digest(of: plan), to: &page)
    }

    /// What is left of a plan, for people.
    package static func text(_ left: Plan, of plan: Plan, style: ReportStyle) -> String {
        var page = TextPage(style: style)
        write(left, digest: PlanDocument.digest(of: plan), to: &page)
        return page.text
    }

    private static func write(_ plan: Plan, digest: String, to page: inout TextPage) {
        let names = plan.organizations.map(\.login).joined(separator: ", ")
        page.line(
            plan.changes.isEmpty ? "NOTHING TO CHANGE" : "PLAN", plan.changes.isEmpty ? .good : .strong,
            "\(names): \(counted(plan.changes.count, "change")), \(subjectWords(plan))")
        if !plan.policyName.isEmpty { page.line("  policy", .faint, plan.policyName) }
        if let scan = plan.scanID { page.line("  scan", .faint, "#\(scan.rawValue)") }
        if let why = plan.incomplete { page.wrapped(why, label: "incomplete:", indent: 2, .poor) }
        for change in plan.changes { page.change(change) }
        page.manual(plan.manual)
        page.blank()
        let organizations = plan.changes.count { if case .organization = $0.target { true } else { false } }
        page.facts(
            "changes",
            [
                (organizations, organizations == 1 ? "organization" : "organizations"),
                (
                    plan.changes.count - organizations,
                    plan.changes.count - organizations == 1 ? "repository" : "repositories"
                ),
            ])
        if plan.knowsSubjects {
            page.facts("subjects", [(plan.subjectCount, "changed"), (plan.unknownSubjectCount, "unknown")])
        } else {
            page.line("subjects", .faint, "unknown", column: 14)
        }
        page.facts("findings", [(plan.changes.map(\.rules.count).reduce(0, +), "fixed"), (plan.manual.count, "left")])
        page.line("digest", .faint, digest, column: 14)
    }
}

extension TextPage {
    /// One change: what is written, and what becomes of subjects.
    mutating func change(_ change: PlannedChange) {
        blank()
        switch change.target {
        case .organization(let login, _): line("ORGANIZATION", .strong, login)
        case .repository: line("REPOSITORY", .strong, change.target.name)
        }
        let lines = zip(change.before.lines, change.after.lines)
        for (before, after) in lines {
            if before.value == after.value {
                plain("  \(before.name): \(before.value)", indent: 0)
            } else {
                wrapped("- \(before.name): \(before.value)", indent: 2, .bad)
                wrapped("+ \(after.name): \(after.value)", indent: 2, .good)
            }
        }
        for subject in change.subjects {
            if subject.repository != change.target.name { plain(subject.repository, indent: 4) }
            plain("subject: \(subject.before ?? "unknown")", indent: 4)
            let doubt = subject.after == nil || subject.isCertain ? "" : " (not certain)"
            plain("      →  \(subject.after ?? "unknown")\(doubt)", indent: 4)
            if let text = subject.afterKeepingIDs { plain("     or  \(text), should GitHub keep the ids", indent: 4) }
        }
        if !change.knowsSubjects {
            wrapped("whose subject changes is not known", indent: 4, .poor)
        } else if change.subjects.allSatisfy({ $0.effect == .none }) {
            wrapped("the setting changes, and no subject", indent: 4, .faint)
        }
        if !change.rules.isEmpty { wrapped(change.rules.joined(separator: ", "), label: "fixes:", indent: 4) }
        for warning in change.warnings { wrapped(warning, label: "warning:", indent: 4, .poor) }
    }

    fileprivate mutating func manual(_ manual: [Plan.Manual]) {
        guard !manual.isEmpty else { return }
        blank()
        line("MANUAL", .poor, "\(counted(manual.count, "finding")) that this plan does not fix")
        var places: [String: Int] = [:]
        var groups: [(why: String, findings: [Plan.Manual])] = []
        for finding in manual {
            let key = "\(finding.rule)\u{0}\(finding.why)"
            if let place = places[key] {
                groups[place].findings.append(finding)
            } else {
                places[key] = groups.count
                groups.append((finding.why, [finding]))
            }
        }
        for group in groups {
            blank()
            wrapped("\(group.findings[0].rule) (\(group.findings.count)): \(group.why)", indent: 2, .strong)
            for finding in group.findings.prefix(20) { wrapped("\(finding.name): \(finding.message)", indent: 4) }
            if group.findings.count > 20 { plain("and \(group.findings.count - 20) more", indent: 4) }
        }
    }
}
