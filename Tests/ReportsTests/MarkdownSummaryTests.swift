import AuditCore
import Reports
import TestSupport
import Testing

/// What is left of a report in a summary that is nearly full.
@Suite struct MarkdownSummaryTests {
    private static func report(violating: Int, unreadable: Int = 0) throws -> AuditReport {
        let policy = try Policy.of(
            #"{"id": "bound", "rule": "bound-context", "severity": "medium"}"#,
            #"{"id": "start", "rule": "leading-claim", "severity": "critical"}"#)
        let repositories =
            (0..<violating).map { RepositorySnapshot.read("r\($0)", id: Int64($0 + 1), .own(["actor"])) }
            + (0..<unreadable).map { .unreadable("u\($0)", id: Int64(1_000_000 + $0)) }
        return Evaluator(policy: policy, gate: Gate()).evaluate(.sample([.sample(repositories)]))
    }

    @Test func neverIsLongerThanTheRoomAndSaysMoreWhereThereIsMore() throws {
        let report = try Self.report(violating: 30, unreadable: 3)
        var longest = 0
        for room in Array(0...1200) + [2000, 4000, 8191, 8192, 9000, 20_000, 1_000_000] {
            let summary = MarkdownSummary(report, bytesMax: room)
            let length = summary.text.utf8.count
            #expect(length <= room)
            #expect(length >= longest || room == 8192, "\(room)")
            longest = length
            #expect(summary.text.isEmpty || summary.text.contains("violations"))
            #expect(summary.isWhole == (room >= 20_000), "\(room)")
        }
        #expect(MarkdownSummary(report, bytesMax: -5).text.isEmpty)
        #expect(MarkdownSummary(report, bytesMax: 0).text.isEmpty)
    }

    @Test func theCountsAndTheWorstComeFirst() throws {
        let report = try Self.report(violating: 30)
        let counts = MarkdownSummary(report, bytesMax: 300).text
        #expect(counts.contains("acme: 30 judged, 0 compliant, 30 violating"))
        #expect(counts.contains("critical: 30, high: 0, medium: 30, low: 0"))
        let some = MarkdownSummary(report, bytesMax: 572).text
        #expect(some.contains(#"- critical: start: acme/r0: starts with actor, which anyone who can push chooses"#))
        #expect(!some.contains("- medium"))
        #expect(some.hasSuffix("**There is more than fits here: see the log of this step.**\n"))
        let line = MarkdownSummary(report, bytesMax: 150).text
        #expect(
            line
                == "OIDC subject claims: ❌ violations; there is no room for the report here, see the log of this step\n\n"
        )
    }

    /// Repositories that could not be read stand before what was found.
    @Test func whatCouldNotBeReadDoesNotPushOutWhatWasFound() throws {
        let report = try Self.report(violating: 5, unreadable: 20_000)
        let summary = MarkdownSummary(report, bytesMax: 1_000_000)
        #expect(!summary.isWhole)
        #expect(summary.text.utf8.count <= 1_000_000)
        #expect(summary.text.contains("critical: start (5)"))
        #expect(summary.text.contains(#"acme/r4"#))
    }
}
