package import AuditCore
import GRDB

/// A host as far as a history knows it.
package struct StoredHost: Hashable, Sendable {
    package var apiURL: String
    /// Sealed scans, pruned ones too, and those that run or were interrupted.
    package var scans: Int
    package var openScans: Int
    /// Sets of changes in the journal.
    package var changesets: Int
    /// Whether some organization was ever found there.
    package var wasRead: Bool
}

extension HistoryStore {
    /// Hosts of which the history holds anything, in the order of their addresses.
    package func hosts() async throws(HistoryError) -> [StoredHost] {
        try await read { db in
            try Row.fetchAll(
                db,
                sql: """
                    SELECT h.apiURL,
                        (SELECT count(*) FROM scan WHERE hostID = h.id AND state = 'sealed') AS scans,
                        (SELECT count(*) FROM scan WHERE hostID = h.id AND state <> 'sealed') AS openScans,
                        (SELECT count(*) FROM changeset WHERE hostID = h.id) AS changesets,
                        EXISTS (SELECT 1 FROM organization WHERE hostID = h.id) AS wasRead
                    FROM host h WHERE scans + openScans + changesets > 0 ORDER BY h.apiURL
                    """
            ).map { row in
                try StoredHost(
                    apiURL: row.decode(forColumn: "apiURL"), scans: row.decode(forColumn: "scans"),
                    openScans: row.decode(forColumn: "openScans"), changesets: row.decode(forColumn: "changesets"),
                    wasRead: row.decode(forColumn: "wasRead"))
            }
        }
    }

    /// Address of the host that a scan read; `nil` if there is no such scan.
    package func apiURL(of scan: ScanID) async throws(HistoryError) -> String? {
        try await read { db in
            try String.fetchOne(
                db, sql: "SELECT h.apiURL FROM scan s JOIN host h ON h.id = s.hostID WHERE s.id = ?",
                arguments: [scan.rawValue])
        }
    }
}
