import AuditCore
import Synchronization

/// Every subject that an outsider's template can yield: known keys in any order, each with what its owner can choose.
enum OutsiderSubject {
    /// What an outsider is not.
    struct Limits: Hashable {
        /// Logins.
        var owners: [String] = []
        var ownerIDs: [String] = []
        var repositoryIDs: [String] = []
        /// Keys that are left out, since their claims are demanded beside the subject and must say the same.
        var without: Set<String> = []
    }

    /// - Returns: a hole for the whole subject.
    static func hole(_ limits: Limits) -> TokenHole {
        TokenHole("custom_subject", .automaton(automaton(limits)), usual: "")
    }

    // MARK: - Keys

    private struct Part: Sendable {
        enum What: Sendable {
            case text([UInt32])
            case alphabet(TokenAlphabet, excluded: [String])
        }
        let what: What
        init(_ text: String) { what = .text(text.unicodeScalars.map(\.value)) }
        init(_ alphabet: TokenAlphabet, _ excluded: [String] = []) { what = .alphabet(alphabet, excluded: excluded) }
    }

    private static func keys(_ limits: Limits) -> [(name: String, parts: [Part])] {
        let keys: [(name: String, parts: [Part])] = [
            ("repo", [Part(.login, limits.owners), Part("/"), Part(.repositoryName)]),
            (
                "repo",
                [
                    Part(.login, limits.owners), Part("@"), Part(.number, limits.ownerIDs), Part("/"),
                    Part(.repositoryName), Part("@"), Part(.number, limits.repositoryIDs),
                ]
            ),
            ("environment", [Part(.freeText)]), ("ref", [Part(.ref)]), ("workflow", [Part(.freeText)]),
            ("repository_id", [Part(.number, limits.repositoryIDs)]),
            ("repository_owner", [Part(.login, limits.owners)]),
            ("repository_owner_id", [Part(.number, limits.ownerIDs)]),
            (
                "job_workflow_ref",
                [
                    Part(.login), Part("/"), Part(.repositoryName), Part("/.github/workflows/"), Part(.workflowFile),
                    Part("@"), Part(.workflowRef),
                ]
            ),
            ("head_ref", [Part(.refName)]), ("base_ref", [Part(.refName)]), ("actor", [Part(.actor)]),
            ("actor_id", [Part(.number)]), ("enterprise", [Part(.login)]), ("run_id", [Part(.number)]),
            ("sha", [Part(.commit)]), ("ref_type", [Part("branch")]), ("ref_type", [Part("tag")]),
            ("event_name", [Part("push")]), ("event_name", [Part("pull_request")]),
            ("event_name", [Part("workflow_dispatch")]), ("repository_visibility", [Part("public")]),
            ("repository_visibility", [Part("private")]), ("runner_environment", [Part("github-hosted")]),
            ("runner_environment", [Part("self-hosted")]), ("ref_protected", [Part("true")]),
            ("ref_protected", [Part("false")]),
        ]
        return keys.filter { !limits.without.contains($0.name) }
    }

    // MARK: - The automaton

    /// A state is a set of places, each in one key's text, since two keys may begin alike.
    private struct Place: Hashable, Sendable {
        let key: Int
        let part: Int
        /// Characters of a text, or the alphabet's state.
        let state: Int
        /// Of the texts that the part can't be, what it has begun with: an index into `Table.beginnings`; -1: none.
        let begun: Int
    }

    /// States get numbers as they are met.
    private struct Table: Sendable {
        private let keys: [[Part]]
        private let beginnings: [ExactText: Int]
        private let texts: [[UInt32]]
        private let excluded: Set<String>
        private var places: [Set<Place>] = []
        private var numbers: [Set<Place>: Int] = [:]
        private var moves: [Move: Int] = [:]

        private struct Move: Hashable, Sendable {
            let state: Int
            let scalar: UInt32
        }

        init(_ limits: Limits) {
            keys = OutsiderSubject.keys(limits).map { [Part("\($0.name):")] + $0.parts } + [[Part("pull_request")]]
            excluded = Set((limits.owners + limits.ownerIDs + limits.repositoryIDs).map(\.lowercasedASCII))
            var beginnings: [ExactText: Int] = [:]
            var texts: [[UInt32]] = []
            for text in excluded {
                var beginning = ""
                for scalar in [nil] + text.unicodeScalars.map(Optional.some) {
                    if let scalar { beginning.unicodeScalars.append(scalar) }
                    guard beginnings[ExactText(beginning)] == nil else { continue }
                    beginnings[ExactText(beginning)] = texts.count
                    texts.append(beginning.unicodeScalars.map(\.value))
                }
            }
            self.beginnings = beginnings
            self.texts = texts
            _ = number(Set(keys.indices.map { Place(key: $0, part: 0, state: 0, begun: -1) }))
        }

