/// An accepted subject is one repository's.
package struct TrustSharedSubject: TrustRule {
    package static let name = "trust-shared-subject"
    package static let summary = "No two repositories present one subject that a trust accepts."
    package static let rationale = """
        A template without the repository gives several repositories one subject, and the trust can't \
        distinguish them. Source: GitHub's OIDC reference, \"Customizing the token claims\".
        """
    package static let remediation =
        "Add repo to the templates, and write both repositories out if both are meant."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repository_owner:acme:*")],
            expected: .fail("acme/one and acme/two present one subject")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        subject.verdict(
            subject.findings.sharedSubjects.flatMap { names in
                let problem = "\(names.prefix(2).joined(separator: " and ")) present one subject"
                // One that comes to share it is a further problem.
                return [problem] + names.map { String.part($0, of: problem) }
            },
            expected: "one repository a subject", actual: subject.writtenSubjects,
            remediation: "Give the repositories templates that hold repo.")
    }
}
