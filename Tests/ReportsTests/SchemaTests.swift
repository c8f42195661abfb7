import AuditCore
import Reports
import TestSupport
import Testing

/// Every document of ours against its shape and its JSON Schema: reports, pages and what is written to be read back.
@Suite struct SchemaTests {
    struct Sample {
        let name: String
        let text: String
        let schema: String
        let check: (Document) throws(DocumentError) -> Void

        init<Root>(_ name: String, _ document: JSONDocument<Root>, _ root: Root) {
            self.name = name
            text = document.text(of: root)
            schema = document.schemaText
            check = document.check
        }
    }

    private static func samples() throws -> [Sample] {
        let unread = OrganizationSnapshot.sample([.read("api", id: 1, .gitHubDefault), .unreadable("web", id: 2)])
        let digest = SamplePages.digest("a")
        var sealed = try SampleReport.make()
        sealed.digest = digest
        let policy = try Policy.sample()
        let reports = [
            try SampleReport.make(), try SampleReport.makeAccepted(), sealed,
            Evaluator(policy: policy, gate: Gate()).evaluate(.sample([unread], stop: .interrupted)),
            Evaluator(policy: policy, gate: Gate(failOn: nil)).evaluate(.sample([])),
        ]
        let baselines = try [nil, digest].map { digest in
            var baseline = Baseline(accepting: try SampleReport.makeAccepted(), source: "baseline.json")
            baseline.origin.digest = digest
            return baseline
        }
        return try SamplePages.all().map(\.document) + reports.map { Sample("report", ReportDocument.document, $0) }
            + baselines.map { Sample("baseline", BaselineDocument.document, $0) }
    }

    @Test func everyDocumentIsOfItsShape() throws {
        for sample in try Self.samples() {
            #expect(throws: Never.self, "\(sample.name)") {
                try sample.check(JSONParser.parse(Array(sample.text.utf8)))
            }
        }
    }

    @Test(.enabled(if: SchemaValidator.isAvailable, "no Python with jsonschema"))
    func everyDocumentKeepsItsSchema() throws {
        let samples = try Self.samples()
        let verdicts = try SchemaValidator.verdicts(samples.map { ($0.text, $0.schema) })
        for (sample, verdict) in zip(samples, verdicts) { #expect(verdict, "\(sample.name)") }
    }

    /// What programs may rely on; within version 1 members are added alone.
    @Test func theSchemasOfFilesMatchTheirGoldens() throws {
        try Golden.expect(ReportDocument.document.schemaText, matches: "documents/report.schema.json")
        try Golden.expect(PlanDocument.document.schemaText, matches: "documents/plan.schema.json")
    }

    private static let mistakes = [
        ("\"verdict\": \"violations\"", "\"verdict\": \"fine\""), ("\"judged\": 5", "\"judged\": \"5\""),
        ("\"started_at\": \"2026", "\"started_at\": \"26"), ("\"complete\": false", "\"complete\": null"),
        ("\"remediation\"", "\"remediations\""), ("\"source\": \"repository\"", "\"source\": \"elsewhere\""),
        ("\"id\": 1001", "\"id\": 0"),
    ]

    @Test func whatIsNotOfTheShapeIsNoticed() throws {
        let text = ReportDocument.document.text(of: try SampleReport.make())
        for (old, new) in Self.mistakes {
            try #require(text.contains(old))
            #expect(throws: DocumentError.self, "\(new)") {
                try ReportDocument.document.check(JSONParser.parse(Array(text.replacing(old, with: new).utf8)))
            }
        }
    }

    @Test(.enabled(if: SchemaValidator.isAvailable, "no Python with jsonschema"))
    func whatDoesNotKeepTheSchemaIsNoticed() throws {
        let (text, schema) = (
            ReportDocument.document.text(of: try SampleReport.make()), ReportDocument.document.schemaText
        )
        let verdicts = try SchemaValidator.verdicts(
            Self.mistakes.map { (text.replacing($0.0, with: $0.1), schema) })
        #expect(verdicts == Self.mistakes.map { _ in false })
    }

    @Test func aBaselineIsReadAsItIsWritten() throws {
        let baseline = Baseline(accepting: try SampleReport.makeAccepted(), source: "b")
        let text = BaselineDocument.document.text(of: baseline)
        try Golden.expect(text, matches: "documents/baseline.json")
        func parse(_ text: String) throws -> Baseline {
            try BaselineDocument.parse(JSONParser.parse(Array(text.utf8)), source: "b")
        }
        let read = try parse(text)
        #expect(read.entries == baseline.entries)
        #expect((read.apiURL, read.policy) == (baseline.apiURL, baseline.policy))
        #expect(read.origin.startedAt == baseline.origin.startedAt)
        for (old, new, message) in [
            ("\"severity\": \"high\"", "\"severity\": \"hihg\"", "\"hihg\" is not a valid \"severity\""),
            ("\"problems\": [", "\"problemz\": [", "unknown key \"problemz\" in a finding of a baseline"),
            ("\"policy\": \"test\"", "\"policy\": 1", "\"policy\" must be a string, not a number"),
            ("2026-11-21T02:00:00Z", "2026-13-21T02:00:00Z", "is not a time"),
            ("baseline/v1", "baseline/v2", "this is not"),
            ("repositories/4/", "repositories/x/", "is not the fingerprint of a finding"),
            ("\"api_url\"", "\"api\"", "unknown key \"api\" in a baseline"),
        ] {
            #expect(text.contains(old))
            let error = #expect(throws: DocumentError.self) { try parse(text.replacing(old, with: new)) }
            #expect("\(try #require(error))".contains(message))
        }
    }
}
