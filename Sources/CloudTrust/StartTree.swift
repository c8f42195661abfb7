import AuditCore

/// The texts that subjects begin with, as a prefix tree. A pattern distinguishes few of an owner's ten thousand
/// repositories. The others share a node below which no character changes its live positions, and are matched once for
/// all of them (`scripts/bench trust`).
struct StartTree {
    struct Node {
        /// Texts that begin with this node's prefix.
        let texts: Range<Int>
        /// Positions in each of these texts of the characters between the parent and this node.
        let label: Range<Int>
        /// Texts that equal the prefix.
        let own: Range<Int>
        fileprivate(set) var children: [Int] = []
        /// The last character of all these texts; `nil` if it differs, or if a text ends here.
        fileprivate(set) var last: UInt32?
        /// Characters between the prefix and the last character, as bits; `nil` if one is not ASCII.
        fileprivate(set) var between: (low: UInt64, high: UInt64)? = (0, 0)
    }

    /// The first is the root.
    private(set) var nodes: [Node] = []

    init(_ texts: [[UInt32]]) {
        guard !texts.isEmpty else { return }
        _ = add(texts, texts.indices, from: 0)
    }

    // MARK: -

    private mutating func add(_ texts: [[UInt32]], _ range: Range<Int>, from start: Int) -> Int {
        let (first, last) = (texts[range.lowerBound], texts[range.upperBound - 1])
        var end = start
        // Of sorted texts, all share what the first and the last do.
        while end < first.count, end < last.count, first[end] == last[end] { end += 1 }
        var next = range.lowerBound
        while next < range.upperBound, texts[next].count == end { next += 1 }
        let number = nodes.count
        nodes.append(Node(texts: range, label: start..<end, own: range.lowerBound..<next))
        var children: [Int] = []
        while next < range.upperBound {
            var (low, high) = (next + 1, range.upperBound)
            while low < high {
                let middle = (low + high) / 2
                if texts[middle][end] == texts[next][end] { low = middle + 1 } else { high = middle }
            }
            children.append(add(texts, next..<low, from: end))
            next = low
        }
        nodes[number].children = children
        summarize(number, texts)
        return number
    }

    private mutating func summarize(_ number: Int, _ texts: [[UInt32]]) {
        guard nodes[number].own.isEmpty else { return nodes[number].between = nil }
        var ends: Set<UInt32> = []
        var between: (low: UInt64, high: UInt64)? = (0, 0)
        func note(_ scalar: UInt32) {
            guard scalar < 128 else { return between = nil }
            if scalar < 64 { between?.low |= 1 << UInt64(scalar) } else { between?.high |= 1 << UInt64(scalar - 64) }
        }
        for child in nodes[number].children {
            let node = nodes[child]
            let label = texts[node.texts.lowerBound][node.label]
            if node.own == node.texts {
                if let last = label.last { ends.insert(last) }
                label.dropLast().forEach(note)
            } else {
                guard let last = node.last, let below = node.between else { return nodes[number].between = nil }
                ends.insert(last)
                label.forEach(note)
                between?.low |= below.low
                between?.high |= below.high
            }
        }
        guard ends.count == 1, between != nil else { return nodes[number].between = nil }
        nodes[number].between = between
        nodes[number].last = ends.first
    }
}
