import AuditCore

/// Which repositories can use one trust.
struct AccessMatrix {
    let index: RepositoryIndex

    struct Result {
        var cells: [JudgedTrust.Cell] = []
        var outcomes: [AccessOutcome] = []
        var isIntricate = false
    }

    /// What repositories that share a shape share further, as far as a demand can tell.
    private struct Key: Hashable {
        let shape: Int
        /// Answers to demands of claims whose text is known.
        let answers: UInt64
        /// The sets of demands of `sub` behind the start.
        let live: [UInt64]
    }

    /// - Parameter entries: those to look at, in order.
    func result(_ demand: CompiledDemand, entries: [Int]) -> Result {
        var result = Result()
        var assumed: Set<Int> = []
        var known: [Key: Int] = [:]
        var last: (key: Key, outcome: Int)?
        let atoms = demand.demands.indices.filter { demand.demands[$0].isRead }
        let subjects = atoms.filter { demand.demands[$0].claim == "sub" }
        let fixed = atoms.filter { Self.fixedClaims.contains(demand.demands[$0].claim) }
        let start = subjects.flatMap { demand.sets[$0].start }
        let width = start.count
        // The sets behind each character of the last start: the next one mostly begins with the same text.
        var path: [UInt64] = start
        var before: [UInt32] = []
        entries: for number in entries {
            let entry = index.entries[number]
            var length = 0
            while length < before.count, length < entry.start.count, before[length] == entry.start[length] {
                length += 1
            }
            path.removeLast(path.count - width * (length + 1))
            for scalar in entry.start[length...] {
                for word in path.count - width..<path.count { path.append(path[word]) }
                step(demand, subjects, &path, width, scalar)
            }
            before = entry.start
            var answers: UInt64 = 0
            if isDead(demand, subjects, path, width) { continue }
            for (bit, atom) in fixed.enumerated() {
                let answer = self.answer(demand, atom, index.states[entry.repository].repository)
                if demand.isRequired[atom], answer == false { continue entries }
                if answer == true { answers |= 1 << UInt64(bit & 63) }
            }
            if let last, last.key.shape == entry.shape, last.key.answers == answers, fixed.count <= 64,
                path[(path.count - width)...].elementsEqual(last.key.live)
            {
                add(entry, last.outcome, &result, &assumed)
                continue
            }
            let key = Key(shape: entry.shape, answers: answers, live: Array(path[(path.count - width)...]))
            let outcome: Int
            if let memo = known[key], fixed.count <= 64 {
                outcome = memo
            } else {
                let found = self.outcome(of: entry, demand)
                result.isIntricate = result.isIntricate || found.isIntricate
                outcome = found.outcome.isNothing ? -1 : result.outcomes.count
                if outcome >= 0 { result.outcomes.append(found.outcome) }
                known[key] = outcome
            }
            last = (key, outcome)
            add(entry, outcome, &result, &assumed)
        }
        result.cells.sort { $0.repository < $1.repository }
        return result
    }

    // MARK: -

    /// Claims of which each repository has one text.
    private static let fixedClaims: Set<ClaimKey> = ["repository", "repository_id", "repository_owner_id"]

    private func add(
        _ entry: RepositoryIndex.Entry, _ outcome: Int, _ result: inout Result, _ assumed: inout Set<Int>,
    ) {
        guard outcome >= 0 else { return }
        // Of what is assumed, one way is enough.
        if entry.assumed != nil, !assumed.insert(entry.repository).inserted { return }
        result.cells.append(JudgedTrust.Cell(repository: Int32(entry.repository), outcome: Int32(outcome)))
    }

    private func step(
        _ demand: CompiledDemand, _ atoms: [Int], _ path: inout [UInt64], _ width: Int, _ scalar: UInt32,
    ) {
        let start = path.count - width
        path.withUnsafeMutableBufferPointer { buffer in
            guard var base = buffer.baseAddress.map({ $0 + start }) else { return }
            for atom in atoms {
                demand.sets[atom].step(base, scalar)
                base += demand.sets[atom].words
            }
        }
    }

    private func isDead(_ demand: CompiledDemand, _ atoms: [Int], _ path: [UInt64], _ width: Int) -> Bool {
        let start = path.count - width
        return path.withUnsafeBufferPointer { buffer in
            guard var base = buffer.baseAddress.map({ $0 + start }) else { return false }
            for atom in atoms {
                if demand.isRequired[atom], demand.sets[atom].isDead(base) { return true }
                base += demand.sets[atom].words
            }
            return false
        }
    }

    /// - Returns: `nil` where the repository's text is not known.
    private func answer(_ demand: CompiledDemand, _ atom: Int, _ repository: Repository) -> Bool? {
        let text: String
        switch demand.demands[atom].claim {
        case "repository": text = repository.fullName
        case "repository_id": text = String(repository.id.rawValue)
        default:
            guard let id = repository.ownerID else { return nil }
            text = String(id)
        }
        let set = demand.sets[atom]
        var live = set.start
        return live.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            for scalar in text.unicodeScalars { set.step(base, scalar.value) }
            return set.isMatch(base)
        }
    }

    private func outcome(
        of entry: RepositoryIndex.Entry, _ demand: CompiledDemand,
    ) -> (outcome: AccessOutcome, isIntricate: Bool) {
        let hasOpenID = index.states[entry.repository].repository.ownerID == nil && demand.reads("repository_owner_id")
        var entries: [AccessOutcome.Entry] = []
        var isIntricate = false
        for language in index.tokens(of: entry, keys: demand.claims) {
            // What was too intricate for one context is so for the next.
            let found = isIntricate ? .intricate : TokenQuestion.answer(language, demand)
            isIntricate = isIntricate || found.isIntricate
            guard let holes = found.holes else { continue }
            entries.append(
                AccessOutcome.Entry(
                    context: language.context, holes: holes, optional: found.present,
                    only: TokenQuestion.only(language, demand, found), isCertain: found.isCertain && !hasOpenID,
                    assumed: entry.assumed))
        }
        return (AccessOutcome(entries), isIntricate)
    }
}

/// Whether some token of a language meets a demand, whatever is not known of the language.
enum TokenQuestion {
    struct Answer {
        /// `nil` where no token does.
        var holes: [String: String]?
        /// Optional claims that the witness has.
        var present: Set<ClaimKey> = []
        var isCertain = true
        var isIntricate = false

        static let intricate = Answer(holes: [:], isCertain: false, isIntricate: true)
    }

    static func answer(_ language: TokenLanguage, _ demand: CompiledDemand) -> Answer {
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
                return Answer(holes: holes, present: present, isCertain: open.isEmpty, isIntricate: false)
            case .entangled:
                answer = Answer(holes: [:], present: present, isCertain: false, isIntricate: answer.isIntricate)
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
        case .branchEnvironment, .tagEnvironment, .pullRequestEnvironment: name = "environment"
        case .pullRequest, .mergeQueue, .otherPullRequestEvent: return nil
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
