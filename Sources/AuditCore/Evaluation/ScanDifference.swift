/// What one scan knew otherwise than another.
public struct ScanDifference: Sendable {
    /// A scan that is compared.
    public struct Side: Hashable, Sendable {
        public var id: ScanID
        public var startedAt: Timestamp
        public var digest: String

        public init(id: ScanID, startedAt: Timestamp, digest: String) {
            self.id = id
            self.startedAt = startedAt
            self.digest = digest
        }
    }

    public var before: Side
    public var after: Side
    /// Those that both scans hold.
    public var organizations: [OrganizationDifference]
    /// Logins of those that both scans asked for and only one found: the earlier one, or the later one. No change: what the
    /// earlier scan did not find is compared with the last scan before it that did.
    public var lost: [String] = []
    public var found: [String] = []
    /// Name of the policy that judged both; `nil` where another one judged each, so that findings can't be compared.
    public var policyName: String?
    /// Whether the policy of that name was another text by the later scan: findings may have come and gone with it.
    public var policyChanged = false
    /// SHA-256 of the policy that judged the earlier scan; `nil` where it is not known.
    public var policyBefore: String?
    /// Findings in the order of organization, repository and rule; waived ones too.
    public var appeared: [StoredFinding]
    /// Those of the later scan alone where a gap hides whether they were there before: no change.
    public var firstRead: [StoredFinding] = []
    /// Those that stood open by both scans and have problems by the later one that they did not have before.
    public var worsened: [Worsened] = []
    public var gone: [StoredFinding]

    /// A finding as it is by the later scan.
    public struct Worsened: Hashable, Sendable {
        public var finding: StoredFinding
        /// As in `Violation`; never empty.
        public var furtherProblems: [String]

        public init(_ finding: StoredFinding, furtherProblems: [String]) {
            self.finding = finding
            self.furtherProblems = furtherProblems
        }
    }

    public init(
        before: Side, after: Side, organizations: [OrganizationDifference], policyName: String?,
        appeared: [StoredFinding], gone: [StoredFinding],
    ) {
        self.before = before
        self.after = after
        self.organizations = organizations
        self.policyName = policyName
        self.appeared = appeared
        self.gone = gone
    }

    /// Repositories of which it is not known whether they changed.
    public var incomparable: Int { organizations.map(\.incomparable).reduce(0, +) }

    /// Whether nothing is known to have changed. What one of the scans could not read is no change.
    public var isEmpty: Bool {
        appeared.isEmpty && worsened.isEmpty && gone.isEmpty && organizations.allSatisfy(\.isEmpty)
    }

    /// Whether no gap of coverage hides a change.
    public var isWhole: Bool {
        lost.isEmpty && organizations.allSatisfy(\.isWhole)
            && found.allSatisfy { login in organizations.contains { $0.login == login } }
    }

    /// What the earlier scan read and the later one could not.
    public var coverageLost: [CoverageGap] {
        lost.map { CoverageGap($0, nil, .organization, .organizationNotFound) } + organizations.flatMap(\.lost)
    }

    /// What the later scan read and the earlier one could not.
    public var coverageRegained: [CoverageGap] {
        found.map { login in
            let known = organizations.first { $0.login == login }
            return CoverageGap(login, known?.id, .organization, .organizationNotFound, knownBy: known?.knownBy)
        } + organizations.flatMap(\.regained)
    }
}

/// A finding as the history tells it, without the judgement from which it came.
public struct StoredFinding: Hashable, Sendable {
    public var key: FindingKey
    public var severity: Severity
    public var message: String
    /// As in `Violation`.
    public var problems: [String]
    /// Full name of the repository, login of the organization, or the waiver.
    public var name: String
    public var firstSeen: Timestamp
    public var isWaived: Bool
    /// Problems that another state of the finding did not have.
    public func problems(beyond before: [String]) -> [String] { problems.beyond(before) }

    /// Where it is about a repository, the id of the organization that listed that last.
    public var organization: OrganizationID?

    public init(
        key: FindingKey, severity: Severity, message: String, problems: [String], name: String, firstSeen: Timestamp,
        isWaived: Bool, organization: OrganizationID? = nil,
    ) {
        self.problems = problems
        self.organization = organization
        self.key = key
        self.severity = severity
        self.message = message
        self.name = name
        self.firstSeen = firstSeen
        self.isWaived = isWaived
    }
}

