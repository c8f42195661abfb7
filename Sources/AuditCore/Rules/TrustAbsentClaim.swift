/// No demand is met by leaving a claim out.
package struct TrustAbsentClaim: TrustRule {
    package static let name = "trust-absent-claim"
    package static let summary = "No condition passes because a claim is missing."
    package static let rationale = """
        ForAllValues, IfExists, a negated operator and Null are true where the token has no such claim, and which \
        claims it has is up to the job: environment is there only where the job names one. Source: IAM user guide, \
        \"Multivalued context keys\" and \"Condition operators\".
        """
    package static let remediation =
        "Use the plain operator, which is false if the claim is missing."
    package static let examples = [
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/api:*"), .init("StringEquals", "environment", "prod")],
            expected: .pass),
        RuleExample(
            role: [
                .init("StringLike", "sub", "repo:acme/api:*"),
                .init("ForAllValues:StringEquals", "environment", "prod"),
            ], expected: .fail("ForAllValues:StringEquals environment passes where a token has no environment")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        let problems = subject.findings.absentDemands.map { demand in
            "\(demand.operatorAndClaim) passes where a token has no \(demand.claim.rawValue)"
        }
        return subject.verdict(
            subject.spread(problems), expected: "the plain operator",
            actual: subject.findings.absentDemands.map(\.written),
            remediation: "Use the plain operator, which refuses a token without the claim.")
    }
}
