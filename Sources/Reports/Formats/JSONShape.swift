import AuditCore

/// What a value of a document may be, as JSON Schema (draft 2020-12) tells it.
indirect enum JSONShape: Sendable {
    case string
    /// One of some words.
    case one([String])
    case time
    case sha256
    case integer
    case number
    case boolean
    case strings
    case list(JSONShape)
    case map(JSONShape)
    /// Or `null`, where it is not known.
    case maybe(JSONShape)
    case either(JSONShape, JSONShape)
    /// `null` alone.
    case null
    /// - Parameters:
    ///   - optional: members that need not be there.
    ///   - isClosed: whether other members than these are mistakes.
    case object([(String, JSONShape)], optional: [(String, JSONShape)] = [], isClosed: Bool = false)

    static let severity = JSONShape.one(Severity.allCases.map(\.rawValue))

    /// Members of an organization's template.
    ///
    /// - Parameter words: what its status may be.
    static func template(_ words: [String]) -> [(String, JSONShape)] {
        [
            ("status", .one(words)), ("include_claim_keys", .maybe(.strings)),
            ("use_immutable_subject", .maybe(.boolean)), ("error", .maybe(.string)),
        ]
    }

    /// Members of a repository's setting.
    static let setting: [(String, JSONShape)] = [
        ("use_default", .boolean), ("include_claim_keys", .maybe(.strings)),
        ("use_immutable_subject", .maybe(.boolean)), ("sub_claim_prefix", .maybe(.string)),
    ]

    /// The schema of a document.
    ///
    /// - Parameter name: what the document's own `schema` says, such as `oidc-audit.plan/v1`.
    func schema(of name: String, title: String) -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("$schema", "https://json-schema.org/draft/2020-12/schema")
                json.string("$id", "urn:\(name)".replacing("/", with: ":"))
                json.string("title", title)
                json.shape(self)
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func shape(_ shape: JSONShape) {
        switch shape {
        case .string: string("type", "string")
        case .one(let words): strings("enum", words)
        case .time:
            string("type", "string")
            string("pattern", "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")
        case .sha256:
            string("type", "string")
            string("pattern", "^[0-9a-f]{64}$")
        case .integer: string("type", "integer")
        case .number: string("type", "number")
        case .boolean: string("type", "boolean")
        case .strings: self.shape(.list(.string))
        case .list(let element):
            string("type", "array")
            object("items") { $0.shape(element) }
        case .map(let value):
            string("type", "object")
            object("additionalProperties") { $0.shape(value) }
        case .maybe(let value): self.shape(.either(value, .null))
        case .either(let first, let second):
            array("anyOf") { json in
                json.object { $0.shape(first) }
                json.object { $0.shape(second) }
            }
        case .null: string("type", "null")
        case .object(let members, let optional, let isClosed):
            string("type", "object")
            strings("required", members.map(\.0))
            object("properties") { json in
                for (key, value) in members + optional { json.object(key) { $0.shape(value) } }
            }
            if isClosed { bool("additionalProperties", false) }
        }
    }
}
