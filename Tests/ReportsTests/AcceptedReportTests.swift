import AuditCore
import Foundation
import TestSupport
import Testing

@testable import Reports

/// What is accepted is told from what counts, in every format.
@Suite struct AcceptedReportTests {
    private static let claims =
        #"{"id": "claims", "rule": "require-claims", "severity": "critical", "claims": ["repo", "context"]}"#

    /// - Parameters:
    ///   - accepted: how many repositories have a finding that the baseline holds.
    ///   - fresh: how many have one that it does not hold.
    private static func report(
        accepted: Int, fresh: Int, stale: Int = 0, gate: Gate = Gate(newOnly: true), unread: [RepositorySnapshot] = [],
        waivers: WaiverList? = nil,
    ) throws -> AuditReport {
        var repositories: [RepositorySnapshot] = []
        var entries: [FindingKey: Baseline.Entry] = [:]
        func add(_ name: String, _ id: Int64, _ keys: [ClaimKey], isHeld: Bool) {
            repositories.append(.read(name, id: id, .own(keys)))
            guard isHeld else { return }
            entries[FindingKey(rule: "claims", subject: .repository(RepositoryID(rawValue: id)))] = Baseline.Entry(
                severity: .critical, organization: "acme", repository: "acme/\(name)",
                problems: ["missing claim: context"])
        }
        for number in 0..<accepted { add("known\(number)", Int64(1 + number), ["repo"], isHeld: true) }
        for number in 0..<fresh { add("fresh\(number)", Int64(1000 + number), ["repo"], isHeld: false) }
        for number in 0..<stale { add("stale\(number)", Int64(2000 + number), ["repo", "context"], isHeld: true) }
        let baseline = Baseline(
            entries, apiURL: "https://api.github.com", policy: "test",
            source: "b.json", origin: Baseline.Origin(startedAt: .sample, digest: nil, scan: nil))
        return Evaluator(policy: try .of(claims), gate: gate, waivers: waivers, baseline: baseline)
            .evaluate(.sample([.sample(repositories + unread)]))
    }

    private func html(_ report: AuditReport) throws -> (page: String, data: [String: Any]) {
        let parts = try HTMLParts(SampleReport.render(report, as: HTMLReporter.self))
        let data = try JSONSerialization.jsonObject(with: Data(parts.data.utf8)) as? [String: Any]
        return (parts.withoutStyleAndScript, try #require(data))
    }

    // MARK: - Step summaries

    @Test func aSummaryWithLittleRoomListsWhatCounts() throws {
        let report = try Self.report(accepted: 60, fresh: 1)
        let brief = MarkdownSummary(report, bytesMax: 900)
        #expect(!brief.isWhole)
        #expect(brief.text.contains("; 60 in the baseline\n"), "\(brief.text)")
        #expect(brief.text.contains("acme/fresh0") && !brief.text.contains("acme/known"), "\(brief.text)")
        let quiet = MarkdownSummary(try Self.report(accepted: 60, fresh: 0), bytesMax: 900).text
        #expect(quiet.contains("✅ passed") && quiet.contains("60 in the baseline"))
        #expect(!quiet.contains("- critical"), "\(quiet)")
    }

    @Test func aSummaryWithLittleRoomBeginsWithWhatIsNew() throws {
        var report = try Self.report(accepted: 40, fresh: 1, gate: Gate())
        let place = try #require(report.findings.firstIndex { $0.repository == "acme/fresh0" })
        report.findings[place].severity = .low
        let brief = MarkdownSummary(report, bytesMax: 900).text
        let first = try #require(brief.split(separator: "\n").first { $0.hasPrefix("- ") })
        #expect(first.hasPrefix("- low: claims: acme/fresh0"), "\(brief)")
    }

    // MARK: - The page

    @Test func thePageTellsTheBaselineFromWhatCounts() throws {
        let report = try Self.report(accepted: 3, fresh: 1)
        let (page, data) = try html(report)
        #expect(page.contains(#"<span class="severity critical known">claims · baseline</span>"#))
        #expect(page.contains(#"<span class="severity critical">claims</span>"#))
        #expect(page.contains(#"<span class="status violating">violating</span> <small>in the baseline</small>"#))
        // What counts stands first.
        let rows = page.matches(of: /<tr role="row" id="([^"]*)"/).map { String($0.output.1) }
        #expect(rows.first == "acme/fresh0")
        #expect(data["newOnly"] as? Bool == true)
        let critical = try #require(FirstScreen(report).lists.first { $0.className == "critical" })
        #expect(critical.items.map(\.name) == ["acme/fresh0"])
        #expect(critical.besides?.text == "Show the 3 accepted ones")
        #expect(critical.besides?.link == "#repositories?severity=critical&accepted=yes")
        #expect(page.contains(##"<a href="#repositories?severity=critical&amp;accepted=yes">"##))
        // Where the baseline lets nothing through, it counts as well.
        let counting = try html(Self.report(accepted: 3, fresh: 1, gate: Gate())).page
        #expect(!counting.contains("· baseline") && !counting.contains("<small>in the baseline"))
    }

