extension Timeline {
    /// Who made a change of a template, as far as that is known.
    package enum Cause: Hashable, Sendable {
        /// Somebody from here, as the journal of the history says; oldest first.
        case written([Write])
        /// Not from here.
        case elsewhere(AuditLogSearch)
    }

    /// One write of the journal.
    package struct Write: Hashable, Sendable {
        package let changeset: ChangesetID
        package let kind: Changeset.Kind
        /// Login of the token's owner; `nil` if it is not a user's.
        package let actor: String?
        package let at: Timestamp
    }

    /// What to look for in an organization's audit log.
    ///
    /// Source: of the documented events of the audit log (github/docs, 2026), none is about these templates.
    package struct AuditLogSearch: Hashable, Sendable {
        package let organization: String
        /// Full name; `nil` if the organization's own template changed.
        package let repository: String?
        /// Between which moments it changed.
        package let from: Timestamp
        package let to: Timestamp

        /// As GitHub's search takes it.
        package var query: String { "\(repository.map { "repo:\($0) " } ?? "")created:\(from)..\(to)" }
    }

    /// Finds who made the changes of the events.
    ///
    /// - Parameter changesets: all of the journal that may be about them.
    package mutating func attribute(to changesets: [Changeset]) {
        let journal = Journal(changesets)
        for place in events.indices {
            events[place].cause = journal.cause(of: events[place], owner: repository.owner)
        }
    }
}

/// Which templates were written from here.
package struct Journal: Sendable {
    private let writes: [PlannedChange.Target.Key: [Made]]

    /// A write, and what the target was after it.
    private struct Made {
        let write: Timeline.Write
        let value: PlannedChange.Value
    }

    /// - Parameter changesets: all that may be about what is asked for.
    package init(_ changesets: [Changeset]) {
        var writes: [PlannedChange.Target.Key: [Made]] = [:]
        for changeset in changesets {
            for (change, entry) in zip(changeset.plan.changes, changeset.entries) where entry.mayBeWritten {
                guard let moment = entry.intendedAt else { continue }
                let write = Timeline.Write(
                    changeset: changeset.id, kind: changeset.kind, actor: changeset.actor, at: moment)
                writes[change.target.key, default: []].append(Made(write: write, value: entry.found ?? change.after))
            }
        }
        self.writes = writes.mapValues { made in
            made.sorted { ($0.write.at, $0.write.changeset.rawValue) < ($1.write.at, $1.write.changeset.rawValue) }
        }
    }

    /// A scan reads for a while after the time at which it began.
    private static let readingSecondsMax: Int64 = 3600

    /// What a scan saw of a target.
    private enum Seen {
        case organization(OrganizationTemplate)
        case repository(RepositorySetting)
        /// Of the organization what a repository inherits; `nil` if it is unknown.
        case inherited(SubjectTemplate?)

        /// Whether it is what was written.
        func isResult(of value: PlannedChange.Value) -> Bool {
            switch (self, value) {
            case (.organization(let seen), .organization(let written)): seen == written
            case (.inherited(let seen), .organization(let written)): seen != nil && seen?.keys == written.inheritedKeys
            case (.repository(let seen), .repository(let written)):
                // GitHub reports inherited claims as the repository's own.
                seen.useDefault == written.useDefault
                    && (seen.useDefault || written.inherits || seen.includeClaimKeys == written.includeClaimKeys)
                    && (written.useImmutableSubject == nil || seen.useImmutableSubject == written.useImmutableSubject)
            default: false
            }
        }
    }

    /// The writes that may have made of one state the other. When each scan read the target is not known, only that it was
    /// within an hour of its start: a write in that time was seen by the scan if the scan saw its result.
    private func made(
        of target: PlannedChange.Target.Key, from before: Seen, to after: Seen, between start: Timestamp,
        and end: Timestamp,
    ) -> [Timeline.Write] {
        var made = (writes[target] ?? []).filter {
            $0.write.at >= start && $0.write.at <= end.adding(seconds: Self.readingSecondsMax)
        }
        // A write after the scan had read it is not what it saw.
        let last = made.lastIndex { $0.write.at <= end || after.isResult(of: $0.value) }
        made = last.map { Array(made[...$0]) } ?? []
        // What the scan before saw already was made before it.
        let seen = made.lastIndex {
            before.isResult(of: $0.value) && $0.write.at <= start.adding(seconds: Self.readingSecondsMax)
        }
        if let seen { made.removeFirst(seen + 1) }
        return made.map(\.write)
    }

    /// - Parameter owner: login of the organization that the event belongs to.
    package func cause(of event: Timeline.Event, owner: String) -> Timeline.Cause? {
        guard let after = event.after else { return nil }
        var owner = owner
        var changed: Repository?
        var targets: [(key: PlannedChange.Target.Key, before: Seen, after: Seen)] = []
        switch event.what {
        case .organizationTemplate(let before, let after):
            targets = [(.organization(owner.lowercased()), .organization(before), .organization(after))]
        case .repository(let change):
            guard let old = change.before?.reading.value, let new = change.after?.reading.value,
                !change.kinds.filter({ [.template, .immutability, .setting].contains($0) }).isEmpty
            else { return nil }
            owner = change.repository.owner
            if old != new {
                changed = change.repository
                targets.append((.repository(change.repository.id), .repository(old), .repository(new)))
            }
            // What follows its organization changes with it; GitHub can report the organization's claims as its own.
            let source = change.effective.after?.source
            if old == new || source == .organization || source == .organizationOrCopy {
                let templates = (change.effective.before?.template, change.effective.after?.template)
                targets.append((.organization(owner.lowercased()), .inherited(templates.0), .inherited(templates.1)))
            }
        default: return nil
        }
        // A clock that was set back between the scans must not turn the search around.
        let times = [after.startedAt, event.seenBy.startedAt]
        let (start, end) = (times.min() ?? after.startedAt, times.max() ?? after.startedAt)
        let own = targets.flatMap { target in
            made(of: target.key, from: target.before, to: target.after, between: start, and: end)
        }.sorted { ($0.at, $0.changeset.rawValue) < ($1.at, $1.changeset.rawValue) }
        guard own.isEmpty else { return .written(own) }
        return .elsewhere(
            Timeline.AuditLogSearch(organization: owner, repository: changed?.fullName, from: start, to: end))
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
