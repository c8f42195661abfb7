import AuditCore

extension Witness {
    /// Ids of the repository, wherever the token holds them.
    var repositoryIDs: [String] {
        var ids = [claims["repository_id"]].compactMap { $0 }
        for (key, value) in OutsiderSubject.segments(of: subject) {
            switch key {
            case "repository_id": ids.append(value)
            case "repo", "repository":
                let halves = value.split(separator: "/", maxSplits: 1).map { $0.split(separator: "@") }
                if halves.count == 2, halves[1].count == 2 { ids.append(String(halves[1][1])) }
            default: continue
            }
        }
        return ids
    }

    /// Keys of the subject that a template would hold twice.
    var repeatedKeys: Set<String> {
        var seen: Set<String> = []
        return Set(OutsiderSubject.segments(of: subject).map(\.key).filter { !seen.insert($0).inserted })
    }

    /// The same with the claims that its subject names.
    var agreeing: Witness {
        var claims = claims
        for (key, value) in OutsiderSubject.segments(of: subject) {
            if claims[ClaimKey(key)] != nil, key != "sub" { claims[ClaimKey(key)] = value }
        }
        return Witness(context: context, claims: claims, provided: provided)
    }

    /// Whether no claim that a demand reads hangs on the subject otherwise than by its own key.
    func isWhole(_ demand: CompiledDemand) -> Bool {
        let keys = Set(OutsiderSubject.segments(of: subject).map(\.key))
        return demand.claims.allSatisfy { claim in
            ReachFinder.keys(sharing: claim).allSatisfy { $0 == claim.rawValue || !keys.contains($0) }
        }
    }
}

extension TokenHole {
    func without(_ texts: [String]) -> TokenHole {
        var hole = self
        hole.excluded = texts
        return hole
    }
}

extension TokenText {
    /// What its hole leaves out.
    var excluded: [String] { holes.first?.excluded ?? [] }

    /// The text; `nil` if it has holes.
    var known: String? { holes.isEmpty ? filled(\.usual) : nil }
}

extension TokenLanguage {
    func without(_ enterpriseIDs: [String]) -> TokenLanguage {
        guard !enterpriseIDs.isEmpty, let hole = claims["enterprise_id"]?.holes.first else { return self }
        var changed = claims
        changed["enterprise_id"] = TokenText(hole.without(enterpriseIDs))
        return TokenLanguage(context: context, claims: changed, optional: optional, identity: identity)
    }
}

extension RepositoryState {
    /// The same with other ids in its subjects.
    func presenting(ids: (owner: Int64, repository: Int64), in before: Repository) -> RepositoryState {
        guard case .read(var setting) = reading, setting.subClaimPrefix?.contains("@") == true else { return self }
        setting.subClaimPrefix = "repo:\(before.owner)@\(ids.owner)/\(before.name)@\(ids.repository)"
        return presenting(setting)
    }
}
