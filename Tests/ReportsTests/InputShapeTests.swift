import AuditCore
import Foundation
import Reports
import TestSupport
import Testing

/// What people write: its reader, its shape and its JSON Schema take the same.
@Suite struct InputShapeTests {
    enum Kind {
        case policy
        case waivers

        var shape: JSONShape { self == .policy ? Policy.shape : WaiverList.shape }

        func read(_ document: Document) throws(DocumentError) {
            switch self {
            case .policy: _ = try Policy(document, source: "p", sha256: "")
            case .waivers: _ = try WaiverList(document, source: "w")
            }
        }
    }

    struct Sample {
        let kind: Kind
        let text: String
        let isGood: Bool
    }

    private static func policy(_ rule: String, _ options: String, more: String = "") -> String {
        let rest = options.dropFirst().dropLast()
        return """
            {"version": 1, "name": "p"\(more), "rules": [{"id": "it", "rule": "\(rule)", "severity": "low"\
            \(rest.isEmpty ? "" : ", ")\(rest)}]}
            """
    }

    private static func waivers(_ waiver: String) -> String { #"{"version": 1, "waivers": [\#(waiver)]}"# }

    private static let waiver =
        #"{"rule": "a", "repository": "x", "owner": "o", "reason": "r", "expires": "2027-01-31", "accepts": ["p"]}"#

    private static func samples() throws -> [Sample] {
        let policies = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../policies")
        let files = try FileManager.default.contentsOfDirectory(at: policies, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "json" }
        return try files.map { Sample(kind: .policy, text: try String(contentsOf: $0, encoding: .utf8), isGood: true) }
            + RuleCatalog.all.flatMap { rule in
                rule.examples.map { Sample(kind: .policy, text: policy(rule.name, $0.options), isGood: true) }
                    // No option that the rule does not have.
                    + [Sample(kind: .policy, text: policy(rule.name, #"{"no_such_option": 1}"#), isGood: false)]
            }
            + goodPolicies.map { Sample(kind: .policy, text: $0, isGood: true) }
            + badPolicies.map { Sample(kind: .policy, text: $0, isGood: false) }
            + goodWaivers.map { Sample(kind: .waivers, text: $0, isGood: true) }
            + badWaivers.map { Sample(kind: .waivers, text: $0, isGood: false) }
    }

    private static let goodPolicies = [
        policy("leading-claim", "{}", more: #", "waivers_name_problems": true, "max_waiver_days": 90"#),
        policy("require-claims", #"{"claims": ["new"]}"#, more: #", "$schema": "s", "allow_unknown_claims": true"#),
        policy("leading-claim", #"{"fix": "inherit", "where": {"names": ["a*"], "fork": false}}"#),
        policy("leading-claim", #"{"fix": {"template": ["repo"], "immutable": true}}"#),
        policy("organization-template", #"{"fix": {"template": ["repo"]}}"#),
    ]

    private static let badPolicies = [
        "[]", #"{"version": 1, "name": "p", "rules": []}"#, #"{"version": 2, "name": "p", "rules": []}"#,
        policy("leading-claim", "{}", more: #", "max_waiver_days": 0"#),
        policy("leading-claim", "{}", more: #", "nmae": "p""#), policy("no-such-rule", "{}"),
        policy("leading-claim", #"{"claims": ["repo"]}"#), policy("leading-claim", #"{"where": {"forks": true}}"#),
        policy("leading-claim", #"{"where": {"names": []}}"#),
        policy("organization-template", #"{"where": {"fork": true}}"#), policy("require-claims", "{}"),
        policy("require-claims", #"{"claims": []}"#), policy("require-claims", #"{"claims": ["repo", "repo"]}"#),
        policy("require-claims", #"{"claims": ["contxt"]}"#),
        policy("require-claims", #"{"claims": ["repo_property_*"]}"#),
        policy("require-claims", #"{"any_of": [["repo"]], "ordered": true}"#),
        policy("subject-length", #"{"max": 0}"#), policy("template-source", #"{"allowed": ["organisation"]}"#),
        policy("leading-claim", #"{"fix": "inherits"}"#), policy("leading-claim", #"{"fix": {}}"#),
        policy("organization-template", #"{"fix": {"immutable": true}}"#),
        policy("leading-claim", "{}").replacing("\"it\"", with: "\"readable\""),
        policy("leading-claim", "{}").replacing("\"it\"", with: "\"expired-waivers\""),
        policy("leading-claim", "{}").replacing("\"it\"", with: "\"A\""),
        policy("leading-claim", "{}").replacing("\"low\"", with: "\"lwo\""),
    ]

    private static let goodWaivers = [
        waivers(waiver), waivers(waiver.replacing("\"x\"", with: "7")), waivers(""),
        #"{"version": 1, "waivers": null}"#,
        waivers(waiver.replacing("repository", with: "organization")),
    ]

    private static let badWaivers = [
        waivers(waiver.replacing(#""repository": "x", "#, with: "")), waivers(waiver.replacing("\"x\"", with: "0")),
        waivers(waiver.replacing("\"o\"", with: "\"\"")), waivers(waiver.replacing("2027-01-31", with: "31.1.2027")),
        waivers(waiver.replacing("[\"p\"]", with: "[]")), #"{"version": 1}"#,
        waivers(waiver.replacing("reason", with: "reasons")), waivers(waiver.replacing("\"a\"", with: "\"A b\"")),
    ]

    private func isTaken(_ text: String, by read: (Document) throws(DocumentError) -> Void) throws -> Bool {
        let document = try JSONParser.parse(Array(text.utf8))
        do throws(DocumentError) {
            try read(document)
            return true
        } catch {
            return false
        }
    }

    @Test func theReaderAndTheShapeTakeTheSame() throws {
        for sample in try Self.samples() {
            #expect(try isTaken(sample.text, by: sample.kind.read) == sample.isGood, "\(sample.text)")
            let isOfShape = try isTaken(sample.text) { document throws(DocumentError) in
                try sample.kind.shape.check(document, named: "it")
            }
            #expect(isOfShape == sample.isGood, "\(sample.text)")
        }
    }

    @Test(.enabled(if: SchemaValidator.isAvailable, "no Python with jsonschema"))
    func theSchemaTakesThemToo() throws {
        let samples = try Self.samples()
        let policy = JSONSchema.text(of: Policy.shape, kind: "policy")
        let waivers = JSONSchema.text(of: WaiverList.shape, kind: "waivers")
        let verdicts = try SchemaValidator.verdicts(samples.map { ($0.text, $0.kind == .policy ? policy : waivers) })
        for (sample, verdict) in zip(samples, verdicts) { #expect(verdict == sample.isGood, "\(sample.text)") }
    }
}
