import AuditCore
import Foundation
import GRDB
import TestSupport
import Testing

@testable import History

/// An organization is its id; its login is a label, which can be changed and taken by another.
@Suite struct NamesTests {
    private let folder = Folder()
    private let api = "https://api.github.com"

    /// A scan of organizations by login, each with its id, `nil` where it was not found, and one repository.
    @discardableResult
    private func scan(
        _ store: HistoryStore, _ organizations: [(login: String, id: Int64?)], at second: Int64 = 0,
        askedFor requested: [String]? = nil, key: String = "repo",
    ) async throws -> (AuditReport, Snapshot) {
        let time = Timestamp.sample.adding(seconds: second)
        let policy = try Policy.sample()
        let recorder = try await store.beginScan(
            ScanStart(
                apiURL: api, isEnterpriseServer: false, startedAt: time, toolVersion: "test",
                requested: requested ?? organizations.map(\.login), scope: Scope()))
        for (login, id) in organizations {
            guard let id else {
                try await recorder.record(
                    OrganizationObservation(
                        login: login, id: nil, template: .unreadable(UnreadableReason(.notFound, "not found")),
                        listing: Listing(
                            status: .partial, listed: 0, expected: nil, error: "not found", failure: .notFound)))
                continue
            }
            let organization = OrganizationID(rawValue: id)
            _ = try await recorder.begin(organization, login: login)
            try await recorder.record(
                [
                    Observation(
                        repository: .sample("api", id: id * 10, owner: login),
                        reading: .read(.own([ClaimKey(key)])), observedAt: time)
                ], of: organization)
            try await recorder.record(
                OrganizationObservation(
                    login: login, id: organization, template: .neverSet,
                    listing: Listing(status: .complete, listed: 1, expected: 1)))
        }
        try await recorder.finish(at: time, stop: nil, requests: RequestCounts())
        let snapshot = try await store.snapshot(of: recorder.scanID)
        let report = Evaluator(policy: policy, gate: Gate()).evaluate(snapshot)
        try await recorder.seal(report)
        return (report, snapshot)
    }

    private func ids(_ scans: [StoredScan]) -> [Int64] { scans.map(\.id.rawValue) }

