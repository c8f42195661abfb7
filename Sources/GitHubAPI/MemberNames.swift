/// The names of the members of an object and of the objects around it, by their hashes.
struct MemberNames {
    /// Those of the innermost object last.
    private var hashes: [UInt64] = []
    private var start = 0
    /// Of objects with very many members, by `start`: each new name must not be held against all others.
    private var large: [Int: Set<UInt64>] = [:]

    private static let smallMax = 128

    /// Begins an object.
    ///
    /// - Returns: what `close` needs.
    mutating func open() -> Int {
        defer { start = hashes.count }
        return start
    }

    mutating func close(_ outer: Int) {
        large[start] = nil
        hashes.removeLast(hashes.count - start)
        start = outer
    }

    /// - Returns: whether the object has no member of that name yet.
    mutating func insert(_ name: UnsafeBufferPointer<UInt8>) -> Bool {
        // FNV-1a, 64 bits. Two names of one hash would make a page unreadable, and never one that is read wrongly.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
        guard hashes.count - start < Self.smallMax else {
            return large[start, default: Set(hashes[start...])].insert(hash).inserted
        }
        guard !hashes[start...].contains(hash) else { return false }
        hashes.append(hash)
        return true
    }
}
