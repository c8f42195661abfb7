/// No repository gains access by the changes.
package struct TrustGainedAccess: TrustRule {
    package static let name = "trust-gained-access"
    package static let summary = "The changes that are asked about give no access."
    package static let rationale = """
        A repository that comes to present what a trust was written for, by a name, a template or a format, gets \
        what was meant for another. Judged only with --what-if or --plan. Source: GitHub's OIDC \
        reference, \"Customizing the token claims\".
        """
    package static let remediation =
        "Change the trust before, or write what is gained out where it is meant."
    package static let examples = [
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/api:*")], planned: .apiBecomesImmutable, expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme@77/api@1001:*")], planned: .apiBecomesImmutable,
            expected: .fail("acme/api gains access")),
        RuleExample(role: [.init("StringLike", "sub", "repo:acme@77/api@1001:*")], expected: .notApplicable),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        guard let change = subject.change else { return .notApplicable }
        guard change.gained.isEmpty || change.gained.contains(where: \.isCertain) else {
            return .undecided("whether \(change.gained[0].repository.fullName) gains access")
        }
        return subject.verdict(
            change.gained.map { "\($0.repository.fullName) gains access" }, expected: ["no further access"],
            actual: change.gained.compactMap(\.after).asProblems,
            remediation: "Change the trust before, where the access is not meant.")
    }
}
