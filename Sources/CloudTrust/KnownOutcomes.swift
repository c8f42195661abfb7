import AuditCore

/// Outcomes shared by trusts. Most trusts differ only in the repository that they name: what they demand behind its name
/// is the same, and is decided once (`scripts/bench trust`).
final class KnownOutcomes {
    /// `hangsOnNames`: whether it is of the repository's own workflows, which no other one has.
    typealias Found = (outcome: AccessOutcome, isIntricate: Bool, hangsOnNames: Bool)

    private struct Key: Hashable {
        let shape: Int
        let rest: Demand
    }

    private var known: [Key: AccessOutcome] = [:]
    private static let knownMax = 10_000

    /// - Parameter rest: the demand behind the entry's start.
    /// - Returns: `nil` if the subject of a token does not begin with the entry's start.
    func outcome(
        of entry: RepositoryIndex.Entry, _ rest: Demand, _ index: RepositoryIndex, _ budget: StepBudget,
    ) -> Found? {
        let key = Key(shape: entry.shape, rest: rest)
        if let outcome = known[key] { return (outcome, false, false) }
        let demand = CompiledDemand(rest, budget)
        var tokens: [TokenLanguage] = []
        for language in index.tokens(of: entry, keys: demand.claims) {
            guard let behind = language.behind(entry.start) else { return nil }
            tokens.append(behind)
        }
        let found = index.outcome(of: entry, demand, tokens)
        // Names of workflows hang on what was cut off.
        if found.hangsOnNames { return nil }
        if found.isIntricate { return found }
        if known.count >= Self.knownMax { known = [:] }
        known[key] = found.outcome
        return found
    }
}

extension RepositoryIndex {
    func outcome(of entry: Entry, _ demand: CompiledDemand) -> KnownOutcomes.Found {
        outcome(of: entry, demand, tokens(of: entry, keys: demand.claims))
    }

    fileprivate func outcome(of entry: Entry, _ demand: CompiledDemand, _ tokens: [TokenLanguage])
        -> KnownOutcomes.Found
    {
        let hasOpenID = states[entry.repository].repository.ownerID == nil && demand.reads("repository_owner_id")
        var entries: [AccessOutcome.Entry] = []
        var isIntricate = false
        var hangsOnNames = false
        var known: [JobContext: (language: TokenLanguage, found: TokenQuestion.Answer)] = [:]
        for language in tokens {
            // Most demands do not tell some contexts apart.
            let alike = language.context.alike.flatMap { known[$0] }.flatMap {
                $0.language.claims == language.claims ? $0.found : nil
            }
            // What was too intricate for one context is so for the next.
            let found = isIntricate ? .intricate : alike ?? TokenQuestion.answer(language, demand)
            if language.context.hasAlike { known[language.context] = (language, found) }
            isIntricate = isIntricate || found.isIntricate
            hangsOnNames = hangsOnNames || found.hangsOnNames
            guard let holes = found.holes else { continue }
            entries.append(
                AccessOutcome.Entry(
                    context: language.context, holes: holes, optional: found.present,
                    only: TokenQuestion.only(found.ownWorkflow ?? language, demand, found),
                    doubt: found.doubt ?? (hasOpenID ? .unknownOwnerID : nil), likely: entry.likely))
        }
        return (AccessOutcome(entries), isIntricate, hangsOnNames)
    }
}

extension TokenLanguage {
    /// The same without the start of the subject; `nil` if the subject begins otherwise.
    fileprivate func behind(_ start: [UInt32]) -> TokenLanguage? {
        guard !start.isEmpty else { return self }
        guard case .text(let text)? = claims["sub"]?.parts.first else { return nil }
        let scalars = text.unicodeScalars
        guard scalars.lazy.map(\.value).starts(with: start) else { return nil }
        var claims = claims
        claims["sub"]?.parts[0] = .text(String(scalars.dropFirst(start.count)))
        var language = TokenLanguage(context: context, claims: claims, optional: optional)
        language.doubt = doubt
        return language
    }
}

extension JobContext {
    /// A context of the same kind and with the same workflows, whose tokens differ in ref and event alone.
    fileprivate var alike: JobContext? {
        switch self {
        case .mergedPullRequest: .pullRequest
        case .mergeQueueEnvironment: .branchEnvironment
        default: nil
        }
    }

    fileprivate var hasAlike: Bool { self == .pullRequest || self == .branchEnvironment }
}

extension CompiledDemand {
    /// The demand behind a text that every subject begins with.
    ///
    /// - Parameters:
    ///   - live: the sets of the demands of `sub` behind that text, concatenated.
    ///   - subjects: indices of the demands of `sub`.
    ///   - answers: known answers to demands of other claims, by index.
    /// - Returns: `nil` if a pattern can't be written, or if they are too long to be shared.
    func rest(behind live: [UInt64], _ subjects: [Int], _ answers: [Int: Bool]) -> Demand? {
        var rests: [Int: [TextPattern]] = [:]
        var offset = 0
        for atom in subjects {
            let words = sets[atom].words
            guard let rest = sets[atom].rests(live[offset..<offset + words]) else { return nil }
            rests[atom] = rest
            offset += words
        }
        var atom = -1
        func rest(_ demand: Demand) -> Demand {
            switch demand {
            case .claim(var one):
                atom += 1
                if let answer = answers[atom] { return .constant(answer) }
                one.anyOf = rests[atom] ?? one.anyOf
                one.written = ""
                return .claim(one)
            case .all(let demands): return .all(demands.map(rest))
            case .any(let demands): return .any(demands.map(rest))
            case .not(let demand): return .not(rest(demand))
            case .constant: return demand
            }
        }
        return rest(demand)
    }
}
