/// No repository loses access by the changes.
package struct TrustLostAccess: TrustRule {
    package static let name = "trust-lost-access"
    package static let summary = "The changes that are asked about take no access away."
    package static let rationale = """
        A rename, a transfer, another template or the move to immutable subjects changes what jobs present, and \
        every trust that is not changed before refuses them from then on. Judged only with --what-if or \
        --plan. Source: vm0-ai/vm0#35094, an outage of that kind.
        """
    package static let remediation =
        "Add the value that is named to the trust before the change, and remove the old one after it."
    package static let examples = [
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/web:*")], planned: .apiBecomesImmutable, expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/api:*")], planned: .apiBecomesImmutable,
            expected: .fail("acme/api loses access")),
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .notApplicable),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        guard let change = subject.change else { return .notApplicable }
        guard change.lost.isEmpty || change.lost.contains(where: \.isCertain) else {
            return .undecided("whether \(change.lost[0].repository.fullName) loses access")
        }
        let values = change.lost.flatMap(\.add).map(\.value).asProblems
        return subject.verdict(
            change.lost.map { "\($0.repository.fullName) loses access" }, expected: values,
            actual: change.lost.compactMap(\.before).asProblems,
            remediation: values.isEmpty
                ? "Change the trust together with the repository."
                : "Add the values that are expected before the change.")
    }
}