    @Test func thePageNamesStaleEntries() throws {
        let page = try html(Self.report(accepted: 1, fresh: 0, stale: 2)).page
        #expect(page.contains("<h2>Stale in the baseline <span>2</span></h2>"))
        #expect(page.contains(#"<li><b>acme/stale1</b> <span class="id">claims</span> fixed</li>"#))
        #expect(try !html(Self.report(accepted: 1, fresh: 0)).page.contains("Stale in the baseline"))
        let many = try html(Self.report(accepted: 0, fresh: 0, stale: 203)).page
        #expect(many.contains("and 3 more, which the JSON report names"))
    }

    @Test func findingsAboutOrganizationsSayWhatAcceptsThem() throws {
        var report = try SampleReport.makeAccepted()
        let place = try #require(report.findings.firstIndex { $0.repositoryID == nil && $0.isOpen })
        report.findings[place].isInBaseline = true
        let other = HTMLPage.Other(report.findings[place], of: report)
        #expect(other.notes.last == "in the baseline" && other.isAccepted)
        let page = try html(report).page
        #expect(page.contains("<em>in the baseline</em>"))
        #expect(page.contains("<em>waived by "))
    }

    @Test func whatIsAcceptedAsUnreadSaysByWhom() throws {
        let waivers = try WaiverList(
            JSONParser.parse(
                Array(
                    """
                    {"version": 1, "waivers": [{"rule": "readable", "repository": "secret-*", "owner": "payments",
                      "reason": "sealed", "expires": "2027-01-31"}]}
                    """.utf8)), source: "w.json")
        let unread = (0..<9).map { RepositorySnapshot.unreadable("secret-\($0)", id: Int64($0 + 3_000)) }
        let report = try Self.report(accepted: 0, fresh: 1, unread: unread, waivers: waivers)
        let (page, data) = try html(report)
        let why = "(accepted by payments, until 2027-01-31: sealed (accepts whatever keeps it from being read))"
        let texts = try #require(data["texts"] as? [String])
        #expect(texts.contains { $0.hasSuffix(why) }, "\(texts)")
        #expect(page.contains(#"<span class="status unreadable">unreadable</span> <small>accepted</small>"#))
        let columns = try #require(data["columns"] as? [String])
        let column = try #require(columns.firstIndex(of: "accepted"))
        let rows = try #require(data["repositories"] as? [[Any]])
        #expect(rows.count { $0[column] as? Int == 1 } == 9)
    }

    // MARK: - Words

