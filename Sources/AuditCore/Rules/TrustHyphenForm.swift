/// No id was written as a part of a name.
package struct TrustHyphenForm: TrustRule {
    package static let name = "trust-hyphen-form"
    package static let summary = "No value has ids behind hyphens."
    package static let rationale = """
        OWNER-ID/REPOSITORY-ID is no form of GitHub's: it names an owner and a repository of those very names, which \
        anybody can register. Source: \"Sleeper Squats\", on such values in public code.
        """
    package static let remediation =
        "Write the ids behind @, as repo:OWNER@ID/REPOSITORY@ID."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme@77/api@1001:*")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme-77/api-1001:*")],
            expected: .fail("repo:acme-77/api-1001:* names other repositories; repo:acme@77/api@1001 is the form")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        subject.verdict(
            subject.findings.hyphenForms, { "\($0.text) names other repositories; \($0.about) is the form" },
            expected: "ids behind @", remediation: "Write the ids behind @; anybody can register the other names.")
    }
}
