import AuditCore
import TestSupport
import Testing

@testable import Reports

@Suite struct ArticlePageTests {
    /// `scripts/goldens` writes the article anew.
    @Test func theArticleOnRulesIsOfTheCatalog() throws {
        try Golden.expect(
            RulePage.article(RuleCatalog.all),
            matches: "../../../Sources/OIDCAudit/OIDCAudit.docc/Articles/Rules.md")
    }

    @Test func markdownBecomesTextOfTheWidth() {
        let article = """
            # Title

            A **strong** word, a [link](Other.md), `some code` and a
            [page](https://example.com).

            <!-- not shown -->
            - one item
              over two lines
            - another

            | name | meaning |
            |---|---|
            | `a\\|b` | first or second |

            | name | size | use |
            |---|---|---|
            | one | small | |

                code   stays **as it is**

            ```yaml
            key: value
            ```
            """
        let expected = """
            Title

            A strong word, a link, `some code` and a
            page (https://example.com).

              - one item over two lines
              - another

                a|b  first or second

                one
                  size: small

                code   stays **as it is**

                key: value

            """
        #expect(ArticlePage.render(article, style: ReportStyle(width: 40)) == expected)
        #expect(ArticlePage.summary(of: article).hasPrefix("A **strong** word"))
        let colored = ArticlePage.render("# Title\n\n\u{1B}[31mtext", style: ReportStyle(isColored: true, width: 40))
        #expect(colored.hasPrefix("\u{1B}[1mTitle\u{1B}[0m\n\n"))
        #expect(!colored.contains("\u{1B}[31m"))
    }
}
