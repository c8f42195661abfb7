/// Each id in a trust belongs to an owner or repository of ours.
package struct TrustForeignID: TrustRule {
    package static let name = "trust-foreign-id"
    package static let summary = "Ids that a trust names belong to an owner or a repository of yours."
    package static let rationale = """
        The owner or repository with that id gets access. An id that is not yours was mistyped, copied from an \
        example, or belongs to a transferred repository. Source: GitHub's OIDC reference on immutable subjects: ids \
        are never given out again.
        """
    package static let remediation =
        "Write the id as oidc-audit template get OWNER/REPOSITORY prints it, or declare the owner by --also-ours."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme@77/api@1001:*")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme@78/api@1001:*")],
            expected: .fail("id 78 is not yours, in repo:acme@78/api@1001:*")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        let values = subject.findings.foreignIDs
        guard subject.isListingWhole || values.isEmpty else {
            return .undecided("the listing is partial: \(values[0].about) may be the id of a repository of yours")
        }
        return subject.verdict(
            values, { "id \($0.about) is not yours, in \($0.text)" }, expected: "ids of yours",
            remediation: "Write the ids of the owner and the repository that are meant.")
    }
}
