import AuditCore
import GRDB

/// Reads a column that this program writes.
func timestamp(_ text: String) throws -> Timestamp {
    guard let timestamp = Timestamp(text) else {
        throw DatabaseError(
            resultCode: .SQLITE_CORRUPT, message: "\"\(text)\" is not a time of the form YYYY-MM-DDTHH:MM:SSZ")
    }
    return timestamp
}
