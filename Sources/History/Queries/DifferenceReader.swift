import AuditCore
import GRDB

/// Reads two scans as far as they may differ.
struct DifferenceReader {
    private let before: StoredScan
    private let after: StoredScan
    /// Without repositories, of which very many are the same.
    private let new: Snapshot
    /// Organizations that both hold.
    private let common: [Organization]
    /// Logins of those that only one of them found.
    private let lost: [String]
    private let found: [String]
    /// From the older scan's rows to the newer one's, where only repositories can differ of which something was written
    /// in between.
    private let span: Range<Int64>?

    private struct Organization {
        let rowID: Int64
        let id: OrganizationID
        let before: OrganizationSnapshot
        let after: OrganizationSnapshot
        /// The scan of `before`: the earlier one of both, or the last before it that found the organization.
        let scanID: Int64
        let scope: Scope
        let wasEnterpriseServer: Bool
        /// Whether waivers accept each repository that the later one could not read.
        let acceptsUnread: Bool
        /// `scanID`, where that is another than the earlier one of both.
        let knownBy: ScanDifference.Side?
        /// The last template that was read before, and by which scan, where that one could not.
        let earlier: (template: OrganizationTemplate, scan: ScanDifference.Side)?

        /// Whether only the later one of both found it.
        var wasLost: Bool { knownBy != nil }
    }

    private let comparesFindings: Bool

    /// - Parameters:
    ///   - followers: whether repositories are wanted that changed with their organization's template alone.
    ///   - findings: whether findings are compared.
    ///   - scopes: whether another scope alone makes no difference.
    init(
        _ db: Database, from before: StoredScan, to after: StoredScan, _ organizations: [OrganizationReference]?,
        _ followers: Bool, findings: Bool = true, acrossScopes scopes: Bool = false,
    ) throws {
        comparesFindings = findings
        self.before = before
        self.after = after
        func snapshot(of scan: ScanID) throws -> Snapshot {
            var reader = SnapshotReader(
                db, scanID: scan.rawValue, organizations: organizations, withRepositories: false)
            return try reader.snapshot()
        }
        let old = try snapshot(of: before.id)
        let new = try snapshot(of: after.id)
        self.new = new
        let names = OrganizationNames(db, apiURL: after.apiURL)
        // What was not found has no id of its own: it is the one that bore its login last.
        func missing(_ first: Snapshot, _ second: Snapshot) throws -> [String] {
            let unfound = try second.organizations.filter { $0.id == nil }.map { try names.known($0.login).reference }
            return first.organizations.filter { organization in
                organization.id != nil
                    && unfound.contains {
                        $0.id == organization.id || $0.login.isExactlyIgnoringCase(organization.login)
                    }
            }.map(\.login)
        }
        let (lost, found) = (try missing(old, new), try missing(new, old))
        (self.lost, self.found) = (lost, found)
        common = try new.organizations.compactMap { organization in
            guard let id = organization.id,
                let row = try Int64.fetchOne(
                    db,
                    sql: """
                        SELECT o.id FROM organization o JOIN host h ON h.id = o.hostID
                        WHERE h.apiURL = ? AND o.githubID = ?
                        """,
                    arguments: [after.apiURL, id.rawValue])
            else { return nil }
            var (snapshot, knownBy) = (old, nil as ScanDifference.Side?)
            if found.containsExactly(organization.login) {
                guard let last = try OrganizationScans(db, of: row, upTo: before.id.rawValue).all.last else {
                    return nil
                }
                snapshot = try DifferenceReader.snapshot(
                    db, last.id, OrganizationReference(login: organization.login, id: id))
                knownBy = last.side
            }
            guard let earlier = snapshot.organizations.first(where: { $0.id == id }) else { return nil }
            let scanID = knownBy?.id.rawValue ?? before.id.rawValue
            return Organization(
                rowID: row, id: id, before: earlier, after: organization, scanID: scanID, scope: snapshot.scope,
                wasEnterpriseServer: snapshot.isEnterpriseServer,
                acceptsUnread: try Bool.fetchOne(
                    db,
                    sql: """
                        SELECT unreadable = acceptedUnread FROM organizationTally WHERE scanID = ? AND organizationID = ?
                        """,
                    arguments: [after.id.rawValue, row]) ?? false,
                knownBy: knownBy,
                earlier: try earlier.template.inheritedKeys == nil
                    ? OrganizationScans(db, of: row, upTo: scanID).lastTemplate : nil)
        }
        let ids = [before.id.rawValue, after.id.rawValue]
        span =
            try Self.canSkipUnchanged(db, ids[0], ids[1], withFollowers: followers, acrossScopes: scopes)
            ? (ids.min() ?? 0)..<(ids.max() ?? 0) : nil
    }

