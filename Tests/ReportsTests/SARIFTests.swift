import AuditCore
import Foundation
import Reports
import TestSupport
import Testing

/// What code scanning needs to know a finding again and to show it.
@Suite struct SARIFTests {
    private static func run(_ report: AuditReport, _ checkout: Checkout = Checkout()) throws -> [String: Any] {
        let text = try SampleReport.render(report, as: SARIFReporter.self, style: ReportStyle(checkout: checkout))
        let json = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
        return try #require((json?["runs"] as? [[String: Any]])?.first)
    }

    private static func results(_ run: [String: Any]) -> [[String: Any]] { run["results"] as? [[String: Any]] ?? [] }

    private static func location(_ result: [String: Any]) throws -> [String: String] {
        let locations = try #require(result["locations"] as? [[String: Any]])
        let place = try #require(locations.first?["physicalLocation"] as? [String: Any])
        return try #require(place["artifactLocation"] as? [String: String])
    }

    @Test func theDriverAndItsRulesSayWhereToReadMore() throws {
        let tool = try #require(try Self.run(SampleReport.make())["tool"] as? [String: Any])
        let driver = try #require(tool["driver"] as? [String: Any])
        #expect(driver["version"] as? String == Tool.version)
        let known = Set(Claim.Source.allCases.map(\.rawValue))
        #expect(known.contains(try #require(driver["informationUri"] as? String)))
        let rules = try #require(driver["rules"] as? [[String: Any]])
        for rule in rules { #expect(known.contains(try #require(rule["helpUri"] as? String))) }
    }

    @Test func anOrganizationHasOneFormOfFingerprint() throws {
        var report = try SampleReport.make()
        report.organizations[2].id = nil
        report.organizations[2].login = "Gamma"
        let prints = Self.results(try Self.run(report))
            .filter { $0["ruleId"] as? String == "readable" && $0["level"] as? String == "error" }
            .compactMap { ($0["partialFingerprints"] as? [String: String])?["primaryLocationLineHash"] }
        #expect(
            prints.sorted() == [
                "api.github.com/organizations/88/readable", "api.github.com/organizations/gamma/readable",
            ])
        let gitLab = try SampleReport.render(report, as: GitLabReporter.self)
        for print in prints { #expect(gitLab.contains("\"\(print)\"")) }
    }

    @Test(arguments: [
        ("/w/repo/p.json", "p.json"), ("a b/%c\"ö#?.json", "sub/a%20b/%25c%22%C3%B6%23%3F.json"), (" ", "sub/%20"),
        ("-", "sub/-"), ("a:b.json", "sub/a%3Ab.json"), ("/etc/p.json", nil), ("../../p.json", nil),
        ("/dev/stdin", nil), ("preset:strict", nil), ("", nil),
    ])
    func aLocationIsAPathOfTheCheckoutOrTheNameOfWhatWasJudged(source: String, uri: String?) throws {
        var report = try SampleReport.make()
        report.policy.source = source
        let run = try Self.run(report, Checkout(roots: ["/w/repo"], workingDirectory: "/w/repo/sub"))
        for result in Self.results(run) {
            let location = try Self.location(result)
            let text = try #require(location["uri"])
            #expect(!text.isEmpty && !text.hasPrefix("/"))
            #expect(text.utf8.allSatisfy { (0x21...0x7E).contains($0) })
            let isPolicy = uri != nil && result["ruleId"] as? String != "readable"
            #expect(location["uriBaseId"] == (isPolicy ? "%SRCROOT%" : nil))
            #expect(isPolicy ? text == uri : text.hasPrefix("oidc-audit/"), "\(text)")
        }
    }
}
