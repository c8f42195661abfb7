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
    /// Logins of those that both scans asked for and only one found: the earlier one, or the later one.
    public var lost: [String] = []
    public var found: [String] = []
    /// Name of the policy that judged both; `nil` where another one judged each, so that findings can't be compared.
    public var policyName: String?
    /// Whether the policy of that name was another text by the later scan: findings may have come and gone with it.
    public var policyChanged = false
    /// Findings in the order of organization, repository and rule; waived ones too.
    public var appeared: [StoredFinding]
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

    public var isEmpty: Bool {
        appeared.isEmpty && worsened.isEmpty && gone.isEmpty && lost.isEmpty && found.isEmpty
            && organizations.allSatisfy(\.isEmpty)
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

/// What changed in one organization between two scans.
public struct OrganizationDifference: Sendable {
    public var login: String
    public var id: OrganizationID
    public var templateBefore: OrganizationTemplate
    public var templateAfter: OrganizationTemplate
    public var listingBefore: Listing.Status
    public var listingAfter: Listing.Status
    /// Repositories whose effective template changed with the organization's, in report order.
    public var followers: [RepositoryChange]
    /// Every other change, in report order.
    public var changes: [RepositoryChange]
    /// Repositories that both scans list and of which one does not know the template, be it that it had no look or that
    /// the organization's was unreadable: whether that changed is not known.
    public var incomparable = 0

    public var templateChanged: Bool { templateBefore != templateAfter }

    public var isEmpty: Bool {
        !templateChanged && changes.isEmpty && followers.isEmpty && listingBefore == listingAfter
    }

    /// - Parameters:
    ///   - before: with every repository whose state may differ, at least.
    ///   - after: the same of the later scan.
    public init(
        from before: OrganizationSnapshot, to after: OrganizationSnapshot, id: OrganizationID,
        wasEnterpriseServer: Bool, isEnterpriseServer: Bool,
    ) {
        var comparison = RepositoryComparison(
            from: before, to: after, wasEnterpriseServer: wasEnterpriseServer, isEnterpriseServer: isEnterpriseServer)
        var old = Dictionary(
            before.repositories.map { ($0.repository.id, $0) }, uniquingKeysWith: { first, _ in first })
        for second in after.repositories {
            comparison.compare(old.removeValue(forKey: second.repository.id), second)
        }
        for first in old.values { comparison.compare(first, nil) }
        comparison.sort()
        self.init(from: before, to: after, id: id, [comparison])
    }

    /// - Parameters:
    ///   - before: its repositories are not looked at.
    ///   - after: likewise.
    ///   - comparisons: of every repository whose state may differ, each in one of them, and each sorted.
    public init(
        from before: OrganizationSnapshot, to after: OrganizationSnapshot, id: OrganizationID,
        _ comparisons: [RepositoryComparison],
    ) {
        self.id = id
        login = after.login
        templateBefore = before.template
        templateAfter = after.template
        listingBefore = before.listing.status
        listingAfter = after.listing.status
        followers = OrderedChanges.merged(comparisons.map(\.followers))
        changes = OrderedChanges.merged(comparisons.map(\.changes))
        incomparable = comparisons.map(\.incomparable).reduce(0, +)
    }
}

/// Finds out in what repositories of an organization differ from what they were, one after the other.
public struct RepositoryComparison: Sendable {
    fileprivate var followers = OrderedChanges()
    fileprivate var changes = OrderedChanges()
    fileprivate var incomparable = 0
    private let templateBefore: OrganizationTemplate
    private let templateAfter: OrganizationTemplate
    private let wasEnterpriseServer: Bool
    private let isEnterpriseServer: Bool
    private let isGone: RepositoryChange.Kind

    /// - Parameters:
    ///   - before: its repositories are not looked at.
    ///   - after: likewise.
    public init(
        from before: OrganizationSnapshot, to after: OrganizationSnapshot, wasEnterpriseServer: Bool,
        isEnterpriseServer: Bool,
    ) {
        templateBefore = before.template
        templateAfter = after.template
        self.wasEnterpriseServer = wasEnterpriseServer
        self.isEnterpriseServer = isEnterpriseServer
        isGone = after.listing.status == .complete ? .removed : .missing
    }

    /// - Parameters:
    ///   - first: as the earlier scan knew it; `nil` where that did not list it.
    ///   - second: as the later scan knew it; likewise.
    public mutating func compare(_ first: RepositorySnapshot?, _ second: RepositorySnapshot?) {
        // Most of what may differ does, but a year can bring a repository back to where it was.
        if let first, let second, first.reading == second.reading, first.repository == second.repository,
            templateBefore == templateAfter
        {
            return
        }
        let old = first.map {
            RepositoryState($0.repository, $0.reading, under: templateBefore, isEnterpriseServer: wasEnterpriseServer)
        }
        let new = second.map {
            RepositoryState($0.repository, $0.reading, under: templateAfter, isEnterpriseServer: isEnterpriseServer)
        }
        if let old, let new, !old.isComparable(with: new) { incomparable += 1 }
        guard let change = RepositoryChange(from: old, to: new, isGone: isGone) else { return }
        let isFollower =
            change.kinds == [.template] && change.before?.followsOrganization == true
            && change.after?.followsOrganization == true
        if isFollower { followers.append(change) } else { changes.append(change) }
    }
    /// Puts what was found in report order, once everything was compared.
    public mutating func sort() {
        followers.sort()
        changes.sort()
    }
}

/// Changes in report order, with what that goes by.
private struct OrderedChanges: Sendable {
    private var items: [(order: ReportOrder, change: RepositoryChange)] = []

    mutating func append(_ change: RepositoryChange) {
        items.append((ReportOrder(change.repository), change))
    }

    mutating func sort() {
        items.sort(by: Self.isBefore)
    }

    static func merged(_ lists: [OrderedChanges]) -> [RepositoryChange] {
        lists.dropFirst().reduce(lists.first?.items ?? []) { merged, list in
            var result: [(order: ReportOrder, change: RepositoryChange)] = []
            result.reserveCapacity(merged.count + list.items.count)
            var next = 0
            for item in list.items {
                while next < merged.count, isBefore(merged[next], item) {
                    result.append(merged[next])
                    next += 1
                }
                result.append(item)
            }
            return result + merged[next...]
        }.map(\.change)
    }

    private static func isBefore(
        _ left: (order: ReportOrder, change: RepositoryChange), _ right: (order: ReportOrder, change: RepositoryChange),
    ) -> Bool {
        left.order.precedes(
            right.order, or: left.change.repository.id.rawValue < right.change.repository.id.rawValue)
    }
}
