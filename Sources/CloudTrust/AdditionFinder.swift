import AuditCore

/// Finds the values that keep access through a change. Each lets in what the values of today let in before the change: no other
/// job of the repository, no other repository and nobody outside.
struct AdditionFinder {
    struct Answer: Hashable {
        var add: [AccessDifference.Addition] = []
        /// Why they don't keep all of the access; `nil` if they do.
        var obstacle: String?
    }

    /// A repository that loses access to a trust.
    struct Loss {
        let before: ChangedRepository
        /// `nil` if it is deleted.
        let after: ChangedRepository?
        /// That of the outcome among those of the trust: repositories whose tokens differ in names alone have the same.
        let number: Int32
        let contexts: Set<JobContext>
    }

    private let trust: Trust
    private let old: Demand
    /// Demands that values can be added to.
    private let demands: [ClaimDemand]
    /// Whether the subject's demand decides alone, so that a value which begins with the repository's own names is enough.
    private let isPlain: Bool
    private let readsSubject: Bool
    private let proof: AdditionProof
    /// Patterns with many wildcards can be added in very many ways.
    private let budget = StepBudget(all: 200_000_000)
    private var tails: [TailKey: Tails?] = [:]

    init(_ trust: Trust, _ proof: AdditionProof) {
        self.trust = trust
        self.proof = proof
        old = trust.demand
        readsSubject = old.claimDemands.contains { $0.claim == "sub" }
        demands = trust.allow.necessary.filter {
            $0.isRead && !$0.isNegated && !$0.anyOf.isEmpty && $0.claim != "aud"
        }
        isPlain =
            trust.denies.isEmpty && trust.allow.claimDemands.allSatisfy { !$0.isNegated }
            && trust.allow.claimDemands.count { $0.claim == "sub" } == 1
            && demands.contains { $0.claim == "sub" }
    }

    mutating func answer(_ loss: Loss) -> Answer {
        guard let after = loss.after else { return Answer(obstacle: "the repository is gone") }
        if readsSubject, let why = after.unknownSubject {
            return Answer(obstacle: "its new subjects are not known: \(why)")
        }
        guard loss.before.unknownSubject == nil || !readsSubject else {
            return Answer(obstacle: "its subjects of today are not known")
        }
        if let open = demands.lazy.flatMap(\.anyOf).first(where: { !$0.shown.isExactly($0.text) }) {
            return Answer(
                obstacle: "the variable in \(open.shown) is not evaluated, and the new value must hold it too")
        }
        if isPlain, let tails = movedStart(loss, after) { return written(tails, behind: after.start?.text ?? "") }
        return derived(loss, after.state)
    }

    // MARK: - Where the beginning alone is another

    private struct Value: Hashable {
        let demand: ClaimDemand
        let text: String
        let isLiteral: Bool

        /// Whether a value of today takes it in.
        var isThere: Bool {
            demand.anyOf.contains {
                $0.kind == .like && !$0.text.contains("?") && LiteralMatcher.matches($0, text)
            }
        }
    }

    /// Repositories alike in this have the same values behind the beginning.
    private struct TailKey: Hashable {
        let outcome: Int32
        let contexts: Set<JobContext>
        let rest: String
    }

    /// Values without their beginning, and what is said of each whatever that is.
    private struct Tails {
        let values: [Value]
        /// The additions of these values; `nil` if they hang on which of them are there.
        let forms: [AccessDifference.Addition]?
        /// Values of today that may take others in, each with the text before its first wildcard.
        let likes: [(start: String, pattern: TextPattern)]
    }

    private static func likes(_ demand: ClaimDemand) -> [(start: String, pattern: TextPattern)] {
        demand.anyOf.filter { $0.kind == .like && !$0.text.contains("?") }.map { ($0.literalStart, $0) }
    }

    private func forms(_ values: [Value]) -> [AccessDifference.Addition]? {
        let answer = written(values, where: { _ in true })
        return answer.obstacle == nil && answer.add.count == values.count ? answer.add : nil
    }

