package import AuditCore

/// Judges one token by a demand, character by character and without any of the machinery that decides for all tokens at once.
/// It is what tests hold that machinery against, and what a single token is judged by.
package enum LiteralMatcher {
    package static func accepts(_ demand: Demand, _ claims: [ClaimKey: String]) -> Bool {
        let demands = demand.claimDemands
        return demand.value { accepts(demands[$0], claims) }
    }

    package static func accepts(_ demand: ClaimDemand, _ claims: [ClaimKey: String]) -> Bool {
        guard demand.isRead, let text = claims[demand.claim] else { return demand.whenAbsent }
        return demand.anyOf.contains { matches($0, text) } != demand.isNegated
    }

    package static func matches(_ pattern: TextPattern, _ text: String) -> Bool {
        let wanted = tokens(pattern)
        let given = text.unicodeScalars.map { $0.value }
        var (w, g) = (0, 0)
        var retry: (w: Int, g: Int)?
        while g < given.count {
            if w < wanted.count, wanted[w].isRun {
                retry = (w, g)
                w += 1
            } else if w < wanted.count, wanted[w].takes(given[g], pattern.kind) {
                (w, g) = (w + 1, g + 1)
            } else if let last = retry {
                // The run takes one character more.
                retry = (last.w, last.g + 1)
                (w, g) = (last.w + 1, last.g + 1)
            } else {
                return false
            }
        }
        return wanted[w...].allSatisfy(\.isRun)
    }

    // MARK: -

    private struct Token {
        var scalar: UInt32
        var isWildcard: Bool
        var isRun: Bool { isWildcard && scalar == 0x2A }

        func takes(_ given: UInt32, _ kind: TextPattern.Kind) -> Bool {
            if isWildcard { return true }
            return scalar == given || kind == .equalsIgnoringCase && Self.folded(scalar) == Self.folded(given)
        }

        private static func folded(_ scalar: UInt32) -> UInt32 {
            (0x41...0x5A).contains(scalar) ? scalar + 0x20 : scalar
        }
    }

    private static func tokens(_ pattern: TextPattern) -> [Token] {
        var tokens: [Token] = []
        var rest = pattern.text.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            if pattern.hasVariables, scalar == "$", rest.first == "{", let named = rest.dropFirst().first,
                named == "*" || named == "?" || named == "$", rest.dropFirst(2).first == "}"
            {
                tokens.append(Token(scalar: named.value, isWildcard: false))
                rest = rest.dropFirst(3)
            } else {
                tokens.append(
                    Token(
                        scalar: scalar.value,
                        isWildcard: pattern.kind == .like && (scalar == "*" || scalar == "?")))
            }
        }
        return tokens
    }
}
