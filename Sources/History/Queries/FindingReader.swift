import AuditCore
import GRDB

/// Reads what a policy found, scan by scan.
struct FindingReader {
    private let db: Database
    private let apiURL: String
    private let policyName: String

    init(_ db: Database, apiURL: String, policyName: String) {
        self.db = db
        self.apiURL = apiURL
        self.policyName = policyName
    }

    /// A finding that stood open after one of two scans.
    struct Change: Sendable {
        var finding: StoredFinding
        /// Whether it was the earlier one.
        var wasOpen: Bool

        func concerns(_ difference: OrganizationDifference) -> Bool {
            switch finding.key.subject {
            case .repository: finding.organization == difference.id
            case .organization(let id): id == difference.id
            case .waiver(let name): name.hasPrefix("\(difference.login): ")
            }
        }
    }

    /// Findings that stood open after one scan and not after the other, in the order of name and rule.
    func changes(from before: ScanID, to after: ScanID) throws -> [Change] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                -- The last row up to each scan: its scan, its id in 32 bits, and in the lowest one whether it stood open.
                WITH ends AS (
                    SELECT repositoryID, organizationID,
                        coalesce(max(CASE WHEN scanID <= ?3 THEN scanID << 33 | id << 1 | isOpen END), 0) AS first,
                        coalesce(max(CASE WHEN scanID <= ?4 THEN scanID << 33 | id << 1 | isOpen END), 0) AS last
                    FROM finding
                    WHERE hostID = (SELECT id FROM host WHERE apiURL = ?1) AND policyName = ?2
                    GROUP BY ruleID, repositoryID, organizationID, waiver HAVING first % 2 <> last % 2)
                SELECT e.first % 2, f.ruleID, r.githubID, o.githubID, f.waiver, g.githubID, x.owner || '/' || x.name,
                    f.isWaived, f.severity, f.message, f.firstSeenAt,
                    -- Looked for where there is one alone: it takes a walk through the table.
                    CASE WHEN e.organizationID NOT NULL THEN (
                        SELECT login FROM scanOrganization WHERE organizationID = e.organizationID
                        ORDER BY id DESC LIMIT 1) END
                FROM ends e JOIN finding f ON f.id = (CASE WHEN e.first % 2 THEN e.first ELSE e.last END) >> 1 & 0xFFFFFFFF
                LEFT JOIN repository r ON r.id = e.repositoryID
                LEFT JOIN organization o ON o.id = e.organizationID
                LEFT JOIN repositoryObservation x ON x.id = (
                    SELECT id FROM repositoryObservation
                    WHERE repositoryID = e.repositoryID AND scanID <= max(?3, ?4) ORDER BY scanID DESC, id DESC LIMIT 1)
                LEFT JOIN organization g ON g.id = x.organizationID
                """,
            arguments: [apiURL, policyName, before.rawValue, after.rawValue])
        var changes: [Change] = []
        // Places are sorted in the changes' stead, which are too large to be moved about.
        var places: [(order: ReportOrder, rule: String, place: Int)] = []
        while let row = try rows.next() {
            let finding = try finding(row)
            places.append((ReportOrder(finding.name), finding.key.rule, changes.count))
            changes.append(Change(finding: finding, wasOpen: try row.decode(atIndex: 0)))
        }
        return places.sorted { $0.order.precedes($1.order, or: $0.rule < $1.rule) }.map { changes[$0.place] }
    }

    // MARK: -

    private func finding(_ row: Row) throws -> StoredFinding {
        let subject: FindingKey.Subject
        let name: String
        if let id: Int64 = try row.decode(atIndex: 2) {
            subject = .repository(RepositoryID(rawValue: id))
            name = try row.decode(atIndex: 6)
        } else if let id: Int64 = try row.decode(atIndex: 3) {
            subject = .organization(OrganizationID(rawValue: id))
            name = try row.decode(atIndex: 11) ?? "organization \(id)"
        } else {
            name = try row.decode(atIndex: 4)
            subject = .waiver(name)
        }
        return try StoredFinding(
            key: FindingKey(rule: row.decode(atIndex: 1), subject: subject),
            severity: Severity(rawValue: row.decode(atIndex: 8)) ?? .critical, message: row.decode(atIndex: 9),
            name: name, firstSeen: timestamp(row.decode(atIndex: 10)), isWaived: row.decode(atIndex: 7),
            organization: row.decode(Int64?.self, atIndex: 5).map(OrganizationID.init))
    }
}
