package import AuditCore
import GRDB

extension HistoryStore {
    /// What each scan counted, oldest first; nothing for scans from before the history kept counts. A scan that did not find
    /// an organization that was counted before has a point without counts.
    ///
    /// - Parameters:
    ///   - organization: under all its names; `nil`: all.
    ///   - since: the scans of each organization after the last that had begun before it.
    ///   - like: the last scan to include; only scans of its scope are. `nil`: all.
    package func trend(
        apiURL: String, of organization: OrganizationReference? = nil, since: Timestamp? = nil,
        withScopeOf like: ScanID? = nil,
    ) async throws(HistoryError) -> [TrendPoint] {
        try await read { db in
            let only = try organization.map { try OrganizationNames(db, apiURL: apiURL).stored($0).rowID ?? 0 }
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT o.githubID, so.login, l.id, l.digest, \(Self.isWhole),
                        CASE so.listingStatus WHEN 'partial'
                            THEN max(1, json_array_length(so.missing), coalesce(so.expected, 0) - so.listed)
                            ELSE json_array_length(so.missing) END,
                        \(ScanRecord.selection("s")), \(TallyRecord.selection("t"))
                    FROM organizationTally t JOIN scan s ON s.id = t.scanID JOIN host h ON h.id = s.hostID
                    JOIN seal l ON l.scanID = s.id
                    JOIN scanOrganization so ON so.scanID = s.id AND so.organizationID = t.organizationID
                    JOIN organization o ON o.id = t.organizationID
                    WHERE h.apiURL = ?1 AND \(Self.isLike) AND (?3 IS NULL OR t.organizationID = ?3)
                        AND (?4 IS NULL OR l.id > coalesce((
                            SELECT max(b.id) FROM organizationTally e JOIN scan c ON c.id = e.scanID
                            JOIN seal b ON b.scanID = c.id
                            WHERE e.organizationID = t.organizationID AND c.startedAt < ?4), 0))
                    ORDER BY l.id, so.id
                    """,
                arguments: [apiURL, like?.rawValue, only, since?.description])
            var points: [(link: Int64, point: TrendPoint)] = []
            while let row = try rows.next() {
                var columns = RowReader(row)
                let organizationID = OrganizationID(rawValue: try columns.next())
                let (login, link, digest): (String, Int64, String) = try (
                    columns.next(), columns.next(), columns.next()
                )
                let (isWhole, unlisted): (Bool, Int) = try (columns.next(), columns.next())
                let scan: ScanRecord = try columns.next()
                var tally = try columns.next(TallyRecord.self).tally
                tally.unlisted = unlisted
                let point = try TrendPoint(
                    scan, digest, of: organizationID, login: login, isComplete: isWhole, tally: tally)
                points.append((link, point))
            }
            let unread = try Self.unreadPoints(of: only, since: since, apiURL: apiURL, withScopeOf: like, db)
            // Organizations of one scan stay in their order.
            return (points + unread).enumerated()
                .sorted { ($0.element.link, $0.offset) < ($1.element.link, $1.offset) }.map(\.element.point)
        }
    }

    /// Scans that did not find an organization, each after the first that counted it.
    ///
    /// - Parameter only: row id of the organization; `nil`: all.
    private static func unreadPoints(
        of only: Int64?, since: Timestamp?, apiURL: String, withScopeOf like: ScanID?, _ db: Database,
    ) throws -> [(link: Int64, point: TrendPoint)] {
        var first: [OrganizationID: Int64] = [:]
        for row in try Row.fetchAll(
            db,
            sql: """
                SELECT o.githubID, min(l.id) FROM organizationTally t JOIN seal l ON l.scanID = t.scanID
                JOIN organization o ON o.id = t.organizationID JOIN host h ON h.id = o.hostID
                WHERE h.apiURL = ?1 AND (?2 IS NULL OR o.id = ?2) GROUP BY o.id
                """,
            arguments: [apiURL, only])
        {
            first[OrganizationID(rawValue: try row.decode(atIndex: 0))] = try row.decode(atIndex: 1)
        }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT so.login, l.id, l.digest, \(ScanRecord.selection("s"))
                FROM scanOrganization so JOIN scan s ON s.id = so.scanID JOIN host h ON h.id = s.hostID
                JOIN seal l ON l.scanID = s.id
                WHERE h.apiURL = ?1 AND so.organizationID IS NULL AND \(isLike)
                    AND (?3 IS NULL OR s.startedAt >= ?3)
                ORDER BY l.id, so.id
                """,
            arguments: [apiURL, like?.rawValue, since?.description])
        var bearers = LoginBearers(db, apiURL: apiURL)
        var points: [(link: Int64, point: TrendPoint)] = []
        while let row = try rows.next() {
            var columns = RowReader(row)
            let (login, link, digest): (String, Int64, String) = try (columns.next(), columns.next(), columns.next())
            guard let id = try bearers.bearer(of: login, at: link), let start = first[id], start < link else {
                continue
            }
            points.append(
                (link, try TrendPoint(columns.next(), digest, of: id, login: login, isComplete: false, tally: nil)))
        }
        return points
    }

    /// Whether the scan of `s` and `l` has the scope of another and is not after it.
    private static let isLike = """
        (?2 IS NULL OR s.scope = (SELECT scope FROM scan WHERE id = ?2)
            -- A scan that was not sealed comes after all that were.
            AND (l.id <= (SELECT id FROM seal WHERE scanID = ?2) OR NOT EXISTS (SELECT 1 FROM seal WHERE scanID = ?2)))
        """

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

extension TrendPoint {
    fileprivate init(
        _ scan: ScanRecord, _ digest: String, of organizationID: OrganizationID, login: String, isComplete: Bool,
        tally: OrganizationTally?,
    ) throws {
        try self.init(
            scan: ScanDifference.Side(
                id: ScanID(rawValue: scan.id ?? 0), startedAt: timestamp(scan.startedAt), digest: digest),
            organization: login, organizationID: organizationID, isComplete: isComplete,
            policyName: scan.policyName ?? "", scope: JSONColumn.scope(scan.scope), tally: tally)
    }
}
