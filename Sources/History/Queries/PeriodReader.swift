import AuditCore
import GRDB

/// Scans of one organization that a period needs: the one from before it, and those in it.
struct PeriodScans: Sendable {
    let rowID: Int64
    let organization: OrganizationReference
    /// Those that stand for all of its repositories, or, where the period has none of these, those of its last scope:
    /// oldest first; the first is from before the period where `hasStart`.
    let scans: [StoredScan]
    /// With every other one since the first, whatever it read.
    let all: [StoredScan]
    let hasStart: Bool

    var start: StoredScan? { hasStart ? scans[0] : nil }

    /// The last one that found the organization.
    var end: StoredScan? { scans.last { $0.holds(organization.id) } }

    /// The scan of that number, or the first of all after it.
    func side(from number: Int64) -> ScanDifference.Side? { all.first { $0.id.rawValue >= number }?.side }

    /// The login that it bore at each of the scans: as it was found last by then, else first.
    let logins: [String]

    /// Names of the policies that judge it at the end: the time since the last scan of each is not unusual.
    let policies: Set<String>

    init(
        rowID: Int64, organization: OrganizationReference, scans: [StoredScan], all: [StoredScan], hasStart: Bool,
    ) {
        (self.rowID, self.organization, self.hasStart) = (rowID, organization, hasStart)
        (self.scans, self.all) = (scans, all)
        let starts = Dictionary(grouping: all, by: \.policyName).mapValues { $0.map(\.startedAt).sorted() }
        let end = starts.values.compactMap(\.last).max()
        policies = Set(
            starts.filter { _, starts in
                guard let last = starts.last, let end else { return false }
                return ScanRhythm(starts).gap(from: last, to: end) == nil
            }.keys)
        let found = scans.map { scan in scan.organizations.first { $0.id == organization.id }?.login }
        var last = found.compactMap(\.self).first ?? organization.login
        logins = found.map { login in
            last = login ?? last
            return last
        }
    }

    func login(at time: Timestamp) -> String {
        (scans.lastIndex { $0.startedAt <= time } ?? scans.indices.first).map { logins[$0] } ?? organization.login
    }

    /// Whether a scan reads some of its repositories alone.
    func isNarrow(_ scan: StoredScan) -> Bool { scan.isNarrow(of: organization.id) }

    /// Scans of some repositories beside those that stand for all, oldest first.
    var narrow: [StoredScan] {
        let whole = Set(scans.map(\.id))
        return all.filter { !whole.contains($0.id) && isNarrow($0) }
    }

    /// Each of `scans` with those of all that came after it, before the next one; first those before the first.
    var steps: [[StoredScan]] {
        let whole = Set(scans.map(\.id))
        return all.reduce(into: [[]]) { steps, scan in
            if whole.contains(scan.id) { steps.append([]) }
            steps[steps.count - 1].append(scan)
        }
    }

    /// How often it was scanned, up to a moment.
    func frequency(since: Timestamp, until end: Timestamp) -> PeriodEvidence.Frequency {
        let (first, last) = (Day(of: since), Day(of: end))
        let days = max(0, last.days(since: first) + 1)
        let whole = scans.filter { $0.startedAt > since && $0.startedAt <= end && !isNarrow($0) }
        let scanned = Set(whole.map { Day(of: $0.startedAt) })
        return PeriodEvidence.Frequency(
            organization: organization.login, usual: ScanRhythm(scans.map(\.startedAt).sorted()).words, days: days,
            daysWithoutScan: days - scanned.count)
    }
}

extension StoredScan {
    func holds(_ organization: OrganizationID?) -> Bool {
        organization != nil && organizations.contains { $0.id == organization }
    }

    /// Whether its scope chooses some repositories of an organization: others may be named of others alone.
    fileprivate func isNarrow(of organization: OrganizationID?) -> Bool {
        guard let login = organizations.first(where: { $0.id == organization })?.login else { return isNarrow }
        return scope.isNarrow(of: login)
    }
}

/// Reads what a history holds of a period, but for changes: these come of comparing one scan with the next.
struct PeriodReader {
    let db: Database
    let apiURL: String
    let since: Timestamp
    let until: Timestamp