    private static func snapshot(
        _ db: Database, _ scanID: Int64, _ organization: OrganizationReference,
    ) throws -> Snapshot {
        var reader = SnapshotReader(db, scanID: scanID, organizations: [organization], withRepositories: false)
        return try reader.snapshot()
    }

    /// What half of the repositories differ in.
    struct Half: Sendable {
        /// One for each organization that both scans hold.
        fileprivate let comparisons: [RepositoryComparison]
        /// Findings that stood open after one scan alone; `nil` if another policy judged each.
        fileprivate let findings: FindingComparison.Changes?
    }

    /// - Parameter number: 0 or 1, by the row ids of repositories.
    func half(_ number: Int, _ db: Database) throws -> Half {
        var findings: FindingComparison.Changes?
        if comparesFindings, before.policyName == after.policyName {
            findings = try FindingComparison(db, apiURL: after.apiURL, policyName: after.policyName)
                .changes(from: before.id, to: after.id, half: number)
        }
        return Half(comparisons: try comparisons(db, half: number), findings: findings)
    }

    private func comparisons(_ db: Database, half: Int) throws -> [RepositoryComparison] {
        let later = try ScanView(db, scanID: after.id.rawValue, scope: new.scope)
        return try common.map { organization in
            var comparison = RepositoryComparison(
                from: organization.before, to: organization.after, id: organization.id,
                wasEnterpriseServer: organization.wasEnterpriseServer, isEnterpriseServer: new.isEnterpriseServer,
                scopes: (organization.scope, new.scope))
            let earlier = try ScanView(db, scanID: organization.scanID, scope: organization.scope)
            var pairs = try PairCursor(
                db, (earlier, later), (organization.before.trust(in: earlier), organization.after.trust(in: later)),
                organization: organization.rowID, half: half, changedBetween: organization.wasLost ? nil : span)
            // Few, unless a gap was large.
            var pending: [Pair] = []
            while let pair = try pairs.next() {
                if comparison.needsEarlier(pair.first, pair.second) {
                    pending.append(pair)
                } else {
                    comparison.compare(pair.first, pair.second)
                }
            }
            let known =
                pending.isEmpty
                ? [:]
                : try KnowledgeBefore(db, of: organization.rowID, upTo: organization.scanID)
                    .knowledge(of: pending.map { ($0.rowID, $0.id) })
            for pair in pending { comparison.compare(pair.first, pair.second, earlier: known[pair.rowID]) }
            comparison.sort()
            return comparison
        }
    }

    func difference(_ one: Half, _ other: Half) -> ScanDifference {
        var organizations = common.enumerated().map { place, organization in
            var difference = OrganizationDifference(
                from: organization.before, to: organization.after, id: organization.id,
                [one.comparisons[place], other.comparisons[place]], knownBy: organization.knownBy,
                earlier: organization.earlier)
            // Which ones are accepted is not stored.
            if organization.acceptsUnread { difference.acceptedUnread = difference.unreadIDs }
            return difference
        }
        organizations.joinTransfers()
        var (appeared, firstRead) = ([StoredFinding](), [StoredFinding]())
        var worsened: [ScanDifference.Worsened] = []
        var (noLongerAccepted, improved) = ([StoredFinding](), [ScanDifference.Improved]())
        var gone: [StoredFinding] = []
        let isComparable = one.findings != nil
        if let findings = one.findings, let others = other.findings {
            let concerned = organizations.map { (id: $0.id, login: $0.login) }
            findings.forEach(with: others) { change in
                guard let place = concerned.firstIndex(where: { change.concerns($0.id, login: $0.login) }) else {
                    return
                }
                switch change.kind {
                case .appeared where organizations[place].hides(change.finding.key): firstRead.append(change.finding)
                case .appeared: appeared.append(change.finding)
                case .gone: gone.append(change.finding)
                case .changed where !change.furtherProblems.isEmpty || change.finding.isMoreSevere:
                    worsened.append(.init(change.finding, furtherProblems: change.furtherProblems))
                case .changed where change.isNoLongerAccepted: noLongerAccepted.append(change.finding)
                case .changed where !change.fixedProblems.isEmpty:
                    improved.append(.init(change.finding, fixedProblems: change.fixedProblems))
                case .changed: break
                }
            }
        }
        var difference = ScanDifference(
            before: before.side, after: after.side, organizations: organizations,
            policyName: isComparable ? after.policyName : nil, appeared: appeared, gone: gone)
        difference.firstRead = firstRead
        difference.worsened = worsened
        difference.noLongerAccepted = noLongerAccepted
        difference.improved = improved
        difference.policyChanged = isComparable && before.policySHA256 != after.policySHA256
        difference.policyBefore = before.policySHA256
        difference.lost = lost
        difference.found = found
        return difference
    }

