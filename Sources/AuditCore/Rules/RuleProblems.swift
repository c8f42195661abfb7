extension [[ClaimKey]] {
    /// What is wrong with claims that are none of these lists, one by one: dropping a claim that each list has, adding one
    /// that none has and changing the order are further problems, and so is dropping any other one, which may have stood in
    /// for one that is missing.
    func problems(of keys: [ClaimKey], named name: String) -> [String] {
        let found = keys.map(\.canonical)
        let lists = map { $0.map(\.canonical) }
        let common = (lists.first ?? []).filter { key in lists.allSatisfy { $0.contains(key) } }
        let missing = common.filter { !found.contains($0) }
        let others = found.filter { key in !lists.contains { $0.contains(key) } }
        // Only lists that share the most claims can say in which order these stand.
        let shared = lists.map { list in found.filter(list.contains) }
        let most = shared.map(\.count).max() ?? 0
        let disorder =
            zip(lists, shared).filter { $1.count == most }.map { list, shared in
                list.filter(found.contains).disorder(in: shared)
            }.min { $0.count < $1.count } ?? []
        return ["\(name) is none of those allowed"] + missing.map(String.missing)
            + others.map { "claim not allowed: \($0.shown)" } + disorder + keys.narrowing()
    }
}

extension [ClaimKey] {
    /// The claims that make fewer tokens alike, a text for each, but for those that another one makes superfluous.
    ///
    /// Each rule that a template can break by holding less has them among its problems: a claim that goes is a further
    /// problem then.
    ///
    /// - Parameter others: claims whose loss makes another finding anyway.
    func narrowing(beside others: [ClaimKey] = []) -> [String] {
        let keys = eachOnce.map(\.canonical)
        let places = Dictionary(keys.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        return keys.enumerated().filter { place, key in
            // Of two that say the same, the first stays.
            let isSuperfluous = key.finerClaims.contains { finer in
                places[finer].map { $0 < place || !finer.finerClaims.contains(key) } ?? false
            }
            return !isSuperfluous && !others.contains(key)
        }.map { String.narrowed(by: $1) }
    }

    /// Which of these stand the other way round in a list of the same claims, a problem for each pair: another wrong order
    /// is another problem, and a claim that is put where it belongs is none.
    func disorder(in found: [ClaimKey]) -> [String] {
        let places = Dictionary(found.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        var pairs: [String] = []
        for (place, first) in enumerated() {
            for second in self[(place + 1)...] {
                guard let one = places[first], let other = places[second], other < one else { continue }
                pairs.append("claims out of order: \(second.shown) before \(first.shown)")
            }
        }
        // A claim that stands twice is out of order without a pair that is.
        return pairs.isEmpty && self != found ? ["claims out of order"] : pairs
    }
}

extension RuleSubject {
    /// How far beyond the repository its subject is shared, a problem for each step; empty if a claim names the
    /// repository.
    var sharingProblems: [String] {
        guard sharers != nil else { return [] }
        var problems = ["repositories of the same owner share the subject"]
        guard !keys.contains(where: NamesRepository.owner.contains) else { return problems }
        problems.append("repositories of other owners share the subject")
        guard !keys.contains(where: NamesRepository.enterprise.contains) else { return problems }
        return problems + ["any account can share the subject"]
    }

    /// Who shares the subject, and which claims narrow that: a claim that goes is a further problem, as any other one makes
    /// more tokens alike.
    var sharingAndNarrowing: [String] { sharingProblems + narrowing }

    /// The claims that make fewer tokens alike, beside those that name the repository or its owner.
    var narrowing: [String] {
        let names = NamesRepository.naming + NamesRepository.owner + NamesRepository.enterprise
        return keys.eachOnce.filter { !names.contains($0) }.map(String.narrowed)
    }
}