    /// Each organization's scans, in alphabetical order; none of an organization that no scan had found by the end.
    ///
    /// - Parameter organizations: of which; empty: all.
    func scans(of organizations: [OrganizationReference]) throws -> [PeriodScans] {
        let names = OrganizationNames(db, apiURL: apiURL)
        var all: [OrganizationID: [StoredScan]] = [:]
        for (scan, ids) in try scansByOrganization() {
            for id in ids { all[id, default: []].append(scan) }
        }
        let wanted = organizations.isEmpty ? try names.all() : organizations
        return try wanted.compactMap { organization in
            let stored = try names.stored(organization)
            guard let rowID = stored.rowID, let id = try Self.githubID(of: rowID, db) else { return nil }
            let asked = all[id] ?? []
            // A scan of some repositories does not stand for the others; but one from before the period does not stand for
            // what scans within it did not look at.
            let whole = asked.filter { !$0.isNarrow(of: id) }
            let within = asked.filter { $0.startedAt > since }
            let hasWhole = within.isEmpty ? !whole.isEmpty : within.contains { !$0.isNarrow(of: id) }
            let own = hasWhole ? whole : asked.filter { $0.scope == asked.last?.scope }
            let before = own.filter { $0.startedAt <= since }
            let start = before.last { $0.holds(id) } ?? before.last
            let later = own.filter { $0.startedAt > since && $0.link > start?.link ?? 0 }
            guard start != nil || !later.isEmpty else { return nil }
            return PeriodScans(
                rowID: rowID, organization: OrganizationReference(login: stored.login, id: id),
                scans: (start.map { [$0] } ?? []) + later,
                all: (start.map { [$0] } ?? [])
                    + asked.filter { scan in
                        if scan.startedAt > since { return scan.link > start?.link ?? 0 }
                        // One of some repositories may have seen a change before the period that the start did not.
                        return start.map { scan.link > $0.link && scan.holds(id) } ?? false
                    },
                hasStart: start != nil)
        }
    }

    /// Every scan of the organizations that began in the period, oldest first: those of some repositories too.
    func scansWithin(_ organizations: [PeriodScans]) throws -> [StoredScan] {
        let ids = Set(organizations.compactMap(\.organization.id))
        return try scansByOrganization().filter { $0.scan.startedAt > since && !ids.isDisjoint(with: $0.organizations) }
            .map(\.scan)
    }

    /// Every scan that had begun by the end, oldest first, with the organizations that it asked for: those that it did not
    /// find by who bore the login then.
    private func scansByOrganization() throws -> [(scan: StoredScan, organizations: Set<OrganizationID>)] {
        var bearers = LoginBearers(db, apiURL: apiURL)
        return try ScanSearch(apiURL: apiURL, latestStart: until).all(db, oldestFirst: true).map { scan in
            let ids = try scan.organizations.compactMap { one in
                try one.id ?? bearers.bearer(of: one.login, at: scan.link)
            }
            return (scan, Set(ids))
        }
    }

    /// Two scans of an organization, one after the other; whether all around them saw one template, so that their scopes
    /// make no difference.
    typealias Pair = (before: StoredScan, after: StoredScan, isSteady: Bool)

    /// Pairs that may have seen something otherwise.
    ///
    /// Where nothing was written between two scans that stand for all, those of some repositories in between saw the same.
    func pairsThatMayDiffer(_ own: PeriodScans) throws -> [Pair] {
        let steps = own.steps
        var pairs: [Pair] = []
        for (place, step) in steps.enumerated() {
            let next = place + 1 < steps.count ? steps[place + 1].first : nil
            let scans = step + (next.map { [$0] } ?? [])
            let isSteady =
                try step.count > 1 && !scans.dropFirst().contains { try hasOtherTemplate($0, than: scans[0], own) }
            if isSteady, place > 0, let next, try !mayDiffer(step[0], next) { continue }
            for (before, after) in zip(scans, scans.dropFirst()) {
                if try mayDiffer(before, after) { pairs.append((before, after, isSteady)) }
            }
        }
        return pairs
    }

