package import AuditCore

/// Writes shapes as JSON Schema (draft 2020-12).
package enum JSONSchema {
    static func name(of kind: String) -> String { "\(Tool.name).\(kind)/v1" }

    /// - Parameter kind: what the document is, such as `plan`.
    package static func text(of shape: JSONShape, kind: String) -> String {
        JSONWriter.text { json in
            json.object { json in
                json.string("$schema", "https://json-schema.org/draft/2020-12/schema")
                json.string("$id", "urn:\(name(of: kind))".replacing("/", with: ":"))
                json.string("title", "\(Tool.name) \(kind), version 1")
                json.schema(shape)
                let definitions = definitions(in: shape)
                guard !definitions.isEmpty else { return }
                json.object("$defs") { json in
                    for (name, shape) in definitions { json.object(name) { $0.schema(shape) } }
                }
            }
        }
    }

    /// The shapes that stand once, each before those that it is made of.
    private static func definitions(in shape: JSONShape) -> [(name: String, shape: JSONShape)] {
        var definitions: [(name: String, shape: JSONShape)] = []
        func find(_ shape: JSONShape) {
            switch shape {
            case .defined(let name, let shape):
                guard !definitions.contains(where: { $0.name == name }) else { return }
                definitions.append((name, shape))
                find(shape)
            case .list(let part), .set(let part), .map(let part, _): find(part)
            case .either(let parts): parts.forEach(find)
            case .object(let object): object.members.map(\.shape).forEach(find)
            case .forms(_, let forms): forms.flatMap(\.object.members).map(\.shape).forEach(find)
            case .switched(_, let then, let otherwise): [then, otherwise].forEach(find)
            case .string, .name, .pattern, .one, .integer, .number, .boolean, .null: break
            }
        }
        find(shape)
        return definitions
    }
}

extension JSONWriter {
    fileprivate mutating func schema(_ shape: JSONShape) {
        switch shape {
        case .string: string("type", "string")
        case .name:
            string("type", "string")
            number("minLength", 1)
        case .pattern(let pattern, let except):
            string("type", "string")
            string("pattern", pattern)
            if !except.isEmpty { object("not") { $0.strings("enum", except) } }
        case .one(let words): strings("enum", words)
        case .integer(let range):
            string("type", "integer")
            if range.lowerBound > .min { number("minimum", range.lowerBound) }
            if range.upperBound < .max { number("maximum", range.upperBound) }
        case .number: string("type", "number")
        case .boolean: string("type", "boolean")
        case .null: string("type", "null")
        case .list(let element):
            string("type", "array")
            object("items") { $0.schema(element) }
        case .set(let element):
            string("type", "array")
            number("minItems", 1)
            bool("uniqueItems", true)
            object("items") { $0.schema(element) }
        case .map(let value, let isEmptyAllowed):
            string("type", "object")
            if !isEmptyAllowed { number("minProperties", 1) }
            object("additionalProperties") { $0.schema(value) }
        case .either(let shapes):
            array("anyOf", of: shapes) { json, shape in json.object { $0.schema(shape) } }
        case .object(let object): schema(object)
        case .forms(let member, let forms):
            string("type", "object")
            strings("required", [member.name])
            object("properties") { $0.property(member) }
            array("allOf", of: forms) { json, form in
                json.object { json in
                    json.object("if") { json in
                        json.object("properties") { $0.object(member.name) { $0.strings("enum", [form.word]) } }
                        json.strings("required", [member.name])
                    }
                    json.object("then") { $0.schema(form.object) }
                }
            }
        case .switched(let name, let then, let otherwise):
            object("if") { json in
                json.object("properties") { $0.object(name) { $0.bool("const", true) } }
                json.strings("required", [name])
            }
            object("then") { $0.schema(then) }
            object("else") { $0.schema(otherwise) }
        case .defined(let name, _): string("$ref", "#/$defs/\(name)")
        }
    }

    private mutating func schema(_ object: JSONObject) {
        string("type", "object")
        if !object.meaning.isEmpty { string("description", object.meaning) }
        strings("required", object.members.filter(\.isRequired).map(\.name))
        let needs = object.members.compactMap { member in member.needs.map { (member.name, $0) } }
        if !needs.isEmpty {
            self.object("dependentRequired") { json in
                for (name, needed) in needs { json.strings(name, [needed]) }
            }
        }
        if !object.oneOf.isEmpty {
            array("anyOf", of: object.oneOf) { json, name in json.object { $0.strings("required", [name]) } }
        }
        self.object("properties") { json in
            for member in object.members { json.property(member) }
        }
        if object.isClosed { bool("additionalProperties", false) }
    }

    private mutating func property(_ member: JSONObject.Member) {
        object(member.name) { json in
            json.schema(member.shape)
            if !member.meaning.isEmpty { json.string("description", member.meaning) }
        }
    }
}
