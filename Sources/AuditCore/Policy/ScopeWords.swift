extension Scope {
    /// What is left out or let in by choice; `nil` if nothing is.
    package var displayText: String? { displayText(of: []) }

    /// Likewise; where repositories are named, with the organizations that are meant whole.
    ///
    /// - Parameter logins: of a scan's organizations.
    package func displayText(of logins: [String]) -> String? {
        var parts: [String] = []
        func add(_ name: String, _ values: [String]) {
            if !values.isEmpty { parts.append("\(name) \(values.joined(separator: ", "))") }
        }
        add("repository", named.names.prefix(Self.namesMax).map(\.description))
        if named.names.count > Self.namesMax { parts.append("\(named.names.count - Self.namesMax) more repositories") }
        let whole = named.isEmpty ? [] : logins.filter { !named.isNarrow($0) }
        if !whole.isEmpty {
            let more = whole.count > Self.namesMax ? " and \(whole.count - Self.namesMax) more" : ""
            parts.append("all of \(whole.prefix(Self.namesMax).joined(separator: ", "))\(more)")
        }
        add("include", selector.names.map(\.pattern))
        add("exclude", selector.excludeNames.map(\.pattern))
        add("visibility", selector.visibility.map(\.rawValue))
        add("topic", selector.topics)
        add(
            "property",
            selector.properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.joined(separator: "|"))" })
        if includesArchived { parts.append("archived ones too") }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private static let namesMax = 5
}
