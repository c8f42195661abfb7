extension OrganizationTemplate {
    /// Whether the organization opted in to immutable subjects; `nil` if that is not known, or not set.
    package var useImmutableSubject: Bool? {
        if case .set(_, let flag) = self { flag } else { nil }
    }

    /// Whether to become this is the organization's opt-in to immutable subjects.
    package func optsIn(from former: OrganizationTemplate) -> Bool {
        useImmutableSubject == true && former.useImmutableSubject != true
    }
}

extension RepositorySetting {
    /// Whether an organization's opt-in gives its subjects ids, as far as GitHub's answer says.
    ///
    /// Source: GitHub's description of a repository's `use_immutable_subject`: "if not set at repo level, falls back to
    /// the org setting". Its answer `false` does not say which of the two it is.
    package var followsOptIn: Bool { subClaimPrefix != nil && !hasImmutablePrefix && useImmutableSubject != true }
}

extension Repository {
    /// Where its immutable subjects begin; `nil` if the owner's id is not known.
    package var immutablePrefix: String? {
        ownerID.map { "repo:\(owner)@\($0)/\(name)@\(id.rawValue)" }
    }
}

extension OrganizationSnapshot {
    /// What a person should know of how far an opt-in reaches; empty if the template to come is none.
    func optInWarnings(to future: OrganizationTemplate) -> [String] {
        guard future.optsIn(from: template) else { return [] }
        let silent = repositories.count { state in
            state.reading.value.map { $0.followsOptIn && $0.useImmutableSubject == false } ?? false
        }
        guard silent > 0 else { return [] }
        return [
            "GitHub's answer does not say whether a repository set false itself, and then keeps its subject (\(silent) "
                + "\(silent == 1 ? "repository" : "repositories")): keep the old subjects allowed until a scan has read them back"
        ]
    }
}

extension PlannedChange {
    /// The prefix that a follower of the organization has once the change reaches it; `nil` if the change is not
    /// about prefixes.
    package func plannedPrefix(of follower: Subject) -> String? {
        guard case .organization(let login, let organization) = target, case .organization(let before) = before,
            case .organization(let after) = after
        else { return nil }
        let name = follower.repository.drop { $0 != "/" }.dropFirst()
        if after.optsIn(from: before) {
            return "repo:\(login)@\(organization.rawValue)/\(name)@\(follower.repositoryID.rawValue)"
        }
        return before.useImmutableSubject == true && after.useImmutableSubject == false
            ? "repo:\(follower.repository)" : nil
    }
}
