import GRDB

/// One kind of record that a scan leaves as evidence, and how its rows are told outside of the file.
///
/// A record is a line of JSON without spaces: `record`, then the fields in the order of `fields`. Repositories and
/// organizations stand in it with GitHub's ids, never with row ids, so that a record is the same in every file. What a
/// scan is sealed by is the SHA-256 of its lines in the order of `all`: names, order and form of fields are never
/// changed. A new field goes to the end of its kind's list, `since` the next version of the records; each seal says by
/// which version it was made, so that older seals stay true.
struct EvidenceKind: Sendable {
    /// The version of the records that are written now.
    static let version = 1

    struct Field: Sendable {
        enum Form: Sendable {
            case text
            case integer
            case boolean
            /// `YYYY-MM-DDTHH:MM:SSZ`
            case time
            /// JSON that stands in the column as text: a list of strings, an object of such lists, or a scope.
            case names
            case properties
            case scope
        }

        let name: String
        let form: Form
        /// The first version of the records that has it.
        let since: Int

        init(_ name: String, _ form: Form, since: Int = 1) {
            self.name = name
            self.form = form
            self.since = since
        }
    }

    let name: String
    /// In the order of the columns of `source`.
    let fields: [Field]
    /// Selects the fields of a table's rows `e`, without a condition.
    let source: String
    /// The order of a scan's records, for which row ids serve only where ids agree.
    let order: String

    /// How many fields a version of the records has: the first so many.
    func fieldCount(in version: Int) -> Int { fields.prefix { $0.since <= version }.count }

    /// The fields of which the first that is there names what the record is about.
    var identities: [Int] {
        fields.indices.filter { fields[$0].name == "repository_id" || fields[$0].name == "organization_id" }
    }

    /// Rows of one scan, `?1`.
    var ofScan: String {
        "\(source) WHERE e.\(self.name == Self.scan.name ? "id" : "scanID") = ?1 ORDER BY \(order)"
    }

    /// A scan's records in the order in which they are hashed.
    static let all: [EvidenceKind] = [
        scan, organization, repository, setting, coverage, progress, finding, tally,
    ]

    static let scan = EvidenceKind(
        name: "scan",
        fields: [
            .init("api_url", .text), .init("state", .text), .init("stop", .text), .init("started_at", .time),
            .init("finished_at", .time), .init("enterprise_server", .boolean), .init("tool_version", .text),
            .init("requested", .names), .init("scope", .scope), .init("policy_name", .text),
            .init("policy_sha256", .text), .init("verdict", .text), .init("complete", .boolean),
            .init("listed", .integer), .init("compliant", .integer), .init("violating", .integer),
            .init("waived", .integer), .init("unreadable", .integer), .init("skipped", .integer),
            .init("requests_sent", .integer), .init("requests_not_modified", .integer),
            .init("requests_retried", .integer), .init("waited_milliseconds", .integer),
        ],
        source: """
            SELECT h.apiURL, e.state, e.stop, e.startedAt, e.finishedAt, e.isEnterpriseServer, e.toolVersion, e.requested,
                e.scope, e.policyName, e.policySHA256, e.verdict, e.isComplete, e.listed, e.compliant, e.violating,
                e.waived, e.unreadable, e.skipped, e.requestsSent, e.requestsNotModified, e.requestsRetried,
                e.waitedMilliseconds
            FROM scan e JOIN host h ON h.id = e.hostID
            """,
        order: "e.id")

    static let organization = EvidenceKind(
        name: "organization",
        fields: [
            .init("organization_id", .integer), .init("login", .text), .init("template_status", .text),
            .init("template_claim_keys", .names), .init("template_use_immutable_subject", .boolean),
            .init("template_error_code", .text), .init("template_error_message", .text),
            .init("listing_status", .text), .init("listed", .integer), .init("expected", .integer),
            .init("removed", .names), .init("missing", .names), .init("listing_error", .text),
            .init("listing_failure_code", .text), .init("included_properties", .names),
            .init("included_properties_error_code", .text), .init("included_properties_error_message", .text),
        ],
        source: """
            SELECT o.githubID, e.login, e.templateStatus, e.templateClaimKeys, e.templateUseImmutableSubject,
                e.templateErrorCode, e.templateErrorMessage, e.listingStatus, e.listed, e.expected, e.removed, e.missing,
                e.listingError, e.listingFailureCode, e.includedProperties, e.includedPropertiesErrorCode,
                e.includedPropertiesErrorMessage
            FROM scanOrganization e LEFT JOIN organization o ON o.id = e.organizationID
            """,
        order: "e.id")

