import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// Pruning, exports and imports: what is answered stays answered.
@Suite struct UpkeepTests {
    private let folder = Folder()
    private let api = "https://api.github.com"
    private static let day: Int64 = 86_400

    private func store(_ name: String = "history") throws -> HistoryStore {
        try HistoryStore(path: folder.path + "/\(name)/history.sqlite")
    }

    /// Nights of a small organization that changes a little from one to the next, each by chance.
    private func nights(
        _ numbers: some Sequence<Int64>, into store: HistoryStore, seed: UInt64, login: String = "acme", id: Int64 = 77,
        offset: Int64 = 0, state: inout [Int64: Observation],
    ) async throws {
        var generator = SeededGenerator(Int(seed))
        if state.isEmpty {
            for number in 1...8 { state[offset + Int64(number)] = .read("r\(number)", id: offset + Int64(number)) }
        }
        let keys: [[ClaimKey]] = [["repo"], ["repo", "context"], ["actor", "repo"], ["repo", "environment"]]
        for night in numbers {
            for _ in 0..<2 {
                let number = offset + Int64.random(in: 1...9, using: &generator)
                let name = "r\(number - offset)"
                switch Int.random(in: 0..<7, using: &generator) {
                case 0: state[number] = nil
                case 1: state[number] = .unreadable(name, id: number)
                case 2: state[number] = .read(name + "-renamed", id: number)
                case let choice:
                    state[number] = .read(name, id: number, .own(keys[choice % keys.count]))
                }
            }
            try await store.scan(
                state.values.sorted { $0.repository.id.rawValue < $1.repository.id.rawValue }, at: night * Self.day,
                template: night % 10 < 5 ? .neverSet : .set(["repo", "context"], useImmutableSubject: nil),
                login: login, id: id)
        }
    }

    /// Everything that a scan answers, as text; of the policy's findings, those of its own repositories.
    private func answers(_ scan: StoredScan, _ store: HistoryStore, withSince: Bool = true) async throws -> String {
        let snapshot = try await store.snapshot(of: scan.id)
        let hundreds = Set(snapshot.organizations.flatMap(\.repositories).map { $0.repository.id.rawValue / 100 })
        // Of what it could not read, another machine may know better.
        let unread = Set(
            snapshot.organizations.flatMap(\.repositories).filter { $0.reading.value == nil }.map(\.repository.id))
        let findings = try await store.baselineEntries(after: scan.id, apiURL: api, policyName: scan.policyName).filter
        {
            guard case .repository(let id) = $0.key.subject else { return false }
            return hundreds.contains(id.rawValue / 100) && (withSince || !unread.contains(id))
        }
        // What stood open before it tells new findings from recurring ones.
        let known = try await store.openFindings(apiURL: api, policyName: scan.policyName, before: scan.id).filter {
            guard case .repository(let id) = $0.key.subject else { return false }
            return withSince && hundreds.contains(id.rawValue / 100)
        }
        return """
            \(known.map { "\($0.key) \($0.value)" }.sorted())
            \(scan.startedAt) \(scan.verdict) \(scan.summary) \(scan.isComplete)
            \(snapshot.organizations.map { "\($0.login) \($0.template) \($0.listing)" })
            \(snapshot.organizations.flatMap(\.repositories).map { "\($0.repository) \($0.reading) \(withSince ? $0.since?.description ?? "" : "")" })
            \(findings.map { "\($0.key) \($0.value)" }.sorted())
            """
    }

    private func answers(_ store: HistoryStore) async throws -> [String: String] {
        var answers: [String: String] = [:]
        for scan in try await store.scans(apiURL: api) {
            answers["\(scan.logins) \(scan.startedAt)"] = try await self.answers(scan, store)
        }
        return answers
    }

    private func export(_ store: HistoryStore) throws -> [UInt8] {
        var bytes: [UInt8] = []
        try store.export { bytes += $0 }
        return bytes
    }

