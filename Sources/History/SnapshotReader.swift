import AuditCore
import GRDB

/// Puts one scan together again: for each repository its last rows at or before that scan.
struct SnapshotReader {
    private let db: Database
    private let scanID: Int64
    private var json = JSONTextReader()

    private let wanted: [OrganizationReference]?
    private let withRepositories: Bool
    private var isWholeScan = true

    /// - Parameter organizations: which, in the scan's order; `nil`: all.
    init(
        _ db: Database, scanID: Int64, organizations: [OrganizationReference]? = nil, withRepositories: Bool = true,
    ) {
        self.db = db
        self.scanID = scanID
        self.wanted = organizations
        self.withRepositories = withRepositories
    }

    mutating func snapshot() throws -> Snapshot {
        guard let scan = try ScanRecord.fetchOne(db, key: scanID),
            let apiURL = try String.fetchOne(db, sql: "SELECT apiURL FROM host WHERE id = ?", arguments: [scan.hostID])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "there is no scan \(scanID)") }
        let scope = try JSONColumn.scope(scan.scope)
        isWholeScan = scan.reasonToStop == nil
        let view =
            withRepositories ? try ScanView(db, scanID: scanID, scope: scope, stop: scan.reasonToStop) : nil
        return try Snapshot(
            scanID: ScanID(rawValue: scanID), apiURL: apiURL, isEnterpriseServer: scan.isEnterpriseServer,
            startedAt: timestamp(scan.startedAt), finishedAt: scan.end(), stop: scan.reasonToStop,
            requests: scan.requests, scope: scope,
            organizations: organizations(
                view, apiURL: apiURL, inOrderOf: json.strings(scan.requested)))
    }

    // MARK: -

    /// - Parameter requested: logins as they were asked for, in the order of the report; another than that of reading.
    private mutating func organizations(
        _ view: ScanView?, apiURL: String, inOrderOf requested: [String],
    ) throws -> [OrganizationSnapshot] {
        let places = Dictionary(
            requested.enumerated().map { ($1.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        // One that was renamed stands where it was read.
        return try organizations(view, apiURL: apiURL, requested).enumerated()
            .map { offset, organization in (places[organization.login.lowercased()] ?? offset, organization) }
            .enumerated().sorted { ($0.element.0, $0.offset) < ($1.element.0, $1.offset) }.map(\.element.1)
    }

    private mutating func organizations(
        _ view: ScanView?, apiURL: String, _ requested: [String],
    ) throws -> [OrganizationSnapshot] {
        let chosen = try wanted.map { try OrganizationNames(db, apiURL: apiURL).stored($0) }
        let former = try FormerNames(db, scanID: scanID)
        let asked = try askedNames(requested, former)
        return try Row.fetchAll(
            db,
            sql: """
                SELECT o.githubID, \(OrganizationRecord.selection("so"))
                FROM scanOrganization so LEFT JOIN organization o ON o.id = so.organizationID
                WHERE so.scanID = ?1 AND (?2 IS NULL OR EXISTS (
                    SELECT 1 FROM json_each(?2) wanted WHERE \(StoredOrganization.condition("so", "wanted.value"))))
                ORDER BY so.id
                """,
            arguments: [scanID, chosen.map(StoredOrganization.json)]
        ).map { row in
            var columns = RowReader(row)
            let id = try columns.next(Int64?.self).map(OrganizationID.init)
            let stored: OrganizationRecord = try columns.next()
            let rowID = stored.organizationRowID
            let stop = stored.stop.flatMap(ScanStop.init)
            let view = view?.of(organizationStoppedBy: stop)
            var organization = try OrganizationSnapshot(
                login: stored.login, id: id, template: stored.template(&json),
                includedProperties: stored.properties(&json), listing: stored.listing(&json),
                repositories: rowID.map { id in try view.map { try repositories(of: id, $0) } ?? [] } ?? [])
            organization.stop = isWholeScan ? stop : nil
            organization.askedLogin = asked[organization.login]
            organization.formerLogin = rowID.flatMap { former.login(of: $0, now: organization.login) }
            organization.formerHolder = id.flatMap { former.holder(of: organization.login, now: $0) }
            return organization
        }
    }

    /// The logins by which organizations were asked for that bear another one, as far as the scan knows: where several do,
    /// the scan before must have known them by the logins that were asked for.
    ///
    /// - Returns: by the logins that they bear.
    private func askedNames(_ requested: [String], _ former: FormerNames) throws -> [String: String] {
        let stored = try OrganizationRecord.filter(Column("scanID") == scanID).fetchAll(db)
        let logins = Set(stored.map { $0.login.lowercased() })
        let asked = Set(requested.map { $0.lowercased() })
        let unmet = requested.filter { !logins.contains($0.lowercased()) }
        let found = stored.compactMap { organization in
            organization.organizationRowID.map { (login: organization.login, rowID: $0) }
        }
        if let name = unmet.first, unmet.count == 1 {
            // It led to one that nobody asked for by its own name, or to the only one.
            let others = found.filter { !asked.contains($0.login.lowercased()) }
            if let only = others.count == 1 ? others.first : found.count == 1 ? found.first : nil {
                return [only.login: name]
            }
        }
        var names: [String: String] = [:]
        for (login, rowID) in found {
            let former = former.login(of: rowID, now: login)
            names[login] = unmet.first { $0.lowercased() == former?.lowercased() }
        }
        return names
    }

    private mutating func repositories(of organization: Int64, _ view: ScanView) throws -> [RepositorySnapshot] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.githubID, \(RepositoryRecord.selection("o")), \(SettingRecord.selection("s")),
                    \(CoverageRecord.selection("c"))
                FROM (SELECT DISTINCT repositoryID FROM repositoryObservation WHERE organizationID = ?1) known
                JOIN repository r ON r.id = known.repositoryID
                JOIN repositoryObservation o ON o.id = \(RepositoryRecord.last(of: "r.id", upTo: "?2"))
                LEFT JOIN settingObservation s ON s.id = \(SettingRecord.last(of: "r.id", upTo: "?2"))
                LEFT JOIN coverage c ON c.id = \(CoverageRecord.last(of: "r.id", upTo: "?2"))
                WHERE o.organizationID = ?1 AND o.presence = 'listed'
                """,
            arguments: [organization, scanID])
        var snapshots: [RepositorySnapshot] = []
        while let row = try rows.next() {
            var columns = RowReader(row)
            let githubID: Int64 = try columns.next()
            let stored: RepositoryRecord = try columns.next()
            guard view.lists(stored.repositoryRowID) else { continue }
            let repository = try stored.repository(githubID: githubID, &json)
            let setting = try columns.nextIfPresent(SettingRecord.self)
            let trouble = try columns.nextIfPresent(CoverageRecord.self)?.reason
            let reading = try view.reading(
                of: repository, rowID: stored.repositoryRowID, setting?.setting(&json), trouble)
            snapshots.append(
                RepositorySnapshot(
                    repository: repository, reading: reading,
                    since: reading.value == nil ? nil : try (setting?.observedAt).map { try timestamp($0) }))
        }
        return snapshots.inReportOrder(by: \.repository)
    }
}
