/// Which templates were written from here.
package struct Journal: Sendable {
    private let writes: [PlannedChange.Target.Key: [Made]]
    /// Ids of the organizations that were written to, by their logins in small letters.
    private let organizations: [String: Set<OrganizationID>]

    /// - Parameter changesets: all that may be about what is asked for.
    package init(_ changesets: [Changeset]) {
        var writes: [PlannedChange.Target.Key: [Made]] = [:]
        for changeset in changesets {
            for (change, entry) in zip(changeset.plan.changes, changeset.entries) where entry.mayBeWritten {
                guard let moment = entry.intendedAt, let left = entry.left(by: change) else { continue }
                let write = Timeline.Write(
                    changeset: changeset.id, kind: changeset.kind, target: change.target.name, actor: changeset.actor,
                    at: moment)
                writes[change.target.key, default: []].append(
                    Made(
                        write: write, before: change.before, left: left, inherited: change.inherited,
                        isCertain: entry.isCertain))
            }
        }
        let targets = changesets.flatMap(\.plan.changes).map(\.target)
        organizations = targets.reduce(into: [:]) { ids, target in
            if case .organization(let login, let id) = target { ids[login.lowercased(), default: []].insert(id) }
        }
        self.writes = writes.mapValues { made in
            made.sorted(by: Self.isEarlier)
        }
    }

    /// Finds who made the change of an event; `nil` if it does not change a template.
    ///
    /// A write of ours made a part of it, such as its claims or its format, only if what was found is what the write left
    /// there.
    ///
    package func cause(of event: Timeline.Event) -> Timeline.Cause? {
        guard let after = event.after else { return nil }
        // A clock that was set back between the scans must not turn the window around.
        let times = [after.startedAt, event.seenBy.startedAt]
        let window = Window(
            start: times.min() ?? after.startedAt, end: times.max() ?? after.startedAt,
            readUntil: event.seenBy.finishedAt)
        let made: Explained
        func search(_ organization: String, _ repository: String? = nil) -> Timeline.AuditLogSearch {
            Timeline.AuditLogSearch(
                organization: organization, repository: repository, from: window.start, to: window.end)
        }
        let places: (now: Timeline.AuditLogSearch, before: Timeline.AuditLogSearch?)
        switch event.what {
        case .organizationTemplate(let before, let after):
            guard let organization = event.organization else { return nil }
            made = self.made(of: organization, from: before, to: after, window)
            places = (search(organization.login), nil)
        case .repository(let change):
            guard let before = change.before, let after = change.after, let old = before.reading.value,
                let new = after.reading.value,
                !change.kinds.filter({ [.template, .immutability, .setting].contains($0) }).isEmpty
            else { return nil }
            made = self.made(change, from: old, to: new, window)
            // What follows its organization's template alone is searched for there.
            let isOwn = old != new
            let (was, now) = (before.repository, after.repository)
            let isElsewhere = isOwn ? was.fullName != now.fullName : was.owner != now.owner
            places = (
                search(now.owner, isOwn ? now.fullName : nil),
                isElsewhere ? search(was.owner, isOwn ? was.fullName : nil) : nil
            )
        default: return nil
        }
        let writes = Set(made.writes.map(\.write)).sorted {
            ($0.at, $0.changeset.rawValue, $0.target) < ($1.at, $1.changeset.rawValue, $1.target)
        }
        guard writes.isEmpty || !made.isWhole else { return Timeline.Cause(writes: writes) }
        return Timeline.Cause(writes: writes, search: places.now, searchBefore: places.before)
    }

    /// What of a change writes of ours explain.
    private struct Explained {
        var writes: [Made] = []
        /// Whether they explain each part of it.
        var isWhole = true

        /// - Parameter made: writes of one part; `nil` if it is not ours.
        mutating func add(_ made: [Made]?) {
            writes += made ?? []
            isWhole = isWhole && made != nil
        }
    }

    // MARK: - Of an organization

    private func made(
        of organization: OrganizationReference, from before: OrganizationTemplate, to after: OrganizationTemplate,
        _ window: Window,
    ) -> Explained {
        let target = made(in: organization)
        var made = Explained()
        if before.claims != after.claims {
            made.add(last(.template, of: target, window) { $0.left.claims == after.claims }.map { [$0] })
        }
        // GitHub sends no flag of a template that was never set.
        let (old, new) = (before.useImmutableSubject, after.useImmutableSubject)
        if old != new, old != nil || new == true {
            made.add(last(.flag, of: target, window) { $0.left.flag == new }.map { [$0] })
        }
        return made
    }

    // MARK: - Of a repository

    private func made(
        _ change: RepositoryChange, from old: RepositorySetting, to new: RepositorySetting, _ window: Window,
    ) -> Explained {
        var made = Explained()
        made.add(templateWrites(change, from: old, to: new, window))
        made.add(formatWrites(change, from: old, to: new, window))
        return made
    }

    /// - Returns: none if its template did not change, `nil` if that is not ours.
    private func templateWrites(
        _ change: RepositoryChange, from old: RepositorySetting, to new: RepositorySetting, _ window: Window,
    ) -> [Made]? {
        let (before, after) = (change.effective.before, change.effective.after)
        let (origin, result) = (TemplateOrigin(old, before), TemplateOrigin(new, after))
        let hasOtherAnswer = old.claims != new.claims
        let isOwn = hasOtherAnswer && !(origin.mayFollow && result.mayFollow)
        guard isOwn || change.kinds.contains(.template) else { return [] }
        var own = last(.template, of: made(in: change.repository), window) {
            $0.left(new, result)
        }
        // Claims that equal the organization's may be inherited: the earlier scan may have seen this write already.
        if !isOwn, let write = own?.write, window.mayBeSeenAtStart(write) { own = nil }
        let organization = last(.template, of: made(in: owner(in: change)), window) { made in
            if result.mayFollow { return after?.template?.keys == made.left.inheritedKeys }
            // A copy stays what it was where the organization's template becomes another.
            return !hasOtherAnswer && origin == .organization && before?.template?.keys == made.before.inheritedKeys
                && after?.template?.keys != made.left.inheritedKeys
        }
        // What the organization's template became does not explain that the repository follows it now.
        let isExplained = isOwn ? own != nil : organization != nil || own.map { !$0.left.inherits } ?? false
        return isExplained ? [organization, own].compactMap(\.self) : nil
    }

    /// - Returns: none if its format did not change, `nil` if that is not ours.
    private func formatWrites(
        _ change: RepositoryChange, from old: RepositorySetting, to new: RepositorySetting, _ window: Window,
    ) -> [Made]? {
        func differ(_ one: Bool?, _ two: Bool?) -> Bool { one != nil && two != nil && one != two }
        let hasOtherFlag = differ(old.useImmutableSubject, new.useImmutableSubject)
        let hasOtherPrefix = differ(old.prefixHasIDs, new.prefixHasIDs)
        guard hasOtherFlag || hasOtherPrefix else { return [] }
        // An organization's opt-in reaches repositories that say nothing themselves, whatever their template.
        for target in [made(in: change.repository), made(in: owner(in: change))] {
            let made = last(.flag, of: target, window) { made in
                (!hasOtherFlag || made.left.flag == new.useImmutableSubject)
                    && (!hasOtherPrefix || made.left.flag == new.prefixHasIDs)
            }
            if let made { return [made] }
        }
        return nil
    }

    // MARK: - Writes

    private func made(in repository: Repository) -> [Made] { writes[.repository(repository.id)] ?? [] }

    /// Of a login alone, whichever organization bore it.
    private func made(in organization: OrganizationReference) -> [Made] {
        let ids = organization.id.map { [$0] } ?? organizations[organization.login.lowercased()] ?? []
        let made = ids.flatMap { writes[.organization($0)] ?? [] }
        return ids.count > 1 ? made.sorted(by: Self.isEarlier) : made
    }

    /// The organization that had a repository when it was seen changed.
    private func owner(in change: RepositoryChange) -> OrganizationReference {
        let repository = change.after?.repository ?? change.repository
        return OrganizationReference(
            login: repository.owner, id: repository.ownerID.map { OrganizationID(rawValue: $0) })
    }

    private static func isEarlier(_ one: Made, _ other: Made) -> Bool {
        (one.write.at, one.write.changeset.rawValue) < (other.write.at, other.write.changeset.rawValue)
    }

    /// What a write can change, each without the other.
    private enum Part {
        case template
        case flag
    }

    /// A write, and what the target was before and after it.
    private struct Made {
        let write: Timeline.Write
        let before: PlannedChange.Value
        let left: PlannedChange.Value
        /// Claims that it was to inherit.
        let inherited: [ClaimKey]?
        /// Whether `left` was read back, and not only planned.
        let isCertain: Bool

        func changes(_ part: Part) -> Bool {
            switch part {
            case .template: before.claims != left.claims
            case .flag: left.flag != nil && before.flag != left.flag
            }
        }

        /// Whether a repository's setting has the template that it left.
        func left(_ setting: RepositorySetting, _ origin: TemplateOrigin) -> Bool {
            guard case .repository(let own) = left, own.useDefault == setting.useDefault else { return false }
            if own.useDefault { return true }
            guard own.inherits else { return own.claims == setting.claims }
            // GitHub reports inherited claims as the repository's own.
            return origin == .organization || (origin == .unknown && setting.includeClaimKeys == inherited)
        }
    }

    /// Between the starts of two scans. When each scan read a target is not known, only that it was before its end, or within
    /// an hour.
    private struct Window {
        let start: Timestamp
        let end: Timestamp
        /// `nil`: not known.
        let readUntil: Timestamp?

        private static let readingSecondsMax: Int64 = 3600

        func holds(_ write: Timeline.Write) -> Bool {
            write.at >= start && write.at <= readUntil ?? end.adding(seconds: Self.readingSecondsMax)
        }

        func mayBeSeenAtStart(_ write: Timeline.Write) -> Bool {
            write.at <= start.adding(seconds: Self.readingSecondsMax)
        }
    }

    /// The last write of a part of a target that left what was found, and that no later one of ours replaced before the
    /// scan began.
    private func last(
        _ part: Part, of all: [Made], _ window: Window, _ isFound: (Made) -> Bool,
    ) -> Made? {
        let made = all.filter { $0.changes(part) && window.holds($0.write) }
        // What was there before the scan began says more than what came while it read.
        let early = made.lastIndex { $0.write.at <= window.end && isFound($0) }
        guard let place = early ?? made.lastIndex(where: isFound) else { return nil }
        let isReplaced = made[(place + 1)...].contains { $0.isCertain && $0.write.at <= window.end }
        return isReplaced ? nil : made[place]
    }
}

