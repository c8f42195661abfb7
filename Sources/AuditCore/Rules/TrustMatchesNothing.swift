/// No trust is dead.
package struct TrustMatchesNothing: TrustRule {
    package static let name = "trust-matches-nothing"
    package static let summary = "Each trust has a repository that can use it."
    package static let rationale = """
        A trust that nothing matches is an outage that nobody noticed yet, or an access left for anybody who \
        later presents its subject. The reason is named: gone, renamed, the other format, another template, the case \
        of letters, a colon, an audience, or a key that the cloud does not read. Source: trust policies that broke \
        with renames and immutable subjects (vm0-ai/vm0#35094).
        """
    package static let remediation =
        "Write the value that the repository presents, or remove the trust."
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:*")], expected: .pass),
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/old:*")], expected: .fail("acme/old is acme/web now")),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/new:*")],
            expected: .fail("acme/new presents immutable subjects now, and the trust demands the other format")),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/API:*")],
            expected: .fail("the case of letters differs: acme/API is written, acme/api is so")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        let reasons = subject.judged.noMatch
        if reasons.isEmpty {
            return subject.judged.cells.isEmpty && subject.judged.reach.outermost != .nobody
                && subject.reach.mayHaveMore
                ? .undecided("repositories with unknown subjects may use it") : .pass
        }
        if !subject.isListingWhole, let open = reasons.first(where: \.hangsOnListing) {
            return .undecided("the listing is partial: \(open.message)")
        }
        return subject.verdict(
            reasons.map(\.message), expected: "a repository that can use it", actual: subject.writtenSubjects,
            remediation: "Write what the repository presents, or remove the trust.")
    }
}
