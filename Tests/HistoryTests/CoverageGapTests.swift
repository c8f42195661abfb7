import AuditCore
import History
import TestSupport
import Testing

/// What could not be read is a gap of coverage, never a change: changes join what was known before the gap and after it.
@Suite struct CoverageGapTests {
    private static let api = "https://api.github.com"
    private static let one = OrganizationTemplate.set(["repo", "context"], useImmutableSubject: nil)
    private static let other = OrganizationTemplate.set(["repo", "context", "ref"], useImmutableSubject: nil)
    private static let unreadable = OrganizationTemplate.unreadable(UnreadableReason(.forbidden, "forbidden (403)"))

    private let folder = Folder()

    private func side(_ number: Int64, _ store: HistoryStore) async throws -> StoredScan {
        try #require(try await store.scan(.id(ScanID(rawValue: number)), apiURL: Self.api))
    }

    private func difference(_ before: Int64, _ after: Int64, _ store: HistoryStore) async throws -> ScanDifference {
        try await store.difference(from: side(before, store), to: side(after, store))
    }

    private func events(_ name: String, _ store: HistoryStore) async throws -> [String] {
        try #require(try await store.timeline(of: name, apiURL: Self.api)).events.compactMap { event in
            let window = "\(event.after?.id.rawValue ?? 0)-\(event.seenBy.id.rawValue)"
            switch event.what {
            case .repository(let change): return "\(window) \(change.kinds.map(\.rawValue).joined(separator: "+"))"
            case .repositoryUnread(let gap):
                return "\(window) unread to \(gap.last.id.rawValue), again \(gap.regainedBy?.id.rawValue ?? 0)"
            case .organizationTemplate: return "\(window) organization"
            case .organizationTemplateUnread(let gap):
                return
                    "\(window) organization unread to \(gap.last.id.rawValue), again \(gap.regainedBy?.id.rawValue ?? 0)"
            default: return nil
            }
        }
    }

    /// 49 that follow, 15 of their own, 3 of GitHub's default.
    private func everybody(ownKeys: [ClaimKey] = ["repo"]) -> [Observation] {
        func read(_ name: String, _ id: Int64, _ setting: RepositorySetting) -> Observation {
            .read(name, id: id, setting.prefixed("repo:acme/\(name)"))
        }
        return (1...49).map { read("follows-\($0)", $0, .inheriting) }
            + (50...64).map { read("own-\($0)", $0, .own($0 == 64 ? ownKeys : ["repo"])) }
            + (65...67).map { read("plain-\($0)", $0, .gitHubDefault) }
    }

    /// First night, a quiet one, one without the organization's template, one with it again; then two without, in which it
    /// changed, and the one that shows that.
    @Test func aTemplateThatCouldNotBeReadIsNoChangeAndHidesNone() async throws {
        let store = try HistoryStore(path: folder.file)
        let templates = [
            Self.one, Self.one, Self.unreadable, Self.one, Self.unreadable, Self.unreadable, Self.other, Self.other,
        ]
        for (night, template) in templates.enumerated() {
            let (report, _) = try await store.scan(
                everybody(ownKeys: night < 5 ? ["repo"] : ["repo", "ref"]), at: Int64(night) * 86_400,
                template: template)
            let history = try #require(try await store.history(of: report, holding: Set(ReportHistory.Part.allCases)))
            // What the report's line is made of.
            guard let reported = history.difference else { continue }
            let whole = try await difference(Int64(night), Int64(night) + 1, store)
            #expect(
                reported.isEmpty == whole.isEmpty && reported.incomparable == whole.incomparable, "night \(night + 1)")
            #expect(
                reported.organizations.map(\.templateChanged) == whole.organizations.map(\.templateChanged),
                "night \(night + 1)")
            #expect(history.trend.map(\.isComplete) == templates.prefix(night + 1).map { $0 != Self.unreadable })
        }
        let quiet = try await difference(1, 2, store)
        #expect(quiet.isEmpty && quiet.isWhole && quiet.incomparable == 0)

        // Lost: nothing changed, and nobody knows of those that follow.
        let lost = try await difference(2, 3, store)
        #expect(lost.isEmpty && !lost.isWhole)
        #expect(lost.incomparable == 49)
        #expect(lost.coverageLost.map(\.what) == [.organizationTemplate])
        #expect(lost.coverageRegained.isEmpty)

        // Regained: as it was before the gap.
        let regained = try await difference(3, 4, store)
        #expect(regained.isEmpty && regained.isWhole && regained.incomparable == 0)
        #expect(regained.coverageRegained.map(\.what) == [.organizationTemplate])
        #expect(regained.coverageRegained.map(\.knownBy?.id.rawValue) == [2])
        #expect(try await difference(2, 4, store).isEmpty)

        // In the gap a repository's own claims changed, which is known without the organization's.
        let own = try await difference(5, 6, store)
        #expect(own.organizations[0].changes.map(\.repository.name) == ["own-64"])
        #expect(own.organizations[0].changes.map(\.kinds) == [[.template]])
        #expect(!own.isWhole && own.incomparable == 49)

        // And the template, which the first scan that could read it shows.
        let changed = try await difference(6, 7, store)
        let organization = changed.organizations[0]
        #expect(organization.templateChanged && changed.isWhole)
        #expect(organization.templateBefore == Self.one && organization.templateAfter == Self.other)
        #expect(organization.templateKnownBy?.id.rawValue == 4)
        #expect(organization.followers.count == 49)
        #expect(organization.followers.allSatisfy { $0.knownBy?.id.rawValue == 4 })
        #expect(organization.changes.isEmpty)
        // Whoever compares across the gap sees the same.
        let across = try await difference(4, 7, store).organizations[0]
        #expect(across.templateChanged && across.followers.count == 49)
        #expect(across.changes.map(\.repository.name) == ["own-64"])
        #expect(try await difference(7, 8, store).isEmpty)
        // And back again, what is compared with is the gap.
        #expect(try await difference(7, 6, store).isEmpty)

        #expect(
            try await events("acme/follows-1", store) == [
                "0-1 added", "2-3 organization unread to 3, again 4", "4-5 organization unread to 6, again 7",
                "4-7 organization", "4-7 template",
            ])
        #expect(
            try await events("acme/own-64", store) == [
                "0-1 added", "2-3 organization unread to 3, again 4", "4-5 organization unread to 6, again 7",
                "4-6 template", "4-7 organization",
            ])
        #expect(
            try await events("acme/plain-65", store).filter { !$0.contains("organization") } == ["0-1 added"])
        let (report, _) = try await store.scan(
            everybody(ownKeys: ["repo", "ref"]), at: 9 * 86_400, template: Self.other)
        let past = try #require(try await store.history(of: report, holding: [.timelines]))
        let reported = try #require(past.templateEvents[OrganizationID(rawValue: 77)])
        #expect(reported.map { [$0.after?.id.rawValue, $0.seenBy.id.rawValue] } == [[2, 3], [4, 5], [4, 7]])
    }

    /// GitHub echoes the organization's claims: a repository that follows shows the change itself, though nobody knows from
    /// where its claims came that night.
    @Test func claimsThatAreEchoedChangeInTheGap() async throws {
        let store = try HistoryStore(path: folder.file)
        func echo(_ keys: [ClaimKey]) -> [Observation] { [.read("api", id: 1, .own(keys).prefixed("repo:acme/api"))] }
        try await store.scan(echo(["repo", "context"]), template: Self.one)
        try await store.scan(echo(["repo", "context", "ref"]), at: 60, template: Self.unreadable)
        try await store.scan(echo(["repo", "context", "ref"]), at: 120, template: Self.other)
        let first = try await difference(1, 2, store)
        #expect(first.organizations[0].changes.map(\.kinds) == [[.template]])
        let second = try await difference(2, 3, store).organizations[0]
        #expect(second.templateChanged && second.changes.isEmpty && second.followers.isEmpty)
        #expect(try await difference(1, 3, store).organizations[0].followers.count == 1)
        #expect(
            try await events("acme/api", store) == [
                "0-1 added", "1-2 organization unread to 2, again 3", "1-2 template", "1-3 organization",
            ])
    }

    /// The prefix gains ids while nobody can read the template; later a template of which nobody knows what GitHub makes.
    @Test func aFormatThatIsHiddenForAWhileIsJoined() async throws {
        let store = try HistoryStore(path: folder.file)
        let (legacy, immutable) = ("repo:acme/api", "repo:acme@77/api@1")
        let nights: [(RepositorySetting, String, OrganizationTemplate)] = [
            (.inheriting, legacy, Self.one), (.inheriting, immutable, Self.unreadable),
            (.inheriting, immutable, Self.one), (.own(["context"]), immutable, Self.one),
            (.own(["context", "ref"]), immutable, Self.one), (.inheriting, legacy, Self.one),
        ]
        for (night, (setting, prefix, template)) in nights.enumerated() {
            try await store.scan(
                [.read("api", id: 1, setting.prefixed(prefix))], at: Int64(night) * 60, template: template)
        }
        let hidden = try await difference(1, 2, store)
        #expect(hidden.isEmpty && !hidden.isWhole && hidden.incomparable == 1)
        #expect(hidden.organizations[0].withHiddenEffect.map(\.kinds) == [[.setting]])
        #expect(hidden.organizations[0].withoutEffect.isEmpty)
        let joined = try await difference(2, 3, store)
        #expect(joined.organizations[0].changes.map(\.kinds) == [[.immutability]])
        #expect(joined.organizations[0].changes.map(\.knownBy?.id.rawValue) == [1])
        #expect(
            try await difference(5, 6, store).organizations[0].changes.map(\.kinds) == [[.template, .immutability]])
        #expect(
            try await events("acme/api", store) == [
                "0-1 added", "1-2 organization unread to 2, again 3", "1-2 setting", "1-3 immutability", "3-4 template",
                "4-5 template", "3-6 template+immutability",
            ])
    }

    /// Refused for three nights, with another reason on the last; then readable, and changed.
    @Test func aRepositoryThatCouldNotBeReadForSomeNightsIsOneGap() async throws {
        let store = try HistoryStore(path: folder.file)
        func night(_ number: Int64, _ reading: Reading<RepositorySetting>) async throws {
            let others: [Observation] = [.read("web", id: 2, RepositorySetting.gitHubDefault.prefixed("repo:acme/web"))]
            try await store.scan(
                others + [Observation(repository: .sample("api", id: 1), reading: reading, observedAt: .sample)],
                at: number * 60)
        }
        let setting = RepositorySetting.gitHubDefault.prefixed("repo:acme/api")
        let forbidden = Reading<RepositorySetting>.unreadable(UnreadableReason(.forbidden, "forbidden"))
        try await night(0, .read(setting))
        try await night(1, .read(setting))
        try await night(2, forbidden)
        try await night(3, forbidden)
        try await night(4, .unreadable(UnreadableReason(.timeout, "no answer")))
        try await night(5, .read(RepositorySetting.own(["repo"]).prefixed("repo:acme/api")))
        let lost = try await difference(2, 3, store)
        #expect(lost.isEmpty && !lost.isWhole && lost.incomparable == 1)
        #expect(lost.coverageLost.map(\.reason.code) == [.forbidden])
        // Nothing was written of it in between, and yet nobody knows.
        let between = try await difference(3, 4, store)
        #expect(between.isEmpty && !between.isWhole && between.incomparable == 1)
        #expect(between.coverageLost.isEmpty && between.coverageRegained.isEmpty)
        let regained = try await difference(5, 6, store)
        #expect(regained.isWhole)
        #expect(regained.coverageRegained.map(\.knownBy?.id.rawValue) == [2])
        let change = try #require(regained.organizations[0].changes.first)
        #expect(change.kinds == [.template] && change.knownBy?.id.rawValue == 2)
        #expect(change.before?.effective?.template == .gitHubDefault)
        #expect(
            try await events("acme/api", store) == ["0-1 added", "2-3 unread to 5, again 6", "2-6 template"])
        // One that never was read has nothing to be compared with.
        try await store.scan([.unreadable("new", id: 9)], at: 600)
        try await store.scan([.read("new", id: 9)], at: 660)
        let never = try await difference(7, 8, store)
        #expect(never.isEmpty && never.incomparable == 1)
        #expect(never.coverageRegained.map(\.knownBy) == [nil])
    }

    @Test func aGapThatHasNotEndedIsReportedUpToTheLastScan() async throws {
        let store = try HistoryStore(path: folder.file)
        try await store.scan([.read("api", id: 1)], template: Self.one)
        for night in 1...3 {
            try await store.scan([.unreadable("api", id: 1)], at: Int64(night) * 60, template: Self.one)
        }
        #expect(try await events("acme/api", store) == ["0-1 added", "1-2 unread to 4, again 0"])
        let timeline = try #require(try await store.timeline(of: "acme/api", apiURL: Self.api))
        #expect(timeline.state?.reading.value == nil)
        #expect(timeline.lastScan?.id.rawValue == 4)
    }

    /// Not listed by a listing that may lack it, then gone from one that is whole, or back.
    @Test(arguments: [true, false]) func whatAnIncompleteListingLacksIsMissingAndNotGone(comesBack: Bool) async throws {
        let store = try HistoryStore(path: folder.file)
        let (api, web) = (Observation.read("api", id: 1), Observation.read("web", id: 2))
        let unverified = Listing(status: .unverified, listed: 1, expected: nil)
        try await store.scan([api, web])
        try await store.scan([web], at: 60, listing: unverified)
        try await store.scan([web], at: 120, listing: unverified)
        let back = Observation.read("api", id: 1, .own(["repo"]))
        try await store.scan(comesBack ? [back, web] : [web], at: 180)
        let lost = try await difference(1, 2, store)
        #expect(lost.isEmpty && !lost.isWhole && lost.incomparable == 1)
        #expect(lost.coverageLost.map(\.reason.code) == [.incompleteListing, .incompleteListing])
        #expect(try await difference(2, 3, store).isEmpty)
        let ended = try await difference(3, 4, store)
        let change = try #require(ended.organizations[0].changes.first)
        #expect(change.kinds == (comesBack ? [.template] : [.removed]))
        #expect(change.knownBy?.id.rawValue == 1)
        #expect(ended.isWhole)
        #expect(
            try await events("acme/api", store) == [
                "0-1 added", "1-2 unread to 3, again \(comesBack ? 4 : 0)", comesBack ? "1-4 template" : "1-4 removed",
            ])
    }

    /// What comes after a scan that lost a page may have been there; what comes after a whole one is new.
    @Test func aLostPageMakesNothingNew() async throws {
        let store = try HistoryStore(path: folder.file)
        let (api, web) = (Observation.read("api", id: 1), Observation.read("web", id: 2))
        let partial = Listing(status: .partial, listed: 1, expected: 2)
        try await store.scan([web], listing: partial, isWhole: false)
        try await store.scan([api, web], at: 60)
        let first = try await difference(1, 2, store)
        #expect(first.isEmpty && first.incomparable == 1)
        #expect(first.coverageRegained.count == 2)
        try await store.scan([web], at: 120, listing: partial, isWhole: false)
        let lost = try await difference(2, 3, store)
        #expect(lost.isEmpty && lost.incomparable == 1 && !lost.isWhole)
        try await store.scan([api, web, .read("new", id: 3)], at: 180)
        let ended = try await difference(3, 4, store)
        #expect(ended.organizations[0].changes.map(\.repository.name) == ["new"])
        #expect(ended.organizations[0].changes.map(\.kinds) == [[.added]])
        #expect(ended.isWhole)
    }

    /// Properties that were refused one night, and changed.
    @Test func factsThatWereNotSentAreJoinedToo() async throws {
        let store = try HistoryStore(path: folder.file)
        func night(_ number: Int64, _ properties: [String: [String]]?) async throws {
            try await store.scan(
                [
                    Observation(
                        repository: .sample("api", id: 1, customProperties: properties), reading: .read(.gitHubDefault),
                        observedAt: .sample)
                ], at: number * 60)
        }
        try await night(0, ["tier": ["1"]])
        try await night(1, nil)
        try await night(2, ["tier": ["1"]])
        try await night(3, nil)
        try await night(4, ["tier": ["2"]])
        for (before, after, kinds) in [
            (1, 2, []), (2, 3, []), (3, 4, []), (4, 5, [[RepositoryChange.Kind.facts]]), (1, 5, [[.facts]]),
        ] as [(Int64, Int64, [[RepositoryChange.Kind]])] {
            let found = try await difference(before, after, store)
            #expect(found.organizations[0].changes.map(\.kinds) == kinds, "\(before) to \(after)")
        }
        #expect(try await events("acme/api", store) == ["0-1 added", "4-5 facts"])
    }

    /// Two organizations, one of which could not be found one night.
    @Test func anOrganizationThatWasNotFoundIsComparedWithTheLastScanThatFoundIt() async throws {
        let store = try HistoryStore(path: folder.file)
        func night(_ number: Int64, _ setting: RepositorySetting?) async throws {
            let time = Timestamp.sample.adding(seconds: number * 60)
            let recorder = try await store.beginScan(
                ScanStart(
                    apiURL: Self.api, isEnterpriseServer: false, startedAt: time, toolVersion: "test",
                    requested: ["acme", "beta"], scope: Scope()))
            for (login, id, setting) in [("beta", 78, .gitHubDefault), ("acme", 77, setting)]
                as [(String, Int64, RepositorySetting?)]
            {
                let organization = setting.map { _ in OrganizationID(rawValue: id) }
                if let organization, let setting {
                    _ = try await recorder.begin(organization, login: login)
                    try await recorder.record([.read("\(login)-api", id: id * 10, setting)], of: organization)
                }
                try await recorder.record(
                    OrganizationObservation(
                        login: login, id: organization,
                        template: organization == nil ? Self.unreadable : Self.one, includedProperties: nil,
                        listing: Listing(
                            status: organization == nil ? .partial : .complete, listed: organization == nil ? 0 : 1,
                            expected: 1, failure: organization == nil ? .notFound : nil),
                        isListingWhole: organization != nil))
            }
            try await recorder.finish(at: time, stop: nil, requests: RequestCounts())
            let snapshot = try await store.snapshot(of: recorder.scanID)
            try await recorder.seal(Evaluator(policy: try .sample(), gate: Gate()).evaluate(snapshot, known: [:]))
        }
        try await night(0, .gitHubDefault)
        try await night(1, nil)
        try await night(2, .gitHubDefault)
        try await night(3, nil)
        try await night(4, .own(["repo"]))
        let lost = try await difference(1, 2, store)
        #expect(lost.isEmpty && !lost.isWhole)
        #expect(lost.coverageLost.map(\.what) == [.organization])
        let found = try await difference(2, 3, store)
        #expect(found.isEmpty && found.isWhole)
        #expect(found.coverageRegained.map(\.knownBy?.id.rawValue) == [1])
        let changed = try await difference(4, 5, store)
        #expect(changed.organizations.map(\.knownBy?.id.rawValue) == [3, nil])
        #expect(changed.organizations[0].changes.map(\.kinds) == [[.template]])
    }

    /// A copy stays as it was, and is no copy any more: told though nothing was written of it.
    @Test func aCopyOfWhatTheOrganizationHadIsReportedWithoutFollowersToo() async throws {
        let store = try HistoryStore(path: folder.file)
        let seen: [Observation] = [.read("copy", id: 1, .own(["repo", "context"])), .read("api", id: 2, .inheriting)]
        try await store.scan(seen, template: Self.one)
        try await store.scan(seen, at: 60, template: Self.other)
        for followers in [true, false] {
            let found = try await store.difference(
                from: side(1, store), to: side(2, store), withFollowers: followers)
            #expect(found.organizations[0].changes.map(\.repository.name) == ["copy"])
        }
    }

    /// A repository and a template that no scan had read: what is found then is no change, and not known to be none.
    @Test func whatIsFoundAtAFirstReadingHasNotAppeared() async throws {
        let store = try HistoryStore(path: folder.file)
        let policy = try Policy.of(
            #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context", "ref"]}"#,
            #"{"id": "own", "rule": "organization-template", "severity": "low", "templates": [["repo", "ref"]]}"#)
        func night(_ number: Int64, _ keys: [ClaimKey]?, _ template: OrganizationTemplate, new: Bool = false)
            async throws
        {
            let api = keys.map { Observation.read("api", id: 1, .own($0)) } ?? .unreadable("api", id: 1)
            try await store.scan(
                [api, .read("web", id: 2, .own(["repo", "context", "ref"]))]
                    + (new ? [.read("new", id: 3, .own(["repo"]))] : []),
                at: number * 60, template: template, policy: policy)
        }
        try await night(0, nil, Self.unreadable)
        try await night(1, nil, Self.unreadable)
        try await night(2, ["repo", "context"], Self.one)
        try await night(3, nil, Self.unreadable)
        try await night(4, ["repo", "context"], Self.one)
        try await night(5, nil, Self.unreadable)
        try await night(6, ["repo"], Self.one, new: true)

        let first = try await difference(2, 3, store)
        #expect(first.isEmpty && !first.isWhole)
        #expect(first.appeared.isEmpty)
        #expect(first.firstRead.map(\.name) == ["acme", "acme/api"])
        // After the first night, and across it, likewise.
        #expect(try await difference(1, 5, store).firstRead.count == 2)
        // Since when it is so, nobody knows.
        let timeline = try #require(try await store.timeline(of: "acme/api", apiURL: Self.api))
        let findings = timeline.events.compactMap { event -> [Int64]? in
            switch event.what {
            case .findingAppeared, .findingChanged: [event.after?.id.rawValue ?? 0, event.seenBy.id.rawValue]
            default: nil
            }
        }
        #expect(findings == [[0, 3], [5, 7]])
        // As it was before the gap.
        let joined = try await difference(4, 5, store)
        #expect(joined.isEmpty && joined.isWhole && joined.firstRead.isEmpty)
        // Worse than before the gap, and beside it a repository that was not there.
        let worse = try await difference(6, 7, store)
        #expect(worse.worsened.map(\.furtherProblems) == [["missing claim: context"]])
        #expect(worse.appeared.map(\.name) == ["acme/new"] && worse.firstRead.isEmpty)
    }

    /// Findings that nobody could judge are not gone, in the trend neither; and a gap is the organization's own.
    @Test func aTrendDoesNotDipWhereNobodyCouldLook() async throws {
        let store = try HistoryStore(path: folder.file)
        let own = Observation.read("own", id: 1, .own(["repo"]))
        for (night, (seen, template)) in [
            (own, Self.one), (own, Self.unreadable), (.unreadable("own", id: 1), Self.one), (own, Self.one),
        ].enumerated() {
            try await store.scan(
                [seen, .read("web", id: 2, .inheriting)], at: Int64(night) * 60, template: template,
                policy: .of(
                    #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["context"]}"#,
                    #"{"id": "place", "rule": "template-source", "severity": "low", "allowed": ["organization"]}"#))
        }
        let trend = try await store.trend(apiURL: Self.api)
        #expect(trend.map { $0.tally?.findings[.high] } == [1, 1, 1, 1])
        #expect(trend.map { $0.tally?.findings[.low] } == [1, 1, 1, 1])
        #expect(trend.map(\.isComplete) == [true, false, false, true])
        #expect(trend.map(\.tally?.adoptionShare) == [0.5, nil, 1, 0.5])
    }

    @Test func aTransferBetweenScannedOrganizationsIsOneChange() async throws {
        let store = try HistoryStore(path: folder.file)
        func night(_ number: Int64, _ owner: String) async throws {
            let time = Timestamp.sample.adding(seconds: number * 60)
            let recorder = try await store.beginScan(
                ScanStart(
                    apiURL: Self.api, isEnterpriseServer: false, startedAt: time, toolVersion: "test",
                    requested: ["acme", "beta"], scope: Scope()))
            for (login, id) in [("acme", 77), ("beta", 78)] as [(String, Int64)] {
                let organization = OrganizationID(rawValue: id)
                _ = try await recorder.begin(organization, login: login)
                var seen: [Observation] = []
                if login == owner {
                    var repository = Repository.sample("moved", id: 5, owner: owner)
                    repository.ownerID = id
                    seen = [
                        Observation(repository: repository, reading: .read(.own(["repo"])), observedAt: .sample)
                    ]
                }
                try await recorder.record(seen, of: organization)
                // Half of a scan can't be read: it is incomplete, and the other half is not.
                let isShort = login == "beta" && number == 1
                try await recorder.record(
                    OrganizationObservation(
                        login: login, id: organization, template: isShort ? Self.unreadable : Self.one,
                        includedProperties: nil,
                        listing: Listing(status: .complete, listed: seen.count, expected: seen.count),
                        isListingWhole: true))
            }
            try await recorder.finish(at: time, stop: nil, requests: RequestCounts())
            let snapshot = try await store.snapshot(of: recorder.scanID)
            try await recorder.seal(Evaluator(policy: try .sample(), gate: Gate()).evaluate(snapshot, known: [:]))
        }
        try await night(0, "acme")
        try await night(1, "acme")
        try await night(2, "beta")
        let moved = try await difference(2, 3, store)
        #expect(moved.organizations.map { $0.changes.map(\.kinds.first) } == [[], [.transferred]])
        #expect(moved.organizations[1].changes.map(\.before?.repository.fullName) == ["acme/moved"])
        #expect(try await store.trend(apiURL: Self.api).map(\.isComplete) == [true, true, true, false, true, true])
    }
}
