import AuditCore
import GRDB

extension PeriodReader {
    /// What scans of the period could not read, or did not come to read, in the order of time.
    ///
    /// - Parameter end: of what has come of the period.
    func gaps(_ organizations: [PeriodScans], andUntil end: Timestamp) throws -> [PeriodGap] {
        let pruned = try prunedScans(organizations)
        var gaps = prunedRanges(pruned, among: organizations)
        gaps += try stoppedScans(organizations)
        for own in organizations {
            // By the login that it bore then: another organization may bear it by now.
            gaps += try self.gaps(of: own, pruned, andUntil: end).map { gap in
                var gap = gap
                gap.organization = own.login(at: gap.from)
                return gap
            }
        }
        return gaps
    }

    private func gaps(of own: PeriodScans, _ pruned: [Pruned], andUntil end: Timestamp) throws -> [PeriodGap] {
        let login = own.organization.login
        var gaps: [PeriodGap] = []
        if !own.hasStart {
            gaps.append(
                PeriodGap(
                    .noStart, login, reason: "no earlier scan read it", from: since, to: own.scans.first?.startedAt)
            )
        }
        if let scan = own.scans.first(where: own.isNarrow) {
            gaps.append(
                PeriodGap(
                    .listing, login, reason: PeriodGap.narrowScans, from: scan.startedAt, first: scan.side,
                    last: own.scans.last?.side))
        }
        let prunedStarts = pruned.filter { $0.startedAt > since && $0.organizations.contains(own.organization.id) }
            .map(\.startedAt)
        if prunedStarts.isEmpty, !own.all.contains(where: { $0.startedAt > since }) {
            gaps.append(PeriodGap(.missingScans, login, reason: "no scan in the period", from: since))
        } else {
            gaps += PeriodGap.missingScans(
                of: login, between: (own.scans.map(\.startedAt) + prunedStarts).sorted(),
                narrow: own.narrow.map(\.side), andUntil: end)
        }
        let organization = try organizationGaps(own)
        return try gaps + organization + followerGaps(own, organization) + repositoryGaps(own)
    }

    /// A pruned scan's number, its link, its start, and for which organizations it asked.
    private typealias Pruned = (id: Int64, link: Int64, startedAt: Timestamp, organizations: Set<OrganizationID?>)

    /// One gap for scans that were pruned one after the other.
    private func prunedRanges(_ pruned: [Pruned], among organizations: [PeriodScans]) -> [PeriodGap] {
        let kept = organizations.flatMap(\.all).map(\.link).sorted()
        var ranges: [[Pruned]] = []
        var next = 0
        for scan in pruned.sorted(by: { $0.link < $1.link }) {
            let before = next
            while next < kept.count, kept[next] < scan.link { next += 1 }
            if ranges.isEmpty || next > before {
                ranges.append([scan])
            } else {
                ranges[ranges.count - 1].append(scan)
            }
        }
        return ranges.map { scans in
            let (first, last) = (scans[0], scans[scans.count - 1])
            let times = scans.map(\.startedAt)
            let which =
                scans.count == 1
                ? "scan #\(first.id) was pruned: what it found"
                : "\(scans.count) scans, #\(first.id) to #\(last.id), were pruned: what they found"
            return PeriodGap(
                .prunedScan, nil, reason: "\(which) is not kept", from: times.min() ?? first.startedAt,
                to: times.max())
        }
    }

    private func prunedScans(_ organizations: [PeriodScans]) throws -> [Pruned] {
        let ids = Set(organizations.map(\.organization.id))
        var bearers = LoginBearers(db, apiURL: apiURL)
        var json = JSONTextReader()
        return try Row.fetchAll(
            db,
            sql: """
                SELECT s.id, s.startedAt, s.requested, l.id AS link FROM prunedScan p JOIN scan s ON s.id = p.scanID
                JOIN seal l ON l.scanID = s.id JOIN host h ON h.id = s.hostID
                WHERE h.apiURL = ? AND s.startedAt > ? AND s.startedAt <= ? ORDER BY s.id
                """,
            // One between the scan of the starting state and the period would be a better starting state.
            arguments: [
                apiURL, (organizations.compactMap { $0.start?.startedAt }.min() ?? since).description,
                until.description,
            ]
        ).compactMap { row in
            let link: Int64 = try row.decode(forColumn: "link")
            let asked = try json.strings(row.decode(forColumn: "requested"))
                .map { try bearers.bearer(of: $0, at: link) }.filter(ids.contains)
            guard !asked.isEmpty else { return nil }
            return (try row.decode(forColumn: "id"), link, try row.time("startedAt"), Set(asked))
        }
    }

