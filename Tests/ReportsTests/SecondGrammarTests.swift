import AuditCore
import Foundation
import TestSupport
import Testing

@testable import Reports

/// Readers of a report that look for a second grammar in the text of the first.
@Suite struct SecondGrammarTests {
    /// GitHub links these in the rendered text of a comment, and tells whoever is mentioned.
    @Test(arguments: [
        ("see #12, thanks @octocat", "see `#12`, thanks `@octocat`"),
        ("owner @acme/platform.", "owner `@acme/platform`\\."),
        ("(GH-7) gh-7", "\\(`GH-7`\\) `gh-7`"),
        ("acme/api#3 and acme/api@1a2b3c4", "`acme/api#3` and `acme/api@1a2b3c4`"),
        ("reverts 1a2b3c4d5e", "reverts `1a2b3c4d5e`"),
        ("done :tada:", "done `:tada:`"),
        ("mail me@example.com", "mail `me@example.com`"),
        ("a`@x|#1", "a\\``@x`\\|`#1`"),
        ("repo:acme/api:ref:refs/heads/main", "`repo:acme/api:ref:refs/heads/main`"),
        ("@", "\\@"), ("a # b", "a \\# b"), ("10:30", "10\\:30"), ("a high-5", "a high-5"),
    ])
    func referencesStandInCode(_ text: String, _ markdown: String) {
        #expect(Markdown.text(text) == markdown)
    }

    /// A comment of each night would be noted at issues 1, 2 and 3.
    @Test func ourOwnWordsReferToNothing() throws {
        let text = try SampleReport.render(SampleReport.make(), as: MarkdownReporter.self)
        let prose = text.replacing(/`[^`]*`/, with: "").replacing(/&#[0-9]+;/, with: "")
        #expect(prose.contains("<sub>scan 42 of "))
        #expect(prose.firstMatch(of: /[#@][A-Za-z0-9]/) == nil)
    }

    /// SARIF 2.1.0 reads `[text](target)` and `{0}` in a message.
    @Test func messagesOfSARIFHoldNoLinksAndPlaceholders() throws {
        var report = try SampleReport.make()
        let hostile = "unknown claim: ![x](javascript:alert(1)) {0}"
        report.findings[0].violation = Violation(message: hostile, expected: [], actual: [], remediation: "")
        let text = try SampleReport.render(report, as: SARIFReporter.self)
        #expect(text.contains(#"unknown claim: !\\[x\\](javascript:alert(1)) {{0}}"#))
    }
}
