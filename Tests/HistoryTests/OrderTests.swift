import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// Scans of one organization are ordered by their chain, whatever the clocks said by which they began.
@Suite struct OrderTests {
    private let folder = Folder()
    private let api = "https://api.github.com"
    private static let day: Int64 = 86_400

    private func store(_ name: String = "history") throws -> HistoryStore {
        try HistoryStore(path: folder.path + "/\(name)/history.sqlite")
    }

    private func time(_ day: Int64) -> Timestamp { .sample.adding(seconds: day * Self.day) }

    /// One scan a night, each with a setting of its own; by clocks that begin with the third night ten days ahead, and
    /// then are right again, but for one that has lost its time.
    private func nights(_ store: HistoryStore, id: Int64 = 77, login: String = "acme") async throws {
        for (night, day) in [0, 1, 12, 3, -9000, 5].enumerated() {
            try await store.scan(
                [.read("api", id: id, .own(["repo", "night-\(night)"].map(ClaimKey.init(rawValue:))))],
                at: Int64(day) * Self.day, login: login, id: id)
        }
    }

    private func ids(_ scans: [StoredScan]) -> [Int64] { scans.map(\.id.rawValue) }

    @Test func theLatestIsTheLastOfTheChain() async throws {
        let store = try store()
        try await nights(store)
        #expect(ids(try await store.scans(apiURL: api)) == [6, 5, 4, 3, 2, 1])
        #expect(ids(try await store.scans(apiURL: api, of: ["ACME"])) == [6, 5, 4, 3, 2, 1])
        #expect(try await store.lastScan(of: "acme", apiURL: api)?.id.rawValue == 6)
        #expect(try await store.scan(.latest, apiURL: api)?.id.rawValue == 6)
        #expect(try await store.scan(.previous, apiURL: api)?.id.rawValue == 5)
        #expect(try await store.firstScan(of: ["acme"], apiURL: api)?.id.rawValue == 1)
        let scans = try await store.scans(apiURL: api)
        for (later, earlier) in zip(scans, scans.dropFirst()) {
            #expect(later.link > earlier.link)
            #expect(try await store.scan(before: later, of: ["acme"])?.id == earlier.id)
            #expect(try await store.scan(before: later, of: ["acme"], sameScope: true)?.id == earlier.id)
        }
    }

    /// Of those that had begun by then, as their clocks said, the last of the chain.
    @Test(arguments: [
        (Int64(0), Int64(5)), (1, 5), (2, 5), (3, 5), (4, 5), (5, 6), (12, 6), (99, 6), (-1, 5), (-9001, nil),
    ])
    func aDayMeansTheLastThatHadBegunByThen(day: Int64, scan: Int64?) async throws {
        let store = try store()
        try await nights(store)
        #expect(try await store.scan(.at(time(day)), apiURL: api)?.id.rawValue == scan)
        #expect(try await store.scan(.at(time(day)), apiURL: api, of: ["acme"])?.id.rawValue == scan)
    }

    @Test func beforeAScanAndByADay() async throws {
        let store = try store()
        try await nights(store)
        let scans = try await store.scans(apiURL: api)
        // The fourth was made after the third, whose clock was ahead.
        let fourth = scans[2]
        #expect(try await store.scan(before: fourth, of: ["acme"], at: time(99))?.id.rawValue == 3)
        #expect(try await store.scan(before: fourth, of: ["acme"], at: time(4))?.id.rawValue == 2)
        #expect(try await store.scan(before: fourth, of: ["acme"], at: time(-1)) == nil)
    }

