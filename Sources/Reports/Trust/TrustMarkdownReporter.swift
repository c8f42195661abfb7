package import AuditCore

/// Who can assume what for pull requests, issues and job summaries: who gets in from outside first.
package struct TrustMarkdownReporter: TrustReporter {
    package static let name = "markdown"

    /// Rows of one table: GitHub drops a summary of more than 1,024 KiB, all of it.
    private static let rowsMax = 400

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        let headline = audit.headline
        let sign =
            switch headline.verdict {
            case .passed: "✅"
            case .failed: "❌"
            case .incomplete: "⚠️"
            }
        output.write("## Cloud trusts: \(sign) \(headline.word.lowercased())\n\n\(Markdown.text(headline.rest))\n\n")
        section("Who gets in that is not yours", ["role", "who", "a subject that proves it"], outside(audit), &output)
        section("Trusts that no repository can use", ["role", "why"], unmatched(audit), &output)
        section("Access that the change takes away", ["repository", "role", "before", "add"], lost(audit), &output)
        section("Findings", ["severity", "rule", "role", "found", "fix"], findings(audit), &output)
        section(
            "What repositories can assume", ["role", "repositories", "jobs"], access(audit), &output, isOpen: false)
        section("Not read", ["what"], audit.openness.map { [Markdown.text($0)] }, &output)
        for warning in audit.judgement?.report.warnings ?? [] { output.write("- \(Markdown.text(warning))\n") }
    }

    // MARK: -

    private func section(
        _ title: String, _ header: [String], _ rows: [[String]], _ output: inout ReportOutput, isOpen: Bool = true,
    ) {
        guard !rows.isEmpty else { return }
        output.write("<details\(isOpen ? " open" : "")><summary>\(title) (\(rows.count))</summary>\n\n")
        output.write(Markdown.table(header, Array(rows.prefix(Self.rowsMax))))
        if rows.count > Self.rowsMax { output.write("\nand \(rows.count - Self.rowsMax) more\n") }
        output.write("\n</details>\n\n")
    }

    private func outside(_ audit: TrustAudit) -> [[String]] {
        audit.outside.flatMap { trust in
            trust.reach.outsiders.map { outsider in
                [
                    Markdown.text(trust.trust.identity.name), Markdown.text(outsider.displayText),
                    outsider.witness.map { Markdown.text($0.subject) } ?? "",
                ]
            }
        }
    }

    private func unmatched(_ audit: TrustAudit) -> [[String]] {
        audit.unmatched.map { trust in
            [
                Markdown.text(trust.trust.identity.name),
                Markdown.text(trust.noMatch.map(\.message).joined(separator: "; ")),
            ]
        }
    }

    private func lost(_ audit: TrustAudit) -> [[String]] {
        (audit.change?.lost ?? []).map { row in
            [
                Markdown.text(row.repository.fullName), Markdown.text(row.identity), Markdown.text(row.before ?? ""),
                Markdown.text(
                    (row.add.map(\.displayText) + (row.obstacle.map { ["not kept: \($0)"] } ?? [])).joined(
                        separator: ", ")),
            ]
        }
    }

    private func findings(_ audit: TrustAudit) -> [[String]] {
        guard let report = audit.judgement?.report else { return [] }
        return report.findings.filter { !report.gate.isAccepted($0) }.enumerated()
            .sorted { ($1.element.severity, $0.offset) < ($0.element.severity, $1.offset) }
            .map(\.element).map { finding in
                [
                    finding.severity.rawValue, Markdown.text(finding.rule), Markdown.text(finding.name),
                    Markdown.text(
                        (finding.notes(finding.state) + [finding.violation.message]).joined(separator: " · ")),
                    Markdown.text(finding.violation.remediation),
                ]
            }
    }

    private func access(_ audit: TrustAudit) -> [[String]] {
        let crowds = TrustCrowds(audit)
        return audit.trusts.flatMap { trust in
            crowds.of(trust).map { crowd in
                [Markdown.text(trust.trust.identity.name), Markdown.text(crowd.names), Markdown.text(crowd.words)]
            }
        }
    }
}
