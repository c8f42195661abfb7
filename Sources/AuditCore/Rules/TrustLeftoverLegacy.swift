/// No value of the format before is left over.
package struct TrustLeftoverLegacy: TrustRule {
    package static let name = "trust-leftover-legacy"
    package static let summary = "No legacy value is left once the repository presents immutable subjects."
    package static let rationale = """
        After a move to immutable subjects the legacy value serves nobody but whoever takes the name later. Source: \
        GitHub's OIDC reference on immutable subjects, and the migration guides that keep both values for a time.
        """
    package static let remediation =
        "Remove the legacy value."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme@77/new@1003:*")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme@77/new@1003:*", "repo:acme/new:*")],
            expected: .fail("acme/new presents immutable subjects, and repo:acme/new:* is left")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        subject.verdict(
            subject.findings.leftoverLegacy, { "\($0.about) presents immutable subjects, and \($0.text) is left" },
            expected: "immutable values alone", remediation: "Remove the legacy value.")
    }
}
