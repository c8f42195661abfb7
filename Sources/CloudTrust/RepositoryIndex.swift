import AuditCore

/// The repositories of a world by the texts that their subjects begin with.
struct RepositoryIndex {
    /// One way in which the subjects of a repository may be made.
    struct Entry {
        let repository: Int
        /// What every subject begins with.
        let start: [UInt32]
        /// Equal for entries whose tokens differ in that text, names and ids alone.
        let shape: Int
        /// The number of the language that is taken as likely where nothing is known of the subjects; else `nil`.
        let likely: Int?
    }

    /// Sorted by `start`.
    let entries: [Entry]
    let states: [RepositoryState]
    /// Indices of entries by repository.
    let entriesOf: [[Int]]
    /// Of the entries' starts.
    let tree: StartTree
    /// Of the entries, each beside the others of its kind, since trusts that are owner-wide go through all of them.
    let shapes: [Int]
    let repositories: [Int32]
    /// Shapes are numbered from zero.
    let shapeCount: Int
    private let byName: [ExactText: [Int]]
    private let byID: [Int64: [Int]]
    private let shared: [[String]]
    private let subjectGroup: [Int]

    init(_ states: [RepositoryState]) {
        self.states = states
        var shapes: [String: Int] = [:]
        var entries: [Entry] = []
        entries.reserveCapacity(states.count)
        var subjects: [String: [Int]] = [:]
        for (index, state) in states.enumerated() {
            let repository = state.repository
            func add(_ language: SubjectLanguage, likely: Int?) {
                let (start, rest) = language.start
                let signature = "\(likely.map { String($0) } ?? "")\u{3}\(repository.ownerID == nil)\u{3}\(rest)"
                let shape = shapes[signature] ?? shapes.count
                shapes[signature] = shape
                entries.append(
                    Entry(
                        repository: index, start: start.unicodeScalars.map(\.value), shape: shape, likely: likely)
                )
            }
            if let language = state.language, !language.isWhollyUnknown {
                add(language, likely: nil)
                if language.isCertain, !language.namesItsRepository {
                    subjects[language.text, default: []].append(index)
                }
            } else {
                for (number, language) in state.likelyLanguages.enumerated() { add(language, likely: number) }
            }
        }
        entries.sort { $0.start.lexicographicallyPrecedes($1.start) }
        self.entries = entries
        var entriesOf = Array(repeating: [Int](), count: states.count)
        for (number, entry) in entries.enumerated() { entriesOf[entry.repository].append(number) }
        self.entriesOf = entriesOf
        tree = StartTree(entries.map(\.start))
        self.shapes = entries.map(\.shape)
        repositories = entries.map { Int32($0.repository) }
        shapeCount = shapes.count
        byName = Dictionary(grouping: entries.indices) {
            ExactText(states[entries[$0].repository].repository.fullName)
        }
        byID = Dictionary(grouping: entries.indices) { states[entries[$0].repository].repository.id.rawValue }
        var groups = Array(repeating: -1, count: states.count)
        var shared: [[String]] = []
        for (_, members) in subjects.sorted(by: { $0.key < $1.key }) where members.count > 1 {
            for member in members { groups[member] = shared.count }
            shared.append(members.map { states[$0].repository.fullName })
        }
        self.shared = shared
        subjectGroup = groups
    }

    /// Repositories that present one subject and are both among these.
    func sharedSubjects(_ cells: [JudgedTrust.Cell]) -> [[String]] {
        var counts: [Int: [String]] = [:]
        for cell in cells where subjectGroup[Int(cell.repository)] >= 0 {
            counts[subjectGroup[Int(cell.repository)], default: []]
                .append(states[Int(cell.repository)].repository.fullName)
        }
        return counts.sorted { $0.key < $1.key }.map(\.value).filter { $0.count > 1 }
    }

    /// What tokens of an entry say, context by context.
    func tokens(of entry: Entry, keys: [ClaimKey]) -> [TokenLanguage] {
        let state = states[entry.repository]
        return entry.likely.map { state.tokens(likely: $0, of: keys) } ?? state.tokens(of: keys)
    }

    /// The entries that a demand may accept, in order; `nil`: all, where nothing but the subject narrows them.
    func candidates(_ demand: CompiledDemand) -> [Int]? {
        for atom in demand.demands.indices where demand.isRequired[atom] {
            let patterns = demand.demands[atom].anyOf
            switch demand.demands[atom].claim {
            case "repository" where patterns.allSatisfy { $0.isLiteral && $0.kind != .equalsIgnoringCase }:
                return Set(patterns.flatMap { byName[ExactText($0.literalStart)] ?? [] }).sorted()
            case "repository_id" where patterns.allSatisfy(\.isLiteral):
                return Set(patterns.compactMap { Int64($0.literalStart) }.flatMap { byID[$0] ?? [] }).sorted()
            default: continue
            }
        }
        return nil
    }
}

extension SubjectLanguage {
    /// Whether no other repository can have the same subject.
    fileprivate var namesItsRepository: Bool {
        segments.contains { $0.key.rendersAsRepository || $0.key == "repository_id" || $0.key == "workflow_ref" }
    }
}
