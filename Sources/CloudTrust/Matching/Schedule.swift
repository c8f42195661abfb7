import AuditCore

/// The order in which the parts of several claims are followed, so that each hole is followed in all of them at once.
enum Schedule {
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
            // The texts of a hole that comes again are kept apart, and held against each other at the end.
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
    fileprivate func renamed(_ name: String) -> TokenHole {
        var hole = TokenHole(name, alphabet, usual: usual)
        hole.excluded = excluded
        hole.ignoresCase = ignoresCase
        return hole
    }
}