    @Test func theTrendIsInTheOrderOfTheChain() async throws {
        let store = try store()
        try await nights(store)
        func points(since day: Int64? = nil) async throws -> [Int64] {
            try await store.trend(apiURL: api, since: day.map(time)).map(\.scan.id.rawValue)
        }
        #expect(try await points() == [1, 2, 3, 4, 5, 6])
        // From the last on that had begun before, as for a day.
        #expect(try await points(since: -9000) == [1, 2, 3, 4, 5, 6])
        #expect(try await points(since: 2) == [6])
        #expect(try await points(since: 6).isEmpty)
        let like = try await store.trend(apiURL: api, withScopeOf: ScanID(rawValue: 4))
        #expect(like.map(\.scan.id.rawValue) == [1, 2, 3, 4])
    }

    @Test func reportsAndTimelinesNameWhatChangedSinceTheOneBefore() async throws {
        let store = try store()
        try await nights(store)
        let (report, _) = try await store.scan([.read("api", id: 77, .own(["repo"]))], at: 6 * Self.day)
        let history = try #require(try await store.history(of: report, holding: Set(ReportHistory.Part.allCases)))
        #expect(history.difference?.before.id.rawValue == 6)
        #expect(history.difference?.after.id.rawValue == 7)
        #expect(history.trend.map(\.scan.id.rawValue) == [1, 2, 3, 4, 5, 6, 7])
        let timeline = try #require(try await store.timeline(of: "acme/api", apiURL: api))
        let changes = timeline.events.compactMap { event -> [Int64?]? in
            guard case .repository = event.what else { return nil }
            return [event.after?.id.rawValue, event.seenBy.id.rawValue]
        }
        #expect(changes == [[nil, 1], [1, 2], [2, 3], [3, 4], [4, 5], [5, 6], [6, 7]])
    }

    /// The last of the chain stays, not the one whose clock was ahead.
    @Test func aPruningKeepsTheLastOfTheChain() async throws {
        let store = try store()
        try await nights(store)
        let pruning = try await store.prune(
            apiURL: api, before: time(99), keepsMonthly: false, isRehearsal: false)
        #expect(pruning.scans.map(\.rawValue) == [1, 2, 3, 4, 5])
        #expect(try await store.scan(.latest, apiURL: api)?.id.rawValue == 6)
        #expect(try await store.verify().problem == nil)
    }

    @Test func theLastPrunedScanOfADayIsThatOfTheChain() async throws {
        let store = try store()
        try await nights(store)
        try await store.scan([.read("api", id: 77)], at: 40 * Self.day)
        let pruning = try await store.prune(
            apiURL: api, before: time(39), keepsMonthly: true, isRehearsal: false)
        // The fifth is of another month, by what it said itself, and the sixth the last of this one.
        #expect(pruning.scans.map(\.rawValue) == [1, 2, 3, 4])
        let found = try #require(try await store.scan(.at(time(-9000)), apiURL: api))
        #expect(found.id.rawValue == 5)
        // No pruned one comes after it in the chain.
        #expect(try await store.prunedScan(after: found, by: time(99), of: ["acme"]) == nil)
    }

    // MARK: - Imports

    private func file(_ store: HistoryStore) throws -> ExportFile {
        var bytes: [UInt8] = []
        try store.export { bytes += $0 }
        let exported = bytes
        return ExportFile(name: "export") {
            var rest = exported[...]
            return {
                defer { rest = [] }
                return Array(rest)
            }
        }
    }

    /// What was stored later is not newer, where it is of another organization.
    @Test func anOlderExportOfAnotherOrganizationLeavesEachItsLatest() async throws {
        let (here, there) = (try store("here"), try store("there"))
        try await nights(there, id: 78, login: "beta")
        for day in [20, 21, 22] as [Int64] { try await here.scan([.read("api", id: 1)], at: day * Self.day) }
        #expect(try await here.importing([file(there)]).imported == 6)
        let latest = try #require(try await here.lastScan(of: "acme", apiURL: api))
        #expect(latest.startedAt == time(22))
        #expect(try await here.lastScan(of: "beta", apiURL: api)?.startedAt == time(5))
        let before = try #require(try await here.scan(before: latest, of: ["acme"]))
        #expect(before.startedAt == time(21))
        #expect(try await here.scans(apiURL: api, of: ["beta"]).map(\.startedAt) == [5, -9000, 3, 12, 1, 0].map(time))
        #expect(try await here.scan(.at(time(21)), apiURL: api, of: ["acme"])?.id == before.id)
        // And a night after it is compared with the night before.
        let (report, _) = try await here.scan([.read("api", id: 1, .own(["repo"]))], at: 23 * Self.day)
        let history = try await here.history(of: report, holding: [.difference])
        #expect(history?.difference?.before.id == latest.id)
        #expect(try await here.verify().problem == nil)
    }

