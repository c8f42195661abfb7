package import AuditCore
import GRDB

// Newest, oldest, before and after are by the chain: a clock that is wrong must not make an older scan the latest.

extension HistoryStore {
    /// The newest scan that read an organization to its end.
    package func lastScan(
        of organization: OrganizationReference, apiURL: String,
    ) async throws(HistoryError) -> StoredScan? {
        try await scan(.latest, apiURL: apiURL, of: [organization])
    }

    /// The scan of that name; `nil` if there is none.
    ///
    /// - Parameter organizations: those of which it must hold every one; empty: whatever it holds.
    package func scan(
        _ reference: ScanReference, apiURL: String, of organizations: [OrganizationReference] = [],
    ) async throws(HistoryError) -> StoredScan? {
        try await read { db in
            var search = ScanSearch(apiURL: apiURL, organizations: organizations)
            switch reference {
            case .id(let id): search.id = id
            case .latest: break
            case .at(let moment): search.latestStart = moment
            case .previous:
                guard let latest = try search.newest(db) else { return nil }
                search.below = latest
                if organizations.isEmpty { search.organizations = latest.organizations }
            }
            return try search.newest(db)
        }
    }

    /// The newest scan before another that holds the organizations.
    ///
    /// - Parameters:
    ///   - sameScope: whether it must have had the same scope, so that nothing is lost or found by that.
    ///   - moment: by when it had begun.
    package func scan(
        before scan: StoredScan, of organizations: [OrganizationReference], sameScope: Bool = false,
        at moment: Timestamp? = nil,
    ) async throws(HistoryError) -> StoredScan? {
        try await read { db in
            var search = ScanSearch(apiURL: scan.apiURL, organizations: organizations)
            search.latestStart = moment
            search.below = scan
            search.hasScopeOfBelow = sameScope
            return try search.newest(db)
        }
    }

    /// The oldest scan that holds the organizations.
    package func firstScan(
        of organizations: [OrganizationReference], apiURL: String,
    ) async throws(HistoryError) -> StoredScan? {
        try await read { db in
            try ScanSearch(apiURL: apiURL, organizations: organizations).all(db, oldestFirst: true, limit: 1).first
        }
    }

    /// The newest pruned scan after another one that had begun by a moment, and that asked for the organizations by any of
    /// their names: what it found is not kept.
    package func prunedScan(
        after scan: StoredScan, by moment: Timestamp, of organizations: [OrganizationReference],
    ) async throws(HistoryError) -> (id: ScanID, startedAt: Timestamp)? {
        try await read { db in
            let names = OrganizationNames(db, apiURL: scan.apiURL)
            let logins = try organizations.map { organization in
                let stored = try names.stored(organization)
                return try [organization.login, stored.login] + (stored.rowID.map(names.logins) ?? [])
            }
            return try Row.fetchOne(
                db,
                sql: """
                    SELECT s.id, s.startedAt FROM prunedScan p JOIN scan s ON s.id = p.scanID JOIN host h ON h.id = s.hostID
                    JOIN seal l ON l.scanID = s.id
                    WHERE h.apiURL = ?1 AND l.id > ?2 AND s.startedAt <= ?3 AND s.state = 'sealed'
                        AND NOT EXISTS (
                            SELECT 1 FROM json_each(?4) wanted WHERE NOT EXISTS (
                                SELECT 1 FROM json_each(s.requested) asked JOIN json_each(wanted.value) name
                                    ON name.value = asked.value COLLATE NOCASE))
                    ORDER BY l.id DESC LIMIT 1
                    """,
                arguments: [
                    scan.apiURL, scan.link, moment.description,
                    "[" + logins.map { JSONColumn.of($0) }.joined(separator: ",") + "]",
                ]
            ).map { row in try (ScanID(rawValue: row.decode(forColumn: "id")), row.time("startedAt")) }
        }
    }

    /// Whether a scan is there in what remained of it alone.
    package func isPruned(_ id: ScanID) async throws(HistoryError) -> Bool {
        try await read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM prunedScan WHERE scanID = ?)", arguments: [id.rawValue]) == true
        }
    }

    /// Whether a scan runs, or was interrupted: the history holds a part of it, of which no report is made.
    package func isOpen(_ id: ScanID) async throws(HistoryError) -> Bool {
        try await read { db in
            try Bool.fetchOne(
                db,
                sql: """
                    SELECT EXISTS (
                        SELECT 1 FROM scan
                        WHERE id = ?1 AND state <> 'sealed' AND NOT EXISTS (SELECT 1 FROM seal WHERE scanID = ?1))
                    """,
                arguments: [id.rawValue]) == true
        }
    }

    /// How many scans run, or were interrupted and not gone on with.
    package func openScanCount(apiURL: String) async throws(HistoryError) -> Int {
        try await read { db in
            try Int.fetchOne(
                db,
                sql: """
                    SELECT count(*) FROM scan s JOIN host h ON h.id = s.hostID
                    WHERE h.apiURL = ? AND s.state <> 'sealed' AND s.id NOT IN (SELECT scanID FROM seal WHERE scanID NOT NULL)
                    """,
                arguments: [apiURL]) ?? 0
        }
    }

    /// Every sealed scan, newest first.
    ///
    /// - Parameter organizations: as above.
    package func scans(
        apiURL: String, of organizations: [OrganizationReference] = [],
    ) async throws(HistoryError) -> [StoredScan] {
        try await read { db in try ScanSearch(apiURL: apiURL, organizations: organizations).all(db) }
    }
}

