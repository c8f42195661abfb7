import AuditCore

extension Document {
    /// The document as YAML for people: an object's entries on lines of their own, lists of objects as blocks, and the rest
    /// as it would stand in JSON.
    var yaml: String { block(indent: 0) }

    private func block(indent: Int) -> String {
        guard case .object(let members) = value else { return flow + "\n" }
        let margin = String(repeating: " ", count: indent)
        return members.map { member in
            let key = margin + member.key.yamlScalar + ":"
            guard case .array(let items) = member.value.value, items.contains(where: \.isObject) else {
                return "\(key) \(member.value.flow)\n"
            }
            return key + "\n"
                + items.map { item in
                    guard item.isObject else { return "\(margin)  - \(item.flow)\n" }
                    return "\(margin)  - " + item.block(indent: indent + 4).dropFirst(indent + 4)
                }.joined()
        }.joined()
    }

    private var flow: String {
        switch value {
        case .null: "null"
        case .bool(let flag): flag ? "true" : "false"
        case .number(let text): text
        case .string(let text): text.yamlScalar
        case .array(let items): "[" + items.map(\.flow).joined(separator: ", ") + "]"
        case .object(let members):
            "{ " + members.map { "\($0.key.yamlScalar): \($0.value.flow)" }.joined(separator: ", ") + " }"
        }
    }

    private var isObject: Bool { if case .object = value { true } else { false } }
}

extension String {
    /// Plain where nothing could take it for anything else, else in quotes.
    fileprivate var yamlScalar: String {
        let words: Set = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        if wholeMatch(of: /[A-Za-z][A-Za-z0-9_\/-]*/) != nil, !words.contains(lowercased()) { return self }
        return "\"" + unicodeScalars.map(\.yamlEscaped).joined() + "\""
    }
}

extension Unicode.Scalar {
    /// Source: YAML 1.2.2 §5.7.
    fileprivate var yamlEscaped: String {
        switch self {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\t": return "\\t"
        case _ where isHarmless: return String(self)
        default:
            let digits = String(value, radix: 16)
            return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
    }
}
