import AuditCore

/// Whether some token of an identity meets a demand.
extension ReachFinder {
    /// Most keys that are kept from coming twice, one after the other.
    private static let repeatsMax = 6
    /// Most witnesses that are turned down since they are known by chance.
    private static let retriesMax = 16
    /// Most of them that are turned down one by one.
    private static let singlesMax = 4
    /// Most ids that are turned down together.
    private static let knownMax = 500

    /// - Parameter identities: each made of repository ids that it must not have.
    func first(
        _ identities: [([String]) -> TokenIdentity], _ demand: CompiledDemand,
    ) -> Reach.Answer {
        var open: Reach.Answer = .no
        for identity in identities {
            let answer = ask(demand, enterpriseIDs: [], hasCustomTemplate: true, identity)
            if case .yes = answer { return answer }
            if !answer.isNo { open = answer }
        }
        return open
    }

    func ask(
        _ demand: CompiledDemand, enterpriseIDs: [String], hasCustomTemplate: Bool,
        _ identity: ([String]) -> TokenIdentity,
    ) -> Reach.Answer {
        ask(demand, enterpriseIDs: enterpriseIDs, hasCustomTemplate: hasCustomTemplate) { ids, _ in identity(ids) }
    }

    /// - Parameter identity: made of ids and names that it must not have, since they are known.
    func ask(
        _ demand: CompiledDemand, owner: String? = nil, enterpriseIDs: [String] = [], hasCustomTemplate: Bool = false,
        _ identity: ([String], [String]) -> TokenIdentity,
    ) -> Reach.Answer {
        var (ids, names): ([String], [String]) = ([], [])
        for round in 0..<Self.retriesMax {
            let identity = identity(ids, names)
            let keys = demand.claims + ["repository_id", "repository"]
            var answer = first(
                of: defaults(identity, keys, demand, without: enterpriseIDs), demand,
                claims: ["repository_id", "repository"])
            if hasCustomTemplate, answer.isOpen {
                let other = custom(identity, without: enterpriseIDs, demand)
                if answer.isNo || !other.isOpen { answer = other }
            }
            guard let witness = answer.witness else { return answer }
            let listed = witness.repositories.first { listedNames.contains($0.lowercasedASCII) }
            if !identity.repositoryID.holes.isEmpty, let id = witness.repositoryIDs.first(where: isOurs(repositoryID:))
            {
                ids.append(id)
                if round == Self.singlesMax { ids += known(besides: ids, demand) }
            } else if owner != nil, let listed {
                names.append(String(listed.drop { $0 != "/" }.dropFirst()))
            } else {
                return answer
            }
        }
        return .possible(
            nil, why: "so many of your repositories are accepted that it is not known whether another would be")
    }

    /// Ids of ours that the trust may accept, where they are few.
    func known(besides ids: [String], _ demand: CompiledDemand) -> [String] {
        let demands = demand.demand.necessary.filter { $0.isRead && $0.claim == "repository_id" && !$0.isNegated }
        let accepted = repositoryIDs.filter { id in
            demands.allSatisfy { LiteralMatcher.accepts($0, ["repository_id": id]) } && !ids.containsExactly(id)
        }
        return accepted.count > Self.knownMax ? [] : accepted.sorted()
    }

    /// Tokens with GitHub's default template, in both formats.
    func defaults(
        _ identity: TokenIdentity, _ keys: [ClaimKey], _ demand: CompiledDemand, without enterpriseIDs: [String],
    ) -> [TokenLanguage] {
        // The others differ from these in claims that are not read.
        let contexts =
            demand.reads("ref") || demand.reads("job_workflow_ref")
            ? JobContext.allCases : [.branch, .tag, .pullRequest, .otherPullRequestEvent, .branchEnvironment]
        return contexts.flatMap { context in
            [SubjectFormat.legacy, .immutable].compactMap { format in
                TokenLanguage(context, identity, withDefaultTemplateIn: format, keys: keys)?.without(enterpriseIDs)
            }
        }
    }

