extension Array {
    /// Places of elements of a like key together, in the order of the first of each: where there are ten thousand, the
    /// elements themselves are too large to be moved about.
    func grouped<Key: Hashable>(_ places: [Int], by key: (Element) -> Key) -> [[Int]] {
        var known: [Key: Int] = [:]
        var first: [Key] = []
        var groups: [[Int]] = []
        for place in places {
            let key = key(self[place])
            // Most are like one of the first few, and to compare what shares its storage takes less than to hash it.
            if let group = first.firstIndex(of: key) ?? known[key] {
                groups[group].append(place)
            } else {
                known[key] = groups.count
                if first.count < 4 { first.append(key) }
                groups.append([place])
            }
        }
        return groups
    }
}
