/// Not every branch, tag, pull request and environment gets in.
package struct TrustAnyContext: TrustRule {
    package static let name = "trust-any-context"
    package static let summary = "A trust narrows branch, tag or environment."
    package static let rationale = """
        Without a context in the subject every branch of the repository gets what its deployments get: whoever can \
        push one has it, reviewed or not. Source: GitHub's guide for AWS, which says to narrow the branch or the \
        environment.
        """
    package static let remediation =
        "Name the branch or the environment in the subject, and protect it."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:environment:prod")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/api:*")],
            expected: .fail("every branch, tag, pull request and environment gets in")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        guard subject.judged.outcomes.contains(where: \.isAnyContext) else { return .pass }
        return subject.verdict(
            subject.spread(["every branch, tag, pull request and environment gets in"]),
            expected: "a branch, tag or environment",
            actual: subject.writtenSubjects, remediation: "Name the branch or the environment that is to get in.")
    }
}