/// Something that one of two scans could read and the other could not.
public struct CoverageGap: Hashable, Sendable {
    public enum What: Hashable, Sendable {
        case organization
        case organizationTemplate
        case listing
        case repository(Repository)
    }

    public var organization: String
    public var organizationID: OrganizationID?
    public var what: What
    public var reason: UnreadableReason
    /// Of what can be read again, the last scan before the gap that knew it; `nil` where none did.
    public var knownBy: ScanDifference.Side?

    public init(
        _ organization: String, _ organizationID: OrganizationID?, _ what: What, _ reason: UnreadableReason,
        knownBy: ScanDifference.Side? = nil,
    ) {
        self.organization = organization
        self.organizationID = organizationID
        self.what = what
        self.reason = reason
        self.knownBy = knownBy
    }
}

/// What changed in one organization between two scans.
public struct OrganizationDifference: Sendable {
    public var login: String
    public var id: OrganizationID
    /// As it was known last, by the earlier scan or before it.
    public var templateBefore: OrganizationTemplate
    public var templateAfter: OrganizationTemplate
    /// The scan by which `templateBefore` is known, where the earlier one could not read it.
    public var templateKnownBy: ScanDifference.Side?
    /// The last scan that found the organization, where the earlier one did not.
    public var knownBy: ScanDifference.Side?
    public var listingBefore: Listing.Status
    public var listingAfter: Listing.Status
    /// Repositories whose effective template changed with the organization's, in report order.
    public var followers: [RepositoryChange]
    /// Every other change, in report order.
    public var changes: [RepositoryChange]
    /// Repositories whose answer changed without an effect on their tokens, in report order.
    public var withoutEffect: [RepositoryChange]
    /// Repositories whose answer changed where a gap hides whether that has an effect, in report order.
    public var withHiddenEffect: [RepositoryChange]
    /// Repositories of which it is not known whether they changed: the later scan could not read them or what decides their
    /// template, or no scan up to the earlier one could.
    public var incomparable = 0
    /// The same repositories, but for those whose answer is known to have changed.
    private let hidden: Set<RepositoryID>
    /// What only the earlier scan could read; repositories in report order.
    public var lost: [CoverageGap]
    /// What only the later scan could read; likewise.
    public var regained: [CoverageGap]

    /// Whether its claims are known to have changed.
    public var templateChanged: Bool {
        switch (templateBefore, templateAfter) {
        case (.unreadable, _), (_, .unreadable): false
        case (.set(let old, _), .set(let new, _)): old != new
        case (.neverSet, .neverSet): false
        case (.set, .neverSet), (.neverSet, .set): true
        }
    }

    /// Whether a gap hides whether its claims changed.
    public var isTemplateHidden: Bool {
        if case .unreadable = templateBefore { return true }
        if case .unreadable = templateAfter { return true }
        return false
    }

    /// The flag of the organization's template where that alone changed: what follows from it is seen in its repositories.
    public var flagChange: (before: Bool, after: Bool)? {
        guard case .set(let old, let before?) = templateBefore, case .set(let new, let after?) = templateAfter,
            old == new, before != after
        else { return nil }
        return (before, after)
    }

    public var isEmpty: Bool { !templateChanged && changes.isEmpty && followers.isEmpty }

    /// Whether no gap of coverage hides a change.
    public var isWhole: Bool { incomparable == 0 && !isTemplateHidden && listingAfter != .partial }

    /// Whether a gap hides if a finding that the later scan alone has was there before: nothing is known to have changed.
    public func hides(_ finding: FindingKey) -> Bool {
        switch finding.subject {
        case .repository(let id): hidden.contains(id)
        case .organization: isEmpty && !isWhole
        case .waiver: false
        }
    }

