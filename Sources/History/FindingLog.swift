import AuditCore
import GRDB

/// Writes what changed among the findings of a policy: those that appeared, whose problems or severity are others, that a
/// waiver came to cover or ceased to, and those that went. A waived finding stands open: it is accepted, not fixed.
struct FindingLog {
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
        let known = try LastFinding.all(hostID: hostID, policyName: policy, before: scanID, db)
        let open = known.filter(\.value.row.isOpen)
        for finding in report.findings {
            let problems = JSONColumn.of(finding.violation.problems)
            let last = open[finding.key]?.row
            let isSame =
                last?.isWaived == !finding.isOpen && last?.problems == problems
                && last?.severity == finding.severity.rawValue
            guard !isSame else { continue }
            var row = FindingRecord()
            (row.policyName, row.ruleID, row.isOpen) = (policy, finding.rule, true)
            row.isWaived = !finding.isOpen
            row.problems = problems
            row.severity = finding.severity.rawValue
            row.message = finding.violation.message
            row.firstSeenAt = finding.firstSeen.description
            switch finding.key.subject {
            case .repository(let id): row.repositoryRowID = try rowID("repository", id.rawValue)
            case .organization(let id): row.organizationRowID = try rowID("organization", id.rawValue)
            case .waiver(let name): row.waiver = name
            // A scan judges no trusts.
            case .identity: continue
            }
            try insert(row)
        }
        let departed = known.filter { !$0.value.row.isOpen && $0.value.row.departure != nil }
        for (finding, departure) in gone(open, report) + fixed(departed, report) {
            var row = finding
            row.isOpen = false
            row.departure = departure?.rawValue
            try insert(row)
        }
    }

    // MARK: -

    /// Findings that went by the report, in the order in which they came, and why where they were not fixed.
    ///
    /// What another scope leaves out stands as it stood: the next whole scan finds it again.
    private func gone(
        _ open: [FindingKey: LastFinding], _ report: AuditReport,
    ) -> [(row: FindingRecord, departure: GoneFinding.Reason?)] {
        let found = Set(report.findings.map(\.key))
        let unfound = open.filter { !found.contains($0.key) }
        guard !unfound.isEmpty else { return [] }
        let outcomes = FindingOutcomes(report)
        var gone: [(row: FindingRecord, departure: GoneFinding.Reason?)] = []
        for (key, finding) in unfound {
            let reason = outcomes.whyGone(
                key, of: finding.known.organization, judgedBy: finding.known.judging)
            switch reason {
            case nil, .outOfScope: break
            case .fixed: gone.append((finding.row, nil))
            case .removed, .ruleRemoved, .notApplicable, .policyChanged: gone.append((finding.row, reason))
            }
        }
        let settledWaivers = Set(report.passedWaivers + removedWaivers(open, report))
        gone += unfound.filter { settledWaivers.contains($0.key) }.map { ($0.value.row, nil) }
        return gone.sorted { ($0.row.scanID, $0.row.id ?? 0) < ($1.row.scanID, $1.row.id ?? 0) }
    }

    /// Findings that went without being fixed, as by another text of the policy, and that the report shows to be fixed: if
    /// they come back, they count again.
    private func fixed(
        _ departed: [FindingKey: LastFinding], _ report: AuditReport,
    ) -> [(row: FindingRecord, departure: GoneFinding.Reason?)] {
        guard !departed.isEmpty else { return [] }
        let outcomes = FindingOutcomes(report)
        return departed.filter { outcomes.isFixed($0.key, since: $0.value.known.judging) }.map { ($0.value.row, nil) }
            .sorted { ($0.row.scanID, $0.row.id ?? 0) < ($1.row.scanID, $1.row.id ?? 0) }
    }

    /// Findings about waivers of the scanned organizations that are in the file no more, as when they were renewed.
    private func removedWaivers(_ open: [FindingKey: LastFinding], _ report: AuditReport) -> [FindingKey] {
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

    private func insert(_ row: FindingRecord) throws {
        var row = row
        (row.id, row.scanID, row.hostID) = (nil, scanID, hostID)
        try row.insert(db)
    }
}

/// A finding as it last stood.
struct LastFinding {
    var row: FindingRecord
    var known: KnownFinding

