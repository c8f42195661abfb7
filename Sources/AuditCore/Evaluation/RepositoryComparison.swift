/// What one scan saw of one repository.
package enum RepositorySighting: Sendable {
    case listed(RepositorySnapshot)
    /// It was not there: a complete listing does not hold it, or another organization lists it.
    case absent
    /// The listing does not hold it and is not known to be complete.
    case unknown
}

/// What scans knew of a repository, put together from the newest to older ones: of each part the newest that is known.
package struct RepositoryKnowledge: Sendable {
    package private(set) var state: RepositoryState?
    /// The scan by which the setting and what decides the subject are known; `nil` if the newest read them.
    package private(set) var knownBy: ScanDifference.Side?
    /// Whether the newest scan that knew whether it was there found it absent.
    package private(set) var isAbsent = false
    private var count = 0

    package init() {}

    /// Adds what the next older scan saw.
    ///
    /// - Returns: whether a still older one could add something.
    package mutating func add(_ seen: SeenState, by scan: ScanDifference.Side) -> Bool {
        defer { count += 1 }
        switch seen {
        case .absent:
            isAbsent = state == nil
            return false
        case .unknown: return true
        case .listed(let seen):
            let completed = state.map { $0.completed(by: seen) } ?? seen
            if count > 0, completed.hasOtherSetting(than: state), completed.reading.value != nil { knownBy = scan }
            state = completed
            return !completed.isWhole
        }
    }

    /// As `RepositorySighting`, with what follows from it.
    package enum SeenState: Sendable {
        case listed(RepositoryState)
        case absent
        case unknown
    }
}

/// Finds out in what repositories of an organization differ from what they were, one after the other.
package struct RepositoryComparison: Sendable {
    var followers = OrderedChanges()
    var changes = OrderedChanges()
    var ofAnswers = OrderedChanges()
    var lost = OrderedGaps()
    var regained = OrderedGaps()
    /// What only one of the scans had in its scope.
    var left = InReportOrder<ScopeMove>()
    var entered = InReportOrder<ScopeMove>()
    /// Those of which it is not known whether they changed.
    private(set) var incomparable: Set<RepositoryID> = []
    /// Of these, those that the later scan could not read.
    private(set) var unread: Set<RepositoryID> = []
    private let login: String
    private let id: OrganizationID
    private let templateBefore: OrganizationTemplate
    private let templateAfter: OrganizationTemplate
    private let wasEnterpriseServer: Bool
    private let isEnterpriseServer: Bool
    private let scopes: (before: Scope, after: Scope)

    /// - Parameters:
    ///   - before: its repositories are not looked at.
    ///   - after: likewise.
    ///   - scopes: of both scans.
    package init(
        from before: OrganizationSnapshot, to after: OrganizationSnapshot, id: OrganizationID,
        wasEnterpriseServer: Bool,
        isEnterpriseServer: Bool, scopes: (before: Scope, after: Scope) = (Scope(), Scope()),
    ) {
        self.scopes = scopes
        login = after.login
        self.id = id
        templateBefore = before.template
        templateAfter = after.template
        self.wasEnterpriseServer = wasEnterpriseServer
        self.isEnterpriseServer = isEnterpriseServer
    }

    /// Whether the later scan knows something that the earlier one does not, so that scans before that have to be asked.
    package func needsEarlier(_ first: RepositorySighting, _ second: RepositorySighting) -> Bool {
        switch (first, second) {
        case (.unknown, .listed), (.unknown, .absent): true
        case (.listed(let one), .listed(let two)):
            !isSame(one, two) && state(after: two).knowsMore(than: state(before: one))
        default: false
        }
    }

    /// - Parameters:
    ///   - first: as the earlier scan saw it.
    ///   - second: as the later scan saw it.
    ///   - earlier: what is known by the earlier scan and those before it, where that was asked for.
    package mutating func compare(
        _ first: RepositorySighting, _ second: RepositorySighting, earlier: RepositoryKnowledge? = nil,
    ) {
        switch (first, second) {
        case (.listed(let one), .listed(let two)):
            // Most of what may differ does, but a year can bring a repository back to where it was.
            if isSame(one, two) {
                if !isKnown(one) { noteIncomparable(two) }
                return
            }
            note(one, two, knownBy: earlier?.knownBy)
            let old = state(before: one)
            compare(earlier?.state ?? old, state(after: two), knownBy: earlier?.knownBy)
        case (.unknown, .listed(let two)):
            let new = state(after: two)
            if earlier?.isAbsent == true { return note(RepositoryChange(from: nil, to: new)) }
            regained.append(
                CoverageGap(login, id, .repository(two.repository), .notListed, knownBy: earlier?.knownBy))
            guard let old = earlier?.state else { return noteIncomparable(two) }
            compare(old, new, knownBy: earlier?.knownBy)
        case (.absent, .listed(let two)): note(RepositoryChange(from: nil, to: state(after: two)))
        case (.listed(let one), .absent): note(RepositoryChange(from: state(before: one), to: nil))
        case (.unknown, .absent):
            note(RepositoryChange(from: earlier?.state, to: nil, knownBy: earlier?.knownBy))
        case (.listed(let one), .unknown):
            lost.append(CoverageGap(login, id, .repository(one.repository), .notListed))
            incomparable.insert(one.repository.id)
        case (.unknown, .unknown), (.absent, .absent), (.absent, .unknown): break
        }
    }

    /// Puts what was found in report order, once everything was compared.
    package mutating func sort() {
        followers.sort()
        changes.sort()
        ofAnswers.sort()
        lost.sort()
        regained.sort()
        left.sort()
        entered.sort()
    }

    // MARK: -

    private func state(before one: RepositorySnapshot) -> RepositoryState {
        RepositoryState(one.repository, one.reading, under: templateBefore, isEnterpriseServer: wasEnterpriseServer)
    }

    private func state(after two: RepositorySnapshot) -> RepositoryState {
        RepositoryState(two.repository, two.reading, under: templateAfter, isEnterpriseServer: isEnterpriseServer)
    }

    /// Whether both scans saw one and the same.
    private func isSame(_ one: RepositorySnapshot, _ two: RepositorySnapshot) -> Bool {
        one.reading == two.reading && one.repository == two.repository && templateBefore == templateAfter
    }

    /// Whether a repository of which two scans saw the same is known by that to be the same.
    private func isKnown(_ one: RepositorySnapshot) -> Bool {
        guard one.reading.value != nil else { return one.reading == .unreadable(.outOfScope) }
        guard case .unreadable = templateAfter else { return true }
        return state(after: one).effective?.template != nil
    }

    private mutating func compare(_ old: RepositoryState, _ new: RepositoryState, knownBy: ScanDifference.Side?) {
        // One that was archived since, and is therefore read no more, runs no job: its change is the whole news.
        let isRetired =
            new.reading == .unreadable(.outOfScope) && new.repository.isArchived == true
            && old.repository.isArchived == false
        if !isRetired, !old.isComparable(with: new) { noteIncomparable(new.repository, new.reading) }
        note(RepositoryChange(from: old, to: new, knownBy: knownBy))
    }

    private mutating func noteIncomparable(_ two: RepositorySnapshot) { noteIncomparable(two.repository, two.reading) }

    private mutating func noteIncomparable(_ repository: Repository, _ reading: Reading<RepositorySetting>) {
        incomparable.insert(repository.id)
        // What was out of scope was left out by choice.
        if reading.value == nil, reading != .unreadable(.outOfScope) { unread.insert(repository.id) }
    }

    private mutating func note(_ change: RepositoryChange?) {
        guard let change else { return }
        let isFollower =
            change.kinds == [.template] && change.before?.changesWithOrganization == true
            && change.after?.changesWithOrganization == true
        if isFollower {
            followers.append(change)
        } else if change.isOfAnswerAlone {
            ofAnswers.append(change)
        } else {
            changes.append(change)
        }
    }

    /// Notes what only one of the scans could read. What was out of scope was left out by choice.
    private mutating func note(
        _ one: RepositorySnapshot, _ two: RepositorySnapshot, knownBy: ScanDifference.Side?,
    ) {
        switch (one.reading, two.reading) {
        case (.read, .unreadable(let reason)) where reason != .outOfScope:
            lost.append(CoverageGap(login, id, .repository(two.repository), reason))
        case (.unreadable(let reason), .read) where reason != .outOfScope:
            regained.append(CoverageGap(login, id, .repository(two.repository), reason, knownBy: knownBy))
        default: break
        }
        let outOfScope = Reading<RepositorySetting>.unreadable(.outOfScope)
        switch (one.reading == outOfScope, two.reading == outOfScope) {
        case (false, true): left.append(ScopeMove(two.repository, scopes.after))
        case (true, false): entered.append(ScopeMove(one.repository, scopes.before, knownBy: knownBy))
        case (true, true), (false, false): break
        }
    }
}

