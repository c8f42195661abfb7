import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

@Suite struct HistoryStoreTests {
    private static let acme = OrganizationID(rawValue: 77)

    private func read(_ name: String, id: Int64, _ setting: RepositorySetting = .gitHubDefault) -> Observation {
        Observation(repository: .sample(name, id: id), reading: .read(setting), observedAt: .sample)
    }

    private func unreadable(_ name: String, id: Int64) -> Observation {
        Observation(
            repository: .sample(name, id: id), reading: .unreadable(UnreadableReason(.forbidden, "no")),
            observedAt: .sample)
    }

    /// Every row of every table, as text.
    private func dump(_ path: String) throws -> [String: [String]] {
        let queue = try DatabaseQueue(path: path)
        return try queue.read { db in
            let tables = try String.fetchAll(
                db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
            return try Dictionary(
                uniqueKeysWithValues: tables.map { table in
                    (table, try Row.fetchAll(db, sql: "SELECT * FROM \(table)").map(\.description))
                })
        }
    }

    @Test func aScanComesBackAsItWasSeen() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let setting = RepositorySetting(
            useDefault: false, includeClaimKeys: ["repo", "weird \" key"], useImmutableSubject: false,
            subClaimPrefix: "repo:acme@77/web@2")
        let web = Repository.sample(
            "Web", id: 2, visibility: .internal, isArchived: true, isFork: nil, topics: nil,
            customProperties: ["tier": ["a", "b"], "none": []])
        let (_, snapshot) = try await store.scan(
            [
                Observation(repository: web, reading: .read(setting), observedAt: .sample), read("api", id: 1),
                unreadable("secret", id: 3),
            ], template: .set(["repo", "context"], useImmutableSubject: true), scope: Scope(includesArchived: true))
        let organization = try #require(snapshot.organizations.first)
        #expect(organization.id == Self.acme)
        #expect(organization.template == .set(["repo", "context"], useImmutableSubject: true))
        #expect(organization.repositories.map(\.repository.name) == ["api", "secret", "Web"])
        #expect(organization.repositories[2].repository == web)
        #expect(organization.repositories[2].reading == .read(setting))
        #expect(organization.repositories[2].since == .sample)
        #expect(organization.repositories[1].reading == .unreadable(UnreadableReason(.forbidden, "no")))
        #expect(organization.repositories[1].since == nil)
        #expect(snapshot.scope == Scope(includesArchived: true))
        #expect(snapshot.requests == RequestCounts(sent: 3, waited: .milliseconds(1234)))
    }

