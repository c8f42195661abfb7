import AuditCore
import GRDB

/// A finding that appeared, changed or went, under the policy of that name.
struct FindingRecord: StoredRecord {
    static let databaseTableName = "finding"

    /// What makes it the same finding under one policy.
    struct Identity: Hashable {
        var ruleID: String
        var repositoryID: Int64?
        var organizationID: Int64?
        var waiver: String?
    }

    var id: Int64?
    var scanID: Int64 = 0
    var hostID: Int64 = 0
    var repositoryRowID: Int64?
    var organizationRowID: Int64?
    var waiver: String?
    var policyName = ""
    var ruleID = ""
    var isOpen = false
    /// Why it went, where it was not fixed: `GoneFinding.Reason`.
    var departure: String?
    var isWaived = false
    var severity = ""
    var message = ""
    /// JSON list.
    var problems = "[]"
    var firstSeenAt = ""

    static let columns: [StoredColumn<Self>] = [
        .key("id", \.id),
        .key("scanID", \.scanID),
        .key("hostID", \.hostID),
        .init("repositoryID", \.repositoryRowID, .repository.orNone),
        .init("organizationID", \.organizationRowID, .organization.orNone),
        .init("waiver", \.waiver, .text("waiver")),
        .init("policyName", \.policyName, .text("policy_name")),
        .init("ruleID", \.ruleID, .text("rule")),
        .init("isOpen", \.isOpen, .boolean("open")),
        .init("isWaived", \.isWaived, .boolean("is_waived").formerly("waived")),
        .init("severity", \.severity, .text("severity")),
        .init("message", \.message, .text("message")),
        .init("problems", \.problems, .names("problems")),
        .init("firstSeenAt", \.firstSeenAt, .time("first_seen")),
        .init("departure", \.departure, .text("departure", since: 2)),
    ]

    var identity: Identity {
        Identity(ruleID: ruleID, repositoryID: repositoryRowID, organizationID: organizationRowID, waiver: waiver)
    }

    /// - Parameters:
    ///   - subject: what `repositoryRowID` and `organizationRowID` stand for, or the waiver.
    ///   - organization: of the repository.
    func finding(
        _ subject: FindingKey.Subject, name: String, organization: OrganizationID? = nil, _ json: inout JSONTextReader,
    ) throws -> StoredFinding {
        try StoredFinding(
            key: FindingKey(rule: ruleID, subject: subject), severity: Severity(rawValue: severity) ?? .critical,
            message: message, problems: json.strings(problems), name: name, firstSeen: timestamp(firstSeenAt),
            isWaived: isWaived, organization: organization)
    }
}
