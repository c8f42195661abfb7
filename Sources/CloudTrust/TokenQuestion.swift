import AuditCore

/// Whether some token of a language meets a demand, whatever is not known of the language.
enum TokenQuestion {
    struct Answer {
        /// `nil` if no token does.
        var holes: [String: String]?
        /// Optional claims that the witness has.
        var present: Set<ClaimKey> = []
        /// Why it is not certain; `nil` if it is.
        var doubt: AccessOutcome.Doubt?
        var isCertain: Bool { doubt == nil }
        var isIntricate = false
        /// The tokens of the repository's own workflow, where those were asked about.
        var ownWorkflow: TokenLanguage?
        /// Whether the names of workflows decide. Each repository has its own: for another one the answer may be another.
        var hangsOnNames = false

        static let intricate = Answer(holes: [:], doubt: .entangled, isIntricate: true)
    }

    static func answer(_ language: TokenLanguage, _ demand: CompiledDemand) -> Answer {
        let documented = answerOfEvents(language, demand)
        guard documented.holes == nil, let other = language.ofAnyEvent else { return documented }
        var answer = answerOfEvents(other, demand)
        answer.hangsOnNames = answer.hangsOnNames || documented.hangsOnNames
        return answer
    }

    private static func answerOfEvents(_ language: TokenLanguage, _ demand: CompiledDemand) -> Answer {
        var answer = answerOfWorkflows(language, demand)
        if answer.doubt == nil, let why = language.doubt { answer.doubt = .undocumented(why) }
        return answer
    }

    private static func answerOfWorkflows(_ language: TokenLanguage, _ demand: CompiledDemand) -> Answer {
        let reusable = answerOfOne(language, demand)
        guard reusable.holes == nil, language.holdsWorkflow(demand.claims),
            answerOfOne(language.ofAnyWorkflow, demand).holes != nil
        else { return reusable }
        let own = language.ofOwnWorkflow
        var answer = own.map { answerOfOne($0, demand) } ?? reusable
        answer.hangsOnNames = true
        answer.ownWorkflow = own
        answer.holes = answer.holes.map { language.holes(ofOwnWorkflow: $0) }
        return answer
    }

    private static func answerOfOne(_ language: TokenLanguage, _ demand: CompiledDemand) -> Answer {
        let open = language.optional.filter { demand.reads($0) && language.claims[$0] != nil }.sorted {
            $0.rawValue < $1.rawValue
        }
        var answer = Answer()
        for subset in 0..<(1 << open.count) {
            let present = Set(open.indices.filter { subset >> $0 & 1 == 1 }.map { open[$0] })
            var claims = language.claims
            for claim in open where !present.contains(claim) { claims[claim] = nil }
            let variant = TokenLanguage(context: language.context, claims: claims, optional: [])
            switch TokenRun.decide(variant, demand) {
            case .no: continue
            case .yes(let holes):
                return Answer(holes: holes, present: present, doubt: open.isEmpty ? nil : .optional)
            case .entangled:
                answer = Answer(
                    holes: [:], present: present, doubt: .entangled, isIntricate: answer.isIntricate)
            case .intricate: return .intricate
            }
        }
        return answer
    }

    /// Most names that a short list has.
    private static let onlyMax = 8
    /// A name that nobody writes into a pattern.
    private static let improbable = "zq7x0unlisted"

    /// The branches, tags or environments that are accepted, where they are a short list.
    static func only(_ language: TokenLanguage, _ demand: CompiledDemand, _ found: Answer) -> [String]? {
        let name: String
        switch language.context {
        case .branch: name = "branch"
        case .tag: name = "tag"
        case .branchEnvironment, .tagEnvironment, .pullRequestEnvironment, .mergeQueueEnvironment: name = "environment"
        case .pullRequest, .mergedPullRequest, .mergeQueue, .otherPullRequestEvent: return nil
        }
        guard found.isCertain, let first = found.holes?[name] else { return nil }
        func with(_ change: (inout TokenHole) -> TokenPart) -> TokenLanguage {
            let claims = language.claims.mapValues { text in
                TokenText(
                    text.parts.map { part in
                        guard case .hole(var hole, let isEscaped) = part, hole.name == name else { return part }
                        let changed = change(&hole)
                        return if case .hole = changed { .hole(hole, isEscaped: isEscaped) } else { changed }
                    }
                ).joined
            }
            return TokenLanguage(context: language.context, claims: claims, optional: language.optional)
        }
        if case .yes = TokenRun.decide(with { _ in .text(improbable) }, demand) { return nil }
        var names = [first]
        while names.count <= onlyMax {
            let others = with { hole in
                hole.excluded = names
                hole.ignoresCase = false
                return .hole(hole, isEscaped: false)
            }
            switch TokenRun.decide(others, demand) {
            case .yes(let holes):
                guard let next = holes[name] else { return nil }
                names.append(next)
            case .no: return names.sorted()
            case .entangled, .intricate: return nil
            }
        }
        return nil
    }
}
