import AuditCore
import History
import TestSupport
import Testing

/// What `difference` reads of two scans in its own way is what their snapshots say.
@Suite(.timeLimit(.minutes(5))) struct DifferenceTests {
    private static let api = "https://api.github.com"

    /// One change of a repository, as far as it can be compared: of what it was, what is known of what it became.
    private struct Reported: Hashable {
        let id: RepositoryID
        let kinds: [RepositoryChange.Kind]
        let name: String?
        let setting: RepositorySetting?
        let template: SubjectTemplate?
        let source: TemplateSource?
        let after: RepositoryState?

        init(_ change: RepositoryChange) {
            id = change.repository.id
            kinds = change.kinds
            after = change.after
            let before = change.after == nil ? nil : change.before
            name = before?.repository.fullName
            setting = change.after?.reading.value == nil ? nil : before?.reading.value
            template = change.effective.after?.template == nil ? nil : before?.effective?.template
            let isSourceKnown = change.effective.after.map { $0.source != .unknown } ?? false
            source = isSourceKnown ? before?.effective?.source : nil
        }

        var words: String {
            "\(id.rawValue) \(kinds.map(\.rawValue)) was \(name ?? "-") \(template?.keys.description ?? "-") \(source?.rawValue ?? "-")"
        }
    }

    /// What every scan up to one knew, worked out from whole snapshots, the oldest first.
    private struct Model {
        /// How each repository stood when the last scan looked.
        enum Standing {
            case listed(OrganizationID)
            case missing(OrganizationID)
            case gone
        }

        var standings: [RepositoryID: Standing] = [:]
        /// Of repositories that may be there.
        var known: [OrganizationID: [RepositoryID: RepositoryState]] = [:]
        /// Those of which a listing was not partial, so that what comes later is new.
        var wasWhole: Set<OrganizationID> = []
        var templates: [OrganizationID: OrganizationTemplate] = [:]

        mutating func take(_ snapshot: OrganizationSnapshot, isWhole: Bool) throws {
            let id = try #require(snapshot.id)
            if case .unreadable = snapshot.template {} else { templates[id] = snapshot.template }
            let listed = Set(snapshot.repositories.map(\.repository.id))
            for repository in snapshot.repositories {
                let state = RepositoryState(
                    repository.repository, repository.reading, under: snapshot.template, isEnterpriseServer: false)
                let before = known[id]?[repository.repository.id]
                known[id, default: [:]][repository.repository.id] = before.map { state.completed(by: $0) } ?? state
                standings[repository.repository.id] = .listed(id)
            }
            for (repository, standing) in standings where !listed.contains(repository) {
                switch standing {
                case .listed(id) where isWhole, .missing(id) where isWhole:
                    standings[repository] = snapshot.listing.status == .complete ? .gone : .missing(id)
                default: break
                }
                if case .absent = sighting(repository, snapshot) { known[id]?[repository] = nil }
            }
            if snapshot.listing.status != .partial { wasWhole.insert(id) }
        }

        /// What a scan that the model has just taken says of a repository.
        func sighting(_ repository: RepositoryID, _ snapshot: OrganizationSnapshot) -> RepositorySighting {
            if let listed = snapshot.repositories.first(where: { $0.repository.id == repository }) {
                return .listed(listed)
            }
            switch standings[repository] {
            case nil: return snapshot.listing.status == .partial ? .unknown : .absent
            case .gone?: return .absent
            case .listed(let holder)?, .missing(let holder)?: return holder == snapshot.id ? .unknown : .absent
            }
        }
    }

    /// What is to be told of two scans, each with the model as it was after it.
    private func expected(
        _ before: (snapshot: OrganizationSnapshot, model: Model),
        _ after: (snapshot: OrganizationSnapshot, model: Model),
    ) throws -> (changes: [RepositoryChange], incomparable: Int, lost: Set<RepositoryID>, regained: Set<RepositoryID>) {
        let id = try #require(after.snapshot.id)
        var changes: [RepositoryChange] = []
        var incomparable = 0
        var lost: Set<RepositoryID> = []
        var regained: Set<RepositoryID> = []
        func note(_ change: RepositoryChange?) { if let change { changes.append(change) } }
        let all = Set(before.model.standings.keys).union(after.model.standings.keys)
        for repository in all {
            let known = before.model.known[id]?[repository]
            let second = after.model.sighting(repository, after.snapshot)
            let first = before.model.sighting(repository, before.snapshot)
            var now: RepositoryState?
            if case .listed(let listed) = second {
                now = RepositoryState(
                    listed.repository, listed.reading, under: after.snapshot.template, isEnterpriseServer: false)
            }
            switch (first, second) {
            case (.absent, .listed): note(RepositoryChange(from: nil, to: now))
            case (.unknown, .listed) where known == nil && before.model.wasWhole.contains(id):
                note(RepositoryChange(from: nil, to: now))
            case (.unknown, .listed):
                regained.insert(repository)
                if known == nil { incomparable += 1 }
            case (.listed, .absent), (.unknown, .absent): note(RepositoryChange(from: known, to: nil))
            case (.listed, .unknown):
                lost.insert(repository)
                incomparable += 1
            case (.unknown, .unknown), (.absent, .absent), (.absent, .unknown), (.listed, .listed): break
            }
            guard let now, let known else { continue }
            if case .absent = first { continue }
            note(RepositoryChange(from: known, to: now))
            // Whether its template is known by both: its own answer, and what that hangs on.
            var wasSkipped = known.reading == .unreadable(.outOfScope)
            if case .listed(let one) = first {
                wasSkipped = one.reading == .unreadable(.outOfScope)
                let isRead = one.reading.value != nil
                if isRead, now.reading.value == nil, now.reading != .unreadable(.outOfScope) { lost.insert(repository) }
                if !isRead, now.reading.value != nil, !wasSkipped { regained.insert(repository) }
            }
            let isSkipped = now.reading == .unreadable(.outOfScope)
            let isHidden = known.effective?.template == nil || now.effective?.template == nil
            if isHidden && !(wasSkipped && isSkipped) { incomparable += 1 }
        }
        return (changes, incomparable, lost, regained)
    }

    private func night(_ random: inout SeededGenerator, _ ids: [Int64], _ scope: Scope) -> [Observation] {
        let settings: [RepositorySetting] = [.gitHubDefault, .inheriting, .own(["repo"]), .own(["repo", "context"])]
        return ids.compactMap { id in
            guard Int.random(in: 0..<8, using: &random) > 0 else { return nil }
            let name = Int.random(in: 0..<6, using: &random) == 0 ? "renamed-\(id)" : "r\(id)"
            // Only what is out of scope is not asked about.
            guard !scope.decide(.sample(name, id: id)).isSkipped else {
                return Observation(repository: .sample(name, id: id), reading: nil, observedAt: .sample)
            }
            switch Int.random(in: 0..<6, using: &random) {
            case 0: return .unreadable(name, id: id)
            default:
                // Without it the subject's form is unknown.
                var setting = settings.randomElement(using: &random) ?? .gitHubDefault
                setting.subClaimPrefix = "repo:acme/\(name)"
                return .read(name, id: id, setting)
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
        var model = Model()
        var models: [ScanID: Model] = [:]
        for hour in 0..<10 {
            if Int.random(in: 0..<3, using: &random) == 0 {
                template = templates.randomElement(using: &random) ?? template
            }
            // Repositories pass from one organization to the other.
            let ids = (1...14).map(Int64.init).filter { _ in Bool.random(using: &random) }
            let isOther = Int.random(in: 0..<4, using: &random) == 0
            let isWhole = Int.random(in: 0..<5, using: &random) > 0
            let isVerified = Int.random(in: 0..<5, using: &random) > 0
            let scope = Int.random(in: 0..<5, using: &random) == 0 ? narrow : Scope()
            let seen = night(&random, ids, scope)
            let (report, snapshot) = try await store.scan(
                seen, at: Int64(hour) * 3600,
                listing: Listing(
                    status: isWhole ? isVerified ? .complete : .unverified : .partial, listed: seen.count,
                    expected: isWhole ? seen.count : 99),
                template: template, scope: scope, isWhole: isWhole, login: isOther ? "other" : "acme",
                id: isOther ? 78 : 77)
            let scan = try #require(snapshot.scanID)
            open[scan] = Set(
                try await store.openFindings(apiURL: Self.api, policyName: report.policy.name).keys)
            for observation in seen {
                owners[observation.repository.id] = OrganizationID(rawValue: isOther ? 78 : 77)
            }
            ownersAfter[scan] = owners
            try model.take(try await store.snapshot(of: scan).organizations[0], isWhole: isWhole)
            models[scan] = model
        }
        let scans = try await store.scans(apiURL: Self.api)
        #expect(scans.count == 10)
        var (changed, findings, gaps) = (0, 0, 0)
        for before in scans {
            for after in scans {
                let (old, new) = (try await store.snapshot(of: before.id), try await store.snapshot(of: after.id))
                let read = try await store.difference(from: before, to: after)
                guard let id = new.organizations[0].id, old.organizations[0].id == id else {
                    #expect(read.organizations.isEmpty)
                    continue
                }
                let said = try expected(
                    (old.organizations[0], try #require(models[before.id])),
                    (new.organizations[0], try #require(models[after.id])))
                let reported = try #require(read.organizations.first)
                let pair = "\(before.id) to \(after.id)"
                let ofAnswers = reported.withoutEffect + reported.withHiddenEffect
                let all = reported.changes + reported.followers + ofAnswers
                let odd = Set(all.map(Reported.init)).symmetricDifference(said.changes.map(Reported.init))
                #expect(odd.isEmpty, "\(pair): \(odd.map(\.words).sorted())")
                #expect(all.count == said.changes.count, "\(pair)")
                #expect(
                    reported.followers.allSatisfy { change in
                        change.kinds == [.template] && change.before?.changesWithOrganization == true
                            && change.after?.changesWithOrganization == true
                    }, "\(pair)")
                #expect(ofAnswers.allSatisfy { $0.kinds == [.setting] }, "\(pair)")
                for changes in [
                    reported.changes, reported.followers, reported.withoutEffect, reported.withHiddenEffect,
                ] {
                    let names = changes.map { $0.repository.fullName.lowercased() }
                    #expect(names == names.sorted(), "\(pair)")
                }
                #expect(reported.incomparable == said.incomparable, "\(pair)")
                #expect(repositories(reported.lost) == said.lost, "\(pair)")
                #expect(repositories(reported.regained) == said.regained, "\(pair)")
                if case .unreadable = old.organizations[0].template {
                    #expect(
                        reported.templateBefore == (models[before.id]?.templates[id] ?? old.organizations[0].template),
                        "\(pair)")
                } else {
                    #expect(reported.templateBefore == old.organizations[0].template, "\(pair)")
                }
                changed += said.changes.count
                gaps += said.lost.count + said.regained.count
                let last = before.id.rawValue > after.id.rawValue ? before.id : after.id
                let (was, isNow) = (open[before.id] ?? [], open[after.id] ?? [])
                func ofOrganization(_ keys: Set<FindingKey>) -> Set<FindingKey> {
                    keys.filter { key in
                        guard case .repository(let repository) = key.subject else { return false }
                        return ownersAfter[last]?[repository] == id
                    }
                }
                let (appeared, firstRead) = (Set(read.appeared.map(\.key)), Set(read.firstRead.map(\.key)))
                #expect(appeared.union(firstRead) == ofOrganization(isNow.subtracting(was)))
                #expect(appeared.isDisjoint(with: firstRead))
                // Of what is known to have changed, nothing is read for the first time.
                let known = (reported.changes + reported.followers).filter { $0.kinds.contains { $0.isOfSetting } }
                let subjects = Set(known.map { FindingKey.Subject.repository($0.repository.id) })
                #expect(subjects.isDisjoint(with: firstRead.map(\.subject)))
                #expect(Set(read.gone.map(\.key)) == ofOrganization(was.subtracting(isNow)))
                findings += read.appeared.count
                let order = read.appeared.map { [$0.name.lowercased(), $0.key.rule] }
                #expect(zip(order, order.dropFirst()).allSatisfy { $0.lexicographicallyPrecedes($1) })
                let without = try await store.difference(from: before, to: after, withFollowers: false)
                let left = Set(without.organizations[0].changes.map(Reported.init))
                    .symmetricDifference(reported.changes.map(Reported.init))
                #expect(left.isEmpty, "\(pair): \(left.map(\.words).sorted())")
            }
        }
        #expect(changed > 100)
        #expect(findings > 20)
        #expect(gaps > 20)
    }

    private func repositories(_ gaps: [CoverageGap]) -> Set<RepositoryID> {
        Set(gaps.compactMap { if case .repository(let repository) = $0.what { repository.id } else { nil } })
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
            #expect(organization.changes.map(Reported.init) == said.changes.map(Reported.init))
        }
        let one = try await store.difference(from: scans[1], to: scans[0], of: ["OTHER"])
        #expect(one.organizations.map(\.login) == ["other"])
        #expect(
            one.organizations[0].changes.map(Reported.init) == difference.organizations[1].changes.map(Reported.init))
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
