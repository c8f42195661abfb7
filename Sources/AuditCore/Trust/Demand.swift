/// A text that a cloud compares a claim with.
package struct TextPattern: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable {
        case equals
        /// The case of ASCII letters does not matter.
        case equalsIgnoringCase = "equals_ignore_case"
        /// `*` stands for any run of characters, also none; `?` for exactly one.
        case like
    }

    package enum Element: Hashable, Sendable {
        case scalar(UInt32)
        case one
        case run
    }

    package let kind: Kind
    package let text: String
    /// Whether `${*}`, `${?}` and `${$}` stand for the character itself.
    package let hasVariables: Bool

    /// What is written in its place, where it stands for a value that is not evaluated; `nil`: the text itself.
    private let written: String?
    /// As it is written.
    package var shown: String { written ?? text }

    package init(_ kind: Kind, _ text: String, hasVariables: Bool = false, written: String? = nil) {
        self.kind = kind
        self.text = text
        self.hasVariables = hasVariables
        self.written = written
    }

    package static func == (left: TextPattern, right: TextPattern) -> Bool {
        left.kind == right.kind && left.hasVariables == right.hasVariables && left.text.isExactly(right.text)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(text)
    }

    /// What it matches, character by character; neighbouring runs are one.
    package var elements: [Element] {
        var elements: [Element] = []
        let scalars = Array(text.unicodeScalars)
        elements.reserveCapacity(scalars.count)
        var index = 0
        while index < scalars.count {
            let scalar = scalars[index]
            if hasVariables, scalar == "$", index + 3 < scalars.count, scalars[index + 1] == "{",
                scalars[index + 3] == "}", ["*", "?", "$"].contains(scalars[index + 2])
            {
                elements.append(.scalar(scalars[index + 2].value))
                index += 4
                continue
            }
            index += 1
            switch (kind, scalar) {
            case (.like, "*"): if elements.last != .run { elements.append(.run) }
            case (.like, "?"): elements.append(.one)
            default: elements.append(.scalar(scalar.value))
            }
        }
        return elements
    }

    /// The text before the first wildcard.
    package var literalStart: String {
        var start = String.UnicodeScalarView()
        for element in elements {
            guard case .scalar(let value) = element, let scalar = Unicode.Scalar(value) else { break }
            start.append(scalar)
        }
        return String(start)
    }

    package var isLiteral: Bool {
        kind != .like || elements.allSatisfy { if case .scalar = $0 { true } else { false } }
    }

    /// Whether every text matches, or every one that is not empty.
    package var isOnlyWildcards: Bool {
        kind == .like && !text.isEmpty
            && elements.allSatisfy { if case .scalar = $0 { false } else { true } }
    }
}

/// What a trust demands of one claim.
package struct ClaimDemand: Hashable, Sendable {
    package var claim: ClaimKey
    /// One of these must match; of a negated demand, none may.
    package var anyOf: [TextPattern]
    package var isNegated: Bool
    /// What the demand comes to where a token lacks the claim.
    package var whenAbsent: Bool
    /// Whether the cloud reads that claim at all; one that it does not read is absent for it.
    package var isRead: Bool
    /// The key and the operator as they are written: `StringLike token.actions.githubusercontent.com:sub`.
    package var written: String

    package init(
        _ claim: ClaimKey, anyOf: [TextPattern], isNegated: Bool = false, whenAbsent: Bool = false, isRead: Bool = true,
        written: String = "",
    ) {
        self.claim = claim
        self.anyOf = anyOf
        self.isNegated = isNegated
        self.whenAbsent = whenAbsent
        self.isRead = isRead
        self.written = written
    }
}

/// What must be true of a token for a trust to accept it.
package indirect enum Demand: Hashable, Sendable {
    case claim(ClaimDemand)
    case all([Demand])
    case any([Demand])
    case not(Demand)
    /// Nothing, or what no token can meet.
    case constant(Bool)

    /// Every demand of a claim, in order.
    package var claimDemands: [ClaimDemand] {
        switch self {
        case .claim(let demand): [demand]
        case .all(let demands), .any(let demands): demands.flatMap(\.claimDemands)
        case .not(let demand): demand.claimDemands
        case .constant: []
        }
    }

    /// Claims that are read, each once.
    package var readClaims: [ClaimKey] {
        var seen: Set<ClaimKey> = []
        return claimDemands.filter { $0.isRead && seen.insert($0.claim).inserted }.map(\.claim)
    }

    /// Demands of claims each of which every accepted token meets.
    package var necessary: [ClaimDemand] {
        switch self {
        case .claim(let demand): [demand]
        case .all(let demands): demands.flatMap(\.necessary)
        case .any(let demands): demands.count == 1 ? demands[0].necessary : []
        case .not, .constant: []
        }
    }

    /// The same with each demand of a claim in another's place.
    package func mapped(_ change: (ClaimDemand) -> ClaimDemand) -> Demand {
        switch self {
        case .claim(let demand): .claim(change(demand))
        case .all(let demands): .all(demands.map { $0.mapped(change) })
        case .any(let demands): .any(demands.map { $0.mapped(change) })
        case .not(let demand): .not(demand.mapped(change))
        case .constant: self
        }
    }

    /// What it comes to, given what each demand of a claim comes to, in the order of `claimDemands`.
    package func value(_ answer: (Int) -> Bool) -> Bool {
        var index = 0
        return value(answer, &index)
    }

    // MARK: -

    /// No branch is skipped, since each demand has its number.
    private func value(_ answer: (Int) -> Bool, _ index: inout Int) -> Bool {
        switch self {
        case .claim:
            index += 1
            return answer(index - 1)
        case .all(let demands):
            var value = true
            for demand in demands where !demand.value(answer, &index) { value = false }
            return value
        case .any(let demands):
            var value = false
            for demand in demands where demand.value(answer, &index) { value = true }
            return value
        case .not(let demand): return !demand.value(answer, &index)
        case .constant(let value): return value
        }
    }
}
