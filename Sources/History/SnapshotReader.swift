import AuditCore
import Foundation
import GRDB

/// Puts one scan together again: for each repository its last rows at or before that scan.
struct SnapshotReader {
    private let db: Database
    private let scanID: Int64
    private var json = JSONTextReader()

    private let wanted: [OrganizationReference]?
    private let withRepositories: Bool

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
        guard
            let scan = try Row.fetchOne(
                db,
                sql: """
                    SELECT h.apiURL, s.isEnterpriseServer, s.startedAt, s.finishedAt, s.stop, s.scope,
                        s.requestsSent, s.requestsNotModified, s.requestsRetried, s.waitedMilliseconds, s.requested
                    FROM scan s JOIN host h ON h.id = s.hostID WHERE s.id = ?
                    """,
                arguments: [scanID])
        else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "there is no scan \(scanID)") }
        let startedAt = try timestamp(scan.decode(atIndex: 2))
        let finishedAt: String? = try scan.decode(atIndex: 3)
        let stop = try scan.decode(String?.self, atIndex: 4).map { ScanStop(rawValue: $0) ?? .interrupted }
        let scope = try JSONColumn.scope(scan.decode(atIndex: 5))
        let view = withRepositories ? try ScanView(db, scanID: scanID, scope: scope, stop: stop) : nil
        return try Snapshot(
            scanID: ScanID(rawValue: scanID), apiURL: scan.decode(atIndex: 0),
            isEnterpriseServer: scan.decode(atIndex: 1), startedAt: startedAt,
            finishedAt: finishedAt.map { try timestamp($0) } ?? startedAt,
            stop: stop,
            requests: RequestCounts(
                sent: scan.decode(atIndex: 6) ?? 0, notModified: scan.decode(atIndex: 7) ?? 0,
                retried: scan.decode(atIndex: 8) ?? 0,
                waited: .milliseconds(scan.decode(Int64?.self, atIndex: 9) ?? 0)),
            scope: scope,
            organizations: organizations(
                view, apiURL: scan.decode(atIndex: 0), inOrderOf: json.strings(scan.decode(atIndex: 10))))
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
                SELECT so.organizationID, o.githubID, so.login, so.templateStatus, so.templateClaimKeys,
                    so.templateUseImmutableSubject, so.templateErrorCode, so.templateErrorMessage, so.listingStatus,
                    so.listed, so.expected, so.removed, so.missing, so.listingError, so.listingFailureCode,
                    so.includedProperties, so.includedPropertiesErrorCode, so.includedPropertiesErrorMessage
                FROM scanOrganization so LEFT JOIN organization o ON o.id = so.organizationID
                WHERE so.scanID = ?1 AND (?2 IS NULL OR EXISTS (
                    SELECT 1 FROM json_each(?2) wanted WHERE \(StoredOrganization.condition("so", "wanted.value"))))
                ORDER BY so.id
                """,
            arguments: [scanID, chosen.map(StoredOrganization.json)]
        ).map { row in
            let rowID: Int64? = try row.decode(atIndex: 0)
            let id = try row.decode(Int64?.self, atIndex: 1).map(OrganizationID.init)
            var organization = try OrganizationSnapshot(
                login: row.decode(atIndex: 2), id: id,
                template: TemplateColumns.template(row, at: 3, &json),
                includedProperties: includedProperties(row), listing: listing(row),
                repositories: rowID.map { id in try view.map { try repositories(of: id, $0) } ?? [] } ?? [])
            organization.askedLogin = asked[organization.login]
            organization.formerLogin = rowID.flatMap { former.login(of: $0, now: organization.login) }
            organization.formerHolder = id.flatMap { former.holder(of: organization.login, now: $0) }
            return organization
        }
    }

    /// The logins by which organizations were asked for that bear another one, as far as the scan tells: where several do,
    /// the scan before must have known them by the logins that were asked for.
    ///
    /// - Returns: by the logins that they bear.
    private func askedNames(_ requested: [String], _ former: FormerNames) throws -> [String: String] {
        let rows = try Row.fetchAll(
            db, sql: "SELECT organizationID, login FROM scanOrganization WHERE scanID = ?", arguments: [scanID])
        let logins = try Set(rows.map { row in try row.decode(String.self, atIndex: 1).lowercased() })
        let asked = Set(requested.map { $0.lowercased() })
        let unmet = requested.filter { !logins.contains($0.lowercased()) }
        var found: [(login: String, former: String?)] = []
        for row in rows where !row.hasNull(atIndex: 0) {
            let login: String = try row.decode(atIndex: 1)
            guard !asked.contains(login.lowercased()) else { continue }
            found.append((login, former.login(of: try row.decode(atIndex: 0), now: login)))
        }
        if let only = found.first, let name = unmet.first, found.count == 1, unmet.count == 1 {
            return [only.login: name]
        }
        var names: [String: String] = [:]
        for (login, former) in found {
            names[login] = unmet.first { $0.lowercased() == former?.lowercased() }
        }
        return names
    }

    private mutating func includedProperties(_ row: Row) throws -> Reading<[String]>? {
        if let names: String = try row.decode(atIndex: 15) { return try .read(json.strings(names)) }
        guard let code: String = try row.decode(atIndex: 16) else { return nil }
        return try .unreadable(UnreadableReason(stored: code, row.decode(atIndex: 17)))
    }

    private mutating func listing(_ row: Row) throws -> Listing {
        try Listing(
            status: Listing.Status(rawValue: row.decode(atIndex: 8)) ?? .partial, listed: row.decode(atIndex: 9),
            expected: row.decode(atIndex: 10), removed: json.strings(row.decode(atIndex: 11)),
            missing: json.strings(row.decode(atIndex: 12)), error: row.decode(atIndex: 13),
            failure: row.decode(String?.self, atIndex: 14).map { UnreadableReason.Code(rawValue: $0) ?? .unexpected })
    }

    private mutating func repositories(of organization: Int64, _ view: ScanView) throws -> [RepositorySnapshot] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.id, r.githubID,
                    \(RepositoryColumns.selection),
                    \(SettingColumns.selection), s.observedAt,
                    c.errorCode, c.errorMessage
                FROM (SELECT DISTINCT repositoryID FROM repositoryObservation WHERE organizationID = ?1) known
                JOIN repository r ON r.id = known.repositoryID
                JOIN repositoryObservation o ON o.id = (
                    SELECT id FROM repositoryObservation WHERE repositoryID = r.id AND scanID <= ?2
                    ORDER BY scanID DESC, id DESC LIMIT 1)
                LEFT JOIN settingObservation s ON s.id = (
                    SELECT id FROM settingObservation WHERE repositoryID = r.id AND scanID <= ?2
                    ORDER BY scanID DESC, id DESC LIMIT 1)
                LEFT JOIN coverage c ON c.id = (
                    SELECT id FROM coverage WHERE repositoryID = r.id AND scanID <= ?2
                    ORDER BY scanID DESC, id DESC LIMIT 1)
                WHERE o.organizationID = ?1 AND o.presence = 'listed'
                """,
            arguments: [organization, scanID])
        var snapshots: [RepositorySnapshot] = []
        while let row = try rows.next() {
            let rowID: Int64 = try row.decode(atIndex: 0)
            guard view.lists(rowID) else { continue }
            let repository = try RepositoryColumns(row, at: 2).repository(githubID: row.decode(atIndex: 1), &json)
            let setting = row.hasNull(atIndex: 12) ? nil : try SettingColumns(row, at: 12).setting(&json)
            let trouble = try row.decode(String?.self, atIndex: 17)
                .map { code in try UnreadableReason(stored: code, row.decode(atIndex: 18)) }
            let reading = view.reading(of: repository, rowID: rowID, setting, trouble)
            let observedAt: String? = try row.decode(atIndex: 16)
            snapshots.append(
                RepositorySnapshot(
                    repository: repository, reading: reading,
                    since: reading.value == nil ? nil : try observedAt.map { try timestamp($0) }))
        }
        return snapshots.inReportOrder(by: \.repository)
    }
}
