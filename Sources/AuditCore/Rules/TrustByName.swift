/// Whoever took our names would not get in.
package struct TrustByName: TrustRule {
    package static let name = "trust-by-name"
    package static let summary = "An id confines a trust, not names alone."
    package static let rationale = """
        After a rename, a transfer or a deletion, the new owner of the names gets access. Ids are never reused: an \
        immutable subject contains them, and so do repository_owner_id and repository_id. Source: GitHub's OIDC \
        reference on immutable subjects.
        """
    package static let remediation =
        "Move the repository to immutable subjects, or demand repository_owner_id too."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme@77/new@1003:*")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/api:*"), .init("StringEquals", "repository_owner_id", "77")],
            expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .fail("anyone who holds the names gets in")
        ),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        subject.verdict(
            subject.reach.byName, "anyone who holds the names gets in", expected: "an id of the owner",
            remediation: "Also demand repository_owner_id, or move to immutable subjects.")
    }
}
