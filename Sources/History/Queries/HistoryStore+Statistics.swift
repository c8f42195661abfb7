public import AuditCore
import GRDB

extension HistoryStore {
    /// What each scan counted, oldest first; nothing for scans from before the history kept counts.
    ///
    /// - Parameters:
    ///   - organization: under all its names; `nil`: all.
    ///   - since: the scans of each organization after the last that had begun before it.
    ///   - like: a scan up to which is told, and of whose scope those are that are told of; `nil`: all.
    public func trend(
        apiURL: String, of organization: OrganizationReference? = nil, since: Timestamp? = nil,
        withScopeOf like: ScanID? = nil,
    ) async throws(HistoryError) -> [TrendPoint] {
        try await read { db in
            let only = try organization.map { try OrganizationNames(db, apiURL: apiURL).stored($0).rowID ?? 0 }
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT s.id, s.startedAt, l.digest, so.login, s.isComplete, s.policyName, o.githubID, s.scope,
                        \(TallyWriter.selection)
                    FROM organizationTally t JOIN scan s ON s.id = t.scanID JOIN host h ON h.id = s.hostID
                    JOIN seal l ON l.scanID = s.id
                    JOIN scanOrganization so ON so.scanID = s.id AND so.organizationID = t.organizationID
                    JOIN organization o ON o.id = t.organizationID
                    WHERE h.apiURL = ?1 AND (?2 IS NULL OR t.organizationID = ?2)
                        AND (?3 IS NULL OR l.id > coalesce((
                            SELECT max(b.id) FROM organizationTally e JOIN scan c ON c.id = e.scanID
                            JOIN seal b ON b.scanID = c.id
                            WHERE e.organizationID = t.organizationID AND c.startedAt < ?3), 0))
                        AND (?4 IS NULL OR s.scope = (SELECT scope FROM scan WHERE id = ?4)
                            -- A scan that was not sealed comes after all that were.
                            AND (l.id <= (SELECT id FROM seal WHERE scanID = ?4)
                                OR NOT EXISTS (SELECT 1 FROM seal WHERE scanID = ?4)))
                    ORDER BY l.id, so.id
                    """,
                arguments: [apiURL, only, since?.description, like?.rawValue])
            var points: [TrendPoint] = []
            while let row = try rows.next() {
                points.append(
                    try TrendPoint(
                        scan: ScanDifference.Side(
                            id: ScanID(rawValue: row.decode(atIndex: 0)),
                            startedAt: timestamp(row.decode(atIndex: 1)), digest: row.decode(atIndex: 2)),
                        organization: row.decode(atIndex: 3),
                        organizationID: OrganizationID(rawValue: row.decode(atIndex: 6)),
                        isComplete: row.decode(atIndex: 4) ?? false, policyName: row.decode(atIndex: 5) ?? "",
                        scope: JSONColumn.scope(row.decode(atIndex: 7)), tally: OrganizationTally(row, at: 8)))
            }
            return points
        }
    }

    /// How large the history is, table by table.
    public func statistics() async throws(HistoryError) -> HistoryStatistics {
        let path = path
        return try await read { db in
            let tables = try String.fetchAll(
                db,
                sql: """
                    SELECT name FROM sqlite_schema
                    WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'grdb_%' ORDER BY name
                    """
            ).map { name in
                HistoryStatistics.Table(
                    name: name,
                    rows: try Int.fetchOne(db, sql: "SELECT count(*) FROM \(name.quotedDatabaseIdentifier)") ?? 0,
                    bytes: try? Int.fetchOne(
                        db,
                        sql: """
                            SELECT sum(pgsize) FROM dbstat WHERE aggregate = TRUE
                                AND name IN (SELECT name FROM sqlite_schema WHERE tbl_name = ?)
                            """,
                        arguments: [name]))
            }
            return try HistoryStatistics(
                path: path, bytes: Self.fileBytes(db),
                scans: Int.fetchOne(db, sql: "SELECT count(*) FROM scan WHERE state = 'sealed'") ?? 0,
                prunedScans: Int.fetchOne(db, sql: "SELECT count(*) FROM prunedScan") ?? 0,
                repositoryNights: Int.fetchOne(db, sql: "SELECT sum(listed) FROM scan WHERE state = 'sealed'") ?? 0,
                tables: tables)
        }
    }

    /// The size of the file, without what waits in its log.
    static func fileBytes(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size") ?? 0
    }
}