    private func written(_ tails: Tails, behind start: String) -> Answer {
        guard let forms = tails.forms else {
            return written(
                tails.values.map { Value(demand: $0.demand, text: start + $0.text, isLiteral: $0.isLiteral) })
        }
        var answer = Answer()
        for form in forms {
            let value = start + form.value
            // Most begin otherwise, and are not read on.
            let isThere = tails.likes.contains {
                value.utf8.starts(with: $0.start.utf8) && LiteralMatcher.matches($0.pattern, value)
            }
            if isThere { continue }
            answer.add.append(
                AccessDifference.Addition(
                    claim: form.claim, value: value, key: form.key, comparison: form.comparison,
                    insteadOf: form.insteadOf))
        }
        return answer
    }

    /// The values without their beginning, where subjects change in the names and ids that they begin with and in nothing else.
    /// No other repository has those, so that nothing has to be proved.
    private mutating func movedStart(_ loss: Loss, _ after: ChangedRepository) -> Tails? {
        guard let was = loss.before.start, let start = after.start, was.rest == start.rest, was.text.hasSuffix(":"),
            start.text.hasSuffix(":"), after.startsWithNames, loss.before.fullName.isExactly(after.fullName),
            loss.before.format == .legacy || after.format == .immutable,
            let demand = demands.first(where: { $0.claim == "sub" })
        else { return nil }
        let key = TailKey(outcome: loss.number, contexts: loss.contexts, rest: was.rest)
        if let known = tails[key] { return known }
        let values = values(loss, demand, start: was.text, after)
        let found = values.map { Tails(values: $0, forms: forms($0), likes: Self.likes(demand)) }
        tails[key] = .some(found)
        return found
    }

    private func values(
        _ loss: Loss, _ demand: ClaimDemand, start: String, _ after: ChangedRepository,
    ) -> [Value]? {
        let begin = after.start?.text ?? ""
        var values: [Value] = []
        for pattern in demand.anyOf {
            guard let readings = PatternReading.readings(pattern, of: [.text(start)]) else { return nil }
            for reading in readings {
                let rest = reading.rest(pattern)
                guard let text = rest.written(hasVariables: pattern.hasVariables) else { return nil }
                let value = Value(demand: demand, text: text, isLiteral: rest.isLiteral)
                let whole = TextPattern(.like, begin + text, hasVariables: pattern.hasVariables)
                if values.contains(value) { continue }
                let use = AdditionProof.Use(
                    text: text, hasVariables: pattern.hasVariables, rest: after.start?.rest ?? "",
                    contexts: loss.contexts)
                if proof.isUsed(use, { isUsed(whole, demand, loss, after.state) }) { values.append(value) }
            }
        }
        return values.isEmpty ? nil : Self.widest(values)
    }

    /// Whether a job that loses access presents such a text.
    private func isUsed(
        _ pattern: TextPattern, _ demand: ClaimDemand, _ loss: Loss, _ after: RepositoryState,
    ) -> Bool {
        var one = demand
        one.anyOf = [pattern]
        let compiled = CompiledDemand(.claim(one), budget)
        let contexts = JobContext.allCases.filter(loss.contexts.contains)
        return after.tokens(of: [demand.claim], in: contexts).contains { language in
            if case .no = TokenRun.decide(language, compiled) { return false }
            return true
        }
    }

    // MARK: - Whatever changes