    /// Scans that were sealed before they had read everything.
    private func stoppedScans(_ organizations: [PeriodScans]) throws -> [PeriodGap] {
        var scans: [StoredScan] = []
        var seen: Set<ScanID> = []
        for scan in organizations.flatMap(\.all) where seen.insert(scan.id).inserted { scans.append(scan) }
        return try scans.compactMap { scan in
            let stop = try String.fetchOne(
                db, sql: "SELECT stop FROM scan WHERE id = ?", arguments: [scan.id.rawValue]
            ).flatMap(ScanStop.init)
            guard let stop else { return nil }
            return PeriodGap(
                .scan, nil,
                reason: "\(scan.summary.unreadable) of \(scan.summary.listed) repositories were not read: "
                    + stop.explanation,
                from: scan.startedAt, first: scan.side, last: scan.side,
                to: organizations.flatMap(\.all).filter { $0.link > scan.link }.map(\.startedAt).min())
        }
    }

    // MARK: - An organization itself

    private struct Trouble: Hashable {
        let kind: PeriodGap.Kind
        let reason: String
    }

    private func organizationGaps(_ own: PeriodScans) throws -> [PeriodGap] {
        var json = JSONTextReader()
        let troubles = try own.scans.map { scan in
            let record = try OrganizationRecord.fetchOne(
                db, sql: "SELECT * FROM scanOrganization WHERE scanID = ? AND organizationID = ?",
                arguments: [scan.id.rawValue, own.rowID])
            // A scan that asked for it and has no record of it did not find it.
            return try record.map { try self.troubles($0, &json) }
                ?? [Trouble(kind: .organization, reason: "it could not be found")]
        }
        var gaps: [PeriodGap] = []
        for (place, scan) in own.scans.enumerated() {
            for trouble in troubles[place] where place == 0 || !troubles[place - 1].contains(trouble) {
                let end = troubles[place...].firstIndex { !$0.contains(trouble) }
                gaps.append(
                    PeriodGap(
                        trouble.kind, own.organization.login, reason: trouble.reason, from: scan.startedAt,
                        first: scan.side, last: own.scans[(end ?? own.scans.count) - 1].side,
                        to: end.map { own.scans[$0].startedAt }))
            }
        }
        return gaps
    }

    /// Repositories that were read, and whose template is the organization's where that could not be: as the first and the
    /// last scan of each gap saw them.
    private func followerGaps(_ own: PeriodScans, _ gaps: [PeriodGap]) throws -> [PeriodGap] {
        try gaps.compactMap { gap in
            guard gap.kind == .organizationTemplate, let first = gap.first, let last = gap.last else { return nil }
            var names: Set<String> = []
            for scan in Set([first.id, last.id]) {
                var reader = SnapshotReader(db, scanID: scan.rawValue, organizations: [own.organization])
                for organization in try reader.snapshot().organizations {
                    for state in organization.repositories {
                        let effective = state.reading.value?.effectiveTemplate(organization: organization.template)
                        if let effective, effective.template == nil { names.insert(state.repository.fullName) }
                    }
                }
            }
            guard !names.isEmpty else { return nil }
            return PeriodGap(
                .repositories, gap.organization, reason: "the organization's template decides, which could not be read",
                from: gap.from, first: first, last: last, to: gap.to, repositories: names.sorted(),
                isAccepted: own.scans.drop { $0.id != first.id }.prefix { $0.id != last.id }.allSatisfy(\.isComplete)
                    && own.scans.first { $0.id == last.id }?.isComplete == true)
        }
    }

    private func troubles(_ record: OrganizationRecord, _ json: inout JSONTextReader) throws -> [Trouble] {
        var troubles: [Trouble] = []
        if case .unreadable(let reason) = try record.template(&json) {
            troubles.append(Trouble(kind: .organizationTemplate, reason: reason.message))
        }
        let listing = try record.listing(&json)
        if listing.status == .partial || !listing.missing.isEmpty {
            troubles.append(
                Trouble(kind: .listing, reason: listing.error ?? "\(listing.listed) repositories were listed"))
        }
        return troubles
    }

    // MARK: - Repositories

