/// The effective template holds none of the claims.
package struct ForbidClaims: RepositoryRule {
    package static let name = "forbid-claims"
    package static let summary = "The effective template holds none of the forbidden claims."
    package static let rationale = """
        Some claims have no place in a subject: a value that whoever starts the run chooses (actor), or a name that \
        anyone with push access writes freely (workflow), gives a false sense of safety wherever it is trusted. Source: \
        Palo Alto Networks Unit 42, "OH-MY-DC: OIDC misconfigurations in CI/CD" (2025).
        """
    package static let remediation = "Take the claims out of the template."
    package static let options = [
        RuleOption(
            "claims", .claimPatterns, required: true,
            "none of these may be in the template; repo_property_* stands for every custom property")
    ]
    package static let examples = [
        RuleExample(options: #"{"claims": ["actor", "workflow"]}"#, setting: .gitHubDefault, expected: .pass),
        RuleExample(
            options: #"{"claims": ["actor", "workflow"]}"#, setting: .own(["repo", "workflow"]),
            expected: .fail("forbidden claim: workflow")),
        RuleExample(
            options: #"{"claims": ["repo_property_*"]}"#, setting: .own(["repo", "repo_property_tier", "context"]),
            expected: .fail("forbidden claim: repo_property_tier")),
    ]

    private let forbidden: [ClaimKey]

    package init(options: RuleOptions) throws(DocumentError) {
        forbidden = try options.claimPatterns("claims") ?? []
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        func isForbidden(_ key: ClaimKey) -> Bool { forbidden.contains(where: key.matches) }
        let found = subject.keys.distinct.filter(isForbidden)
        guard !found.isEmpty else { return .pass }
        let rest = subject.keys.filter { !isForbidden($0) }
        return subject.violation(
            "forbidden claim\(found.count == 1 ? "" : "s"): \(found.joinedNames)",
            problems: found.map { "forbidden claim: \($0.canonical.shown)" }, expected: rest.map(\.rawValue),
            remediation: "Take \(found.joinedNames) out of \(subject.templateName.closed).", fix: subject.keeping(rest))
    }
}

extension String {
    /// The name of a template that ends a sentence: `the organization's template, or give …,` without its last comma.
    var closed: String { hasSuffix(",") ? String(dropLast()) : self }
}
