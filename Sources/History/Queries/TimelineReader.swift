public import AuditCore
import GRDB

extension HistoryStore {
    /// What was seen of a repository, across renames and transfers.
    ///
    /// - Parameter fullName: a name that it has or had, without case. Of several that had it, the one that had it last.
    /// - Returns: `nil` where no scan ever listed one of that name.
    public func timeline(of fullName: String, apiURL: String) async throws(HistoryError) -> Timeline? {
        try await read { db in
            guard let reader = try TimelineReader(db, fullName: fullName, apiURL: apiURL) else { return nil }
            var timeline = reader
            return try timeline.timeline()
        }
    }
}

/// Puts the rows of one repository in order, and tells each by what it changed.
private struct TimelineReader {
    private let db: Database
    private let repositoryRowID: Int64
    private let githubID: Int64
    private var json = JSONTextReader()
    /// Sealed scans of the organizations to which it belonged, oldest first.
    private var scans: [OrganizationScan] = []

    /// What a scan saw of one of those organizations.
    private struct OrganizationScan {
        let side: ScanDifference.Side
        let organizationRowID: Int64
        let isEnterpriseServer: Bool
        let template: OrganizationTemplate
    }

    /// The columns of the tables, as of one scan.
    private struct Known {
        var facts: RepositoryColumns?
        var setting: SettingColumns?
        var observedAt: String?
        var error: (code: String, message: String?)?
    }

    init?(_ db: Database, fullName: String, apiURL: String) throws {
        let parts = fullName.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let found = try Row.fetchOne(
            db,
            sql: """
                SELECT r.id, r.githubID FROM repositoryObservation o
                JOIN repository r ON r.id = o.repositoryID JOIN host h ON h.id = r.hostID
                WHERE o.name = ?1 COLLATE NOCASE AND o.owner = ?2 COLLATE NOCASE AND h.apiURL = ?3
                ORDER BY o.scanID DESC, o.id DESC LIMIT 1
                """,
            arguments: [String(parts[1]), String(parts[0]), apiURL])
        guard let found else { return nil }
        self.db = db
        repositoryRowID = try found.decode(atIndex: 0)
        githubID = try found.decode(atIndex: 1)
    }

    mutating func timeline() throws -> Timeline {
        scans = try organizationScans()
        let facts = try rows(
            "repositoryObservation o", RepositoryColumns.selection
        ) { row in try RepositoryColumns(row, at: 1) }
        let settings = try rows(
            "settingObservation s", SettingColumns.selection + ", s.observedAt"
        ) { row in try (SettingColumns(row, at: 1), row.decode(String.self, atIndex: 5)) }
        let coverage = try rows(
            "coverage c", "c.errorCode, c.errorMessage"
        ) { row in try (row.decode(String?.self, atIndex: 1), row.decode(String?.self, atIndex: 2)) }
        let findings = try findingRows()

        var events: [Timeline.Event] = []
        var known = Known()
        var places = (facts: 0, setting: 0, coverage: 0, finding: 0)
        var lastScan: OrganizationScan?
        var lastState: RepositoryState?
        var lastRepository: Repository?
        for scan in scans {
            // Rows of scans that ended early belong to the next one that was sealed.
            let id = scan.side.id.rawValue
            while places.facts < facts.count, facts[places.facts].scanID <= id {
                known.facts = facts[places.facts].value
                places.facts += 1
            }
            while places.setting < settings.count, settings[places.setting].scanID <= id {
                (known.setting, known.observedAt) = settings[places.setting].value
                places.setting += 1
            }
            while places.coverage < coverage.count, coverage[places.coverage].scanID <= id {
                let (code, message) = coverage[places.coverage].value
                known.error = code.map { ($0, message) }
                places.coverage += 1
            }
            guard let organization = known.facts?.organizationRowID, organization == scan.organizationRowID else {
                continue
            }
            let state = try state(known, scan)
            if let state { lastRepository = state.repository }
            if let lastScan, lastScan.organizationRowID == scan.organizationRowID,
                lastScan.template != scan.template, state != nil || lastState != nil
            {
                events.append(
                    Timeline.Event(
                        after: lastScan.side, seenBy: scan.side,
                        what: .organizationTemplate(before: lastScan.template, after: scan.template)))
            }
            let isGone: RepositoryChange.Kind = known.facts?.presence == "missing" ? .missing : .removed
            if let change = RepositoryChange(from: lastState, to: state, isGone: isGone) {
                events.append(
                    Timeline.Event(after: lastScan?.side, seenBy: scan.side, what: .repository(change)))
            }
            while places.finding < findings.count, findings[places.finding].scanID <= id {
                events.append(
                    Timeline.Event(
                        after: lastScan?.side, seenBy: scan.side, what: findings[places.finding].value))
                places.finding += 1
            }
            (lastScan, lastState) = (scan, state)
        }
        let repository = Repository(
            id: RepositoryID(rawValue: githubID), owner: facts.last?.value.owner ?? "",
            name: facts.last?.value.name ?? "", visibility: .unknown)
        return Timeline(
            repository: lastRepository ?? repository, events: events, lastScan: lastScan?.side, state: lastState,
            since: lastState?.reading.value == nil ? nil : try known.observedAt.map { try timestamp($0) })
    }

