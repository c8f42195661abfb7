package import AuditCore
import GRDB

/// What a new waiver could accept, by the last scans.
package struct WaivableFindings: Sendable {
    /// The problems of each finding that the waiver targets, without repeats.
    package var problems: [[String]] = []
    /// The repositories of these findings.
    package var repositories: Set<RepositoryID> = []
    /// Rules of other findings of the waiver's target, in order.
    package var otherRules: [String] = []
    /// Full names of other repositories on which the waiver's rule found something, in order.
    package var otherRepositories: [String] = []

    package init() {}
}

extension HistoryStore {
    /// - Parameter policyName: `nil`: any policy.
    /// - Returns: `nil` if no scan of the host is stored.
    package func waivableFindings(
        of waiver: Waiver, apiURL: String, policyName: String? = nil,
    ) async throws(HistoryError) -> WaivableFindings? {
        try await read { db in
            guard let host = try Self.knownHostID(apiURL, db) else { return nil }
            let organizations = try LastFinding.scannedOrganizations(before: .max, db)
            guard !organizations.isEmpty else { return nil }
            if waiver.rule == RuleEntry.reservedID { return try Self.unread(waiver, hostID: host, organizations, db) }
            let policies = try String.fetchAll(
                db,
                sql:
                    "SELECT DISTINCT policyName FROM finding WHERE hostID = ?1 AND policyName = coalesce(?2, policyName)",
                arguments: [host, policyName])
            let logins = Dictionary(
                organizations.values.map { ($0.id, $0.login) }, uniquingKeysWith: { first, _ in first })
            var (problems, rules, repositories) = (Set<[String]>(), Set<String>(), Set<String>())
            var targets: Set<RepositoryID> = []
            for policy in policies {
                for (key, finding) in try LastFinding.all(hostID: host, policyName: policy, before: .max, db)
                where finding.known.isOpen {
                    let login = finding.known.organization.flatMap { logins[$0] }
                    let isTarget = waiver.covers(key, name: finding.known.name, of: login)
                    switch (isTarget, key.rule == waiver.rule) {
                    case (true, true):
                        problems.insert(finding.known.problems.sorted())
                        if case .repository(let id) = key.subject { targets.insert(id) }
                    case (true, false): rules.insert(key.rule)
                    case (false, true): repositories.insert(finding.known.name)
                    case (false, false): break
                    }
                }
            }
            var found = WaivableFindings()
            found.problems = problems.sorted { $0.lexicographicallyPrecedes($1) }
            found.repositories = targets
            (found.otherRules, found.otherRepositories) = (rules.sorted(), repositories.sorted())
            return found
        }
    }

    /// The same of repositories that the last scan could not read.
    private static func unread(
        _ waiver: Waiver, hostID: Int64,
        _ organizations: [Int64: LastFinding.ScannedOrganization],
        _ db: Database,
    ) throws -> WaivableFindings {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.githubID, o.owner || '/' || o.name, o.organizationID, c.errorCode, c.errorMessage
                FROM coverage c JOIN repository r ON r.id = c.repositoryID
                JOIN repositoryObservation o ON o.id = (
                    SELECT id FROM repositoryObservation WHERE repositoryID = r.id ORDER BY scanID DESC, id DESC LIMIT 1)
                WHERE r.hostID = ? AND c.errorCode NOT NULL AND o.presence = 'listed' AND c.id = (
                    SELECT id FROM coverage WHERE repositoryID = r.id ORDER BY scanID DESC, id DESC LIMIT 1)
                """,
            arguments: [hostID])
        var (problems, targets, repositories) = (Set<String>(), Set<RepositoryID>(), Set<String>())
        while let row = try rows.next() {
            let id = RepositoryID(rawValue: try row.decode(atIndex: 0))
            let key = FindingKey(rule: waiver.rule, subject: .repository(id))
            let name: String = try row.decode(atIndex: 1)
            let login = try row.decode(Int64?.self, atIndex: 2).flatMap { organizations[$0]?.login }
            let reason = UnreadableReason(stored: try row.decode(atIndex: 3), try row.decode(atIndex: 4))
            guard let problem = reason.problem else { continue }
            if waiver.covers(key, name: name, of: login) {
                problems.insert(problem)
                targets.insert(id)
            } else {
                repositories.insert(name)
            }
        }
        var found = WaivableFindings()
        found.problems = problems.sorted().map { [$0] }
        found.repositories = targets
        found.otherRepositories = repositories.sorted()
        return found
    }
}
