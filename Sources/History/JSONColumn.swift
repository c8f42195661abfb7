import AuditCore
import Foundation

/// JSON texts in columns: the same value always gives the same text, so that texts can be compared.
enum JSONColumn {
    static func of(_ strings: [String]) -> String {
        strings.isEmpty ? "[]" : encode(strings)
    }

    static func of(_ properties: [String: [String]]) -> String {
        properties.isEmpty ? "{}" : encode(properties)
    }

    static func of(_ scope: Scope) -> String {
        of(ScopeText(scope))
    }

    static func of(_ scope: ScopeText) -> String { encode(scope) }

    /// Whether a text is one JSON value of a form.
    static func holds(_ text: Data, _ form: EvidenceField.Form) -> Bool {
        do {
            switch form {
            case .names: _ = try JSONDecoder().decode([String].self, from: text)
            case .properties: _ = try JSONDecoder().decode([String: [String]].self, from: text)
            case .scope: _ = try JSONDecoder().decode(ScopeText.self, from: text)
            case .text, .integer, .boolean, .time: return false
            }
            return true
        } catch {
            return false
        }
    }

    static func scope(_ text: String) throws -> Scope {
        try JSONDecoder().decode(ScopeText.self, from: Data(text.utf8)).scope
    }

    // MARK: -

    private static func encode(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings, lists and dictionaries of them always encode.
        return (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }

    struct ScopeText: Codable {
        var include: [String]
        var exclude: [String]
        var visibility: [String]
        var topics: [String]
        var properties: [String: [String]]
        var archived: Bool
        /// Missing where none are named, as in records of before.
        var repositories: [String]?

        fileprivate init(_ scope: Scope) {
            repositories = scope.named.isEmpty ? nil : scope.named.names.map(\.description)
            include = scope.selector.names.map(\.pattern)
            exclude = scope.selector.excludeNames.map(\.pattern)
            visibility = scope.selector.visibility.map(\.rawValue)
            topics = scope.selector.topics
            properties = scope.selector.properties
            archived = scope.includesArchived
        }

        fileprivate var scope: Scope {
            var selector = Selector()
            selector.names = include.map(Glob.init)
            selector.excludeNames = exclude.map(Glob.init)
            selector.visibility = visibility.compactMap(Repository.Visibility.init)
            selector.topics = topics
            selector.properties = properties
            return Scope(
                selector: selector, includesArchived: archived,
                named: NamedRepositories((repositories ?? []).compactMap(RepositoryName.init)))
        }
    }
}

/// Writes JSON texts of columns; few distinct lists stand in very many rows.
struct JSONTextWriter {
    private var texts: [[ExactText]: String] = [:]

    mutating func text(of strings: [String]) -> String {
        let key = strings.map(ExactText.init)
        if let known = texts[key] { return known }
        let text = JSONColumn.of(strings)
        texts[key] = text
        return text
    }
}

/// Reads JSON texts of columns; few distinct ones stand in very many rows.
struct JSONTextReader {
    private var lists: [ExactText: [String]] = [ExactText("[]"): []]
    private var objects: [ExactText: [String: [String]]] = [ExactText("{}"): [:]]
    private var organizations: [ExactText: [OrganizationReference]] = [:]

    mutating func strings(_ text: String) throws -> [String] {
        if let known = lists[ExactText(text)] { return known }
        let value = try JSONDecoder().decode([String].self, from: Data(text.utf8))
        lists[ExactText(text)] = value
        return value
    }

    /// Objects with a login, and an id where it is known.
    mutating func organizations(_ text: String) throws -> [OrganizationReference] {
        struct Item: Decodable {
            var login: String
            var id: Int64?
        }
        if let known = organizations[ExactText(text)] { return known }
        let value = try JSONDecoder().decode([Item].self, from: Data(text.utf8)).map { item in
            OrganizationReference(login: item.login, id: item.id.map(OrganizationID.init))
        }
        organizations[ExactText(text)] = value
        return value
    }

    mutating func properties(_ text: String) throws -> [String: [String]] {
        if let known = objects[ExactText(text)] { return known }
        let value = try JSONDecoder().decode([String: [String]].self, from: Data(text.utf8))
        objects[ExactText(text)] = value
        return value
    }
}