    /// - Parameters:
    ///   - before: with every repository whose state may differ, at least; what it lacks was not there, or not seen where its
    ///     listing is partial.
    ///   - after: the same of the later scan.
    public init(
        from before: OrganizationSnapshot, to after: OrganizationSnapshot, id: OrganizationID,
        wasEnterpriseServer: Bool, isEnterpriseServer: Bool,
    ) {
        var comparison = RepositoryComparison(
            from: before, to: after, id: id, wasEnterpriseServer: wasEnterpriseServer,
            isEnterpriseServer: isEnterpriseServer)
        var old = Dictionary(
            before.repositories.map { ($0.repository.id, $0) }, uniquingKeysWith: { first, _ in first })
        for second in after.repositories {
            let first = old.removeValue(forKey: second.repository.id).map(RepositorySighting.listed)
            comparison.compare(first ?? (before.listing.status == .partial ? .unknown : .absent), .listed(second))
        }
        for first in old.values {
            comparison.compare(.listed(first), after.listing.status == .complete ? .absent : .unknown)
        }
        comparison.sort()
        self.init(from: before, to: after, id: id, [comparison])
    }

    /// - Parameters:
    ///   - before: its repositories are not looked at.
    ///   - after: likewise.
    ///   - comparisons: of every repository whose state may differ, each in one of them, and each sorted.
    ///   - knownBy: the scan of `before`, where that is not the earlier of the two that are compared.
    ///   - earlier: the last template that was read before, and by which scan, where `before` holds none.
    public init(
        from before: OrganizationSnapshot, to after: OrganizationSnapshot, id: OrganizationID,
        _ comparisons: [RepositoryComparison], knownBy: ScanDifference.Side? = nil,
        earlier: (template: OrganizationTemplate, scan: ScanDifference.Side)? = nil,
    ) {
        self.id = id
        self.knownBy = knownBy
        login = after.login
        templateBefore = before.template
        templateAfter = after.template
        listingBefore = before.listing.status
        listingAfter = after.listing.status
        followers = OrderedChanges.merged(comparisons.map(\.followers))
        changes = OrderedChanges.merged(comparisons.map(\.changes))
        let ofAnswers = OrderedChanges.merged(comparisons.map(\.ofAnswers))
        withoutEffect = ofAnswers.filter(\.isEffectKnown)
        withHiddenEffect = ofAnswers.filter { !$0.isEffectKnown }
        incomparable = comparisons.map(\.incomparable.count).reduce(0, +)
        let settings = (changes + ofAnswers).filter { $0.kinds.contains(where: \.isOfSetting) }.map(\.repository.id)
        hidden = Set(comparisons.flatMap(\.incomparable)).subtracting(settings)
        (lost, regained) = ([], [])
        func note(_ what: CoverageGap.What, lost why: UnreadableReason) {
            lost.append(CoverageGap(login, id, what, why))
        }
        func note(_ what: CoverageGap.What, regained why: UnreadableReason) {
            regained.append(CoverageGap(login, id, what, why, knownBy: earlier?.scan))
        }
        switch (before.template, after.template) {
        case (.unreadable, .unreadable), (.set, .set), (.set, .neverSet), (.neverSet, .set), (.neverSet, .neverSet):
            break
        case (_, .unreadable(let reason)): note(.organizationTemplate, lost: reason)
        case (.unreadable(let reason), _): note(.organizationTemplate, regained: reason)
        }
        if case .unreadable = before.template, let earlier {
            (templateBefore, templateKnownBy) = (earlier.template, earlier.scan)
        }
        if after.listing.status.rank < before.listing.status.rank {
            lost.append(CoverageGap(login, id, .listing, after.listing.reason))
        }
        if after.listing.status.rank > before.listing.status.rank {
            regained.append(CoverageGap(login, id, .listing, before.listing.reason))
        }
        lost += OrderedGaps.merged(comparisons.map(\.lost))
        regained += OrderedGaps.merged(comparisons.map(\.regained))
    }
}

extension Listing.Status {
    /// How far it can be trusted.
    fileprivate var rank: Int {
        switch self {
        case .complete: 2
        case .unverified: 1
        case .partial: 0
        }
    }
}

extension Listing {
    /// Why it is not known to be complete.
    fileprivate var reason: UnreadableReason {
        UnreadableReason(failure ?? .incompleteListing, error ?? words)
    }

    private var words: String {
        switch status {
        case .complete: "complete"
        case .partial: "\(listed)\(expected.map { " of \($0)" } ?? "") repositories were listed"
        case .unverified: Self.privateCountNotShown
        }
    }
}
