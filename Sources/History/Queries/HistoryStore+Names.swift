package import AuditCore
import GRDB

/// Names under which scans saw repositories and organizations, the present ones among them.
package struct SeenNames: Sendable {
    package var repositories: [(fullName: String, id: RepositoryID)]
    package var logins: [(login: String, id: OrganizationID)]

    package init(
        repositories: [(fullName: String, id: RepositoryID)] = [], logins: [(login: String, id: OrganizationID)] = [],
    ) {
        self.repositories = repositories
        self.logins = logins
    }
}

extension HistoryStore {
    /// Every full name that a repository ever listed by one of the organizations had, and every login of theirs.
    ///
    /// - Parameter scan: the last scan that counts.
    package func namesSeen(
        of organizations: [OrganizationReference], apiURL: String, upTo scan: ScanID,
    ) async throws(HistoryError) -> SeenNames {
        try await read { db in
            let rows = try OrganizationNames(db, apiURL: apiURL).stored(organizations).compactMap(\.rowID)
            let wanted = "[" + rows.map(String.init).joined(separator: ",") + "]"
            let repositories = try Row.fetchAll(
                db,
                sql: """
                    WITH own AS MATERIALIZED (
                        SELECT DISTINCT repositoryID AS id FROM repositoryObservation
                        WHERE scanID <= ?2 AND organizationID IN (SELECT value FROM json_each(?1)))
                    SELECT DISTINCT o.owner, o.name, r.githubID
                    FROM own JOIN repositoryObservation o ON o.repositoryID = own.id JOIN repository r ON r.id = own.id
                    WHERE o.scanID <= ?2 ORDER BY o.owner, o.name, r.githubID
                    """,
                arguments: [wanted, scan.rawValue]
            ).map { row -> (fullName: String, id: RepositoryID) in
                let owner: String = try row.decode(atIndex: 0)
                let name: String = try row.decode(atIndex: 1)
                let id: Int64 = try row.decode(atIndex: 2)
                return ("\(owner)/\(name)", RepositoryID(rawValue: id))
            }
            let logins = try Row.fetchAll(
                db,
                sql: """
                    SELECT DISTINCT so.login, o.githubID
                    FROM scanOrganization so JOIN organization o ON o.id = so.organizationID
                    WHERE o.id IN (SELECT value FROM json_each(?1)) AND so.scanID <= ?2 ORDER BY so.login, o.githubID
                    """,
                arguments: [wanted, scan.rawValue]
            ).map { row -> (login: String, id: OrganizationID) in
                let login: String = try row.decode(atIndex: 0)
                let id: Int64 = try row.decode(atIndex: 1)
                return (login, OrganizationID(rawValue: id))
            }
            return SeenNames(repositories: repositories, logins: logins)
        }
    }
}