    private func derived(_ loss: Loss, _ after: RepositoryState) -> Answer {
        let keys = CompiledDemand(old).claims
        let pairs = TokenPair.pairs(loss.before.state, after, keys: keys).filter { loss.contexts.contains($0.context) }
        var values: [Value] = []
        for demand in demands {
            var one: [Value] = []
            for pair in pairs where pair.changes(demand.claim) {
                // What it accepts as it stands needs no value.
                if pair.job(.not(.claim(demand)), where: old, budget) == nil { continue }
                guard let found = self.values(demand, pair) else {
                    return Answer(obstacle: "the ways in which its values match are too many to write out")
                }
                one += found.filter { !one.contains($0) }
            }
            values += Self.widest(one)
        }
        let isMute = loss.contexts.contains { context in !pairs.contains { $0.context == context } }
        let mute = isMute ? "its jobs without an environment get no token any more" : nil
        guard !values.isEmpty else {
            return Answer(
                obstacle: mute ?? pairs.compactMap { missing($0) }.first ?? "no value of the role says what to keep")
        }
        if let gain = proof.gain(trust, additions(values), loss, after, budget) {
            // Where values are needed together, none is right without the others.
            let alone =
                Set(values.map(\.demand)).count > 1
                ? []
                : values.filter { value in
                    proof.gain(trust, additions([value]), loss, after, budget) == nil
                }
            var answer = written(alone)
            answer.obstacle = (gain.isOwn ? pairs.compactMap { missing($0) }.first : nil) ?? gain.why
            return answer
        }
        var answer = written(values)
        answer.obstacle = answer.obstacle ?? mute
        if answer.obstacle == nil, !proof.keeps(trust, additions(values), pairs, budget) {
            answer.obstacle =
                trust.denies.isEmpty ? "these values keep a part of it" : "a Deny statement refuses its new tokens"
        }
        return answer
    }

    /// - Returns: `nil` if they are too many.
    private func values(_ demand: ClaimDemand, _ pair: TokenPair) -> [Value]? {
        guard let was = pair.before.claims[demand.claim], let text = pair.after.claims[demand.claim] else { return [] }
        let (wholeHead, wholeNewHead, tail) = TokenText.split(was, text)
        let (head, newHead) = TokenText.fused(wholeHead, wholeNewHead)
        var values: [Value] = []
        for pattern in demand.anyOf {
            guard let readings = PatternReading.readings(pattern, of: head, isWhole: tail.isEmpty) else { return nil }
            for reading in readings {
                var elements: [TextPattern.Element] = newHead.flatMap { part -> [TextPattern.Element] in
                    switch part {
                    case .text(let text): text.unicodeScalars.map { .scalar($0.value) }
                    case .hole(let hole, _): reading.holes[hole.name] ?? [.run]
                    }
                }
                if !tail.isEmpty { elements += reading.rest(pattern) }
                guard let written = elements.written(hasVariables: pattern.hasVariables) else { return nil }
                let value = Value(demand: demand, text: written, isLiteral: elements.isLiteral)
                var one = demand
                one.anyOf = [
                    TextPattern(
                        value.isLiteral ? demand.literalKind : .like, written, hasVariables: pattern.hasVariables)
                ]
                if !values.contains(value), pair.job(.claim(one), where: old, budget) != nil { values.append(value) }
            }
        }
        return values
    }

    /// What the new subject no longer says and the role compares.
    private func missing(_ pair: TokenPair) -> String? {
        guard let was = pair.before.claims["sub"], let text = pair.after.claims["sub"] else { return nil }
        let left = Set(text.holes.map(\.name))
        let gone = was.holes.map(\.name).filter { !left.contains($0) }
        guard !gone.isEmpty else { return nil }
        let words = gone.map { $0.hasPrefix("job_workflow") || $0.hasPrefix("workflow_") ? "workflow" : $0 }
        var unique: [String] = []
        for word in words where !unique.contains(word) { unique.append(word) }
        return "its new subject does not hold the \(unique.joined(separator: ", ")) that the role compares"
    }

    /// Without those that another takes in.
    private static func widest(_ values: [Value]) -> [Value] {
        values.filter { value in
            !values.contains { other in
                other != value && other.demand == value.demand && !other.text.contains("?")
                    && LiteralMatcher.matches(TextPattern(.like, other.text), value.text)
            }
        }
    }

    // MARK: - As a person writes them

    private func additions(_ values: [Value]) -> [(demand: ClaimDemand, pattern: TextPattern)] {
        values.map { value in
            let hasVariables = value.demand.anyOf.contains(where: \.hasVariables)
            let kind = value.isLiteral ? value.demand.literalKind : .like
            return (value.demand, TextPattern(kind, value.text, hasVariables: hasVariables))
        }
    }

