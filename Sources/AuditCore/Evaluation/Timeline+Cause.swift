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
    private let writes: [PlannedChange.Target.Key: [Timeline.Write]]

    /// - Parameter changesets: all that may be about what is asked for.
    package init(_ changesets: [Changeset]) {
        var writes: [PlannedChange.Target.Key: [Timeline.Write]] = [:]
        for changeset in changesets {
            for (change, entry) in zip(changeset.plan.changes, changeset.entries) where entry.mayBeWritten {
                guard let moment = entry.intendedAt else { continue }
                writes[change.target.key, default: []].append(
                    Timeline.Write(changeset: changeset.id, kind: changeset.kind, actor: changeset.actor, at: moment))
            }
        }
        self.writes = writes
    }

    /// A scan reads for a while after the time at which it began.
    private static let readingSecondsMax: Int64 = 3600

    /// - Parameter owner: login of the organization that the event belongs to.
    package func cause(of event: Timeline.Event, owner: String) -> Timeline.Cause? {
        guard let after = event.after else { return nil }
        var owner = owner
        var changed: Repository?
        var targets: [PlannedChange.Target.Key] = []
        switch event.what {
        case .organizationTemplate: targets = [.organization(owner.lowercased())]
        case .repository(let change):
            guard let old = change.before?.reading.value, let new = change.after?.reading.value,
                !change.kinds.filter({ [.template, .immutability, .setting].contains($0) }).isEmpty
            else { return nil }
            owner = change.repository.owner
            if old != new {
                changed = change.repository
                targets.append(.repository(change.repository.id))
            }
            // What follows its organization changes with it; GitHub can report the organization's claims as its own.
            let source = change.effective.after?.source
            if old == new || source == .organization || source == .organizationOrCopy {
                targets.append(.organization(owner.lowercased()))
            }
        default: return nil
        }
        // A clock that was set back between the scans must not turn the search around.
        let times = [after.startedAt, event.seenBy.startedAt]
        let (start, end) = (times.min() ?? after.startedAt, times.max() ?? after.startedAt)
        let own = targets.flatMap { writes[$0] ?? [] }.filter { write in
            write.at >= start && write.at <= end.adding(seconds: Self.readingSecondsMax)
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
