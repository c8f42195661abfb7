import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// What the history keeps to spare the next scan, and how a scan goes on.
@Suite struct KnowledgeTests {
    private static let acme = OrganizationID(rawValue: 77)
    private static let api = "https://api.github.com"

    private let folder = Folder()
    private let custom = RepositorySetting(useDefault: false, includeClaimKeys: ["repo"])

    private func credential(
        _ store: HistoryStore, _ token: String = "one", day: Int64 = 0,
    ) async throws -> StoredCredential {
        try await store.credential(apiURL: Self.api, at: Timestamp.sample.adding(seconds: day * 86_400)) { salt in
            "\(token)-\(salt.map { String($0) }.joined())"
        }
    }

    private func begin(
        _ store: HistoryStore, resuming: Bool = false, after seconds: Int64 = 0, requested: [String] = ["acme"],
        scope: Scope = Scope(), as credential: CredentialID? = nil,
    ) async throws -> ScanRecorder {
        try await store.beginScan(
            ScanStart(
                apiURL: Self.api, isEnterpriseServer: false, startedAt: Timestamp.sample.adding(seconds: seconds),
                toolVersion: "test", requested: requested, scope: scope, credential: credential),
            resuming: resuming)
    }

    private func observation(
        _ name: String, id: Int64, _ setting: RepositorySetting = .gitHubDefault, tag: String? = nil,
        properties: [String: [String]]? = nil,
    ) -> Observation {
        Observation(
            repository: .sample(name, id: id, customProperties: properties), reading: .read(setting),
            observedAt: .sample, validator: tag.flatMap { Validator("\"\($0)\"") })
    }

    private func finish(
        _ recorder: ScanRecorder, _ store: HistoryStore, listed: Int, stop: ScanStop? = nil,
    ) async throws -> Snapshot {
        try await recorder.record(
            OrganizationObservation(
                login: "acme", id: Self.acme, template: .neverSet,
                listing: Listing(status: .complete, listed: listed, expected: listed)))
        try await recorder.finish(at: .sample, stop: stop, requests: RequestCounts(sent: 10, notModified: 4))
        let snapshot = try await store.snapshot(of: recorder.scanID)
        if stop == nil { try await recorder.seal(Evaluator(policy: .sample(), gate: Gate()).evaluate(snapshot)) }
        return snapshot
    }

