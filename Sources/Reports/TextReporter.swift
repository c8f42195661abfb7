public import AuditCore

/// The report for people: the verdict first, then what to mend, then what could not be read, then counts.
public struct TextReporter: Reporter {
    public static let name = "text"

    public init() {}

    public func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        var page = TextPage(style: style)
        page.verdict(report)
        let entries = report.policy.rules.filter { $0.violations > 0 }
        for severity in Severity.allCases {
            for entry in entries where entry.severity == severity {
                page.violations(of: entry, report.findings.filter { $0.rule == entry.id })
            }
        }
        page.unreadable(report)
        page.organizations(report.organizations)
        page.warnings(report.warnings)
        page.counts(report)
        output.write(page.text)
    }
}

extension TextPage {
    fileprivate mutating func verdict(_ report: AuditReport) {
        let names = report.organizations.map(\.login).joined(separator: ", ")
        let summary = report.summary
        switch report.verdict {
        case .compliant:
            line(
                "COMPLIANT", .good,
                "\(names): \(summary.judged == 1 ? "the one repository in scope keeps" : "all \(summary.judged) repositories in scope keep") the policy"
            )
        case .violations:
            line(
                "VIOLATIONS", .bad,
                "\(names): \(summary.violating) of \(counted(summary.judged, "repository")) "
                    + "\(summary.violating == 1 ? "breaks" : "break") the policy")
        case .incomplete:
            line("INCOMPLETE", .poor, "\(names): no violation was found, but not everything could be judged")
        }
        line("  policy", .faint, "\(report.policy.name) (\(report.policy.source))")
        if let why = report.whyIncomplete { line("  incomplete", .poor, why) }
    }

    fileprivate mutating func violations(of entry: PolicyReport.Entry, _ findings: [Finding]) {
        blank()
        line(entry.severity.rawValue.uppercased(), .severity(entry.severity), "\(entry.id) · \(entry.rule)")
        wrapped(entry.reason ?? entry.summary, indent: 2)
        // Findings that say the same and are mended the same way stand together.
        var groups: [(violation: Violation, findings: [Finding])] = []
        for finding in findings {
            let index = groups.firstIndex {
                $0.violation.message == finding.violation.message && $0.violation.remedy == finding.violation.remedy
            }
            if let index {
                groups[index].findings.append(finding)
            } else {
                groups.append((finding.violation, [finding]))
            }
        }
        for group in groups {
            blank()
            wrapped("\(group.violation.message) (\(counted(group.findings.count, "repository")))", indent: 2, .strong)
            table(
                group.findings.map { finding in
                    (
                        finding.repository ?? finding.organization,
                        "has: " + finding.violation.actual.joined(separator: ", ")
                    )
                })
            wrapped(group.violation.remedy, label: "mend:", indent: 2)
        }
    }

    fileprivate mutating func unreadable(_ report: AuditReport) {
        let unreadable = report.repositories.filter { $0.status == .unreadable }
        let undecided = report.repositories.filter { $0.status == .violating && $0.reason != nil }
        for (title, repositories) in [
            ("could not be read or decided", unreadable), ("violating, and not wholly decided", undecided),
        ] where !repositories.isEmpty {
            blank()
            line("UNREAD", .poor, "\(counted(repositories.count, "repository")) \(title)")
            let groups = Dictionary(grouping: repositories) { $0.reason ?? "unknown" }
            for (reason, members) in groups.sorted(by: { $0.key < $1.key }) {
                blank()
                wrapped("\(reason) (\(counted(members.count, "repository")))", indent: 2, .strong)
                // An interrupted scan can leave thousands; the JSON report names them all.
                for member in members.prefix(20) { plain(member.repository.fullName, indent: 4) }
                if members.count > 20 { plain("and \(members.count - 20) more", indent: 4) }
            }
        }
    }

    fileprivate mutating func organizations(_ organizations: [OrganizationReport]) {
        for organization in organizations {
            let listing = organization.listing
            var notes: [String] = []
            if listing.status == .partial { notes.append("the listing is partial: \(listing.error ?? "unknown")") }
            if case .unreadable(let reason) = organization.template {
                notes.append("the organization's template could not be read: \(reason.message)")
            }
            if !listing.missing.isEmpty {
                notes.append("listed last time, not now: \(listing.missing.joined(separator: ", "))")
            }
            if !listing.removed.isEmpty {
                notes.append("removed since the last scan: \(listing.removed.joined(separator: ", "))")
            }
            guard !notes.isEmpty else { continue }
            blank()
            line("ORGANIZATION", .poor, organization.login)
            for note in notes { wrapped(note, label: "·", indent: 2) }
        }
    }

    fileprivate mutating func warnings(_ warnings: [String]) {
        guard !warnings.isEmpty else { return }
        blank()
        line("NOTE", .faint, "")
        for warning in warnings { wrapped(warning, label: "·", indent: 2) }
    }

    fileprivate mutating func counts(_ report: AuditReport) {
        let summary = report.summary
        blank()
        facts(
            "repositories",
            [
                (summary.listed, "listed"), (summary.judged, "judged"), (summary.compliant, "compliant"),
                (summary.violating, "violating"), (summary.waived, "waived"), (summary.unreadable, "unreadable"),
                (summary.skipped, "skipped"),
            ])
        facts(
            "findings",
            Severity.allCases.map { (summary.findings[$0] ?? 0, $0.rawValue) }
                + [(summary.waivedFindings, "waived"), (summary.newFindings, "new")])
        let sources = Dictionary(
            report.repositories.compactMap(\.effective).map { ($0.source, 1) }, uniquingKeysWith: +)
        facts("templates", TemplateSource.allCases.map { (sources[$0] ?? 0, $0.rawValue) })
        facts(
            "requests",
            [
                (report.requests.sent, "sent"), (report.requests.notModified, "not modified"),
                (report.requests.retried, "retried"),
            ])
        let seconds = max(0, report.finishedAt.seconds(since: report.startedAt))
        var scan = "\(report.scanID.map { "#\($0.rawValue), " } ?? "")\(report.startedAt), \(seconds) s"
        if report.requests.waited > .zero {
            scan += ", of which \(report.requests.waited.decimalSeconds) s waiting for rate limits"
        }
        line("scan", .faint, scan, column: 14)
    }
}