    @Test func aFindingIsNotBothAcceptedAndFailing() throws {
        let counting = try Self.report(accepted: 1, fresh: 0, gate: Gate())
        #expect(
            counting.headlineInWords.hasSuffix(" · 1 of the findings in the baseline"), "\(counting.headlineInWords)")
        #expect(try Self.report(accepted: 1, fresh: 0).headlineInWords.hasSuffix(" · 1 in the baseline"))
        let junit = try SampleReport.render(counting, as: JUnitReporter.self)
        #expect(junit.contains("<failure") && junit.contains("in the baseline · missing claim: context"))
        let accepted = try SampleReport.render(Self.report(accepted: 1, fresh: 0), as: JUnitReporter.self)
        #expect(accepted.contains("in the baseline: missing claim: context") && !accepted.contains("<failure"))
        let one = try SampleReport.render(Self.report(accepted: 1, fresh: 0), as: GitHubReporter.self)
        #expect(one.contains(", 1 finding in the baseline"))
    }

    /// A waiver covered it at the scan before, and has ended.
    @Test func aFindingThatIsNoLongerAcceptedIsNewsInEveryFormat() throws {
        let key = FindingKey(rule: "claims", subject: .repository(RepositoryID(rawValue: 1)))
        let known = KnownFinding(
            firstSeen: .sample.adding(seconds: -86_400), isWaived: true, problems: ["missing claim: context"],
            severity: .critical)
        let report = Evaluator(policy: try .of(Self.claims), gate: Gate())
            .evaluate(.sample([.sample([.read("a", id: 1, .own(["repo"]))])]), known: [key: known])
        #expect(try SampleReport.render(report, as: LineReporter.self).contains("1 new or worse"))
        #expect(try SampleReport.render(report, as: CSVReporter.self).contains(",claims=no_longer_accepted,"))
        #expect(try SampleReport.render(report, as: SARIFReporter.self).contains(#""baselineState": "updated""#))
        let metrics = try SampleReport.render(report, as: PrometheusReporter.self)
        #expect(metrics.contains(#"state="no_longer_accepted"} 1"#) && metrics.contains(#"state="recurring"} 0"#))
    }

    /// A waiver accepts it, and the baseline does not hold it, as the scan before did.
    @Test func whatIsWaivedIsNotNew() throws {
        let waivers = try WaiverList(
            JSONParser.parse(
                Array(
                    """
                    {"version": 1, "waivers": [{"rule": "claims", "repository": "a", "owner": "payments",
                      "reason": "later", "expires": "2027-01-31"}]}
                    """.utf8)), source: "w.json")
        let key = FindingKey(rule: "claims", subject: .repository(RepositoryID(rawValue: 1)))
        let known = KnownFinding(
            firstSeen: .sample.adding(seconds: -86_400), isWaived: true, problems: ["missing claim: context"],
            severity: .critical)
        let baseline = Baseline(
            [:], apiURL: "https://api.github.com", policy: "test",
            source: "b.json", origin: Baseline.Origin(startedAt: .sample, digest: nil, scan: nil))
        let report = Evaluator(policy: try .of(Self.claims), gate: Gate(), waivers: waivers, baseline: baseline)
            .evaluate(.sample([.sample([.read("a", id: 1, .own(["repo"]))])]), known: [key: known])
        #expect(try SampleReport.render(report, as: SARIFReporter.self).contains(#""baselineState": "unchanged""#))
        #expect(report.headlineInWords.hasSuffix(" · 1 finding waived"), "\(report.headlineInWords)")
    }

    /// Without a gate nothing fails, and the rules' own levels stand; what is accepted is for information all the same.
    @Test func withoutAGateLevelsAreTheRules() throws {
        let report = try Self.report(accepted: 1, fresh: 1, gate: Gate(failOn: nil, newOnly: true))
        let sarif = try SampleReport.render(report, as: SARIFReporter.self)
        #expect(sarif.contains(#""level": "error""#) && sarif.contains(#""level": "note""#))
        let gitLab = try SampleReport.render(report, as: GitLabReporter.self)
        #expect(gitLab.contains(#""severity": "blocker""#) && gitLab.contains(#""severity": "info""#))
        let gitHub = try SampleReport.render(report, as: GitHubReporter.self)
        #expect(gitHub.contains("::error ") && gitHub.contains("acme/fresh0"))
    }

    // MARK: - Since the scan before

    @Test func whatIsWorseNamesWhatTheScanBeforeLacked() throws {
        var report = try SampleReport.makeWithHistory()
        let place = try #require(report.findings.firstIndex { $0.repository == "acme/site.github.io" })
        report.findings[place].change = .worsened
        report.findings[place].state = .worsened
        report.findings[place].furtherProblems = ["missing claim: context", "missing claim: environment"]
        report.findings[place].problemsSinceBefore = ["missing claim: environment"]
        let fresh = try #require(FirstScreen(report).lists.first { $0.className == "fresh" })
        let item = try #require(fresh.items.first { $0.name == "acme/site.github.io" })
        #expect(item.lines.map(\.text) == ["now also missing claim: environment"])
    }
}
