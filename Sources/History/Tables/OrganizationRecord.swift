import AuditCore
import GRDB

/// What a scan saw of an organization itself.
struct OrganizationRecord: StoredRecord {
    static let databaseTableName = "scanOrganization"

    var id: Int64?
    var scanID: Int64 = 0
    var organizationRowID: Int64?
    var login = ""
    var templateStatus = "unreadable"
    var templateClaimKeys: String?
    var templateUseImmutableSubject: Bool?
    var templateErrorCode: String?
    var templateErrorMessage: String?
    var listingStatus = ""
    var listed = 0
    var expected: Int?
    var removed = "[]"
    var missing = "[]"
    var listingError: String?
    var listingFailureCode: String?
    var includedProperties: String?
    var includedPropertiesErrorCode: String?
    var includedPropertiesErrorMessage: String?
    var stop: String?

    static let columns: [StoredColumn<Self>] = [
        .key("id", \.id),
        .key("scanID", \.scanID),
        .init("organizationID", \.organizationRowID, .organization.orNone),
        .init("login", \.login, .text("login")),
        .init("templateStatus", \.templateStatus, .text("template_status")),
        .init("templateClaimKeys", \.templateClaimKeys, .names("template_claim_keys")),
        .init("templateUseImmutableSubject", \.templateUseImmutableSubject, .boolean("template_use_immutable_subject")),
        .init("templateErrorCode", \.templateErrorCode, .text("template_error_code")),
        .init("templateErrorMessage", \.templateErrorMessage, .text("template_error_message")),
        .init("listingStatus", \.listingStatus, .text("listing_status")),
        .init("listed", \.listed, .integer("listed")),
        .init("expected", \.expected, .integer("expected")),
        .init("removed", \.removed, .names("removed")),
        .init("missing", \.missing, .names("missing")),
        .init("listingError", \.listingError, .text("listing_error")),
        .init("listingFailureCode", \.listingFailureCode, .text("listing_failure_code")),
        .init("includedProperties", \.includedProperties, .names("included_properties")),
        .init("includedPropertiesErrorCode", \.includedPropertiesErrorCode, .text("included_properties_error_code")),
        .init(
            "includedPropertiesErrorMessage", \.includedPropertiesErrorMessage,
            .text("included_properties_error_message")),
        .init("stop", \.stop, .text("stop", since: 3)),
    ]
}

extension OrganizationRecord {
    init(_ observation: OrganizationObservation, scanID: Int64) {
        self.scanID = scanID
        login = observation.login
        stop = observation.stop?.rawValue
        switch observation.template {
        case .set(let template, let flag):
            templateStatus = "set"
            templateClaimKeys = JSONColumn.of(template.keys.map(\.rawValue))
            templateUseImmutableSubject = flag
        case .neverSet:
            templateStatus = "never_set"
        case .unreadable(let reason):
            templateErrorCode = reason.code.rawValue
            templateErrorMessage = reason.message
        }
        switch observation.includedProperties {
        case nil: break
        case .read(let names): includedProperties = JSONColumn.of(names)
        case .unreadable(let reason):
            includedPropertiesErrorCode = reason.code.rawValue
            includedPropertiesErrorMessage = reason.message
        }
        listingStatus = observation.listing.status.rawValue
        listed = observation.listing.listed
        expected = observation.listing.expected
        listingError = observation.listing.error
        listingFailureCode = observation.listing.failure?.rawValue
    }

    func template(_ json: inout JSONTextReader) throws -> OrganizationTemplate {
        switch templateStatus {
        case "set":
            let keys = try json.strings(templateClaimKeys ?? "[]").map(ClaimKey.init(rawValue:))
            return .set(SubjectTemplate(keys), useImmutableSubject: templateUseImmutableSubject)
        case "never_set":
            return .neverSet
        default:
            return .unreadable(UnreadableReason(stored: templateErrorCode ?? "", templateErrorMessage))
        }
    }

    func properties(_ json: inout JSONTextReader) throws -> Reading<[String]>? {
        if let includedProperties { return try .read(json.strings(includedProperties)) }
        return includedPropertiesErrorCode.map {
            .unreadable(UnreadableReason(stored: $0, includedPropertiesErrorMessage))
        }
    }

    var status: Listing.Status { Listing.Status(rawValue: listingStatus) ?? .partial }

    func listing(_ json: inout JSONTextReader) throws -> Listing {
        try Listing(
            status: status, listed: listed, expected: expected, removed: json.strings(removed),
            missing: json.strings(missing), error: listingError,
            failure: listingFailureCode.map { UnreadableReason.Code(rawValue: $0) ?? .unexpected })
    }
}
