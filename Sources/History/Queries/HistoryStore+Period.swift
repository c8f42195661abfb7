package import AuditCore
import GRDB

extension HistoryStore {
    /// What the history holds of a period; `nil` if no scan of the organizations had begun by its end.
    ///
    /// - Parameters:
    ///   - organizations: of which; empty: all.
    ///   - now: until when there can be scans.
    /// - Returns: without texts and waivers, which are not read here.
    package func evidence(
        of organizations: [OrganizationReference], apiURL: String, since: Timestamp, until: Timestamp, now: Timestamp,
    ) async throws(HistoryError) -> PeriodEvidence? {
        let own = try await read { db in
            try PeriodReader(db: db, apiURL: apiURL, since: since, until: until).scans(of: organizations)
        }
        guard !own.isEmpty else { return nil }
        // Beside all else: it reads the whole file.
        async let verification = verified()
        var evidence = PeriodEvidence(
            apiURL: apiURL, organizations: own.map(\.organization), since: since, until: until, madeAt: now)
        (evidence.scans, evidence.gaps, evidence.findings) = try await read { db in
            let reader = PeriodReader(db: db, apiURL: apiURL, since: since, until: until)
            return (
                try reader.scansWithin(own), try reader.gaps(own, andUntil: min(until, now)), try reader.findings(own)
            )
        }
        evidence.addUnexplainedGaps()
        evidence.frequencies = own.map { $0.frequency(since: since, until: min(until, now)) }
        evidence.start = try await states(own) { $0.start }
        evidence.end = try await states(own) { $0.end }
        evidence.changes = try await changes(own, apiURL: apiURL, since: since, until: until)
        evidence.verification = try await verification.get()
        return evidence
    }

    // MARK: -

    private func verified() async -> Result<VerificationResult, HistoryError> {
        do throws(HistoryError) { return .success(try await verify()) } catch { return .failure(error) }
    }

    private func states(
        _ own: [PeriodScans], _ scan: (PeriodScans) -> StoredScan?,
    ) async throws(HistoryError) -> [PeriodEvidence.State] {
        var groups: [(scan: StoredScan, organizations: [OrganizationReference])] = []
        for organization in own {
            guard let scan = scan(organization) else { continue }
            if let place = groups.firstIndex(where: { $0.scan.id == scan.id }) {
                groups[place].organizations.append(organization.organization)
            } else {
                groups.append((scan, [organization.organization]))
            }
        }
        var states: [PeriodEvidence.State] = []
        for group in groups {
            states.append(
                PeriodEvidence.State(
                    scan: group.scan,
                    snapshot: try await snapshot(of: group.scan.id, organizations: group.organizations)
                ))
        }
        return states
    }

    private func changes(
        _ own: [PeriodScans], apiURL: String, since: Timestamp, until: Timestamp,
    ) async throws(HistoryError) -> [PeriodEvidence.Change] {
        struct Pair: Sendable {
            let before: StoredScan
            let after: StoredScan
            var organizations: [OrganizationReference]
            /// Whether the scopes make no difference, to any of the organizations.
            var isSteady: Bool
        }
        let pairs = try await read { db in
            let reader = PeriodReader(db: db, apiURL: apiURL, since: since, until: until)
            var pairs: [[ScanID]: Pair] = [:]
            for organization in own {
                for (before, after, isSteady) in try reader.pairsThatMayDiffer(organization) {
                    var pair =
                        pairs[[before.id, after.id]]
                        ?? Pair(before: before, after: after, organizations: [], isSteady: true)
                    pair.organizations.append(organization.organization)
                    pair.isSteady = pair.isSteady && isSteady
                    pairs[[before.id, after.id]] = pair
                }
            }
            return pairs.values.sorted { ($0.after.link, $0.before.link) < ($1.after.link, $1.before.link) }
        }
        var changes: [PeriodEvidence.Change] = []
        for pair in pairs {
            let difference = try await difference(
                from: pair.before, to: pair.after, of: pair.organizations, withFindings: false,
                acrossScopes: pair.isSteady)
            changes += difference.organizations.flatMap { $0.periodChanges(pair.before.side, pair.after.side) }
        }
        return changes
    }
}

extension OrganizationDifference {
    /// Each change, by the scans between which it was made: what could not be read in between widens the window.
    fileprivate func periodChanges(
        _ before: ScanDifference.Side, _ after: ScanDifference.Side,
    ) -> [PeriodEvidence.Change] {
        let earlier = knownBy ?? before
        var events: [Timeline.Event] = []
        if templateChanged || flagChange != nil || spellingChange != nil {
            events.append(
                Timeline.Event(
                    after: templateKnownBy ?? earlier, seenBy: after,
                    what: .organizationTemplate(before: templateBefore, after: templateAfter),
                    organization: OrganizationReference(login: login, id: id)))
        }
        events += (changes + followers + withoutEffect + withHiddenEffect).map { change in
            Timeline.Event(after: change.knownBy ?? earlier, seenBy: after, what: .repository(change))
        }
        return events.map { PeriodEvidence.Change(organization: login, event: $0) }
    }
}
