package import AuditCore
import GRDB

extension HistoryStore {
    /// What each scan counted, oldest first; nothing for scans from before the history kept counts.
    ///
    /// - Parameters:
    ///   - organization: under all its names; `nil`: all.
    ///   - since: the scans of each organization after the last that had begun before it.
    ///   - like: a scan up to which is told, and of whose scope those are that are told of; `nil`: all.
    package func trend(
        apiURL: String, of organization: OrganizationReference? = nil, since: Timestamp? = nil,
        withScopeOf like: ScanID? = nil,
    ) async throws(HistoryError) -> [TrendPoint] {
        try await read { db in
            let only = try organization.map { try OrganizationNames(db, apiURL: apiURL).stored($0).rowID ?? 0 }
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT o.githubID, so.login, l.digest, \(Self.isWhole),
                        CASE so.listingStatus WHEN 'partial'
                            THEN max(1, json_array_length(so.missing), coalesce(so.expected, 0) - so.listed)
                            ELSE json_array_length(so.missing) END,
                        \(ScanRecord.selection("s")), \(TallyRecord.selection("t"))
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
                var columns = RowReader(row)
                let organizationID = OrganizationID(rawValue: try columns.next())
                let (login, digest, isWhole, unlisted): (String, String, Bool, Int) = try (
                    columns.next(), columns.next(), columns.next(), columns.next()
                )
                let scan: ScanRecord = try columns.next()
                var tally = try columns.next(TallyRecord.self).tally
                tally.unlisted = unlisted
                points.append(
                    try TrendPoint(
                        scan: ScanDifference.Side(
                            id: ScanID(rawValue: scan.id ?? 0), startedAt: timestamp(scan.startedAt), digest: digest),
                        organization: login, organizationID: organizationID, isComplete: isWhole,
                        policyName: scan.policyName ?? "", scope: JSONColumn.scope(scan.scope),
                        tally: tally))
            }
            return points
        }
    }

    /// Whether a scan could read and decide everything of the organization of `so` and `t`: of an incomplete one, where it
    /// lacks nothing there and another organization explains that.
    private static let isWhole = """
        (s.isComplete OR NOT \(isShort("so", "t")) AND EXISTS (
            SELECT 1 FROM scanOrganization x
            LEFT JOIN organizationTally y ON y.scanID = x.scanID AND y.organizationID = x.organizationID
            WHERE x.scanID = s.id AND x.id <> so.id AND \(isShort("x", "y"))))
        """

    private static func isShort(_ organization: String, _ tally: String) -> String {
        """
        (\(organization).organizationID IS NULL OR \(organization).templateStatus = 'unreadable'
            OR \(organization).listingStatus = 'partial' OR \(organization).missing <> '[]'
            OR \(tally).unreadable > \(tally).acceptedUnread)
        """
    }

    /// How large the history is, table by table.
    package func statistics() async throws(HistoryError) -> HistoryStatistics {
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
