/// The subject starts with a claim that no attacker writes.
package struct LeadingClaim: RepositoryRule {
    package static let name = "leading-claim"
    package static let summary =
        "The subject starts with a claim that nobody who can push or open a pull request chooses."
    package static let rationale = """
        Trust policies often match a prefix or a wildcard. Where the first claim is a branch, workflow, environment or \
        user name, anyone who can push or open a pull request writes the start of the subject and can imitate the text \
        that was meant to follow; GitHub Enterprise Server before 3.19 does not even escape a colon in it. Source: \
        Palo Alto Networks Unit 42, "OH-MY-DC: OIDC misconfigurations in CI/CD" (2025), and GitHub's OIDC reference.
        """
    package static let remediation =
        "Let the template start with repo, or another claim that only administrators choose."
    package static let examples = [
        RuleExample(setting: .gitHubDefault, expected: .pass),
        RuleExample(setting: .own(["repository_owner_id", "repository_id", "context"]), expected: .pass),
        RuleExample(setting: .own(["repo_property_tier", "repo"]), expected: .pass),
        RuleExample(
            setting: .own(["workflow", "repo"]),
            expected: .fail("starts with workflow, which anyone who can push chooses")),
        RuleExample(
            setting: .own(["head_ref", "repo"]),
            expected: .fail("starts with head_ref, which the author of a pull request chooses")),
        RuleExample(
            setting: .own(["run_id", "repo"]),
            expected: .fail("starts with run_id, which does not say who the repository is")),
        RuleExample(
            setting: .own(["team_name", "repo"]),
            expected: .fail("starts with team_name, a claim that this version does not know")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        guard let first = subject.keys.first else { return .undecided("the template has no keys") }
        guard !ClaimCatalog.isSafeFirst(first) else { return .pass }
        return subject.violation(
            "starts with \(first.shown), \(Self.objection(to: first))",
            problems: ["starts with \(first.shown)"] + subject.keys.narrowing(beside: [first.canonical]),
            expected: ClaimCatalog.listed.filter(\.isSafeFirst).map(\.key.rawValue), isChoice: true,
            remediation:
                "Change \(subject.templateName) to start with repo, or another claim that only administrators choose.")
    }

    // MARK: -

    private static func objection(to key: ClaimKey) -> String {
        guard let claim = ClaimCatalog.claim(for: key) else { return "a claim that this version does not know" }
        return switch claim.chooser {
        case .contributor: "which anyone who can push chooses"
        case .pullRequestAuthor: "which the author of a pull request chooses"
        case .job: "which the job chooses"
        case .gitHub, .administrator, .workflowOwner: "which does not say who the repository is"
        }
    }
}