    // MARK: -

    private func rows<Value>(
        _ table: String, _ selection: String, _ decode: (Row) throws -> Value,
    ) throws -> [(scanID: Int64, value: Value)] {
        let alias = table.suffix(1)
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT \(alias).scanID, \(selection) FROM \(table) WHERE \(alias).repositoryID = ?
                ORDER BY \(alias).scanID, \(alias).id
                """,
            arguments: [repositoryRowID])
        var found: [(Int64, Value)] = []
        while let row = try cursor.next() { found.append((try row.decode(atIndex: 0), try decode(row))) }
        return found
    }

    private mutating func organizationScans() throws -> [OrganizationScan] {
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT s.id, s.startedAt, l.digest, so.organizationID, s.isEnterpriseServer,
                    \(TemplateColumns.selection)
                FROM scanOrganization so JOIN scan s ON s.id = so.scanID JOIN seal l ON l.scanID = s.id
                WHERE s.state = 'sealed' AND so.organizationID IN (
                    SELECT organizationID FROM repositoryObservation WHERE repositoryID = ?)
                ORDER BY s.id, so.id
                """,
            arguments: [repositoryRowID])
        var scans: [OrganizationScan] = []
        while let row = try cursor.next() {
            scans.append(
                try OrganizationScan(
                    side: ScanDifference.Side(
                        id: ScanID(rawValue: row.decode(atIndex: 0)), startedAt: timestamp(row.decode(atIndex: 1)),
                        digest: row.decode(atIndex: 2)),
                    organizationRowID: row.decode(atIndex: 3), isEnterpriseServer: row.decode(atIndex: 4),
                    template: TemplateColumns.template(row, at: 5, &json)))
        }
        return scans
    }

    private mutating func state(_ known: Known, _ scan: OrganizationScan) throws -> RepositoryState? {
        guard let facts = known.facts, facts.presence == "listed" else { return nil }
        let reading: Reading<RepositorySetting>
        if let error = known.error {
            reading = .unreadable(
                UnreadableReason(stored: error.code, error.message)
            )
        } else if let setting = known.setting {
            reading = .read(try setting.setting(&json))
        } else {
            reading = .unreadable(.notRead)
        }
        return RepositoryState(
            try facts.repository(githubID: githubID, &json), reading, under: scan.template,
            isEnterpriseServer: scan.isEnterpriseServer)
    }

    private func findingRows() throws -> [(scanID: Int64, value: Timeline.Event.What)] {
        let cursor = try Row.fetchCursor(
            db,
            sql: """
                SELECT scanID, policyName, ruleID, isOpen, isWaived, severity, message, firstSeenAt FROM finding
                WHERE repositoryID = ? ORDER BY scanID, id
                """,
            arguments: [repositoryRowID])
        var found: [(Int64, Timeline.Event.What)] = []
        while let row = try cursor.next() {
            let isWaived: Bool = try row.decode(atIndex: 4)
            let finding = try StoredFinding(
                key: FindingKey(
                    rule: row.decode(atIndex: 2), subject: .repository(RepositoryID(rawValue: githubID))),
                severity: Severity(rawValue: row.decode(atIndex: 5)) ?? .critical, message: row.decode(atIndex: 6),
                name: "", firstSeen: timestamp(row.decode(atIndex: 7)), isWaived: isWaived)
            let policy: String = try row.decode(atIndex: 1)
            let isOpen: Bool = try row.decode(atIndex: 3)
            found.append(
                (
                    try row.decode(atIndex: 0),
                    !isOpen
                        ? .findingGone(finding, policyName: policy)
                        : isWaived
                            ? .findingWaived(finding, policyName: policy)
                            : .findingAppeared(finding, policyName: policy)
                ))
        }
        return found
    }
}
