import AuditCore
import Synchronization

/// Every subject that an outsider's template can yield: known keys in any order, each with what its owner can choose.
enum OutsiderSubject {
    /// What an outsider is not, and what is known of one.
    struct Limits: Hashable {
        /// Of the tokens.
        var issuer = Trust.gitHubIssuer
        /// Of the tokens, whichever it is; `nil`: any.
        var audiences: [String]?
        /// Logins.
        var owners: [String] = []
        var ownerIDs: [String] = []
        /// Of repositories.
        var names: [String] = []
        var repositoryIDs: [String] = []
        /// `nil`: any but those above; likewise below.
        var owner: String?
        var ownerID: String?
        var repositoryID: String?
        /// The job that the token is for; `nil`: any, so that a subject may hold what no one job has.
        var context: JobContext?
        /// Keys that are left out, since their claims are demanded beside the subject and must say the same.
        var without: Set<String> = []
        /// Keys that come once at most. A template holds each of its keys once, and most subjects do so by themselves.
        var once: Set<String> = []
        /// Keys whose values are no longer than GitHub allows. The values of others are as short as the patterns let them be.
        var measured: Set<String> = []
    }

    /// - Parameter starts: texts with which subjects begin that are asked about: a subject that continues one with a
    ///   repository is what a person expects to see.
    /// - Returns: a hole for the whole subject.
    static func hole(_ limits: Limits, resembling starts: [String] = []) -> TokenHole {
        let alphabet = TokenAlphabet.automaton(automaton(limits))
        let owner = limits.owner ?? TokenIdentity.ownerHole.usual
        let usual = starts.lazy.map { start in
            start + (start.isEmpty || start.hasSuffix(":") ? "" : ":") + "repo:\(owner)/\(TokenIdentity.nameHole.usual)"
        }.first(where: alphabet.contains)
        return TokenHole("custom_subject", alphabet, usual: usual ?? "")
    }

    /// Whether some template yields a subject, its values no longer than GitHub allows.
    static func contains(_ subject: String, _ limits: Limits, measuring keys: Set<String>) -> Bool {
        var limits = limits
        limits.measured.formUnion(keys)
        return TokenAlphabet.automaton(automaton(limits)).contains(subject)
    }

    /// What a key of a subject is in `Limits`: custom properties are one.
    static func rowKey(_ key: String) -> String {
        key.hasPrefix("repo_property_") ? ClaimCatalog.customProperty.key.rawValue : key
    }

    /// The keys of a subject, with their values.
    static func segments(of subject: String) -> [(key: String, value: String)] {
        var rest = subject.split(separator: ":", omittingEmptySubsequences: false).map(String.init)[...]
        var segments: [(key: String, value: String)] = []
        while let key = rest.popFirst() {
            segments.append((key, key == pullRequest ? "" : rest.popFirst() ?? ""))
        }
        return segments
    }

    // MARK: - Keys

    private struct Part: Hashable, Sendable {
        enum What: Hashable, Sendable {
            case text([UInt32])
            case alphabet(TokenAlphabet, excluded: Set<String>)
        }
        let what: What
        init(_ text: String) { what = .text(text.unicodeScalars.map(\.value)) }
        init(_ alphabet: TokenAlphabet, _ excluded: [String] = []) {
            what = .alphabet(alphabet, excluded: Set(excluded.map(\.lowercasedASCII)))
        }
    }

    /// A key of a template with its value, as one text may be.
    private struct Row: Hashable, Sendable {
        let key: String
        let parts: [Part]
    }

    private static let pullRequest = "pull_request"

    private static func rows(_ limits: Limits) -> [Row] {
        var seen: Set<Row> = []
        return (limits.context.map { [$0] } ?? JobContext.allCases)
            .flatMap { rows(limits, in: $0) }
            .filter { !limits.without.contains($0.key) && seen.insert($0).inserted }
    }

    private static func rows(_ limits: Limits, in context: JobContext) -> [Row] {
        func text(_ known: String?, _ hole: TokenHole, _ excluded: [String]) -> TokenText {
            var hole = hole
            hole.excluded = excluded
            return known.map { TokenText($0) } ?? TokenText(hole)
        }
        let identity = TokenIdentity(
            owner: text(limits.owner, TokenIdentity.ownerHole, limits.owners),
            ownerID: text(limits.ownerID, TokenIdentity.ownerIDHole, limits.ownerIDs),
            name: text(nil, TokenIdentity.nameHole, limits.names),
            repositoryID: text(limits.repositoryID, TokenIdentity.repositoryIDHole, limits.repositoryIDs))
        let names = identity.owner + "/" + identity.name
        let namesWithIDs =
            identity.owner + "@" + identity.ownerID + "/" + identity.name + "@" + identity.repositoryID
        var texts: [(key: String, value: TokenText)] = []
        for key in ["repo", "repository"] { texts += [(key, names), (key, namesWithIDs)] }
        // The tail of a default subject, unless it is as the keys ref and environment are.
        if context.kind == .pullRequest { texts.append((pullRequest, TokenText([]))) }
        var others: Set<ClaimKey> = ["repo", "repository", "context", "sub", "iss"]
        if let audiences = limits.audiences {
            others.insert("aud")
            texts += audiences.map { ("aud", TokenText($0)) }
        }
        for claim in ClaimCatalog.all where !others.contains(claim.key) {
            guard let value = TokenClaims.value(of: claim.key, in: context, identity) else { continue }
            texts.append((claim.key.rawValue, value))
        }
        texts.append(("iss", TokenText(limits.issuer)))
        if context.isOnPullRequest, let own = TokenClaims.value(of: "workflow_ref", in: context, identity) {
            texts.append(("job_workflow_ref", own))
        }
        let property = Row(
            key: ClaimCatalog.customProperty.key.rawValue,
            parts: [Part("repo_property_"), Part(.repositoryName), Part(":"), Part(.freeText)])
        return texts.flatMap { key, value in
            Self.parts(value).map { Row(key: key, parts: [Part(key == pullRequest ? key : key + ":")] + $0) }
        } + [property]
    }

