import AuditCore
import GRDB

/// Writes what changed among the findings of a policy: those that appeared, that a waiver came to cover or ceased to,
/// and those that went. A waived finding stands open: it is accepted, not mended.
struct FindingWriter {
    private let db: Database
    private let scanID: Int64
    private let hostID: Int64

    init(_ db: Database, scanID: Int64, hostID: Int64) {
        self.db = db
        self.scanID = scanID
        self.hostID = hostID
    }

    func write(_ report: AuditReport) throws {
        let policy = report.policy.name
        let open = try OpenFinding.all(hostID: hostID, policyName: policy, before: scanID, db)
        for finding in report.findings where open[finding.key]?.row.isWaived != !finding.isOpen {
            var row = FindingRow(policyName: policy, ruleID: finding.rule, isOpen: true)
            row.isWaived = !finding.isOpen
            row.severity = finding.severity.rawValue
            row.message = finding.violation.message
            row.firstSeenAt = finding.firstSeen.description
            switch finding.key.subject {
            case .repository(let id): row.repositoryID = try rowID("repository", id.rawValue)
            case .organization(let id): row.organizationID = try rowID("organization", id.rawValue)
            case .waiver(let name): row.waiver = name
            }
            try insert(row)
        }
        let removed = Set(
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT r.githubID FROM repositoryObservation o JOIN repository r ON r.id = o.repositoryID
                    WHERE o.scanID = ? AND o.presence = 'removed'
                    """,
                arguments: [scanID]))
        // What is about a repository goes with it.
        let gone = open.keys.filter { key in
            if case .repository(let id) = key.subject { removed.contains(id.rawValue) } else { false }
        }
        for key in mended(open, report) + gone {
            guard var row = open[key]?.row else { continue }
            row.isOpen = false
            try insert(row)
        }
    }

    // MARK: -

    /// Findings that the scan judged anew and did not find.
    private func mended(_ open: [FindingKey: OpenFinding], _ report: AuditReport) -> [FindingKey] {
        guard !open.isEmpty else { return [] }
        let rules = report.policy.rules
        var passed: [FindingKey] = []
        func note(_ outcomes: [RepositoryReport.Outcome], _ kind: RuleEntry.Subject, _ subject: FindingKey.Subject) {
            for (entry, outcome) in zip(rules, outcomes)
            // An organization to which a rule does not apply may be one of which this scan saw a choice alone.
            where entry.subject == kind && (outcome == .pass || (outcome == .notApplicable && kind == .repository)) {
                let key = FindingKey(rule: entry.id, subject: subject)
                if open[key] != nil { passed.append(key) }
            }
        }
        for repository in report.repositories {
            note(repository.outcomes, .repository, .repository(repository.repository.id))
        }
        for organization in report.organizations {
            if let id = organization.id { note(organization.outcomes, .organization, .organization(id)) }
        }
        return passed + report.passedWaivers.filter { open[$0] != nil } + removedWaivers(open, report)
    }

    /// Findings about waivers of the scanned organizations that are in the file no more, as when they were renewed.
    private func removedWaivers(_ open: [FindingKey: OpenFinding], _ report: AuditReport) -> [FindingKey] {
        guard report.waiverSource != nil else { return [] }
        let logins = report.organizations.map(\.login)
        let identities = Set(logins.flatMap { login in report.waivers.map { $0.identity(under: login) } })
        return open.keys.filter { key in
            guard case .waiver(let identity) = key.subject else { return false }
            return !identities.contains(identity) && logins.contains { identity.hasPrefix("\($0): ") }
        }
    }

    private func rowID(_ table: String, _ githubID: Int64) throws -> Int64? {
        try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM \(table) WHERE hostID = ? AND githubID = ?"),
            arguments: [hostID, githubID])
    }

    func insert(_ row: FindingRow) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO finding (scanID, hostID, repositoryID, organizationID, waiver, policyName, ruleID, isOpen,
                    isWaived, severity, message, firstSeenAt)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """
        ).execute(arguments: [
            scanID, hostID, row.repositoryID, row.organizationID, row.waiver, row.policyName, row.ruleID, row.isOpen,
            row.isWaived, row.severity, row.message, row.firstSeenAt,
        ])
    }
}

/// What a row of `finding` says.
struct FindingRow {
    var policyName: String
    var ruleID: String
    var isOpen: Bool
    var isWaived = false
    var repositoryID: Int64?
    var organizationID: Int64?
    var waiver: String?
    var severity = ""
    var message = ""
    var firstSeenAt = ""
}

/// A finding as it last stood.
struct OpenFinding {
    var row: FindingRow
    var firstSeen: Timestamp

    /// The findings of a policy on a host that stood open before a scan.
    static func all(
        hostID: Int64, policyName: String, before scanID: Int64, _ db: Database,
    ) throws -> [FindingKey: OpenFinding] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT f.ruleID, f.repositoryID, f.organizationID, f.waiver, f.severity, f.message, f.firstSeenAt,
                    r.githubID, o.githubID, max(f.scanID * 4294967296 + f.id), f.isOpen, f.isWaived
                FROM finding f
                LEFT JOIN repository r ON r.id = f.repositoryID
                LEFT JOIN organization o ON o.id = f.organizationID
                WHERE f.hostID = ? AND f.policyName = ? AND f.scanID < ?
                GROUP BY f.ruleID, f.repositoryID, f.organizationID, f.waiver
                """,
            arguments: [hostID, policyName, scanID])
        var findings: [FindingKey: OpenFinding] = [:]
        while let row = try rows.next() {
            // Beside max(), SQLite takes the other columns from the row that has it.
            guard try row.decode(Bool.self, atIndex: 10) else { continue }
            var found = FindingRow(policyName: policyName, ruleID: try row.decode(atIndex: 0), isOpen: true)
            found.isWaived = try row.decode(atIndex: 11)
            found.repositoryID = try row.decode(atIndex: 1)
            found.organizationID = try row.decode(atIndex: 2)
            found.waiver = try row.decode(atIndex: 3)
            found.severity = try row.decode(atIndex: 4)
            found.message = try row.decode(atIndex: 5)
            found.firstSeenAt = try row.decode(atIndex: 6)
            let subject: FindingKey.Subject
            if let id: Int64 = try row.decode(atIndex: 7) {
                subject = .repository(RepositoryID(rawValue: id))
            } else if let id: Int64 = try row.decode(atIndex: 8) {
                subject = .organization(OrganizationID(rawValue: id))
            } else {
                subject = .waiver(found.waiver ?? "")
            }
            findings[FindingKey(rule: found.ruleID, subject: subject)] = OpenFinding(
                row: found, firstSeen: try timestamp(found.firstSeenAt))
        }
        return findings
    }
}
