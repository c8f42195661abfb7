import AuditCore
import Foundation
import GRDB

/// What a scan saw of an organization, but for its repositories.
struct OrganizationScan {
    let side: ScanDifference.Side
    /// As the organization was called then.
    let login: String
    let isEnterpriseServer: Bool
    let template: OrganizationTemplate
    let listing: Listing.Status
    let view: ScanView

    var id: Int64 { side.id.rawValue }

    var templateGap: UnreadableReason? { if case .unreadable(let reason) = template { reason } else { nil } }
}

/// Sealed scans of one organization, oldest first. Their numbers are in the order of the chain: one that another has
/// overtaken is refused.
struct OrganizationScans {
    private(set) var all: [OrganizationScan] = []
    /// Indexes of those that saw another template than the one before, be it that they could not read it.
    private(set) var templateChanges: [Int] = []
    /// What became of the template, each with the index of the scan that saw it.
    private(set) var templateEvents: [(place: Int, event: Timeline.Event)] = []

    /// - Parameters:
    ///   - organization: its row id.
    ///   - last: the last scan to include.
    init(_ db: Database, of organization: Int64, upTo last: Int64) throws {
        var json = JSONTextReader()
        // Nearly all scans have one and the same.
        var scopes: [String: Scope] = [:]
        func scope(_ text: String) throws -> Scope {
            if let known = scopes[text] { return known }
            let scope = try JSONColumn.scope(text)
            scopes[text] = scope
            return scope
        }
        func bits(_ data: Data?) -> RowIDSet? { data.map { RowIDSet(bytes: Array($0)) } }
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT l.digest, p.listed, p.read, \(ScanRecord.selection("s")), \(OrganizationRecord.selection("so"))
                FROM scanOrganization so JOIN scan s ON s.id = so.scanID JOIN seal l ON l.scanID = s.id
                LEFT JOIN scanProgress p ON p.scanID = s.id
                WHERE s.state = 'sealed' AND so.organizationID = ? AND s.id <= ? ORDER BY s.id
                """,
            arguments: [organization, last])
        while let row = try rows.next() {
            var columns = RowReader(row)
            let digest: String = try columns.next()
            let (listed, read) = try (bits(columns.next()), bits(columns.next()))
            let scan: ScanRecord = try columns.next()
            let organization: OrganizationRecord = try columns.next()
            let progress = listed.flatMap { listed in read.map { (listed: listed, read: $0) } }
            let id = scan.id ?? 0
            append(
                try OrganizationScan(
                    side: ScanDifference.Side(
                        id: ScanID(rawValue: id), startedAt: timestamp(scan.startedAt), digest: digest,
                        finishedAt: scan.end()),
                    login: organization.login, isEnterpriseServer: scan.isEnterpriseServer,
                    template: organization.template(&json),
                    listing: organization.status,
                    view: ScanView(scanID: id, scope: scope(scan.scope), progress: progress)))
        }
        let githubID = try Int64.fetchOne(
            db, sql: "SELECT githubID FROM organization WHERE id = ?", arguments: [organization])
        templateEvents = events(of: githubID.map(OrganizationID.init))
    }

    private mutating func append(_ scan: OrganizationScan) {
        if let last = all.last, last.template != scan.template { templateChanges.append(all.count) }
        all.append(scan)
    }

    /// Changes join the last template that was read and the next one; what could not be read in between is a gap.
    private func events(of id: OrganizationID?) -> [(place: Int, event: Timeline.Event)] {
        var events: [(place: Int, event: Timeline.Event)] = []
        var known: (template: OrganizationTemplate, scan: OrganizationScan)?
        for (place, scan) in all.enumerated() {
            if let reason = scan.templateGap {
                guard place == 0 || all[place - 1].templateGap == nil else { continue }
                let end = all[place...].firstIndex { $0.templateGap == nil }
                let gap = Timeline.Event.Gap(
                    reason: reason, last: all[(end ?? all.count) - 1].side, regainedBy: end.map { all[$0].side })
                events.append(
                    (
                        place,
                        Timeline.Event(
                            after: known?.scan.side, seenBy: scan.side, what: .organizationTemplateUnread(gap))
                    ))
                continue
            }
            if let known, known.template.isKnownToDiffer(from: scan.template) {
                events.append(
                    (
                        place,
                        Timeline.Event(
                            after: known.scan.side, seenBy: scan.side,
                            what: .organizationTemplate(before: known.template, after: scan.template),
                            organization: OrganizationReference(login: scan.login, id: id))
                    ))
            }
            known = (scan.template, scan)
        }
        return events
    }

    /// The index of the first scan with that id or a later one; past the end where there is none.
    func place(from id: Int64) -> Int {
        var range = 0..<all.count
        while !range.isEmpty {
            let middle = (range.lowerBound + range.upperBound) / 2
            range = all[middle].id < id ? middle + 1..<range.upperBound : range.lowerBound..<middle
        }
        return range.lowerBound
    }

    /// The last one between two that looked at a repository: of what was out of its scope, or had no turn, it saw nothing.
    func last(
        after first: Int64, before id: Int64 = .max, lookingAt rowID: Int64, _ repository: Repository,
    ) -> OrganizationScan? {
        all[..<place(from: id)].reversed().prefix { $0.id > first }.first { $0.view.looked(at: rowID, repository) }
    }

    /// The id of the first scan of those in a row that saw the same template as the one at an index.
    func templateStart(_ place: Int) -> Int64 {
        all[templateChanges.last { $0 <= place } ?? 0].id
    }

    /// The last template that was read, and by which scan.
    var lastTemplate: (template: OrganizationTemplate, scan: ScanDifference.Side)? {
        all.last { $0.templateGap == nil }.map { ($0.template, $0.side) }
    }
}

extension OrganizationScans {
    /// Gaps in which scans asked for the organization and did not find it, oldest first.
    ///
    /// - Parameters:
    ///   - organization: its row id.
    ///   - last: the last scan to include.
    func losses(_ db: Database, of organization: Int64, upTo last: Int64) throws -> [Timeline.Event] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT h.apiURL, o.githubID, so.login, l.id AS link, l.digest, \(ScanRecord.selection("s"))
                FROM organization o JOIN host h ON h.id = o.hostID
                JOIN scan s ON s.hostID = h.id AND s.state = 'sealed' AND s.id <= ?2
                JOIN scanOrganization so ON so.scanID = s.id AND so.organizationID IS NULL
                JOIN seal l ON l.scanID = s.id
                WHERE o.id = ?1 ORDER BY s.id, so.id
                """,
            arguments: [organization, last])
        guard let apiURL: String = try rows.first?.decode(forColumn: "apiURL") else { return [] }
        var bearers = LoginBearers(db, apiURL: apiURL)
        var lost: [ScanDifference.Side] = []
        for row in rows {
            var columns = RowReader(row)
            let (_, id, login, link, digest): (String, Int64, String, Int64, String) =
                try (columns.next(), columns.next(), columns.next(), columns.next(), columns.next())
            let scan: ScanRecord = try columns.next()
            let number = ScanID(rawValue: scan.id ?? 0)
            guard lost.last?.id != number,
                try bearers.bearer(of: login, at: link) == OrganizationID(rawValue: id)
            else { continue }
            lost.append(
                ScanDifference.Side(
                    id: number, startedAt: try timestamp(scan.startedAt), digest: digest, finishedAt: try scan.end()))
        }
        // A scan that found it parts two gaps.
        return Dictionary(grouping: lost) { place(from: $0.id.rawValue) }.sorted { $0.key < $1.key }
            .compactMap { place, scans in
                guard let first = scans.first, let end = scans.last else { return nil }
                let gap = Timeline.Event.Gap(
                    reason: .organizationNotFound, last: end, regainedBy: place < all.count ? all[place].side : nil)
                return Timeline.Event(
                    after: place > 0 ? all[place - 1].side : nil, seenBy: first, what: .organizationNotFound(gap))
            }
    }
}
