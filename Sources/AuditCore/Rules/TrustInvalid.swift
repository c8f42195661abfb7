/// The trust meets the cloud's current requirements for new trusts.
package struct TrustInvalid: TrustRule {
    package static let name = "trust-invalid"
    package static let summary = "The cloud would accept the trust if it were written today."
    package static let rationale = """
        Since 2025 IAM refuses a role for GitHub whose subject is missing or only wildcards, but does not \
        check roles from before: these are often open to everybody. Source: the IAM user guide, \"Create a role for \
        OpenID Connect federation\".
        """
    package static let remediation =
        "Write the role again, with the subject of a repository."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .pass),
        RuleExample(
            role: [.init("StringEquals", "aud", "sts.amazonaws.com")],
            expected: .fail("AWS would not accept it today: the subject is not demanded")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        guard let refusal = subject.judged.trust.creationRefusal else { return .pass }
        return subject.verdict(
            subject.spread(["AWS would not accept it today: \(refusal)"]), expected: "a subject",
            actual: subject.writtenSubjects,
            remediation: "Write the role again, with the subject of a repository.")
    }
}