/// Whose a repository's template is, as far as its answer and its organization's template say.
private enum TemplateOrigin {
    case gitHubDefault
    /// Inherited, or a copy.
    case organization
    case repository
    /// Claims that may be inherited, of an organization whose template is not known.
    case unknown

    var mayFollow: Bool { self == .organization || self == .unknown }

    init(_ setting: RepositorySetting, _ effective: EffectiveTemplate?) {
        if setting.useDefault {
            self = .gitHubDefault
        } else if setting.inherits || effective?.source == .organization || effective?.source == .organizationOrCopy {
            self = .organization
        } else {
            self = effective?.source == .unknown ? .unknown : .repository
        }
    }
}

extension Changeset.Entry {
    /// What the write left, as far as that is known: nothing of one that was read back as it was before it, or as
    /// something that somebody else may have written.
    fileprivate func left(by change: PlannedChange) -> PlannedChange.Value? {
        if let found { return found }
        switch outcome {
        // GitHub may make late what failed; what then stands there says no more than that somebody wrote it.
        case .ineffective, .different, .failed: return nil
        default: return change.after
        }
    }

    /// Whether what it left was read back.
    fileprivate var isCertain: Bool {
        switch outcome {
        case .applied, .noted, .already, .partial, .different: true
        default: false
        }
    }
}

