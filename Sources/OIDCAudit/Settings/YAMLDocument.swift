import AuditCore
import Yams

/// YAML read into the same tree as JSON, positions kept.
enum YAMLDocument {
    static func parse(_ text: String) throws(DocumentError) -> Document {
        let node: Node?
        do {
            node = try Yams.compose(yaml: text)
        } catch let error as YamlError {
            throw error.documentError
        } catch {
            throw DocumentError(at: .start, "no YAML: \(error)")
        }
        guard let node else { throw DocumentError(at: .start, "the document is empty") }
        var budget = valuesMax
        return try document(node, depth: 0, budget: &budget)
    }

    /// Far more than a policy holds; aliases of aliases would otherwise grow without end.
    private static let valuesMax = 100_000

    // MARK: -

    private static func document(_ node: Node, depth: Int, budget: inout Int) throws(DocumentError) -> Document {
        let position = node.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? .start
        budget -= 1
        guard budget > 0 else { throw DocumentError(at: position, "the document holds more than \(valuesMax) values") }
        guard depth <= JSONParser.depthMax else {
            throw DocumentError(at: position, "nested deeper than \(JSONParser.depthMax) levels")
        }
        switch node {
        case .scalar(let scalar):
            return Document(value(scalar, tag: node.tag), at: position)
        case .sequence(let sequence):
            var elements: [Document] = []
            for element in sequence { elements.append(try document(element, depth: depth + 1, budget: &budget)) }
            return Document(.array(elements), at: position)
        case .mapping(let mapping):
            var members: [Document.Member] = []
            for (key, value) in mapping {
                let place = key.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? position
                guard case .scalar(let scalar) = key else {
                    throw DocumentError(at: place, "a key must be a word, not a list or an object")
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

    private static func value(_ scalar: Node.Scalar, tag: Tag) -> Document.Value {
        switch tag {
        case Tag(.null): .null
        case Tag(.bool): .bool(["true", "yes", "on", "y"].contains(scalar.string.lowercased()))
        case Tag(.int), Tag(.float): .number(scalar.string)
        default: .string(scalar.string)
        }
    }
}

extension YamlError {
    fileprivate var documentError: DocumentError {
        switch self {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            DocumentError(at: SourcePosition(line: mark.line, column: mark.column), problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            DocumentError(
                at: SourcePosition(line: context.mark.line, column: context.mark.column),
                "the key \"\(duplicates.first ?? "")\" stands twice in one object")
        default:
            DocumentError(at: .start, "no YAML: \(self)")
        }
    }
}
