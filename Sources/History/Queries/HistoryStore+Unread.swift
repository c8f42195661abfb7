import AuditCore
import GRDB

extension HistoryStore {
    /// Why repositories can't be read of which a waiver of `readable` speaks, by the last scan that looked at each: a list of
    /// one problem for each kind.
    static func unreadProblems(of waiver: Waiver, hostID: Int64, _ db: Database) throws -> [[String]] {
        let logins = try LastFinding.scannedOrganizations(before: .max, db)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.githubID, o.owner || '/' || o.name, o.organizationID, c.errorCode, c.errorMessage
                FROM coverage c JOIN repository r ON r.id = c.repositoryID
                JOIN repositoryObservation o ON o.id = (
                    SELECT id FROM repositoryObservation WHERE repositoryID = r.id ORDER BY scanID DESC, id DESC LIMIT 1)
                WHERE r.hostID = ? AND c.errorCode NOT NULL AND o.presence = 'listed' AND c.id = (
                    SELECT id FROM coverage WHERE repositoryID = r.id ORDER BY scanID DESC, id DESC LIMIT 1)
                """,
            arguments: [hostID])
        var problems: Set<String> = []
        while let row = try rows.next() {
            let id = RepositoryID(rawValue: try row.decode(atIndex: 0))
            let login = try row.decode(Int64?.self, atIndex: 2).flatMap { logins[$0]?.login }
            let key = FindingKey(rule: waiver.rule, subject: .repository(id))
            guard waiver.covers(key, name: try row.decode(atIndex: 1), of: login) else { continue }
            if let problem = UnreadableReason(stored: try row.decode(atIndex: 3), try row.decode(atIndex: 4)).problem {
                problems.insert(problem)
            }
        }
        return problems.sorted().map { [$0] }
    }
}