    private func hasOtherTemplate(_ scan: StoredScan, than first: StoredScan, _ own: PeriodScans) throws -> Bool {
        try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT NOT EXISTS (
                        SELECT 1 FROM scanOrganization a JOIN scanOrganization b ON b.organizationID = a.organizationID
                        WHERE a.scanID = ?1 AND b.scanID = ?2 AND a.organizationID = ?3
                            AND b.templateStatus = a.templateStatus AND b.templateStatus <> 'unreadable'
                            AND b.templateClaimKeys IS a.templateClaimKeys
                            AND b.templateUseImmutableSubject IS a.templateUseImmutableSubject)
                    """), arguments: [first.id.rawValue, scan.id.rawValue, own.rowID]) == true
    }

    /// Whether what two scans of an organization knew of its repositories or its template may differ.
    private func mayDiffer(_ before: StoredScan, _ after: StoredScan) throws -> Bool {
        if before.scope != after.scope || before.isEnterpriseServer != after.isEnterpriseServer { return true }
        return try Bool.fetchOne(
            db.cachedStatement(
                sql: """
                    SELECT EXISTS (SELECT 1 FROM settingObservation WHERE scanID > ?1 AND scanID <= ?2)
                        OR EXISTS (SELECT 1 FROM repositoryObservation WHERE scanID > ?1 AND scanID <= ?2)
                        OR EXISTS (SELECT 1 FROM coverage WHERE scanID > ?1 AND scanID <= ?2)
                        OR EXISTS (SELECT 1 FROM scanProgress WHERE scanID IN (?1, ?2))
                        OR EXISTS (
                            SELECT 1 FROM scanOrganization a WHERE a.scanID IN (?1, ?2) AND NOT EXISTS (
                                SELECT 1 FROM scanOrganization b WHERE b.scanID = ?1 + ?2 - a.scanID
                                    AND b.organizationID = a.organizationID AND b.listingStatus = a.listingStatus
                                    AND b.templateStatus = a.templateStatus AND b.templateStatus <> 'unreadable'
                                    AND b.templateClaimKeys IS a.templateClaimKeys
                                    AND b.templateUseImmutableSubject IS a.templateUseImmutableSubject))
                    """), arguments: [before.id.rawValue, after.id.rawValue]) == true
    }

    static func githubID(of rowID: Int64, _ db: Database) throws -> OrganizationID? {
        try Int64.fetchOne(db, sql: "SELECT githubID FROM organization WHERE id = ?", arguments: [rowID])
            .map(OrganizationID.init)
    }

    // MARK: - Findings

    /// Findings that stood open at a scan of the period, worst first.
    func findings(_ organizations: [PeriodScans]) throws -> [PeriodFinding] {
        let last = organizations.flatMap(\.all).map(\.id.rawValue).max() ?? 0
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.githubID, o.githubID, \(FindingRecord.selection("f")) FROM finding f
                LEFT JOIN repository r ON r.id = f.repositoryID LEFT JOIN organization o ON o.id = f.organizationID
                WHERE f.hostID = (SELECT id FROM host WHERE apiURL = ?1) AND f.scanID <= ?2
                    AND f.scanID IN (SELECT scanID FROM seal)
                ORDER BY f.policyName, f.ruleID, f.repositoryID, f.organizationID, f.waiver, f.scanID, f.id
                """,
            arguments: [apiURL, last])
        var found: [FoundFinding] = []
        var current: FoundFinding?
        while let row = try rows.next() {
            var columns = RowReader(row)
            let (repository, organization): (Int64?, Int64?) = try (columns.next(), columns.next())
            let record: FindingRecord = try columns.next()
            if let known = current, known.isSame(as: record) {
                current?.rows.append(record)
            } else {
                if let current { found.append(current) }
                current = FoundFinding(repository: repository, organization: organization, rows: [record])
            }
        }
        if let current { found.append(current) }
        let scans = try ScanSearch(apiURL: apiURL, latestStart: until).all(db, oldestFirst: true)
        let stays = try RepositoryStays(
            db, of: found.compactMap(\.rows[0].repositoryRowID), upTo: scans.map(\.id.rawValue).max() ?? last)
        let sides = Dictionary(scans.map { ($0.id.rawValue, $0.side) }, uniquingKeysWith: { first, _ in first })
        var json = JSONTextReader()
        let byRow = Dictionary(organizations.map { ($0.rowID, $0) }, uniquingKeysWith: { first, _ in first })
        let repositories = Set(found.compactMap(\.rows[0].repositoryRowID))
        var sightings: [Int64: PeriodSightings] = [:]
        for own in organizations {
            sightings[own.rowID] = try PeriodSightings(self, own, repositories, upTo: last)
        }
        return try found.flatMap { finding in
            try finding.owners(among: organizations, byRow, stays).compactMap { own in
                try sightings[own.rowID].flatMap { try finding.inPeriod(own, stays, sides, $0, &json) }
            }
        }.sorted { one, other in
            let (left, right) = (one.finding, other.finding)
            if left.severity != right.severity { return left.severity > right.severity }
            return (left.key.rule, left.name, one.policyName, one.lastSeen.id.rawValue)
                < (right.key.rule, right.name, other.policyName, other.lastSeen.id.rawValue)
        }
    }
}

