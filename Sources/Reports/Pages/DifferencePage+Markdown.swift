package import AuditCore

extension DifferencePage {
    /// Fits an issue or a comment, which take 65,536 characters: what is there beyond is counted, the worst stands first.
    package static func markdown(_ difference: ScanDifference) -> String? {
        var page = DifferenceMarkdown(bytesMax: 60_000)
        page.write(difference)
        return page.text
    }
}

/// Writes what is short enough, and counts what is not.
private struct DifferenceMarkdown {
    let bytesMax: Int
    private(set) var text = ""
    private var omitted = 0

    /// For the line that says what was left out.
    private static let reserveBytes = 200

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    mutating func write(_ difference: ScanDifference) {
        let (before, after) = (difference.before, difference.after)
        let isWhole = difference.isKnown
        let word = !difference.isEmpty ? "changed" : isWhole ? "unchanged" : "no change known"
        add("## OIDC subject claims: \(word)\n\n")
        add(
            "From scan \(before.id.rawValue) of \(before.startedAt) to scan \(after.id.rawValue) of \(after.startedAt).\n"
        )
        let hidden = difference.hiddenInWords
        if !hidden.isEmpty {
            item("Not known whether there is a change: \(hidden.joined(separator: ", "))", prefix: "\n")
        }
        if difference.policyName == nil {
            item("Findings are not compared: another policy judged each scan", prefix: "\n")
        }
        if difference.policyChanged { item("The policy was another text by the later scan", prefix: "\n") }
        findings("Appeared", difference.appeared) { $0.message }
        let worse = Dictionary(
            difference.worsened.map { ($0.finding.key, $0.words) }, uniquingKeysWith: { first, _ in first })
        findings("Worsened", difference.worsened.map(\.finding)) { worse[$0.key] ?? $0.message }
        findings("No longer accepted", difference.noLongerAccepted) { $0.message }
        findings("Gone", difference.gone) { $0.message }
        let fixed = Dictionary(
            difference.improved.map { ($0.finding.key, $0.fixedProblems) }, uniquingKeysWith: { first, _ in first })
        findings("Better", difference.improved.map(\.finding)) { finding in
            "no longer \((fixed[finding.key] ?? []).joined(separator: "; "))"
        }
        for organization in difference.organizations where !organization.hasNothingToShow {
            self.organization(organization)
        }
        if omitted > 0 { text += "\n\(counted(omitted, "line")) more: oidc-audit diff -f json has all.\n" }
    }

    // MARK: -

    private mutating func add(_ piece: String) {
        guard omitted == 0, text.utf8.count + piece.utf8.count <= bytesMax - Self.reserveBytes else {
            omitted += 1
            return
        }
        text += piece
    }

    /// A paragraph or an item of a list.
    private mutating func item(_ words: String, prefix: String = "- ") {
        add("\(prefix)\(Markdown.text(words))\n")
    }

    /// Worst first.
    private mutating func findings(_ title: String, _ findings: [StoredFinding], _ words: (StoredFinding) -> String) {
        guard !findings.isEmpty else { return }
        add("\n### \(title): \(counted(findings.count, "finding"))\n\n")
        for (_, finding) in findings.enumerated().sorted(by: {
            $0.element.severity == $1.element.severity
                ? $0.offset < $1.offset : $0.element.severity > $1.element.severity
        }) {
            item(
                "\(finding.notes): \(finding.name): "
                    + "\(finding.key.rule): \(words(finding))")
        }
    }

    private mutating func organization(_ organization: OrganizationDifference) {
        add("\n### \(Markdown.text(organization.login))\n\n")
        if organization.templateChanged {
            item(
                "template of the organization: \(organization.templateBefore.displayText) → "
                    + "\(organization.templateAfter.displayText); "
                    + "\(counted(organization.followers.count, "repository")) changed with it")
        }
        for change in organization.templateChangesWithoutEffect { item(change) }
        for change in organization.changes { item("\(change.repository.fullName): \(change.displayText)") }
        for change in organization.withoutEffect {
            item("\(change.repository.fullName): \(change.displayText); no change of what jobs present")
        }
        for change in organization.withHiddenEffect {
            item("\(change.repository.fullName): \(change.displayText); effect on what jobs present not known")
        }
    }
}