    private func file(_ bytes: [UInt8], _ name: String = "export.ndjson") -> ExportFile {
        ExportFile(name: name) {
            var rest = bytes[...]
            return {
                // In small pieces, as a disk may give them.
                let piece = rest.prefix(1000)
                rest = rest.dropFirst(1000)
                return Array(piece)
            }
        }
    }

    // MARK: - Pruning

    @Test(arguments: [UInt64(1), 2])
    func whatStaysAnswersAsBefore(seed: UInt64) async throws {
        let store = try store()
        var state: [Int64: Observation] = [:]
        try await nights(0..<100, into: store, seed: seed, state: &state)
        let before = try await answers(store)
        let moment = Timestamp.sample.adding(seconds: 80 * Self.day)
        // 20 days and the ends of the months before, each also with the last that was complete.
        var staying = Set(try await store.scans(apiURL: api).filter { $0.startedAt >= moment }.map(\.id))
        let months = Dictionary(grouping: try await store.scans(apiURL: api)) { $0.startedAt.day.prefix(7) }
        for scans in months.values {
            staying.formUnion([scans.first, scans.first(where: \.isComplete)].compactMap { $0?.id })
        }
        let rehearsal = try await store.prune(apiURL: api, before: moment, keepsMonthly: true, isRehearsal: true)
        #expect(try await answers(store) == before)
        let pruning = try await store.prune(apiURL: api, before: moment, keepsMonthly: true, isRehearsal: false)
        #expect(pruning.scans == rehearsal.scans)
        #expect(pruning.rows == rehearsal.rows)
        #expect(pruning.rows > 0)
        #expect(pruning.keptScans == staying.count)
        #expect(staying.count >= 23)
        let after = try await answers(store)
        #expect(Set(try await store.scans(apiURL: api).map(\.id)) == staying)
        for (scan, answer) in after { #expect(before[scan] == answer) }
        #expect(try await store.verify().problem == nil)

        // Again, a while later; and nights go on as if nothing had been removed.
        try await nights(100..<110, into: store, seed: seed, state: &state)
        let second = try await store.prune(
            apiURL: api, before: Timestamp.sample.adding(seconds: 105 * Self.day), keepsMonthly: false,
            isRehearsal: false)
        // And the last complete one, where none of these is.
        let kept = second.keptScans
        #expect((5...6).contains(kept))
        let verification = try await store.verify()
        #expect(verification.problem == nil)
        #expect(verification.checkpoints == 2)
        #expect(verification.scans == kept)
        #expect(verification.prunedScans == 110 - kept)
    }

    /// A scan of a part does not stand for the organization: what only a whole one read would be lost.
    @Test func aNarrowScanDoesNotPruneTheWholeOne() async throws {
        let store = try store()
        var narrow = Scope()
        narrow.selector.names = [Glob("api")]
        let skipped = Observation(repository: .sample("web", id: 2), reading: nil, observedAt: .sample)
        try await store.scan([.read("api", id: 1), .read("web", id: 2)])
        try await store.scan([.read("api", id: 1), .read("web", id: 2)], at: 60)
        try await store.scan([.read("api", id: 1), skipped], at: 120, scope: narrow)
        let pruning = try await store.prune(
            apiURL: api, before: Timestamp.sample.adding(seconds: 99 * Self.day), keepsMonthly: true,
            isRehearsal: false)
        #expect(pruning.scans.map(\.rawValue) == [1])
    }

    @Test func aTimelineNamesOnlyScansThatLooked() async throws {
        let store = try store()
        var narrow = Scope()
        narrow.selector.names = [Glob("api")]
        let skipped = Observation(repository: .sample("web", id: 2), reading: nil, observedAt: .sample)
        try await store.scan([.read("api", id: 1), .read("web", id: 2)])
        try await store.scan([.read("api", id: 1), skipped], at: 60, scope: narrow)
        try await store.scan([.read("api", id: 1), .read("web", id: 2, .own(["repo"]))], at: 120)
        try await store.scan([.read("api", id: 1), skipped], at: 180, scope: narrow)
        let timeline = try #require(try await store.timeline(of: "acme/web", apiURL: api))
        let change = try #require(timeline.events.last { if case .repository = $0.what { true } else { false } })
        #expect(change.after?.id.rawValue == 1)
        #expect(change.seenBy.id.rawValue == 3)
        #expect(timeline.lastScan?.id.rawValue == 3)
        #expect(try await store.timeline(of: "acme/api", apiURL: api)?.lastScan?.id.rawValue == 4)
        // And what only one of two scans had a look at is not told as unchanged.
        let scans = try await store.scans(apiURL: api)
        let difference = try await store.difference(from: scans[3], to: scans[2])
        #expect(difference.isEmpty)
        #expect(difference.organizations.map(\.incomparable) == [1])
    }

    @Test func whatIsMarkedAsBeingPrunedIsNoEvidence() async throws {
        let store = try store()
        try await store.scan([.read("api", id: 1)])
        try await DatabaseQueue(path: store.path).write { try $0.execute(sql: "INSERT INTO pruning DEFAULT VALUES") }
        #expect(try await store.verify().problem?.message.hasPrefix("it is marked as being pruned") == true)
    }

    /// Truncated to nothing: never replaced without a word.
    @Test(arguments: [HistoryStore.Access.making, .changing, .reading])
    func anEmptyFileIsADamagedOne(access: HistoryStore.Access) async throws {
        let path = folder.path + "/empty.sqlite"
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        try Data().write(to: URL(filePath: path))
        #expect(throws: HistoryError.self) { try HistoryStore(path: path, for: access) }
        #expect(try Data(contentsOf: URL(filePath: path)).isEmpty)
    }

    /// What a killed program left beside a file that is gone, or never got its name, is none of a new one's.
    @Test func whatLiesBesideAMissingFileIsNotTakenForItsOwn() async throws {
        let path = folder.path + "/fresh.sqlite"
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let stale = ["-journal", "-wal", "-shm", "-new", "-new-journal", "-new-wal"].map { URL(filePath: path + $0) }
        for file in stale { try Data(repeating: 0xD9, count: 8192).write(to: file) }
        let store = try HistoryStore(path: path)
        for file in stale where !["-wal", "-shm"].contains(where: { file.path == path + $0 }) {
            #expect(!FileManager.default.fileExists(atPath: file.path), "\(file.lastPathComponent)")
        }
        try await store.scan([.read("api", id: 1)])
        #expect(try await store.verify().problem == nil)
    }

    @Test func theNewestScanOfEachOrganizationStays() async throws {
        let store = try store()
        try await store.scan([.read("api", id: 1)], login: "old", id: 1)
        try await store.scan([.read("api", id: 2)], at: 60, login: "new", id: 2)
        let pruning = try await store.prune(
            apiURL: api, before: Timestamp.sample.adding(seconds: 99 * Self.day), keepsMonthly: false,
            isRehearsal: false)
        #expect(pruning.scans.isEmpty)
        #expect(try await store.lastScan(of: "old", apiURL: api) != nil)
    }

    /// What a report tells of every repository at once is what each one's own timeline tells.
    @Test(arguments: [UInt64(3), 4])
    func timelinesReadAtOnceAreEachOnesOwn(seed: UInt64) async throws {
        let store = try store()
        var state: [Int64: Observation] = [:]
        try await nights(0..<12, into: store, seed: seed, state: &state)
        let (report, _) = try await store.scan(Array(state.values), at: 12 * Self.day)
        let history = try #require(try await store.history(of: report, holding: Set(ReportHistory.Part.allCases)))
        #expect(history.trend.map(\.scan.id.rawValue) == Array(1...13))
        #expect(history.difference?.before.id.rawValue == 12)
        var changed = 0
        for repository in report.repositories {
            let own = try #require(try await store.timeline(of: repository.repository.fullName, apiURL: api))
            let events = own.events
            let reported = history.timelines[repository.repository.id]
            changed += reported == nil ? 0 : 1
            guard reported == nil else {
                #expect(reported.map { "\($0)" } == "\(events)")
                continue
            }
            // What is not told at once is as it was first seen, but for what its organization's template did to it.
            for event in events where event.seenBy.id != events.first?.seenBy.id {
                switch event.what {
                case .organizationTemplate: break
                case .repository(let change): #expect(change.kinds == [.template])
                default: Issue.record("\(event)")
                }
            }
        }
        #expect(changed > 3)
        // The template changes after every fifth night.
        #expect(history.templateEvents[OrganizationID(rawValue: 77)]?.map(\.seenBy.id.rawValue) == [6, 11])
    }

    @Test(arguments: [
        "UPDATE settingObservation SET useDefault = 1 - useDefault WHERE scanID < 4",
        "DELETE FROM repositoryObservation WHERE scanID < 4", "DELETE FROM prunedScan WHERE scanID = 3",
        "INSERT INTO prunedScan SELECT 5, max(id) FROM seal",
    ])
    func whatRemainsOfAPrunedScanIsSealed(change: String) async throws {
        let store = try store()
        var state: [Int64: Observation] = [:]
        try await nights(0..<6, into: store, seed: 7, state: &state)
        _ = try await store.prune(
            apiURL: api, before: Timestamp.sample.adding(seconds: 3 * Self.day), keepsMonthly: false, isRehearsal: false
        )
        try await DatabaseQueue(path: store.path).write { db in
            try db.execute(sql: "DELETE FROM settingValidator")
            try db.tamper(change)
        }
        #expect(try await store.verify().problem != nil)
    }

    @Test func whatWasAlteredIsNotPruned() async throws {
        let store = try store()
        for night in Int64(0)..<4 { try await store.scan([.read("api", id: 1)], at: night * Self.day) }
        try await DatabaseQueue(path: store.path).write { db in
            try db.tamper("UPDATE settingObservation SET useDefault = 0")
        }
        let moment = Timestamp.sample.adding(seconds: 2 * Self.day)
        for isRehearsal in [true, false] {
            let error = await #expect(throws: HistoryError.self) {
                try await store.prune(apiURL: api, before: moment, keepsMonthly: false, isRehearsal: isRehearsal)
            }
            guard case .altered = error else { Issue.record("\(String(describing: error))"); return }
        }
    }

