/// A set of row ids as bits, small enough to store anew with each batch: 100,000 repositories are 12.5 KB.
struct RowIDSet: Hashable {
    private(set) var bytes: [UInt8]

    init(bytes: [UInt8] = []) {
        self.bytes = bytes
    }

    func contains(_ id: Int64) -> Bool {
        guard id >= 0 else { return false }
        let index = Int(id / 8)
        return index < bytes.count && bytes[index] & (1 << UInt8(id % 8)) != 0
    }

    mutating func remove(_ id: Int64) {
        let index = Int(id / 8)
        if id >= 0, index < bytes.count { bytes[index] &= ~(1 << UInt8(id % 8)) }
    }

    mutating func insert(_ id: Int64) {
        let index = Int(id / 8)
        if index >= bytes.count { bytes.append(contentsOf: repeatElement(0, count: index + 1 - bytes.count)) }
        bytes[index] |= 1 << UInt8(id % 8)
    }
}
