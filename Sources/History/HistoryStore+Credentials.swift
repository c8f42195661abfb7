public import AuditCore
import Foundation
import GRDB

/// The history's number for a token that asked a host.
public struct CredentialID: RawRepresentable, Hashable, Sendable {
    public let rawValue: Int64

    public init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// What the history knows of a token, without knowing the token.
public struct StoredCredential: Hashable, Sendable {
    public var id: CredentialID
    /// When a secondary rate limit last refused it; `nil`: never.
    public var refusedAt: Timestamp?
    /// Whether another token of the same host was here before it, and this one has no validators yet.
    public var isNewcomer: Bool
}

extension HistoryStore {
    /// Finds a token by its fingerprint, and notes that it is in use.
    ///
    /// - Parameter fingerprint: gives a fingerprint of the token, from random bytes that are this history's own for the
    ///   host.
    public func credential(
        apiURL: String, at now: Timestamp, fingerprint: @escaping @Sendable (_ salt: [UInt8]) -> String,
    ) async throws(HistoryError) -> StoredCredential {
        try await write { db in
            let host = try Self.hostID(apiURL, db)
            try db.execute(
                sql: "UPDATE host SET salt = randomblob(32) WHERE id = ? AND salt IS NULL", arguments: [host])
            let salt = try Data.fetchOne(db, sql: "SELECT salt FROM host WHERE id = ?", arguments: [host]) ?? Data()
            try db.execute(
                sql: """
                    INSERT INTO credential (hostID, fingerprint, usedAt) VALUES (?1, ?2, ?3)
                    ON CONFLICT DO UPDATE SET usedAt = ?3
                    """,
                arguments: [host, fingerprint(Array(salt)), now.description])
            guard
                let row = try Row.fetchOne(
                    db,
                    sql: """
                        SELECT id, refusedAt,
                            NOT EXISTS (SELECT 1 FROM settingValidator WHERE credentialID = c.id)
                            AND EXISTS (SELECT 1 FROM credential WHERE hostID = c.hostID AND id <> c.id)
                        FROM credential c WHERE hostID = ? AND fingerprint = ?
                        """,
                    arguments: [host, fingerprint(Array(salt))])
            else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a credential is lost") }
            try Self.forgetOldCredentials(of: host, db)
            return try StoredCredential(
                id: CredentialID(rawValue: row.decode(atIndex: 0)),
                refusedAt: row.decode(String?.self, atIndex: 1).map { try timestamp($0) },
                isNewcomer: row.decode(atIndex: 2))
        }
    }

    /// Notes that a secondary rate limit refused a token.
    public func noteRefusal(of credential: CredentialID, at now: Timestamp) async throws(HistoryError) {
        try await write { db in
            try db.execute(
                sql: "UPDATE credential SET refusedAt = ? WHERE id = ?",
                arguments: [now.description, credential.rawValue])
        }
    }

    /// Tokens come and go; the validators of those that went are of no use.
    private static func forgetOldCredentials(of host: Int64, _ db: Database) throws {
        let old = try Int64.fetchAll(
            db, sql: "SELECT id FROM credential WHERE hostID = ? ORDER BY usedAt DESC, id DESC LIMIT -1 OFFSET 4",
            arguments: [host])
        for id in old {
            for table in ["settingValidator", "pageValidator"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE credentialID = ?", arguments: [id])
            }
            try db.execute(sql: "DELETE FROM credential WHERE id = ?", arguments: [id])
        }
    }
}
