package import AuditCore

/// A report for a summary that others write to as well, cut to the room that is left there: the worst first, then the
/// counts alone, then one line that says where the report is.
package struct MarkdownSummary: Sendable {
    /// Empty if not even the line fits.
    package let text: String
    /// Whether nothing was left out.
    package let isWhole: Bool

    /// - Parameter bytesMax: the room that is left, in UTF-8.
    package init(_ report: AuditReport, bytesMax: Int) {
        let page = MarkdownReport(report, bytesMax: min(max(0, bytesMax), MarkdownReporter.bytesMax))
        let isLarge = bytesMax >= Self.tablesMinBytes
        if page.text.utf8.count <= bytesMax, page.isWhole || isLarge {
            text = page.text
            isWhole = page.isWhole
            return
        }
        isWhole = false
        let brief = Self.brief(report, bytesMax: bytesMax)
        let line = "OIDC subject claims: \(MarkdownReport.mark(report)); \(Self.elsewhere)\n\n"
        text = brief ?? (line.utf8.count <= bytesMax ? line : "")
    }

    // MARK: -

    /// Below that, tables that open hold less than a list.
    private static let tablesMinBytes = 8192
    private static let elsewhere = "there is no room for the report here, see the log of this step"

    /// Counts, and as many of the findings that count as there is room for: what is new first, then the worst.
    ///
    /// - Returns: `nil` if there is no room for the counts.
    private static func brief(_ report: AuditReport, bytesMax: Int) -> String? {
        let summary = report.summary
        let severities = Severity.allCases.map { "\($0.rawValue): \(summary.findings[$0] ?? 0)" }
        var text = "## OIDC subject claims: \(MarkdownReport.mark(report))\n\n"
        let logins = report.organizations.prefix(3).map { Markdown.text($0.login) }
        let more = report.organizations.count - logins.count
        text += logins.joined(separator: ", ") + (more > 0 ? " and \(more) more" : "") + ": "
        text += summary.displayCounts.dropFirst().map { "\($0.count) \($0.word)" }.joined(separator: ", ")
        let accepted = report.acceptedFindingsInWords.map { "; \($0)" }.joined()
        text += ". Findings – \(severities.joined(separator: ", "))\(accepted)\n\n"
        let end = "\n**There is more than fits here: see the log of this step.**\n"
        guard text.utf8.count + end.utf8.count <= bytesMax else { return nil }
        let places = Dictionary(
            report.policy.rules.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        let gate = report.gate
        let counting = report.findings.filter { gate.failOn == nil ? !gate.isAccepted($0) : gate.counts($0) }
        let open = counting.enumerated().sorted { left, right in
            let (one, other) = (left.element, right.element)
            guard one.isNews == other.isNews else { return one.isNews }
            guard one.severity == other.severity else { return one.severity > other.severity }
            let (place, otherPlace) = (places[one.rule] ?? .max, places[other.rule] ?? .max)
            return (place, left.offset) < (otherPlace, right.offset)
        }.map(\.element)
        for finding in open {
            let name = Markdown.text(finding.name)
            let line =
                "- \(finding.severity.rawValue): \(Markdown.text(finding.rule)): \(name): "
                + Markdown.text(finding.violation.message) + "\n"
            guard text.utf8.count + line.utf8.count + end.utf8.count <= bytesMax else { break }
            text += line
        }
        return text + end
    }
}
