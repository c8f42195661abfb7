/// A rename or transfer will not change the subject's format.
package struct FlipsOnRename: RepositoryRule {
    package static let name = "flips-on-rename"
    package static let summary = "The next rename or transfer does not change the format of the subject."
    package static let rationale = """
        A rename or transfer after 2026-07-15 moves a repository from legacy to immutable subjects, so that every trust \
        policy for it stops matching on that day. Opting in before makes it a planned change. An Enterprise Server has \
        no immutable subjects, so the rule says nothing there. Sources: GitHub's OIDC reference, "Immutable subject \
        claims", and vm0-ai/vm0#35094, an outage of that kind.
        """
    package static let remediation =
        "Opt in to immutable subjects on a day of your choice, after the cloud side trusts both forms."
    package static let examples = [
        RuleExample(setting: .immutable(.gitHubDefault), expected: .pass),
        RuleExample(
            setting: .gitHubDefault,
            expected: .fail("legacy subject, which becomes immutable at the next rename or transfer")),
        RuleExample(
            setting: .own(["repository_id", "context"]),
            expected: .fail("legacy subject without repo: what the next rename or transfer adds is not documented")),
        RuleExample(
            setting: .own(["repo", "repository_owner_id", "repository_id", "context"]),
            expected: .fail("legacy prefix beside the template's ids, which gains ids at the next rename or transfer")),
        RuleExample(setting: .gitHubDefault.prefixed("repo:acme"), expected: .undecided),
        RuleExample(setting: .gitHubDefault, isEnterpriseServer: true, expected: .notApplicable),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        let verdict = subject.requireImmutableFormat {
            violation(
                subject.template.holdsRepository
                    ? "legacy subject, which becomes immutable at the next rename or transfer"
                    : "legacy subject without repo: what the next rename or transfer adds is not documented")
        }
        // Ids that stand in the template keep the prefix beside them from no change.
        guard verdict == .pass, subject.template.holdsRepository, let prefix = subject.prefix, prefix.ownerID == nil
        else { return verdict }
        return .fail(
            violation("legacy prefix beside the template's ids, which gains ids at the next rename or transfer"))
    }

    private func violation(_ message: String) -> Violation {
        Violation(
            message: message, problems: ["legacy subject"], expected: ["immutable"], actual: ["legacy"],
            remediation:
                "Opt the repository in (use_immutable_subject: true) before anybody renames it, after the cloud "
                + "side trusts both forms.")
    }
}
