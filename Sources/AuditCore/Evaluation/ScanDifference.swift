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
    public var gone: [StoredFinding]

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

    public var isEmpty: Bool {
        appeared.isEmpty && gone.isEmpty && lost.isEmpty && found.isEmpty && organizations.allSatisfy(\.isEmpty)
    }
}

/// A finding as the history tells it, without the judgement from which it came.
public struct StoredFinding: Hashable, Sendable {
    public var key: FindingKey
    public var severity: Severity
    public var message: String
    /// Full name of the repository, login of the organization, or the waiver.
    public var name: String
    public var firstSeen: Timestamp
    public var isWaived: Bool
    /// Where it is about a repository, the id of the organization that listed that last.
    public var organization: OrganizationID?

    public init(
        key: FindingKey, severity: Severity, message: String, name: String, firstSeen: Timestamp, isWaived: Bool,
        organization: OrganizationID? = nil,
    ) {
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
    ///   - before: every repository whose state may differ, at least.
    ///   - after: the same of the later scan.
    public init(
        from before: OrganizationSnapshot, to after: OrganizationSnapshot, id: OrganizationID,
        wasEnterpriseServer: Bool, isEnterpriseServer: Bool,
    ) {
        self.id = id
        login = after.login
        templateBefore = before.template
        templateAfter = after.template
        listingBefore = before.listing.status
        listingAfter = after.listing.status
        let isGone: RepositoryChange.Kind = after.listing.status == .complete ? .removed : .missing
        var old = Dictionary(
            before.repositories.map { ($0.repository.id, $0) }, uniquingKeysWith: { first, _ in first })
        var followers: [RepositoryChange] = []
        var changes: [RepositoryChange] = []
        var incomparable = 0
        func note(_ first: RepositorySnapshot?, _ second: RepositorySnapshot?) {
            let old = first.map {
                RepositoryState(
                    $0.repository, $0.reading, under: before.template, isEnterpriseServer: wasEnterpriseServer)
            }
            let new = second.map {
                RepositoryState(
                    $0.repository, $0.reading, under: after.template, isEnterpriseServer: isEnterpriseServer)
            }
            if let old, let new, !old.isComparable(with: new) { incomparable += 1 }
            let change = RepositoryChange(from: old, to: new, isGone: isGone)
            guard let change else { return }
            if change.kinds == [.template], change.before?.followsOrganization == true,
                change.after?.followsOrganization == true
            {
                followers.append(change)
            } else {
                changes.append(change)
            }
        }
        for second in after.repositories {
            let first = old.removeValue(forKey: second.repository.id)
            // Most of what may differ does, but a year can bring a repository back to where it was.
            if let first, first.repository == second.repository, first.reading == second.reading,
                before.template == after.template
            {
                continue
            }
            note(first, second)
        }
        for first in old.values { note(first, nil) }
        self.followers = followers.inReportOrder(by: \.repository)
        self.changes = changes.inReportOrder(by: \.repository)
        self.incomparable = incomparable
    }
}
