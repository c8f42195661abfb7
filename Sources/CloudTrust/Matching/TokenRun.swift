import AuditCore

/// What came of asking whether some token of a language meets a demand.
enum Decision {
    case no
    /// The texts of holes that make such a token; any other hole may hold anything.
    case yes([String: String])
    /// One text stands at several places of a token in an order that is not followed.
    case entangled
    case intricate
}

/// Runs a demand along a language: every set of live positions that some token leads to, with how it came there.
struct TokenRun {
    /// Most moves of a set by one character, counted in words of 64 bits.
    static let stepsMax = 2_000_000
    /// Most sets that are kept.
    static let nodesMax = 20_000

    static func decide(_ language: TokenLanguage, _ demand: CompiledDemand) -> Decision {
        var run = TokenRun(language, demand)
        return run.decide()
    }

    // MARK: - Nodes

    private let language: TokenLanguage
    private let demand: CompiledDemand
    /// Where each demand's set begins in a node's words; `nil` where its claim is absent.
    private let offsets: [Int?]
    private let width: Int
    /// Sets of every node, one after the other.
    private var live: [UInt64] = []
    private var parents: [Int32] = []
    /// The character by which a node was reached; `noScalar` where it was a fixed text or the end of a hole.
    private var reached: [UInt32] = []
    /// The hole within which that was.
    private var reachedIn: [Int16] = []
    private var steps = 0

    private static let noScalar = UInt32.max

    private init(_ language: TokenLanguage, _ demand: CompiledDemand) {
        self.language = language
        self.demand = demand
        var width = 0
        offsets = demand.demands.indices.map { index in
            guard demand.demands[index].isRead, language.claims[demand.demands[index].claim] != nil else { return nil }
            defer { width += demand.sets[index].words }
            return width
        }
        self.width = width
    }

    private var isSpent: Bool { steps > Self.stepsMax || parents.count > Self.nodesMax }

    private mutating func decide() -> Decision {
        for index in demand.demands.indices where demand.isRequired[index] && offsets[index] == nil {
            if !demand.demands[index].whenAbsent { return .no }
        }
        // What the subject refuses is refused at once; an audience may be anything.
        let claims = demand.claims.filter { language.claims[$0] != nil }.sorted { Self.rank($0) < Self.rank($1) }
        let (schedule, isEntangled) = Schedule.plan(claims.map { language.claims[$0] ?? "" })
        let atoms = claims.map { claim in
            demand.demands.indices.filter { demand.demands[$0].claim == claim && offsets[$0] != nil }
        }
        add(parent: -1, Self.noScalar, hole: -1)
        for (index, offset) in offsets.enumerated() {
            guard let offset else { continue }
            for word in 0..<demand.sets[index].words { live[offset + word] = demand.sets[index].start[word] }
        }
        if !isEntangled, let texts = usual(schedule, atoms) { return .yes(texts) }
        var frontier = [0]
        var holes: [TokenHole] = []
        for (index, step) in schedule.enumerated() {
            switch step {
            case .text(let claim, let scalars):
                frontier = frontier.filter { node in
                    for scalar in scalars {
                        move(node, scalar, atoms[claim])
                        if isSpent { return false }
                    }
                    return !isDead(node)
                }
            case .hole(let hole, let places):
                holes.append(hole)
                let isLast = schedule[(index + 1)...].allSatisfy { $0.claims.isDisjoint(with: step.claims) }
                let affected = places.map { (atoms: atoms[$0.claim], isEscaped: $0.isEscaped) }
                frontier = fill(hole, Int16(holes.count - 1), affected, frontier, isLast: isLast)
            }
            if isSpent { return .intricate }
            if frontier.isEmpty { return .no }
        }
        var isRefused = false
        for node in frontier.prefix(1000) where isAccepted(node) {
            let texts = texts(of: node, holes)
            guard isEntangled else { return .yes(texts) }
            let witness = language.witness(of: demand.demand, texts, optional: language.optional)
            if LiteralMatcher.accepts(demand.demand, witness.claims) { return .yes(texts) }
            isRefused = true
        }
        if isRefused { return .entangled }
        return frontier.count > 1000 ? (frontier.contains(where: isAccepted) ? .entangled : .no) : .no
    }

    private static func rank(_ claim: ClaimKey) -> Int { claim == "sub" ? 0 : claim == "aud" ? 2 : 1 }

