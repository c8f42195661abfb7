import AuditCore
import GRDB

/// Which organization bore a login when a scan asked for it and did not find it.
struct LoginBearers {
    private let db: Database
    private let apiURL: String
    /// By link, oldest first. Read when it is first asked for: most histories never need it.
    private var seen: [(link: Int64, login: String, id: OrganizationID)]?

    init(_ db: Database, apiURL: String) {
        self.db = db
        self.apiURL = apiURL
    }

    /// The organization that was last found under the login before, unless it was found under another one since; where
    /// none was found before, the first one after.
    ///
    /// - Parameter link: of the scan that did not find it.
    mutating func bearer(of login: String, at link: Int64) throws -> OrganizationID? {
        let seen = try self.seen ?? read()
        self.seen = seen
        let login = login.lowercased()
        let bearers = seen.filter { $0.login == login }
        guard let last = bearers.last(where: { $0.link < link }) else { return bearers.first?.id }
        let name = seen.last { $0.id == last.id && $0.link < link }?.login
        return name == login ? last.id : nil
    }

    private func read() throws -> [(link: Int64, login: String, id: OrganizationID)] {
        try Row.fetchAll(
            db,
            sql: """
                SELECT l.id, so.login, o.githubID FROM scanOrganization so JOIN seal l ON l.scanID = so.scanID
                JOIN organization o ON o.id = so.organizationID JOIN host h ON h.id = o.hostID
                WHERE h.apiURL = ? ORDER BY l.id, so.id
                """,
            arguments: [apiURL]
        ).map { row in
            let login: String = try row.decode(atIndex: 1)
            return try (row.decode(atIndex: 0), login.lowercased(), OrganizationID(rawValue: row.decode(atIndex: 2)))
        }
    }
}
