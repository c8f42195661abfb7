import AuditCore
import GRDB

/// What the report of a sealed scan counted in one organization.
struct TallyRecord: StoredRecord {
    static let databaseTableName = "organizationTally"

    var id: Int64?
    var scanID: Int64 = 0
    var organizationRowID: Int64 = 0
    var tally = OrganizationTally()

    private subscript(severity: Severity) -> Int {
        get { tally.findings[severity] ?? 0 }
        set { tally.findings[severity] = newValue }
    }

    private subscript(source: TemplateSource) -> Int {
        get { tally.sources[source] ?? 0 }
        set { tally.sources[source] = newValue }
    }

    static let columns: [StoredColumn<Self>] = [
        .key("id", \.id),
        .key("scanID", \.scanID),
        .init("organizationID", \.organizationRowID, .organization),
        .count("listed", \.tally.listed, .integer("listed")),
        .count("compliant", \.tally.compliant, .integer("compliant")),
        .count("violating", \.tally.violating, .integer("violating")),
        .count("waived", \.tally.waived, .integer("waived")),
        .count("unreadable", \.tally.unreadable, .integer("unreadable")),
        .count("skipped", \.tally.skipped, .integer("skipped")),
        .count("criticalFindings", \.[Severity.critical], .integer("critical_findings")),
        .count("highFindings", \.[Severity.high], .integer("high_findings")),
        .count("mediumFindings", \.[Severity.medium], .integer("medium_findings")),
        .count("lowFindings", \.[Severity.low], .integer("low_findings")),
        .count("waivedFindings", \.tally.waivedFindings, .integer("waived_findings")),
        .count("fromGithubDefault", \.[TemplateSource.gitHubDefault], .integer("from_github_default")),
        .count("fromOrganization", \.[TemplateSource.organization], .integer("from_organization")),
        .count("fromRepository", \.[TemplateSource.repository], .integer("from_repository")),
        .count("fromOrganizationOrCopy", \.[TemplateSource.organizationOrCopy], .integer("from_organization_or_copy")),
        .count("fromUnknown", \.[TemplateSource.unknown], .integer("from_unknown")),
        .count("legacy", \.tally.legacy, .integer("legacy")),
        .count("immutable", \.tally.immutable, .integer("immutable")),
        .count("unknownFormat", \.tally.unknownFormat, .integer("unknown_format")),
        .count("acceptedUnread", \.tally.acceptedUnread, .integer("accepted_unread", since: 2)),
    ]
}
