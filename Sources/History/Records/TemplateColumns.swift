import AuditCore
import GRDB

/// The columns of `scanOrganization` that say something of the organization's template.
enum TemplateColumns {
    /// The columns of a row `so`.
    static let selection = """
        so.templateStatus, so.templateClaimKeys, so.templateUseImmutableSubject, so.templateErrorCode,
        so.templateErrorMessage
        """

    /// - Parameter start: index of `templateStatus`; the others follow.
    static func template(_ row: Row, at start: Int, _ json: inout JSONTextReader) throws -> OrganizationTemplate {
        switch try row.decode(String.self, atIndex: start) {
        case "set":
            let keys = try json.strings(row.decode(atIndex: start + 1) ?? "[]").map(ClaimKey.init(rawValue:))
            return try .set(SubjectTemplate(keys), useImmutableSubject: row.decode(atIndex: start + 2))
        case "never_set":
            return .neverSet
        default:
            return try .unreadable(
                UnreadableReason(stored: row.decode(atIndex: start + 3) ?? "", row.decode(atIndex: start + 4)))
        }
    }
}