    /// One for each combination of words.
    private static func parts(_ text: TokenText) -> [[Part]] {
        text.joined.parts.reduce([[]]) { rows, part in
            let choices: [Part] =
                switch part {
                case .text(let text): [Part(text.escapedInSubject)]
                case .hole(let hole, _):
                    if case .choice(let words) = hole.alphabet {
                        words.map { Part($0) }
                    } else {
                        [Part(hole.alphabet, hole.excluded)]
                    }
                }
            return rows.flatMap { row in choices.map { row + [$0] } }
        }
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
        /// Characters of the part, where they are counted.
        var length = 0
        /// Keys that came and come once at most, one bit each.
        let used: UInt64
    }

    /// States get numbers as they are met.
    private struct Table: Sendable {
        private let keys: [[Part]]
        /// The bit of each key that comes once at most.
        private let bits: [UInt64]
        private let isMeasured: [Bool]
        private let beginnings: [ExactText: Int]
        private let texts: [(scalars: [UInt32], text: String)]
        private var places: [Set<Place>] = []
        private var numbers: [Set<Place>: Int] = [:]
        private var moves: [Move: Int] = [:]

        private struct Move: Hashable, Sendable {
            let state: Int
            let scalar: UInt32
        }

        init(_ limits: Limits) {
            let rows = OutsiderSubject.rows(limits)
            keys = rows.map(\.parts)
            let once = limits.once.sorted()
            bits = rows.map { row in once.prefix(64).firstIndex(of: row.key).map { 1 << UInt64($0) } ?? 0 }
            isMeasured = rows.map { limits.measured.contains($0.key) }
            let excluded = Set(
                (limits.owners + limits.ownerIDs + limits.names + limits.repositoryIDs).map(\.lowercasedASCII))
            var beginnings: [ExactText: Int] = [:]
            var texts: [(scalars: [UInt32], text: String)] = []
            for text in excluded {
                var beginning = ""
                for scalar in [nil] + text.unicodeScalars.map(Optional.some) {
                    if let scalar { beginning.unicodeScalars.append(scalar) }
                    guard beginnings[ExactText(beginning)] == nil else { continue }
                    beginnings[ExactText(beginning)] = texts.count
                    texts.append((beginning.unicodeScalars.map(\.value), beginning))
                }
            }
            self.beginnings = beginnings
            self.texts = texts
            _ = number(Set(firstPlaces(used: 0)))
        }

        /// Characters without which no text of a key can be written.
        var structure: Set<UInt32> {
            var structure = Set("x-_17".unicodeScalars.map(\.value))
            for part in keys.joined() {
                switch part.what {
                case .text(let text): structure.formUnion(text)
                case .alphabet(let alphabet, _): structure.formUnion(alphabet.structure)
                }
            }
            return structure
        }

        private func firstPlaces(used: UInt64) -> [Place] {
            keys.indices.filter { bits[$0] & used == 0 }
                .map { Place(key: $0, part: 0, state: 0, begun: -1, used: used | bits[$0]) }
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
                return !excluded.contains(texts[place.begun].text)
            }
        }

        private func move(_ place: Place, _ scalar: UInt32, _ next: inout Set<Place>) {
            if isDone(place), scalar == 0x3A {
                next.formUnion(firstPlaces(used: place.used))
                return
            }
            switch keys[place.key][place.part].what {
            case .text(let text):
                if place.state < text.count {
                    guard text[place.state] == scalar else { return }
                    next.insert(
                        Place(
                            key: place.key, part: place.part, state: place.state + 1, begun: -1, used: place.used))
                    return
                }
            case .alphabet(let alphabet, let excluded):
                // A colon within a value is written otherwise.
                let length = isMeasured[place.key] ? place.length + 1 : 0
                if scalar != 0x3A, length <= alphabet.lengthMax, let state = alphabet.step(place.state, scalar) {
                    let begun = excluded.isEmpty ? -1 : begun(place, alphabet, scalar)
                    next.insert(
                        Place(
                            key: place.key, part: place.part, state: state, begun: begun, length: length,
                            used: place.used))
                }
            }
            guard isPartDone(place), place.part + 1 < keys[place.key].count else { return }
            let following = Place(key: place.key, part: place.part + 1, state: 0, begun: -1, used: place.used)
            move(following, scalar, &next)
        }

        private func begun(_ place: Place, _ alphabet: TokenAlphabet, _ scalar: UInt32) -> Int {
            let before: [UInt32]
            if place.begun >= 0 {
                before = texts[place.begun].scalars
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
        let made = Table(limits)
        let structure = made.structure.union([0x3A]).sorted()
        let table = Mutex(made)
        return TokenAutomaton(
            structure: structure, step: { state, scalar in table.withLock { $0.step(state, scalar) } },
            isEnd: { state in table.withLock { $0.isEnd(state) } })
    }
}
