import AuditCore
import Reports
import TestSupport
import Testing

@Suite struct ReportSchemaTests {
    @Test func everyReportKeepsTheSchema() throws {
        let schema = try SchemaCheck.object(ReportSchema.text())
        let policy = try Policy.sample()
        let unread = OrganizationSnapshot.sample([.read("api", id: 1, .gitHubDefault), .unreadable("web", id: 2)])
        var sealed = try SampleReport.make()
        sealed.digest = String(repeating: "0a", count: 32)
        for report in [
            try SampleReport.make(), try SampleReport.makeAccepted(), sealed,
            Evaluator(policy: policy, gate: Gate()).evaluate(.sample([unread], stop: .interrupted)),
            Evaluator(policy: policy, gate: Gate(failOn: nil)).evaluate(.sample([])),
        ] {
            let json = try SchemaCheck.object(SampleReport.render(report, as: JSONReporter.self))
            #expect(SchemaCheck.faults(json, schema, at: "").isEmpty)
        }
    }

    /// The check itself notices what is wrong.
    @Test(arguments: [
        ("\"verdict\": \"violations\"", "\"verdict\": \"fine\""), ("\"judged\": 5", "\"judged\": \"5\""),
        ("\"started_at\": \"2026", "\"started_at\": \"26"), ("\"complete\": false", "\"complete\": null"),
        ("\"remediation\"", "\"remedies\""), ("\"source\": \"repository\"", "\"source\": \"elsewhere\""),
    ])
    func aReportThatDoesNotIsNoticed(old: String, new: String) throws {
        let schema = try SchemaCheck.object(ReportSchema.text())
        let text = try SampleReport.render(SampleReport.make(), as: JSONReporter.self)
        #expect(text.contains(old))
        #expect(!SchemaCheck.faults(try SchemaCheck.object(text.replacing(old, with: new)), schema, at: "").isEmpty)
    }
}
