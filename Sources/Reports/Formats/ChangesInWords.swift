import AuditCore

extension AuditReport {
    /// What changed since the scan before, in one line: `since #41 of 2026-11-20T02:00:00Z: 3 template, 1 added; findings:
    /// 2 appeared, 1 gone`. `nil` where there is no scan before, or it was not asked for.
    var changesInWords: String? {
        guard let difference = history?.difference else { return nil }
        let since = "since #\(difference.before.id.rawValue) of \(difference.before.startedAt)"
        let changes = difference.organizations.flatMap { $0.changes + $0.followers }
        let kinds = Dictionary(changes.flatMap(\.kinds).map { ($0, 1) }, uniquingKeysWith: +)
        var words = RepositoryChange.Kind.allCases.compactMap { kind in kinds[kind].map { "\($0) \(kind.words)" } }
        let templates = difference.organizations.filter(\.templateChanged).map(\.login)
        if !templates.isEmpty { words.insert("the template of \(templates.joined(separator: ", "))", at: 0) }
        words += difference.lost.map { "\($0) lost" } + difference.found.map { "\($0) found" }
        var parts = words.isEmpty ? [] : [words.joined(separator: ", ")]
        // Judged by another policy now than then, findings say nothing of what changed.
        if difference.policyName == policy.name, !difference.appeared.isEmpty || !difference.gone.isEmpty {
            parts.append("findings: \(difference.appeared.count) appeared, \(difference.gone.count) gone")
        }
        return "\(since): \(parts.isEmpty ? "nothing" : parts.joined(separator: "; "))"
    }
}
