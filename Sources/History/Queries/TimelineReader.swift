package import AuditCore
import GRDB

extension HistoryStore {
    /// What was seen of a repository, across renames and transfers.
    ///
    /// - Parameter fullName: a name that it has or had, without case. Of several that had it, the one that had it last.
    /// - Returns: `nil` if no scan ever listed one of that name.
    package func timeline(of fullName: String, apiURL: String) async throws(HistoryError) -> Timeline? {
        try await read { db in
            var reader = TimelineReader(db)
            return try reader.timeline(of: fullName, apiURL: apiURL)
        }
    }
}

/// Puts the rows of a repository in order, and reports what each changed.
struct TimelineReader {
    private let db: Database
    private let lastScanID: Int64
    private var json = JSONTextReader()
    /// By row id of the organization.
    private var scans: [Int64: OrganizationScans] = [:]
    /// Gaps in which an organization was not found, likewise.
    private var losses: [Int64: [Timeline.Event]] = [:]

    /// What is stored of one repository, each in the order of scans.
    private struct Rows {
        var facts: [RepositoryRecord]
        var settings: [SettingRecord]
        var coverage: [CoverageRecord]
        var findings: [(scanID: Int64, value: Timeline.Event.What)]

        var scanIDs: [Int64] {
            facts.map(\.scanID) + settings.map(\.scanID) + coverage.map(\.scanID) + findings.map(\.scanID)
        }
    }

    /// The rows of the tables, as of one scan.
    private struct Known {
        var facts: RepositoryRecord?
        var setting: SettingRecord?
        var coverage: CoverageRecord?
    }

    /// - Parameter last: the last scan to include; `nil`: all.
    init(_ db: Database, upTo last: ScanID? = nil) {
        self.db = db
        lastScanID = last?.rawValue ?? .max
    }

    mutating func timeline(of fullName: String, apiURL: String) throws -> Timeline? {
        let parts = fullName.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let hasName = "presence = 'listed' AND name = ?1 COLLATE NOCASE AND owner = ?2 COLLATE NOCASE"
        let found = try Row.fetchOne(
            db,
            sql: """
                SELECT r.id, r.githubID FROM repositoryObservation o
                JOIN repository r ON r.id = o.repositoryID JOIN host h ON h.id = r.hostID
                WHERE o.name = ?1 COLLATE NOCASE AND o.owner = ?2 COLLATE NOCASE AND h.apiURL = ?3
                -- One that has the name now goes before one that had it.
                ORDER BY \(RepositoryRecord.last(hasName, of: "o.repositoryID")) DESC, o.scanID DESC, o.id DESC LIMIT 1
                """,
            arguments: [String(parts[1]), String(parts[0]), apiURL])
        return try found.map { row in try timeline(of: StoredRepository(row)) }
    }

    /// A repository by both its ids.
    struct StoredRepository {
        let rowID: Int64
        let id: RepositoryID

        fileprivate init(_ row: Row) throws {
            rowID = try row.decode(forColumn: "id")
            id = RepositoryID(rawValue: try row.decode(forColumn: "githubID"))
        }
    }

    /// Those of an organization of which more is known than how they were first seen, the last changed first.
    ///
    /// - Parameter organization: its id at GitHub.
    func changedRepositories(of organization: OrganizationID, apiURL: String) throws -> [StoredRepository] {
        try Row.fetchAll(
            db,
            sql: """
                WITH own AS MATERIALIZED (
                    SELECT repositoryID AS id, min(scanID) AS first, max(scanID) AS last FROM repositoryObservation
                    WHERE scanID <= ?3 AND organizationID = (
                        SELECT o.id FROM organization o JOIN host h ON h.id = o.hostID
                        WHERE o.githubID = ?1 AND h.apiURL = ?2)
                    GROUP BY repositoryID),
                -- Each index of a table leads to its last row; 0 where there is none.
                ends AS (
                    SELECT r.id, r.githubID, own.first, max(own.last,
                        coalesce((SELECT max(scanID) FROM settingObservation WHERE repositoryID = r.id AND scanID <= ?3), 0),
                        coalesce((SELECT max(scanID) FROM finding WHERE repositoryID = r.id AND scanID <= ?3), 0)) AS last,
                        EXISTS (SELECT 1 FROM coverage WHERE repositoryID = r.id AND scanID <= ?3) AS wasUnread
                    FROM own JOIN repository r ON r.id = own.id)
                SELECT id, githubID FROM ends WHERE last > first OR wasUnread ORDER BY last DESC, id
                """,
            arguments: [organization.rawValue, apiURL, lastScanID]
        ).map { row in try StoredRepository(row) }
    }