    // MARK: -

    /// Whether only repositories of which something was written can differ, or could not be read: not where an
    /// organization's template did or could not, or where a scan had another scope or lost a page.
    private static func canSkipUnchanged(
        _ db: Database, _ first: Int64, _ second: Int64, withFollowers: Bool, acrossScopes: Bool,
    ) throws -> Bool {
        let differs = try Bool.fetchOne(
            db,
            sql: """
                SELECT EXISTS (SELECT 1 FROM scanProgress WHERE scanID IN (?1, ?2))
                    OR EXISTS (
                        SELECT 1 FROM scan a JOIN scan b WHERE a.id = ?1 AND b.id = ?2
                            AND (NOT ?4 AND a.scope <> b.scope OR a.isEnterpriseServer <> b.isEnterpriseServer))
                    OR EXISTS (
                        SELECT 1 FROM scanOrganization WHERE scanID IN (?1, ?2) AND templateStatus = 'unreadable')
                    OR ?3 AND EXISTS (
                        SELECT 1 FROM scanOrganization a JOIN scanOrganization b ON b.organizationID = a.organizationID
                        WHERE a.scanID = ?1 AND b.scanID = ?2 AND (a.templateStatus <> b.templateStatus
                            OR a.templateClaimKeys IS NOT b.templateClaimKeys
                            OR a.templateErrorCode IS NOT b.templateErrorCode))
                """,
            arguments: [first, second, withFollowers, acrossScopes])
        return differs != true
    }
}

extension OrganizationSnapshot {
    /// How far the listing says what there is: one of named repositories says nothing of others.
    fileprivate func trust(in view: ScanView) -> Listing.Status {
        view.scope.named.isNarrow(login) ? .partial : listing.status
    }
}

/// A repository as two scans saw it.
private struct Pair {
    let rowID: Int64
    let id: RepositoryID
    let first: RepositorySighting
    let second: RepositorySighting
}

/// Goes through an organization's repositories, each as two scans saw it.
private struct PairCursor {
    private let rows: RowCursor
    private let before: ScanView
    private let after: ScanView
    private let listings: (before: Listing.Status, after: Listing.Status)
    private let organization: Int64
    private var json = JSONTextReader()

