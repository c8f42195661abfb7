package import AuditCore

/// The report for pull requests, issues and job summaries: GitHub-flavoured Markdown, the worst first, never longer than
/// GitHub takes in a job summary.
package struct MarkdownReporter: Reporter {
    package static let name = "markdown"
    package static let historyParts: Set<ReportHistory.Part> = [.difference]

    /// GitHub drops a summary of more than 1,024 KiB, all of it.
    static let bytesMax = 1_000_000

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        output.write(MarkdownReport(report, bytesMax: Self.bytesMax).text)
    }
}

/// Markdown up to a length; what comes after is counted.
struct MarkdownReport {
    private(set) var text = ""
    /// Whether everything fitted.
    private(set) var isWhole = true
    private let bytesMax: Int
    /// What no longer fits must be said, and needs a place.
    private static let reserveBytes = 400

    init(_ report: AuditReport, bytesMax: Int) {
        self.bytesMax = bytesMax
        verdict(report)
        counts(report)
        fresh(report)
        gone(report)
        improved(report)
        unread(report)
        notJudged(report.gravestNotJudged)
        findings(report)
        baseline(report)
        waived(report)
        notes(report)
    }

    /// Writes what is short enough.
    private mutating func add(_ piece: String) {
        guard text.utf8.count + piece.utf8.count <= bytesMax - Self.reserveBytes else {
            isWhole = false
            return
        }
        text += piece
    }

    // MARK: -

    static func mark(_ report: AuditReport) -> String {
        let sign =
            switch report.gate.verdict {
            case .passed: "✅"
            case .failed: "❌"
            case .incomplete: "⚠️"
            }
        return "\(sign) \(report.headlineWord)"
    }

    private mutating func verdict(_ report: AuditReport) {
        add("## OIDC subject claims: \(Self.mark(report))\n\n\(escaped(report.headlineInWords))\n\n")
        if let why = report.whyIncomplete { add("**Incomplete:** \(escaped(why))\n\n") }
        add(
            "\(report.organizations.map { escaped($0.login) }.joined(separator: ", ")) under the policy "
                + "**\(escaped(report.policy.name))** (\(escaped(report.policy.source)))\n\n")
    }

    private mutating func counts(_ report: AuditReport) {
        let summary = report.summary
        add(
            Markdown.table(
                summary.displayCounts.map(\.word), [summary.displayCounts.map { "\($0.count)" }]) + "\n")
        let states = Finding.State.allCases.filter { $0 != .recurring }
            .compactMap { state in summary.states[state].map { "\($0) \(state.rawValue)" } }.joined(separator: ", ")
        let severities = Severity.allCases.map { "\($0.rawValue): \(summary.findings[$0] ?? 0)" }
        add("Findings – \(severities.joined(separator: ", "))\(states.isEmpty ? "" : "; \(states)")\n\n")
        if let changes = report.changesInWords { add("Changed \(escaped(changes))\n\n") }
    }

    private mutating func unread(_ report: AuditReport) {
        let troubled = report.organizations.filter { !$0.troubles.isEmpty }
        let unread = report.repositories.filter { $0.status == .unreadable }
        guard !troubled.isEmpty || !unread.isEmpty else { return }
        let rows =
            troubled.map { [escaped($0.login), escaped($0.troubles.joined(separator: "; "))] }
            + unread.map { [escaped($0.repository.fullName), escaped($0.reasonInWords)] }
        // What was found must not be pushed out by it.
        let room = bytesMax - text.utf8.count
        let limit =
            report.findings.contains(where: { !report.gate.isAccepted($0) }) ? text.utf8.count + room / 2 : bytesMax
        section("Not read or decided (\(rows.count))", intro: nil, ["what", "why"], rows, upTo: limit)
    }

    /// What is new, worse or back since the scan before, unfolded: it is what the reader came for.
    private mutating func fresh(_ report: AuditReport) {
        guard let fresh = report.freshFindings, let before = report.comparedScan, !fresh.isEmpty else { return }
        let lastKnown = report.lastKnown
        section(
            "New since scan \(before.id.rawValue) of \(before.startedAt.day): "
                + report.changesInWords(fresh),
            intro: nil, ["repository", "severity", "rule", "found", "has"],
            fresh.map { finding in
                [
                    escaped(finding.name), finding.severity.rawValue,
                    escaped(finding.rule),
                    escaped((report.notes(finding, lastKnown) + [finding.violation.message]).joined(separator: " · ")),
                    escaped(finding.actualInWords),
                ]
            }, isOpen: true)
    }

    private mutating func gone(_ report: AuditReport) {
        guard !report.goneOfInterest.isEmpty else { return }
        section(
            "Gone (\(report.goneOfInterest.count))", intro: nil, ["repository", "severity", "rule", "why"],
            report.goneOfInterest.map {
                [escaped($0.known.name), $0.known.severity.rawValue, escaped($0.key.rule), $0.reason.displayText]
            }, isOpen: true)
    }

