package import AuditCore
import GRDB

extension HistoryStore {
    /// What came before a report, as far as a format asks for it. Of a scan that was not sealed, what its organizations
    /// were before it; where none could begin, when they were last read to the end.
    package func history(
        of report: AuditReport, holding parts: Set<ReportHistory.Part>,
    ) async throws(HistoryError) -> ReportHistory? {
        let organizations = report.organizations.filter { $0.id != nil }
        guard !parts.isEmpty else { return nil }
        var history = ReportHistory()
        if parts.contains(.lastSuccess) { history.lastSuccess = try await lastSuccess(before: report) }
        guard !organizations.isEmpty, let scanID = report.scanID else { return history }
        let ids = organizations.compactMap(\.id)
        if parts.contains(.difference), let scan = try await scan(.id(scanID), apiURL: report.apiURL) {
            // Those too that were not found: whether they changed is not known.
            let asked = report.organizations.map { OrganizationReference(login: $0.login, id: $0.id) }
            var compared = try await self.scan(before: scan, ofAsManyAs: asked)
            // Repositories that were never named together were read all the same.
            let isNamed = compared == nil && !scan.scope.named.isEmpty
            if isNamed { compared = try await self.scan(before: scan, readingAnyOf: report) }
            if let (earlier, known) = compared {
                var difference = try await difference(from: earlier, to: scan, of: known, withFollowers: false)
                let accepted = Set(report.repositories.filter { $0.acceptedUnread != nil }.map(\.repository.id))
                let named = Set(report.repositories.filter { $0.status != .skipped }.map(\.repository.id))
                for place in difference.organizations.indices {
                    difference.organizations[place].acceptedUnread = accepted
                    if isNamed { difference.organizations[place].incomparableIDs.formIntersection(named) }
                }
                if difference.policyName != report.policy.name,
                    let judged = try await isNamed
                        ? self.scan(before: scan, readingAnyOf: report, judgedBy: report.policy.name)?.earlier
                        : self.scan(before: scan, of: known, judgedBy: report.policy.name)
                {
                    history.judgedBefore = (judged.side, judged.policySHA256)
                }
                history.difference = difference
            }
        }
        if parts.contains(.trend) {
            // What could not be found this time has a past all the same.
            let lost = try await self.organizations(
                named: report.organizations.filter { $0.id == nil }.map(\.login), apiURL: report.apiURL)
            let known = Set(ids + lost.compactMap(\.reference.id))
            history.trend = try await trend(apiURL: report.apiURL, withScopeOf: scanID)
                .filter { known.contains($0.organizationID) }
        }
        if parts.contains(.timelines) {
            let apiURL = report.apiURL
            let known = history
            history = try await read { db in
                var history = known
                var reader = TimelineReader(db, upTo: scanID)
                for id in ids {
                    history.templateEvents[id] = try reader.templateEvents(of: id, apiURL: apiURL)
                    let changed = try reader.changedRepositories(of: id, apiURL: apiURL)
                    let room = max(0, Self.timelinesMax - history.timelines.count)
                    for repository in changed.prefix(room) {
                        history.timelines[repository.id] = try reader.timeline(of: repository).events
                    }
                    history.omitted.formUnion(changed.dropFirst(room).map(\.id))
                }
                return history
            }
        }
        return history
    }

    /// The newest scan before another, of its scope, that holds the organizations; where none holds all, those that some
    /// earlier scan holds.
    private func scan(
        before scan: StoredScan, ofAsManyAs organizations: [OrganizationReference],
    ) async throws(HistoryError) -> (earlier: StoredScan, known: [OrganizationReference])? {
        if let earlier = try await self.scan(before: scan, of: organizations, sameScope: true) {
            return (earlier, organizations)
        }
        var known: [OrganizationReference] = []
        for organization in organizations
        where try await self.scan(before: scan, of: [organization], sameScope: true) != nil {
            known.append(organization)
        }
        guard !known.isEmpty, known.count < organizations.count else { return nil }
        return try await self.scan(before: scan, of: known, sameScope: true).map { ($0, known) }
    }

    /// The newest scan before another, of any scope, that looked at a repository that a report names, and those of the
    /// report's organizations that it holds.
    ///
    /// - Parameter policyName: by which it was judged; `nil`: by any.
    private func scan(
        before scan: StoredScan, readingAnyOf report: AuditReport, judgedBy policyName: String? = nil,
    ) async throws(HistoryError) -> (earlier: StoredScan, known: [OrganizationReference])? {
        let named = report.repositories.filter { $0.status != .skipped }
        guard !named.isEmpty else { return nil }
        return try await read { db in
            let firstSeen = try db.cachedStatement(
                sql: """
                    SELECT min(o.scanID) FROM repositoryObservation o JOIN repository r ON r.id = o.repositoryID
                    JOIN host h ON h.id = r.hostID WHERE h.apiURL = ?1 AND r.githubID = ?2
                    """)
            let seen = try named.map { member in
                (
                    repository: member.repository,
                    first: try Int64.fetchOne(
                        firstSeen, arguments: [scan.apiURL, member.repository.id.rawValue]) ?? .max
                )
            }
            var search = ScanSearch(apiURL: scan.apiURL, below: scan, policyName: policyName)
            while true {
                let page = try search.all(db, limit: 50)
                for candidate in page {
                    let ids = Set(candidate.organizations.compactMap(\.id))
                    let known = report.organizations.filter { $0.id.map(ids.contains) ?? false }
                    let logins = Set(known.map { $0.login.lowercased() })
                    let hasRead = seen.contains { repository, first in
                        first <= candidate.id.rawValue && logins.contains(repository.owner.lowercased())
                            && !candidate.scope.decide(repository).isSkipped
                    }
                    if hasRead {
                        return (candidate, known.map { OrganizationReference(login: $0.login, id: $0.id) })
                    }
                }
                guard let last = page.last else { return nil }
                search.below = last
            }
        }
    }

    /// The newest scan before another, of its scope, that a policy judged and that holds the organizations; where none holds
    /// all, one of them.
    private func scan(
        before scan: StoredScan, of organizations: [OrganizationReference], judgedBy policyName: String,
    ) async throws(HistoryError) -> StoredScan? {
        try await read { db in
            var search = ScanSearch(
                apiURL: scan.apiURL, organizations: organizations, below: scan, hasScopeOfBelow: true,
                policyName: policyName)
            if let all = try search.newest(db) { return all }
            var found: [StoredScan] = []
            for organization in organizations {
                search.organizations = [organization]
                if let one = try search.newest(db) { found.append(one) }
            }
            return found.max { $0.link < $1.link }
        }
    }

    /// When the organizations of a report were last read to the end, in its scope and by its policy, before it: the
    /// earliest of their last times.
    ///
    /// - Returns: `nil` if one of them never was.
    private func lastSuccess(before report: AuditReport) async throws(HistoryError) -> Timestamp? {
        let own = if let id = report.scanID { try await scan(.id(id), apiURL: report.apiURL) } else { StoredScan?.none }
        return try await read { db in
            var times: [Timestamp] = []
            for organization in report.organizations {
                let search = ScanSearch(
                    apiURL: report.apiURL,
                    organizations: [OrganizationReference(login: organization.login, id: organization.id)],
                    below: own, scope: report.scope, policyName: report.policy.name, isComplete: true)
                guard let scan = try search.newest(db) else { return nil }
                times.append(scan.finishedAt)
            }
            return times.min()
        }
    }

    /// Nobody reads more of them in one report, and each takes some time and room.
    private static let timelinesMax = 10_000
}
