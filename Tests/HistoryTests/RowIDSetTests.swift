import Testing

@testable import History

@Suite struct RowIDSetTests {
    @Test func holdsWhatWasPutIn() {
        var set = RowIDSet()
        for id: Int64 in [1, 7, 8, 9, 1000, 1] { set.insert(id) }
        let stored = RowIDSet(bytes: set.bytes)
        #expect((0...2000).filter { stored.contains($0) } == [1, 7, 8, 9, 1000])
        #expect(set.bytes.count == 126)
    }

    @Test func refusesRowIDsThatNobodyWrote() {
        for id in [Int64.max, Int64.min, 0, 1 << 31] {
            #expect(throws: (any Error).self) { try RowIDSet.checked(id) }
        }
    }
}