    @Test func aRenamedOrganizationIsFoundByAllItsNames() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, [("old-name", 77)])
        let (report, snapshot) = try await scan(store, [("new-name", 77)], at: 60)
        for name in ["old-name", "new-name", "OLD-NAME"] {
            let reference = OrganizationReference(login: name)
            #expect(ids(try await store.scans(apiURL: api, of: [reference])) == [2, 1], "\(name)")
            #expect(try await store.lastScan(of: reference, apiURL: api)?.id.rawValue == 2)
            #expect(try await store.firstScan(of: [reference], apiURL: api)?.id.rawValue == 1)
            #expect(try await store.scan(.previous, apiURL: api, of: [reference])?.id.rawValue == 1)
            #expect(try await store.trend(apiURL: api, of: reference).map(\.scan.id.rawValue) == [1, 2])
            for scan in [1, 2] as [Int64] {
                let reported = try await store.snapshot(of: ScanID(rawValue: scan), organizations: [reference])
                #expect(reported.organizations.map(\.login) == [scan == 1 ? "old-name" : "new-name"])
            }
        }
        #expect(try await store.scan(.previous, apiURL: api)?.id.rawValue == 1)
        let latest = try #require(try await store.scan(.latest, apiURL: api))
        #expect(latest.organizations == [OrganizationReference(login: "new-name", id: OrganizationID(rawValue: 77))])
        #expect(try await store.scan(before: latest, of: latest.organizations)?.id.rawValue == 1)
        let past = try #require(try await store.history(of: report, holding: Set(ReportHistory.Part.allCases)))
        #expect(past.difference?.organizations.flatMap(\.changes).flatMap(\.kinds) == [.renamed])
        #expect(past.trend.map(\.organization) == ["old-name", "new-name"])
        let difference = try await store.difference(
            from: try #require(try await store.firstScan(of: ["new-name"], apiURL: api)), to: latest, of: ["old-name"])
        #expect(difference.organizations.map(\.login) == ["new-name"])

        #expect(snapshot.organizations[0].formerLogin == "old-name")
        #expect(report.warnings.contains("old-name is new-name now."))
        let known = try await store.organizations(named: ["Old-Name", "new-name", "other"], apiURL: api)
        #expect(known.map(\.asked) == ["Old-Name", "new-name", "other"])
        #expect(known.map(\.reference.login) == ["new-name", "new-name", "other"])
        #expect(known.map(\.reference.id?.rawValue) == [77, 77, nil])
        #expect(known.allSatisfy { $0.formerHolder == nil })
        #expect(try await store.organizations(apiURL: api) == latest.organizations)
        // The night after it is nothing new.
        let (next, _) = try await scan(store, [("new-name", 77)], at: 120)
        #expect(!next.warnings.contains { $0.contains("old-name") })
    }

    @Test func aLoginThatChangedHandsIsAnotherOrganization() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, [("acme", 77)])
        let (report, snapshot) = try await scan(store, [("acme", 99)], at: 60, key: "context")
        #expect(snapshot.organizations[0].formerHolder == OrganizationID(rawValue: 77))
        #expect(snapshot.organizations[0].formerLogin == nil)
        #expect(
            report.warnings.contains(
                "acme is another organization now (id 99) than the one that the last scan of that name saw (id 77): the two "
                    + "are not compared."))
        let past = try await store.history(of: report, holding: Set(ReportHistory.Part.allCases))
        #expect(past?.difference == nil)
        #expect(past?.trend.map(\.scan.id.rawValue) == [2])
        #expect(ids(try await store.scans(apiURL: api, of: ["acme"])) == [2])
        #expect(try await store.scan(.previous, apiURL: api) == nil)
        #expect(try await store.trend(apiURL: api, of: "acme").map(\.scan.id.rawValue) == [2])
        let known = try #require(try await store.organizations(named: ["acme"], apiURL: api).first)
        #expect(known.reference.id?.rawValue == 99)
        #expect(known.formerHolder?.id.rawValue == 77)
        #expect(known.formerHolder?.lastSeenBy.id.rawValue == 1)
        // The first one goes on by another name, under which all of it is found.
        try await scan(store, [("acme-labs", 77)], at: 120)
        #expect(ids(try await store.scans(apiURL: api, of: ["acme-labs"])) == [3, 1])
        #expect(ids(try await store.scans(apiURL: api, of: ["acme"])) == [2])
        // A scan that is read again tells what it told then.
        let again = try await store.snapshot(of: ScanID(rawValue: 2))
        #expect(again.organizations[0].formerHolder == OrganizationID(rawValue: 77))
        let third = try await store.snapshot(of: ScanID(rawValue: 3))
        #expect(third.organizations[0].formerLogin == "acme")
        #expect(third.organizations[0].formerHolder == nil)
    }

    @Test func twoThatExchangedTheirNamesAreEachComparedWithItself() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, [("one", 1), ("two", 2)])
        let (report, snapshot) = try await scan(store, [("two", 1), ("one", 2)], at: 60)
        #expect(snapshot.organizations.map(\.formerLogin) == ["one", "two"])
        #expect(snapshot.organizations.map { $0.formerHolder?.rawValue } == [2, 1])
        let past = try #require(try await store.history(of: report, holding: [.difference, .trend]))
        #expect(past.difference?.organizations.map(\.id.rawValue) == [1, 2])
        #expect(past.difference?.organizations.flatMap(\.changes).flatMap(\.kinds) == [.renamed, .renamed])
        #expect(try await store.trend(apiURL: api, of: "one").map(\.organizationID.rawValue) == [2, 2])
        let first = try await store.snapshot(of: ScanID(rawValue: 1), organizations: ["one"])
        #expect(first.organizations.map(\.id?.rawValue) == [2])
    }

    /// By the clock, the name passed the other way.
    @Test func whoBoreANameLastTheChainShows() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, [("acme", 77)], at: 86_400)
        try await scan(store, [("acme", 99)])
        #expect(try await store.organizations(named: ["acme"], apiURL: api).first?.reference.id?.rawValue == 99)
        #expect(ids(try await store.scans(apiURL: api, of: ["acme"])) == [2])
    }

    @Test func namesAreOfOneHost() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, [("acme", 77)])
        let other = "https://git.example.com/api/v3"
        let (_, snapshot) = try await store.scan([.read("api", id: 1)], apiURL: other, id: 99)
        #expect(snapshot.organizations[0].formerHolder == nil)
        #expect(try await store.organizations(named: ["acme"], apiURL: api).first?.reference.id?.rawValue == 77)
        #expect(try await store.organizations(named: ["acme"], apiURL: other).first?.reference.id?.rawValue == 99)
        #expect(try await store.organizations(named: ["acme"], apiURL: "x").first?.reference.id == nil)
    }

    /// What was not found has nothing but a login, and is the one that bore it last.
    @Test func oneThatWasNotFoundIsPairedByItsLogin() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, [("old-name", 77), ("other", 5)])
        try await scan(store, [("new-name", 77), ("other", 5)], at: 60)
        try await scan(store, [("new-name", nil), ("other", 5)], at: 120)
        for name in ["old-name", "new-name"] {
            #expect(ids(try await store.scans(apiURL: api, of: [OrganizationReference(login: name)])) == [3, 2, 1])
        }
        let scans = try await store.scans(apiURL: api)
        #expect(scans[0].organizations.map(\.id?.rawValue) == [nil, 5])
        #expect(try await store.scan(.previous, apiURL: api)?.id.rawValue == 2)
        #expect(try await store.scan(before: scans[0], of: scans[0].organizations)?.id.rawValue == 2)
        #expect(try await store.difference(from: scans[1], to: scans[0]).lost == ["new-name"])
        #expect(try await store.difference(from: scans[2], to: scans[0]).lost == ["old-name"])
        #expect(try await store.difference(from: scans[0], to: scans[1]).found == ["new-name"])
        // Whoever asks by the name that it had then is none of it.
        try await scan(store, [("old-name", nil), ("other", 5)], at: 180)
        #expect(ids(try await store.scans(apiURL: api, of: ["new-name"])) == [3, 2, 1])
        #expect(ids(try await store.scans(apiURL: api, of: ["never-seen"])) == [])
    }

    /// GitHub leads from the old name to the new one.
    @Test func whatWasAskedForByAnotherNameSaysSo() async throws {
        let store = try HistoryStore(path: folder.file)
        let (report, snapshot) = try await scan(
            store, [("new-name", 77), ("other", 5)], askedFor: ["old-name", "other"])
        #expect(snapshot.organizations.map(\.askedLogin) == ["old-name", nil])
        #expect(
            report.warnings.contains(
                "old-name is new-name now: the scan was asked for the old name, which another organization can take."))
        // Two at once: the scan before tells which is which.
        try await scan(store, [("a", 1), ("b", 2)], at: 60)
        let (both, renamed) = try await scan(store, [("x", 2), ("y", 1)], at: 120, askedFor: ["a", "b"])
        #expect(renamed.organizations.map(\.askedLogin) == ["b", "a"])
        #expect(both.warnings.filter { $0.contains("now") }.count == 2)
        // And where it does not, nothing is guessed.
        let (_, unknown) = try await scan(store, [("p", 11), ("q", 12)], at: 180, askedFor: ["m", "n"])
        #expect(unknown.organizations.map(\.askedLogin) == [nil, nil])
    }

    @Test func aPruningKeepsWhatFindsAnOrganizationByItsNames() async throws {
        let store = try HistoryStore(path: folder.file)
        for second in [0, 60] as [Int64] { try await scan(store, [("old-name", 77)], at: second) }
        for second in [120, 180] as [Int64] { try await scan(store, [("new-name", 77)], at: second) }
        let moment = Timestamp.sample.adding(seconds: 999)
        let pruning = try await store.prune(apiURL: api, before: moment, keepsMonthly: false, isRehearsal: false)
        #expect(pruning.scans.map(\.rawValue) == [1, 3])
        #expect(ids(try await store.scans(apiURL: api, of: ["old-name"])) == [4, 2])
        let found = try #require(try await store.scan(.at(.sample.adding(seconds: 130)), apiURL: api, of: ["old-name"]))
        #expect(found.id.rawValue == 2)
        let pruned = try await store.prunedScan(
            after: found, by: .sample.adding(seconds: 130), of: ["old-name"])
        #expect(pruned?.id.rawValue == 3)
    }
}
