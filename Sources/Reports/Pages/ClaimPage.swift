package import AuditCore

/// The catalog of claims, or some of it.
package enum ClaimPage: Page {
    package static let formats = PageFormat.ofDocuments

    /// Some claims, and whether the text has hosts and sources too, as the other formats always do.
    package typealias Content = (claims: [Claim], withSources: Bool)

    package static func write(_ content: Content, to page: inout TextPage) {
        page.line("CLAIM", .strong, "chosen by · stable · in every token · safe as first key", column: 23)
        for claim in content.claims {
            page.line(claim.key.rawValue, .strong, claim.traits, column: 23)
            page.wrapped(claim.meaning, indent: 23)
            guard content.withSources else { continue }
            page.wrapped(claim.hosts.displayText, indent: 23)
            page.plain(claim.source.rawValue, indent: 23)
        }
    }

    package static func markdown(_ content: Content) -> String? {
        Markdown.table(
            ["claim", "meaning", "chosen by", "stable", "always", "safe as first key", "hosts", "source"],
            content.claims.map { claim in
                [
                    "`\(claim.key)`", Markdown.text(claim.meaning), claim.chooser.displayText,
                    claim.stability.displayText, claim.presence.displayText, claim.isSafeFirst ? "yes" : "no",
                    claim.hosts.displayText, "[source](\(claim.source.rawValue))",
                ]
            })
    }

    package static let document = JSONDocument<Content>("claims") {
        Member("claims", .list(claim)) { $0.claims }
    }

    private static let claim = Shape<Claim>.object {
        Member("key", .string) { $0.key.rawValue }
        Member("meaning", .string) { $0.meaning }
        Member("chooser", .one(of: Claim.Chooser.allCases.map(\.word)), "who decides what it says") { $0.chooser.word }
        Member("stability", .word, "how long the value stays the same") { $0.stability }
        Member("presence", .word, "when a token carries it") { $0.presence }
        Member("safe_first", .boolean, "a template may start with it") { $0.isSafeFirst }
        Member("hosts", hosts) { $0.hosts }
        Member("source", .word, "where it is known from") { $0.source }
    }

    private static let hosts = Shape<Claim.Hosts>.object {
        Member("github", .boolean) { _ in true }
        Member("enterprise_server", .maybe(.boolean), "null if GitHub does not say") { $0.onEnterpriseServer }
        Member("since", .maybe(.string), "first day on github.com; null if it was there from the start") { $0.since }
    }
}

extension Claim.Chooser {
    fileprivate var word: String { self == .gitHub ? "github" : rawValue }
}

extension Claim {
    /// `administrator · changes · always · first`
    fileprivate var traits: String {
        [chooser.displayText, stability.displayText, presence.displayText, isSafeFirst ? "safe first" : "not first"]
            .joined(separator: " · ")
    }
}
