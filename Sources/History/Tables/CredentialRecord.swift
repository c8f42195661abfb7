import AuditCore
import GRDB

/// A token that asked, known by a salted hash alone.
struct CredentialRecord: Codable, FetchableRecord, MutablePersistableRecord {
    static let databaseTableName = "credential"

    var id: Int64?
    var hostID: Int64
    var fingerprint: String
    var usedAt: String
    /// Of the minute before `usedAt`, where that is known.
    var spentPoints: Int?
    /// When a secondary rate limit last refused it.
    var refusedAt: String?

    mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}

/// The entity tag of a template's answer to a credential, and the row that the answer stands for.
struct SettingValidatorRecord: Codable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "settingValidator"

    var credentialID: Int64
    var repositoryID: Int64
    /// Of the address that was asked.
    var fullName: String
    var settingObservationID: Int64
    var validator: String

    /// Touches no row where nothing differs: each repository of a scan brings one.
    static let upsertion = """
        INSERT INTO settingValidator (credentialID, repositoryID, fullName, settingObservationID, validator)
        VALUES (:credentialID, :repositoryID, :fullName, :settingObservationID, :validator)
        ON CONFLICT DO UPDATE SET fullName = excluded.fullName, validator = excluded.validator,
            settingObservationID = excluded.settingObservationID
        WHERE (fullName, validator, settingObservationID)
            <> (excluded.fullName, excluded.validator, excluded.settingObservationID)
        """
}

/// The entity tag of a page of the listing, and the rows that the page stands for.
struct PageValidatorRecord: Codable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "pageValidator"
    static let persistenceConflictPolicy = PersistenceConflictPolicy(insert: .replace, update: .replace)

    var credentialID: Int64
    var organizationID: Int64
    var page: Int
    var lastPage: Int?
    /// Whether the listing holds custom properties.
    var hasProperties: Bool
    /// JSON list of rows of `repositoryObservation`.
    var observations: String
    var validator: String
}