    @Test func onlyOneHostIsPruned() async throws {
        let store = try store()
        for night in Int64(0)..<3 {
            try await store.scan([.read("api", id: 1)], at: night * Self.day)
            try await store.scan([.read("api", id: 1)], at: night * Self.day, apiURL: "https://other")
        }
        _ = try await store.prune(
            apiURL: api, before: Timestamp.sample.adding(seconds: 9 * Self.day), keepsMonthly: false, isRehearsal: false
        )
        #expect(try await store.scans(apiURL: api).count == 1)
        #expect(try await store.scans(apiURL: "https://other").count == 3)
    }

    // MARK: - Export and import

    @Test func aScanThatMetNothingIsImportedAsThat() async throws {
        let (first, second) = (try store("first"), try store("second"))
        try await first.scan([.read("api", id: 1)])
        try await first.scan(
            [], at: Self.day, listing: Listing(status: .partial, listed: 0, expected: 1), isWhole: false)
        _ = try await second.importing([file(export(first))])
        let scans = try await second.scans(apiURL: api)
        #expect(try await second.snapshot(of: scans[0].id).organizations[0].repositories.isEmpty)
        #expect(try await answers(second) == answers(first))
    }

    /// What another machine scanned of the same organization is another story of it, which is not mixed in.
    @Test func anOverlapIsRefusedByOrganizationAndScan() async throws {
        let (first, second) = (try store("first"), try store("second"))
        try await first.scan([.read("api", id: 1)], at: 0)
        let common = try export(first)
        #expect(try await second.importing([file(common)]).imported == 1)
        // Both go on from there.
        try await first.scan([.read("api", id: 1, .own(["actor"]))], at: Self.day)
        try await first.scan([.read("old", id: 5)], at: Self.day, login: "beta", id: 78)
        try await second.scan([.read("api", id: 1)], at: 2 * Self.day)
        let before = try await answers(second)
        let error = await #expect(throws: HistoryError.self) {
            try await second.importing([file(export(first), "first.ndjson")])
        }
        #expect(
            error
                == .overlap(
                    file: "first.ndjson", organization: "acme", scan: 2,
                    startedAt: Timestamp.sample.adding(seconds: Self.day).description, last: 2))
        #expect(
            error?.description.hasPrefix("first.ndjson: scan 2 of acme (2026-11-22T02:00:00Z) does not continue")
                == true)
        #expect(error?.hint.contains("history import first.ndjson --db") == true)
        // The other organization of the same file was not stored either.
        #expect(try await answers(second) == before)
        #expect(try await second.verify().problem == nil)
    }

    /// Neither an older scan than the newest here, nor one beside an interrupted scan, which is not sealed.
    @Test(arguments: [nil, ScanStop.interrupted])
    func whatWasScannedHereAloneIsOverlappedToo(stop: ScanStop?) async throws {
        let (first, second) = (try store("first"), try store("second"))
        try await first.scan([.read("api", id: 1)], at: 0)
        try await second.scan([.read("api", id: 1)], at: 60, stop: stop)
        let before = try await answers(second)
        let error = await #expect(throws: HistoryError.self) { try await second.importing([file(export(first))]) }
        guard case .overlap(_, "acme", 1, _, 1) = error else { Issue.record("\(String(describing: error))"); return }
        #expect(try await answers(second) == before)
    }

    /// An export of some weeks ago is a beginning of the same chain, also where its scans were pruned here since.
    @Test func anOlderExportOfTheSameChainIsNoOverlap() async throws {
        let store = try store()
        var state: [Int64: Observation] = [:]
        try await nights(0..<10, into: store, seed: 3, state: &state)
        let older = try export(store)
        try await nights(10..<20, into: store, seed: 4, state: &state)
        let before = try await answers(store)
        #expect(try await store.importing([file(older)]).known == 10)
        #expect(try await answers(store) == before)
        _ = try await store.prune(
            apiURL: api, before: Timestamp.sample.adding(seconds: 15 * Self.day), keepsMonthly: false,
            isRehearsal: false)
        let importing = try await store.importing([file(older)])
        #expect(importing.imported == 0)
        #expect(importing.known == 10)
        #expect(try await store.verify().problem == nil)
    }

    @Test func aRepositoryThatWasAnothersIsReportedAsItsNewOwnerKnowsIt() async throws {
        let (first, second) = (try store("first"), try store("second"))
        // Here it could not be read in its first organization.
        try await second.scan([.unreadable("api", id: 1), .read("web", id: 2)], login: "one", id: 1)
        // There it was read in the second.
        try await first.scan(
            [.read("old", id: 5), .read("api", id: 1, .own(["repo"]))], at: Self.day, login: "two", id: 2)
        #expect(try await second.importing([file(export(first))]).imported == 1)
        func newest() async throws -> [RepositorySnapshot] {
            let scan = try #require(try await second.lastScan(of: "two", apiURL: api))
            return try await second.snapshot(of: scan.id).organizations[0].repositories
        }
        #expect(try await newest().first?.reading == .read(.own(["repo"])))
        #expect(try await second.verify().problem == nil)
        // A digest of where it came from is what somebody said: nothing here shows it.
        let digest = try #require(try await first.scans(apiURL: api).first?.digest)
        #expect(try await first.verify(expected: digest).problem == nil)
        let problem = try #require(try await second.verify(expected: digest).problem)
        #expect(problem.message.contains("can't be recomputed here"))
        // Its first organization is scanned again here, and knows nothing of it; the second goes on there.
        try await second.scan([.read("web", id: 2)], at: 2 * Self.day, login: "one", id: 1)
        try await first.scan(
            [.read("old", id: 5), .read("api", id: 1, .own(["repo"]))], at: 3 * Self.day, login: "two", id: 2)
        let more = try await second.importing([file(export(first))])
        #expect(more.imported == 1)
        #expect(more.known == 1)
        #expect(try await newest().map(\.reading) == [.read(.own(["repo"])), .read(.gitHubDefault)])
        #expect(try await second.verify().problem == nil)
    }

    @Test func anImportWaitsForNoRunningScan() async throws {
        let (first, second) = (try store("first"), try store("second"))
        try await first.scan([.read("api", id: 1)], at: Self.day)
        let running = try await second.beginScan(
            ScanStart(
                apiURL: api, isEnterpriseServer: false, startedAt: .sample, toolVersion: "test", requested: ["acme"],
                scope: Scope()))
        _ = try await running.begin(OrganizationID(rawValue: 77), login: "acme")
        let error = await #expect(throws: HistoryError.self) { try await second.importing([file(export(first))]) }
        guard case .scanRunning = error else { Issue.record("\(String(describing: error))"); return }
    }

    @Test func anImportIsTheSameHistory() async throws {
        let (first, second) = (try store("first"), try store("second"))
        var state: [Int64: Observation] = [:]
        try await nights(0..<30, into: first, seed: 3, state: &state)
        try await first.scan([.read("lost", id: 4)], at: 40 * Self.day, isWhole: false)
        let exported = try export(first)
        let importing = try await second.importing([file(exported)])
        #expect(importing.imported == 31)
        #expect(try await answers(second) == answers(first))
        #expect(try await second.verify().problem == nil)
        // The same scans in the same order are the same chain.
        #expect(try await second.verify().head == first.verify().head)
        #expect(try export(second) == exported)

        // Again, it is nothing new; and what came since is.
        #expect(try await second.importing([file(exported)]).imported == 0)
        try await nights(50..<53, into: first, seed: 4, state: &state)
        let more = try await second.importing([file(export(first))])
        #expect(more.imported == 3)
        #expect(more.known == 31)
        #expect(try await answers(second) == answers(first))
    }

    /// Two machines that scan different organizations.
    @Test(arguments: [UInt64(1), 2])
    func theHistoriesOfTwoMachinesBecomeOne(seed: UInt64) async throws {
        let (first, second, merged) = (try store("first"), try store("second"), try store("merged"))
        var states: [[Int64: Observation]] = [[:], [:]]
        for night in Int64(0)..<20 {
            try await nights([night], into: first, seed: seed + UInt64(night), login: "one", id: 1, state: &states[0])
            try await nights(
                [night], into: second, seed: seed + UInt64(night), login: "two", id: 2, offset: 100, state: &states[1])
        }
        let (one, two) = (try export(first), try export(second))
        #expect(try await merged.importing([file(one, "one"), file(two, "two")]).imported == 40)
        #expect(try await merged.verify().problem == nil)
        for store in [first, second] {
            for scan in try await store.scans(apiURL: api) {
                let found = try #require(
                    try await merged.scans(apiURL: api, of: scan.organizations)
                        .first { $0.startedAt == scan.startedAt })
                #expect(try await answers(found, merged) == answers(scan, store))
                #expect(found.content == scan.content)
            }
        }
        #expect(try await merged.importing([file(one), file(two)]).imported == 0)
    }

    @Test func aPrunedHistoryIsImportedWithWhatItAnswers() async throws {
        let (first, second) = (try store("first"), try store("second"))
        var state: [Int64: Observation] = [:]
        try await nights(0..<40, into: first, seed: 9, state: &state)
        _ = try await first.prune(
            apiURL: api, before: Timestamp.sample.adding(seconds: 30 * Self.day), keepsMonthly: true, isRehearsal: false
        )
        let importing = try await second.importing([file(export(first))])
        #expect(importing.pruned + importing.imported == 40)
        #expect(importing.imported == (try await first.scans(apiURL: api).count))
        #expect(importing.pruned > 20)
        // What stood open before the oldest scan that is left is not told.
        let pairs = zip(try await first.scans(apiURL: api), try await second.scans(apiURL: api))
        for (here, there) in pairs {
            #expect(try await answers(there, second, withSince: false) == answers(here, first, withSince: false))
        }
        #expect(try await second.verify().problem == nil)
        // What comes later continues it.
        try await nights(40..<43, into: first, seed: 10, state: &state)
        #expect(try await second.importing([file(export(first))]).imported == 3)
        let (here, there) = (try await first.scans(apiURL: api), try await second.scans(apiURL: api))
        #expect(try await answers(there[0], second, withSince: false) == answers(here[0], first, withSince: false))
        #expect(here[0].content == there[0].content)
    }

    @Test func aDamagedExportLeavesTheHistoryAsItWas() async throws {
        let first = try store("first")
        var state: [Int64: Observation] = [:]
        try await nights(0..<6, into: first, seed: 5, state: &state)
        let exported = try export(first)
        var generator = SeededGenerator(1)
        for round in 0..<60 {
            var damaged = exported
            switch round % 3 {
            case 0: damaged.removeLast(Int.random(in: 1..<exported.count, using: &generator))
            case 1:
                damaged[Int.random(in: 0..<exported.count, using: &generator)] ^=
                    1 << UInt8.random(in: 0..<8, using: &generator)
            default:
                let start = Int.random(in: 0..<exported.count - 50, using: &generator)
                damaged.removeSubrange(start..<start + Int.random(in: 1..<50, using: &generator))
            }
            let second = try store("second-\(round)")
            do throws(HistoryError) {
                // A file that ends after a whole scan is the export of an earlier day.
                let importing = try await second.importing([file(damaged)])
                #expect(importing.imported < 6)
                #expect(exported.starts(with: damaged))
                #expect(damaged.last == UInt8(ascii: "\n"))
            } catch {
                guard case .badExport = error else { Issue.record("\(error)"); return }
                #expect(try await answers(second).isEmpty)
            }
            #expect(try await second.verify().problem == nil)
        }
    }

    /// A day's scan that is gone must not be answered for by an older one in silence.
    @Test func aDayWhoseScanWasPrunedIsNamed() async throws {
        let store = try store()
        for day in 0..<40 as Range<Int64> { try await store.scan([.read("api", id: 1)], at: day * Self.day) }
        _ = try await store.prune(
            apiURL: api, before: Timestamp.sample.adding(seconds: 35 * Self.day), keepsMonthly: true, isRehearsal: false
        )
        let moment = Timestamp.sample.adding(seconds: 20 * Self.day)
        let found = try #require(try await store.scan(.at(moment), apiURL: api, of: ["ACME"]))
        #expect(found.startedAt < moment)
        let pruned = try #require(try await store.prunedScan(after: found, by: moment, of: ["ACME"]))
        #expect(pruned.startedAt == moment)
        #expect(try await store.prunedScan(after: found, by: moment, of: ["beta"]) == nil)
        #expect(try await store.prunedScan(after: found, by: found.startedAt, of: []) == nil)
    }

    /// What no history holds is told by file and line, whatever finds it.
    @Test(arguments: [
        (#""state":"sealed""#, #""state":"running""#), (#""state":"sealed""#, #""state":"foo""#),
        (#""severity":"high""#, #""severity":"bogus""#), (#""listing_status":"complete""#, #""listing_status":"evil""#),
        (#""use_default":true"#, #""use_default":null"#),
    ])
    func anExportThatHoldsWhatNoHistoryHoldsIsRefused(was: String, reported: String) async throws {
        let first = try store("first")
        try await first.scan([.read("api", id: 1), .read("web", id: 2, .own(["actor"]))])
        let text = String(decoding: try export(first), as: UTF8.self)
        #expect(text.contains(was))
        let second = try store("second")
        let error = await #expect(throws: HistoryError.self) {
            try await second.importing([file(Array(text.replacing(was, with: reported).utf8))])
        }
        guard case .badExport = error else { Issue.record("\(String(describing: error))"); return }
        #expect(try await second.scans(apiURL: api).isEmpty)
    }

    @Test func whatWasAlteredIsNotExported() async throws {
        let store = try store()
        try await store.scan([.read("api", id: 1)])
        try await DatabaseQueue(path: store.path).write { db in
            try db.tamper("UPDATE settingObservation SET useDefault = 0")
        }
        let error = #expect(throws: HistoryError.self) { try export(store) }
        guard case .altered = error else { Issue.record("\(String(describing: error))"); return }
    }
}
