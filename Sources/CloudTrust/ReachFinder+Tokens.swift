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

    /// Full names of the repository, wherever the token holds them.
    var repositories: [String] {
        var names = [claims["repository"]].compactMap { $0 }
        for (key, value) in OutsiderSubject.segments(of: subject) {
            let parts = value.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
            guard parts.count > 1 else { continue }
            switch key {
            case "repo", "repository":
                names.append(parts.prefix(2).map { $0.prefix { $0 != "@" } }.joined(separator: "/"))
            case "workflow_ref": names.append(parts.prefix(2).joined(separator: "/"))
            default: continue
            }
        }
        return names
    }

    /// Full name of the repository that holds the job's workflow; `nil` if the token does not say.
    var workflowRepository: String? {
        let written = OutsiderSubject.segments(of: subject).first { $0.key == "job_workflow_ref" }?.value
        let parts = (claims["job_workflow_ref"] ?? written ?? "").split(separator: "/", maxSplits: 2)
        return parts.count > 2 ? parts.prefix(2).joined(separator: "/") : nil
    }

    /// Keys of the subject with a part that is longer than a login, so that it may be longer than it can be.
    var longKeys: Set<String> {
        Set(
            OutsiderSubject.segments(of: subject).filter { key, value in
                (value.split { $0 == "/" || $0 == "@" } + [key[...]]).contains {
                    $0.unicodeScalars.count > TokenAlphabet.login.lengthMax
                }
            }.map { OutsiderSubject.rowKey($0.key) })
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

extension CompiledDemand {
    /// The same for tokens of jobs that call no workflow of these repositories.
    func refusingWorkflows(of names: [String]) -> CompiledDemand {
        let claim = ClaimDemand("job_workflow_ref", anyOf: names.map { TextPattern(.like, "\($0)/*") })
        let key = "job_workflow_ref:"
        let subject = ClaimDemand(
            "sub",
            anyOf: names.flatMap { [TextPattern(.like, "\(key)\($0)/*"), TextPattern(.like, "*:\(key)\($0)/*")] })
        return CompiledDemand(
            .all([demand] + [claim, subject].filter { reads($0.claim) }.map { .not(.claim($0)) }), budget,
            issuer: issuer)
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
        var language = TokenLanguage(context: context, claims: changed, optional: optional, identity: identity)
        language.doubt = doubt
        return language
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