    /// Tokens with a template of the outsider's choice.
    func custom(_ identity: TokenIdentity, without enterpriseIDs: [String], _ demand: CompiledDemand)
        -> Reach.Answer
    {
        guard demand.reads("sub") else { return .no }
        let limits = OutsiderSubject.Limits(
            issuer: demand.issuer, audiences: demand.audiences, owners: identity.owner.excluded,
            ownerIDs: identity.ownerID.excluded,
            names: identity.name.excluded, repositoryIDs: identity.repositoryID.excluded, owner: identity.owner.known,
            ownerID: identity.ownerID.known,
            repositoryID: identity.repositoryID.known)
        var apart = limits
        apart.without = Set(demand.claims.flatMap { Self.keys(sharing: $0) })
        // The names and ids that the subject holds are not those of the claims, which the trust does not read.
        let answer = custom(apart, identity, without: enterpriseIDs, demand)
        guard answer.isNo, !apart.without.isEmpty else { return answer }
        let together = custom(limits, identity, without: enterpriseIDs, demand)
        guard let witness = together.witness else { return together }
        let agreeing = witness.agreeing
        return LiteralMatcher.accepts(demand.demand, agreeing.claims) && agreeing.isWhole(demand)
            ? .yes(agreeing) : .possible(nil, why: "subject and claims could not be decided together")
    }

    func custom(
        _ limits: OutsiderSubject.Limits, _ identity: TokenIdentity, without enterpriseIDs: [String],
        _ demand: CompiledDemand,
    ) -> Reach.Answer {
        func answer(of limits: OutsiderSubject.Limits, in context: JobContext) -> Reach.Answer {
            let subject = TokenText(OutsiderSubject.hole(limits, resembling: demand.subjectStarts))
            let language = TokenLanguage(context, identity, subject: subject, keys: demand.claims)
            return first(of: [language?.without(enterpriseIDs)].compactMap { $0 }, demand)
        }
        // A subject of no job in particular takes in those of all.
        let isSubjectAlone = demand.claims.allSatisfy { $0 == "sub" || $0 == "aud" }
        if isSubjectAlone, answer(of: limits, in: .branch).isNo { return .no }
        var open: Reach.Answer = .no
        for context in JobContext.allCases {
            var limits = limits
            limits.context = context
            var found: Reach.Answer = .no
            for _ in 0..<Self.repeatsMax {
                found = answer(of: limits, in: context)
                guard case .yes(let witness) = found else { break }
                let (repeated, long) = (witness.repeatedKeys, witness.longKeys)
                let isShort =
                    long.isSubset(of: limits.measured)
                    || OutsiderSubject.contains(witness.subject, limits, measuring: long)
                guard !repeated.isEmpty || !isShort else { return found }
                limits.once.formUnion(repeated)
                if !isShort { limits.measured.formUnion(long) }
                found = .possible(nil, why: "the template would hold a key twice, or a value would be too long")
            }
            if !found.isNo { open = found }
        }
        return open
    }

    /// Keys of a template that say the same as a claim.
    static func keys(sharing claim: ClaimKey) -> [String] {
        switch claim {
        case "repository": ["repo", "repository", "repository_owner", "workflow_ref"]
        case "repository_id": ["repo", "repository", "repository_id"]
        case "repository_owner_id": ["repo", "repository", "repository_owner_id"]
        case "ref": ["ref", "workflow_ref"]
        case "sub": []
        default: [claim.rawValue]
        }
    }

    func first(
        of tokens: [TokenLanguage], _ demand: CompiledDemand, claims: [ClaimKey] = [],
    ) -> Reach.Answer {
        var open: Reach.Answer = .no
        for language in tokens {
            let answer = TokenQuestion.answer(language, demand)
            guard let holes = answer.holes else { continue }
            var shown = language.witness(of: demand.demand, holes, optional: answer.present).claims
            for claim in claims { shown[claim] = language.claims[claim]?.filled { holes[$0.name] ?? $0.usual } }
            let witness = Witness(context: language.context, claims: shown)
            // Whether an outsider's token has an optional claim is the outsider's choice.
            let isAccepted = LiteralMatcher.accepts(demand.demand, shown)
            if isAccepted, case .undocumented(let why) = answer.doubt {
                open = .possible(witness, why: why)
                continue
            }
            if isAccepted { return .yes(witness) }
            if answer.isIntricate { return .possible(nil, why: "too intricate to decide") }
            open = .possible(nil, why: "two claims of one token could not be decided together")
        }
        return open
    }
}
