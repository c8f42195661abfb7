import AuditCore

/// Which repositories can use one trust.
struct AccessMatrix {
    let index: RepositoryIndex
    var known = KnownOutcomes()

    struct Result {
        var cells: [JudgedTrust.Cell] = []
        var outcomes: [AccessOutcome] = []
        var isIntricate = false
    }

    /// - Parameter entries: those to look at, in order; `nil`: all.
    func result(_ demand: CompiledDemand, entries: [Int]?) -> Result {
        var walk = MatrixWalk(index, demand, known)
        if let entries {
            for number in entries { walk.take(number) }
        } else {
            walk.takeAll()
        }
        return walk.result
    }
}

/// Runs a demand along the prefix tree of the texts that subjects begin with.
private struct MatrixWalk {
    private let index: RepositoryIndex
    private let demand: CompiledDemand
    private let shared: KnownOutcomes
    /// Demands of `sub`.
    private let subjects: [Int]
    /// Demands of claims of which each repository has one text.
    private let fixed: [Int]
    private let width: Int
    /// The sets of the demands of `sub` at each node from the root to the current one, concatenated.
    private var path: [UInt64]
    private var known: [Key: Int32] = [:]
    private var outcomes: [AccessOutcome] = []
    private var isIntricate = false
    /// Outcome by repository; -1: none. The first of several assumed formats counts.
    private var placed: [Int32]
    /// Outcome by shape, valid for one call of `place`: its number is in `round`.
    private var ofShape: [(round: Int, outcome: Int32)]
    private var round = 0

    /// What repositories share, as far as a demand reads it.
    private struct Key: Hashable {
        let shape: Int
        /// Answers to demands of claims whose text is known.
        let answers: [Bool?]
        /// The sets of demands of `sub` behind the start.
        let live: [UInt64]
    }

    private static let fixedClaims: Set<ClaimKey> = ["repository", "repository_id", "repository_owner_id"]

    init(_ index: RepositoryIndex, _ demand: CompiledDemand, _ shared: KnownOutcomes) {
        self.index = index
        self.demand = demand
        self.shared = shared
        let atoms = demand.demands.indices.filter { demand.demands[$0].isRead }
        subjects = atoms.filter { demand.demands[$0].claim == "sub" }
        fixed = atoms.filter { Self.fixedClaims.contains(demand.demands[$0].claim) }
        path = subjects.flatMap { demand.sets[$0].start }
        width = path.count
        placed = Array(repeating: -1, count: index.states.count)
        ofShape = Array(repeating: (0, -1), count: index.shapeCount)
    }

    var result: AccessMatrix.Result {
        var cells: [JudgedTrust.Cell] = []
        for (repository, outcome) in placed.enumerated() where outcome >= 0 {
            cells.append(JudgedTrust.Cell(repository: Int32(repository), outcome: outcome))
        }
        return AccessMatrix.Result(cells: cells, outcomes: outcomes, isIntricate: isIntricate)
    }

    mutating func takeAll() {
        if !index.tree.nodes.isEmpty { visit(0) }
    }

    mutating func take(_ number: Int) {
        path.append(contentsOf: path.suffix(width))
        for scalar in index.entries[number].start { step(scalar) }
        if !isDead { place(number..<number + 1) }
        path.removeLast(width)
    }

    // MARK: - Texts

    private mutating func visit(_ number: Int) {
        let node = index.tree.nodes[number]
        path.append(contentsOf: path.suffix(width))
        defer { path.removeLast(width) }
        for scalar in index.entries[node.texts.lowerBound].start[node.label] { step(scalar) }
        if isDead { return }
        if node.texts.count > 1, let last = node.last, let between = node.between, isFixed(between) {
            path.append(contentsOf: path.suffix(width))
            step(last)
            if !isDead { place(node.texts) }
            path.removeLast(width)
            return
        }
        place(node.own)
        for child in node.children { visit(child) }
    }

    /// Whether none of these characters changes the sets.
    private mutating func isFixed(_ between: (low: UInt64, high: UInt64)) -> Bool {
        let start = path.count - width
        for (word, first) in [(between.low, UInt32(0)), (between.high, 64)] {
            var rest = word
            while rest != 0 {
                path.append(contentsOf: path[start...])
                step(first + UInt32(rest.trailingZeroBitCount))
                rest &= rest - 1
                let isSame = path[start..<start + width] == path[(start + width)...]
                path.removeLast(width)
                if !isSame { return false }
            }
        }
        return true
    }

    private mutating func step(_ scalar: UInt32) {
        let start = path.count - width
        path.withUnsafeMutableBufferPointer { buffer in
            guard var base = buffer.baseAddress.map({ $0 + start }) else { return }
            for atom in subjects {
                demand.sets[atom].step(base, scalar)
                base += demand.sets[atom].words
            }
        }
    }

    private var isDead: Bool {
        let start = path.count - width
        return path.withUnsafeBufferPointer { buffer in
            guard var base = buffer.baseAddress.map({ $0 + start }) else { return false }
            for atom in subjects {
                if demand.isRequired[atom], demand.sets[atom].isDead(base) { return true }
                base += demand.sets[atom].words
            }
            return false
        }
    }

    // MARK: - Outcomes

    /// Assigns entries the outcome that follows from the current sets.
    private mutating func place(_ numbers: Range<Int>) {
        round += 1
        for number in numbers {
            let shape = index.shapes[number]
            let outcome: Int32
            if fixed.isEmpty, ofShape[shape].round == round {
                outcome = ofShape[shape].outcome
            } else {
                let found = self.outcome(of: number)
                outcome = found.number
                if found.isShared { ofShape[shape] = (round, outcome) }
            }
            let repository = Int(index.repositories[number])
            if outcome >= 0, placed[repository] < 0 { placed[repository] = outcome }
        }
    }

    /// - Returns: its number, and whether it holds for all that share the demand's view.
    private mutating func outcome(of number: Int) -> (number: Int32, isShared: Bool) {
        let entry = index.entries[number]
        var answers: [Bool?] = []
        for atom in fixed {
            let answer = answer(atom, index.states[entry.repository].repository)
            if demand.isRequired[atom], answer == false { return (-1, true) }
            answers.append(answer)
        }
        let key = Key(shape: entry.shape, answers: answers, live: Array(path.suffix(width)))
        if let outcome = known[key] { return (outcome, true) }
        let found = found(entry, key)
        isIntricate = isIntricate || found.isIntricate
        let outcome = found.outcome.isNothing ? -1 : Int32(outcomes.count)
        if outcome >= 0 { outcomes.append(found.outcome) }
        // Another repository has workflows of its own.
        if found.hangsOnNames { return (outcome, false) }
        known[key] = outcome
        return (outcome, true)
    }

    private func found(_ entry: RepositoryIndex.Entry, _ key: Key) -> KnownOutcomes.Found {
        guard !demand.budget.isShort, let rest = demand.rest(behind: key.live, subjects, answers(key.answers)) else {
            return index.outcome(of: entry, demand)
        }
        return shared.outcome(of: entry, rest, index, demand.budget) ?? index.outcome(of: entry, demand)
    }

    private func answers(_ answers: [Bool?]) -> [Int: Bool] {
        var known: [Int: Bool] = [:]
        for (atom, answer) in zip(fixed, answers) { known[atom] = answer }
        return known
    }

    /// - Returns: `nil` if the repository's text is not known.
    private func answer(_ atom: Int, _ repository: Repository) -> Bool? {
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
            return set.isMatch(base) != demand.demands[atom].isNegated
        }
    }
}
