package import AuditCore
import GRDB

extension HistoryStore {
    /// What the history knows of organizations that a person names by logins, in the order of these.
    package func organizations(
        named logins: [String], apiURL: String,
    ) async throws(HistoryError) -> [KnownOrganization] {
        try await read { db in
            let names = OrganizationNames(db, apiURL: apiURL)
            return try logins.map { try names.known($0) }
        }
    }

    /// Every organization that scans found, by the login that it bore last, in alphabetical order.
    package func organizations(apiURL: String) async throws(HistoryError) -> [OrganizationReference] {
        try await read { db in try OrganizationNames(db, apiURL: apiURL).all() }
    }
}

/// An organization as rows know it.
struct StoredOrganization {
    /// `nil` if no scan found one of that name.
    var rowID: Int64?
    var login: String

    /// The condition that a row of `scanOrganization` is of it. One that was not found has nothing but its login.
    ///
    /// - Parameters:
    ///   - row: the alias of the row.
    ///   - wanted: an item of `json`.
    static func condition(_ row: String, _ wanted: String) -> String {
        """
        (\(row).organizationID = json_extract(\(wanted), '$[0]')
            OR \(row).organizationID IS NULL AND \(row).login = json_extract(\(wanted), '$[1]') COLLATE NOCASE)
        """
    }

    /// A JSON list of pairs, each a row id and a login.
    static func json(_ organizations: [StoredOrganization]) -> String {
        // Logins are letters, digits and hyphens; whatever else a file holds is quoted.
        let pairs = organizations.map {
            "[\($0.rowID.map(String.init) ?? "null"),\(JSONColumn.of([$0.login]).dropFirst())"
        }
        return "[" + pairs.joined(separator: ",") + "]"
    }
}

/// Which organization bore which login, by the chain.
struct OrganizationNames {
    private let db: Database
    private let apiURL: String

    init(_ db: Database, apiURL: String) {
        self.db = db
        self.apiURL = apiURL
    }

    /// - Parameter reference: by its id where it has one, else by the login.
    func stored(_ reference: OrganizationReference) throws -> StoredOrganization {
        guard let id = reference.id else {
            guard let holder = try holders(of: reference.login).first else {
                return StoredOrganization(rowID: nil, login: reference.login)
            }
            return StoredOrganization(rowID: holder.rowID, login: try lastLogin(of: holder.rowID) ?? reference.login)
        }
        let row = try Int64.fetchOne(
            db,
            sql: "SELECT o.id FROM organization o JOIN host h ON h.id = o.hostID WHERE h.apiURL = ? AND o.githubID = ?",
            arguments: [apiURL, id.rawValue])
        return StoredOrganization(rowID: row, login: reference.login)
    }

    func stored(_ references: [OrganizationReference]) throws -> [StoredOrganization] {
        try references.map(stored)
    }

    func known(_ login: String) throws -> KnownOrganization {
        let holders = try holders(of: login)
        guard let holder = holders.first else {
            return KnownOrganization(asked: login, reference: OrganizationReference(login: login))
        }
        return KnownOrganization(
            asked: login,
            reference: OrganizationReference(login: try lastLogin(of: holder.rowID) ?? login, id: holder.id),
            formerHolder: holders.dropFirst().first.map { .init(id: $0.id, lastSeenBy: $0.scan) })
    }

    func all() throws -> [OrganizationReference] {
        try Row.fetchAll(
            db,
            sql: """
                -- Of several rows, `login` is that of the greatest link.
                SELECT so.login, o.githubID, max(l.id) FROM scanOrganization so JOIN seal l ON l.scanID = so.scanID
                JOIN organization o ON o.id = so.organizationID JOIN host h ON h.id = o.hostID
                WHERE h.apiURL = ? GROUP BY o.id ORDER BY so.login COLLATE NOCASE, o.githubID
                """,
            arguments: [apiURL]
        ).map { row in
            try OrganizationReference(
                login: row.decode(forColumn: "login"), id: OrganizationID(rawValue: row.decode(forColumn: "githubID")))
        }
    }