    /// The texts that a person expects, where a token of them is accepted.
    private mutating func usual(_ schedule: [Schedule.Step], _ atoms: [[Int]]) -> [String: String]? {
        add(parent: 0, Self.noScalar, hole: -1)
        defer { removeLast() }
        let node = parents.count - 1
        var texts: [String: String] = [:]
        for step in schedule {
            switch step {
            case .text(let claim, let scalars): for scalar in scalars { move(node, scalar, atoms[claim]) }
            case .hole(let hole, let places):
                guard hole.alphabet.contains(hole.usual), !hole.excludes(hole.usual) else { return nil }
                texts[hole.name] = hole.usual
                let affected = places.map { (atoms: atoms[$0.claim], isEscaped: $0.isEscaped) }
                for scalar in hole.usual.unicodeScalars { take(node, scalar.value, affected) }
            }
            if isDead(node) { return nil }
        }
        return isAccepted(node) ? texts : nil
    }

    private mutating func add(parent: Int, _ scalar: UInt32, hole: Int16) {
        parents.append(Int32(parent))
        reached.append(scalar)
        reachedIn.append(hole)
        if parent < 0 {
            live.append(contentsOf: repeatElement(0, count: width))
        } else {
            for word in 0..<width { live.append(live[parent * width + word]) }
        }
    }

