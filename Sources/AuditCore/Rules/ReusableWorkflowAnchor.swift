/// A subject that names a reusable workflow names a repository too.
package struct ReusableWorkflowAnchor: RepositoryRule {
    package static let name = "reusable-workflow-anchor"
    package static let summary = "Where the subject names a reusable workflow, it names the repository too."
    package static let rationale = """
        job_workflow_ref is the workflow that the job runs, not the repository that calls it: without a repository every \
        caller presents the same subject. Some want just that, which then is worth a waiver. Source: GitHub's OIDC \
        reference, the example of job_workflow_ref, and its page on OIDC with reusable workflows.
        """
    package static let remediation = "Add repo, or repository_id."
    package static let examples = [
        RuleExample(setting: .own(["repo", "context", "job_workflow_ref"]), expected: .pass),
        RuleExample(setting: .gitHubDefault, expected: .pass),
        RuleExample(
            setting: .own(["repository_owner_id", "job_workflow_ref"]),
            expected: .fail("job_workflow_ref without a repository: every caller of the workflow shares one subject")),
    ]

    private static let workflows: [ClaimKey] = ["job_workflow_ref", "job_workflow_sha"]
    private static let repositories: [ClaimKey] = ["repo", "repository", "repository_id"]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        guard let workflow = subject.keys.first(where: Self.workflows.contains),
            !subject.keys.contains(where: Self.repositories.contains)
        else { return .pass }
        return subject.violation(
            "\(workflow) without a repository: every caller of the workflow shares one subject",
            problems: ["every caller of the workflow shares one subject"] + subject.sharingAndNarrowing,
            expected: Self.repositories.map(\.rawValue),
            isChoice: true,
            remediation: "Change \(subject.templateName) to hold repo.")
    }
}