    /// What became of an organization's own template, oldest first.
    mutating func templateEvents(of organization: OrganizationID, apiURL: String) throws -> [Timeline.Event] {
        let found = try Int64.fetchOne(
            db,
            sql: """
                SELECT o.id FROM organization o JOIN host h ON h.id = o.hostID WHERE o.githubID = ? AND h.apiURL = ?
                """,
            arguments: [organization.rawValue, apiURL])
        guard let found else { return [] }
        let events = try scans(of: found).templateEvents.map(\.event) + losses(of: found)
        return events.sorted { $0.seenBy.id.rawValue < $1.seenBy.id.rawValue }
    }

    // MARK: -

    mutating func timeline(of repository: StoredRepository) throws -> Timeline {
        let githubID = repository.id.rawValue
        let rows = try rows(of: repository.rowID, githubID: githubID)
        var builder = Builder()
        var known = Known()
        var places = (facts: 0, setting: 0, coverage: 0, finding: 0)
        for (organization, place) in try moments(of: rows) {
            let scans = try scans(of: organization)
            let scan = scans.all[place]
            // Rows of scans that ended early belong to the next one that was sealed.
            while places.facts < rows.facts.count, rows.facts[places.facts].scanID <= scan.id {
                known.facts = rows.facts[places.facts]
                places.facts += 1
            }
            while places.setting < rows.settings.count, rows.settings[places.setting].scanID <= scan.id {
                known.setting = rows.settings[places.setting]
                places.setting += 1
            }
            while places.coverage < rows.coverage.count, rows.coverage[places.coverage].scanID <= scan.id {
                known.coverage = rows.coverage[places.coverage]
                places.coverage += 1
            }
            guard let facts = known.facts, facts.organizationRowID == organization else { continue }
            try builder.advance(to: later(than: builder, before: scan.id, repository.rowID))
            try noteLosses(before: scan.id, to: &builder)
            // Findings come and go at any time after the last scan that could judge them.
            let judged = builder.lastJudged
            let isListed = facts.presence == "listed"
            if builder.isListed || isListed {
                for (_, event) in scans.templateEvents where event.seenBy == scan.side {
                    // What its organization's template was before it came is not its own story.
                    if case .organizationTemplate = event.what, builder.organization != organization { continue }
                    builder.events.append(event)
                }
            }
            if isListed {
                builder.add(try state(known, scan, githubID), scan.side)
            } else if facts.presence == "missing" {
                builder.addMissing(scan.side)
            } else {
                builder.addRemoved(scan.side)
            }
            while places.finding < rows.findings.count, rows.findings[places.finding].scanID <= scan.id {
                builder.note(rows.findings[places.finding].value, after: judged, by: scan.side)
                places.finding += 1
            }
            (builder.lastScan, builder.organization) = (scan.side, organization)
            builder.lastOrganizationScan = scan.id
        }
        try builder.advance(to: later(than: builder, before: .max, repository.rowID))
        try noteLosses(before: .max, to: &builder)
        builder.closeGap(last: builder.lastScan, regainedBy: nil)
        let nameless = Repository(
            id: RepositoryID(rawValue: githubID), owner: rows.facts.last?.owner ?? "",
            name: rows.facts.last?.name ?? "", visibility: .unknown)
        var timeline = Timeline(
            repository: builder.lastRepository ?? nameless, events: builder.events, lastScan: builder.lastScan,
            state: builder.state,
            since: builder.state?.reading.value == nil ? nil : try (known.setting?.observedAt).map { try timestamp($0) }
        )
        if builder.isListed, let organization = builder.organization {
            timeline.leftOut = try leftOut(rows.facts, githubID, try scans(of: organization).all)
        }
        return timeline
    }

