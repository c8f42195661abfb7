/// The problems of a violation as lists of texts, compared by bytes: a text that only looks alike is another problem.
extension [String] {
    /// The texts in the order of their UTF-8 bytes, each once.
    package var asProblems: [String] {
        var unique: [String] = []
        for text in sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        where unique.last.map({ !$0.utf8.elementsEqual(text.utf8) }) ?? true {
            unique.append(text)
        }
        return unique
    }

    /// Those that another list does not hold; and what narrows the subject in the other list, and nothing in this one.
    package func beyond(_ others: [String]) -> [String] {
        without(others).filter { $0.withoutNarrowing == nil }.withoutParts(of: others)
            + widened(since: others).compactMap(\.withoutNarrowing).without(others)
    }

    /// Those that a later list of the same finding does not hold. A claim that came narrows the subject, and fixes nothing
    /// that the rule found.
    package func fixed(by later: [String]) -> [String] { beyond(later).filter { $0.narrowing == nil } }

    /// Those that another list does not hold, whatever they say.
    func without(_ others: [String]) -> [String] {
        guard count * others.count > 1_000 else {
            return filter { text in !others.contains { $0.utf8.elementsEqual(text.utf8) } }
        }
        let held = Set(others.map { [UInt8]($0.utf8) })
        return filter { !held.contains([UInt8]($0.utf8)) }
    }

    /// Without what narrows the subject, and without parts of a problem that is there as well: a sentence's worth.
    package var headlines: [String] {
        let all = Set(map { [UInt8]($0.utf8) })
        return filter { text in text.withoutNarrowing == nil && text.whole.map { !all.contains($0) } ?? true }
    }

    /// Without parts of a problem that another list holds as a whole: such a one was recorded by a version that did not
    /// know its parts, or written by somebody who accepts each of them.
    private func withoutParts(of others: [String]) -> [String] {
        guard contains(where: { $0.whole != nil }) else { return self }
        let wholes = Set(others.map { [UInt8]($0.utf8) }).subtracting(others.compactMap(\.whole))
        return filter { text in text.whole.map { !wholes.contains($0) } ?? true }
    }

    /// What narrows the subject in another list, unless this one has it, or something that narrows it as much.
    private func widened(since others: [String]) -> [String] {
        let gone = others.without(self).filter { $0.withoutNarrowing != nil }
        guard !gone.isEmpty else { return [] }
        let claims = Set(compactMap(\.narrowingClaim))
        // A claim that is missing now is said to be.
        let missing = Set(compactMap(\.missingClaim))
        return gone.filter { text in
            text.narrowingClaim.map { claims.isDisjoint(with: $0.finerClaims) && !missing.contains($0) } ?? true
        }
    }
}

extension String {
    /// What makes a violation less bad, among its problems: whoever accepts it accepts it with that alone.
    static func narrowed(by key: ClaimKey) -> String { "\(narrowedBy)\(key.canonical.shown)" }

    /// The problem that is there where such a text is not; `nil` of any other text.
    package var withoutNarrowing: String? {
        utf8.starts(with: Self.narrowedBy.utf8) ? "not \(self)" : nil
    }

    /// The text without which such a problem is there; `nil` of any other problem.
    package var narrowing: String? {
        utf8.starts(with: "not \(Self.narrowedBy)".utf8) ? String(dropFirst("not ".count)) : nil
    }

    /// What makes a violation less bad, other than a claim of a template.
    static func narrowed(byDemandOf what: String) -> String { narrowedBy + what }

    /// A claim that a template has to hold, and does not.
    static func missing(_ key: ClaimKey) -> String { "\(missingClaim)\(key.shown)" }

    /// One part of a problem that can grow: `longer than 600 characters [with actor]`. A list that holds the problem and none
    /// of its parts holds each.
    static func part(_ part: String, of problem: String) -> String { "\(problem) [\(part)]" }

    /// The problem that it is a part of; `nil`: it is none.
    fileprivate var whole: [UInt8]? {
        guard utf8.last == UInt8(ascii: "]") else { return nil }
        let bytes = Array(utf8)
        return bytes.indices.dropLast().first { bytes[$0] == UInt8(ascii: " ") && bytes[$0 + 1] == UInt8(ascii: "[") }
            .map { Array(bytes[..<$0]) }
    }

    fileprivate var narrowingClaim: ClaimKey? { rest(after: Self.narrowedBy).map { ClaimKey($0) } }
    fileprivate var missingClaim: ClaimKey? { rest(after: Self.missingClaim).map { ClaimKey($0).canonical } }

    private func rest(after start: String) -> String? {
        utf8.starts(with: start.utf8) ? String(decoding: utf8.dropFirst(start.utf8.count), as: UTF8.self) : nil
    }

    private static let narrowedBy = "narrowed by "
    private static let missingClaim = "missing claim: "
}
