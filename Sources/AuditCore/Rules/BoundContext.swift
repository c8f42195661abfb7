/// Branches, tags and pull requests of a repository have subjects of their own.
package struct BoundContext: RepositoryRule {
    package static let name = "bound-context"
    package static let summary = "A claim distinguishes branches, tags, environments or workflow versions."
    package static let rationale = """
        Without such a claim every branch, tag and pull request of the repository presents the subject of its \
        deployments, so that anyone who can push a branch can deploy. GitHub shows such a template as an example and says \
        that it grants access to all branches. Source: the examples of GitHub's OIDC reference \
        on customized templates.
        """
    package static let remediation = "Add context, or environment, ref or a workflow's ref."
    package static let examples = [
        RuleExample(setting: .gitHubDefault, expected: .pass),
        RuleExample(setting: .own(["repo", "environment"]), expected: .pass),
        RuleExample(
            setting: .own(["repository_id"]), expected: .fail("every branch, tag and pull request shares one subject")),
        RuleExample(
            setting: .own(["repo", "event_name"]),
            expected: .fail("branches share one subject: event_name does not distinguish them")),
        RuleExample(
            setting: .own(["repository_owner"]),
            expected: .fail("every branch, tag and pull request of all repositories of the owner shares one subject")),
        RuleExample(
            setting: .own(["repository_owner", "repository_visibility", "workflow"]),
            expected: .fail(
                "branches of all repositories of the owner share one subject: workflow does not distinguish them")),
        RuleExample(setting: .own(["repo", "run_id"]), expected: .pass),
        RuleExample(setting: .own(["repo", "brand_new"]), expected: .undecided),
    ]

    /// Claims whose value follows from the branch, the tag, the commit or the environment.
    private static let binding: [ClaimKey] = [
        "context", "environment", "environment_node_id", "ref", "workflow_ref", "job_workflow_ref", "sha",
        "workflow_sha", "job_workflow_sha",
    ]
    /// Claims that distinguish some jobs of a repository, and leave most branches alike.
    private static let partial: [ClaimKey] = [
        "event_name", "ref_type", "ref_protected", "head_ref", "base_ref", "workflow", "actor", "actor_id",
        "runner_environment",
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    /// A value that differs with each run distinguishes branches as well.
    private static func binds(_ key: ClaimKey) -> Bool {
        binding.contains(key) || ClaimCatalog.claim(for: key)?.stability == .perRun
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        guard !subject.keys.contains(where: Self.binds) else { return .pass }
        if let unknown = subject.keys.first(where: { ClaimCatalog.claim(for: $0) == nil }) {
            return .undecided("\(unknown.shown) is a claim that this version does not know")
        }
        let partial = subject.keys.filter(Self.partial.contains)
        let sharers = subject.sharers.map { " of \($0)" } ?? ""
        let message =
            partial.isEmpty
            ? "every branch, tag and pull request\(sharers) shares one subject"
            : "branches\(sharers) share one subject: \(partial.joinedNames) \(partial.count == 1 ? "does" : "do") "
                + "not distinguish them"
        return subject.violation(
            message,
            problems: ["branches share one subject"] + subject.sharingAndNarrowing
                + (partial.isEmpty ? ["no claim distinguishes the repository's jobs"] : []),
            expected: Self.binding.map(\.rawValue), isChoice: true,
            remediation: "Change \(subject.templateName) to hold context.")
    }
}