    /// The last scans in a row that had the repository out of their scope, by what was known of it then.
    private mutating func leftOut(
        _ facts: [RepositoryRecord], _ githubID: Int64, _ scans: [OrganizationScan],
    ) throws -> Timeline.LeftOut? {
        var leftOut: Timeline.LeftOut?
        for scan in scans.reversed() {
            guard let known = facts.last(where: { $0.scanID <= scan.id }) else { break }
            let decision = scan.view.scope.decide(try known.repository(githubID: githubID, &json))
            guard case .skipped(let why) = decision else { break }
            leftOut = .init(first: scan.side, last: leftOut?.last ?? scan.side, why: leftOut?.why ?? why)
        }
        return leftOut
    }

    /// Adds that scans before another one did not find the organization to which the repository belonged last.
    private mutating func noteLosses(before id: Int64, to builder: inout Builder) throws {
        guard builder.isListed, let organization = builder.organization, let last = builder.lastOrganizationScan
        else { return }
        for event in try losses(of: organization) where (last..<id).contains(event.seenBy.id.rawValue) {
            builder.events.append(event)
        }
        builder.lastOrganizationScan = id
    }

    /// The last scan after the one that was taken last, and before another, that looked and saw nothing else.
    private mutating func later(
        than builder: Builder, before id: Int64, _ rowID: Int64,
    ) throws -> ScanDifference.Side? {
        guard let last = builder.lastScan, let organization = builder.organization,
            let repository = builder.lastRepository
        else { return nil }
        return try scans(of: organization)
            .last(after: last.id.rawValue, before: id, lookingAt: rowID, repository)?.side
    }

    /// Organizations and places of their scans at which something may be seen otherwise than before, in the order of scans.
    private mutating func moments(of rows: Rows) throws -> [(organization: Int64, place: Int)] {
        var moments: [(scanID: Int64, organization: Int64, place: Int)] = []
        for organization in Set(rows.facts.map(\.organizationRowID)) {
            let scans = try scans(of: organization)
            let places = Set(rows.scanIDs.map { scans.place(from: $0) } + scans.templateChanges)
            for place in places where place < scans.all.count {
                moments.append((scans.all[place].id, organization, place))
            }
        }
        return moments.sorted { $0.scanID < $1.scanID }.map { ($0.organization, $0.place) }
    }

    private mutating func scans(of organization: Int64) throws -> OrganizationScans {
        if let known = scans[organization] { return known }
        let found = try OrganizationScans(db, of: organization, upTo: lastScanID)
        scans[organization] = found
        return found
    }

    private mutating func losses(of organization: Int64) throws -> [Timeline.Event] {
        if let known = losses[organization] { return known }
        let found = try scans(of: organization).losses(db, of: organization, upTo: lastScanID)
        losses[organization] = found
        return found
    }

    private mutating func state(
        _ known: Known, _ scan: OrganizationScan, _ githubID: Int64,
    ) throws -> RepositoryState? {
        guard let facts = known.facts else { return nil }
        let reading: Reading<RepositorySetting>
        if let reason = known.coverage?.reason {
            reading = .unreadable(reason)
        } else if let setting = known.setting {
            reading = .read(try setting.setting(&json))
        } else {
            reading = .unreadable(.notRead)
        }
        return RepositoryState(
            try facts.repository(githubID: githubID, &json), reading, under: scan.template,
            isEnterpriseServer: scan.isEnterpriseServer)
    }

    // MARK: - Rows

    private func rows(of rowID: Int64, githubID: Int64) throws -> Rows {
        try Rows(
            facts: records(of: rowID), settings: records(of: rowID), coverage: records(of: rowID),
            findings: findingRows(of: rowID, githubID: githubID))
    }

    /// Rows of a repository, in the order of scans.
    func records<Record: StoredRecord>(of rowID: Int64) throws -> [Record] {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(Record.selection("e")) FROM \(Record.databaseTableName) e
                WHERE e.repositoryID = ? AND e.scanID <= ? ORDER BY e.scanID, e.id
                """)
        return try Record.fetchAll(statement, arguments: [rowID, lastScanID])
    }
}
