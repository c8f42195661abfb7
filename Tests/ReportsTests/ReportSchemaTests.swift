import AuditCore
import Foundation
import Reports
import TestSupport
import Testing

@Suite struct ReportSchemaTests {
    private static func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func everyReportKeepsTheSchema() throws {
        let schema = try Self.object(ReportSchema.text())
        let policy = try Policy.sample()
        let unread = OrganizationSnapshot.sample([.read("api", id: 1, .gitHubDefault), .unreadable("web", id: 2)])
        var sealed = try SampleReport.make()
        sealed.digest = String(repeating: "0a", count: 32)
        for report in [
            try SampleReport.make(), try SampleReport.makeAccepted(), sealed,
            Evaluator(policy: policy, gate: Gate()).evaluate(.sample([unread], stop: .interrupted)),
            Evaluator(policy: policy, gate: Gate(failOn: nil)).evaluate(.sample([])),
        ] {
            let json = try Self.object(SampleReport.render(report, as: JSONReporter.self))
            #expect(Self.faults(json, schema, at: "").isEmpty)
        }
    }

    /// The check itself notices what is wrong.
    @Test(arguments: [
        ("\"verdict\": \"violations\"", "\"verdict\": \"fine\""), ("\"judged\": 5", "\"judged\": \"5\""),
        ("\"started_at\": \"2026", "\"started_at\": \"26"), ("\"complete\": false", "\"complete\": null"),
        ("\"remedy\"", "\"remedies\""), ("\"source\": \"repository\"", "\"source\": \"elsewhere\""),
    ])
    func aReportThatDoesNotIsNoticed(old: String, new: String) throws {
        let schema = try Self.object(ReportSchema.text())
        let text = try SampleReport.render(SampleReport.make(), as: JSONReporter.self)
        #expect(text.contains(old))
        #expect(!Self.faults(try Self.object(text.replacing(old, with: new)), schema, at: "").isEmpty)
    }

    /// What of JSON Schema the report's schema uses.
    private static func faults(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
        if let choices = schema["anyOf"] as? [[String: Any]] {
            let faults = choices.map { self.faults(value, $0, at: place) }
            return faults.contains(where: \.isEmpty) ? [] : faults[0]
        }
        if let words = schema["enum"] as? [String] {
            return words.contains(value as? String ?? "\u{0}") ? [] : ["\(place): \(value)"]
        }
        // JSON's true and 1 are both numbers to Foundation.
        let isBoolean = (value as? NSNumber).map { String(cString: $0.objCType) == "c" } ?? false
        switch schema["type"] as? String {
        case "null": return value is NSNull ? [] : ["\(place): not null"]
        case "boolean": return isBoolean ? [] : ["\(place): no boolean"]
        case "integer":
            let number = value as? NSNumber
            return number != nil && !isBoolean && number == (number?.int64Value as NSNumber?)
                ? [] : ["\(place): no integer"]
        case "number": return value is NSNumber && !isBoolean ? [] : ["\(place): no number"]
        case "string":
            guard let text = value as? String else { return ["\(place): no string"] }
            guard let pattern = schema["pattern"] as? String else { return [] }
            return text.range(of: pattern, options: .regularExpression) != nil ? [] : ["\(place): \(text)"]
        case "array":
            guard let items = value as? [Any], let element = schema["items"] as? [String: Any] else {
                return ["\(place): no list"]
            }
            return items.enumerated().flatMap { faults($1, element, at: "\(place)[\($0)]") }
        case "object":
            guard let members = value as? [String: Any] else { return ["\(place): no object"] }
            let required = schema["required"] as? [String] ?? []
            let properties = schema["properties"] as? [String: [String: Any]] ?? [:]
            let others = schema["additionalProperties"] as? [String: Any]
            return required.filter { members[$0] == nil }.map { "\(place).\($0): missing" }
                + members.flatMap { key, member -> [String] in
                    guard let shape = properties[key] ?? others else { return ["\(place).\(key): not in the schema"] }
                    return faults(member, shape, at: "\(place).\(key)")
                }
        default: return ["\(place): no type in the schema"]
        }
    }
}
