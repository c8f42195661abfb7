public import AuditCore

/// The report for people: the verdict first, then what to mend, then what could not be read, then counts.
public struct TextReporter: Reporter {
    public static let name = "text"
    public static let historyParts: Set<ReportHistory.Part> = [.difference]

    public init() {}

    public func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        var page = TextPage(style: style)
        page.verdict(report)
        let entries = report.policy.rules.filter { $0.violations > 0 }
        let findings = Dictionary(grouping: report.findings.filter(\.isOpen), by: \.rule)
        for severity in Severity.allCases {
            for entry in entries where entry.severity == severity {
                guard let found = findings[entry.id] else { continue }
                page.violations(of: entry, found)
            }
        }
        page.waived(report)
        page.unreadable(report)
        page.organizations(report.organizations)
        page.warnings(report.warnings)
        page.counts(report)
        output.write(page.text)
    }
}

extension TextPage {
    fileprivate mutating func verdict(_ report: AuditReport) {
        let tone: Tone =
            switch report.verdict {
            case .compliant: .good
            case .violations: .bad
            case .incomplete: .poor
            }
        let names = report.organizations.map(\.login).joined(separator: ", ")
        line(report.verdict.rawValue.uppercased(), tone, "\(names): \(report.verdictInWords)")
        line("  policy", .faint, "\(report.policy.name) (\(report.policy.source))")
        if let source = report.waiverSource { line("  waivers", .faint, source) }
        if let source = report.baselineSource {
            line("  baseline", .faint, source + (report.gate.newOnly ? ": only what is not in it counts" : ""))
        }
        if let why = report.whyIncomplete { line("  incomplete", .poor, why) }
        if let changes = report.changesInWords { line("  changed", .faint, changes) }
    }

    fileprivate mutating func violations(of entry: PolicyReport.Entry, _ findings: [Finding]) {
        blank()
        let name = entry.id == entry.rule ? entry.id : "\(entry.id) · \(entry.rule)"
        line(entry.severity.rawValue.uppercased(), .severity(entry.severity), name)
        wrapped(entry.reason ?? entry.summary, indent: 2)
        // Findings that say the same and are mended the same way stand together.
        struct Words: Hashable {
            let message: String
            let remedy: String
        }
        var places: [Words: Int] = [:]
        var groups: [(words: Words, findings: [Finding])] = []
        for finding in findings {
            let words = Words(message: finding.violation.message, remedy: finding.violation.remedy)
            if let place = places[words] {
                groups[place].findings.append(finding)
            } else {
                places[words] = groups.count
                groups.append((words, [finding]))
            }
        }
        for group in groups {
            blank()
            let count = entry.subject == .repository ? " (\(counted(group.findings.count, "repository")))" : ""
            wrapped(group.words.message + count, indent: 2, .strong)
            table(group.findings.map { ($0.repository ?? $0.organization, "has: \($0.has)") })
            wrapped(group.words.remedy, label: "mend:", indent: 2)
        }
    }

    fileprivate mutating func waived(_ report: AuditReport) {
        let waived = Dictionary(grouping: report.findings.filter { !$0.isOpen }, by: \.waiver)
            .compactMap { waiver, findings in waiver.map { ($0, findings) } }
            .sorted { ($0.0.expires, $0.0.description) < ($1.0.expires, $1.0.description) }
        guard !waived.isEmpty else { return }
        blank()
        line("WAIVED", .faint, "\(counted(report.summary.waivedFindings, "finding")) accepted for a time")
        for (waiver, findings) in waived {
            blank()
            wrapped("\(waiver.rule) until \(waiver.expires), \(waiver.owner): \(waiver.reason)", indent: 2, .strong)
            names(findings.map { $0.repository ?? $0.organization })
        }
    }

    /// An interrupted scan can leave thousands; the JSON report names them all.
    private mutating func names(_ names: [String]) {
        for name in names.prefix(20) { plain(name, indent: 4) }
        if names.count > 20 { plain("and \(names.count - 20) more", indent: 4) }
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
                names(members.map(\.repository.fullName))
            }
        }
    }

    fileprivate mutating func organizations(_ organizations: [OrganizationReport]) {
        for organization in organizations {
            var notes = organization.troubles
            let removed = organization.listing.removed
            if !removed.isEmpty { notes.append("removed since the last scan: \(removed.joined(separator: ", "))") }
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
        if let digest = report.digest { line("digest", .faint, digest, column: 14) }
    }
}

extension Finding {
    /// What stands where something else was expected; `nothing` says more than an empty list.
    fileprivate var has: String {
        let actual = violation.actual.isEmpty ? "nothing" : violation.actual.joined(separator: ", ")
        return isInBaseline == true ? actual + " (in the baseline)" : actual
    }
}
