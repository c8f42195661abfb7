import AuditCore
import GRDB

/// Whether a repository's setting could be read, where that changed.
struct CoverageRecord: StoredRecord {
    static let databaseTableName = "coverage"

    var id: Int64?
    var repositoryRowID: Int64 = 0
    var scanID: Int64 = 0
    /// `nil`: readable again.
    var errorCode: String?
    var errorMessage: String?

    static let columns: [StoredColumn<Self>] = [
        .key("id", \.id),
        .init("repositoryID", \.repositoryRowID, .repository),
        .key("scanID", \.scanID),
        .init("errorCode", \.errorCode, .text("error_code")),
        .init("errorMessage", \.errorMessage, .text("error_message")),
    ]
}

extension CoverageRecord {
    /// Why the setting could not be read; `nil` if it could.
    var reason: UnreadableReason? { errorCode.map { UnreadableReason(stored: $0, errorMessage) } }
}

extension UnreadableReason {
    /// What the columns of an error say; a code that this version does not know is an unexpected one.
    init(stored code: String, _ message: String?) {
        self.init(Code(rawValue: code) ?? .unexpected, message ?? "unknown")
    }
}
