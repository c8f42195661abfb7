import Foundation
import Testing

/// What of JSON Schema our schemas use; stricter than it, since a member that no schema names is a fault.
enum SchemaCheck {
    static func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    /// - Returns: each fault by its place in the document; empty where it keeps the schema.
    static func faults(_ value: Any, _ schema: [String: Any], at place: String) -> [String] {
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
