/// Which templates were written from here.
package struct Journal: Sendable {
    private let writes: [PlannedChange.Target.Key: [Made]]

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
        self.writes = writes.mapValues { made in
            made.sorted { ($0.write.at, $0.write.changeset.rawValue) < ($1.write.at, $1.write.changeset.rawValue) }
        }
    }

    /// Finds who made the change of an event; `nil` if it does not change a template.
    ///
    /// A write of ours made a part of it, such as its claims or its format, only if what was found is what the write left
    /// there.
    ///
    /// - Parameter owner: login of the organization that the event belongs to.
    package func cause(of event: Timeline.Event, owner: String) -> Timeline.Cause? {
        guard let after = event.after else { return nil }
        // A clock that was set back between the scans must not turn the window around.
        let times = [after.startedAt, event.seenBy.startedAt]
        let window = Window(
            start: times.min() ?? after.startedAt, end: times.max() ?? after.startedAt,
            readUntil: event.seenBy.finishedAt)
        var owner = owner
        var changed: Repository?
        let made: Explained
        switch event.what {
        case .organizationTemplate(let before, let after):
            made = self.made(of: .organization(owner.lowercased()), from: before, to: after, window)
        case .repository(let change):
            guard let old = change.before?.reading.value, let new = change.after?.reading.value,
                !change.kinds.filter({ [.template, .immutability, .setting].contains($0) }).isEmpty
            else { return nil }
            owner = change.repository.owner
            if old != new { changed = change.repository }
            made = self.made(change, from: old, to: new, window)
        default: return nil
        }
        let writes = Set(made.writes.map(\.write)).sorted {
            ($0.at, $0.changeset.rawValue, $0.target) < ($1.at, $1.changeset.rawValue, $1.target)
        }
        let search = Timeline.AuditLogSearch(
            organization: owner, repository: changed?.fullName, from: window.start, to: window.end)
        return Timeline.Cause(writes: writes, search: made.isWhole && !writes.isEmpty ? nil : search)
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
        of target: PlannedChange.Target.Key, from before: OrganizationTemplate, to after: OrganizationTemplate,
        _ window: Window,
    ) -> Explained {
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
        var own = last(.template, of: .repository(change.repository.id), window) {
            $0.left(new, result)
        }
        // Claims that equal the organization's may be inherited: the earlier scan may have seen this write already.
        if !isOwn, let write = own?.write, window.mayBeSeenAtStart(write) { own = nil }
        let organization = last(
            .template, of: .organization(change.repository.owner.lowercased()), window
        ) { made in
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
        let targets: [PlannedChange.Target.Key] = [
            .repository(change.repository.id), .organization(change.repository.owner.lowercased()),
        ]
        for target in targets {
            let made = last(.flag, of: target, window) { made in
                (!hasOtherFlag || made.left.flag == new.useImmutableSubject)
                    && (!hasOtherPrefix || made.left.flag == new.prefixHasIDs)
            }
            if let made { return [made] }
        }
        return nil
    }

    // MARK: - Writes

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
        _ part: Part, of target: PlannedChange.Target.Key, _ window: Window, _ isFound: (Made) -> Bool,
    ) -> Made? {
        let made = (writes[target] ?? []).filter { $0.changes(part) && window.holds($0.write) }
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
        case .ineffective, .different: return nil
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
        /// Its login in small letters.
        case organization(String)
    }

    fileprivate var key: Key {
        switch self {
        case .organization(let login, _): .organization(login.lowercased())
        case .repository(_, _, let id): .repository(id)
        }
    }
}
