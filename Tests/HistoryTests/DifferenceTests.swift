import AuditCore
import History
import TestSupport
import Testing

/// What `difference` reads of two scans in its own way is what their snapshots say.
@Suite(.timeLimit(.minutes(5))) struct DifferenceTests {
    private static let api = "https://api.github.com"

    /// One change of a repository, as far as it can be compared.
    private struct Told: Hashable {
        let id: RepositoryID
        let kinds: [RepositoryChange.Kind]
        let before: RepositoryState?
        let after: RepositoryState?

        init(_ change: RepositoryChange) {
            id = change.repository.id
            kinds = change.kinds
            before = change.before
            after = change.after
        }
    }

    private func night(_ random: inout SeededGenerator, _ ids: [Int64]) -> [Observation] {
        let settings: [RepositorySetting] = [.gitHubDefault, .inheriting, .own(["repo"]), .own(["repo", "context"])]
        return ids.compactMap { id in
            guard Int.random(in: 0..<8, using: &random) > 0 else { return nil }
            let name = Int.random(in: 0..<6, using: &random) == 0 ? "renamed-\(id)" : "r\(id)"
            switch Int.random(in: 0..<8, using: &random) {
            case 0: return .unreadable(name, id: id)
            case 1: return Observation(repository: .sample(name, id: id), reading: nil, observedAt: .sample)
            default: return .read(name, id: id, settings.randomElement(using: &random) ?? .gitHubDefault)
            }
        }
    }

    @Test(arguments: 0..<6) func isWhatTheSnapshotsSay(seed: Int) async throws {
        var random = SeededGenerator(seed)
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        var narrow = Scope()
        narrow.selector.names = [Glob("r*2"), Glob("r*3")]
        let templates: [OrganizationTemplate] = [
            .neverSet, .set(["repo", "context"], useImmutableSubject: nil), .neverSet,
            .unreadable(UnreadableReason(.forbidden, "no")),
        ]
        var template = templates[0]
        // What stood open after each scan, and who listed each repository last.
        var open: [ScanID: Set<FindingKey>] = [:]
        var owners: [RepositoryID: OrganizationID] = [:]
        var ownersAfter: [ScanID: [RepositoryID: OrganizationID]] = [:]
        for hour in 0..<10 {
            if Int.random(in: 0..<3, using: &random) == 0 {
                template = templates.randomElement(using: &random) ?? template
            }
            // Repositories pass from one organization to the other.
            let ids = (1...14).map(Int64.init).filter { _ in Bool.random(using: &random) }
            let isOther = Int.random(in: 0..<4, using: &random) == 0
            let isWhole = Int.random(in: 0..<5, using: &random) > 0
            let seen = night(&random, ids)
            let (report, snapshot) = try await store.scan(
                seen, at: Int64(hour) * 3600,
                listing: Listing(
                    status: isWhole ? .complete : .partial, listed: seen.count, expected: isWhole ? seen.count : 99),
                template: template, scope: Int.random(in: 0..<5, using: &random) == 0 ? narrow : Scope(),
                isWhole: isWhole, login: isOther ? "other" : "acme", id: isOther ? 78 : 77)
            let scan = try #require(snapshot.scanID)
            open[scan] = Set(
                try await store.openFindings(apiURL: Self.api, policyName: report.policy.name).keys)
            for observation in seen {
                owners[observation.repository.id] = OrganizationID(rawValue: isOther ? 78 : 77)
            }
            ownersAfter[scan] = owners
        }
        let scans = try await store.scans(apiURL: Self.api)
        #expect(scans.count == 10)
        var (changed, findings) = (0, 0)
        for before in scans {
            for after in scans {
                let (old, new) = (try await store.snapshot(of: before.id), try await store.snapshot(of: after.id))
                let read = try await store.difference(from: before, to: after)
                guard let id = new.organizations[0].id, old.organizations[0].id == id else {
                    #expect(read.organizations.isEmpty)
                    continue
                }
                let said = OrganizationDifference(
                    from: old.organizations[0], to: new.organizations[0], id: id, wasEnterpriseServer: false,
                    isEnterpriseServer: false)
                let told = try #require(read.organizations.first)
                #expect(told.changes.map(Told.init) == said.changes.map(Told.init), "\(before.id) to \(after.id)")
                #expect(told.followers.map(Told.init) == said.followers.map(Told.init), "\(before.id) to \(after.id)")
                #expect(told.incomparable == said.incomparable, "\(before.id) to \(after.id)")
                changed += said.changes.count
                let last = before.id.rawValue > after.id.rawValue ? before.id : after.id
                let (was, isNow) = (open[before.id] ?? [], open[after.id] ?? [])
                func ofOrganization(_ keys: Set<FindingKey>) -> Set<FindingKey> {
                    keys.filter { key in
                        guard case .repository(let repository) = key.subject else { return false }
                        return ownersAfter[last]?[repository] == id
                    }
                }
                #expect(Set(read.appeared.map(\.key)) == ofOrganization(isNow.subtracting(was)))
                #expect(Set(read.gone.map(\.key)) == ofOrganization(was.subtracting(isNow)))
                findings += read.appeared.count
                let order = read.appeared.map { [$0.name.lowercased(), $0.key.rule] }
                #expect(zip(order, order.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
                let without = try await store.difference(from: before, to: after, withFollowers: false)
                #expect(without.organizations[0].changes.map(Told.init) == said.changes.map(Told.init))
            }
        }
        #expect(changed > 100)
        #expect(findings > 20)
    }

    /// A scan of two organizations, between which a repository passes: gone from one, new in the other.
    @Test func readsEveryOrganizationOfAScan() async throws {
        let folder = Folder()
        let store = try HistoryStore(path: folder.file)
        let nights: [[String: [Observation]]] = [
            [
                "acme": [.read("api", id: 1), .read("web", id: 2), .read("moving", id: 3)],
                "other": [.read("docs", id: 4, .own(["repo"]))],
            ],
            [
                "acme": [.read("api", id: 1, .own(["repo"])), .read("web", id: 2)],
                "other": [.read("docs", id: 4), .read("moving", id: 3)],
            ],
        ]
        for (hour, night) in nights.enumerated() { try await scan(night, at: Int64(hour) * 3600, into: store) }
        let scans = try await store.scans(apiURL: Self.api)
        let difference = try await store.difference(from: scans[1], to: scans[0])
        let kinds = difference.organizations.map { organization in
            (organization.login, organization.changes.map { "\($0.repository.name): \($0.kinds.map(\.rawValue))" })
        }
        #expect(kinds.map(\.0) == ["acme", "other"])
        #expect(
            kinds.map(\.1) == [
                [#"api: ["template"]"#, #"moving: ["removed"]"#], [#"docs: ["template"]"#, #"moving: ["added"]"#],
            ])
        let (old, new) = (try await store.snapshot(of: scans[1].id), try await store.snapshot(of: scans[0].id))
        for (place, organization) in difference.organizations.enumerated() {
            let said = OrganizationDifference(
                from: old.organizations[place], to: new.organizations[place], id: organization.id,
                wasEnterpriseServer: false, isEnterpriseServer: false)
            #expect(organization.changes.map(Told.init) == said.changes.map(Told.init))
        }
        let one = try await store.difference(from: scans[1], to: scans[0], of: ["OTHER"])
        #expect(one.organizations.map(\.login) == ["other"])
        #expect(one.organizations[0].changes.map(Told.init) == difference.organizations[1].changes.map(Told.init))
    }

    private func scan(_ seen: [String: [Observation]], at second: Int64, into store: HistoryStore) async throws {
        let logins = seen.keys.sorted()
        let time = Timestamp.sample.adding(seconds: second)
        let recorder = try await store.beginScan(
            ScanStart(
                apiURL: Self.api, isEnterpriseServer: false, startedAt: time, toolVersion: "test", requested: logins,
                scope: Scope()))
        for (place, login) in logins.enumerated() {
            let id = OrganizationID(rawValue: 77 + Int64(place))
            let observations = seen[login] ?? []
            _ = try await recorder.begin(id, login: login)
            try await recorder.record(observations, of: id)
            try await recorder.record(
                OrganizationObservation(
                    login: login, id: id, template: .neverSet, includedProperties: nil,
                    listing: Listing(status: .complete, listed: observations.count, expected: observations.count),
                    isListingWhole: true))
        }
        try await recorder.finish(at: time, stop: nil, requests: RequestCounts())
        let snapshot = try await store.snapshot(of: recorder.scanID)
        let report = Evaluator(policy: try .sample(), gate: Gate()).evaluate(snapshot, known: [:])
        try await recorder.seal(report)
    }
}
