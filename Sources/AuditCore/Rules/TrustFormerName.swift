/// No former name of ours is accepted.
package struct TrustFormerName: TrustRule {
    package static let name = "trust-former-name"
    package static let summary = "No trust accepts a name that was yours and no longer is."
    package static let rationale = """
        The name of a renamed or deleted owner is free for everybody to take, and that of a renamed repository for \
        everybody who may create one there. Who takes it mints the subjects that the cloud still trusts. The history \
        of scans knows such names. Source: Astrix, \"Sub:jugation\".
        """
    package static let remediation =
        "Replace the name by the one of today, better by immutable subjects, and remove the old value."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/web:*")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme-corp/*")],
            expected: .fail("that name is acme now, in repo:acme-corp/*")),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/old:*")],
            expected: .fail("that name is acme/web now, in repo:acme/old:*")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        subject.verdict(
            subject.findings.formerNames, { "that name is \($0.about) now, in \($0.text)" },
            expected: "names of today", remediation: "Write the name of today, and remove the former one.")
    }
}