    private mutating func move(_ node: Int, _ scalar: UInt32, _ atoms: [Int]) {
        live.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            for atom in atoms {
                guard let offset = offsets[atom] else { continue }
                demand.sets[atom].step(base + node * width + offset, scalar)
                steps += demand.sets[atom].words
            }
        }
    }

    private func isDead(_ node: Int) -> Bool {
        live.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            for (atom, offset) in offsets.enumerated() {
                guard let offset, demand.isRequired[atom] else { continue }
                if demand.sets[atom].isDead(base + node * width + offset) { return true }
            }
            return false
        }
    }

    private func isAccepted(_ node: Int) -> Bool {
        live.withUnsafeBufferPointer { buffer in
            demand.demand.value { atom in
                let one = demand.demands[atom]
                guard let offset = offsets[atom], let base = buffer.baseAddress else { return one.whenAbsent }
                return demand.sets[atom].isMatch(base + node * width + offset) != one.isNegated
            }
        }
    }

    private func texts(of node: Int, _ holes: [TokenHole]) -> [String: String] {
        var reversed: [String: [UInt32]] = [:]
        for hole in holes { reversed[hole.name] = [] }
        var node = node
        while node >= 0 {
            if reached[node] != Self.noScalar { reversed[holes[Int(reachedIn[node])].name]?.append(reached[node]) }
            node = Int(parents[node])
        }
        return reversed.mapValues { scalars in
            String(String.UnicodeScalarView(scalars.reversed().compactMap(Unicode.Scalar.init)))
        }
    }

    // MARK: - Holes

    private typealias Places = [(atoms: [Int], isEscaped: Bool)]

    /// - Returns: the nodes behind the hole.
    private mutating func fill(
        _ hole: TokenHole, _ number: Int16, _ places: Places, _ entries: [Int], isLast: Bool,
    ) -> [Int] {
        let exclusion = Exclusion(hole.excluded, ignoresCase: hole.ignoresCase)
        var exits: [Int] = []
        var known = NodeTable()
        func leave(_ node: Int, _ run: inout TokenRun) {
            if known.insert(node, 0, 0, run.live, run.width) { exits.append(node) }
        }
        func follow(_ text: String, _ run: inout TokenRun) {
            for entry in entries.prefix(64) {
                var node = entry
                for scalar in text.unicodeScalars {
                    run.add(parent: node, scalar.value, hole: number)
                    node = run.parents.count - 1
                    run.take(node, scalar.value, places)
                }
                if !run.isDead(node) { leave(node, &run) }
                if run.isSpent { return }
            }
        }
        if case .choice(let words) = hole.alphabet {
            for word in [hole.usual] + words where words.contains(word) && !hole.excludes(word) { follow(word, &self) }
            return exits
        }
        if hole.alphabet.contains(hole.usual), !hole.excludes(hole.usual) { follow(hole.usual, &self) }
        if isLast, entries.count == exits.count, exits.allSatisfy({ isSettled($0, places) }) { return exits }
        let candidates = Self.candidates(hole.alphabet, demand, places, hole.excluded)
        var seen = NodeTable()
        var level: [(node: Int, state: Int, excluded: Int)] = []
        for entry in entries where seen.insert(entry, hole.alphabet.start, 0, live, width) {
            level.append((entry, hole.alphabet.start, 0))
            if hole.alphabet.isEnd(hole.alphabet.start) { leave(entry, &self) }
        }
        var length = 0
        while !level.isEmpty, length < hole.alphabet.lengthMax {
            length += 1
            var next: [(node: Int, state: Int, excluded: Int)] = []
            for (node, state, excluded) in level {
                for scalar in candidates {
                    guard let after = hole.alphabet.step(state, scalar) else { continue }
                    add(parent: node, scalar, hole: number)
                    let reached = parents.count - 1
                    take(reached, scalar, places)
                    let now = exclusion.step(excluded, scalar)
                    if isSpent { return exits }
                    guard !isDead(reached), seen.insert(reached, after, now, live, width) else {
                        removeLast()
                        continue
                    }
                    next.append((reached, after, now))
                    if hole.alphabet.isEnd(after), !exclusion.isEnd(now) { leave(reached, &self) }
                }
            }
            level = next
        }
        return exits
    }

    /// Whether no other text could do better: each demand that reads it is met, and must be.
    private func isSettled(_ node: Int, _ places: Places) -> Bool {
        live.withUnsafeBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return false }
            return places.allSatisfy { place in
                place.atoms.allSatisfy { atom in
                    guard let offset = offsets[atom], demand.isRequired[atom], !demand.demands[atom].isNegated else {
                        return false
                    }
                    return demand.sets[atom].isMatch(base + node * width + offset)
                }
            }
        }
    }

    private mutating func removeLast() {
        parents.removeLast()
        reached.removeLast()
        reachedIn.removeLast()
        live.removeLast(width)
    }

    private mutating func take(_ node: Int, _ scalar: UInt32, _ places: Places) {
        for place in places {
            if place.isEscaped, scalar == 0x3A {
                for one in [0x25, 0x33, 0x41] as [UInt32] { move(node, one, place.atoms) }
            } else {
                move(node, scalar, place.atoms)
            }
        }
    }

    /// Characters that stand for all: those that a pattern tells apart, those that the texts need, and a few of the others.
    private static func candidates(
        _ alphabet: TokenAlphabet, _ demand: CompiledDemand, _ places: Places, _ excluded: [String],
    ) -> [UInt32] {
        var told = Set<UInt32>(alphabet.structure)
        for place in places {
            for atom in place.atoms { told.formUnion(demand.sets[atom].scalars) }
            // A colon is three characters there.
            if place.isEscaped { told.insert(0x3A) }
        }
        for text in excluded { told.formUnion(text.unicodeScalars.map(\.value)) }
        let others = TokenAlphabet.readable.filter { !told.contains($0) }
        var candidates: [UInt32] = []
        for isFit in [{ $0 >= 0x67 && $0 <= 0x7A }, { $0 <= 0x39 }, { $0 >= 0x61 && $0 <= 0x66 }] as [(UInt32) -> Bool]
        {
            if let one = others.first(where: isFit) { candidates.append(one) }
        }
        if candidates.isEmpty { candidates += [0x2D, 0x5F, 0xE9].filter { !told.contains($0) } }
        return candidates + told.sorted()
    }
}

/// The order in which the parts of several claims are followed, so that each hole is followed in all of them at once.
private enum Schedule {
    enum Step {
        case text(claim: Int, [UInt32])
        case hole(TokenHole, [(claim: Int, isEscaped: Bool)])

        var claims: Set<Int> {
            switch self {
            case .text(let claim, _): [claim]
            case .hole(_, let places): Set(places.map(\.claim))
            }
        }
    }

    /// - Returns: the steps, and whether a hole had to be followed at one of its places without another.
    static func plan(_ texts: [TokenText]) -> (steps: [Step], isEntangled: Bool) {
        var rest = texts.map { $0.parts[...] }
        var steps: [Step] = []
        var isEntangled = false
        var done: [String: Int] = [:]
        while true {
            for claim in rest.indices {
                while case .text(let text)? = rest[claim].first {
                    steps.append(.text(claim: claim, text.unicodeScalars.map(\.value)))
                    rest[claim].removeFirst()
                }
            }
            let open = rest.indices.filter { !rest[$0].isEmpty }
            guard !open.isEmpty else { return (steps, isEntangled) }
            let chosen = open.first { isReady($0, rest) }
            isEntangled = isEntangled || chosen == nil
            guard case .hole(let hole, _)? = rest[chosen ?? open[0]].first else { continue }
            var places: [(claim: Int, isEscaped: Bool)] = []
            for claim in open {
                guard case .hole(let other, let isEscaped)? = rest[claim].first, other.name == hole.name else {
                    continue
                }
                places.append((claim, isEscaped))
                rest[claim].removeFirst()
            }
            // The texts of a hole that comes again are told apart, and held against each other at the end.
            let times = done[hole.name, default: 0]
            done[hole.name] = times + 1
            steps.append(.hole(times == 0 ? hole : hole.renamed("\(hole.name) \(times)"), places))
        }
    }

