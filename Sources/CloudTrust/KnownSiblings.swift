import AuditCore

/// Answers to whether an owner's new repositories get in, shared by trusts. A value that names a repository matches no
/// new one. Without these values most owner-wide trusts demand the same (`scripts/bench trust`).
final class KnownSiblings {
    private struct Key: Hashable {
        let owner: TrustWorld.Owner
        let demand: Demand
    }

    private var known: [Key: Reach.Answer] = [:]
    private static let knownMax = 10_000

    /// - Parameters:
    ///   - names: those that the trust writes out: these repositories are not new.
    ///   - ask: answers for a repository with none of these names and ids.
    func answer(
        of owner: TrustWorld.Owner, _ names: TrustNames, _ demand: CompiledDemand,
        _ ask: ([String], [String], CompiledDemand) -> Reach.Answer,
    ) -> Reach.Answer {
        func all() -> Reach.Answer { ask(names.names, names.repositoryIDs, demand) }
        guard !demand.budget.isShort, !demand.reads("repository"), !demand.reads("repository_id") else { return all() }
        let open = demand.demand.without(names.names)
        let key = Key(owner: owner, demand: open)
        let answer = known[key] ?? ask([], [], CompiledDemand(open, demand.budget))
        if case .possible = answer { return all() }
        if known.count >= Self.knownMax { known = [:] }
        known[key] = answer
        guard let witness = answer.witness else { return answer }
        // The names were not excluded, so the witness may have one of them.
        let shown = witness.repositories.map { String($0.drop { $0 != "/" }.dropFirst()) }
        let isNamed =
            names.names.contains { name in shown.contains { $0.isExactlyIgnoringCase(name) } }
            || names.repositoryIDs.contains(witness.claims["repository_id"] ?? "")
        return isNamed ? all() : answer
    }
}

extension Demand {
    /// The same without subjects that name one of these repositories. Values are sorted, for equal demands to be equal.
    fileprivate func without(_ names: [String]) -> Demand {
        mapped { one in
            guard one.claim == "sub", one.isRead else { return one }
            var one = one
            one.anyOf = one.anyOf.filter { !$0.names(oneOf: names) }.sorted {
                ($0.text, $0.kind.rawValue) < ($1.text, $1.kind.rawValue)
            }
            one.written = ""
            return one
        }
    }
}

extension TextPattern {
    /// Whether it begins with `repo:OWNER/NAME:` or `repo:OWNER/NAME@`, without wildcards, and the name is one of these.
    fileprivate func names(oneOf names: [String]) -> Bool {
        let start = literalStart
        guard start.hasPrefix("repo:"), let slash = start.firstIndex(of: "/") else { return false }
        let owner = start[..<slash].dropFirst(5)
        guard !owner.contains(":"), let end = start[slash...].firstIndex(where: { $0 == ":" || $0 == "@" }) else {
            return false
        }
        let name = String(start[slash..<end].dropFirst())
        return names.contains { $0.isExactly(name) }
    }
}
