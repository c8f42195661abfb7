/// The targets of a `Link` header by relation (RFC 8288): `next`, `last`.
struct LinkHeader {
    private var targets: [String: String] = [:]

    init(_ text: String?) {
        for part in (text ?? "").split(separator: ",") {
            guard let open = part.firstIndex(of: "<"), let close = part[open...].firstIndex(of: ">") else { continue }
            let target = String(part[part.index(after: open)..<close])
            for parameter in part[close...].split(separator: ";").dropFirst() {
                let pair = parameter.split(separator: "=", maxSplits: 1)
                guard pair.count == 2, pair[0].filter({ $0 != " " }) == "rel" else { continue }
                for relation in pair[1].filter({ $0 != "\"" }).split(separator: " ") {
                    targets[String(relation), default: target] = target
                }
            }
        }
    }

    subscript(relation: String) -> String? { targets[relation] }

    /// The number in the target's `page` query parameter.
    func page(_ relation: String) -> Int? {
        guard let query = targets[relation]?.split(separator: "?", maxSplits: 1).last else { return nil }
        let parameter = query.split(separator: "&").first { $0.hasPrefix("page=") }
        return parameter.flatMap { Int($0.dropFirst("page=".count)) }
    }
}
