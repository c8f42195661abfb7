/// The subject names an owner or a repository.
package struct AnchoredSubject: RepositoryRule {
    package static let name = "anchored-subject"
    package static let summary = "A claim ties the subject to an owner or a repository."
    package static let rationale = """
        All of github.com shares one issuer. A subject without an owner or a repository can be minted from any account: \
        whoever names a branch, workflow or environment alike passes for this repository. Sources: Astrix, \
        "Sub:jugation", and Palo Alto Networks Unit 42, "OH-MY-DC" (2025). An issuer of the enterprise's own softens \
        this, and an Enterprise Server is an issuer of its own.
        """
    package static let remediation = "Add repo, or repository_owner_id and repository_id."
    package static let examples = [
        RuleExample(setting: .gitHubDefault, expected: .pass),
        RuleExample(setting: .own(["repository_owner_id", "environment"]), expected: .pass),
        RuleExample(
            setting: .own(["job_workflow_ref", "context"]),
            expected: .fail("no claim names an owner or repository: any GitHub account can mint this subject")),
        RuleExample(
            setting: .own(["enterprise_id", "context"]),
            expected: .fail(
                "no claim names an owner or repository: any organization of the enterprise can mint this subject")),
        RuleExample(
            setting: .own(["environment"]), isEnterpriseServer: true,
            expected: .fail("no claim names an owner or repository: any account of this server can mint this subject")),
    ]

    static let anchors: [ClaimKey] = [
        "repo", "repository", "repository_id", "repository_owner", "repository_owner_id",
    ]
    private static let enterprise: [ClaimKey] = ["enterprise", "enterprise_id"]

    package init(options: RuleOptions) throws(DocumentError) {}

    init() {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        guard !subject.keys.contains(where: Self.anchors.contains) else { return .pass }
        let isOfEnterprise = subject.keys.contains(where: Self.enterprise.contains)
        let who =
            isOfEnterprise
            ? "any organization of the enterprise"
            : subject.organization.isEnterpriseServer ? "any account of this server" : "any GitHub account"
        return subject.violation(
            "no claim names an owner or repository: \(who) can mint this subject",
            // Without the enterprise it is worse by one problem, with it better by one.
            problems: ["no claim names an owner or repository"]
                + (isOfEnterprise ? [] : ["\(who) can mint this subject"]) + subject.narrowing,
            expected: Self.anchors.map(\.rawValue), isChoice: true,
            remediation: "Change \(subject.templateName) to hold repo.")
    }
}