    /// The findings of a policy on a host as they stood before a scan, fixed ones too.
    static func all(
        hostID: Int64, policyName: String, before scanID: Int64, _ db: Database,
    ) throws -> [FindingKey: LastFinding] {
        let relapses = try relapses(hostID: hostID, policyName: policyName, before: scanID, db)
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.githubID, o.githubID, coalesce(x.organizationID, f.organizationID),
                    \(RepositoryRecord.selection("x")), \(FindingRecord.selection("f"))
                FROM (
                    -- Beside max(), SQLite takes the other columns from the row that has it.
                    SELECT *, max(scanID * 4294967296 + id) FROM finding
                    WHERE hostID = ?1 AND policyName = ?2 AND scanID < ?3
                    GROUP BY ruleID, repositoryID, organizationID, waiver) f
                LEFT JOIN repository r ON r.id = f.repositoryID
                LEFT JOIN organization o ON o.id = f.organizationID
                LEFT JOIN repositoryObservation x
                    ON x.id = \(RepositoryRecord.last(of: "f.repositoryID", upTo: "?3 - 1"))
                """,
            arguments: [hostID, policyName, scanID])
        var json = JSONTextReader()
        var organizations: [Int64: ScannedOrganization]?
        var findings: [FindingKey: LastFinding] = [:]
        while let row = try rows.next() {
            var columns = RowReader(row)
            let repositoryID: Int64? = try columns.next()
            let organizationID: Int64? = try columns.next()
            let organizationRowID: Int64? = try columns.next()
            let repository = try columns.nextIfPresent(RepositoryRecord.self)
            let found: FindingRecord = try columns.next()
            let known =
                try organizations
                ?? scannedOrganizations(before: scanID, judgedBy: policyName, db)
            organizations = known
            let organization = organizationRowID.flatMap { known[$0] }
            let subject: FindingKey.Subject =
                if let repositoryID {
                    .repository(RepositoryID(rawValue: repositoryID))
                } else if let organizationID {
                    .organization(OrganizationID(rawValue: organizationID))
                } else {
                    .waiver(found.waiver ?? "")
                }
            let firstSeen = try timestamp(found.firstSeenAt)
            findings[FindingKey(rule: found.ruleID, subject: subject)] = LastFinding(
                row: found,
                known: KnownFinding(
                    firstSeen: firstSeen, isOpen: found.isOpen,
                    departure: found.departure.flatMap(GoneFinding.Reason.init),
                    isOutOfScope: try found.isOpen
                        && organization?.leftOut(repository, githubID: repositoryID, &json, db) ?? false,
                    isWaived: found.isWaived,
                    problems: try json.strings(found.problems),
                    severity: Severity(rawValue: found.severity) ?? .critical,
                    lastFix: relapses[found.identity]?.lastFix, absences: relapses[found.identity]?.absences ?? [:],
                    name: repository?.fullName ?? organization?.login ?? found.waiver ?? "",
                    organization: organization?.id, judging: organization?.judging,
                    lastSeen: organization?.lastScan ?? firstSeen))
        }
        return findings
    }

    /// An organization as the last scan before a moment left it.
    struct ScannedOrganization {
        let id: OrganizationID
        let login: String
        /// Start of the last scan that read it.
        let lastScan: Timestamp
        /// By what it was last judged; `nil` if it never was by that policy.
        let judging: KnownFinding.Judging?
        fileprivate let lastScanID: Int64
        /// The last scan that the policy judged, and its scope; likewise.
        fileprivate let judged: (scanID: Int64, scope: Scope)?

        /// Whether the scan that the policy judged last left a repository out of its scope.
        ///
        /// - Parameter repository: as the last scan of all saw it.
        fileprivate func leftOut(
            _ repository: RepositoryRecord?, githubID: Int64?, _ json: inout JSONTextReader, _ db: Database,
        ) throws -> Bool {
            guard var repository, let githubID, let judged else { return false }
            if judged.scanID != lastScanID {
                let statement = try db.cachedStatement(
                    sql: """
                        SELECT \(RepositoryRecord.selection("o")) FROM repositoryObservation o
                        WHERE o.id = \(RepositoryRecord.last(of: "?1", upTo: "?2"))
                        """)
                let then = try RepositoryRecord.fetchOne(
                    statement, arguments: [repository.repositoryRowID, judged.scanID])
                guard let then else { return false }
                repository = then
            }
            // Most repositories of most scopes need no closer look.
            guard repository.isArchived == true || judged.scope.isNarrow else { return false }
            return try judged.scope.decide(repository.repository(githubID: githubID, &json)).isSkipped
        }
    }

    /// Organizations by row id.
    ///
    /// - Parameter policyName: the policy whose text is wanted.
    static func scannedOrganizations(
        before scanID: Int64, judgedBy policyName: String? = nil, _ db: Database,
    ) throws -> [Int64: ScannedOrganization] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT so.organizationID, o.githubID, so.login, s.startedAt, s.id AS lastScanID,
                    p.id AS judgedID, p.scope AS judgedScope, p.policySHA256,
                    coalesce(p.finishedAt, p.startedAt) AS judgedAt, j.templateStatus, j.templateClaimKeys,
                    j.templateUseImmutableSubject
                FROM (
                    SELECT organizationID, login, max(scanID) AS scanID FROM scanOrganization
                    WHERE organizationID NOT NULL AND scanID < ?1
                        AND scanID IN (SELECT id FROM scan WHERE state = 'sealed')
                    GROUP BY organizationID) so
                LEFT JOIN (
                    SELECT organizationID, max(scanID) AS scanID FROM scanOrganization
                    WHERE organizationID NOT NULL AND scanID < ?1
                        AND scanID IN (SELECT id FROM scan WHERE state = 'sealed' AND policyName = ?2)
                    GROUP BY organizationID) judged ON judged.organizationID = so.organizationID
                LEFT JOIN scan p ON p.id = judged.scanID
                LEFT JOIN scanOrganization j ON j.scanID = p.id AND j.organizationID = so.organizationID
                JOIN organization o ON o.id = so.organizationID JOIN scan s ON s.id = so.scanID
                """,
            arguments: [scanID, policyName])
        var organizations: [Int64: ScannedOrganization] = [:]
        var json = JSONTextReader()
        while let row = try rows.next() {
            let judgedID: Int64? = try row.decode(forColumn: "judgedID")
            let scope: String? = try row.decode(forColumn: "judgedScope")
            let judging = try (row.decode(forColumn: "policySHA256") as String?).map { sha256 in
                var organization = OrganizationRecord()
                organization.templateStatus = try row.decode(forColumn: "templateStatus")
                organization.templateClaimKeys = try row.decode(forColumn: "templateClaimKeys")
                organization.templateUseImmutableSubject = try row.decode(forColumn: "templateUseImmutableSubject")
                return try KnownFinding.Judging(
                    policySHA256: sha256, finishedAt: row.time("judgedAt"), template: organization.template(&json))
            }
            organizations[try row.decode(forColumn: "organizationID")] = try ScannedOrganization(
                id: OrganizationID(rawValue: row.decode(forColumn: "githubID")), login: row.decode(forColumn: "login"),
                lastScan: row.time("startedAt"), judging: judging,
                lastScanID: row.decode(forColumn: "lastScanID"),
                judged: judgedID.flatMap { id in try scope.map { (scanID: id, scope: try JSONColumn.scope($0)) } })
        }
        return organizations
    }

    /// - Parameter findings: open ones.
    static func baselineEntries(
        _ findings: [FindingKey: LastFinding], at scanID: Int64, _ db: Database,
    ) throws -> [FindingKey: Baseline.Entry] {
        let lastLogin = { (organization: String) in
            OrganizationRecord.last("login", of: organization, by: "organizationID", upTo: "?2")
        }
        let name = try db.cachedStatement(
            sql: """
                SELECT o.owner || '/' || o.name AS fullName, \(lastLogin("o.organizationID")) AS login
                FROM repositoryObservation o WHERE o.id = \(RepositoryRecord.last(of: "?1", upTo: "?2"))
                """)
        let login = try db.cachedStatement(sql: "SELECT \(lastLogin("?1"))")
        return try findings.mapValues { finding in
            var entry = Baseline.Entry(
                severity: finding.known.severity, organization: "unknown", repository: nil,
                problems: finding.known.problems)
            if let repository = finding.row.repositoryRowID {
                if let row = try Row.fetchOne(name, arguments: [repository, scanID]) {
                    entry.repository = try row.decode(forColumn: "fullName")
                    entry.organization = try row.decode(forColumn: "login") ?? entry.organization
                }
            } else if let organization = finding.row.organizationRowID {
                entry.organization =
                    try String.fetchOne(login, arguments: [organization, scanID]) ?? entry.organization
            }
            return entry
        }
    }

    /// What a finding was without at times.
    private struct Relapse {
        var lastFix: KnownFinding.Fix?
        var absences: [String: KnownFinding.Fix] = [:]
        var last: (fix: KnownFinding.Fix, problems: [String])?

        mutating func add(_ problems: [String], _ scan: KnownFinding.Fix, isOpen: Bool) {
            if !isOpen { lastFix = scan }
            if let last {
                // What this scan found first, the one before was without.
                for problem in problems where absences[problem] == nil && !last.problems.contains(problem) {
                    absences[problem] = last.fix
                }
                for problem in Set(absences.keys).union(last.problems).subtracting(problems)
                where problem.narrowing == nil {
                    absences[problem] = scan
                }
            }
            // While something narrows it, the problem of lacking that is absent.
            for problem in problems.compactMap(\.withoutNarrowing) { absences[problem] = scan }
            last = (scan, problems)
        }
    }

    /// What scans found fixed, of findings that did not always stand as they stood first.
    private static func relapses(
        hostID: Int64, policyName: String, before scanID: Int64, _ db: Database,
    ) throws -> [FindingRecord.Identity: Relapse] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT s.startedAt, \(FindingRecord.selection("f"))
                FROM (
                    SELECT *, count(*) OVER (PARTITION BY ruleID, repositoryID, organizationID, waiver) AS rowCount
                    FROM finding WHERE hostID = ? AND policyName = ? AND scanID < ?) f
                JOIN scan s ON s.id = f.scanID
                WHERE rowCount > 1 OR NOT f.isOpen
                ORDER BY f.scanID, f.id
                """,
            arguments: [hostID, policyName, scanID])
        var json = JSONTextReader()
        var relapses: [FindingRecord.Identity: Relapse] = [:]
        while let row = try rows.next() {
            var columns = RowReader(row)
            let startedAt = try timestamp(columns.next())
            let found: FindingRecord = try columns.next()
            // What went with its repository or its rule was not seen fixed.
            guard found.departure == nil else { continue }
            relapses[found.identity, default: Relapse()].add(
                found.isOpen ? try json.strings(found.problems) : [],
                KnownFinding.Fix(scan: ScanID(rawValue: found.scanID), startedAt: startedAt), isOpen: found.isOpen)
        }
        return relapses
    }
}