/// Which sealed scans are looked for.
struct ScanSearch {
    var apiURL: String
    var organizations: [OrganizationReference] = []
    var id: ScanID?
    /// By when they had begun.
    var latestStart: Timestamp?
    /// One before which they stand in the chain.
    var below: StoredScan?
    /// Whether only those of its scope are looked for.
    var hasScopeOfBelow = false
    var scope: Scope?
    /// By which they were judged.
    var policyName: String?
    /// Whether only complete ones are looked for.
    var isComplete = false

    func newest(_ db: Database) throws -> StoredScan? {
        try all(db, limit: 1).first
    }

    /// - Parameter limit: -1: all.
    func all(_ db: Database, oldestFirst: Bool = false, limit: Int = -1) throws -> [StoredScan] {
        let wanted = try OrganizationNames(db, apiURL: apiURL).stored(organizations)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT h.apiURL, (
                        SELECT json_group_array(json_object('login', login, 'id', githubID)) FROM (
                            SELECT so.login, o.githubID FROM scanOrganization so
                            LEFT JOIN organization o ON o.id = so.organizationID
                            WHERE so.scanID = s.id ORDER BY so.id)),
                    (SELECT coalesce(sum(waivedFindings), 0) FROM organizationTally WHERE scanID = s.id),
                    \(ScanRecord.selection("s")), \(SealRecord.selection("l"))
                FROM scan s JOIN host h ON h.id = s.hostID JOIN seal l ON l.scanID = s.id
                WHERE h.apiURL = ?1 AND s.state = 'sealed' AND s.id NOT IN (SELECT scanID FROM prunedScan)
                    AND (?2 IS NULL OR s.id = ?2) AND (?3 IS NULL OR s.startedAt <= ?3)
                    AND (?4 IS NULL OR l.id < ?4)
                    AND (?7 IS NULL OR s.scope = (SELECT scope FROM scan WHERE id = ?7))
                    AND (?8 IS NULL OR s.scope = ?8) AND (?9 IS NULL OR s.policyName = ?9)
                    AND (?10 = 0 OR s.isComplete = 1)
                    AND NOT EXISTS (
                        SELECT 1 FROM json_each(?5) wanted WHERE NOT EXISTS (
                            SELECT 1 FROM scanOrganization so
                            WHERE so.scanID = s.id AND \(StoredOrganization.condition("so", "wanted.value"))))
                ORDER BY l.id \(oldestFirst ? "ASC" : "DESC") LIMIT ?6
                """,
            arguments: [
                apiURL, id?.rawValue, latestStart?.description, below?.link, StoredOrganization.json(wanted), limit,
                hasScopeOfBelow ? below?.id.rawValue : nil, scope.map(JSONColumn.of), policyName, isComplete,
            ])
        var json = JSONTextReader()
        var scans: [StoredScan] = []
        while let row = try rows.next() { scans.append(try StoredScan(row, &json)) }
        return scans
    }
}

extension StoredScan {
    fileprivate init(_ row: Row, _ json: inout JSONTextReader) throws {
        var columns = RowReader(row)
        let apiURL: String = try columns.next()
        let organizations = try json.organizations(columns.next())
        let waivedFindings: Int = try columns.next()
        let scan: ScanRecord = try columns.next()
        let link: SealRecord = try columns.next()
        try self.init(
            id: ScanID(rawValue: scan.id ?? 0), link: link.id ?? 0, apiURL: apiURL,
            isEnterpriseServer: scan.isEnterpriseServer, startedAt: timestamp(scan.startedAt), finishedAt: scan.end(),
            organizations: organizations, scope: JSONColumn.scope(scan.scope), policyName: scan.policyName ?? "",
            policySHA256: scan.policySHA256 ?? "",
            // Whatever else stands there is not known to be compliant.
            verdict: scan.verdict.flatMap(Verdict.init) ?? .incomplete, isComplete: scan.isComplete ?? false,
            summary: scan.summary, requests: scan.requests, toolVersion: scan.toolVersion, digest: link.digest,
            content: link.content, waiversSHA256: scan.waiversSHA256, waivedFindings: waivedFindings)
    }
}
