import AuditCore
import Yams

/// YAML read into the same tree as JSON, positions kept.
enum YAMLDocument {
    static func parse(_ text: String) throws(DocumentError) -> Document {
        if let place = aliasedAnchor(in: text) {
            throw DocumentError(at: place, "anchors and aliases are not accepted", hint: "write the value out")
        }
        // The library holds every value in memory before one can be counted; what parts them can be counted first.
        guard text.utf8.count(where: { separators.contains($0) }) <= 2 * Document.valuesMax else {
            throw DocumentError(at: .start, "the document holds more than \(Document.valuesMax) values")
        }
        // Each directive costs the library as much as there are others; nobody needs more than one.
        let directives = text.split(whereSeparator: \.isNewline).count { $0.utf8.first == UInt8(ascii: "%") }
        guard directives <= 8 else { throw DocumentError(at: .start, "\(directives) lines begin with %") }
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw error.documentError
        } catch {
            throw DocumentError(at: .start, "no YAML: \(error)")
        }
        guard let node else { throw DocumentError(at: .start, "the document is empty") }
        var budget = Document.valuesMax
        return try document(node, depth: 0, budget: &budget)
    }

    /// A value beyond the first stands behind one of these.
    private static let separators = Set("\n,:[{-?".utf8)

    /// Finds an anchor in a text that has an alias too. Aliases of aliases grow without bound, in the library itself where
    /// they stand in keys, so they are refused before it runs. Better a text refused that only looks like it.
    private static func aliasedAnchor(in text: String) -> SourcePosition? {
        // Most texts have neither.
        guard text.utf8.contains(UInt8(ascii: "&")), text.utf8.contains(UInt8(ascii: "*")) else { return nil }
        var line = 1
        var column = 1
        var before: Unicode.Scalar = "\n"
        var anchor: SourcePosition?
        var hasAlias = false
        var mark: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if let mark, isName(scalar) {
                if mark == "*" {
                    hasAlias = true
                } else {
                    anchor = anchor ?? SourcePosition(line: line, column: column - 1)
                }
            }
            // Where a value may begin; within a word both are letters like any other.
            mark = (scalar == "&" || scalar == "*") && beginsValue(after: before) ? scalar : nil
            before = scalar
            (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
        }
        return hasAlias ? anchor : nil
    }

    private static func beginsValue(after scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isWhitespace || "[{,:-?\u{FEFF}".unicodeScalars.contains(scalar)
    }

    private static func isName(_ scalar: Unicode.Scalar) -> Bool {
        scalar == "_" || scalar == "-" || scalar.properties.isAlphabetic || scalar.properties.numericType != nil
    }

    // MARK: -

    private static func document(_ node: Node, depth: Int, budget: inout Int) throws(DocumentError) -> Document {
        let position = node.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? .start
        budget -= 1
        guard budget > 0 else {
            throw DocumentError(at: position, "the document holds more than \(Document.valuesMax) values")
        }
        guard depth <= JSONParser.depthMax else {
            throw DocumentError(at: position, "nested deeper than \(JSONParser.depthMax) levels")
        }
        switch node {
        case .scalar(let scalar):
            return Document(try value(scalar, tag: node.tag, at: position), at: position)
        case .sequence(let sequence):
            var elements: [Document] = []
            for element in sequence { elements.append(try document(element, depth: depth + 1, budget: &budget)) }
            return Document(.array(elements), at: position)
        case .mapping(let mapping):
            var members: [Document.Member] = []
            var keys: Set<String> = []
            for (key, value) in mapping {
                let place = key.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? position
                guard case .scalar(let scalar) = key else {
                    throw DocumentError(at: place, "a key must be a word, not a list or an object")
                }
                // 1 and "1" are two keys to YAML, and one to us.
                guard keys.insert(scalar.string).inserted else {
                    throw DocumentError(at: place, "the key \"\(scalar.string)\" stands twice in one object")
                }
                members.append(
                    .init(
                        key: scalar.string, keyPosition: place,
                        value: try document(value, depth: depth + 1, budget: &budget)))
            }
            return Document(.object(members), at: position)
        case .alias:
            throw DocumentError(at: position, "an alias leads nowhere")
        }
    }

    private static func value(
        _ scalar: Node.Scalar, tag: Tag, at position: SourcePosition,
    ) throws(DocumentError) -> Document.Value {
        switch tag {
        case Tag(.null): return .null
        case Tag(.int), Tag(.float): return .number(scalar.string)
        case Tag(.bool):
            switch scalar.string.lowercased() {
            case "true", "yes", "on", "y": return .bool(true)
            case "false", "no", "off", "n": return .bool(false)
            default: throw DocumentError(at: position, "\"\(scalar.string)\" is neither true nor false")
            }
        default: return .string(scalar.string)
        }
    }
}

extension YamlError {
    fileprivate var documentError: DocumentError {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            DocumentError(
                at: SourcePosition(line: mark.line, column: mark.column),
                problem.hasPrefix("Maximum nesting level") ? "nested too deep" : problem)
        case .reader(let problem, let offset, _, let yaml):
            DocumentError(at: SourcePosition(byte: offset ?? 0, of: yaml), "\(problem) (byte \(offset ?? 0))")
        case .duplicatedKeysInMapping(let duplicates, let context):
            DocumentError(
                at: SourcePosition(line: context.mark.line, column: context.mark.column),
                "the key \"\(duplicates.first ?? "")\" stands twice in one object")
        default:
            DocumentError(at: .start, "no YAML: \(self)")
        }
    }
}

extension SourcePosition {
    /// The place of a byte in a text.
    fileprivate init(byte offset: Int, of text: String) {
        let before = text.utf8.prefix(offset)
        let line = before.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        self.init(line: line.count, column: (line.last?.count { $0 & 0xC0 != 0x80 } ?? 0) + 1)
    }
}
