/// Subjects carry ids beside names.
package struct ImmutableSubject: RepositoryRule {
    package static let name = "immutable-subject"
    package static let summary = "The repository has immutable subjects, with ids beside the names."
    package static let rationale = """
        A subject of names alone can be taken over with the names. Repositories created, renamed or transferred after \
        2026-07-15 have immutable subjects; older ones keep the old form until the repository or the organization opts \
        in. What counts is the prefix that GitHub computes: the flag beside it says only whether somebody opted in. \
        A template that names owner and repository by their ids counts as well, whatever the prefix. \
        An Enterprise Server has no immutable subjects, so the rule says nothing there. Sources: GitHub's OIDC \
        reference on immutable subjects, and Azure/azure-dev#9382, with a token that shows it.
        """
    package static let remediation = "Opt in to immutable subjects, after the cloud side trusts both forms."
    package static let examples = [
        RuleExample(setting: .immutable(.gitHubDefault), expected: .pass),
        RuleExample(setting: .gitHubDefault, expected: .fail("legacy subject, without the ids of an immutable one")),
        RuleExample(setting: .gitHubDefault.prefixed("repository/acme"), expected: .undecided),
        RuleExample(setting: .gitHubDefault, isEnterpriseServer: true, expected: .notApplicable),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        subject.requireImmutableFormat {
            let prefix = subject.setting.subClaimPrefix ?? "repo:\(subject.repository.fullName)"
            return Violation(
                message: "legacy subject, without the ids of an immutable one", expected: ["immutable"],
                actual: [prefix],
                remediation:
                    "Add a trust policy for the new form, opt in (use_immutable_subject: true), check a login, "
                    + "then remove the old trust policy.", fix: .immutable)
        }
    }
}

extension RuleSubject {
    /// Fails a legacy subject; an Enterprise Server has no other.
    func requireImmutableFormat(_ violation: () -> Violation) -> RuleVerdict {
        guard !organization.isEnterpriseServer else { return .notApplicable }
        return switch format {
        case .immutable: .pass
        case .unknown: .undecided(Self.unknownFormat)
        case .legacy: .fail(violation())
        }
    }
}
