/// No repository that is made tomorrow gets in.
package struct TrustWholeOrganization: TrustRule {
    package static let name = "trust-whole-organization"
    package static let summary = "A trust names repositories, not a whole owner."
    package static let rationale = """
        A trust of every repository of an owner trusts the least of them, those that are made tomorrow, and whoever \
        may create one. Source: the AWS guide \"Use IAM roles to connect GitHub Actions to actions in AWS\", which \
        says to limit the repository.
        """
    package static let remediation =
        "Write the repositories out that are to get in."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/*")],
            expected: .fail("any repository that the owner makes gets in")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        subject.verdict(
            subject.reach.owner, "any repository that the owner makes gets in", expected: "repositories by name",
            remediation: "Write the repositories out that are to get in.")
    }
}