    /// Few distinct templates stand in very many rows, and each text is read and written once.
    @Test func textsThatUnicodeTakesForTheSameComeBackAsTheyWere() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let spellings = ["caf\u{E9}", "cafe\u{301}"]
        func observations(_ order: [String]) -> [Observation] {
            order.enumerated().map { index, text in
                let repository = Repository.sample(
                    "r\(index)", id: Int64(index + 1), topics: [text], customProperties: ["tier": [text]])
                return Observation(
                    repository: repository, reading: .read(.own(["repo", ClaimKey(text)])), observedAt: .sample)
            }
        }
        let (_, first) = try await store.scan(observations(spellings))
        let (_, second) = try await store.scan(observations(spellings.reversed()), at: 86_400)
        for (snapshot, order) in [(first, spellings), (second, spellings.reversed())] {
            let repositories = try #require(snapshot.organizations.first?.repositories)
            #expect(repositories.map(\.repository) == observations(order).map(\.repository))
            #expect(repositories.map { $0.reading.value?.includeClaimKeys?.last } == order.map { ClaimKey($0) })
        }
    }

    @Test(arguments: Repository.Visibility.allCases)
    func aVisibilityComesBackAsItWasKnown(_ visibility: Repository.Visibility) async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let api = Repository.sample("api", id: 1, visibility: visibility)
        let (_, snapshot) = try await store.scan([
            Observation(repository: api, reading: .read(.gitHubDefault), observedAt: .sample)
        ])
        #expect(snapshot.organizations.first?.repositories.map(\.repository) == [api])
    }

    @Test func anUnchangedOrganizationAddsAConstantNumberOfRows() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let observations =
            (1...40).map { read("r\($0)", id: $0, .own($0 % 3 == 0 ? ["repo"] : ["repo", "context"])) }
            + (41...50).map { unreadable("u\($0)", id: $0) }
            + (51...60).map {
                Observation(repository: .sample("a\($0)", id: $0, isArchived: true), reading: nil, observedAt: .sample)
            }
        try await store.scan(observations)
        let before = try dump(folder.file)
        let (_, snapshot) = try await store.scan(observations.reversed(), at: 86_400)
        let after = try dump(folder.file)
        let grown = after.filter { $0.value.count != before[$0.key]?.count }
        #expect(
            grown.mapValues(\.count) == [
                "scan": 2, "scanOrganization": 2, "organizationTally": 2, "seal": 2, "sealChecks": 2,
            ])
        // What the first night saw is still there, word for word.
        for (table, rows) in before { #expect(after[table]?.prefix(rows.count) == rows[...], "\(table)") }
        #expect(snapshot.organizations[0].repositories.allSatisfy { $0.since == nil || $0.since == .sample })
        #expect(snapshot.organizations[0].repositories.count == 60)
    }

    @Test func aChangeIsARowAndTheOldStateStays() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let (_, first) = try await store.scan([read("api", id: 1), read("web", id: 2)])
        try await store.scan([read("api", id: 1, .own(["repo"])), unreadable("web", id: 2)], at: 100)
        let (_, third) = try await store.scan([read("renamed", id: 1, .own(["repo"])), read("web", id: 2)], at: 200)
        let again = try await store.snapshot(of: try #require(first.scanID))
        #expect(
            again.organizations[0].repositories.map(\.reading) == first.organizations[0].repositories.map(\.reading))
        #expect(again.organizations[0].repositories.map(\.repository.name) == ["api", "web"])
        let now = third.organizations[0].repositories
        #expect(now.map(\.repository.name) == ["renamed", "web"])
        // Its name changed, not its setting; and the other was the same whenever it could be read.
        #expect(now.map { $0.since?.seconds(since: .sample) } == [100, 0])
    }

    @Test func twoHostsCountAlike() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        try await store.scan([read("api", id: 1)])
        let (_, other) = try await store.scan(
            [read("other", id: 1, .own(["repo"]))], apiURL: "https://git.example.com/api/v3")
        #expect(other.organizations[0].repositories.map(\.repository.name) == ["other"])
        let (_, again) = try await store.scan([read("api", id: 1)])
        #expect(again.organizations[0].repositories[0].reading == .read(.gitHubDefault))
    }

    @Test func whatIsGoneFromACompleteListingIsRemovedOnce() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        try await store.scan([read("api", id: 1), read("Old", id: 2)])
        let (report, second) = try await store.scan([read("api", id: 1)], at: 1)
        #expect(second.organizations[0].listing.removed == ["acme/Old"])
        #expect(second.organizations[0].repositories.map(\.repository.name) == ["api"])
        #expect(report.isComplete)
        let (_, third) = try await store.scan([read("api", id: 1)], at: 2)
        #expect(third.organizations[0].listing.removed.isEmpty)
        let (_, fourth) = try await store.scan([read("api", id: 1), read("Old", id: 2)], at: 3)
        #expect(fourth.organizations[0].repositories.count == 2)
    }

    @Test func whatIsGoneFromAnUnverifiedListingMakesTheScanIncompleteOnce() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let unverified = Listing(status: .unverified, listed: 1, expected: nil)
        try await store.scan([read("api", id: 1), read("old", id: 2)], listing: unverified)
        let (report, second) = try await store.scan([read("api", id: 1)], at: 1, listing: unverified)
        #expect(second.organizations[0].listing.missing == ["acme/old"])
        #expect(second.organizations[0].repositories.map(\.repository.name) == ["api"])
        #expect(report.verdict == .incomplete)
        let (later, _) = try await store.scan([read("api", id: 1)], at: 2, listing: unverified)
        #expect(later.verdict == .compliant)
    }

    @Test func aLostPageLaundersNothing() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let unverified = Listing(status: .unverified, listed: 3, expected: nil)
        try await store.scan([read("a", id: 1), read("b", id: 2), read("c", id: 3)], listing: unverified)
        let partial = Listing(status: .partial, listed: 1, expected: nil, error: "page 2 could not be read")
        let (_, second) = try await store.scan([read("a", id: 1)], at: 1, listing: partial, isWhole: false)
        #expect(second.organizations[0].listing.missing.isEmpty)
        // Sealed, it still knows which ones it met.
        let sealed = try await store.snapshot(of: try #require(second.scanID))
        #expect(sealed.organizations[0].repositories.map(\.repository.name) == ["a"])
        // One of those that the lost page held is really gone the night after: that is still told.
        let (_, third) = try await store.scan(
            [read("a", id: 1), read("b", id: 2)], at: 2,
            listing: Listing(status: .unverified, listed: 2, expected: nil))
        #expect(third.organizations[0].listing.missing == ["acme/c"])
        // And a complete listing later knows it removed.
        let (_, fourth) = try await store.scan([read("a", id: 1), read("b", id: 2)], at: 3)
        #expect(fourth.organizations[0].listing.removed == ["acme/c"])
        let (_, fifth) = try await store.scan([read("a", id: 1), read("b", id: 2)], at: 4)
        #expect(fifth.organizations[0].listing.removed.isEmpty)
    }

    @Test func whatWasOutOfScopeComesBackAsUnread() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        try await store.scan([read("api", id: 1), read("web", id: 2)])
        var selector = Selector()
        selector.excludeNames = [Glob("web")]
        let skipped = Observation(repository: .sample("web", id: 2), reading: nil, observedAt: .sample)
        let (_, second) = try await store.scan([read("api", id: 1), skipped], at: 1, scope: Scope(selector: selector))
        #expect(
            second.organizations[0].repositories.map(\.reading) == [.read(.gitHubDefault), .unreadable(.outOfScope)])
    }

    @Test func anOlderScanDoesNotWriteBelowAYoungerOne() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let older = try await store.beginScan(
            ScanStart(
                apiURL: "https://api.github.com", isEnterpriseServer: false, startedAt: .sample, toolVersion: "test",
                requested: ["slow", "acme"], scope: Scope()))
        let (_, younger) = try await store.scan([read("api", id: 1)])
        await #expect(throws: HistoryError.overtaken(path: folder.file, organization: "acme")) {
            _ = try await older.begin(Self.acme, login: "acme")
        }
        let again = try await store.snapshot(of: try #require(younger.scanID))
        #expect(again.organizations[0].repositories.map(\.reading) == [.read(.gitHubDefault)])
    }

    @Test func aKilledScanLaundersNothing() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        try await store.scan(
            [read("a", id: 1), read("b", id: 2)], listing: Listing(status: .unverified, listed: 2, expected: nil)
        )
        let short = Listing(status: .unverified, listed: 1, expected: nil)
        // It found one gone, and was killed before it could tell anybody.
        try await store.scan([read("a", id: 1)], at: 1, listing: short, stop: .terminated)
        let (report, third) = try await store.scan([read("a", id: 1)], at: 2, listing: short)
        #expect(third.organizations[0].listing.missing == ["acme/b"])
        #expect(report.verdict == .incomplete)
    }

    @Test func aSecondScanOfTheSameOrganizationIsRefused() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let start = ScanStart(
            apiURL: "https://api.github.com", isEnterpriseServer: false, startedAt: .sample, toolVersion: "test",
            requested: ["acme"], scope: Scope())
        var first: ScanRecorder? = try await store.beginScan(start)
        _ = try await first?.begin(Self.acme, login: "acme")
        let second = try await HistoryStore(path: folder.file).beginScan(start)
        await #expect(throws: HistoryError.scanRunning(path: folder.file, organization: "acme")) {
            _ = try await second.begin(Self.acme, login: "acme")
        }
        _ = try await second.begin(OrganizationID(rawValue: 78), login: "beta")
        first = nil
        _ = try await second.begin(Self.acme, login: "acme")
    }

    @Test func anInterruptedScanKnowsWhatItRead() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        try await store.scan([read("a", id: 1), read("b", id: 2), read("c", id: 3)])
        let unread = Observation(repository: .sample("b", id: 2), reading: nil, observedAt: .sample)
        let partial = Listing(status: .partial, listed: 2, expected: 3, error: "page 2 was not read")
        let (report, snapshot) = try await store.scan(
            [read("a", id: 1), unread], at: 1, listing: partial, isWhole: false, stop: .interrupted)
        let repositories = snapshot.organizations[0].repositories
        #expect(repositories.map(\.repository.name) == ["a", "b"])
        #expect(repositories.map(\.reading) == [.read(.gitHubDefault), .unreadable(.notRead)])
        #expect(report.gate.exitStatus == 130)
        // The next night starts from what was really seen: nothing was removed.
        let (_, next) = try await store.scan([read("a", id: 1), read("b", id: 2), read("c", id: 3)], at: 2)
        #expect(next.organizations[0].listing.removed.isEmpty)
        #expect(next.organizations[0].repositories.allSatisfy { $0.since == .sample })
    }

    @Test func findingsAppearRecurAndGo() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let bad = [read("api", id: 1, .own(["repo"])), read("web", id: 2)]
        let (first, _) = try await store.scan(bad)
        #expect(first.findings.map(\.state) == [.new])
        let (second, _) = try await store.scan(bad, at: 10)
        #expect(second.findings.map(\.state) == [.recurring])
        #expect(second.findings.map(\.firstSeen) == [.sample])
        // Unread is not fixed.
        try await store.scan([unreadable("api", id: 1), read("web", id: 2)], at: 20)
        let (fourth, _) = try await store.scan(bad, at: 30)
        #expect(fourth.findings.map(\.firstSeen) == [.sample])
        try await store.scan([read("api", id: 1), read("web", id: 2)], at: 40)
        let (sixth, _) = try await store.scan(bad, at: 50)
        #expect(sixth.findings.map(\.state) == [.reappeared])
        #expect(sixth.findings.map { $0.firstSeen.seconds(since: .sample) } == [50])
        // Another policy's findings are its own.
        let other = try Policy.parsed(
            """
            {"version": 1, "name": "other", "rules": [
              {"id": "required-claims", "rule": "require-claims", "severity": "low", "claims": ["context"]}]}
            """)
        let (seventh, _) = try await store.scan(bad, at: 60, policy: other)
        #expect(seventh.findings.map(\.state) == [.new])
    }

    @Test func theFileIsItsOwnersAlone() throws {
        let folder = Folder()
        _ = try HistoryStore(path: folder.file)
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func aScanThatNobodyEndedKeepsItsObservations() async throws {
        let folder = Folder()
        var store: HistoryStore? = try HistoryStore(path: folder.file)
        let recorder = try await store?.beginScan(
            ScanStart(
                apiURL: "https://api.github.com", isEnterpriseServer: false, startedAt: .sample, toolVersion: "test",
                requested: ["acme"], scope: Scope()))
        try await recorder?.record([read("api", id: 1, .own(["repo"]))], of: Self.acme)
        store = nil
        let reopened = try HistoryStore(path: folder.file)
        let (_, snapshot) = try await reopened.scan([read("api", id: 1, .own(["repo"]))], at: 60)
        #expect(snapshot.organizations[0].repositories[0].since == .sample)
    }

    // MARK: - Files that can't be used

    @Test func refusesANewerVersionByName() throws {
        let folder = Folder()
        _ = try HistoryStore(path: folder.file)
        let queue = try DatabaseQueue(path: folder.file)
        try queue.write { db in try db.execute(sql: "INSERT INTO grdb_migrations VALUES ('v99')") }
        try queue.close()
        #expect(throws: HistoryError.newerVersion(path: folder.file, schema: "v99", known: "r7")) {
            try HistoryStore(path: folder.file)
        }
    }

    @Test(arguments: ["v1", "v4: seals, tallies, triggers, views"])
    func refusesAFileOfBeforeTheFirstRelease(migration: String) throws {
        let folder = Folder()
        _ = try HistoryStore(path: folder.file)
        let queue = try DatabaseQueue(path: folder.file)
        try queue.write { db in
            try db.execute(sql: "DELETE FROM grdb_migrations")
            try db.execute(sql: "INSERT INTO grdb_migrations VALUES (?)", arguments: [migration])
        }
        try queue.close()
        let before = try Data(contentsOf: URL(filePath: folder.file))
        let error = #expect(throws: HistoryError.self) { try HistoryStore(path: folder.file) }
        #expect(error == .unreleasedVersion(path: folder.file))
        #expect(error?.hint.contains("--db") == true)
        #expect(try Data(contentsOf: URL(filePath: folder.file)) == before)
    }

    @Test func refusesOtherFilesAndLeavesThemAlone() throws {
        let folder = Folder()
        try FileManager.default.createDirectory(atPath: folder.path + "/deep", withIntermediateDirectories: true)
        let text = Data("This is not a database, and it is longer than the header of one.\n".utf8)
        let padded = text + Data(repeating: 10, count: 8192)
        try padded.write(to: URL(filePath: folder.file))
        #expect(throws: HistoryError.notAHistory(path: folder.file)) { try HistoryStore(path: folder.file) }
        #expect(try Data(contentsOf: URL(filePath: folder.file)) == padded)

        let foreign = folder.path + "/foreign.sqlite"
        let queue = try DatabaseQueue(path: foreign)
        try queue.write { db in try db.execute(sql: "CREATE TABLE bookmarks (url TEXT)") }
        try queue.close()
        let before = try Data(contentsOf: URL(filePath: foreign))
        #expect(throws: HistoryError.notAHistory(path: foreign)) { try HistoryStore(path: foreign) }
        #expect(try Data(contentsOf: URL(filePath: foreign)) == before)
    }

    @Test func aDamagedFileIsReportedAndLeftAlone() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        try await store.scan((1...200).map { read("r\($0)", id: $0, .own(["repo"])) })
        try await DatabaseQueue(path: folder.file).writeWithoutTransaction { db in
            _ = try db.checkpoint(.truncate)
        }
        var bytes = try Data(contentsOf: URL(filePath: folder.file))
        for index in 4096..<bytes.count { bytes[index] = 0xA5 }
        let damaged = folder.path + "/damaged.sqlite"
        try bytes.write(to: URL(filePath: damaged))
        let error = #expect(throws: HistoryError.self) { try HistoryStore(path: damaged) }
        guard case .corrupt = error else { Issue.record("\(String(describing: error))"); return }
        #expect(try Data(contentsOf: URL(filePath: damaged)) == bytes)
    }

    @Test(arguments: [
        "UPDATE repository SET id = -9", "UPDATE repository SET id = 9000000000000000000",
        "UPDATE repositoryObservation SET topics = '{'", "UPDATE settingObservation SET includeClaimKeys = '7'",
        "UPDATE settingObservation SET observedAt = 'yesterday'", "UPDATE scan SET scope = 'all'",
    ])
    func aHostileDatabaseIsCorruptAndNoCrash(change: String) async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let observations = [read("api", id: 1, .own(["repo"]))]
        let (_, snapshot) = try await store.scan(observations)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        try await DatabaseQueue(path: folder.file, configuration: configuration).write { db in
            try db.tamper(change)
        }
        do {
            _ = try await store.snapshot(of: try #require(snapshot.scanID))
            try await store.scan(observations, at: 1)
        } catch let error as HistoryError {
            guard case .corrupt = error else { Issue.record("\(error)"); return }
        }
    }

    @Test func aFolderOrAnImpossiblePathIsReportedByName() {
        for path in ["/proc/nowhere/history.sqlite", "/dev/null/history.sqlite", NSTemporaryDirectory()] {
            let error = #expect(throws: HistoryError.self) { try HistoryStore(path: path) }
            guard case .cannotOpen = error else { Issue.record("\(String(describing: error))"); return }
        }
    }

    // MARK: - Findings

    @Test func findingsAboutOrganizationsAndWaiversAreRememberedAndFixed() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let policy = try Policy.of(
            #"{"id": "set", "rule": "organization-template", "severity": "high"}"#,
            #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["context"]}"#)
        let expired = Waiver(
            rule: "claims", target: .init(repository: .named(Glob("api"))), owner: "o", reason: "r",
            expires: try #require(Day("2026-01-01")))
        let lasting = Waiver(
            rule: "claims", target: .init(repository: .named(Glob("web"))), owner: "o", reason: "r",
            expires: try #require(Day("2027-11-20")))
        let observations = [read("api", id: 1, .own(["repo"])), read("web", id: 2, .own(["repo"]))]
        let (first, _) = try await store.scan(
            observations, policy: policy, waivers: WaiverList([expired, lasting], source: "w"))
        #expect(first.findings.map(\.rule) == ["set", "expired-waivers", "claims", "claims"])
        #expect(first.findings.map(\.state) == [.new, .new, .new, .new])
        #expect(first.findings.map(\.isOpen) == [true, true, true, false])
        let (second, _) = try await store.scan(
            observations, at: 60, policy: policy, waivers: WaiverList([expired], source: "w"))
        // What was waived was known all the same.
        #expect(second.findings.map(\.state) == [.recurring, .recurring, .recurring, .recurring])
        #expect(second.findings.allSatisfy { $0.firstSeen == .sample })
        let (third, _) = try await store.scan(
            observations, at: 120, template: .set(["repo"], useImmutableSubject: nil), policy: policy,
            waivers: WaiverList([], source: "w"))
        #expect(third.findings.map(\.rule) == ["claims", "claims"])
        // What was fixed is back, and so is a waiver that was out of the file for a night.
        let (fourth, _) = try await store.scan(
            observations, at: 180, policy: policy, waivers: WaiverList([expired], source: "w"))
        #expect(fourth.findings.map(\.state) == [.reappeared, .reappeared, .recurring, .recurring])
        let before = try await store.openFindings(
            apiURL: "https://api.github.com", policyName: "test", before: third.scanID)
        #expect(Set(before.keys.map(\.rule)) == ["set", "expired-waivers", "claims"])
    }

    @Test func whatWasWaivedIsKnownAndNoBaseline() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let policy = try Policy.of(
            #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["context"]}"#)
        let waiver = Waiver(
            rule: "claims", target: .init(repository: .named(Glob("api"))), owner: "o", reason: "r",
            expires: try #require(Day("2027-11-20")))
        let bad = [read("api", id: 1, .own(["repo"]))]
        let api = "https://api.github.com"
        func open(_ includingWaived: Bool) async throws -> Int {
            guard !includingWaived else { return try await store.openFindings(apiURL: api, policyName: "test").count }
            return try await store.baselineEntries(after: ScanID(rawValue: 9), apiURL: api, policyName: "test").count
        }
        try await store.scan(bad, policy: policy, waivers: WaiverList([waiver], source: "w"))
        #expect(try await open(true) == 1)
        #expect(try await open(false) == 0)
        let rows = try dump(folder.file)["finding"]?.count
        try await store.scan(bad, at: 60, policy: policy, waivers: WaiverList([waiver], source: "w"))
        #expect(try dump(folder.file)["finding"]?.count == rows)
        let (later, _) = try await store.scan(bad, at: 120, policy: policy)
        #expect(later.findings.map(\.firstSeen) == [.sample])
        #expect(try await open(false) == 1)
    }

    @Test func aScanOfSomeRepositoriesFixesNothingOfTheOrganization() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let policy = try Policy.of(#"{"id": "dormant", "rule": "dormant-organization-template", "severity": "low"}"#)
        let template = OrganizationTemplate.set(["repo", "ref"], useImmutableSubject: nil)
        let both = [read("api", id: 1), read("web", id: 2)]
        try await store.scan(both, template: template, policy: policy)
        var selector = Selector()
        selector.names = [Glob("api")]
        var skipped = both
        skipped[1].reading = nil
        try await store.scan(skipped, at: 60, template: template, scope: Scope(selector: selector), policy: policy)
        let (third, _) = try await store.scan(both, at: 120, template: template, policy: policy)
        #expect(third.findings.map(\.state) == [.recurring])
    }

    @Test func findingsAboutWaiversOfOtherOrganizationsStayAsTheyAre() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let policy = try Policy.of(
            #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["context"]}"#)
        let expired = try ["acme", "beta"].map { login in
            Waiver(
                rule: "claims", target: .init(organization: login, repository: .named(Glob("api"))), owner: "o",
                reason: "r", expires: try #require(Day("2026-01-01")))
        }
        let bad = [read("api", id: 1, .own(["repo"]))]
        let list = WaiverList(expired, source: "w")
        try await store.scan(bad, policy: policy, waivers: list)
        try await store.scan(
            [read("api", id: 2, .own(["repo"]))], at: 60, policy: policy, waivers: list, login: "beta", id: 88)
        let rows = try dump(folder.file)["finding"]
        let (third, _) = try await store.scan(bad, at: 120, policy: policy, waivers: list)
        #expect(third.findings.map(\.state) == [.recurring, .recurring])
        #expect(try dump(folder.file)["finding"] == rows)
    }

    @Test func includedPropertiesComeBackAsTheyWereRead() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        for (index, reading) in [
            nil, Reading.read(["tier", "a b"]), .read([]), .unreadable(UnreadableReason(.forbidden, "no")),
        ].enumerated() {
            let (_, snapshot) = try await store.scan(
                [read("api", id: 1)], at: Int64(index) * 60, includedProperties: reading)
            #expect(snapshot.organizations[0].includedProperties == reading)
        }
    }

    @Test func theLastScanIsTheNewestThatWasSealed() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let api = "https://api.github.com"
        #expect(try await store.lastScan(of: "acme", apiURL: api) == nil)
        let (first, _) = try await store.scan([read("api", id: 1)])
        try await store.scan([read("api", id: 1)], at: 60, stop: .interrupted)
        let last = try #require(try await store.lastScan(of: "ACME", apiURL: api))
        #expect(last.id == first.scanID)
        #expect(last.policyName == "test")
        #expect(try await store.lastScan(of: "acme", apiURL: "https://other") == nil)
        #expect(try await store.lastScan(of: "other", apiURL: api) == nil)
        #expect(try await store.scan(.id(ScanID(rawValue: 2)), apiURL: api) == nil)
        #expect(try await store.snapshot(of: last.id, organizations: ["Acme"]).organizations.map(\.login) == ["acme"])
        #expect(try await store.snapshot(of: last.id, organizations: ["x"]).organizations.isEmpty)
    }

    @Test func aMissingFileIsNotMadeWhereNoneIsWanted() throws {
        let folder = Folder()
        let error = #expect(throws: HistoryError.self) { try HistoryStore(path: folder.file, for: .reading) }
        #expect(error == .missing(path: folder.file))
        #expect(!FileManager.default.fileExists(atPath: folder.path))
    }
}
