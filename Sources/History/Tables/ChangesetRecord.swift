import GRDB

/// A set of changes that was begun.
struct ChangesetRecord: Codable, FetchableRecord, MutablePersistableRecord {
    static let databaseTableName = "changeset"

    var id: Int64?
    var hostID: Int64
    var kind: String
    var startedAt: String
    /// Login of the token's owner; `nil` if it is not a user's.
    var actor: String?
    var planDigest: String
    /// A document.
    var plan: String
    var undoes: Int64?
    var toolVersion: String

    mutating func didInsert(_ inserted: InsertionSuccess) { id = inserted.rowID }
}

/// A change that was about to be written.
struct ChangeIntentRecord: Codable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "changeIntent"

    var id: Int64?
    var changesetID: Int64
    /// In the plan's changes, from 0.
    var place: Int
    var intendedAt: String
}

/// What came of a change.
struct ChangeOutcomeRecord: Codable, FetchableRecord, PersistableRecord {
    static let databaseTableName = "changeOutcome"

    var id: Int64?
    var changesetID: Int64
    var place: Int
    var concludedAt: String
    var outcome: String
    var message: String?
    /// What was read back, where it is neither state of the plan: a document.
    var found: String?
    /// The last intent of the change by then, 0: none.
    var lastIntentID: Int64
}
