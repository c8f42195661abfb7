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

/// What the history knows of one of the uses of a credential, each of which has a name.
package struct StoredUse: Hashable, Sendable {
    package var usedAt: Timestamp
    /// Of the minute before; `nil`: not known.
    package var spentPoints: Int?
    /// When a secondary rate limit last refused it; `nil`: never.
    package var refusedAt: Timestamp?
}

extension HistoryStore {
    /// Finds uses of a credential by their names.
    ///
    /// - Parameter fingerprint: gives a fingerprint of the credential and a name, as of the credential itself.
    /// - Returns: by name; none of a use that was never noted.
    package func uses(
        of names: [String], apiURL: String,
        fingerprint: @escaping @Sendable (_ salt: [UInt8], _ name: String) -> String,
    ) async throws(HistoryError) -> [String: StoredUse] {
        try await read { db in
            guard let (host, salt) = try Self.knownSalt(apiURL, db) else { return [:] }
            var uses: [String: StoredUse] = [:]
            for name in names {
                let fingerprint = fingerprint(salt, name)
                guard
                    let row =
                        try CredentialRecord
                        .filter(Column("hostID") == host && Column("fingerprint") == fingerprint).fetchOne(db)
                else { continue }
                uses[name] = StoredUse(
                    usedAt: try timestamp(row.usedAt), spentPoints: row.spentPoints,
                    refusedAt: try row.refusedAt.map { try timestamp($0) })
            }
            return uses
        }
    }

    /// Notes uses of a credential by their names.
    ///
    /// - Parameters:
    ///   - uses: the points of the minute before, `nil` if they are not known, and whether a secondary rate limit refused it.
    ///   - fingerprint: as of `uses(of:)`.
    package func note(
        _ uses: [String: (spentPoints: Int?, wasRefused: Bool)], at now: Timestamp, apiURL: String,
        fingerprint: @escaping @Sendable (_ salt: [UInt8], _ name: String) -> String,
    ) async throws(HistoryError) {
        guard !uses.isEmpty else { return }
        try await write { db in
            let host = try Self.hostID(apiURL, db)
            let salt = try Self.salt(of: host, db)
            for (name, use) in uses {
                try db.execute(
                    sql: """
                        INSERT INTO credential (hostID, fingerprint, usedAt, spentPoints, refusedAt)
                        VALUES (?1, ?2, ?3, ?4, CASE WHEN ?5 THEN ?3 END)
                        ON CONFLICT (hostID, fingerprint) DO UPDATE SET usedAt = ?3, spentPoints = ?4,
                            refusedAt = CASE WHEN ?5 THEN ?3 ELSE refusedAt END
                        """,
                    arguments: [
                        host, fingerprint(salt, name), now.description, use.spentPoints, use.wasRefused,
                    ])
            }
        }
    }

    /// The organizations of a list of a credential's, as they were noted last; none if they never were.
    ///
    /// - Parameters:
    ///   - list: the list's name.
    ///   - fingerprint: as of `uses(of:)`.
    package func listed(
        in list: String, apiURL: String,
        fingerprint: @escaping @Sendable (_ salt: [UInt8], _ name: String) -> String,
    ) async throws(HistoryError) -> [OrganizationReference] {
        try await read { db in
            guard let (host, salt) = try Self.knownSalt(apiURL, db) else { return [] }
            return try Row.fetchAll(
                db,
                sql: "SELECT login, githubID FROM listedOrganization WHERE hostID = ? AND list = ? ORDER BY login",
                arguments: [host, fingerprint(salt, list)]
            ).map { row in
                let id: Int64? = try row.decode(forColumn: "githubID")
                return try OrganizationReference(
                    login: row.decode(forColumn: "login"), id: id.map(OrganizationID.init))
            }
        }
    }

    /// Notes the organizations of a list in the place of those that were noted before.
    package func note(
        listed organizations: [OrganizationReference], in list: String, apiURL: String,
        fingerprint: @escaping @Sendable (_ salt: [UInt8], _ name: String) -> String,
    ) async throws(HistoryError) {
        try await write { db in
            let host = try Self.hostID(apiURL, db)
            let name = fingerprint(try Self.salt(of: host, db), list)
            try db.execute(
                sql: "DELETE FROM listedOrganization WHERE hostID = ? AND list = ?", arguments: [host, name])
            for organization in organizations {
                try db.execute(
                    sql:
                        "INSERT OR REPLACE INTO listedOrganization (hostID, list, login, githubID) VALUES (?, ?, ?, ?)",
                    arguments: [host, name, organization.login, organization.id?.rawValue])
            }
        }
    }

    /// A host's row and its salt; `nil` if no credential was ever used there.
    private static func knownSalt(_ apiURL: String, _ db: Database) throws -> (host: Int64, salt: [UInt8])? {
        guard let host = try knownHostID(apiURL, db),
            let salt = try Data.fetchOne(db, sql: "SELECT salt FROM host WHERE id = ?", arguments: [host])
        else { return nil }
        return (host, Array(salt))
    }

    /// Random bytes that are this history's own for the host, made once.
    private static func salt(of host: Int64, _ db: Database) throws -> [UInt8] {
        try db.execute(
            sql: "UPDATE host SET salt = randomblob(32) WHERE id = ? AND salt IS NULL", arguments: [host])
        return Array(try Data.fetchOne(db, sql: "SELECT salt FROM host WHERE id = ?", arguments: [host]) ?? Data())
    }

    /// Finds a token by its fingerprint, and notes that it is in use.
    ///
    /// - Parameter fingerprint: gives a fingerprint of the token, from random bytes that are this history's own for the
    ///   host.
    package func credential(
        apiURL: String, at now: Timestamp, fingerprint: @escaping @Sendable (_ salt: [UInt8]) -> String,
    ) async throws(HistoryError) -> StoredCredential {
        try await write { db in
            let host = try Self.hostID(apiURL, db)
            let fingerprint = fingerprint(try Self.salt(of: host, db))
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