extension RepositorySetting {
    /// Claims that it names; `nil` of GitHub's default, empty of one that inherits.
    fileprivate var claims: [ClaimKey]? { useDefault ? nil : includeClaimKeys ?? [] }

    /// `nil` if GitHub sent no prefix.
    fileprivate var prefixHasIDs: Bool? { subClaimPrefix == nil ? nil : hasImmutablePrefix }
}

extension OrganizationTemplate {
    /// `nil` if it was never set.
    fileprivate var claims: [ClaimKey]? {
        if case .set(let template, _) = self { template.keys } else { nil }
    }
}

extension PlannedChange.Value {
    fileprivate var claims: [ClaimKey]? {
        switch self {
        case .organization(let template): template.claims
        case .repository(let setting): setting.claims
        }
    }

    fileprivate var flag: Bool? {
        switch self {
        case .organization(let template): template.useImmutableSubject
        case .repository(let setting): setting.useImmutableSubject
        }
    }

    /// Of an organization's template.
    fileprivate var inheritedKeys: [ClaimKey]? {
        if case .organization(let template) = self { template.inheritedKeys } else { nil }
    }
}

extension PlannedChange.Target {
    fileprivate enum Key: Hashable {
        case repository(RepositoryID)
        case organization(OrganizationID)
    }

    fileprivate var key: Key {
        switch self {
        case .organization(_, let id): .organization(id)
        case .repository(_, _, let id): .repository(id)
        }
    }
}
