import AuditCore
import GRDB

/// Writes what changed among the findings of a policy: those that appeared and those that went.
struct FindingWriter {
    private let db: Database
    private let scanID: Int64

    init(_ db: Database, scanID: Int64) {
        self.db = db
        self.scanID = scanID
    }

    func write(_ report: AuditReport) throws {
        let policy = report.policy.name
        let open = try OpenFinding.all(apiURL: report.apiURL, policyName: policy, db)
        for finding in report.findings where open[finding.key] == nil {
            guard let id = finding.repositoryID else { continue }
            try db.cachedStatement(
                sql: """
                    INSERT INTO finding (scanID, repositoryID, policyName, ruleID, isOpen, severity, message, firstSeenAt)
                    SELECT ?, r.id, ?, ?, 1, ?, ?, ?
                    FROM repository r JOIN host h ON h.id = r.hostID WHERE h.apiURL = ? AND r.githubID = ?
                    """
            ).execute(arguments: [
                scanID, policy, finding.rule, finding.severity.rawValue, finding.violation.message,
                finding.firstSeen.description, report.apiURL, id.rawValue,
            ])
        }
        guard !open.isEmpty else { return }
        for repository in report.repositories {
            for (entry, outcome) in zip(report.policy.rules, repository.outcomes)
            where outcome == .pass || outcome == .notApplicable {
                let key = FindingKey(rule: entry.id, repositoryID: repository.repository.id)
                if let gone = open[key] { try close(gone, key, policy) }
            }
        }
    }

    // MARK: -

    private func close(_ finding: OpenFinding, _ key: FindingKey, _ policy: String) throws {
        try db.cachedStatement(
            sql: """
                INSERT INTO finding (scanID, repositoryID, policyName, ruleID, isOpen, severity, message, firstSeenAt)
                SELECT ?1, repositoryID, policyName, ruleID, 0, severity, message, firstSeenAt FROM finding
                WHERE repositoryID = ?2 AND policyName = ?3 AND ruleID = ?4 ORDER BY id DESC LIMIT 1
                """
        ).execute(arguments: [scanID, finding.repositoryRowID, policy, key.rule])
    }
}
