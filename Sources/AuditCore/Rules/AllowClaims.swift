/// The effective template holds no claim outside a closed set.
package struct AllowClaims: RepositoryRule {
    package static let name = "allow-claims"
    package static let summary = "The effective template holds no claim outside the allowed ones."
    package static let rationale = """
        A trust policy can only be reviewed against claims that somebody has thought about. A closed set keeps out \
        whatever a repository's administrator, or a later version of GitHub, adds. Source: GitHub's OIDC reference, \
        "Customizing the subject claims for an organization or repository".
        """
    package static let remediation = "Take the other claims out of the template, or add them to the policy."
    package static let options = [
        RuleOption(
            "claims", .claimPatterns, required: true,
            "only these may be in the template; repo_property_* stands for every custom property")
    ]
    package static let examples = [
        RuleExample(
            options: #"{"claims": ["repo", "context", "job_workflow_ref"]}"#, setting: .gitHubDefault, expected: .pass),
        RuleExample(
            options: #"{"claims": ["repo", "context"]}"#, setting: .own(["repo", "actor", "ref"]),
            expected: .fail("claims not allowed: actor, ref")),
        RuleExample(
            options: #"{"claims": ["repo", "repo_property_*"]}"#, setting: .own(["repo", "repo_property_tier"]),
            expected: .pass),
    ]

    private let allowed: [ClaimKey]

    package init(options: RuleOptions) throws(DocumentError) {
        allowed = try options.claimPatterns("claims") ?? []
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        let others = subject.keys.distinct.filter { key in !allowed.contains(where: key.matches) }
        guard !others.isEmpty else { return .pass }
        return subject.violation(
            "claim\(others.count == 1 ? "" : "s") not allowed: \(others.joinedNames)",
            problems: others.map { "claim not allowed: \($0.canonical.shown)" }, expected: allowed.map(\.rawValue),
            isChoice: true,
            remediation: "Take \(others.joinedNames) out of \(subject.templateName.closed).")
    }
}
