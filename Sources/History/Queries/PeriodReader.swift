import AuditCore
import GRDB

/// Scans of one organization that a period needs: the one from before it, and those in it.
struct PeriodScans: Sendable {
    let rowID: Int64
    let organization: OrganizationReference
    /// Oldest first; the first is from before the period where `hasStart`.
    let scans: [StoredScan]
    let hasStart: Bool

    var start: StoredScan? { hasStart ? scans[0] : nil }

    /// The last one that found the organization.
    var end: StoredScan? { scans.last { $0.holds(organization.id) } }

    /// The scan of that number, or the first of these after it.
    func side(from number: Int64) -> ScanDifference.Side? { scans.first { $0.id.rawValue >= number }?.side }
}

extension StoredScan {
    fileprivate func holds(_ organization: OrganizationID?) -> Bool {
        organization != nil && organizations.contains { $0.id == organization }
    }
}

/// Reads what a history holds of a period, but for changes: these come of comparing one scan with the next.
struct PeriodReader {
    let db: Database
    let apiURL: String
    let since: Timestamp
    let until: Timestamp

    /// Each organization's scans, in alphabetical order; none of an organization that no scan had found by the end.
    ///
    /// - Parameter organizations: of which; empty: all.
    func scans(of organizations: [OrganizationReference]) throws -> [PeriodScans] {
        let names = OrganizationNames(db, apiURL: apiURL)
        let all = try ScanSearch(apiURL: apiURL, latestStart: until).all(db, oldestFirst: true)
        let wanted = organizations.isEmpty ? try names.all() : organizations
        return try wanted.compactMap { organization in
            let stored = try names.stored(organization)
            guard let rowID = stored.rowID, let id = try Self.githubID(of: rowID, db) else { return nil }
            let logins = Set(try names.logins(of: rowID).map { $0.lowercased() })
            let asked = all.filter { scan in
                scan.organizations.contains { other in
                    other.id == id || (other.id == nil && logins.contains(other.login.lowercased()))
                }
            }
            // A scan of some repositories does not stand for the others; but one from before the period does not stand for
            // what scans within it did not look at.
            let whole = asked.filter { !$0.isNarrow }
            let within = asked.filter { $0.startedAt > since }
            let hasWhole = within.isEmpty ? !whole.isEmpty : within.contains { !$0.isNarrow }
            let own = hasWhole ? whole : asked.filter { $0.scope == asked.last?.scope }
            let before = own.filter { $0.startedAt <= since }
            let start = before.last { $0.holds(id) } ?? before.last
            let later = own.filter { $0.startedAt > since && $0.link > start?.link ?? 0 }
            guard start != nil || !later.isEmpty else { return nil }
            return PeriodScans(
                rowID: rowID, organization: OrganizationReference(login: stored.login, id: id),
                scans: (start.map { [$0] } ?? []) + later, hasStart: start != nil)
        }
    }

    /// Every scan of the organizations that began in the period, oldest first: those of some repositories too.
    func scansWithin(_ organizations: [PeriodScans]) throws -> [StoredScan] {
        let names = OrganizationNames(db, apiURL: apiURL)
        let ids = Set(organizations.compactMap(\.organization.id))
        let logins = Set(try organizations.flatMap { try names.logins(of: $0.rowID) }.map { $0.lowercased() })
        return try ScanSearch(apiURL: apiURL, latestStart: until).all(db, oldestFirst: true).filter { scan in
            scan.startedAt > since
                && scan.organizations.contains { other in
                    other.id.map(ids.contains) ?? logins.contains(other.login.lowercased())
                }
        }
    }