    /// With the operator under which each belongs: one with wildcards can't stand under `StringEquals`.
    private func written(_ values: [Value], where isWanted: (Value) -> Bool = { !$0.isThere }) -> Answer {
        var answer = Answer()
        for value in values where isWanted(value) {
            let demand = value.demand
            let name = demand.written.prefix { $0 != " " }
            let kind = demand.anyOf[0].kind
            var (comparison, insteadOf) = (String(name), String?.none)
            if kind != .like, values.contains(where: { $0.demand == demand && !$0.isLiteral }) {
                guard kind == .equals, demand.anyOf.allSatisfy({ !$0.text.contains("*") && !$0.text.contains("?") })
                else {
                    answer.obstacle = "\(name) holds no wildcards, and its values can't move to StringLike"
                    continue
                }
                insteadOf = comparison
                comparison = comparison.replacing("StringEquals", with: "StringLike")
            }
            let addition = AccessDifference.Addition(
                claim: demand.claim, value: value.text, key: trust.conditionKey(demand.claim),
                comparison: comparison.isEmpty ? "StringLike" : comparison, insteadOf: insteadOf)
            if !answer.add.contains(addition) { answer.add.append(addition) }
        }
        return answer
    }
}

extension ClaimDemand {
    /// Under which a value without wildcards says as much as those that are there.
    fileprivate var literalKind: TextPattern.Kind {
        anyOf.contains { $0.kind == .equalsIgnoringCase } ? .equalsIgnoringCase : .like
    }
}

extension [TextPattern.Element] {
    fileprivate var isLiteral: Bool { allSatisfy { if case .scalar = $0 { true } else { false } } }
}

extension TokenText {
    /// The same with holes that follow each other in both, and what stands between them, as one: a wildcard may take in several.
    fileprivate static func fused(_ one: [TokenPart], _ other: [TokenPart]) -> ([TokenPart], [TokenPart]) {
        var (one, other) = (one, other)
        var index = 0
        while index < one.count {
            defer { index += 1 }
            guard case .hole(let hole, _) = one[index], let place = other.firstIndex(of: one[index]) else { continue }
            var length = 0
            while index + length < one.count, place + length < other.count,
                one[index + length] == other[place + length]
            { length += 1 }
            if case .text = one[index + length - 1] { length -= 1 }
            guard length > 1 else { continue }
            let whole = TokenPart.hole(TokenHole("\(hole.name) and on", .anything, usual: ""), isEscaped: false)
            one.replaceSubrange(index..<index + length, with: [whole])
            other.replaceSubrange(place..<place + length, with: [whole])
        }
        return (one, other)
    }

    /// Two texts without what both end with; that begins with a part of both, or behind a colon.
    fileprivate static func split(_ one: TokenText, _ other: TokenText)
        -> (head: [TokenPart], otherHead: [TokenPart], tail: [TokenPart])
    {
        var (head, otherHead) = (one.joined.parts, other.joined.parts)
        var tail: [TokenPart] = []
        while let last = head.last, last == otherHead.last {
            tail.insert(last, at: 0)
            head.removeLast()
            otherHead.removeLast()
        }
        guard case .text(let text)? = head.last, case .text(let otherText)? = otherHead.last else {
            return (head, otherHead, tail)
        }
        let (scalars, others) = (Array(text.unicodeScalars), Array(otherText.unicodeScalars))
        var common = 0
        while common < min(scalars.count, others.count),
            scalars[scalars.count - 1 - common] == others[others.count - 1 - common]
        { common += 1 }
        guard let colon = scalars[(scalars.count - common)...].firstIndex(of: ":") else {
            return (head, otherHead, tail)
        }
        let length = scalars.count - colon - 1
        func start(_ scalars: [Unicode.Scalar]) -> TokenPart {
            .text(String(String.UnicodeScalarView(scalars.dropLast(length))))
        }
        head[head.count - 1] = start(scalars)
        otherHead[otherHead.count - 1] = start(others)
        if length > 0 { tail.insert(.text(String(String.UnicodeScalarView(scalars.suffix(length)))), at: 0) }
        return (head, otherHead, tail)
    }
}