    /// Those of one organization that could not be read, by reason and by the scans between which that was so.
    private func repositoryGaps(_ own: PeriodScans) throws -> [PeriodGap] {
        guard let last = own.all.last else { return [] }
        struct Key: Hashable {
            let reason: String
            let first: ScanDifference.Side
            let last: ScanDifference.Side
            let to: Timestamp?
        }
        var names: [Key: [String]] = [:]
        let whole = Set(own.scans.map(\.id))
        for (_, name, unread) in try unreadTimes(own, upTo: last.id.rawValue) {
            // Of scans of some repositories only the one that wrote it is known to have looked.
            let within = own.all.filter { scan in
                scan.id.rawValue >= unread.from && scan.id.rawValue < unread.to
                    && (whole.contains(scan.id) || scan.id.rawValue == unread.from)
            }
            guard let first = within.first, let end = within.last else { continue }
            let next = own.all.first { $0.id.rawValue >= unread.to }
            names[
                Key(reason: unread.reason, first: first.side, last: end.side, to: next?.startedAt), default: []
            ].append(name)
        }
        return names.map { key, names in
            let scans = own.all.filter { scan in
                scan.id.rawValue >= key.first.id.rawValue && scan.id.rawValue <= key.last.id.rawValue
                    && (whole.contains(scan.id) || scan.id == key.first.id)
            }
            return PeriodGap(
                .repositories, own.organization.login, reason: key.reason, from: key.first.startedAt, first: key.first,
                last: key.last, to: key.to, repositories: names.sorted(), isAccepted: scans.allSatisfy(\.isComplete))
        }.sorted { ($0.from, $0.reason, $0.repositories[0]) < ($1.from, $1.reason, $1.repositories[0]) }
    }

    /// From one scan, and to before another.
    typealias Unread = (reason: String, from: Int64, to: Int64)

    /// When repositories could not be read, each by its row id.
    func unreadTimes(
        _ own: PeriodScans, upTo last: Int64,
    ) throws -> [(repository: Int64, name: String, unread: Unread)] {
        let rows = try CoverageRecord.fetchAll(
            db,
            sql: """
                SELECT c.* FROM coverage c WHERE c.scanID <= ?2 AND c.scanID IN (SELECT scanID FROM seal)
                    AND EXISTS (
                        SELECT 1 FROM repositoryObservation x
                        WHERE x.organizationID = ?1 AND x.repositoryID = c.repositoryID AND x.scanID <= ?2)
                ORDER BY c.repositoryID, c.scanID, c.id
                """,
            arguments: [own.rowID, last])
        let stays = try RepositoryStays(db, of: rows.map(\.repositoryRowID), upTo: last)
        let left = try departures(Set(rows.map(\.repositoryRowID)), upTo: last, own.scans.last?.scope ?? Scope())
        var times: [(repository: Int64, name: String, unread: Unread)] = []
        for (place, row) in rows.enumerated() {
            guard let reason = row.reason else { continue }
            let next =
                place + 1 < rows.count && rows[place + 1].repositoryRowID == row.repositoryRowID
                ? rows[place + 1].scanID : .max
            let gone = left[row.repositoryRowID]?.first { $0 > row.scanID } ?? .max
            guard row.scanID < min(next, gone) else { continue }
            // What is not read may be in several organizations meanwhile.
            for stay in stays.of(row.repositoryRowID, in: own.rowID) {
                let unread = stay.scans.clamped(to: row.scanID..<min(next, gone))
                guard !unread.isEmpty else { continue }
                times.append(
                    (row.repositoryRowID, stay.fullName, (reason.message, unread.lowerBound, unread.upperBound)))
            }
        }
        return times
    }

    /// Scans that saw repositories no longer listed, or out of scope: what is not looked for is not unread.
    private func departures(_ repositories: Set<Int64>, upTo last: Int64, _ scope: Scope) throws -> [Int64: [Int64]] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.githubID, \(RepositoryRecord.selection("x")) FROM json_each(?1) e
                JOIN repositoryObservation x ON x.repositoryID = e.value JOIN repository r ON r.id = e.value
                WHERE x.scanID <= ?2 ORDER BY x.scanID, x.id
                """,
            arguments: ["[" + repositories.map(String.init).joined(separator: ",") + "]", last])
        var json = JSONTextReader()
        var scans: [Int64: [Int64]] = [:]
        while let row = try rows.next() {
            var columns = RowReader(row)
            let id: Int64 = try columns.next()
            let record: RepositoryRecord = try columns.next()
            let isLeft =
                try record.presence != "listed"
                || scope.decide(record.repository(githubID: id, &json)).isSkipped
            guard isLeft else { continue }
            scans[record.repositoryRowID, default: []].append(record.scanID)
        }
        return scans
    }
}
