/// Nodes, distinguished by their sets and two more numbers.
struct NodeTable {
    private var slots: [(node: Int32, state: Int, excluded: Int)?] = Array(repeating: nil, count: 16)
    private var count = 0

    /// - Returns: false if an equal one is there.
    mutating func insert(_ node: Int, _ state: Int, _ excluded: Int, _ live: [UInt64], _ width: Int) -> Bool {
        if count * 2 >= slots.count { grow(live, width) }
        guard let slot = free(node, state, excluded, live, width) else { return false }
        slots[slot] = (Int32(node), state, excluded)
        count += 1
        return true
    }

    /// - Returns: `nil` if an equal one is there.
    private func free(_ node: Int, _ state: Int, _ excluded: Int, _ live: [UInt64], _ width: Int) -> Int? {
        var hash = UInt64(truncatingIfNeeded: state) &* 0x9E37_79B9_7F4A_7C15 ^ UInt64(truncatingIfNeeded: excluded)
        for word in 0..<width {
            hash = (hash ^ live[node * width + word]) &* 0xBF58_476D_1CE4_E5B9
            hash ^= hash >> 29
        }
        var slot = Int(hash % UInt64(slots.count))
        while let other = slots[slot] {
            if other.state == state, other.excluded == excluded,
                (0..<width).allSatisfy({ live[Int(other.node) * width + $0] == live[node * width + $0] })
            {
                return nil
            }
            slot = (slot + 1) % slots.count
        }
        return slot
    }

    private mutating func grow(_ live: [UInt64], _ width: Int) {
        let old = slots
        slots = Array(repeating: nil, count: old.count * 2)
        for case let entry? in old {
            guard let slot = free(Int(entry.node), entry.state, entry.excluded, live, width) else { continue }
            slots[slot] = entry
        }
    }
}
