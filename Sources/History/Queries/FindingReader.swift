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

    /// Findings that stood open after one scan and not after the other, or that were written in between.
    ///
    /// - Parameter organizations: those that are compared; findings of others are left out.
    /// - Returns: in the order of name and rule; `nil` where it did not stand open.
    func changes(
        from before: ScanID, to after: ScanID, of organizations: [OrganizationDifference],
    ) throws -> [(before: StoredFinding?, after: StoredFinding?)] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                WITH touched AS (
                    SELECT DISTINCT f.hostID, f.ruleID, f.repositoryID, f.organizationID, f.waiver
                    FROM finding f JOIN host h ON h.id = f.hostID
                    WHERE h.apiURL = ?1 AND f.policyName = ?2
                        AND f.scanID > min(?3, ?4) AND f.scanID <= max(?3, ?4)),
                ends AS (
                    SELECT t.*, \(Self.lastRow(upTo: "?3")) AS first, \(Self.lastRow(upTo: "?4")) AS last
                    FROM touched t)
                SELECT e.ruleID, r.githubID, o.githubID, e.waiver, g.githubID, x.owner || '/' || x.name,
                    a.isOpen, a.isWaived, a.severity, a.message, a.firstSeenAt,
                    b.isOpen, b.isWaived, b.severity, b.message, b.firstSeenAt
                FROM ends e LEFT JOIN repository r ON r.id = e.repositoryID
                LEFT JOIN organization o ON o.id = e.organizationID
                LEFT JOIN finding a ON a.id = e.first LEFT JOIN finding b ON b.id = e.last
                LEFT JOIN repositoryObservation x ON x.id = (
                    SELECT id FROM repositoryObservation WHERE repositoryID = e.repositoryID
                    ORDER BY scanID DESC, id DESC LIMIT 1)
                LEFT JOIN organization g ON g.id = x.organizationID
                """,
            arguments: [apiURL, policyName, before.rawValue, after.rawValue])
        let logins = Dictionary(
            organizations.map { ($0.id.rawValue, $0.login) }, uniquingKeysWith: { first, _ in first })
        var changes: [(name: String, before: StoredFinding?, after: StoredFinding?)] = []
        while let row = try rows.next() {
            guard let (key, name) = try subject(row, logins) else { continue }
            let found = try (finding(row, at: 6, key, name), finding(row, at: 11, key, name))
            if (found.0 == nil) != (found.1 == nil) { changes.append((name, found.0, found.1)) }
        }
        return changes.sorted {
            let keys = (($0.before ?? $0.after)?.key.rule ?? "", ($1.before ?? $1.after)?.key.rule ?? "")
            return ($0.name.lowercased(), keys.0) < ($1.name.lowercased(), keys.1)
        }.map { ($0.before, $0.after) }
    }

    // MARK: -

    private static func lastRow(upTo scan: String) -> String {
        """
        (SELECT max(f.id) FROM finding f WHERE f.hostID = t.hostID AND f.policyName = ?2 AND f.ruleID = t.ruleID
            AND f.repositoryID IS t.repositoryID AND f.organizationID IS t.organizationID AND f.waiver IS t.waiver
            AND f.scanID <= \(scan))
        """
    }

    /// - Returns: `nil` where it is of another organization.
    private func subject(_ row: Row, _ logins: [Int64: String]) throws -> (FindingKey, String)? {
        let rule: String = try row.decode(atIndex: 0)
        if let id: Int64 = try row.decode(atIndex: 1) {
            guard let organization: Int64 = try row.decode(atIndex: 4), logins[organization] != nil else { return nil }
            return (
                FindingKey(rule: rule, subject: .repository(RepositoryID(rawValue: id))), try row.decode(atIndex: 5)
            )
        }
        if let id: Int64 = try row.decode(atIndex: 2) {
            guard let login = logins[id] else { return nil }
            return (FindingKey(rule: rule, subject: .organization(OrganizationID(rawValue: id))), login)
        }
        let waiver: String = try row.decode(atIndex: 3)
        guard logins.values.contains(where: { waiver.hasPrefix("\($0): ") }) else { return nil }
        return (FindingKey(rule: rule, subject: .waiver(waiver)), waiver)
    }

    /// - Returns: `nil` where it did not stand open.
    private func finding(_ row: Row, at start: Int, _ key: FindingKey, _ name: String) throws -> StoredFinding? {
        guard try row.decode(Bool?.self, atIndex: start) == true else { return nil }
        return try StoredFinding(
            key: key, severity: Severity(rawValue: row.decode(atIndex: start + 2)) ?? .critical,
            message: row.decode(atIndex: start + 3), name: name, firstSeen: timestamp(row.decode(atIndex: start + 4)),
            isWaived: row.decode(atIndex: start + 1))
    }
}