/// The rows of one finding under one policy, oldest first.
private struct FoundFinding {
    let repository: Int64?
    let organization: Int64?
    var rows: [FindingRecord]

    func isSame(as record: FindingRecord) -> Bool {
        rows[0].identity == record.identity && rows[0].policyName == record.policyName
    }

    /// The organizations whose it may have been.
    func owners(
        among organizations: [PeriodScans], _ byRow: [Int64: PeriodScans], _ stays: RepositoryStays,
    ) -> [PeriodScans] {
        if let repository = rows[0].repositoryRowID {
            return stays.organizations(of: repository).compactMap { byRow[$0] }
        }
        return rows[0].organizationRowID.map { byRow[$0].map { [$0] } ?? [] } ?? organizations
    }

    /// - Returns: `nil` if it stood open at none of the organization's scans, while what it is about was its own.
    func inPeriod(
        _ own: PeriodScans, _ stays: RepositoryStays, _ sides: [Int64: ScanDifference.Side],
        _ sightings: PeriodSightings, _ json: inout JSONTextReader,
    ) throws -> PeriodFinding? {
        let stays = times(in: own, stays)
        guard !stays.isEmpty else { return nil }
        var next = rows.count - 1
        var standing: (row: FindingRecord, scan: StoredScan, next: Int, stay: Stay)?
        // Other policies did not look for it.
        for scan in own.all.reversed()
        where scan.policyName == rows[0].policyName && scan.holds(own.organization.id) {
            guard let stay = stays.first(where: { $0.scans.contains(scan.id.rawValue) }) else { continue }
            while next >= 0, rows[next].scanID > scan.id.rawValue { next -= 1 }
            guard next >= 0 else { break }
            if rows[next].isOpen {
                standing = (rows[next], scan, next + 1, stay)
                break
            }
        }
        guard let (row, scan, after, stay) = standing else { return nil }
        // What went with its rule may have been found fixed later.
        let closed = rows[after...].prefix { !$0.isOpen && stay.scans.contains($0.scanID) }.last
        let end = stay.scans.upperBound
        // It may be that another organization's scan alone saw it leave.
        let gone =
            closed.flatMap { own.side(from: $0.scanID) } ?? (end == .max ? nil : own.side(from: end) ?? sides[end])
        let state: PeriodFinding.State =
            gone != nil ? .gone : !own.policies.contains(row.policyName) ? .notJudged : row.isWaived ? .waived : .open
        // It stands while nobody looks at it, but is not seen then.
        let seen = own.all.last { other in
            other.id.rawValue >= row.scanID && other.id.rawValue <= scan.id.rawValue
                && other.policyName == row.policyName && sightings.saw(row, by: other)
        }
        let key: FindingKey.Subject =
            if let repository {
                .repository(RepositoryID(rawValue: repository))
            } else if let organization {
                .organization(OrganizationID(rawValue: organization))
            } else {
                .waiver(row.waiver ?? "")
            }
        let name = stay.name ?? own.login(at: scan.startedAt)
        return PeriodFinding(
            finding: try row.finding(key, name: name, organization: own.organization.id, &json),
            policyName: row.policyName, state: state, lastSeen: seen?.side ?? sides[row.scanID] ?? scan.side,
            goneBy: gone,
            goneReason: gone == nil ? nil : closed.map { $0.departure.flatMap(GoneFinding.Reason.init) ?? .fixed })
    }

    private typealias Stay = (scans: Range<Int64>, name: String?)

    /// While it was the organization's own, and by which name.
    private func times(in own: PeriodScans, _ stays: RepositoryStays) -> [Stay] {
        if let repository = rows[0].repositoryRowID {
            return stays.of(repository, in: own.rowID).map { ($0.scans, $0.fullName) }
        }
        if rows[0].organizationRowID != nil { return [(0..<Int64.max, nil)] }
        // A finding about a waiver begins with the login under which it was reported.
        guard let waiver = rows[0].waiver else { return [] }
        let name = waiver.lowercased()
        return own.scans.indices.compactMap { place in
            let login = own.logins[place].lowercased()
            guard name.hasPrefix("\(login): ") else { return nil }
            let next = own.logins[place...].firstIndex { $0.lowercased() != login }
            return (own.scans[place].id.rawValue..<(next.map { own.scans[$0].id.rawValue } ?? .max), waiver)
        }
    }
}
