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
    /// Most sets that are kept.
    static let nodesMax = 100_000
    /// Most sets that a hole's usual text is tried behind, before all of its texts.
    private static let usualMax = 64

    static func decide(_ language: TokenLanguage, _ demand: CompiledDemand) -> Decision {
        var run = TokenRun(language, demand)
        let decision = run.decide()
        if case .intricate = decision {
            demand.budget.note(run.steps, isIntricate: true)
        } else {
            demand.budget.note(run.steps, isIntricate: false)
        }
        return decision
    }

    // MARK: - Nodes

    private let language: TokenLanguage
    private let demand: CompiledDemand
    /// Where each demand's set begins in a node's words; `nil` if its claim is absent.
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
    private let stepsMax: Int

    private static let noScalar = UInt32.max

    private init(_ language: TokenLanguage, _ demand: CompiledDemand) {
        self.language = language
        self.demand = demand
        stepsMax = demand.budget.limit
        var width = 0
        offsets = demand.demands.indices.map { index in
            guard demand.demands[index].isRead, language.claims[demand.demands[index].claim] != nil else { return nil }
            defer { width += demand.sets[index].words }
            return width
        }
        self.width = width
    }

    private var isSpent: Bool { steps > stepsMax || parents.count > Self.nodesMax }

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
        let wanted = wanted(schedule, atoms)
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
                    forget(node, allBut: wanted[index].behind)
                    return !isDead(node)
                }
                if !isEntangled { frontier = distinct(frontier) }
            case .hole(let hole, let places):
                holes.append(hole)
                let isLast = schedule[(index + 1)...].allSatisfy { $0.claims.isDisjoint(with: step.claims) }
                let affected = places.map { (atoms: atoms[$0.claim], isEscaped: $0.isEscaped) }
                frontier = fill(
                    hole, Int16(holes.count - 1), affected, frontier, wanted[index], isLast: isLast)
            }
            if isSpent { return .intricate }
            if frontier.isEmpty { return .no }
        }
        guard isEntangled else { return frontier.first(where: isAccepted).map { .yes(texts(of: $0, holes)) } ?? .no }
        var isRefused = false
        for node in frontier.prefix(1000) where isAccepted(node) {
            let texts = texts(of: node, holes)
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

    /// Positions from which a match can be reached yet, in the words of a node.
    private struct Wanted {
        /// Behind a step of the schedule.
        var behind: [UInt64]
        /// Before it, and within it if it is a hole.
        var within: [UInt64]
    }

    /// - Returns: those of each step. Whatever fills a hole is taken for any text of its characters.
    private func wanted(_ schedule: [Schedule.Step], _ atoms: [[Int]]) -> [Wanted] {
        var current = Array(repeating: UInt64(0), count: width)
        for (atom, offset) in offsets.enumerated() {
            guard let offset else { continue }
            for (word, set) in demand.sets[atom].ends.enumerated() { current[offset + word] = set }
        }
        func change(_ affected: [Int], _ body: (PatternSet, inout ArraySlice<UInt64>) -> Void) {
            for atom in affected {
                guard let offset = offsets[atom] else { continue }
                body(demand.sets[atom], &current[offset..<offset + demand.sets[atom].words])
            }
        }
        var reversed: [Wanted] = []
        for step in schedule.reversed() {
            let behind = current
            switch step {
            case .text(let claim, let scalars):
                change(atoms[claim]) { set, wanted in
                    for scalar in scalars.reversed() { set.stepBack(&wanted, scalar) }
                }
            case .hole(let hole, let places):
                for place in places {
                    let hasColon = place.isEscaped && hole.alphabet.mayHold(0x3A)
                    change(atoms[place.claim]) { set, wanted in
                        set.closeBack(&wanted) { scalar in
                            hasColon && [0x25, 0x33, 0x41].contains(scalar)
                                || hole.alphabet.mayHold(scalar) && !(place.isEscaped && scalar == 0x3A)
                        }
                    }
                }
            }
            reversed.append(Wanted(behind: behind, within: current))
        }
        return reversed.reversed()
    }

    private mutating func forget(_ node: Int, allBut wanted: [UInt64]) {
        for word in 0..<width { live[node * width + word] &= wanted[word] }
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
        _ hole: TokenHole, _ number: Int16, _ places: Places, _ entries: [Int], _ wanted: Wanted, isLast: Bool,
    ) -> [Int] {
        let exits = texts(of: hole, number, places, entries, wanted, isLast: isLast)
        // What differed within the hole need not differ behind it.
        return distinct(
            exits.filter { node in
                forget(node, allBut: wanted.behind)
                return !isDead(node)
            })
    }

    /// The first node of each set.
    private func distinct(_ nodes: [Int]) -> [Int] {
        guard nodes.count > 1 else { return nodes }
        var known = NodeTable()
        return nodes.filter { known.insert($0, 0, 0, live, width) }
    }

    /// - Returns: a node for each text of the hole that leads somewhere else.
    private mutating func texts(
        of hole: TokenHole, _ number: Int16, _ places: Places, _ entries: [Int], _ wanted: Wanted, isLast: Bool,
    ) -> [Int] {
        let exclusion = Exclusion(hole.excluded, ignoresCase: hole.ignoresCase)
        var exits: [Int] = []
        var known = NodeTable()
        @discardableResult func leave(_ node: Int, _ run: inout TokenRun) -> Bool {
            guard known.insert(node, 0, 0, run.live, run.width) else { return false }
            exits.append(node)
            return true
        }
        func follow(_ text: String, from entries: ArraySlice<Int>, _ run: inout TokenRun) {
            for entry in entries {
                let count = run.parents.count
                var node = entry
                for scalar in text.unicodeScalars {
                    run.add(parent: node, scalar.value, hole: number)
                    node = run.parents.count - 1
                    run.take(node, scalar.value, places)
                }
                run.forget(node, allBut: wanted.within)
                if run.isDead(node) || !leave(node, &run) {
                    while run.parents.count > count { run.removeLast() }
                }
                if run.isSpent { return }
            }
        }
        if case .choice(let words) = hole.alphabet {
            let others = words.filter { !$0.isExactly(hole.usual) }
            for word in (words.count > others.count ? [hole.usual] : []) + others where !hole.excludes(word) {
                follow(word, from: entries[...], &self)
                if isSpent { break }
            }
            return exits
        }
        // For a text that is easily read. All texts are followed below.
        if hole.alphabet.contains(hole.usual), !hole.excludes(hole.usual) {
            follow(hole.usual, from: entries.prefix(Self.usualMax), &self)
        }
        if isLast, entries.count == exits.count, exits.allSatisfy({ isSettled($0, places) }) { return exits }
        let candidates = candidates(hole.alphabet, places, hole.excluded, wanted)
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
                    forget(reached, allBut: wanted.within)
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

    /// Characters that stand for all: those that a pattern distinguishes, those that the texts need, and a few of the others.
    private func candidates(
        _ alphabet: TokenAlphabet, _ places: Places, _ excluded: [String], _ wanted: Wanted,
    ) -> [UInt32] {
        var needed = Set<UInt32>(alphabet.structure)
        for place in places {
            for atom in place.atoms {
                guard let offset = offsets[atom] else { continue }
                let set = demand.sets[atom]
                let wanted = wanted.within[offset..<offset + set.words]
                needed.formUnion(set.scalars.filter { set.distinguishes($0, within: wanted) })
            }
            // A colon is three characters there.
            if place.isEscaped { needed.insert(0x3A) }
        }
        for text in excluded { needed.formUnion(text.unicodeScalars.map(\.value)) }
        let others = TokenAlphabet.readable.filter { !needed.contains($0) }
        var candidates: [UInt32] = []
        func add(_ ranges: ClosedRange<UInt32>...) {
            // The first range with one stands for those behind it, since it can stand wherever they can.
            for range in ranges {
                guard let one = others.first(where: { range.contains($0) }) else { continue }
                candidates.append(one)
                return
            }
        }
        add(0x67...0x7A, 0x41...0x5A)
        // No number begins with zero.
        add(0x31...0x39, 0x30...0x30)
        add(0x61...0x66)
        if candidates.isEmpty { candidates += [0x2D, 0x5F, 0x2E, 0xE9].filter { !needed.contains($0) } }
        return candidates + needed.sorted()
    }
}
