import AuditCore
import GitHubAPI
import History

/// A stored scan, or several that are judged as one, and what was known before.
struct StoredSnapshot {
    let history: HistoryStore
    /// In the order in which their organizations were asked for.
    let scans: [StoredScan]
    let snapshot: Snapshot
    let known: [FindingKey: KnownFinding]
    /// The same after the scans with which these are compared.
    let compared: [FindingKey: KnownFinding]

    /// - Parameter now: when waivers must hold; `nil`: when the scan began.
    func report(by evaluator: Evaluator, now: Timestamp?) -> AuditReport {
        var report = evaluator.evaluate(snapshot, known: known, before: compared, now: now)
        if snapshot.scanID != nil { report.digest = scans[0].digest }
        return report
    }
}

extension CheckPipeline {
    func stored(in history: HistoryStore, _ context: CommandContext) async throws(CommandFailure) -> StoredSnapshot {
        let apiURL = try await host.apiURL(in: history, of: moment)
        let asked = try await context.organizations(organizations, apiURL: apiURL, in: history, console)
        let (groups, missing) = try await groups(of: asked, apiURL, in: history, context)
        let scans = groups.map(\.scan)
        try await context.sayNewNames(of: scans, asked: organizations, in: history, console)
        var parts: [(scan: StoredScan, snapshot: Snapshot)] = []
        var (known, compared) = ([FindingKey: KnownFinding](), [FindingKey: KnownFinding]())
        for group in groups {
            let began = ContinuousClock.now
            let snapshot = try await usingHistory { () async throws(HistoryError) in
                try await history.snapshot(
                    of: group.scan.id, organizations: group.organizations.isEmpty ? nil : group.organizations)
            }
            parts.append((group.scan, snapshot))
            let policy = judging.policy.name
            let (before, earlier) = try await usingHistory { () async throws(HistoryError) in
                let before = try await history.knownFindings(
                    apiURL: apiURL, policyName: policy, before: group.scan.id)
                let earlier = try await history.findingsCompared(
                    with: group.scan,
                    of: snapshot.organizations.map { OrganizationReference(login: $0.login, id: $0.id) },
                    scope: group.scan.scope, apiURL: apiURL, policyName: policy)
                return (before, earlier ?? before)
            }
            // Of an organization, what was known before its own scan.
            let own = Set(snapshot.organizations.compactMap(\.id))
            let isJoined = groups.count > 1
            func isOwn(_ finding: KnownFinding) -> Bool {
                !isJoined || finding.organization.map(own.contains) ?? true
            }
            known.merge(before.filter { isOwn($1) }) { _, new in new }
            compared.merge(earlier.filter { isOwn($1) }) { _, new in new }
            if console.isVerbose {
                context.console.note(
                    "scan #\(group.scan.id.rawValue) of \(group.scan.startedAt), loaded in "
                        + "\(ContinuousClock.now - began)")
            }
        }
        var snapshot = parts[0].snapshot
        if parts.count > 1 || !missing.isEmpty {
            snapshot = Snapshot(joining: parts, missing: missing, inOrderOf: asked.map(\.login))
        }
        let maxAge = maxAge ?? (snapshot.scanID == nil ? AgeOptions.joined : nil)
        if let maxAge { snapshot.hold(against: maxAge, now: context.now(), scans[0]) }
        // A scan that is asked for by its number is reported as it was.
        if moment == nil || moment == .latest { try await snapshot.noteUnfinished(after: scans, in: history) }
        for takeover in snapshot.organizations.compactMap(\.takeover) { context.console.note("warning: \(takeover)") }
        return StoredSnapshot(history: history, scans: scans, snapshot: snapshot, known: known, compared: compared)
    }

    // MARK: -

    /// A scan, and the organizations that are taken from it; none: all.
    private typealias Group = (scan: StoredScan, organizations: [OrganizationReference])

    /// - Returns: at least one scan, and the logins of organizations that have none.
    private func groups(
        of asked: [OrganizationReference], _ apiURL: String, in history: HistoryStore, _ context: CommandContext,
    ) async throws(CommandFailure) -> (groups: [Group], missing: [String]) {
        if let moment {
            return ([(try await HistorySettings.scan(moment, of: asked, apiURL: apiURL, in: history), asked)], [])
        }
        var groups: [Group] = []
        var missing: [String] = []
        for organization in asked {
            let scan = try await usingHistory { () async throws(HistoryError) in
                try await history.lastScan(of: organization, apiURL: apiURL)
            }
            guard let scan else {
                missing.append(organization.login)
                continue
            }
            if let place = groups.firstIndex(where: { $0.scan.id == scan.id }) {
                groups[place].organizations.append(organization)
            } else {
                groups.append((scan, [organization]))
            }
        }
        guard let first = groups.first else {
            let login = missing.first ?? ""
            throw .usage(
                "the history \(historyPath) holds no finished scan of \(login) at \(apiURL)",
                hint: "oidc-audit scan \(login) --policy \((policy ?? judging.policy.source).shellQuoted)"
                    + context.options(for: ScanCommand.self, writingTo: apiURL, except: ["policy"])
                    + " makes one; --api-url and --db choose another")
        }
        if let other = groups.first(where: { $0.scan.scope != first.scan.scope }) {
            throw .usage(
                "scan \(first.scan.id.rawValue) of \(first.organizations[0].login) and scan "
                    + "\(other.scan.id.rawValue) of \(other.organizations[0].login) have different scopes",
                hint: "check them one after the other")
        }
        return (groups, missing)
    }
}

extension Snapshot {
    /// Marks the organizations whose scan is too old, or began at a time that is yet to come.
    ///
    /// - Parameter only: the scan of all of them, where they are of one.
    fileprivate mutating func hold(against maxAge: Duration, now: Timestamp, _ only: StoredScan) {
        for index in organizations.indices where organizations[index].scan != nil || scanID != nil {
            let scan = organizations[index].scan ?? only.side
            let age = now.seconds(since: scan.startedAt)
            if age > maxAge.components.seconds {
                organizations[index].staleness =
                    "scan \(scan.id.rawValue) of \(scan.startedAt) is older than \(maxAge.defaultValueDescription)"
            } else if age < -Self.skewSecondsMax {
                organizations[index].staleness =
                    "scan \(scan.id.rawValue) began at \(scan.startedAt), which is yet to come: a clock is wrong"
            }
        }
    }

    /// By how much clocks of two machines may differ.
    private static let skewSecondsMax: Int64 = 600
}
