/// Which of the listed repositories a scan reads and judges.
package struct Scope: Hashable, Sendable {
    /// Whether a repository is part of the scan.
    package enum Decision: Hashable, Sendable {
        case included
        /// Why not, for people.
        case skipped(String)
        /// It is read and judged, but can't be called compliant: a fact that would decide is lacking.
        case undecided(String)

        package var isSkipped: Bool {
            if case .skipped = self { true } else { false }
        }
    }

    package var selector: Selector
    package var includesArchived: Bool
    package var named: NamedRepositories

    package init(
        selector: Selector = Selector(), includesArchived: Bool = false, named: NamedRepositories = NamedRepositories(),
    ) {
        self.selector = selector
        self.includesArchived = includesArchived
        self.named = named
    }

    /// Whether it chooses some repositories of an organization: it does not stand for the others.
    package var isNarrow: Bool { selector != Selector() || !named.isEmpty }

    /// Whether it chooses some repositories of one organization.
    package func isNarrow(of login: String) -> Bool { selector != Selector() || named.isNarrow(login) }

    package func decide(_ repository: Repository) -> Decision {
        if named.leavesOut(repository) { return .skipped("out of scope: not named") }
        if repository.isArchived == true, !includesArchived { return .skipped("archived") }
        let archivedIsUnknown = repository.isArchived == nil && !includesArchived
        return switch selector.match(repository) {
        case .yes where archivedIsUnknown: .undecided("scope undecided: the host did not send archived")
        case .yes: .included
        case .no(let why): .skipped("out of scope: \(why)")
        case .undecided(let why): .undecided("scope undecided: \(why)")
        }
    }
}