    private func page(_ ids: [Int64], tag: String, last: Int? = nil, hasProperties: Bool = true) throws -> ListedPage {
        ListedPage(
            number: 1, repositories: ids.map(RepositoryID.init), hasProperties: hasProperties, last: last,
            validator: try #require(Validator("\"\(tag)\"")))
    }

    private func rows(_ table: String) throws -> [Row] {
        try DatabaseQueue(path: folder.file).read { try Row.fetchAll($0, sql: "SELECT * FROM \(table)") }
    }

    // MARK: - Credentials

    @Test func aTokenIsKnownByItsFingerprintAlone() async throws {
        let store = try HistoryStore(path: folder.file)
        let one = try await credential(store)
        #expect(!one.isNewcomer)
        #expect(try await credential(store).id == one.id)
        let two = try await credential(store, "two")
        #expect(two.id != one.id)
        #expect(two.isNewcomer)
        let other = try HistoryStore(path: folder.path + "/other.sqlite")
        let salts = try [store, other].map { store in
            try DatabaseQueue(path: store.path).read { try Data.fetchOne($0, sql: "SELECT salt FROM host") }
        }
        _ = try await credential(other)
        #expect(salts[0]?.count == 32)
        #expect(salts[0] != salts[1])
    }

    @Test func tokensThatWentAreForgotten() async throws {
        let store = try HistoryStore(path: folder.file)
        for number in 0..<10 {
            let credential = try await credential(store, "token-\(number)", day: Int64(number) * 30)
            let recorder = try await begin(store, as: credential.id)
            _ = try await recorder.begin(Self.acme, login: "acme")
            try await recorder.record([observation("a", id: 1, tag: "t")], of: Self.acme)
            await recorder.note(try page([1], tag: "p"), of: Self.acme)
            _ = try await finish(recorder, store, listed: 1)
        }
        // Those of the last ninety days; observations of the scan above have a time of their own.
        #expect(try rows("credential").count == 4)
        #expect(try rows("settingValidator").count == 4)
        #expect(try rows("pageValidator").count == 4)
        // However long it was not here, the token that asks is known.
        #expect(try await !credential(store, "token-9", day: 5000).isNewcomer)
        #expect(try await credential(store, "token-10", day: 5000).isNewcomer)
    }

    @Test func aRefusalIsRemembered() async throws {
        let store = try HistoryStore(path: folder.file)
        let one = try await credential(store)
        #expect(one.refusedAt == nil)
        #expect(one.usedAt == nil)
        try await store.noteUse(of: one.id, at: .sample, spentPoints: 700, wasRefused: true)
        let again = try await credential(store)
        #expect(again.refusedAt == .sample)
        #expect(again.usedAt == .sample)
        #expect(again.spentPoints == 700)
        // In use again, and nobody knows how much.
        #expect(try await credential(store).spentPoints == nil)
        #expect(try await credential(store, "two").refusedAt == nil)
        try await store.noteUse(of: one.id, at: .sample, spentPoints: 3, wasRefused: false)
        #expect(try await credential(store).refusedAt == .sample)
    }

    // MARK: - Validators

    @Test func aValidatorStandsForWhatItsTokenReadThen() async throws {
        let store = try HistoryStore(path: folder.file)
        let (one, two) = (try await credential(store), try await credential(store, "two"))
        let first = try await begin(store, as: one.id)
        #expect(try await first.begin(Self.acme, login: "acme").settings.isEmpty)
        try await first.record(
            [observation("a", id: 1, custom, tag: "a1"), observation("b", id: 2)], of: Self.acme)
        await first.note(try page([1, 2], tag: "p1"), of: Self.acme)
        _ = try await finish(first, store, listed: 2)
        // Another token sees another setting, and another name.
        let second = try await begin(store, after: 1, as: two.id)
        #expect(try await second.begin(Self.acme, login: "acme").settings.isEmpty)
        try await second.record(
            [observation("a", id: 1, tag: "a2"), observation("c", id: 2, tag: "c1")], of: Self.acme)
        _ = try await finish(second, store, listed: 2)

        let third = try await begin(store, after: 2, as: one.id)
        let knowledge = try await third.begin(Self.acme, login: "acme")
        let known = try #require(knowledge.settings[RepositoryID(rawValue: 1)])
        #expect(knowledge.settings.count == 1)
        #expect(known.fullName == "acme/a")
        #expect(known.value == custom)
        #expect(known.validator.rawValue == "\"a1\"")
        #expect(knowledge.pages[1]?.repositories.map(\.name) == ["a", "b"])
        // "Not modified" for the first token: the setting is back to what it was, and that is stored.
        try await third.record([observation("a", id: 1, custom)], of: Self.acme)
        let snapshot = try await finish(third, store, listed: 1)
        #expect(snapshot.organizations[0].repositories.first?.reading == .read(custom))
    }

    @Test func propertiesThatTheListingLacksAreNotTakenFromItsPage() async throws {
        let store = try HistoryStore(path: folder.file)
        let one = try await credential(store)
        for (second, hasProperties) in [(Int64(0), false), (1, true)] {
            let recorder = try await begin(store, after: second, as: one.id)
            _ = try await recorder.begin(Self.acme, login: "acme")
            try await recorder.record([observation("a", id: 1, properties: ["tier": ["x"]])], of: Self.acme)
            await recorder.note(try page([1], tag: "p", last: 3, hasProperties: hasProperties), of: Self.acme)
            _ = try await finish(recorder, store, listed: 1)
            let next = try await begin(store, after: second, as: one.id)
            let known = try await next.begin(Self.acme, login: "acme").pages[1]
            try await next.finish(at: .sample, stop: .interrupted, requests: RequestCounts())
            #expect(known?.repositories.map(\.customProperties) == [hasProperties ? ["tier": ["x"]] : nil])
            #expect(known?.last == 3)
        }
    }

    @Test func anUnchangedNightAddsFiveRows() async throws {
        let store = try HistoryStore(path: folder.file)
        let one = try await credential(store)
        func night(_ tag: String?, second: Int64) async throws -> Int {
            let recorder = try await begin(store, after: second, as: one.id)
            _ = try await recorder.begin(Self.acme, login: "acme")
            try await recorder.begin(with: .neverSet, of: Self.acme)
            try await recorder.record((1...50).map { observation("r\($0)", id: $0, tag: tag) }, of: Self.acme)
            if tag != nil { await recorder.note(try page([1, 2], tag: "p"), of: Self.acme) }
            _ = try await finish(recorder, store, listed: 50)
            return try await store.read { db in
                try String.fetchAll(
                    db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
                )
                .reduce(0) { try $0 + (Int.fetchOne(db, sql: "SELECT count(*) FROM \"\($1)\"") ?? 0) }
            }
        }
        let before = try await night("t", second: 0)
        // All answers were "not modified", or came with the validators that are known.
        #expect(try await night(nil, second: 1) == before + 5)
        #expect(try await night("t", second: 2) == before + 10)
    }

    @Test func validatorsOfAHostileHistoryAreNotUsed() async throws {
        let store = try HistoryStore(path: folder.file)
        let one = try await credential(store)
        let recorder = try await begin(store, as: one.id)
        _ = try await recorder.begin(Self.acme, login: "acme")
        try await recorder.record([observation("a", id: 1, tag: "t")], of: Self.acme)
        await recorder.note(try page([1], tag: "p"), of: Self.acme)
        _ = try await finish(recorder, store, listed: 1)
        try await store.write { db in
            try db.execute(sql: "UPDATE settingValidator SET validator = 'x' || char(10) || 'Authorization: y'")
            try db.execute(sql: "UPDATE pageValidator SET observations = '[99]'")
        }
        var next = try await begin(store, after: 1, as: one.id)
        let knowledge = try await next.begin(Self.acme, login: "acme")
        #expect(knowledge.settings.isEmpty)
        #expect(knowledge.pages.isEmpty)
        try await next.finish(at: .sample, stop: .interrupted, requests: RequestCounts())
        for change in ["pageValidator SET observations = 'x'", "repositoryObservation SET name = '..'"] {
            try await store.write { db in
                try db.execute(sql: "UPDATE pageValidator SET observations = '[1]'")
                try db.tamper("UPDATE \(change)")
            }
            next = try await begin(store, after: 2, as: one.id)
            #expect(try await next.begin(Self.acme, login: "acme").pages.isEmpty)
            try await next.finish(at: .sample, stop: .interrupted, requests: RequestCounts())
        }
    }

    // MARK: - Going on

    @Test func anInterruptedScanGoesOn() async throws {
        let store = try HistoryStore(path: folder.file)
        var first: ScanRecorder? = try await begin(store)
        let id = try #require(first?.scanID)
        #expect(try await first?.begin(Self.acme, login: "acme").resumed == nil)
        try await first?.begin(with: .set(["repo"], useImmutableSubject: true), of: Self.acme)
        try await first?.record(
            [
                observation("a", id: 1, custom),
                Observation(
                    repository: .sample("b", id: 2), reading: .unreadable(UnreadableReason(.timeout, "late")),
                    observedAt: .sample),
                Observation(repository: .sample("c", id: 3), reading: nil, observedAt: .sample),
            ], of: Self.acme)
        try await first?.finish(at: .sample, stop: .interrupted, requests: RequestCounts(sent: 5, retried: 1))
        first = nil

        let second = try await begin(store, resuming: true, after: 3600, requested: ["ACME"])
        #expect(second.scanID == id)
        #expect(second.resumedFrom == .sample)
        let resumed = try #require(try await second.begin(Self.acme, login: "acme").resumed)
        // What failed is tried once more.
        #expect(resumed.read == [RepositoryID(rawValue: 1): "acme/a"])
        #expect(resumed.template == .set(["repo"], useImmutableSubject: true))
        try await second.record(
            [
                Observation(repository: .sample("a", id: 1), reading: nil, observedAt: .sample),
                observation("b", id: 2), observation("c", id: 3),
            ], of: Self.acme)
        let snapshot = try await finish(second, store, listed: 3)
        #expect(
            snapshot.organizations[0].repositories.map(\.reading)
                == [.read(custom), .read(.gitHubDefault), .read(.gitHubDefault)])
        #expect(snapshot.startedAt == .sample)
        #expect(snapshot.requests == RequestCounts(sent: 15, notModified: 4, retried: 1))
        #expect(snapshot.organizations.count == 1)
        #expect(try rows("scanTemplate").isEmpty)
        #expect(try rows("scanProgress").isEmpty)
    }