    /// Every login that an organization bore.
    func logins(of rowID: Int64) throws -> [String] {
        try String.fetchAll(
            db, sql: "SELECT DISTINCT login FROM scanOrganization WHERE organizationID = ? ORDER BY login",
            arguments: [rowID])
    }

    // MARK: -

    private struct Holder {
        var rowID: Int64
        var id: OrganizationID
        /// The last scan that saw it under the login.
        var scan: ScanDifference.Side
    }

    /// Organizations that bore a login, the last one first.
    private func holders(of login: String) throws -> [Holder] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT o.id, o.githubID, so.scanID, s.startedAt, l.digest, max(l.id) AS link
                FROM scanOrganization so JOIN scan s ON s.id = so.scanID JOIN seal l ON l.scanID = s.id
                JOIN organization o ON o.id = so.organizationID JOIN host h ON h.id = o.hostID
                WHERE h.apiURL = ? AND so.login = ? COLLATE NOCASE GROUP BY o.id ORDER BY link DESC
                """,
            arguments: [apiURL, login]
        ).map { row in
            try Holder(
                rowID: row.decode(forColumn: "id"), id: OrganizationID(rawValue: row.decode(forColumn: "githubID")),
                scan: ScanDifference.Side(
                    id: ScanID(rawValue: row.decode(forColumn: "scanID")), startedAt: row.time("startedAt"),
                    digest: row.decode(forColumn: "digest")))
        }
    }

    private func lastLogin(of rowID: Int64) throws -> String? {
        try String.fetchOne(
            db,
            sql: """
                SELECT so.login FROM scanOrganization so JOIN seal l ON l.scanID = so.scanID
                WHERE so.organizationID = ? ORDER BY l.id DESC LIMIT 1
                """,
            arguments: [rowID])
    }
}

/// How the organizations of a scan were named before it.
struct FormerNames {
    /// The login by which the last scan before knew an organization, by its row.
    private let logins: [Int64: String]
    /// The organization that bore a login at the last scan before that saw it, by the login in small letters.
    private let holders: [String: OrganizationID]

    init(_ db: Database, scanID: Int64) throws {
        // A scan that was not sealed comes after all that were.
        let link = try Int64.fetchOne(db, sql: "SELECT id FROM seal WHERE scanID = ?", arguments: [scanID]) ?? .max
        let earlier = """
            scanOrganization x JOIN seal l ON l.scanID = x.scanID JOIN organization o ON o.id = x.organizationID
            WHERE l.id < ?2 AND o.hostID = (SELECT hostID FROM scan WHERE id = ?1)
            """
        // Of several rows, the columns beside `max` are those of the greatest link.
        logins = try Dictionary(
            uniqueKeysWithValues: Row.fetchAll(
                db,
                sql: """
                    SELECT o.id, x.login, max(l.id) FROM \(earlier)
                        AND o.id IN (SELECT organizationID FROM scanOrganization WHERE scanID = ?1)
                    GROUP BY o.id
                    """,
                arguments: [scanID, link]
            ).map { row in try (row.decode(forColumn: "id"), row.decode(forColumn: "login")) })
        holders = try Dictionary(
            uniqueKeysWithValues: Row.fetchAll(
                db,
                sql: """
                    SELECT lower(x.login) AS login, o.githubID, max(l.id) FROM \(earlier)
                        AND lower(x.login) IN (SELECT lower(login) FROM scanOrganization WHERE scanID = ?1)
                    GROUP BY lower(x.login)
                    """,
                arguments: [scanID, link]
            ).map { row in
                try (row.decode(forColumn: "login"), OrganizationID(rawValue: row.decode(forColumn: "githubID")))
            })
    }

    /// - Returns: `nil` if it had the same login, or was not known.
    func login(of rowID: Int64, now login: String) -> String? {
        logins[rowID].flatMap { $0.lowercased() == login.lowercased() ? nil : $0 }
    }

    /// - Returns: `nil` if nobody bore the login, or the same organization.
    func holder(of login: String, now id: OrganizationID) -> OrganizationID? {
        holders[login.lowercased()].flatMap { $0 == id ? nil : $0 }
    }
}