    static let repository = EvidenceKind(
        name: "repository",
        fields: [
            .init("repository_id", .integer), .init("organization_id", .integer), .init("presence", .text),
            .init("owner", .text), .init("owner_id", .integer), .init("name", .text), .init("visibility", .text),
            .init("archived", .boolean), .init("fork", .boolean), .init("topics", .names),
            .init("custom_properties", .properties),
        ],
        source: """
            SELECT r.githubID, o.githubID, e.presence, e.owner, e.ownerGithubID, e.name, e.visibility, e.isArchived,
                e.isFork, e.topics, e.customProperties
            FROM repositoryObservation e JOIN repository r ON r.id = e.repositoryID
            JOIN organization o ON o.id = e.organizationID
            """,
        order: "r.githubID, e.id")

    static let setting = EvidenceKind(
        name: "setting",
        fields: [
            .init("repository_id", .integer), .init("observed_at", .time), .init("use_default", .boolean),
            .init("include_claim_keys", .names), .init("use_immutable_subject", .boolean),
            .init("sub_claim_prefix", .text),
        ],
        source: """
            SELECT r.githubID, e.observedAt, e.useDefault, e.includeClaimKeys, e.useImmutableSubject, e.subClaimPrefix
            FROM settingObservation e JOIN repository r ON r.id = e.repositoryID
            """,
        order: "r.githubID, e.id")

    static let coverage = EvidenceKind(
        name: "coverage",
        fields: [
            .init("repository_id", .integer), .init("error_code", .text), .init("error_message", .text),
        ],
        source: """
            SELECT r.githubID, e.errorCode, e.errorMessage
            FROM coverage e JOIN repository r ON r.id = e.repositoryID
            """,
        order: "r.githubID, e.id")

    /// Which repositories a scan met whose listing was not read to its end; the first record, of none, says that it is
    /// told at all.
    static let progress = EvidenceKind(
        name: "progress",
        fields: [.init("repository_id", .integer), .init("listed", .boolean), .init("read", .boolean)],
        source: """
            SELECT r.githubID, json_extract(met.value, '$[1]'), json_extract(met.value, '$[2]')
            FROM scanProgress e, json_each(?2) met LEFT JOIN repository r ON r.id = json_extract(met.value, '$[0]')
            """,
        order: "r.githubID")

    static let finding = EvidenceKind(
        name: "finding",
        fields: [
            .init("repository_id", .integer), .init("organization_id", .integer), .init("waiver", .text),
            .init("policy_name", .text), .init("rule", .text), .init("open", .boolean), .init("waived", .boolean),
            .init("severity", .text), .init("message", .text), .init("problems", .names), .init("first_seen", .time),
        ],
        source: """
            SELECT r.githubID, o.githubID, e.waiver, e.policyName, e.ruleID, e.isOpen, e.isWaived, e.severity, e.message,
                e.problems, e.firstSeenAt
            FROM finding e LEFT JOIN repository r ON r.id = e.repositoryID
            LEFT JOIN organization o ON o.id = e.organizationID
            """,
        order: "e.id")

    static let tally = EvidenceKind(
        name: "tally",
        fields: [
            .init("organization_id", .integer), .init("listed", .integer), .init("compliant", .integer),
            .init("violating", .integer), .init("waived", .integer), .init("unreadable", .integer),
            .init("skipped", .integer), .init("critical_findings", .integer), .init("high_findings", .integer),
            .init("medium_findings", .integer), .init("low_findings", .integer), .init("waived_findings", .integer),
            .init("from_github_default", .integer), .init("from_organization", .integer),
            .init("from_repository", .integer), .init("from_organization_or_copy", .integer),
            .init("from_unknown", .integer), .init("legacy", .integer), .init("immutable", .integer),
            .init("unknown_format", .integer),
        ],
        source: """
            SELECT o.githubID, e.listed, e.compliant, e.violating, e.waived, e.unreadable, e.skipped, e.criticalFindings,
                e.highFindings, e.mediumFindings, e.lowFindings, e.waivedFindings, e.fromGithubDefault,
                e.fromOrganization, e.fromRepository, e.fromOrganizationOrCopy, e.fromUnknown, e.legacy, e.immutable,
                e.unknownFormat
            FROM organizationTally e JOIN organization o ON o.id = e.organizationID
            """,
        order: "o.githubID")
}
