package import AuditCore

/// The report for people: the verdict first, then what is new and what is gone, then the other findings, then what could
/// not be read, then counts.
package struct TextReporter: Reporter {
    package static let name = "text"
    package static let historyParts: Set<ReportHistory.Part> = [.difference]

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        var page = TextPage(style: style)
        page.verdict(report)
        let gate = report.gate
        let open = report.findings.filter { !gate.isAccepted($0) && (gate.failOn == nil || gate.counts($0)) }
        if let fresh = report.freshFindings {
            page.fresh(fresh, of: report)
            page.gone(report.goneOfInterest)
            page.improved(report.improvedFindings)
            let known = open.filter { !$0.isFresh }
            if !known.isEmpty, known.count < open.count || !report.goneOfInterest.isEmpty {
                page.blank()
                page.line("KNOWN", .faint, "\(counted(known.count, "finding")) of the scans before")
            }
            page.violations(known, of: report) { $0.state }
        } else {
            if report.history?.difference != nil { page.gone(report.goneOfInterest) }
            page.violations(open, of: report) { $0.state == .new ? .recurring : $0.state }
        }
        page.minor(report)
        page.baseline(report)
        page.waived(report)
        page.notJudged(report.gravestNotJudged)
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
            switch report.gate.verdict {
            case .passed: .good
            case .failed: .bad
            case .incomplete: .poor
            }
        let names = report.organizations.map(\.login).joined(separator: ", ")
        line(report.headlineWord.uppercased(), tone, "\(names): \(report.headlineInWords)")
        if let why = report.whyIncomplete { line("  incomplete", .poor, why) }
        if let changes = report.changesInWords { line("  changed", .faint, changes) }
    }

    /// What is new, worse or back since the scan before: names first, then each with its reason and its fix.
    fileprivate mutating func fresh(_ fresh: [Finding], of report: AuditReport) {
        guard let before = report.comparedScan, !fresh.isEmpty else { return }
        let lastKnown = report.lastKnown
        blank()
        line(
            "NEW", .bad,
            "\(report.changesInWords(fresh)) since #\(before.id.rawValue) of \(before.startedAt.day)")
        table(
            fresh.prefix(Self.rowsMax).map { finding in
                // The headline of the section says that it is new, and a worsened finding what it found besides.
                let isPlain =
                    finding.change == .new && !report.isFirstRead(finding) && !finding.isInScopeAgain
                let all = report.notes(finding, lastKnown)
                let notes = isPlain ? all.filter { $0 != finding.change.rawValue } : all
                let details = notes + (finding.change == .worsened ? [] : [finding.violation.message])
                return (
                    finding.name,
                    "\(finding.rule), \(finding.severity.rawValue): \(details.joined(separator: " · "))"
                )
            })
        if fresh.count > Self.rowsMax { plain("and \(fresh.count - Self.rowsMax) more, below", indent: 4) }
        violations(fresh.filter { report.gate.failOn == nil || report.gate.counts($0) }, of: report) { $0.change }
    }

    /// What does not fail the command: after what does, and a line a rule where a baseline is given.
    fileprivate mutating func minor(_ report: AuditReport) {
        let gate = report.gate
        guard let failOn = gate.failOn else { return }
        let minor = report.findings.filter { !gate.isAccepted($0) && !gate.counts($0) }
        guard !minor.isEmpty else { return }
        blank()
        line("BELOW", .faint, "\(counted(minor.count, "finding")) below --fail-on \(failOn.rawValue)")
        guard gate.newOnly else {
            return violations(minor, of: report) {
                report.freshFindings == nil && $0.state == .new ? .recurring : $0.state
            }
        }
        folded(minor, of: report)
    }

    fileprivate mutating func gone(_ gone: [GoneFinding]) {
        guard !gone.isEmpty else { return }
        blank()
        line("GONE", .good, counted(gone.count, "finding"))
        table(
            gone.prefix(Self.rowsMax).map {
                ($0.known.name, "\($0.key.rule), \($0.known.severity.rawValue): \($0.reason.displayText)")
            })
        if gone.count > Self.rowsMax {
            plain("and \(gone.count - Self.rowsMax) more; --format json names all", indent: 4)
        }
    }

    /// What is known of repositories that could not be judged this time: it stands open as far as anybody knows.
    fileprivate mutating func notJudged(_ carried: [CarriedFinding]) {
        guard !carried.isEmpty else { return }
        blank()
        line(
            "NOT JUDGED", .poor,
            "\(counted(carried.count, "critical or high finding")) of before, open as far as is known")
        table(
            carried.prefix(Self.rowsMax).map {
                ($0.known.name, "\($0.key.rule), \($0.known.severity.rawValue), since \(Day(of: $0.known.firstSeen))")
            })
        if carried.count > Self.rowsMax {
            plain("and \(carried.count - Self.rowsMax) more; --format json names all", indent: 4)
        }
    }

    /// What has fewer problems than the scan before found.
    fileprivate mutating func improved(_ improved: [Finding]) {
        guard !improved.isEmpty else { return }
        blank()
        line("BETTER", .good, "\(counted(improved.count, "finding")) with fewer problems")
        table(
            improved.prefix(Self.rowsMax).map {
                ($0.name, "\($0.rule): no longer \($0.fixedProblems.joined(separator: "; "))")
            })
        if improved.count > Self.rowsMax {
            plain("and \(improved.count - Self.rowsMax) more; --format json names all", indent: 4)
        }
    }

    /// Rows of a table that summarizes.
    private static let rowsMax = 20

    /// By severity, rule, and what is wrong.
    fileprivate mutating func violations(
        _ findings: [Finding], of report: AuditReport, _ state: (Finding) -> Finding.State,
    ) {
        let found = Dictionary(grouping: findings, by: \.rule)
        for severity in Severity.allCases {
            for entry in report.policy.rules where entry.severity == severity {
                if let findings = found[entry.id] { violations(of: entry, findings, state) }
            }
        }
    }

    private mutating func violations(
        of entry: PolicyReport.Entry, _ findings: [Finding], _ state: (Finding) -> Finding.State,
    ) {
        blank()
        let name = entry.id == entry.rule ? entry.id : "\(entry.id) · \(entry.rule)"
        line(entry.severity.rawValue.uppercased(), .severity(entry.severity), name)
        wrapped(entry.reason ?? entry.summary, indent: 2)
        // Findings that say the same stand together, whatever fixes them.
        struct Group {
            let message: String
            var findings: [Finding] = []
            var remediations: [String] = []
        }
        var places: [String: Int] = [:]
        var groups: [Group] = []
        for finding in findings {
            let message = finding.violation.message
            let place = places[message] ?? groups.count
            if place == groups.count {
                places[message] = place
                groups.append(Group(message: message))
            }
            groups[place].findings.append(finding)
            if !groups[place].remediations.contains(finding.violation.remediation) {
                groups[place].remediations.append(finding.violation.remediation)
            }
        }
        for group in groups {
            blank()
            let count = entry.subject == .repository ? " (\(counted(group.findings.count, "repository")))" : ""
            wrapped(group.message + count, indent: 2, .strong)
            table(
                group.findings.map { finding in
                    let details = ["has: \(finding.has)"] + finding.notes(state(finding))
                    return (finding.name, details.joined(separator: " · "))
                })
            for remediation in group.remediations { wrapped(remediation, label: "fix:", indent: 2) }
        }
    }

    /// What the baseline lets through, a line a rule; and what it holds although it is gone.
    fileprivate mutating func baseline(_ report: AuditReport) {
        let covered = report.findings.filter { $0.isOpen && report.gate.isAccepted($0) }
        if !covered.isEmpty {
            blank()
            line("BASELINE", .faint, "\(counted(covered.count, "finding")) known and no worse")
            folded(covered, of: report)
        }
        guard !report.staleBaseline.isEmpty else { return }
        blank()
        line(
            "STALE", .faint,
            "\(report.staleBaseline.count) of the baseline \(report.staleBaseline.count == 1 ? "is" : "are") gone; "
                + "check --write-baseline drops what is gone")
        table(
            report.staleBaseline.prefix(Self.rowsMax).map {
                ($0.entry.name, "\($0.key.rule): \($0.reason.displayText)")
            })
        let rest = report.staleBaseline.count - Self.rowsMax
        if rest > 0 { plain("and \(rest) more; --format json names all", indent: 4) }
    }

    /// How many findings each rule has.
    private mutating func folded(_ findings: [Finding], of report: AuditReport) {
        let counts = Dictionary(findings.map { ($0.rule, 1) }, uniquingKeysWith: +)
        table(
            report.policy.rules.compactMap { entry in
                counts[entry.id].map { (entry.id, counted($0, "finding")) }
            })
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
            wrapped(waiver.acceptsInWords, label: "accepts:", indent: 2)
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
            let groups = Dictionary(grouping: repositories, by: \.reasonInWords)
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
        facts("repositories", summary.displayCounts)
        facts(
            "findings",
            Severity.allCases.map { (summary.findings[$0] ?? 0, $0.rawValue) }
                + [(summary.waivedFindings, "waived")]
                + [.new, .worsened, .reappeared].map { (summary.states[$0] ?? 0, $0.rawValue) }
                + [(summary.notJudged, "known and not judged this time")])
        let sources = Dictionary(
            report.repositories.compactMap(\.effective).map { ($0.source, 1) }, uniquingKeysWith: +)
        facts("templates", TemplateSource.allCases.map { (sources[$0] ?? 0, $0.rawValue) })
        facts("requests", report.requests.displayCounts)
        line("policy", .faint, "\(report.policy.name) (\(report.policy.source))", column: 14)
        if let source = report.waiverSource { line("waivers", .faint, source, column: 14) }
        if let source = report.baselineSource {
            line(
                "baseline", .faint, source + (report.gate.newOnly ? ": only what it does not cover counts" : ""),
                column: 14)
        }
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
        actualInWords.isEmpty ? "nothing" : actualInWords
    }
}
