/// A choice of repositories: its fields are ANDed, the values of a field ORed; an empty field chooses all.
package struct Selector: Hashable, Sendable {
    /// Whether a repository is chosen.
    package enum Match: Hashable, Sendable {
        case yes
        /// Why not, for people.
        case no(String)
        /// A fact that would decide is not known; the text says which.
        case undecided(String)
    }

    package var names: [Glob] = []
    package var excludeNames: [Glob] = []
    package var visibility: [Repository.Visibility] = []
    package var topics: [String] = []
    package var properties: [String: [String]] = [:]
    package var fork: Bool?
    package var archived: Bool?

    package init() {}

    /// A fact that is lacking matters only where every known one agrees.
    package func match(_ repository: Repository) -> Match {
        var undecided: String?
        func missing(_ fact: String) { undecided = "the host did not send \(fact)" }
        if !names.isEmpty, !names.contains(where: { $0.matches(repository.name) }) { return .no("name not included") }
        if excludeNames.contains(where: { $0.matches(repository.name) }) { return .no("name excluded") }
        if let archived {
            if let isArchived = repository.isArchived {
                if archived != isArchived { return .no(isArchived ? "archived" : "not archived") }
            } else {
                missing("archived")
            }
        }
        if !visibility.isEmpty {
            let candidates = repository.visibility.candidates
            if !candidates.contains(where: visibility.contains) {
                return .no("visibility is \(repository.visibility.words)")
            }
            if !candidates.allSatisfy(visibility.contains) {
                undecided =
                    repository.visibility == .notPublic
                    ? "it is not known whether it is private or internal"
                    : "the host sent no visibility that is known"
            }
        }
        if !topics.isEmpty {
            if let known = repository.topics {
                if !topics.contains(where: known.containsExactly) { return .no("no such topic") }
            } else {
                missing("topics")
            }
        }
        if let fork {
            if let isFork = repository.isFork {
                if fork != isFork { return .no(isFork ? "a fork" : "not a fork") }
            } else {
                missing("fork")
            }
        }
        if !properties.isEmpty {
            if let known = repository.customProperties {
                for (name, values) in properties where !values.contains(where: known.values(of: name).containsExactly) {
                    return .no("custom property \(name) has another value")
                }
            } else {
                missing("custom properties")
            }
        }
        return undecided.map { .undecided($0) } ?? .yes
    }
}

extension [String: [String]] {
    /// The values of the property of that very name; none if it has none.
    func values(of name: String) -> [String] {
        guard let index = index(forKey: name), self[index].key.isExactly(name) else { return [] }
        return self[index].value
    }
}

extension Selector {
    /// Reads a `where` object.
    init(_ document: Document) throws(DocumentError) {
        let reader = try ObjectReader(document, of: Self.object)
        names = try reader.strings("names")?.map { Glob($0.text) } ?? []
        excludeNames = try reader.strings("exclude_names")?.map { Glob($0.text) } ?? []
        for (text, position) in try reader.strings("visibility") ?? [] {
            guard let word = Self.visibilities.first(where: { $0.rawValue == text }) else {
                throw DocumentError(
                    at: position, "\"\(text)\" is not a value of \"visibility\"",
                    hint: NearestWord.hint(for: text, among: Self.visibilities.map(\.rawValue)))
            }
            visibility.append(word)
        }
        topics = try reader.strings("topics")?.map(\.text) ?? []
        fork = try reader.optionalBool("fork")
        archived = try reader.optionalBool("archived")
        if let document = reader.optional("properties") {
            guard case .object(let members) = document.value, !members.isEmpty else {
                throw DocumentError(
                    at: document.position, "\"properties\" must name at least one property",
                    hint: #"for example {"tier": ["production"]}"#)
            }
            for member in members {
                guard properties[member.key] == nil else {
                    throw DocumentError(at: member.keyPosition, "\"\(member.key)\" stands twice in \"properties\"")
                }
                properties[member.key] = try member.value.strings(named: member.key).map(\.text)
            }
        }
    }
}