        mutating func step(_ state: Int, _ scalar: UInt32) -> Int? {
            if let known = moves[Move(state: state, scalar: scalar)] { return known < 0 ? nil : known }
            var next: Set<Place> = []
            for place in places[state] { move(place, scalar, &next) }
            let result = next.isEmpty ? -1 : number(next)
            moves[Move(state: state, scalar: scalar)] = result
            return result < 0 ? nil : result
        }

        func isEnd(_ state: Int) -> Bool { places[state].contains(where: isDone) }

        private mutating func number(_ set: Set<Place>) -> Int {
            if let known = numbers[set] { return known }
            numbers[set] = places.count
            places.append(set)
            return places.count - 1
        }

        private func isDone(_ place: Place) -> Bool {
            guard place.part == keys[place.key].count - 1 else { return false }
            return isPartDone(place)
        }

        private func isPartDone(_ place: Place) -> Bool {
            switch keys[place.key][place.part].what {
            case .text(let text): return place.state == text.count
            case .alphabet(let alphabet, let excluded):
                guard alphabet.isEnd(place.state) else { return false }
                guard place.begun >= 0, !excluded.isEmpty else { return true }
                return !excluded.contains { texts[place.begun] == $0.lowercasedASCII.unicodeScalars.map(\.value) }
            }
        }

        private func move(_ place: Place, _ scalar: UInt32, _ next: inout Set<Place>) {
            if isDone(place), scalar == 0x3A {
                for key in keys.indices { next.insert(Place(key: key, part: 0, state: 0, begun: -1)) }
                return
            }
            switch keys[place.key][place.part].what {
            case .text(let text):
                if place.state < text.count {
                    guard text[place.state] == scalar else { return }
                    next.insert(Place(key: place.key, part: place.part, state: place.state + 1, begun: -1))
                    return
                }
            case .alphabet(let alphabet, let excluded):
                // A colon within a value is written otherwise.
                if scalar != 0x3A, let state = alphabet.step(place.state, scalar) {
                    let begun = excluded.isEmpty ? -1 : begun(place, alphabet, scalar)
                    next.insert(Place(key: place.key, part: place.part, state: state, begun: begun))
                }
            }
            guard isPartDone(place), place.part + 1 < keys[place.key].count else { return }
            let following = Place(key: place.key, part: place.part + 1, state: 0, begun: -1)
            move(following, scalar, &next)
        }

        private func begun(_ place: Place, _ alphabet: TokenAlphabet, _ scalar: UInt32) -> Int {
            let before: [UInt32]
            if place.begun >= 0 {
                before = texts[place.begun]
            } else if place.state == alphabet.start {
                before = []
            } else {
                return -1
            }
            let folded = scalar < 0x80 ? UInt32(UInt8(scalar).lowercasedASCII) : scalar
            let text = String(String.UnicodeScalarView((before + [folded]).compactMap(Unicode.Scalar.init)))
            return beginnings[ExactText(text)] ?? -1
        }
    }

    /// Automata are kept, since most trusts name nobody but us.
    private static let known = Mutex<[Limits: TokenAutomaton]>([:])
    private static let knownMax = 64

    private static func automaton(_ limits: Limits) -> TokenAutomaton {
        if let automaton = known.withLock({ $0[limits] }) { return automaton }
        let automaton = newAutomaton(limits)
        known.withLock { known in
            if known.count >= knownMax { known = [:] }
            known[limits] = automaton
        }
        return automaton
    }

    private static func newAutomaton(_ limits: Limits) -> TokenAutomaton {
        let table = Mutex(Table(limits))
        let structure = Set("abcdefghijklmnopqrstuvwxyz_:/@.-17".unicodeScalars.map(\.value))
        return TokenAutomaton(
            structure: structure.sorted(), step: { state, scalar in table.withLock { $0.step(state, scalar) } },
            isEnd: { state in table.withLock { $0.isEnd(state) } })
    }
}