    /// A line is continued, whatever the clocks said by which its scans began.
    @Test func aLineIsImportedInItsOwnOrder() async throws {
        let (here, there) = (try store("here"), try store("there"))
        try await nights(there)
        #expect(try await here.importing([file(there)]).imported == 6)
        #expect(try await here.scans(apiURL: api).map(\.startedAt) == [5, -9000, 3, 12, 1, 0].map(time))
        #expect(try await here.verify().head == there.verify().head)
        try await there.scan([.read("api", id: 77)], at: 6 * Self.day)
        let importing = try await here.importing([file(there)])
        #expect(importing.imported == 1)
        #expect(try await here.lastScan(of: "acme", apiURL: api)?.startedAt == time(6))
    }

    /// Scans of one second that found the same have the same records, and are as many scans as they were.
    @Test func scansOfTheSameSecondAreEachImported() async throws {
        let (here, there) = (try store("here"), try store("there"))
        for _ in 0..<3 { try await there.scan([.read("api", id: 1)]) }
        let contents = try await there.scans(apiURL: api).map(\.content)
        #expect(contents.count == 3 && Set(contents).count == 2)
        let older = try file(there)
        for _ in 0..<2 { try await there.scan([.read("api", id: 1)]) }
        try await there.scan([.read("api", id: 1)], at: 1)
        #expect(try await here.importing([older]).imported == 3)
        let rest = try await here.importing([file(there)])
        #expect((rest.imported, rest.known) == (3, 3))
        #expect(try await here.verify().head == there.verify().head)
        #expect(try await here.importing([older, file(there)]).imported == 0)
    }

    /// Ids are a host's own: two hosts may count alike.
    @Test func twoHostsWithTheSameIDsAreEachImported() async throws {
        let (here, there) = (try store("here"), try store("there"))
        let hosts = [api, "https://ghe.example/api/v3"]
        @Sendable func night(_ day: Int64) async throws {
            for (place, host) in hosts.enumerated() {
                let keys: [ClaimKey] = place == 0 ? ["repo"] : ["actor"]
                try await there.scan([.read("api", id: 1, .own(keys))], at: day * Self.day + Int64(place), apiURL: host)
            }
        }
        for day in Int64(0)..<3 { try await night(day) }
        #expect(try await here.importing([file(there)]).imported == 6)
        try await night(3)
        let rest = try await here.importing([file(there)])
        #expect((rest.imported, rest.known) == (2, 6))
        for store in [here, there] {
            _ = try await store.prune(apiURL: api, before: time(2), keepsMonthly: false, isRehearsal: false)
        }
        let third = try store("third")
        #expect(try await third.importing([file(there)]).imported == 6)
        for (store, host) in [here, third].flatMap({ store in hosts.map { (store, $0) } }) {
            let (mine, theirs) = (try await store.scans(apiURL: host), try await there.scans(apiURL: host))
            #expect(mine.map(\.startedAt) == theirs.map(\.startedAt))
            for (mine, theirs) in zip(mine, theirs) {
                let (one, two) = (try await store.snapshot(of: mine.id), try await there.snapshot(of: theirs.id))
                let readings = one.organizations.flatMap(\.repositories).map(\.reading)
                #expect(readings == two.organizations.flatMap(\.repositories).map(\.reading))
            }
        }
        #expect(try await here.verify().problem == nil)
    }
}
