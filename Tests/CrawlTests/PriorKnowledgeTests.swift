import AuditCore
import GitHubAPI
import TestSupport
import Testing

@testable import Crawl

/// What a crawl makes of what is known already, and of a budget that is short.
@Suite(.timeLimit(.minutes(5))) struct PriorKnowledgeTests {
    private typealias Base = CrawlerTests
    private let base = CrawlerTests()

    private func tag(_ name: String) throws -> Validator { try #require(Validator("W/\"\(name)\"")) }

    /// `acme` with repositories `names`, numbered from 1.
    private func script(
        _ names: [String], settings: [String: [ScriptedTransport.Answer]] = [:],
        more: [String: [ScriptedTransport.Answer]] = [:],
    ) -> ScriptedTransport {
        var answers = [Base.page(1): [ScriptedTransport.Answer.ok(Base.listing(names))]]
        for name in names { answers[Base.template(name)] = settings[name] ?? [Base.setting] }
        return Base.script(count: names.count, answers.merging(more) { $1 })
    }

    private func known(_ name: String, id: Int64, _ setting: RepositorySetting) throws -> PriorKnowledge {
        var knowledge = PriorKnowledge()
        knowledge.settings[RepositoryID(rawValue: id)] = .init(
            fullName: "acme/\(name)", value: setting, validator: try tag(name))
        return knowledge
    }

    private func validators(_ transport: ScriptedTransport, of path: String) -> [String?] {
        transport.requests.filter { $0.url.hasSuffix(path) }
            .map { $0.headers.first { $0.name == "If-None-Match" }?.value }
    }

    private let custom = RepositorySetting(useDefault: false, includeClaimKeys: ["repo"])
    private let notModified = ScriptedTransport.Answer.response(status: 304)

    // MARK: - Validators

    @Test func whatDidNotChangeIsAsItWas() async throws {
        let transport = script(["a", "b"], settings: ["a": [notModified]])
        let reported = await base.crawl(transport, knowledge: try known("a", id: 1, custom))
        #expect(reported.reading("a") == .read(custom))
        #expect(reported.reading("b") == .read(.gitHubDefault))
        #expect(validators(transport, of: Base.template("a")) == ["W/\"a\""])
        #expect(validators(transport, of: Base.template("b")) == [nil])
        // Nothing new is to be kept.
        #expect(reported.observations.allSatisfy { $0.validator == nil })
    }

    @Test func whatChangedIsReadAndItsValidatorKept() async throws {
        let changed = ScriptedTransport.Answer.ok(#"{"use_default": true}"#, headers: ["ETag": "W/\"new\""])
        let reported = await base.crawl(
            script(["a"], settings: ["a": [changed]]), knowledge: try known("a", id: 1, custom))
        #expect(reported.reading("a") == .read(.gitHubDefault))
        #expect(reported.observations.map(\.validator?.rawValue) == ["W/\"new\""])
    }

    @Test func anotherRepositoryOfTheSameNameIsReadInFullAndSoIsOneThatWasRenamed() async throws {
        for knowledge in [try known("a", id: 99, custom), try known("old", id: 1, custom)] {
            let transport = script(["a"])
            let reported = await base.crawl(transport, knowledge: knowledge)
            #expect(reported.reading("a") == .read(.gitHubDefault))
            #expect(validators(transport, of: Base.template("a")) == [nil])
        }
    }

    @Test func notModifiedWithoutHavingBeenAskedIsNoAnswer() async throws {
        let reported = await base.crawl(script(["a"], settings: ["a": [notModified]]))
        #expect(
            reported.reading("a")
                == .unreadable(
                    UnreadableReason(
                        .unexpected, "unexpected answer (304: not modified, without having been asked)")))
    }

    @Test func aRedirectedAnswerLeavesNoValidator() async throws {
        let moved = "/repositories/1/actions/oidc/customization/sub"
        let transport = script(
            ["a"], settings: ["a": [.response(status: 301, headers: ["Location": moved])]],
            more: [
                moved: [.ok(#"{"use_default": true}"#, headers: ["ETag": "W/\"new\""])],
                "/repositories/1": [.ok(#"{"id": 1, "name": "b", "owner": {"login": "acme", "id": 77}}"#)],
            ])
        let reported = await base.crawl(transport, knowledge: try known("a", id: 1, custom))
        #expect(reported.reading("a") == .read(.gitHubDefault))
        #expect(reported.observations.map(\.validator) == [nil])
        #expect(validators(transport, of: moved) == [nil])
    }

    @Test(arguments: ["", "\"\"", "abc", "\"a b\"", "W/\"a\r\nX: y\"", "\"\(String(repeating: "x", count: 300))\""])
    func whatIsNoEntityTagIsNotSentBack(text: String) {
        #expect(Validator(text) == nil)
    }

    @Test func aPageThatDidNotChangeIsNotRead() async throws {
        var knowledge = PriorKnowledge()
        knowledge.pages[1] = .init(
            repositories: [.sample("a", id: 1), .sample("b", id: 2)], last: nil, validator: try tag("page"))
        let transport = Base.script(
            count: 2,
            [Base.page(1): [notModified], Base.template("a"): [Base.setting], Base.template("b"): [Base.setting]])
        let reported = await base.crawl(transport, knowledge: knowledge)
        #expect(Set(reported.observations.map(\.repository)) == [.sample("a", id: 1), .sample("b", id: 2)])
        #expect(reported.finished[0].listing == Listing(status: .complete, listed: 2, expected: 2))
        #expect(reported.pages.isEmpty)
        transport.expectAllAsked()
    }

    @Test func pagesUpToTheLastAreAskedAfterOneThatDidNotChange() async throws {
        var knowledge = PriorKnowledge()
        knowledge.pages[1] = .init(repositories: [.sample("a", id: 1)], last: 2, validator: try tag("page"))
        let transport = Base.script(
            count: 2,
            [
                Base.page(1): [notModified],
                Base.page(2): [.ok(Base.listing(["b"], firstID: 2), headers: ["ETag": "\"two\""])],
                Base.template("a"): [Base.setting], Base.template("b"): [Base.setting],
            ])
        let reported = await base.crawl(transport, knowledge: knowledge)
        #expect(reported.finished[0].listing.status == .complete)
        #expect(reported.pages.map(\.number) == [2])
        #expect(reported.pages.first?.repositories == [RepositoryID(rawValue: 2)])
        transport.expectAllAsked()
    }

    @Test func aPageThatLeavesSomeOutNowIsReadInFull() async throws {
        var knowledge = PriorKnowledge()
        knowledge.pages[1] = .init(repositories: [.sample("a", id: 1)], last: nil, validator: try tag("page"))
        let partial: HeaderFields = ["X-GitHub-SSO": "partial-results; organizations=1"]
        let transport = Base.script(
            count: 1,
            [
                Base.page(1): [.response(status: 304, headers: partial), .ok("[]", headers: partial)]
            ])
        let reported = await base.crawl(transport, knowledge: knowledge)
        #expect(reported.finished[0].listing.status == .partial)
        #expect(validators(transport, of: Base.page(1)) == ["W/\"page\"", nil])
    }

    @Test func aPageWithSomethingOddIsNotKept() async throws {
        let tagged: HeaderFields = ["ETag": "\"one\""]
        let pages: [(String, HeaderFields)] = [
            (Base.listing(["a", ".."]), tagged),
            (Base.listing(["a"]), ["ETag": "\"one\"", "X-GitHub-SSO": "partial-results; organizations=1"]),
            (Base.listing(["a"]), ["ETag": "\"one\"", "Link": "nonsense"]),
            (
                #"[{"id": 1, "name": "a", "owner": {"login": "acme"}, "custom_properties": {}}, "#
                    + #"{"id": 2, "name": "b", "owner": {"login": "acme"}}]"#, tagged
            ),
        ]
        for (body, headers) in pages {
            let reported = await base.crawl(
                Base.script(
                    count: nil,
                    [
                        Base.page(1): [.ok(body, headers: headers)], Base.template("a"): [Base.setting],
                        Base.template("b"): [Base.setting],
                    ]))
            #expect(reported.pages.isEmpty, "\(body)")
        }
        let reported = await base.crawl(
            Base.script(
                count: 1,
                [Base.page(1): [.ok(Base.listing(["a"]), headers: tagged)], Base.template("a"): [Base.setting]]
            ))
        #expect(reported.pages.map(\.hasProperties) == [false])
    }

    // MARK: - A scan that goes on

    @Test func whatTheScanHasReadIsNotReadAgain() async throws {
        var knowledge = PriorKnowledge()
        knowledge.resumed = .init(
            template: .neverSet, read: [RepositoryID(rawValue: 1): "acme/a", RepositoryID(rawValue: 3): "acme/c"])
        let transport = Base.script(
            count: 3, [Base.page(1): [.ok(Base.listing(["a", "b", "c"]))], Base.template("b"): [Base.setting]])
        let reported = await base.crawl(transport, knowledge: knowledge)
        #expect(reported.observations.count == 3)
        #expect(reported.reading("a") == nil)
        #expect(reported.reading("b") == .read(.gitHubDefault))
        #expect(reported.finished[0].template == .neverSet)
        #expect(reported.advice.isEmpty)
        transport.expectAllAsked()
    }

    @Test func aTemplateThatChangedInBetweenMakesEverythingBeReadAgain() async throws {
        for template in [OrganizationTemplate.set(["repo"], useImmutableSubject: nil), nil] {
            var knowledge = PriorKnowledge()
            knowledge.resumed = .init(template: template, read: [RepositoryID(rawValue: 1): "acme/a"])
            let reported = await base.crawl(script(["a", "b"]), knowledge: knowledge)
            #expect(reported.reading("a") == .read(.gitHubDefault))
            #expect(reported.finished[0].template == .neverSet)
            #expect(
                reported.advice == [
                    "the template of acme \(template == nil ? "was not known" : "may have changed") when the scan was "
                        + "interrupted: every repository was read again"
                ])
        }
    }

    @Test func aRepositoryThatWasRenamedInBetweenIsReadAgain() async throws {
        var knowledge = PriorKnowledge()
        knowledge.resumed = .init(template: .neverSet, read: [RepositoryID(rawValue: 1): "acme/old"])
        #expect(await base.crawl(script(["a"]), knowledge: knowledge).reading("a") == .read(.gitHubDefault))
    }

    @Test func aFullPageWithoutASuccessorIsNotKept() async throws {
        // It does not change when it gets one.
        for count in [99, 100] {
            var answers = [
                Base.page(1): [
                    ScriptedTransport.Answer.ok(Base.listing((1...count).map { "r\($0)" }), headers: ["ETag": "\"p\""])
                ]
            ]
            for id in 1...count { answers[Base.template("r\(id)")] = [Base.setting] }
            #expect(await base.crawl(Base.script(count: nil, answers)).pages.count == (count == 99 ? 1 : 0))
        }
    }

    @Test func aPageNumberBeyondReasonIsNoNumber() async throws {
        let link: HeaderFields = [
            "Link": "<https://api.github.com/x?page=9223372036854775807>; rel=\"last\"", "x-ratelimit-limit": "10",
            "x-ratelimit-remaining": "9223372036854775807", "x-ratelimit-reset": "1795230000",
        ]
        let transport = Base.script(
            count: nil, [Base.page(1): [.ok(Base.listing(["a"]), headers: link)], Base.template("a"): [Base.setting]])
        let reported = await base.crawl(transport, limits: CrawlLimits(concurrency: 4, pagesMax: 1))
        #expect(reported.reading("a") == .read(.gitHubDefault))
        #expect(reported.finished[0].listing.status == .partial)
    }

    // MARK: - Budgets

    private func limited(_ names: [String], remaining: Int, showsCount: Bool = true) -> ScriptedTransport {
        let headers: HeaderFields = [
            "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "\(remaining)", "x-ratelimit-reset": "1795230000",
        ]
        let count = showsCount ? ", \"total_private_repos\": \(names.count)" : ""
        return script(
            names,
            more: [
                "/orgs/acme": [
                    .ok("{\"id\": 77, \"login\": \"acme\", \"public_repos\": 0\(count)}", headers: headers)
                ]
            ])
    }

    @Test(arguments: [true, false])
    func aShortBudgetReadsFirstWhatWasReadLongestAgo(showsCount: Bool) async throws {
        let names = ["a", "b", "c", "d", "e"]
        var knowledge = PriorKnowledge()
        for (id, scan) in [(1, 9), (2, 7), (4, 7), (5, 8)] {
            knowledge.lastReads[RepositoryID(rawValue: Int64(id))] = ScanID(rawValue: Int64(scan))
        }
        let transport = limited(names, remaining: 6, showsCount: showsCount)
        let reported = await base.crawl(transport, limits: CrawlLimits(concurrency: 1), knowledge: knowledge)
        #expect(reported.begun.map(\.withLastReads) == [true])
        let asked = transport.paths.filter { $0.hasPrefix("/repos/") }
        #expect(asked == ["c", "b", "d", "e", "a"].map { Base.template($0) })
        let plan = try #require(reported.plans.first)
        #expect(plan.isShort)
        #expect(plan.budget?.remaining == 6)
        // The template twice, one page, and the repositories, of which there may be a whole page.
        #expect(plan.requests == 8)
    }

    @Test func aBudgetThatIsEnoughKeepsTheListingsOrder() async throws {
        let transport = limited(["a", "b"], remaining: 5)
        let reported = await base.crawl(transport, limits: CrawlLimits(concurrency: 1))
        #expect(reported.plans.map(\.isShort) == [false])
        #expect(reported.begun.map(\.withLastReads) == [true])
        #expect(transport.paths.filter { $0.hasPrefix("/repos/") } == ["a", "b"].map { Base.template($0) })
    }

    /// Whatever ended it: a minute's pace, a limit that others spent, a person.
    @Test func afterAScanThatEndedEarlyWhatWasReadLongestAgoComesFirst() async throws {
        var knowledge = PriorKnowledge()
        knowledge.endedEarly = true
        knowledge.lastReads = [RepositoryID(rawValue: 1): ScanID(rawValue: 9)]
        let transport = limited(["a", "b", "c"], remaining: 5000)
        let reported = await base.crawl(transport, limits: CrawlLimits(concurrency: 1), knowledge: knowledge)
        #expect(transport.paths.filter { $0.hasPrefix("/repos/") } == ["b", "c", "a"].map { Base.template($0) })
        #expect(reported.observations.count == 3)
    }

    /// What waits for the whole listing goes on where most of that is lost for good.
    @Test func pagesThatAreLostHoldNothingUp() async throws {
        var knowledge = PriorKnowledge()
        knowledge.endedEarly = true
        let link: HeaderFields = ["Link": "<https://api.github.com/x?page=60>; rel=\"last\""]
        var answers = [
            Base.page(1): [ScriptedTransport.Answer.ok(Base.listing(["a"]), headers: link)],
            Base.template("a"): [Base.setting],
        ]
        for page in 2...60 { answers[Base.page(page)] = [.response(status: 502)] }
        let reported = await base.crawl(Base.script(count: nil, answers), knowledge: knowledge)
        #expect(reported.reading("a") == .read(.gitHubDefault))
        #expect(reported.finished[0].listing.status == .partial)
        #expect(!reported.finished[0].isListingWhole)
    }

    /// Where the host tells of no budget, too.
    @Test func aPaceThatMayNotBeWaitedForReadsFirstWhatWasReadLongestAgo() async throws {
        var knowledge = PriorKnowledge()
        knowledge.lastReads = [RepositoryID(rawValue: 1): ScanID(rawValue: 9)]
        let transport = script(["a", "b", "c"], settings: ["a": []])
        let reported = await base.crawl(
            transport, limits: CrawlLimits(concurrency: 1), waitMax: .seconds(10), pointsPerMinute: 5,
            knowledge: knowledge)
        let plan = try #require(reported.plans.first)
        #expect(!plan.isShort)
        #expect(plan.isTooLong)
        #expect(plan.budget == nil)
        #expect(reported.begun.map(\.withLastReads) == [true])
        // The organization, its template and its page were three of five.
        #expect(transport.paths.filter { $0.hasPrefix("/repos/") } == ["b", "c"].map { Base.template($0) })
        #expect(reported.stop == .waitExhausted)
    }

    @Test func whatIsKnownToBeUnchangedCostsNothing() async throws {
        let knowledge = try known("a", id: 1, custom)
        let transport = limited(["a"], remaining: 3)
        #expect(await base.crawl(transport, knowledge: knowledge).plans.map(\.isShort) == [false])
        #expect(await base.crawl(limited(["a"], remaining: 3)).plans.map(\.isShort) == [true])
    }

    @Test func aSpentBudgetEndsTheCrawlWithWhatWasRead() async throws {
        let spent: HeaderFields = [
            "x-ratelimit-limit": "5000", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795230000",
        ]
        let transport = script(
            ["a", "b", "c"], settings: ["b": [.ok(#"{"use_default": true}"#, headers: spent)]])
        let reported = await base.crawl(transport, limits: CrawlLimits(concurrency: 1), waitMax: .seconds(60))
        #expect(reported.stop == .waitExhausted)
        #expect(reported.reading("a") == .read(.gitHubDefault))
        #expect(reported.reading("b") == .read(.gitHubDefault))
        #expect(reported.reading("c") == nil)
        #expect(reported.observations.count == 3)
        // Nothing was sent to be refused.
        #expect(!transport.paths.contains(Base.template("c")))
    }

    @Test func costsAreCounted() {
        #expect(CrawlCost(repositories: 0).cold == 4)
        #expect(CrawlCost(repositories: 101).cold == 3 + 2 + 101)
        #expect(CrawlCost(repositories: 5000, needs: [.includedProperties]).cold == 4 + 50 + 5000)
        #expect(CrawlCost(repositories: 5000, needs: [.includedProperties, .propertyValues]).warm == 54)
    }
}
