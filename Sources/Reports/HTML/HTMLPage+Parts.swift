import AuditCore

extension HTMLPage.RuleEntry {
    private static let fixesMax = 3

    /// - Parameters:
    ///   - open: how many of its violations nothing accepts.
    ///   - known: how many the baseline lets through.
    ///   - fixes: what fixes these, each once; `nil` if there are none.
    init(_ entry: PolicyReport.Entry, open: Int, known: Int, fixes: [String]? = nil) {
        let rule = RuleCatalog.rule(named: entry.rule)
        id = entry.id
        severity = entry.severity.rawValue
        summary = entry.summary
        reason = entry.reason?.shown
        rationale = rule?.rationale ?? ""
        let few = fixes.flatMap { $0.count <= Self.fixesMax ? $0.joined(separator: " Or: ").shown : nil }
        remediation = few ?? rule?.remediation ?? ""
        isBroken = open > 0
        let parts = [
            open > 0 ? counted(open, "violation") : nil,
            known > 0 ? "\(known) in the baseline" : nil,
            entry.violations > open + known ? "\(entry.violations - open - known) waived" : nil,
            entry.undecided > 0 ? "\(entry.undecided) undecided" : nil,
        ].compactMap(\.self)
        outcome = !parts.isEmpty ? parts.joined(separator: ", ") : entry.judged == 0 ? "nothing judged" : "passed"
        counts =
            "rule \(entry.rule): \(entry.judged) judged, \(entry.violations) in violation, \(entry.undecided) undecided"
    }
}

extension HTMLPage.Other {
    init(_ finding: Finding, of report: AuditReport) {
        severity = finding.severity.rawValue
        name = finding.organization.shown
        rule = finding.rule
        message = finding.violation.message.shown
        remediation = finding.violation.remediation.shown
        // Without a scan before, nothing is called new.
        let isFirst = report.comparedScan == nil && finding.state == .new
        notes =
            (finding.notes(isFirst ? .recurring : finding.state)
            + (finding.waiver.map { ["waived by \($0.acceptance)"] } ?? [])).map(\.shown)
        isAccepted = report.gate.isAccepted(finding)
    }
}

extension HTMLPage.Row {
    init(_ report: RepositoryReport, _ findings: [Finding], _ gate: GateReport, former: [String]) {
        self.former = former.map(\.shown)
        name = report.repository.fullName.shown
        status = report.status.rawValue
        acceptance =
            report.acceptedUnread != nil
            ? "accepted"
            : report.status == .violating && report.reason == nil && findings.allSatisfy(gate.isAccepted)
                ? Finding.inBaseline : nil
        self.findings = findings.map { finding in
            Broken(
                rule: finding.rule, severity: finding.isOpen ? finding.severity.rawValue : "waived",
                mark: !finding.isOpen ? "waived" : gate.isAccepted(finding) ? "baseline" : nil)
        }
        reason = report.reason == nil ? "" : report.reasonInWords.shown
        subject = report.preview.subject?.shown ?? ""
        source = report.effective?.source.displayText ?? ""
        since = report.since?.day ?? ""
    }
}

extension HTMLPage.Organization {
    init(_ report: OrganizationReport, _ history: ReportHistory?) {
        login = report.login.shown
        template = report.template.displayText.shown
        if case .set(_, let useImmutableSubject?) = report.template {
            flag = "use_immutable_subject \(useImmutableSubject)"
        } else {
            flag = nil
        }
        listing =
            "\(report.listing.status.rawValue), \(report.listing.listed) listed"
            + (report.listing.expectedText.map { " of \($0)" } ?? "")
        troubles = report.troubles.map(\.shown)
        removed = report.listing.removed.isEmpty ? nil : report.listing.removed.joined(separator: ", ").shown
        events = (report.id.flatMap { history?.templateEvents[$0] } ?? []).suffix(20).reversed().map { event in
            "\(event.seenBy.startedAt.day): \(event.displayText)".shown
        }
    }
}