/// A repository that one of two scans read and the other left out by its scope: no change, and not gone.
package struct ScopeMove: Hashable, Sendable {
    package var repository: Repository
    /// Why the one scan left it out, for people: `archived`.
    package var why: String
    /// Of one that the earlier scan left out, the last scan that read it; `nil` if none did.
    package var knownBy: ScanDifference.Side?

    /// - Parameter scope: of the scan that left it out.
    init(_ repository: Repository, _ scope: Scope, knownBy: ScanDifference.Side? = nil) {
        self.repository = repository
        self.knownBy = knownBy
        why = if case .skipped(let why) = scope.decide(repository) { why } else { "out of scope" }
    }
}

typealias OrderedChanges = InReportOrder<RepositoryChange>
typealias OrderedGaps = InReportOrder<CoverageGap>

/// Something about one repository.
protocol AboutRepository {
    /// `nil`: about its organization.
    var subject: Repository? { get }
}

extension RepositoryChange: AboutRepository {
    var subject: Repository? { repository }
}

extension CoverageGap: AboutRepository {
    var subject: Repository? { if case .repository(let repository) = what { repository } else { nil } }
}

extension ScopeMove: AboutRepository {
    var subject: Repository? { repository }
}

/// What is about repositories, in report order, with what that goes by.
struct InReportOrder<Item: AboutRepository & Sendable>: Sendable {
    private var items: [Entry] = []

    private struct Entry: Sendable {
        let order: ReportOrder
        let id: Int64
        let item: Item

        func precedes(_ other: Entry) -> Bool { order.precedes(other.order, or: id < other.id) }
    }

    mutating func append(_ item: Item) {
        guard let repository = item.subject else { return }
        items.append(Entry(order: ReportOrder(repository), id: repository.id.rawValue, item: item))
    }

    mutating func sort() {
        items.sort { $0.precedes($1) }
    }

    static func merged(_ lists: [InReportOrder]) -> [Item] {
        lists.dropFirst().reduce(lists.first?.items ?? []) { merged, list in
            var result: [Entry] = []
            result.reserveCapacity(merged.count + list.items.count)
            var next = 0
            for item in list.items {
                while next < merged.count, merged[next].precedes(item) {
                    result.append(merged[next])
                    next += 1
                }
                result.append(item)
            }
            return result + merged[next...]
        }.map(\.item)
    }
}
