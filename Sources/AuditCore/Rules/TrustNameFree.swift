/// No value names a repository that is not there.
package struct TrustNameFree: TrustRule {
    package static let name = "trust-name-free"
    package static let summary = "Every repository that a trust names exists."
    package static let rationale = """
        A name of yours that is free can be taken by every member who may create repositories, and its jobs then \
        have the access that was meant for another. Source: GitHub's documentation on renaming a repository: its old name can be taken.
        """
    package static let remediation =
        "Remove the value, or create the repository."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/nothing:*")],
            expected: .fail("acme/nothing does not exist, in repo:acme/nothing:*")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        let values = subject.findings.freeNames
        guard subject.isListingWhole || values.isEmpty else {
            return .undecided("the listing is partial: \(values[0].about) may be there")
        }
        if values.isEmpty, let unknown = subject.findings.unknownNames.first {
            return .undecided("its owner is not scanned: \(unknown.about) may exist or not")
        }
        return subject.verdict(
            values, { "\($0.about) does not exist, in \($0.text)" }, expected: "repositories that exist",
            remediation: "Remove the value: members who may create repositories can take the name.")
    }
}
