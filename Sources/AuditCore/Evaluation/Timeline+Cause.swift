extension Timeline {
    /// Who made a change of a template, as far as that is known.
    package struct Cause: Hashable, Sendable {
        /// Made from here, as the journal of the history says; oldest first.
        package let writes: [Write]
        /// Where to look for what was not; `nil` if the writes made all of it.
        package let search: AuditLogSearch?
        /// Likewise in the log that it stands in if it was made before a repository was renamed or transferred.
        package let searchBefore: AuditLogSearch?

        package init(writes: [Write], search: AuditLogSearch? = nil, searchBefore: AuditLogSearch? = nil) {
            self.writes = writes
            self.search = search
            self.searchBefore = searchBefore
        }
    }

    /// One write of the journal.
    package struct Write: Hashable, Sendable {
        package let changeset: ChangesetID
        package let kind: Changeset.Kind
        /// Full name of the repository, or login of the organization, whose template it wrote.
        package let target: String
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
        package var query: String { query(of: repository.map { [$0] } ?? []) }

        /// The same for several repositories of one window, each of which GitHub's search takes a qualifier for.
        ///
        /// - Parameter repositories: full names; none: whatever happened in the organization.
        package func query(of repositories: [String]) -> String {
            (repositories.map { "repo:\($0)" } + ["created:\(from)..\(to)"]).joined(separator: " ")
        }
    }

    /// Finds who made the changes of the events.
    ///
    /// - Parameter changesets: all of the journal that may be about them.
    package mutating func attribute(to changesets: [Changeset]) {
        let journal = Journal(changesets)
        for place in events.indices {
            events[place].cause = journal.cause(of: events[place])
        }
    }
}
