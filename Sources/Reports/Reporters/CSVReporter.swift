package import AuditCore

/// The repositories as a table: CSV (RFC 4180), a row for each, and one for each organization that has findings itself.
package struct CSVReporter: Reporter {
    package static let name = "csv"

    package init() {}

    private static let facts = [
        "organization", "repository", "repository_id", "visibility", "archived", "status", "reason",
    ]
    /// Of what `cells` gives of findings.
    static let findings = [
        "findings", "worst_severity", "new_findings", "baseline_findings", "waived_findings", "waivers",
    ]
    private static let subject = [
        "effective_claim_keys", "source", "subject_format", "subject", "subject_certain", "since", "use_default",
        "include_claim_keys", "use_immutable_subject", "sub_claim_prefix",
    ]

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        output.write((Self.facts + Self.findings + Self.subject).csvRow)
        let findings = Dictionary(grouping: report.findings.filter { $0.repositoryID != nil }, by: \.repositoryID)
        for organization in report.organizations {
            let own = report.findings.filter { $0.repositoryID == nil && $0.organization == organization.login }
            let troubles = organization.troubles.joined(separator: "; ")
            guard !own.isEmpty || !troubles.isEmpty else { continue }
            let status =
                own.contains(where: \.isOpen) ? "violating" : troubles.isEmpty ? "waived" : "unreadable"
            let cells =
                [organization.login, "", "", "", "", status, troubles] + Self.cells(own)
                + Array(repeating: "", count: Self.subject.count)
            output.write(cells.csvRow)
        }
        for repository in report.repositories {
            output.write(Self.cells(repository, findings[repository.repository.id] ?? []).csvRow)
        }
    }

    // MARK: -

    private static func cells(_ report: RepositoryReport, _ findings: [Finding]) -> [String] {
        let (repository, setting) = (report.repository, report.setting)
        return [
            report.organization, repository.fullName, "\(repository.id.rawValue)",
            repository.visibility.known?.rawValue ?? "", word(repository.isArchived),
            report.status.rawValue, report.reason == nil ? "" : report.reasonInWords,
        ] + cells(findings) + [
            report.effective?.template.map(words) ?? "", report.effective?.source.rawValue ?? "",
            report.effective == nil ? "" : report.format.name, report.preview.subject ?? "",
            report.effective == nil ? "" : word(report.preview.isCertain), report.since?.description ?? "",
            word(setting?.useDefault), setting?.includeClaimKeys.map { words(SubjectTemplate($0)) } ?? "",
            word(setting?.useImmutableSubject), setting?.subClaimPrefix ?? "",
        ]
    }

    static func cells(_ findings: [Finding]) -> [String] {
        let open = findings.filter(\.isOpen)
        return [
            open.map(\.rule).joined(separator: " "), open.map(\.severity).max()?.rawValue ?? "",
            // The word says how: required-claims=worsened.
            open.compactMap { finding in finding.newsWord.map { "\(finding.rule)=\($0)" } }.joined(separator: " "),
            open.filter { $0.isInBaseline == true }.map(\.rule).joined(separator: " "),
            findings.filter { !$0.isOpen }.map(\.rule).joined(separator: " "),
            findings.compactMap { finding in finding.waiver.map { "\(finding.rule): \($0.acceptance)" } }
                .joined(separator: "; "),
        ]
    }

    private static func words(_ template: SubjectTemplate) -> String {
        template.keys.map(\.shown).joined(separator: " ")
    }

    private static func word(_ flag: Bool?) -> String {
        flag.map { $0 ? "true" : "false" } ?? ""
    }
}
