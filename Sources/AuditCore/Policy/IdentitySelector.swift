/// A choice of identities: its fields are ANDed, the values of a field ORed; an empty field chooses all.
package struct IdentitySelector: Hashable, Sendable {
    package var names: [Glob] = []
    package var excludeNames: [Glob] = []
    package var accounts: [String] = []
    package var tags: [String: [String]] = [:]

    package init() {}

    package func match(_ identity: Identity) -> Selector.Match {
        if !names.isEmpty, !names.contains(where: identity.isMatched) { return .no("name not included") }
        if excludeNames.contains(where: identity.isMatched) { return .no("name excluded") }
        if !accounts.isEmpty, !accounts.contains(where: { $0.isExactly(identity.account ?? "") }) {
            return .no("another account")
        }
        guard !tags.isEmpty else { return .yes }
        guard let known = identity.tags else { return .undecided("the export holds no tags") }
        for (key, values) in tags where !values.contains(where: { $0.isExactly(known[key] ?? "") }) {
            return .no("the tag \(key) has another value")
        }
        return .yes
    }
}

extension Identity {
    /// By its whole name or, in AWS, by the role's name alone.
    package func isMatched(by glob: Glob) -> Bool {
        glob.matches(name) || glob.matches(shortName)
    }

    /// In AWS the role's name without account and path.
    package var shortName: String { String(name.split(separator: "/").last ?? "") }

    /// In AWS the account's number; `nil` if the name holds none.
    package var account: String? {
        let parts = name.split(separator: ":", omittingEmptySubsequences: false)
        return parts.count > 4 && !parts[4].isEmpty ? String(parts[4]) : nil
    }
}

extension IdentitySelector {
    /// Reads an `identities` object.
    init(_ document: Document) throws(DocumentError) {
        let reader = try ObjectReader(document, of: Self.object)
        names = try reader.strings("names")?.map { Glob($0.text) } ?? []
        excludeNames = try reader.strings("exclude_names")?.map { Glob($0.text) } ?? []
        accounts = try reader.strings("accounts")?.map(\.text) ?? []
        guard let document = reader.optional("tags") else { return }
        guard case .object(let members) = document.value, !members.isEmpty else {
            throw DocumentError(
                at: document.position, "\"tags\" must name at least one tag", hint: #"for example {"env": ["prod"]}"#)
        }
        for member in members {
            guard tags[member.key] == nil else {
                throw DocumentError(at: member.keyPosition, "\"\(member.key)\" stands twice in \"tags\"")
            }
            tags[member.key] = try member.value.strings(named: member.key).map(\.text)
        }
    }

    static let object = {
        var object = JSONObject(
            "\"identities\"",
            [
                .optional("names", .set(.name), "globs on the role's name or ARN, without case"),
                .optional("exclude_names", .set(.name), "globs on the role's name or ARN, without case"),
                .optional("accounts", .set(.name), "numbers of accounts"),
                .optional("tags", .map(.set(.name), isEmptyAllowed: false), "values of the role's tags, by key"),
            ])
        object.meaning = "which identities: fields are ANDed, the values of a field ORed"
        return object
    }()

    static let shape = JSONShape.defined("identities", .object(object))
}
