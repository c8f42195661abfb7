/// What one scan knew otherwise than another.
package struct ScanDifference: Sendable {
    /// A scan that is compared.
    package struct Side: Hashable, Sendable {
        package var id: ScanID
        package var startedAt: Timestamp
        package var digest: String
        /// `nil` where nobody asks for it.
        package var finishedAt: Timestamp?

        package init(id: ScanID, startedAt: Timestamp, digest: String, finishedAt: Timestamp? = nil) {
            self.id = id
            self.startedAt = startedAt
            self.digest = digest
            self.finishedAt = finishedAt
        }

        package static func == (left: Side, right: Side) -> Bool {
            left.id == right.id && left.startedAt == right.startedAt && left.digest == right.digest
        }

        package func hash(into hasher: inout Hasher) { hasher.combine(id) }
    }

    package var before: Side
    package var after: Side
    /// Those that both scans hold.
    package var organizations: [OrganizationDifference]
    /// Logins of those that both scans asked for and only one found: the earlier one, or the later one. No change: what the
    /// earlier scan did not find is compared with the last scan before it that did.
    package var lost: [String] = []
    package var found: [String] = []
    /// Name of the policy that judged both; `nil` if another one judged each, so that findings can't be compared.
    package var policyName: String?
    /// Whether the policy of that name was another text by the later scan: findings may have come and gone with it.
    package var policyChanged = false
    /// SHA-256 of the policy that judged the earlier scan; `nil` if it is not known.
    package var policyBefore: String?
    /// Findings in the order of organization, repository and rule; waived ones too.
    package var appeared: [StoredFinding]
    /// Those of the later scan alone where a gap hides whether they were there before: no change.
    package var firstRead: [StoredFinding] = []
    /// Those that stood open by both scans and have further problems by the later one, or are more severe.
    package var worsened: [Worsened] = []
    /// Those that stood open by both scans, and that a waiver covered by the earlier one alone; none has worsened.
    package var noLongerAccepted: [StoredFinding] = []
    /// The rest of those that stood open by both scans and have fewer problems by the later one.
    package var improved: [Improved] = []
    package var gone: [StoredFinding]

    /// A finding as it is by the later scan.
    package struct Improved: Hashable, Sendable {
        package var finding: StoredFinding
        /// Those of the earlier scan that the later one did not find; never empty.
        package var fixedProblems: [String]

        package init(_ finding: StoredFinding, fixedProblems: [String]) {
            self.finding = finding
            self.fixedProblems = fixedProblems
        }
    }

    /// A finding as it is by the later scan.
    package struct Worsened: Hashable, Sendable {
        package var finding: StoredFinding
        /// As in `Violation`; empty if it is more severe alone.
        package var furtherProblems: [String]

        package init(_ finding: StoredFinding, furtherProblems: [String]) {
            self.finding = finding
            self.furtherProblems = furtherProblems
        }
    }

    package init(
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
    package var incomparable: Int { organizations.map(\.incomparable).reduce(0, +) }

    /// Whether nothing is known to have changed. What one of the scans could not read is no change.
    package var isEmpty: Bool {
        appeared.isEmpty && worsened.isEmpty && noLongerAccepted.isEmpty && improved.isEmpty && gone.isEmpty
            && organizations.allSatisfy(\.isEmpty)
    }

    /// Whether no gap of coverage hides a change.
    package var isWhole: Bool {
        lost.isEmpty && organizations.allSatisfy(\.isWhole)
            && found.allSatisfy { login in organizations.contains { $0.login == login } }
    }

    /// What the earlier scan read and the later one could not.
    package var coverageLost: [CoverageGap] {
        lost.map { CoverageGap($0, nil, .organization, .organizationNotFound) } + organizations.flatMap(\.lost)
    }

    /// What the later scan read and the earlier one could not.
    package var coverageRegained: [CoverageGap] {
        found.map { login in
            let known = organizations.first { $0.login == login }
            return CoverageGap(login, known?.id, .organization, .organizationNotFound, knownBy: known?.knownBy)
        } + organizations.flatMap(\.regained)
    }
}

/// A finding as the history holds it, without the judgement from which it came.
package struct StoredFinding: Hashable, Sendable {
    package var key: FindingKey
    package var severity: Severity
    package var message: String
    /// As in `Violation`.
    package var problems: [String]
    /// Full name of the repository, login of the organization, or the waiver.
    package var name: String
    package var firstSeen: Timestamp
    package var isWaived: Bool
    /// Whether an earlier scan found it fixed.
    package var isBack = false
    /// How severe it was before, where that is another severity.
    package var severityBefore: Severity?

    /// Whether it is more severe than before.
    package var isMoreSevere: Bool { severityBefore.map { $0 < severity } ?? false }

    /// Problems that another state of the finding did not have.
    package func problems(beyond before: [String]) -> [String] { problems.beyond(before) }

    /// Where it is about a repository, the id of the organization that listed that last.
    package var organization: OrganizationID?

    package init(
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
package struct CoverageGap: Hashable, Sendable {
    package enum What: Hashable, Sendable {
        case organization
        case organizationTemplate
        case listing
        case repository(Repository)
    }

    package var organization: String
    package var organizationID: OrganizationID?
    package var what: What
    package var reason: UnreadableReason
    /// Of what can be read again, the last scan before the gap that knew it; `nil` if none did.
    package var knownBy: ScanDifference.Side?

    package init(
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
package struct OrganizationDifference: Sendable {
    package var login: String
    package var id: OrganizationID
    /// As it was known last, by the earlier scan or before it.
    package var templateBefore: OrganizationTemplate
    package var templateAfter: OrganizationTemplate
    /// The scan by which `templateBefore` is known, where the earlier one could not read it.
    package var templateKnownBy: ScanDifference.Side?
    /// The last scan that found the organization, where the earlier one did not.
    package var knownBy: ScanDifference.Side?
    package var listingBefore: Listing.Status
    package var listingAfter: Listing.Status
    /// Repositories whose effective template changed with the organization's, in report order.
    package var followers: [RepositoryChange]
    /// Every other change, in report order.
    package var changes: [RepositoryChange]
    /// Repositories whose answer changed without an effect on their tokens, in report order.
    package var withoutEffect: [RepositoryChange]
    /// Repositories whose answer changed where a gap hides whether that has an effect, in report order.
    package var withHiddenEffect: [RepositoryChange]
    /// Repositories of which it is not known whether they changed: the later scan could not read them or what decides their
    /// template, or no scan up to the earlier one could.
    package var incomparableIDs: Set<RepositoryID>
    package var incomparable: Int { incomparableIDs.count }
    /// Of these, those that the later scan itself could not read.
    package let unreadIDs: Set<RepositoryID>
    /// Repositories that the later scan could not read, where a waiver is known to accept that.
    package var acceptedUnread: Set<RepositoryID> = []
    /// Of the incomparable ones, those whose answer is not known to have changed.
    private let hidden: Set<RepositoryID>
    /// What only the earlier scan could read; repositories in report order.
    package var lost: [CoverageGap]
    /// What only the later scan could read; likewise.
    package var regained: [CoverageGap]
    /// Repositories that the later scan left out by its scope and the earlier one did not, in report order.
    package var left: [ScopeMove]
    /// Those that the earlier one left out by its scope and the later one did not, likewise.
    package var entered: [ScopeMove]

    /// Whether its claims are known to have changed.
    package var templateChanged: Bool {
        switch (templateBefore, templateAfter) {
        case (.unreadable, _), (_, .unreadable): false
        case (.set(let old, _), .set(let new, _)): !old.means(new)
        case (.neverSet, .neverSet): false
        case (.set, .neverSet), (.neverSet, .set): true
        }
    }

    /// Whether a gap hides whether its claims changed.
    package var isTemplateHidden: Bool {
        if case .unreadable = templateBefore { return true }
        if case .unreadable = templateAfter { return true }
        return false
    }

    /// The flag of the organization's template where that alone changed: what follows from it is seen in its repositories.
    package var flagChange: (before: Bool, after: Bool)? {
        guard case .set(let old, let before?) = templateBefore, case .set(let new, let after?) = templateAfter,
            old.means(new), before != after
        else { return nil }
        return (before, after)
    }

    /// The claims of the organization's template where they are only spelled otherwise, such as `repository` for `repo`.
    package var spellingChange: (before: SubjectTemplate, after: SubjectTemplate)? {
        guard case .set(let old, _) = templateBefore, case .set(let new, _) = templateAfter, old != new, old.means(new)
        else { return nil }
        return (old, new)
    }

    package var isEmpty: Bool { !templateChanged && changes.isEmpty && followers.isEmpty }

    /// Whether no gap of coverage hides a change.
    package var isWhole: Bool {
        incomparableIDs.isSubset(of: acceptedUnread) && !isTemplateHidden && listingAfter != .partial
    }

    /// Whether a gap hides if a finding that the later scan alone has was there before: nothing is known to have changed.
    package func hides(_ finding: FindingKey) -> Bool {
        switch finding.subject {
        case .repository(let id): hidden.contains(id)
        case .organization: isEmpty && !isWhole
        case .waiver, .identity: false
        }
    }

    /// - Parameters:
    ///   - before: with every repository whose state may differ, at least; what it lacks was not there, or not seen where its
    ///     listing is partial.
    ///   - after: the same of the later scan.
    package init(
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
    package init(
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
        incomparableIDs = Set(comparisons.flatMap(\.incomparable))
        unreadIDs = Set(comparisons.flatMap(\.unread))
        let settings = (changes + followers + ofAnswers).filter { $0.kinds.contains(where: \.isOfSetting) }.map(
            \.repository.id)
        hidden = incomparableIDs.subtracting(settings)
        (lost, regained) = ([], [])
        left = InReportOrder.merged(comparisons.map(\.left))
        entered = InReportOrder.merged(comparisons.map(\.entered))
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

extension [OrganizationDifference] {
    /// Makes one change of a repository that one organization lost and another gained: by its id it is the same.
    package mutating func joinTransfers() {
        guard count > 1 else { return }
        func ids(_ kind: RepositoryChange.Kind) -> Set<RepositoryID> {
            Set(flatMap(\.changes).filter { $0.kinds == [kind] }.map(\.repository.id))
        }
        let moved = ids(.removed).intersection(ids(.added))
        guard !moved.isEmpty else { return }
        let departed = Dictionary(
            flatMap(\.changes).filter { $0.kinds == [.removed] && moved.contains($0.repository.id) }
                .map { ($0.repository.id, $0) }, uniquingKeysWith: { first, _ in first })
        var joined: Set<RepositoryID> = []
        for place in indices {
            self[place].changes = self[place].changes.map { change in
                guard change.kinds == [.added], let old = departed[change.repository.id],
                    let transfer = RepositoryChange(from: old.before, to: change.after, knownBy: old.knownBy)
                else { return change }
                joined.insert(change.repository.id)
                return transfer
            }
        }
        for place in indices {
            self[place].changes.removeAll { $0.kinds == [.removed] && joined.contains($0.repository.id) }
        }
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
