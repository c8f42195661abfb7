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
    /// Whether it was not known before, and others were.
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
            let fingerprint = fingerprint(Array(salt))
            try Self.forgetOldCredentials(of: host, before: now.adding(seconds: -7 * 86_400), db)
            let known = try Row.fetchOne(
                db, sql: "SELECT id, refusedAt FROM credential WHERE hostID = ? AND fingerprint = ?",
                arguments: [host, fingerprint])
            guard let known else {
                let hasOthers = try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (SELECT 1 FROM credential WHERE hostID = ?)", arguments: [host])
                try db.execute(
                    sql: "INSERT INTO credential (hostID, fingerprint, usedAt) VALUES (?, ?, ?)",
                    arguments: [host, fingerprint, now.description])
                return StoredCredential(
                    id: CredentialID(rawValue: db.lastInsertedRowID), refusedAt: nil, isNewcomer: hasOthers ?? false)
            }
            let id: Int64 = try known.decode(atIndex: 0)
            try db.execute(
                sql: "UPDATE credential SET usedAt = ? WHERE id = ?", arguments: [now.description, id])
            return StoredCredential(
                id: CredentialID(rawValue: id),
                refusedAt: try known.decode(String?.self, atIndex: 1).map { try timestamp($0) }, isNewcomer: false)
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

    /// Tokens come and go; the validators of those that went are of no use. One that is in use now may be a running
    /// scan's.
    private static func forgetOldCredentials(of host: Int64, before time: Timestamp, _ db: Database) throws {
        let old = try Int64.fetchAll(
            db, sql: "SELECT id FROM credential WHERE hostID = ? AND usedAt < ?", arguments: [host, time.description])
        for id in old {
            for table in ["settingValidator", "pageValidator"] {
                try db.execute(sql: "DELETE FROM \(table) WHERE credentialID = ?", arguments: [id])
            }
            try db.execute(sql: "DELETE FROM credential WHERE id = ?", arguments: [id])
        }
    }
}
