/// A trust accepts only known owners.
package struct TrustForeignOwner: TrustRule {
    package static let name = "trust-foreign-owner"
    package static let summary = "Every owner that a trust names is scanned or declared."
    package static let rationale = """
        A trust that accepts another owner's repositories is as safe as that owner's account. Declare a partner by \
        --also-ours or by the rule's owners. Any other owner was forgotten, mistyped or never yours. Source: what \
        reviews of trust policies ask first.
        """
    package static let remediation =
        "Remove the owner, declare it by --also-ours, or name it in the rule's owners."
    package static let options = [
        RuleOption("owners", .names, "logins of other owners that may have access")
    ]
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:other/tool:*")],
            expected: .fail("other is neither scanned nor declared, in repo:other/tool:*")),
        RuleExample(
            options: #"{"owners": ["other"]}"#, role: [.init("StringLike", "sub", "repo:other/tool:*")], expected: .pass
        ),
    ]

    private let owners: [String]

    package init(options: RuleOptions) throws(DocumentError) {
        owners = try options.reader.strings("owners")?.map(\.text) ?? []
    }

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        let values = subject.findings.foreignOwners.filter { value in
            !owners.contains { $0.isExactlyIgnoringCase(value.about) }
        }
        return subject.verdict(
            values, { "\($0.about) is neither scanned nor declared, in \($0.text)" },
            expected: "owners of yours", remediation: "Remove the owner, or declare it.")
    }
}
