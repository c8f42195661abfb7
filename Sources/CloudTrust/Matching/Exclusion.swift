import AuditCore

/// Texts that a hole can't be, as a tree of characters.
struct Exclusion {
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

    /// - Parameter node: -1 where the text is not one of them any more.
    func step(_ node: Int, _ scalar: UInt32) -> Int { node < 0 ? -1 : next[node][fold(scalar)] ?? -1 }

    func isEnd(_ node: Int) -> Bool { ends.contains(node) }

    private func fold(_ scalar: UInt32) -> UInt32 {
        ignoresCase && (0x41...0x5A).contains(scalar) ? scalar + 0x20 : scalar
    }
}

extension TokenHole {
    func excludes(_ text: String) -> Bool {
        excluded.contains { ignoresCase ? $0.isExactlyIgnoringCase(text) : $0.isExactly(text) }
    }
}