    /// - Parameters:
    ///   - listings: how far each scan's can be trusted.
    ///   - half: of the row ids, 0 or 1.
    ///   - changed: only repositories of which a later scan than the lower bound, up to the upper one, wrote something, or
    ///     that may have been unreadable all the time; and those whose claims may come to be the organization's by its change.
    init(
        _ db: Database, _ views: (ScanView, ScanView), _ listings: (Listing.Status, Listing.Status),
        organization: Int64, half: Int, changedBetween changed: Range<Int64>?,
    ) throws {
        (before, after) = views
        self.listings = listings
        self.organization = organization
        var written = ["settingObservation", "repositoryObservation"]
            .map { table in
                """
                EXISTS (
                    SELECT 1 FROM \(table) WHERE repositoryID = own.repositoryID AND scanID > ?5 AND scanID <= ?6)
                """
            }
        written += [
            "EXISTS (SELECT 1 FROM coverage WHERE repositoryID = own.repositoryID AND scanID <= ?6)",
            """
            (SELECT count(DISTINCT coalesce(templateClaimKeys, '')) FROM scanOrganization
                WHERE organizationID = ?1 AND scanID IN (?3, ?4)) > 1
            AND \(SettingRecord.last("includeClaimKeys", of: "own.repositoryID", upTo: "?6"))
                IN (SELECT templateClaimKeys FROM scanOrganization WHERE organizationID = ?1 AND scanID IN (?3, ?4))
            """,
        ]
        rows = try Row.fetchCursor(
            db,
            sql: """
                WITH last AS MATERIALIZED (
                    SELECT repositoryID AS id,
                        \(RepositoryRecord.last(of: "known.repositoryID", upTo: "?3")) AS o1,
                        \(RepositoryRecord.last(of: "known.repositoryID", upTo: "?4")) AS o2,
                        \(SettingRecord.last(of: "known.repositoryID", upTo: "?3")) AS s1,
                        \(SettingRecord.last(of: "known.repositoryID", upTo: "?4")) AS s2,
                        \(CoverageRecord.last(of: "known.repositoryID", upTo: "?3")) AS c1,
                        \(CoverageRecord.last(of: "known.repositoryID", upTo: "?4")) AS c2
                    FROM (
                        SELECT DISTINCT repositoryID FROM repositoryObservation own
                        WHERE organizationID = ?1 AND repositoryID % 2 = ?2 AND (\(changed == nil ? "TRUE" : written.joined(separator: " OR ")))) known)
                -- What both scans knew alike is read once.
                SELECT l.id, r.githubID, l.o2 IS l.o1, l.s2 IS l.s1, l.c2 IS l.c1,
                    \(Self.known("o1", "s1", "c1")), \(Self.known("o2", "s2", "c2"))
                FROM last l JOIN repository r ON r.id = l.id
                LEFT JOIN repositoryObservation o1 ON o1.id = l.o1
                LEFT JOIN settingObservation s1 ON s1.id = l.s1
                LEFT JOIN coverage c1 ON c1.id = l.c1
                LEFT JOIN repositoryObservation o2 ON o2.id = l.o2 AND l.o2 IS NOT l.o1
                LEFT JOIN settingObservation s2 ON s2.id = l.s2 AND l.s2 IS NOT l.s1
                LEFT JOIN coverage c2 ON c2.id = l.c2 AND l.c2 IS NOT l.c1
                """,
            arguments: [organization, half, before.scanID, after.scanID]
                + (changed.map { [$0.lowerBound, $0.upperBound] } ?? []))
    }

    mutating func next() throws -> Pair? {
        guard let row = try rows.next() else { return nil }
        var columns = RowReader(row)
        let rowID: Int64 = try columns.next()
        let githubID: Int64 = try columns.next()
        let hasSamePresence: Bool = try columns.next()
        let hasSameSetting: Bool = try columns.next()
        let hasSameTrouble: Bool = try columns.next()
        let first = try known(&columns, githubID)
        var second = try known(&columns, githubID)
        if hasSamePresence { second.presence = first.presence }
        if hasSameSetting { second.setting = first.setting }
        if hasSameTrouble { second.trouble = first.trouble }
        return Pair(
            rowID: rowID, id: RepositoryID(rawValue: githubID), first: first.sighting(rowID, before, listings.before),
            second: second.sighting(rowID, after, listings.after))
    }

    // MARK: -

    /// What was last seen of a repository up to a scan.
    private struct Known {
        enum Presence {
            case never
            case listed(Repository)
            case missing
            /// From a complete listing, or to another organization.
            case gone
        }

        var presence = Presence.never
        var setting: RepositorySetting?
        var trouble: UnreadableReason?

        func sighting(_ rowID: Int64, _ view: ScanView, _ listing: Listing.Status) -> RepositorySighting {
            switch presence {
            case .never: return listing == .partial ? .unknown : .absent
            case .missing: return .unknown
            case .gone: return .absent
            case .listed(let repository) where !view.lists(rowID) && !view.scope.named.leavesOut(repository):
                return .unknown
            case .listed(let repository):
                return .listed(
                    RepositorySnapshot(
                        repository: repository, reading: view.reading(of: repository, rowID: rowID, setting, trouble),
                        since: nil))
            }
        }
    }

    /// The columns that `known(_:_:)` reads, of aliases of the three tables.
    private static func known(_ repository: String, _ setting: String, _ coverage: String) -> String {
        [
            RepositoryRecord.selection(repository), SettingRecord.selection(setting),
            CoverageRecord.selection(coverage),
        ].joined(separator: ", ")
    }

    private mutating func known(_ columns: inout RowReader, _ githubID: Int64) throws -> Known {
        var known = Known()
        if let repository = try columns.nextIfPresent(RepositoryRecord.self) {
            if repository.organizationRowID != organization || repository.presence == "removed" {
                known.presence = .gone
            } else if repository.presence == "listed" {
                known.presence = .listed(try repository.repository(githubID: githubID, &json))
            } else {
                known.presence = .missing
            }
        }
        known.setting = try columns.nextIfPresent(SettingRecord.self)?.setting(&json)
        known.trouble = try columns.nextIfPresent(CoverageRecord.self)?.reason
        return known
    }
}
