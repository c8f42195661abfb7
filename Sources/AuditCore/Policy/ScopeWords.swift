extension Scope {
    /// What is left out or let in by choice; `nil` if nothing is.
    package var displayText: String? {
        var parts: [String] = []
        func add(_ name: String, _ values: [String]) {
            if !values.isEmpty { parts.append("\(name) \(values.joined(separator: ", "))") }
        }
        add("repository", named.names.prefix(Self.namesMax).map(\.description))
        if named.names.count > Self.namesMax { parts.append("\(named.names.count - Self.namesMax) more repositories") }
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