    @Test func aKilledScanGoesOnToo() async throws {
        let store = try HistoryStore(path: folder.file)
        var first: ScanRecorder? = try await begin(store)
        _ = try await first?.begin(Self.acme, login: "acme")
        try await first?.record([observation("a", id: 1)], of: Self.acme)
        // While it runs, nobody else goes on with it.
        await #expect(throws: HistoryError.scanRunning(path: folder.file, organization: "acme")) {
            _ = try await begin(store, resuming: true)
        }
        let id = first?.scanID
        first = nil
        let second = try await begin(store, resuming: true)
        #expect(second.scanID == id)
        // It was killed before it knew the organization's template.
        #expect(try await second.begin(Self.acme, login: "acme").resumed?.template == nil)
    }

    /// One that was refused while the first ran leaves a row, of which nothing can be gone on with.
    @Test func aRefusedScanHidesNone() async throws {
        let store = try HistoryStore(path: folder.file)
        var first: ScanRecorder? = try await begin(store)
        _ = try await first?.begin(Self.acme, login: "acme")
        try await first?.record([observation("a", id: 1)], of: Self.acme)
        let refused = try await begin(store)
        await #expect(throws: HistoryError.self) { _ = try await refused.begin(Self.acme, login: "acme") }
        try await refused.finish(at: .sample, stop: .interrupted, requests: RequestCounts())
        let id = first?.scanID
        first = nil
        let resumed = try await begin(store, resuming: true)
        #expect(resumed.scanID == id)
    }

    @Test func anotherScanIsNotGoneOnWith() async throws {
        let store = try HistoryStore(path: folder.file)
        func interrupt(_ recorder: ScanRecorder) async throws {
            _ = try await recorder.begin(Self.acme, login: "acme")
            try await recorder.record([observation("a", id: 1)], of: Self.acme)
            try await recorder.finish(at: .sample, stop: .interrupted, requests: RequestCounts())
        }
        try await interrupt(try await begin(store))
        // Older than a day, of other organizations, of another scope.
        #expect(try await begin(store, resuming: true, after: 86_400).resumedFrom == nil)
        #expect(try await begin(store, resuming: true, after: 86_400, requested: ["acme", "beta"]).resumedFrom == nil)
        let wide = Scope(selector: Selector(), includesArchived: true)
        #expect(try await begin(store, resuming: true, after: 1, scope: wide).resumedFrom == nil)
        // A newer scan that was sealed leaves nothing to go on with.
        let sealed = try await begin(store, after: 2)
        _ = try await sealed.begin(Self.acme, login: "acme")
        _ = try await finish(sealed, store, listed: 0)
        #expect(try await begin(store, resuming: true, after: 3).resumedFrom == nil)
    }

    @Test func aScanThatWasOvertakenDoesNotGoOn() async throws {
        let store = try HistoryStore(path: folder.file)
        try await begin(store).finish(at: .sample, stop: .interrupted, requests: RequestCounts())
        let wider = try await begin(store, after: 1, requested: ["acme", "beta"])
        _ = try await wider.begin(Self.acme, login: "acme")
        _ = try await finish(wider, store, listed: 0)
        #expect(try await begin(store, resuming: true, after: 2).resumedFrom == nil)
    }

    @Test func whatAnotherTemplateWasReadBesideIsReadAgainHoweverOftenTheScanIsInterrupted() async throws {
        let store = try HistoryStore(path: folder.file)
        let first = try await begin(store)
        _ = try await first.begin(Self.acme, login: "acme")
        try await first.begin(with: .neverSet, of: Self.acme)
        try await first.record((1...3).map { observation("r\($0)", id: $0) }, of: Self.acme)
        try await first.finish(at: .sample, stop: .interrupted, requests: RequestCounts())
        let second = try await begin(store, resuming: true, after: 1)
        #expect(try await second.begin(Self.acme, login: "acme").resumed?.read.count == 3)
        try await second.begin(with: .set(["repo"], useImmutableSubject: nil), of: Self.acme)
        try await second.record([observation("r1", id: 1)], of: Self.acme)
        try await second.finish(at: .sample, stop: .interrupted, requests: RequestCounts())
        let snapshot = try await store.snapshot(of: second.scanID)
        #expect(snapshot.organizations.isEmpty)
        let third = try await begin(store, resuming: true, after: 2)
        let resumed = try #require(try await third.begin(Self.acme, login: "acme").resumed)
        #expect(resumed.template == .set(["repo"], useImmutableSubject: nil))
        #expect(resumed.read == [RepositoryID(rawValue: 1): "acme/r1"])
    }

    @Test func aRepositoryThatWentWhileTheScanWasInterruptedIsGone() async throws {
        let store = try HistoryStore(path: folder.file)
        let first = try await begin(store)
        _ = try await first.begin(Self.acme, login: "acme")
        try await first.record([observation("a", id: 1), observation("b", id: 2)], of: Self.acme)
        try await first.finish(at: .sample, stop: .interrupted, requests: RequestCounts())
        let second = try await begin(store, resuming: true, after: 1)
        _ = try await second.begin(Self.acme, login: "acme")
        try await second.record([observation("a", id: 1)], of: Self.acme)
        let running = try await finish(second, store, listed: 1)
        #expect(running.organizations[0].repositories.map(\.repository.name) == ["a"])
        let sealed = try await store.snapshot(of: second.scanID)
        #expect(sealed.organizations[0].repositories.map(\.repository.name) == ["a"])
        #expect(sealed.organizations[0].listing.removed == ["acme/b"])
    }

    @Test func aCancelledTaskStillWrites() async throws {
        let store = try HistoryStore(path: folder.file)
        let recorder = try await begin(store)
        let seen = observation("a", id: 1)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.cancelAll()
            group.addTask {
                #expect(Task.isCancelled)
                _ = try await recorder.begin(Self.acme, login: "acme")
                try await recorder.record([seen], of: Self.acme)
                try await recorder.finish(at: .sample, stop: .interrupted, requests: RequestCounts())
            }
            try await group.waitForAll()
        }
        #expect(try rows("settingObservation").count == 1)
    }

    // MARK: - Last reads

    @Test func lastReadsAreByTheScanThatReadEach() async throws {
        let store = try HistoryStore(path: folder.file)
        func scan(_ names: [Int64], after second: Int64, stop: ScanStop?) async throws -> ScanID {
            let recorder = try await begin(store, after: second)
            _ = try await recorder.begin(Self.acme, login: "acme")
            try await recorder.record(names.map { observation("r\($0)", id: $0) }, of: Self.acme)
            _ = try await finish(recorder, store, listed: names.count, stop: stop)
            return recorder.scanID
        }
        let sealed = try await scan([1, 2, 3], after: 0, stop: nil)
        let second = try await scan([1, 2], after: 1, stop: .waitExhausted)
        let third = try await scan([2, 4], after: 2, stop: .waitExhausted)
        let recorder = try await begin(store, after: 3)
        // Nobody asks for them: the scan before ended early.
        let knowledge = try await recorder.begin(Self.acme, login: "acme")
        #expect(knowledge.endedEarly)
        let reads = knowledge.lastReads
        #expect(
            reads == [
                RepositoryID(rawValue: 1): second, RepositoryID(rawValue: 2): third, RepositoryID(rawValue: 3): sealed,
                RepositoryID(rawValue: 4): third,
            ])
    }
}
