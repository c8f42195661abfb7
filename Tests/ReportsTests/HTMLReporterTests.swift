import AuditCore
import Crypto
import Foundation
import TestSupport
import Testing

@testable import Reports

/// The page taken apart, as far as HTML's own rules for text, attributes and scripts go.
struct HTMLParts {
    /// Each with the names of its attributes, in the order of the page.
    private(set) var tags: [String] = []
    let style: String
    let data: String
    let script: String
    let withoutStyleAndScript: String

    init(_ page: String) throws {
        func split(_ text: Substring, at mark: String) throws -> (Substring, Substring) {
            let range = try #require(text.range(of: mark), "no \(mark)")
            return (text[..<range.lowerBound], text[range.upperBound...])
        }
        let (head, afterHead) = try split(page[...], at: "<style>")
        let (style, afterStyle) = try split(afterHead, at: "</style>")
        let (body, afterBody) = try split(afterStyle, at: "<script type=\"application/json\" id=\"data\">")
        let (data, afterData) = try split(afterBody, at: "</script>\n<script>")
        let (script, end) = try split(afterData, at: "</script>")
        self.style = String(style)
        self.data = String(data)
        self.script = String(script)
        let lines = data.replacing("],[", with: "],\n[").replacing("],\"", with: "],\n\"")
        let markup = head + "<style></style>" + body + "<script></script>" + end
        withoutStyleAndScript =
            (markup + "\n" + lines + "\n").replacing(/sha256-[A-Za-z0-9+\/=]+/, with: "sha256-…")
        for piece in markup.split(separator: "<").dropFirst(markup.hasPrefix("<") ? 0 : 1) {
            let tag = try #require(
                piece.prefixMatch(of: /(!doctype html|\/?[a-z0-9]+)((?: [a-zA-Z0-9-]+(?:="[^"]*")?)*)\/?>/),
                "\(piece.prefix(200))")
            let names = tag.output.2.matches(of: /\ ([a-zA-Z0-9-]+)(?:="[^"]*")?/).map { String($0.output.1) }
            tags.append(([String(tag.output.1)] + names).joined(separator: " "))
        }
    }
}

@Suite struct HTMLReporterTests {
    private func parts(_ report: AuditReport) throws -> HTMLParts {
        try HTMLParts(SampleReport.render(report, as: HTMLReporter.self))
    }

    @Test func thePageAllowsItsOwnStyleAndScriptAlone() throws {
        let page = try SampleReport.render(SampleReport.makeWithHistory(), as: HTMLReporter.self)
        let parts = try HTMLParts(page)
        for (kind, text) in [("style", parts.style), ("script", parts.script)] {
            let hash = Data(SHA256.hash(data: Data(text.utf8))).base64EncodedString()
            #expect(page.contains("\(kind)-src 'sha256-\(hash)'"))
        }
        #expect(page.contains("default-src 'none'"))
        // Nothing that a strict policy would refuse, or that leaves the page by itself.
        for tag in parts.tags {
            let words = tag.split(separator: " ")
            #expect(!words.dropFirst().contains { $0.hasPrefix("on") || $0 == "style" || $0 == "src" }, "\(tag)")
            #expect(!["iframe", "img", "object", "base"].contains(words[0]), "\(tag)")
        }
        #expect(!parts.style.contains("url(") && !parts.style.contains("@import"))
        for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "document.write", "fetch(", "import("] {
            #expect(!parts.script.contains(word), "\(word)")
        }
    }

    @Test func theDataHoldsEveryRepository() throws {
        let report = try SampleReport.makeWithHistory()
        let text = try parts(report).data
        let data = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let columns = try #require(data["columns"] as? [String])
        let rows = try #require(data["repositories"] as? [[Any]])
        #expect(rows.map { $0.count } == report.repositories.map { _ in columns.count })
        func at(_ row: [Any], _ name: String) -> Any? { columns.firstIndex(of: name).map { row[$0] } }
        func name(_ table: String, _ place: Any?) -> String? {
            guard let place = place as? Int, let names = data[table] as? [String], names.indices.contains(place) else {
                return nil
            }
            return names[place]
        }
        for (row, repository) in zip(rows, report.repositories) {
            #expect(at(row, "name") as? String == repository.repository.fullName)
            #expect(name("statuses", at(row, "status")) == repository.status.rawValue)
            #expect(name("sources", at(row, "source")) == repository.effective?.source.rawValue)
            #expect(name("texts", at(row, "reason")) == repository.reason.map { _ in repository.reasonInWords })
            #expect(name("texts", at(row, "since")) == repository.since?.description)
            #expect((at(row, "parts") as? [String])?.joined(separator: ":") == repository.preview.subject)
            let findings = report.findings.count { $0.repositoryID == repository.repository.id }
            #expect((at(row, "findings") as? [Any])?.count == findings)
        }
        // Findings of another policy are no part of its timeline.
        let place = try #require(report.repositories.firstIndex { $0.repository.id.rawValue == 1003 })
        #expect(((data["timelines"] as? [String: Any])?["\(place)"] as? [Any])?.count == 2)
    }

    @Test func chartsAreBarsUntilThereIsASecondNight() throws {
        let first = try SampleReport.render(SampleReport.make(), as: HTMLReporter.self)
        #expect(!first.contains("<path"))
        #expect(first.contains("One scan of this scope so far: from the second on, lines show the trend."))
        let (bars, _) = TrendChart.all(of: try SampleReport.make())
        #expect(
            bars.map(\.title) == [
                "Findings by severity", "Coverage", "Immutable subjects", "Where templates come from",
            ])
        #expect(bars.allSatisfy { !$0.isDrawn && $0.note == nil })
        // All of what was found, the worst first; of a share as much as it is.
        #expect(bars[0].parts.map(\.text) == ["critical 1", "high 2", "medium 0", "low 1"])
        #expect(bars[0].parts.map(\.width) == ["25", "50", "0", "25"])
        #expect(bars[0].parts.map(\.x) == ["0", "25", "75", "75"])
        #expect(bars[1].parts.count == 1 && bars[1].parts[0].text == "judged, of those in scope \(bars[1].now ?? "")")
        let third = try SampleReport.render(SampleReport.makeWithHistory(), as: HTMLReporter.self)
        // Three nights; the first had three more findings of each organization than the last.
        #expect(third.contains("from 2026-11-19 to 2026-11-21: critical 1 then, 1 now; high 11 then, 2 now"))
        #expect(third.matches(of: /<rect x="[0-9.]+" y="8"/).count == 5 * 3)
    }

    @Test func chartsShowTheWorstByItselfAndWhatWasIncomplete() throws {
        var report = try SampleReport.makeWithHistory()
        let (charts, nights) = TrendChart.all(of: report)
        #expect(nights.count == 3)
        let worst = try #require(charts.first { $0.title == "Critical and high" })
        #expect(worst.legend.map(\.label) == ["critical", "high"])
        // An axis goes no further than what is there: 11 high findings at most.
        #expect(worst.ticks.map(\.label) == ["0", "6", "12"])
        #expect(charts[0].isWide && charts[1].isWide && !charts[2].isWide)
        // The report itself is incomplete, the nights before it were not.
        #expect(worst.gaps == "M396 104h0")
        #expect(worst.moments.map(\.text).last == "2026-11-21 02:00 UTC (incomplete): critical 1, high 2")
        report.isComplete = true
        #expect(TrendChart.all(of: report).charts.allSatisfy { $0.gaps == nil })
    }

    /// A night on which no organization was found parts lines and areas, and is not a night without findings.
    @Test func aNightThatCountedNothingIsAGap() throws {
        var report = try SampleReport.makeWithHistory()
        let whole = TrendChart.all(of: report)
        let second = try #require(report.history?.trend.last?.scan)
        for place in report.history?.trend.indices ?? 0..<0 where report.history?.trend[place].scan == second {
            report.history?.trend[place].tally = nil
            report.history?.trend[place].isComplete = false
        }
        let (charts, nights) = TrendChart.all(of: report)
        #expect(charts[0].moments[1].text.contains("critical unknown"))
        #expect(nights[1].cells.allSatisfy { $0 == "unknown" })
        // Each area is two, of one night each.
        #expect(charts[0].shapes.count == 2 * whole.charts[0].shapes.count)
        // Nor is the report's own night one where nothing was found.
        for place in report.organizations.indices { report.organizations[place].id = nil }
        let last = TrendChart.all(of: report)
        #expect(last.charts[0].moments[2].text.contains("critical unknown"))
        #expect(last.charts[0].legend.allSatisfy { $0.value == "unknown" })
    }

    @Test func wordsOfThePageAreThoseOfTheField() throws {
        let page = try SampleReport.render(SampleReport.makeWithHistory(), as: HTMLReporter.self)
        #expect(page.contains("<b>Fix:</b>") && !page.contains("Mend"))
        #expect(page.contains("It passes every rule that applies."))
        // Digests stand at the end.
        let digest = try #require(page.range(of: "policy digest"))
        let table = try #require(page.range(of: "<table id=\"table\""))
        #expect(table.upperBound < digest.lowerBound)
    }

    @Test func anEventSaysBetweenWhichScansItWas() throws {
        let text = try parts(SampleReport.makeWithHistory()).data
        let data = try #require(JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let timelines = try #require(data["timelines"] as? [String: [[Any]]])
        let event = try #require(timelines.values.first?.first)
        #expect(event.first as? Int == 42 && event.last as? Int == 41)
        #expect(data["started"] as? String == "2026-11-21T02:00:00Z")
    }

    @Test(arguments: [
        ("https://api.github.com", "https://github.com/", true),
        ("https://api.acme.ghe.com", "https://acme.ghe.com/", true),
        ("https://github.example.com/api/v3", "https://github.example.com/", false),
        ("http://127.0.0.1:8080", nil, false),
    ])
    func onlyGitHubItselfHasSettingsToOpen(api: String, web: String?, hasSettings: Bool) throws {
        var report = try SampleReport.make()
        report.apiURL = api
        let data = try #require(
            JSONSerialization.jsonObject(with: Data(try parts(report).data.utf8)) as? [String: Any])
        #expect(data["web"] as? String == web)
        #expect(data["settings"] as? Bool == hasSettings)
    }

    @Test func ofVeryManyRepositoriesTheWorstAreThereWithoutTheScript() throws {
        let many = (1...300).map { RepositorySnapshot.read("r\($0)", id: Int64($0), .gitHubDefault) }
        let bad = RepositorySnapshot.read("zzz", id: 999, .own(["workflow", "repo"]), visibility: .public)
        let report = Evaluator(policy: try .sample(), gate: Gate()).evaluate(.sample([.sample(many + [bad])]))
        let page = try parts(report).withoutStyleAndScript
        let rows = page.matches(of: /<tr role="row" id="([^"]*)"/).map { String($0.output.1) }
        #expect(rows.count == 100)
        #expect(rows.first == "acme/zzz")
        #expect(page.contains("The 100 that need attention most, of 301"))
    }
}