    /// Whether the next hole of a claim is the next one wherever it stands.
    private static func isReady(_ claim: Int, _ rest: [ArraySlice<TokenPart>]) -> Bool {
        guard case .hole(let hole, _)? = rest[claim].first else { return false }
        return rest.allSatisfy { parts in
            let places = parts.indices.filter {
                if case .hole(let other, _) = parts[$0] { other.name == hole.name } else { false }
            }
            return places.isEmpty || places == [parts.startIndex]
        }
    }
}

extension TokenHole {
    fileprivate func excludes(_ text: String) -> Bool {
        excluded.contains { ignoresCase ? $0.isExactlyIgnoringCase(text) : $0.isExactly(text) }
    }

    fileprivate func renamed(_ name: String) -> TokenHole {
        var hole = TokenHole(name, alphabet, usual: usual)
        hole.excluded = excluded
        hole.ignoresCase = ignoresCase
        return hole
    }
}

/// Texts that a hole can't be, as a tree of characters.
private struct Exclusion {
    private var next: [[UInt32: Int]] = [[:]]
    private var ends: Set<Int> = []
    private let ignoresCase: Bool

    init(_ texts: [String], ignoresCase: Bool) {
        self.ignoresCase = ignoresCase
        for text in texts {
            var node = 0
            for scalar in text.unicodeScalars {
                let folded = fold(scalar.value)
                if let known = next[node][folded] {
                    node = known
                } else {
                    next.append([:])
                    next[node][folded] = next.count - 1
                    node = next.count - 1
                }
            }
            ends.insert(node)
        }
    }

    /// - Parameter node: -1 where the text is none of them any more.
    func step(_ node: Int, _ scalar: UInt32) -> Int { node < 0 ? -1 : next[node][fold(scalar)] ?? -1 }

    func isEnd(_ node: Int) -> Bool { ends.contains(node) }

    private func fold(_ scalar: UInt32) -> UInt32 {
        ignoresCase && (0x41...0x5A).contains(scalar) ? scalar + 0x20 : scalar
    }
}

/// Nodes told apart by their sets and two more numbers.
private struct NodeTable {
    private var slots: [(node: Int32, state: Int, excluded: Int)?] = Array(repeating: nil, count: 16)
    private var count = 0

    /// - Returns: false where an equal one is there.
    mutating func insert(_ node: Int, _ state: Int, _ excluded: Int, _ live: [UInt64], _ width: Int) -> Bool {
        if count * 2 >= slots.count { grow(live, width) }
        guard let slot = free(node, state, excluded, live, width) else { return false }
        slots[slot] = (Int32(node), state, excluded)
        count += 1
        return true
    }

    /// - Returns: `nil` where an equal one is there.
    private func free(_ node: Int, _ state: Int, _ excluded: Int, _ live: [UInt64], _ width: Int) -> Int? {
        var hash = UInt64(truncatingIfNeeded: state) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: excluded)
        for word in 0..<width {
            hash = (hash ^ live[node * width + word]) &* 0xBF58_476D_1CE4_E5B9
            hash ^= hash >> 29
        }
        var slot = Int(hash % UInt64(slots.count))
        while let other = slots[slot] {
            if other.state == state, other.excluded == excluded,
                (0..<width).allSatisfy({ live[Int(other.node) * width + $0] == live[node * width + $0] })
            {
                return nil
            }
            slot = (slot + 1) % slots.count
        }
        return slot
    }

    private mutating func grow(_ live: [UInt64], _ width: Int) {
        let old = slots
        slots = Array(repeating: nil, count: old.count * 2)
        for case let entry? in old {
            guard let slot = free(Int(entry.node), entry.state, entry.excluded, live, width) else { continue }
            slots[slot] = entry
        }
    }
}
