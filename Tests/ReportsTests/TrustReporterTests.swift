import AuditCore
import Foundation
import TestSupport
import Testing
import XMLCoder

@testable import Reports

/// Who can assume what, in every format.
@Suite struct TrustReporterTests {
    private static let reporters = TrustReporterCatalog.forFiles + [TrustLineReporter.self, TrustNoReporter.self]
    private static let names = reporters.map { $0.name }

    private static func render(_ audit: TrustAudit, as reporter: any TrustReporter.Type) -> String {
        var bytes: [UInt8] = []
        withoutActuallyEscaping({ bytes += $0 }) { collect in
            var output = ReportOutput(flush: collect)
            reporter.init().render(audit, style: ReportStyle(), to: &output)
            try? output.finish()
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: names)
    func matchesItsGolden(name: String) throws {
        let reporter = try #require(Self.reporters.first { $0.name == name })
        try Golden.expect(Self.render(SampleTrust.judged(), as: reporter), matches: "trust.\(name)")
    }

    @Test func pagesForPeopleNeedNoPolicy() throws {
        for reporter in TrustReporterCatalog.forFiles where !reporter.isOfFindings && reporter.name != "prometheus" {
            var audit = SampleTrust.audit()
            audit.change = nil
            let text = Self.render(audit, as: reporter)
            #expect(text.contains("role/everyone"), "\(reporter.name)")
        }
    }

    @Test func thePageSaysWhatIsNew() throws {
        let html = Self.render(try SampleTrust.since(), as: TrustHTMLReporter.self)
        for title in ["Farthest outside, before and now", "Access that is gone", "New findings", "Numbers of"] {
            #expect(html.contains(title), "\(title)")
        }
        var same = try SampleTrust.judged()
        same.news = TrustNews(since: TrustPage.earlier(same), now: TrustPage.earlier(same))
        #expect(Self.render(same, as: TrustHTMLReporter.self).contains("nothing is new or gone"))
    }

    /// Each cell is a line, and as many as the matrix has.
    @Test func accessIsALineACell() throws {
        let audit = SampleTrust.audit()
        let lines = Self.render(audit, as: TrustAccessReporter.self).split(separator: "\n")
        #expect(lines.count == audit.report.accessCount)
        for line in lines {
            let row = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            #expect(row["repository"] is String && row["witness"] is String && row["is_certain"] is Bool)
        }
    }

    @Test func sarifKeepsFingerprintsAndLevels() throws {
        let text = Self.render(try SampleTrust.judged(), as: TrustSARIFReporter.self)
        let json = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let run = try #require((json["runs"] as? [[String: Any]])?.first)
        let results = run["results"] as? [[String: Any]] ?? []
        let prints = results.compactMap {
            ($0["partialFingerprints"] as? [String: Any])?["primaryLocationLineHash"] as? String
        }
        #expect(prints.contains("trusts/aws/arn:aws:iam::111122223333:role/everyone/trust-anyone"))
        #expect(results.contains { $0["suppressions"] != nil })
    }

    @Test func junitCountsWhatItHolds() throws {
        struct Suites: Decodable {
            struct Suite: Decodable {
                let name: String
                let tests: Int
                let failures: Int
                let errors: Int
                let skipped: Int
                let testcase: [Case]
            }

            struct Case: Decodable {
                let name: String
                let classname: String
            }

            let testsuite: [Suite]
        }
        let text = Self.render(try SampleTrust.judged(), as: TrustJUnitReporter.self)
        let suites = try XMLDecoder().decode(Suites.self, from: Data(text.utf8)).testsuite
        #expect(suites.map(\.name) == ["files", "aws 111122223333"])
        for suite in suites { #expect(suite.tests == suite.testcase.count) }
        #expect(suites[0].errors == 2 && suites[1].failures == 3 && suites[1].skipped == 1)
        let names = suites.flatMap(\.testcase).map { "\($0.classname) \($0.name)" }
        #expect(Set(names).count == names.count)
    }

    /// Names of roles and repositories are other people's.
    @Test func htmlShowsMarkupAsText() throws {
        var audit = SampleTrust.audit()
        audit.gaps = ["<script>alert(1)</script> & \"x\""]
        let text = Self.render(audit, as: TrustHTMLReporter.self)
        #expect(!text.contains("<script") && text.contains("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;x&quot;"))
        #expect(text.contains("default-src 'none'"))
        // Reach from outside stands first.
        let outside = try #require(text.firstRange(of: "Who gets in that is not yours"))
        #expect(outside.lowerBound < (try #require(text.firstRange(of: "<h2>Identities"))).lowerBound)
        #expect(text.contains("acme/api <span>can assume 2 roles</span>"))
    }

    @Test func noNewsReadsTheSameBeforeAndAfter() throws {
        let news = try #require(try SampleTrust.since().news)
        // An identity that lets nobody in and one that does not trust GitHub are two things.
        #expect(news.reach.contains { $0.before == nil && $0.after == "nobody" })
        for one in news.reach + news.wide { #expect(one.reachBefore != one.reachNow, "\(one.name)") }
        let text = TrustPage.render(try SampleTrust.since(), as: .text, style: ReportStyle())
        let lines = text.split(separator: "\n").filter { $0.contains(" → ") }
        #expect(lines.count == news.reach.count + news.wide.count)
        for line in lines {
            let halves = (line.firstRange(of: ": ").map { line[$0.upperBound...] } ?? line).split(separator: " → ")
            #expect(halves.count == 2 && halves[0] != halves[1], "\(line)")
        }
    }

    /// Alike losses of many roles are a screen, and each stands in the JSON.
    @Test func alikeChangesAreReportedTogether() throws {
        var audit = SampleTrust.audit()
        let one = try #require(audit.change?.lost.first)
        let lost = (0..<41).map { number in
            AccessDifference(
                repository: one.repository, trust: "\(one.trust)\(number)", identity: "\(one.identity)-\(number)",
                before: one.before, after: nil, contexts: number < 30 ? [.branch] : [.pullRequest], isCertain: true,
                add: one.add)
        }
        audit.change = TrustAudit.Change(lost: lost, gained: [])
        let text = TrustPage.render(audit, as: .text, style: ReportStyle())
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count <= 50)
        for words in ["  41 roles, each with its value\n", "  and 31 roles more; --format json names all\n"] {
            #expect(text.contains(words), "\(words)\(text)")
        }
        // Each that is shown has its value.
        #expect(text.components(separatedBy: "\"\(one.add[0].value)\"").count == 11)
        let json = TrustPage.render(audit, as: .json, style: ReportStyle())
        #expect(json.components(separatedBy: "\"operator\"").count == 42)
    }

    /// What no value keeps, and a value that can't stand under the operator of today, are said in each format for people.
    @Test func whatNoValueKeepsIsSaid() throws {
        var audit = SampleTrust.audit()
        let one = try #require(audit.change?.lost.first)
        func lost(_ identity: String, _ add: [AccessDifference.Addition], _ obstacle: String?) -> AccessDifference {
            AccessDifference(
                repository: one.repository, trust: identity, identity: identity, before: one.before, after: nil,
                contexts: [.branch], isCertain: true, add: add, obstacle: obstacle)
        }
        let moved = AccessDifference.Addition(
            claim: "sub", value: "repo:acme/api:*", key: one.add[0].key, comparison: "StringLike",
            insteadOf: "StringEquals")
        let rows = [lost("role/none", [], "the repository is gone"), lost("role/moved", [moved], nil)]
        audit.change = TrustAudit.Change(lost: rows, gained: [])
        let text = TrustPage.render(audit, as: .text, style: ReportStyle())
        for words in [
            "    no value keeps it: the repository is gone\n",
            "    move \(moved.key)\n    from StringEquals to StringLike, and add:\n      \"repo:acme/api:*\"\n",
        ] { #expect(text.contains(words), "\(words)\(text)") }
        for reporter in [TrustHTMLReporter.self, TrustMarkdownReporter.self] as [any TrustReporter.Type] {
            let page = Self.render(audit, as: reporter)
            #expect(page.contains("not kept") && page.contains("StringLike instead of StringEquals"), "\(page)")
        }
    }
}
