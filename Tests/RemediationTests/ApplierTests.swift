import AuditCore
import GitHubAPI
import Synchronization
import TestSupport
import Testing

@testable import Remediation

/// Applying against scripted answers: what the emulator can't be made to do between a read and a write.
@Suite struct ApplierTests {
    // MARK: - GitHub, scripted

    private static let orgPath = "/orgs/acme/actions/oidc/customization/sub"
    private static let account: [String: [ScriptedTransport.Answer]] = [
        "/orgs/acme": [.ok(#"{"id": 77, "login": "acme", "public_repos": 0, "total_private_repos": 2}"#)]
    ]

    private static func path(_ name: String) -> String { "/repos/acme/\(name)/actions/oidc/customization/sub" }

    private static func identity(_ name: String) -> ScriptedTransport.Answer {
        .ok(#"{"id": 1, "name": "\#(name)", "owner": {"login": "acme", "id": 77}, "archived": false}"#)
    }

    private static func setting(_ setting: RepositorySetting, prefix: String = "repo:acme/api")
        -> ScriptedTransport.Answer
    {
        let keys = setting.includeClaimKeys.map { #""include_claim_keys": \#($0.map(\.rawValue)),"# } ?? ""
        return .ok(#"{"use_default": \#(setting.useDefault), \#(keys) "sub_claim_prefix": "\#(prefix)"}"#)
    }

    private static func template(_ keys: String...) -> ScriptedTransport.Answer {
        .ok(#"{"include_claim_keys": \#(keys)}"#)
    }

    private static let created = ScriptedTransport.Answer.response(status: 201, body: "{}")

    // MARK: - Plans

    private static func plan(_ changes: PlannedChange...) -> Plan {
        Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false,
            organizations: [.init(login: "acme", id: OrganizationID(rawValue: 77))], createdAt: .sample, scanID: nil,
            policyName: "", policySHA256: "", changes: changes, manual: [])
    }

    /// `acme` from `repo` to `repo`, `context`, which repository 1 follows.
    private static let ofOrganization = PlannedChange(
        target: .organization(login: "acme", id: OrganizationID(rawValue: 77)),
        before: .organization(.set(["repo"], useImmutableSubject: nil)),
        after: .organization(.set(["repo", "context"], useImmutableSubject: nil)),
        subjects: [
            .init(
                repository: "acme/api", repositoryID: RepositoryID(rawValue: 1), before: "repo:acme/api",
                after: "repo:acme/api:{context}")
        ])

    /// `acme/api` from GitHub's default to claims of its own, or to the organization's.
    private static func ofRepository(_ after: RepositorySetting) -> PlannedChange {
        var before = RepositorySetting.gitHubDefault
        var after = after
        before.subClaimPrefix = "repo:acme/api"
        after.subClaimPrefix = "repo:acme/api"
        return PlannedChange(
            target: .repository(owner: "acme", name: "api", id: RepositoryID(rawValue: 1)),
            before: .repository(before), after: .repository(after))
    }

    private static let inheriting = RepositorySetting(useDefault: false)

    // MARK: - One run

    private struct Run {
        var result: Applier.Result
        var outcomes: [ChangeOutcome]
        var journal: [String]
        var writes: [String]
        var sleeps: [Duration]
        var waits: [RateLimitWait]
    }

    private final class Journal: ChangeJournal {
        let lines = Mutex<[String]>([])

        func noteIntent(_ place: Int) async throws { lines.withLock { $0.append("intent \(place)") } }

        func noteOutcome(_ outcome: ChangeOutcome, _ place: Int) async throws {
            lines.withLock { $0.append("\(outcome.name) \(place)") }
        }
    }

    private static func run(
        _ plan: Plan, after entries: [Changeset.Entry]? = nil, _ answers: [String: [ScriptedTransport.Answer]],
        earlierWrites: Int = 0, waitMax: Duration = .seconds(7200), stopsAfter looks: Int = .max,
    ) async throws -> Run {
        let transport = ScriptedTransport(answers)
        let clock = ManualClock()
        let client = GitHubClient(
            .init(
                endpoint: try GitHubEndpoint(apiURL: "https://api.github.com"), token: AccessToken("t"),
                userAgent: "test"),
            transport: transport, clock: clock
        ) { .sample }
        let journal = Journal()
        let writer = GitHubWriter(
            client, after: Array(repeating: .seconds(1), count: earlierWrites), waitMax: waitMax)
        var waits: [RateLimitWait] = []
        let outcomes = Mutex<[ChangeOutcome]>([])
        let looked = Mutex(0)
        let result = await Applier(client: client, writer: writer, journal: journal).apply(
            plan, after: entries ?? plan.changes.map { _ in Changeset.Entry() }, canaries: 1, confirm: { true },
            shouldStop: {
                looked.withLock {
                    $0 += 1
                    return $0 > looks
                }
            }, report: { _, outcome in outcomes.withLock { $0.append(outcome) } }, waiting: { waits.append($0) })
        transport.expectAllAsked()
        return Run(
            result: result, outcomes: outcomes.withLock { $0 }, journal: journal.lines.withLock { $0 },
            writes: transport.requests.filter { $0.method == "PUT" }.map(\.url), sleeps: clock.sleeps, waits: waits)
    }

    // MARK: - Tests

    /// An earlier apply found the organization's template moved, and was stopped before the repository's turn.
    @Test func whatIsToInheritIsHeldBackWhereItsOrganizationWasLeft() async throws {
        let plan = Self.plan(Self.ofOrganization, Self.ofRepository(Self.inheriting))
        for outcome in [ChangeOutcome.moved(""), .different(""), .skipped("")] {
            let run = try await Self.run(plan, after: [.init(outcome: outcome), .init()], [:])
            #expect(run.writes.isEmpty)
            #expect(run.journal == ["skipped 1"])
            #expect(run.result.stop == nil)
            // Where it may have been written before, that is not forgotten.
            let doubtful = try await Self.run(
                plan, after: [.init(outcome: outcome), .init(intendedAt: .sample)], [:])
            #expect(doubtful.journal == ["unknown 1"])
        }
    }

    @Test func whatDoesNotInheritGoesOnWithoutItsOrganization() async throws {
        let own = RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "ref"])
        let plan = Self.plan(Self.ofOrganization, Self.ofRepository(own))
        let run = try await Self.run(
            plan, after: [.init(outcome: .moved("")), .init()],
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [Self.setting(.gitHubDefault), Self.created, Self.setting(own)],
            ])
        #expect(run.journal == ["intent 1", "applied 1"])
    }

    /// Renamed between the read and the write: GitHub answers with its new address, to which nothing is sent.
    @Test func aRedirectedWriteIsLookedUpById() async throws {
        let own = RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "ref"])
        let moved = ScriptedTransport.Answer.response(
            status: 301, headers: ["Location": "https://api.github.com/repositories/1/x"])
        let run = try await Self.run(
            Self.plan(Self.ofRepository(own)),
            [
                "/repositories/1": [Self.identity("api"), Self.identity("new")],
                Self.path("api"): [Self.setting(.gitHubDefault), moved],
            ])
        #expect(run.outcomes == [.moved("it is now acme/new: make a new plan")])
        #expect(run.writes.count == 1)
        // Where it is still there, it was refused.
        let odd = try await Self.run(
            Self.plan(Self.ofRepository(own)),
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [Self.setting(.gitHubDefault), moved, Self.setting(.gitHubDefault)],
            ])
        #expect(odd.journal == ["intent 0", "refused 0"])
    }

    /// Something between answered in GitHub's place: only reading shows whether GitHub was reached.
    @Test func aPageForAWriteIsReadBack() async throws {
        let own = RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "ref"])
        for (after, outcome) in [(RepositorySetting.gitHubDefault, "failed 0"), (own, "applied 0")] {
            let run = try await Self.run(
                Self.plan(Self.ofRepository(own)),
                [
                    "/repositories/1": [Self.identity("api")],
                    Self.path("api"): [
                        Self.setting(.gitHubDefault), .ok("<html>login</html>"), Self.setting(after),
                    ],
                ])
            #expect(run.journal == ["intent 0", outcome], "\(run.outcomes)")
        }
    }

    /// The organization's template turned out to change the format of who follows it.
    @Test func aPrefixOfAFollowerThatChangesStops() async throws {
        let second = Self.ofRepository(Self.inheriting)
        for (prefix, isSame) in [("repo:acme@77/api@1", false), ("repo:acme/api", true)] {
            let run = try await Self.run(
                isSame ? Self.plan(Self.ofOrganization) : Self.plan(Self.ofOrganization, second),
                Self.account.merging([
                    Self.orgPath: [Self.template("repo"), Self.created, Self.template("repo", "context")],
                    "/repositories/1": [Self.identity("api")],
                    Self.path("api"): [Self.setting(Self.inheriting), Self.setting(Self.inheriting, prefix: prefix)],
                ]) { $1 })
            #expect(run.writes == ["https://api.github.com\(Self.orgPath)"])
            #expect(run.journal == ["intent 0", isSame ? "applied 0" : "different 0"])
            if isSame {
                #expect(run.result.stop == nil)
            } else {
                #expect(
                    run.result.stop
                        == .prefixChanged("the prefix of acme/api became \(prefix), which was not planned"))
            }
        }
    }

    /// Five hundred writes of the last hour leave none for a long time; whoever asks to stop does not wait for it.
    @Test func aWaitForTheNextTurnEndsSoonWhenAskedTo() async throws {
        let plan = Self.plan(Self.ofRepository(Self.inheriting))
        let run = try await Self.run(plan, [:], earlierWrites: 500, stopsAfter: 3)
        #expect(run.result.stop == .interrupted)
        #expect(run.writes.isEmpty && run.journal.isEmpty)
        #expect(run.sleeps.count == 3)
        #expect(run.sleeps.allSatisfy { $0 <= Applier.attention })
        #expect(run.waits.map(\.message) == ["the 500 writes of this hour are used"])
    }

    /// A wait that is not allowed ends it by its own name, as if nobody had asked to stop.
    @Test func aWaitThatIsTooLongEndsIt() async throws {
        let plan = Self.plan(Self.ofRepository(Self.inheriting))
        let run = try await Self.run(plan, [:], earlierWrites: 500, waitMax: .seconds(60))
        guard case .refused(.rateLimited(let message, until: .some))? = run.result.stop else {
            Issue.record("\(String(describing: run.result.stop))")
            return
        }
        #expect(message == "the 500 writes of this hour are used; the wait would be longer than allowed")
        #expect(run.sleeps.isEmpty && run.writes.isEmpty && run.journal.isEmpty && run.waits.isEmpty)
    }

    private static let own = RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "ref"])

    @Test func whatARateLimitRefusesAgainAndAgainIsGivenUpAndConcluded() async throws {
        let limit = ScriptedTransport.Answer.response(
            status: 403, headers: ["retry-after": "1"],
            body: #"{"message": "You have exceeded a secondary rate limit."}"#)
        let run = try await Self.run(
            Self.plan(Self.ofRepository(Self.own)),
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [
                    Self.setting(.gitHubDefault), limit, Self.setting(.gitHubDefault), limit,
                    Self.setting(.gitHubDefault), limit,
                ],
            ])
        #expect(run.journal == Array(repeating: ["intent 0", "refused 0"], count: 3).flatMap { $0 })
        guard case .refused(.rateLimited)? = run.result.stop else {
            Issue.record("\(String(describing: run.result.stop))")
            return
        }
        #expect(!run.result.hasWritten)
    }

    /// Half a minute that a rate limit asks for is not sat out by whoever was told to stop, and nothing is sent after it.
    @Test func aWaitForALimitEndsSoonWhenAskedTo() async throws {
        let limit = ScriptedTransport.Answer.response(
            status: 403, headers: ["retry-after": "30"],
            body: #"{"message": "You have exceeded a secondary rate limit."}"#)
        let run = try await Self.run(
            Self.plan(Self.ofRepository(Self.own)),
            ["/repositories/1": [Self.identity("api")], Self.path("api"): [Self.setting(.gitHubDefault), limit]],
            stopsAfter: 6)
        #expect(run.result.stop == .interrupted)
        #expect(run.writes.count == 1)
        #expect(run.journal == ["intent 0", "refused 0"])
        #expect(run.sleeps.allSatisfy { $0 <= Applier.attention })
    }

    /// What is asked between the last look and the write is heard too.
    @Test func aStopBeforeTheIntentWritesNothing() async throws {
        let run = try await Self.run(
            Self.plan(Self.ofRepository(Self.own)),
            ["/repositories/1": [Self.identity("api")], Self.path("api"): [Self.setting(.gitHubDefault)]],
            stopsAfter: 1)
        #expect(run.result.stop == .interrupted)
        #expect(run.writes.isEmpty && run.journal.isEmpty)
    }

    /// What GitHub did not refuse may come true later.
    @Test func aWriteThatFailedAndIsNotThereIsNoRefusal() async throws {
        let run = try await Self.run(
            Self.plan(Self.ofRepository(Self.own)),
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [
                    Self.setting(.gitHubDefault), .response(status: 500), Self.setting(.gitHubDefault),
                ],
            ])
        #expect(run.journal == ["intent 0", "failed 0"])
        #expect(run.outcomes.map(\.sentence) == ["failed (500), nothing changed"])
        #expect(run.result.hasWritten)
    }

    @Test func whatMayBeWrittenStaysSoWhereItCanNotBeRead() async throws {
        let plan = Self.plan(Self.ofRepository(Self.own))
        for answer in [
            ScriptedTransport.Answer.response(status: 403, body: #"{"message": "Forbidden"}"#),
            .ok(#"{"id": 1, "name": "api", "owner": {"login": "acme", "id": 77}, "archived": true}"#),
            Self.identity("new"),
        ] {
            let run = try await Self.run(plan, after: [.init(intendedAt: .sample)], ["/repositories/1": [answer]])
            #expect(run.journal == ["unknown 0"])
        }
    }

    @Test func nothingInheritsATemplateThatThePlanDoesNotKnow() async throws {
        var change = Self.ofRepository(Self.inheriting)
        change.inherited = ["repo", "context"]
        let moved = try await Self.run(
            Self.plan(change),
            [
                "/repositories/1": [Self.identity("api")], Self.path("api"): [Self.setting(.gitHubDefault)],
                Self.orgPath: [Self.template("actor")],
            ])
        #expect(moved.journal == ["moved 0"])
        // Changed between the write and the reading back.
        let late = try await Self.run(
            Self.plan(change),
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [Self.setting(.gitHubDefault), Self.created, Self.setting(Self.inheriting)],
                Self.orgPath: [Self.template("repo", "context"), Self.template("actor")],
            ])
        #expect(late.journal == ["intent 0", "different 0"])
    }

    /// As a rollback has it: who is to stop inheriting comes first, and the template stays where one of them still does.
    @Test func anOrganizationWaitsForThoseThatInheritIt() async throws {
        var leaving = Self.ofRepository(Self.own)
        var before = Self.inheriting
        before.subClaimPrefix = "repo:acme/api"
        leaving.before = .repository(before)
        let run = try await Self.run(
            Self.plan(leaving, Self.ofOrganization),
            after: [.init(outcome: .moved("")), .init()], [:])
        #expect(run.journal == ["skipped 1"])
        #expect(run.outcomes.first?.message?.hasPrefix("acme/api, which was to be changed before it") == true)
        #expect(run.writes.isEmpty)
        // What may be done another time may be waited for another time.
        let later = try await Self.run(
            Self.plan(leaving, Self.ofOrganization),
            [
                "/repositories/1": [.response(status: 403, body: #"{"message": "Resource not accessible"}"#)]
            ])
        #expect(later.journal.last == "refused 1")
    }

    @Test func aPrefixThatStaysAsItWasIsNoChangeOfIt() async throws {
        var change = Self.ofRepository(Self.own)
        var after = Self.own
        after.subClaimPrefix = "repo:acme@77/api@1"
        change.after = .repository(after)
        let run = try await Self.run(
            Self.plan(change),
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [Self.setting(.gitHubDefault), Self.created, Self.setting(Self.own)],
            ])
        let words = "the claims were taken, the prefix stays repo:acme/api: subjects are repo:acme/api:ref:{ref}"
        #expect(run.outcomes.map(\.sentence) == ["partial: \(words)"])
        #expect(run.outcomes.first?.found?.prefix == "repo:acme/api")
        #expect(run.result.stop == .canary("acme/api", run.outcomes[0]))
    }

    private static let withIDs = "repo:acme@77/api@1"

    /// Of a repository that is immutable: what is there, what is planned and what is read back.
    struct Written: Sendable {
        var before = RepositorySetting(
            useDefault: true, useImmutableSubject: true, subClaimPrefix: ApplierTests.withIDs)
        var after = RepositorySetting(
            useDefault: false, includeClaimKeys: ["repo", "ref"], useImmutableSubject: false,
            subClaimPrefix: "repo:acme/api")
        var found: RepositorySetting
        var outcome: String
        var sentence: String
    }

    private static func answer(_ setting: RepositorySetting) -> ScriptedTransport.Answer {
        let keys = setting.includeClaimKeys.map { #""include_claim_keys": \#($0.map(\.rawValue)),"# } ?? ""
        let flag = setting.useImmutableSubject.map { #""use_immutable_subject": \#($0),"# } ?? ""
        return .ok(
            #"{"use_default": \#(setting.useDefault), \#(keys) \#(flag) "sub_claim_prefix": "\#(setting.subClaimPrefix ?? "")"}"#
        )
    }

    static let halves: [Written] = [
        Written(
            found: .init(
                useDefault: false, includeClaimKeys: ["repo", "ref"], useImmutableSubject: true,
                subClaimPrefix: withIDs),
            outcome: "partial",
            sentence:
                "the claims were taken, use_immutable_subject stays true: subjects are repo:acme@77/api@1:ref:{ref}"),
        Written(
            found: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme/api"),
            outcome: "partial",
            sentence: "use_immutable_subject was taken, the template stays GitHub's default: subjects are "
                + "repo:acme/api:{context}"),
        Written(
            found: .init(
                useDefault: false, includeClaimKeys: ["repo", "ref"], useImmutableSubject: false,
                subClaimPrefix: withIDs),
            outcome: "partial",
            sentence: "the claims and use_immutable_subject were taken, the prefix stays repo:acme@77/api@1: subjects "
                + "are repo:acme@77/api@1:ref:{ref}"),
        Written(
            found: .init(useDefault: true, useImmutableSubject: true, subClaimPrefix: withIDs),
            outcome: "not_effective", sentence: "GitHub accepted it and changed nothing"),
        Written(
            found: .init(
                useDefault: false, includeClaimKeys: ["actor"], useImmutableSubject: false,
                subClaimPrefix: "repo:acme/api"),
            outcome: "different",
            sentence: "use_immutable_subject was taken, the template is actor: subjects are actor:{actor}"),
        // The prefix decides; what the flag beside it says does not matter.
        Written(
            before: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: withIDs),
            after: .init(
                useDefault: false, includeClaimKeys: ["repo", "ref"], useImmutableSubject: true,
                subClaimPrefix: withIDs),
            found: .init(
                useDefault: false, includeClaimKeys: ["repo", "ref"], useImmutableSubject: false,
                subClaimPrefix: withIDs),
            outcome: "applied",
            sentence: "use_immutable_subject stays false, which says only that nobody opted in"),
        Written(
            before: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: withIDs),
            after: .init(useDefault: true, useImmutableSubject: true, subClaimPrefix: withIDs),
            found: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: withIDs),
            outcome: "applied",
            sentence: "use_immutable_subject stays false, which says only that nobody opted in"),
    ]

    /// Which part was taken and which was not is said, and what was read back is kept for a rollback.
    @Test(arguments: halves)
    func whatIsReadBackIsHeldAgainstThePlanFieldByField(one: Written) async throws {
        var change = Self.ofRepository(Self.own)
        change.before = .repository(one.before)
        change.after = .repository(one.after)
        let run = try await Self.run(
            Self.plan(change),
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [Self.answer(one.before), Self.created, Self.answer(one.found)],
            ])
        #expect(run.outcomes.map(\.name) == [one.outcome])
        #expect(run.outcomes.first?.message == one.sentence)
        let isKept = ["partial", "different"].contains(one.outcome)
        #expect(run.outcomes.first?.found == (isKept ? .repository(one.found) : nil))
        #expect((run.result.stop == nil) == (one.outcome == "applied"))
        // What ended so is not taken up again, whatever a second try would do.
        let entry = Changeset.Entry(intendedAt: .sample, outcome: run.outcomes.first, wasWritten: true)
        #expect(!entry.isOpen && !entry.isInDoubt)
    }

    /// A write that was begun and never concluded: its half is known as ours, anything else may be another's.
    @Test func halfOfWhatWasBegunIsRecognised() async throws {
        for (keys, name) in [(["repo", "ref"], "partial"), (["actor"], "different")] {
            var change = Self.ofRepository(Self.own)
            change.before = .repository(
                .init(useDefault: true, useImmutableSubject: true, subClaimPrefix: Self.withIDs))
            change.after = .repository(
                .init(
                    useDefault: false, includeClaimKeys: ["repo", "ref"], useImmutableSubject: false,
                    subClaimPrefix: "repo:acme/api"))
            let found = RepositorySetting(
                useDefault: false, includeClaimKeys: keys.map { ClaimKey($0) }, useImmutableSubject: true,
                subClaimPrefix: Self.withIDs)
            let run = try await Self.run(
                Self.plan(change), after: [.init(intendedAt: .sample)],
                ["/repositories/1": [Self.identity("api")], Self.path("api"): [Self.answer(found)]])
            #expect(run.journal == ["\(name) 0"])
            #expect((run.outcomes.first?.found == nil) == (name == "different"))
        }
    }

    /// Archived between the read and the write.
    @Test func whatIsArchivedIsSkipped() async throws {
        let run = try await Self.run(
            Self.plan(Self.ofRepository(Self.own)),
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [
                    Self.setting(.gitHubDefault),
                    .response(status: 403, body: #"{"message": "Repository was archived so is read-only."}"#),
                ],
            ])
        #expect(run.outcomes == [.skipped("the repository is archived, and so read-only")])
    }

    @Test func whatGitHubRejectsIsReportedInItsWords() async throws {
        let run = try await Self.run(
            Self.plan(Self.ofRepository(Self.own)),
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [
                    Self.setting(.gitHubDefault),
                    .response(status: 422, body: #"{"message": "Validation Failed", "errors": ["no such claim"]}"#),
                ],
            ])
        #expect(run.outcomes == [.rejected("422: Validation Failed: no such claim")])
    }

    /// Reads between writes pass: it is the writes that something answers in GitHub's place.
    @Test func aPageThatAnswersWritesAgainAndAgainEndsIt() async throws {
        let after = RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "ref"])
        let page = ScriptedTransport.Answer.response(
            status: 403, headers: ["Content-Type": "text/html"], body: "<html>blocked</html>")
        var answers: [String: [ScriptedTransport.Answer]] = [:]
        var changes: [PlannedChange] = []
        for id in 1...6 {
            var change = Self.ofRepository(after)
            change.target = .repository(owner: "acme", name: "r\(id)", id: RepositoryID(rawValue: Int64(id)))
            changes.append(change)
            guard id < 5 else { continue }
            answers["/repositories/\(id)"] = [
                .ok(#"{"id": \#(id), "name": "r\#(id)", "owner": {"login": "acme", "id": 77}, "archived": false}"#)
            ]
            // GitHub answers the first two writes.
            answers[Self.path("r\(id)")] =
                id == 1 || id == 2
                ? [Self.setting(.gitHubDefault), Self.created, Self.setting(after)]
                : [Self.setting(.gitHubDefault), page]
        }
        var plan = Self.plan()
        plan.changes = changes
        let run = try await Self.run(plan, answers)
        #expect(run.writes.count == 4)
        #expect(
            run.result.stop == .refused(.credentialRefused(.foreignPages, status: 403, "a page, not JSON")))
    }

    /// Its login passed on, its repository's id and name are the same by chance: nothing is written.
    @Test func aRepositoryOfAnotherOwnerOfTheSameLoginIsNotWritten() async throws {
        let run = try await Self.run(
            Self.plan(Self.ofRepository(RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "ref"]))),
            [
                "/repositories/1": [
                    .ok(#"{"id": 1, "name": "api", "owner": {"login": "acme", "id": 99}, "archived": false}"#)
                ]
            ])
        #expect(run.writes.isEmpty)
        #expect(run.outcomes == [.moved("acme is now another organization: make a new plan")])
    }

    @Test func aMissingPermissionIsReportedAsOne() async throws {
        let run = try await Self.run(
            Self.plan(Self.ofRepository(RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "ref"]))),
            [
                "/repositories/1": [Self.identity("api")],
                Self.path("api"): [
                    Self.setting(.gitHubDefault),
                    .response(status: 403, body: #"{"message": "Resource not accessible by personal access token"}"#),
                ],
            ])
        #expect(
            run.outcomes == [
                .forbidden(
                    "the token needs write access to the repository's Actions "
                        + "(403: Resource not accessible by personal access token)")
            ])
        #expect(run.result.stop == .canary("acme/api", run.outcomes[0]))
        #expect(run.result.hasWritten == false)
    }
}
