/// A token that was made for another service is refused.
package struct TrustAudience: TrustRule {
    package static let name = "trust-audience"
    package static let summary = "An audience is demanded."
    package static let rationale = """
        A job chooses the audience of its token, so it says what the token is for and never whose it is. Where none \
        is demanded, a token that was made for another service, and leaked there, opens this one. Source: GitHub's \
        OIDC reference, and RFC 8725, 3.9.
        """
    package static let remediation =
        "Demand aud, in AWS sts.amazonaws.com."
    package static let examples = [
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/api:*"), .init("StringEquals", "aud", "sts.amazonaws.com")],
            expected: .pass),
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .fail("no audience is demanded")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        guard !subject.findings.hasAudience else { return .pass }
        return subject.verdict(
            subject.spread(["no audience is demanded"]), expected: "aud", actual: subject.writtenSubjects,
            remediation: "Demand the audience that jobs ask for, in AWS sts.amazonaws.com.")
    }
}
