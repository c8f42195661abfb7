package import AuditCore
import Foundation
import GRDB

/// The history's number for a token that asked a host.
package struct CredentialID: RawRepresentable, Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) {
        self.rawValue = rawValue
    }
}

/// What the history knows of a token, without knowing the token.
package struct StoredCredential: Hashable, Sendable {
    package var id: CredentialID
    /// The token's name in this history, which says nothing of it.
    package var fingerprint: String
    /// When a secondary rate limit last refused it; `nil`: never.
    package var refusedAt: Timestamp?
    /// When it was last used before, and what it had then spent of the minute's points, where that is known.
    package var usedAt: Timestamp?
    package var spentPoints: Int?
    /// Whether it was not known before, and others were.
    package var isNewcomer: Bool
}

extension HistoryStore {
    /// Finds a token by its fingerprint, and notes that it is in use.
    ///
    /// - Parameter fingerprint: gives a fingerprint of the token, from random bytes that are this history's own for the
    ///   host.
    package func credential(
        apiURL: String, at now: Timestamp, fingerprint: @escaping @Sendable (_ salt: [UInt8]) -> String,
    ) async throws(HistoryError) -> StoredCredential {
        try await write { db in
            let host = try Self.hostID(apiURL, db)
            try db.execute(
                sql: "UPDATE host SET salt = randomblob(32) WHERE id = ? AND salt IS NULL", arguments: [host])
            let salt = try Data.fetchOne(db, sql: "SELECT salt FROM host WHERE id = ?", arguments: [host]) ?? Data()
            let fingerprint = fingerprint(Array(salt))
            let known =
                try CredentialRecord
                .filter(Column("hostID") == host && Column("fingerprint") == fingerprint).fetchOne(db)
            guard var known else {
                let hasOthers = try CredentialRecord.filter(Column("hostID") == host).fetchCount(db) > 0
                var newcomer = CredentialRecord(hostID: host, fingerprint: fingerprint, usedAt: now.description)
                try newcomer.insert(db)
                try Self.forgetOldCredentials(of: host, before: now.adding(seconds: -Self.keptSeconds), db)
                return StoredCredential(
                    id: CredentialID(rawValue: newcomer.id ?? 0), fingerprint: fingerprint, refusedAt: nil, usedAt: nil,
                    spentPoints: nil,
                    isNewcomer: hasOthers)
            }
            let stored = StoredCredential(
                id: CredentialID(rawValue: known.id ?? 0), fingerprint: fingerprint,
                refusedAt: try known.refusedAt.map { try timestamp($0) },
                usedAt: try timestamp(known.usedAt), spentPoints: known.spentPoints, isNewcomer: false)
            (known.usedAt, known.spentPoints) = (now.description, nil)
            try known.update(db)
            return stored
        }
    }

    /// Notes how a token was used.
    ///
    /// - Parameters:
    ///   - spentPoints: of the minute before.
    ///   - wasRefused: whether a secondary rate limit refused it.
    package func noteUse(
        of credential: CredentialID, at now: Timestamp, spentPoints: Int, wasRefused: Bool,
    ) async throws(HistoryError) {
        try await write { db in
            try db.execute(
                sql: """
                    UPDATE credential SET usedAt = ?1, spentPoints = ?2,
                        refusedAt = CASE WHEN ?3 THEN ?1 ELSE refusedAt END
                    WHERE id = ?4
                    """,
                arguments: [now.description, spentPoints, wasRefused, credential.rawValue])
        }
    }

    /// A quarter of a year: longer than a scan that runs each month pauses.
    private static let keptSeconds: Int64 = 90 * 86_400

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
