/// Findings that were known before, each with the problems that it had: with `--new-only` they don't count, unless they
/// are worse now, or were fixed in between and are back.
package struct Baseline: Sendable {
    /// A finding as it was accepted.
    package struct Entry: Hashable, Sendable {
        package var severity: Severity
        /// Login, as it was then.
        package var organization: String
        /// Full name, as it was then; `nil`: about the organization itself.
        package var repository: String?
        /// What a cloud lets assume; `nil`: about something else.
        package var identity: String?
        /// As in `Violation`.
        package var problems: [String]

        package init(
            severity: Severity, organization: String, repository: String?, identity: String? = nil, problems: [String],
        ) {
            self.identity = identity
            self.severity = severity
            self.organization = organization
            self.repository = repository
            self.problems = problems
        }

        package init(_ finding: Finding) {
            self.init(
                severity: finding.severity, organization: finding.organization, repository: finding.repository,
                identity: finding.identity,
                problems: finding.violation.problems)
        }
    }

    /// The scan whose findings it holds.
    package struct Origin: Hashable, Sendable {
        package var startedAt: Timestamp
        /// Digest of the scan's link in its history's chain; `nil` if it was not sealed.
        package var digest: String?
        /// Number of the scan in the history at hand; `nil` if that does not hold it.
        package var scan: ScanID?

        package init(startedAt: Timestamp, digest: String?, scan: ScanID?) {
            self.startedAt = startedAt
            self.digest = digest
            self.scan = scan
        }
    }

    /// What a baseline makes of a finding.
    enum Answer: Hashable {
        /// It does not hold the finding.
        case unknown
        case covered
        /// It holds the finding with fewer problems, or as less severe.
        ///
        /// - Parameter accepted: how severe it was, where it is more severe by now.
        case worsened(further: [String], accepted: Severity? = nil)
        /// The finding was fixed after the baseline was made.
        case reappeared
    }

    package private(set) var entries: [FindingKey: Entry]
    /// Base address of the API that they are of.
    package let apiURL: String
    /// Name of the policy that found them.
    package let policy: String
    /// Where it came from, as the person named it.
    package let source: String
    package var origin: Origin

    package init(
        _ entries: [FindingKey: Entry], apiURL: String, policy: String, source: String, origin: Origin,
    ) {
        self.entries = entries
        self.apiURL = apiURL
        self.policy = policy
        self.source = source
        self.origin = origin
    }

    /// The open findings of a report, and those that it carries on because they could not be judged this time.
    ///
    /// - Parameter old: a baseline of before: of what was not judged this time, it still holds.
    /// - Parameter withWaivers: whether findings about waivers are among them, which a file never holds: a waiver has a
    ///   date, and a baseline has none.
    package init(
        accepting report: AuditReport, source: String, withWaivers: Bool = false, carrying old: Baseline? = nil,
    ) {
        let accepted = report.findings.filter { $0.isOpen && (withWaivers || $0.key.mayBeKnown) }
        var entries = Dictionary(accepted.map { ($0.key, Entry($0)) }) { first, _ in first }
        let logins = Dictionary(
            report.organizations.compactMap { organization in organization.id.map { ($0, organization.login) } },
            uniquingKeysWith: { first, _ in first })
        for finding in report.carriedOn where !finding.known.isWaived {
            let login = finding.known.organization.flatMap { logins[$0] } ?? "unknown"
            var entry = Entry(
                severity: finding.known.severity, organization: login, repository: nil, problems: finding.known.problems
            )
            if case .repository = finding.key.subject { entry.repository = finding.known.name }
            entries[finding.key] = entry
        }
        if let old, old.apiURL == report.apiURL, old.policy == report.policy.name {
            let settled = Set(
                (report.findings.map(\.key) + old.staleEntries(under: report, known: [:]).map(\.key))
                    + report.staleBaseline.map(\.key))
            for (key, entry) in old.entries where !settled.contains(key) { entries[key] = entry }
        }
        self.init(
            entries, apiURL: report.apiURL,
            policy: report.policy.name, source: source,
            origin: Origin(startedAt: report.startedAt, digest: report.digest, scan: report.scanID))
    }

    /// - Parameter known: what the history knows of the finding; `nil`: nothing.
    func answer(
        to key: FindingKey, _ violation: Violation, of severity: Severity, known: KnownFinding?,
    ) -> Answer {
        guard let entry = entries[key] else { return .unknown }
        if let fix = known?.lastFix, isOlder(than: fix) { return .reappeared }
        // What was fixed since and is back was accepted no more than what was never seen.
        let back = violation.problems.filter { problem in
            problem.withoutNarrowing == nil && (known?.absences[problem].map(isOlder) ?? false)
                && entry.problems.without([problem]).count < entry.problems.count
        }
        // Likewise what narrowed the subject for a while.
        let narrowed = (known?.absences ?? [:]).filter { isOlder(than: $1) }.keys.compactMap(\.narrowing)
        let further = (violation.problems.beyond(entry.problems + narrowed) + back).asProblems
        guard !further.isEmpty || severity > entry.severity else { return .covered }
        return .worsened(further: further, accepted: severity > entry.severity ? entry.severity : nil)
    }

    /// The clock decides only where the history does not hold the scan.
    private func isOlder(than fix: KnownFinding.Fix) -> Bool {
        if let scan = origin.scan { return scan.rawValue < fix.scan.rawValue }
        return origin.startedAt < fix.startedAt
    }
}

extension Baseline {
    /// An entry whose finding is gone.
    package struct StaleEntry: Hashable, Sendable {
        package var key: FindingKey
        package var entry: Entry
        package var reason: GoneFinding.Reason
    }

    /// Entries whose finding is gone by a report, in the order of name and rule. What was not judged this time is not
    /// stale, nor what the scope left out.
    ///
    /// - Parameter known: what the history knows of the findings.
    func staleEntries(under report: AuditReport, known: [FindingKey: KnownFinding]) -> [StaleEntry] {
        let found = Set(report.findings.map(\.key))
        let outcomes = FindingOutcomes(report)
        let ids = Dictionary(
            report.organizations.map { ($0.login.lowercased(), $0.id) }, uniquingKeysWith: { first, _ in first })
        return entries.compactMap { key, entry in
            guard !found.contains(key),
                let reason = outcomes.whyGone(
                    key, of: ids[entry.organization.lowercased()] ?? nil, judgedBy: known[key]?.judging),
                reason != .outOfScope
            else { return nil }
            return StaleEntry(key: key, entry: entry, reason: reason)
        }
        .sorted { one, other in
            let names = (ReportOrder(one.entry.name), ReportOrder(other.entry.name))
            return names.0.precedes(names.1, or: one.key.rule < other.key.rule)
        }
    }
}

extension Baseline.Entry {
    /// Full name of the repository, or the identity, else the organization's login.
    package var name: String { repository ?? identity ?? organization }
}

extension FindingKey {
    /// Whether a baseline may keep it: a waiver has a date, and a baseline has none.
    package var mayBeKnown: Bool {
        if case .waiver = subject { false } else { true }
    }
}