    /// Whether what two scans of an organization knew of its repositories or its template may differ.
    func mayDiffer(_ before: StoredScan, _ after: StoredScan) throws -> Bool {
        if before.scope != after.scope || before.isEnterpriseServer != after.isEnterpriseServer { return true }
        return try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM settingObservation WHERE scanID > ?1 AND scanID <= ?2)
                        OR EXISTS (SELECT 1 FROM repositoryObservation WHERE scanID > ?1 AND scanID <= ?2)
                        OR EXISTS (SELECT 1 FROM coverage WHERE scanID > ?1 AND scanID <= ?2)
                        OR EXISTS (SELECT 1 FROM scanProgress WHERE scanID IN (?1, ?2))
                        OR EXISTS (
                            SELECT 1 FROM scanOrganization a WHERE a.scanID IN (?1, ?2) AND NOT EXISTS (
                                SELECT 1 FROM scanOrganization b WHERE b.scanID = ?1 + ?2 - a.scanID
                                    AND b.organizationID = a.organizationID AND b.listingStatus = a.listingStatus
                                    AND b.templateStatus = a.templateStatus AND b.templateStatus <> 'unreadable'
                                    AND b.templateClaimKeys IS a.templateClaimKeys
                                    AND b.templateUseImmutableSubject IS a.templateUseImmutableSubject))
                    """), arguments: [before.id.rawValue, after.id.rawValue]) == true
    }

    static func githubID(of rowID: Int64, _ db: Database) throws -> OrganizationID? {
        try Int64.fetchOne(db, sql: "SELECT githubID FROM organization WHERE id = ?", arguments: [rowID])
            .map(OrganizationID.init)
    }

    // MARK: - Findings

    /// Findings that stood open at a scan of the period, worst first.
    func findings(_ organizations: [PeriodScans]) throws -> [PeriodFinding] {
        let last = organizations.flatMap(\.scans).map(\.id.rawValue).max() ?? 0
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.githubID, o.githubID, \(FindingRecord.selection("f")) FROM finding f
                LEFT JOIN repository r ON r.id = f.repositoryID LEFT JOIN organization o ON o.id = f.organizationID
                WHERE f.hostID = (SELECT id FROM host WHERE apiURL = ?1) AND f.scanID <= ?2
                    AND f.scanID IN (SELECT scanID FROM seal)
                ORDER BY f.policyName, f.ruleID, f.repositoryID, f.organizationID, f.waiver, f.scanID, f.id
                """,
            arguments: [apiURL, last])
        var found: [FoundFinding] = []
        var current: FoundFinding?
        while let row = try rows.next() {
            var columns = RowReader(row)
            let (repository, organization): (Int64?, Int64?) = try (columns.next(), columns.next())
            let record: FindingRecord = try columns.next()
            if let known = current, known.isSame(as: record) {
                current?.rows.append(record)
            } else {
                if let current { found.append(current) }
                current = FoundFinding(repository: repository, organization: organization, rows: [record])
            }
        }
        if let current { found.append(current) }
        let names = try RepositoryNames(db, of: found.compactMap(\.rows[0].repositoryRowID), upTo: last)
        var json = JSONTextReader()
        return try found.compactMap { finding in
            try finding.inPeriod(organizations, names, &json)
        }.sorted { one, other in
            let (left, right) = (one.finding, other.finding)
            if left.severity != right.severity { return left.severity > right.severity }
            return (left.key.rule, left.name, one.policyName) < (right.key.rule, right.name, other.policyName)
        }
    }
}

/// What repositories were called last, and whose they were.
struct RepositoryNames {
    private(set) var known: [Int64: (fullName: String, organization: Int64)] = [:]

    /// - Parameter repositories: their row ids.
    init(_ db: Database, of repositories: [Int64], upTo scan: Int64) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT x.repositoryID, x.owner || '/' || x.name, x.organizationID
                FROM json_each(?1) e JOIN repositoryObservation x
                    ON x.id = \(RepositoryRecord.last(of: "e.value", upTo: "?2"))
                """,
            arguments: ["[" + Set(repositories).map(String.init).joined(separator: ",") + "]", scan])
        while let row = try rows.next() {
            known[try row.decode(atIndex: 0)] = try (row.decode(atIndex: 1), row.decode(atIndex: 2))
        }
    }
}

/// The rows of one finding under one policy, oldest first.
private struct FoundFinding {
    let repository: Int64?
    let organization: Int64?
    var rows: [FindingRecord]

    func isSame(as record: FindingRecord) -> Bool {
        rows[0].identity == record.identity && rows[0].policyName == record.policyName
    }

    /// - Returns: `nil` where it stood open at none of the period's scans.
    func inPeriod(
        _ organizations: [PeriodScans], _ names: RepositoryNames, _ json: inout JSONTextReader,
    ) throws -> PeriodFinding? {
        let name = rows[0].repositoryRowID.flatMap { names.known[$0] }
        let owner = organizations.first { own in
            if let row = name?.organization ?? rows[0].organizationRowID { return own.rowID == row }
            return rows[0].waiver?.lowercased().hasPrefix("\(own.organization.login.lowercased()): ") ?? false
        }
        guard let owner else { return nil }
        // Other policies did not look for it.
        let judged = owner.scans.filter { $0.policyName == rows[0].policyName }
        var next = rows.count - 1
        var standing: (row: FindingRecord, scan: StoredScan, next: Int)?
        for scan in judged.reversed() {
            while next >= 0, rows[next].scanID > scan.id.rawValue { next -= 1 }
            guard next >= 0 else { break }
            if rows[next].isOpen {
                standing = (rows[next], scan, next + 1)
                break
            }
        }
        guard let (row, scan, after) = standing else { return nil }
        let gone = after < rows.count ? owner.side(from: rows[after].scanID) : nil
        let state: PeriodFinding.State =
            gone != nil
            ? .gone : owner.scans.last?.policyName != row.policyName ? .notJudged : row.isWaived ? .waived : .open
        let (key, title): (FindingKey.Subject, String) =
            if let repository {
                (.repository(RepositoryID(rawValue: repository)), name?.fullName ?? "repository \(repository)")
            } else if let organization {
                (.organization(OrganizationID(rawValue: organization)), owner.organization.login)
            } else {
                (.waiver(row.waiver ?? ""), row.waiver ?? "")
            }
        return PeriodFinding(
            finding: try row.finding(key, name: title, organization: owner.organization.id, &json),
            policyName: row.policyName, state: state, lastSeen: scan.side, goneBy: gone)
    }
}