    private mutating func notJudged(_ carried: [CarriedFinding]) {
        guard !carried.isEmpty else { return }
        section(
            "Not judged, critical or high (\(carried.count))", intro: "Open before, and as far as is known still.",
            ["repository", "severity", "rule", "since"],
            carried.map {
                [
                    escaped($0.known.name), $0.known.severity.rawValue, escaped($0.key.rule),
                    "\(Day(of: $0.known.firstSeen))",
                ]
            }, isOpen: true)
    }

    private mutating func improved(_ report: AuditReport) {
        let improved = report.improvedFindings
        guard !improved.isEmpty else { return }
        section(
            "Better (\(improved.count))", intro: nil, ["repository", "severity", "rule", "no longer"],
            improved.map {
                [
                    escaped($0.name), $0.severity.rawValue, escaped($0.rule),
                    escaped($0.fixedProblems.joined(separator: "; ")),
                ]
            }, isOpen: true)
    }

    /// What the baseline lets through, a line a rule, and what it holds although it is gone.
    private mutating func baseline(_ report: AuditReport) {
        let covered = Dictionary(
            report.findings.filter { $0.isOpen && report.gate.isAccepted($0) }.map { ($0.rule, 1) },
            uniquingKeysWith: +)
        if !covered.isEmpty {
            section(
                "In the baseline (\(covered.values.reduce(0, +)))", intro: "Known, and no worse.",
                ["rule", "findings"],
                report.policy.rules.compactMap { entry in covered[entry.id].map { [escaped(entry.id), "\($0)"] } })
        }
        guard !report.staleBaseline.isEmpty else { return }
        section(
            "Stale in the baseline (\(report.staleBaseline.count))", intro: nil, ["repository", "rule", "why"],
            report.staleBaseline.map { [escaped($0.entry.name), escaped($0.key.rule), $0.reason.displayText] })
    }

    private mutating func findings(_ report: AuditReport) {
        let found = Dictionary(grouping: report.findings.filter { !report.gate.isAccepted($0) }, by: \.rule)
        for severity in Severity.allCases {
            for entry in report.policy.rules where entry.severity == severity {
                guard let findings = found[entry.id] else { continue }
                section(
                    "\(severity.rawValue): \(entry.id) (\(findings.count))", intro: entry.reason ?? entry.summary,
                    ["repository", "found", "has", "fix"],
                    findings.map { finding in
                        [
                            escaped(finding.name),
                            escaped(
                                (finding.notes(finding.state) + [finding.violation.message]).joined(separator: " · ")),
                            escaped(finding.actualInWords),
                            escaped(finding.violation.remediation),
                        ]
                    })
            }
        }
    }

    private mutating func waived(_ report: AuditReport) {
        let waived = report.findings.filter { !$0.isOpen }
        guard !waived.isEmpty else { return }
        section(
            "waived (\(waived.count))", intro: nil, ["repository", "rule", "accepts", "until", "owner", "reason"],
            waived.map { finding in
                [
                    escaped(finding.name), escaped(finding.rule),
                    escaped(finding.waiver?.acceptsInWords ?? ""), finding.waiver?.expires.description ?? "",
                    escaped(finding.waiver?.owner ?? ""),
                    escaped(finding.waiver?.reason ?? ""),
                ]
            })
    }

    private mutating func notes(_ report: AuditReport) {
        for warning in report.warnings { add("- \(escaped(warning))\n") }
        // Not "#2": GitHub would link an issue, and note there that it was mentioned.
        let scan = report.scanID.map { "scan \($0.rawValue) of " } ?? ""
        // There is always room for it: of the reserve, a section takes what says how much it cut.
        add("\n<sub>\(scan)\(report.startedAt)\(report.digest.map { ", digest \($0)" } ?? "")</sub>\n")
    }

    // MARK: -

    /// A table that opens, cut where there is no room for more rows.
    ///
    /// - Parameter limit: how long the page may be after it; `nil`: as long as it may be at all.
    private mutating func section(
        _ title: String, intro: String?, _ header: [String], _ rows: [[String]], isOpen: Bool = false,
        upTo limit: Int? = nil,
    ) {
        let bytesMax = limit ?? bytesMax
        let head =
            "<details\(isOpen ? " open" : "")><summary>\(html(title))</summary>\n\n"
            + (intro.map { escaped($0) + "\n\n" } ?? "")
            + Markdown.table(header, [])
        let end = "\n</details>\n\n"
        guard text.utf8.count + head.utf8.count + end.utf8.count + 200 <= bytesMax - Self.reserveBytes else {
            isWhole = false
            text += text.hasSuffix(Self.full) ? "" : Self.full
            return
        }
        text += head
        for (index, row) in rows.enumerated() {
            let line = Markdown.row(row)
            guard text.utf8.count + line.utf8.count + end.utf8.count + 200 <= bytesMax - Self.reserveBytes else {
                isWhole = false
                text += "\nand \(rows.count - index) more\n"
                break
            }
            text += line
        }
        text += end
    }

    private static let full = "**There is more than fits here: the JSON report holds all.**\n\n"

    private func escaped(_ text: String) -> String { Markdown.text(text) }

    private func html(_ text: String) -> String {
        text.singleLine.escaping(String.markupEscapes)
    }
}
