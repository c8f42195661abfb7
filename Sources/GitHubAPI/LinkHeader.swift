/// The targets of a `Link` header by relation (RFC 8288): `next`, `last`.
struct LinkHeader {
    private var targets: [String: String] = [:]
    /// Whether there was text of which nothing could be understood.
    let isUnreadable: Bool

    init(_ text: String?) {
        var rest = (text ?? "")[...]
        while let open = rest.firstIndex(of: "<"), let close = rest[open...].firstIndex(of: ">") {
            let target = String(rest[rest.index(after: open)..<close])
            rest = rest[rest.index(after: close)...]
            // A comma parts links only outside of the brackets.
            let parameters = rest.prefix { $0 != "," && $0 != "<" }
            rest = rest.dropFirst(parameters.count)
            for parameter in parameters.split(separator: ";") {
                let pair = parameter.split(separator: "=", maxSplits: 1)
                guard pair.count == 2, pair[0].filter({ !$0.isWhitespace }).lowercased() == "rel" else { continue }
                for relation in pair[1].filter({ $0 != "\"" }).lowercased().split(whereSeparator: \.isWhitespace) {
                    targets[String(relation), default: target] = target
                }
            }
        }
        isUnreadable = targets.isEmpty && text?.allSatisfy(\.isWhitespace) == false
    }

    subscript(relation: String) -> String? { targets[relation] }

    /// The number in the target's `page` query parameter.
    func page(_ relation: String) -> Int? {
        guard let query = targets[relation]?.split(separator: "?", maxSplits: 1).last else { return nil }
        let parameter = query.split(separator: "&").first { $0.hasPrefix("page=") }
        let number = parameter.flatMap { Int($0.dropFirst("page=".count)) }
        // No listing has as many, and what is beyond can't be counted with.
        return number.map { min(max(0, $0), 1_000_000_000) }
    }
}
