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
        return try document(node)
    }

    // MARK: -

    private static func document(_ node: Node) throws(DocumentError) -> Document {
        let position = node.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? .start
        switch node {
        case .scalar(let scalar):
            return Document(value(scalar, tag: node.tag), at: position)
        case .sequence(let sequence):
            var elements: [Document] = []
            for element in sequence { elements.append(try document(element)) }
            return Document(.array(elements), at: position)
        case .mapping(let mapping):
            var members: [Document.Member] = []
            for (key, value) in mapping {
                let place = key.mark.map { SourcePosition(line: $0.line, column: $0.column) } ?? position
                guard case .scalar(let scalar) = key else {
                    throw DocumentError(at: place, "a key must be a word, not a list or an object")
                }
                members.append(.init(key: scalar.string, keyPosition: place, value: try document(value)))
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
