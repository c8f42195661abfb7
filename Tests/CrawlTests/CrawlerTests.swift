import AuditCore
import GitHubAPI
import Synchronization
import TestSupport
import Testing

@testable import Crawl

@Suite(.timeLimit(.minutes(5))) struct CrawlerTests {
    /// Everything that a crawl told.
    struct Emitted: Sendable {
        var found: [OrganizationID] = []
        var observations: [Observation] = []
        var batchSizes: [Int] = []
        var finished: [OrganizationObservation] = []
        var advice: [String] = []
        var stop: ScanStop?
        var begun: [Begun] = []
        var plans: [CrawlPlan] = []
        var templates: [OrganizationTemplate] = []
        var pages: [ListedPage] = []

        struct Begun: Hashable {
            var id: OrganizationID
            var withLastReads: Bool
        }

        func reading(_ name: String) -> Reading<RepositorySetting>? {
            observations.first { $0.repository.name == name }?.reading
        }
    }

    func crawl(
        _ transport: ScriptedTransport, of logins: [String] = ["acme"],
        limits: CrawlLimits = CrawlLimits(concurrency: 4),
        scope: Scope = Scope(), needs: Set<RuleNeed> = [], waitMax: Duration = .seconds(7200),
        pointsPerMinute: Int? = nil, knowledge: PriorKnowledge = PriorKnowledge(), token: AccessToken? = nil,
    ) async -> Emitted {
        var limits = limits
        // However slow the machine is, batches are handed on when they are full.
        limits.flushInterval = .seconds(86_400)
        var settings = GitHubClient.Settings(endpoint: .gitHub, token: token, userAgent: "oidc-audit/test")
        settings.limits.waitMax = waitMax
        if let pointsPerMinute {
            settings.limits.pointsPerMinute = pointsPerMinute
            settings.limits.holdsFromTheStart = true
        }
        let client = GitHubClient(settings, transport: transport, clock: ManualClock()) { .sample }
        let crawler = Crawler(clients: GitHubClients(client), limits: limits, scope: scope, needs: needs) { .sample }
        let emitted = Mutex(Emitted())
        let stop = await crawler.crawl(
            logins.compactMap(OrganizationLogin.init),
            begin: { account, withLastReads in
                emitted.withLock { $0.begun.append(Emitted.Begun(id: account.id, withLastReads: withLastReads)) }
                return knowledge
            }
        ) { event in
            emitted.withLock { emitted in
                switch event {
                case .planned(let plan): emitted.plans.append(plan)
                case .templateRead(let template, _): emitted.templates.append(template)
                case .pageRead(let page, _): emitted.pages.append(page)
                case .organizationFound(let id, _, _): emitted.found.append(id)
                case .observations(let batch, _):
                    emitted.observations += batch
                    emitted.batchSizes.append(batch.count)
                case .organizationFinished(let organization): emitted.finished.append(organization)
                case .advice(let text), .hint(let text, _): emitted.advice.append(text)
                }
            }
        }
        var result = emitted.withLock { $0 }
        result.stop = stop
        return result
    }

    // MARK: - Faults that are over by the end

    private static let down = ScriptedTransport.Answer.response(status: 502)

    /// Four tries each, and then once more when all else has come back: a page that leads to more, and a setting.
    @Test func whatAFaultKeptBackIsAskedAgainAtTheEnd() async throws {
        let four = Array(repeating: Self.down, count: 4)
        let transport = Self.script(
            count: 3,
            [
                Self.page(1): four + [.ok(Self.listing(["a", "b", "c"]))], Self.template("a"): [Self.setting],
                Self.template("b"): [Self.setting], Self.template("c"): [Self.setting],
            ])
        let emitted = await crawl(transport)
        #expect(emitted.finished[0].listing.status == .complete)
        #expect(emitted.observations.count == 3)
        #expect(emitted.observations.allSatisfy { $0.reading == .read(.gitHubDefault) })

        let other = Self.script(
            count: 3,
            [
                Self.page(1): [.ok(Self.listing(["a", "b", "c"]))], Self.template("a"): four + [Self.setting],
                Self.template("b"): [Self.setting], Self.template("c"): [Self.down],
            ])
        let again = await crawl(other)
        #expect(again.reading("a") == .read(.gitHubDefault))
        #expect(again.reading("b") == .read(.gitHubDefault))
        guard case .unreadable(let reason) = again.reading("c") else { Issue.record("c was read"); return }
        #expect(reason.code == .serverFault)
        #expect(other.paths.count { $0 == Self.template("c") } == 8)
        // The template is asked for the second time after everything.
        #expect(other.paths.last == "/orgs/acme/actions/oidc/customization/sub")
    }

    /// The first few show whether the host is back.
    @Test func aHostThatIsGoneIsNotAskedForEverythingAgain() async throws {
        let names = (1...100).map { "r\($0)" }
        var answers = [Self.page(1): [ScriptedTransport.Answer.ok(Self.listing(names))]]
        for name in names { answers[Self.template(name)] = [Self.down] }
        let transport = Self.script(count: 100, answers)
        let emitted = await crawl(transport)
        #expect(emitted.observations.count == 100)
        #expect(
            emitted.observations.allSatisfy {
                if case .unreadable(let reason) = $0.reading { reason.code == .serverFault } else { false }
            })
        // Others are in flight when the last of them fails.
        let asked = transport.paths.count { $0.hasPrefix("/repos/") }
        #expect((132 * 4..<136 * 4).contains(asked), "\(asked)")
    }

    // MARK: - Scripts

    static func page(_ number: Int, of login: String = "acme") -> String {
        "/orgs/\(login)/repos?type=all&sort=created&direction=asc&per_page=100&page=\(number)"
    }

    static func template(_ name: String, of login: String = "acme") -> String {
        "/repos/\(login)/\(name)/actions/oidc/customization/sub"
    }

    static func listing(_ names: [String], firstID: Int = 1, archived: Bool = false) -> String {
        let items = names.enumerated().map { index, name in
            """
            {"id": \(firstID + index), "name": "\(name)", "owner": {"login": "acme", "id": 77}, "private": true,
             "archived": \(archived)}
            """
        }
        return "[\(items.joined(separator: ","))]"
    }

    static let neverSet = ScriptedTransport.Answer.response(
        status: 404,
        body: #"{"message": "No Actions OIDC custom sub claim template found for the organization acme"}"#)
    static let setting = ScriptedTransport.Answer.ok(#"{"use_default": true}"#)

    static func organization(count: Int?, login: String = "acme", id: Int = 77) -> [String: [ScriptedTransport
        .Answer]]
    {
        let privateCount = count.map { ", \"total_private_repos\": \($0)" } ?? ""
        return [
            "/orgs/\(login)": [.ok("{\"id\": \(id), \"login\": \"\(login)\", \"public_repos\": 0\(privateCount)}")],
            "/orgs/\(login)/actions/oidc/customization/sub": [neverSet],
        ]
    }

    static func script(
        count: Int?, _ more: [String: [ScriptedTransport.Answer]],
    ) -> ScriptedTransport {
        ScriptedTransport(organization(count: count).merging(more) { $1 })
    }

    static func link(_ targets: [String: String]) -> HeaderFields {
        HeaderFields([
            (
                name: "Link",
                value: targets.map { "<https://api.github.com\($0.value)>; rel=\"\($0.key)\"" }.joined(separator: ", ")
            )
        ])
    }

    // MARK: - Tests

    @Test func readsEveryRepositoryOnce() async {
        let names = (1...10).map { "r\($0)" }
        var answers: [String: [ScriptedTransport.Answer]] = [Self.page(1): [.ok(Self.listing(names))]]
        for name in names { answers[Self.template(name)] = [Self.setting] }
        let transport = Self.script(count: 10, answers)
        let emitted = await crawl(transport)
        #expect(emitted.stop == nil)
        #expect(emitted.found == [OrganizationID(rawValue: 77)])
        #expect(Set(emitted.observations.map(\.repository.name)) == Set(names))
        #expect(emitted.observations.count == 10)
        #expect(emitted.observations.allSatisfy { $0.reading == .read(.gitHubDefault) })
        #expect(emitted.finished.map(\.template) == [.neverSet])
        #expect(emitted.finished[0].listing == Listing(status: .complete, listed: 10, expected: 10))
        #expect(transport.paths.first == "/orgs/acme")
        #expect(transport.inFlightMax <= 4)
        #expect(transport.inFlightMax > 1)
        transport.expectAllAsked()
    }

    @Test func theFirstRequestIsAloneAndARefusalEndsTheRun() async {
        let transport = ScriptedTransport([
            "/orgs/acme": [.response(status: 401, body: #"{"message": "Bad credentials"}"#)]
        ])
        let emitted = await crawl(transport, of: ["acme", "beta"])
        #expect(emitted.stop == .unauthorized)
        #expect(transport.paths == ["/orgs/acme"])
        #expect(emitted.finished.map(\.login) == ["acme", "beta"])
        #expect(emitted.finished.map(\.listing.failure) == [.unauthorized, .notRead])
        #expect(emitted.observations.isEmpty)
    }

    @Test func aRefusalInTheMiddleLosesNoRepository() async {
        let names = (1...20).map { "r\($0)" }
        var answers: [String: [ScriptedTransport.Answer]] = [Self.page(1): [.ok(Self.listing(names))]]
        for name in names.prefix(5) { answers[Self.template(name)] = [Self.setting] }
        answers[Self.template("r6")] = [.response(status: 401)]
        for name in names.dropFirst(6) { answers[Self.template(name)] = [Self.setting] }
        let transport = Self.script(count: 20, answers)
        let emitted = await crawl(transport, limits: CrawlLimits(concurrency: 1))
        #expect(emitted.stop == .unauthorized)
        #expect(emitted.observations.count == 20)
        #expect(emitted.observations.count { $0.reading == .read(.gitHubDefault) } == 5)
        #expect(emitted.observations.count { $0.reading == nil } == 15)
        #expect(transport.paths.last == Self.template("r6"))
    }

    @Test func oneRepositorysTroubleIsItsOwn() async {
        let answers: [String: [ScriptedTransport.Answer]] = [
            Self.page(1): [.ok(Self.listing(["a", "b", "c", "d"]))], Self.template("a"): [Self.setting],
            Self.template("b"): [.response(status: 403, headers: ["X-Accepted-GitHub-Permissions": "actions=read"])],
            Self.template("c"): [.failure(.timeout)], Self.template("d"): [.ok("<html>")],
        ]
        let emitted = await crawl(Self.script(count: 4, answers))
        #expect(emitted.stop == nil)
        #expect(emitted.reading("a") == .read(.gitHubDefault))
        #expect(
            emitted.reading("b")
                == .unreadable(
                    UnreadableReason(.forbidden, "forbidden (403: no message); the token needs actions=read")))
        #expect(emitted.reading("c") == .unreadable(UnreadableReason(.timeout, "no whole answer in time")))
        guard case .unreadable(let reason) = emitted.reading("d") else { Issue.record("d was read"); return }
        #expect(reason.code == .unexpected)
        #expect(reason.message.hasPrefix("200 with a page, not GitHub's JSON"))
    }

    @Test func asksForTheOtherPagesUpToTheLast() async {
        var answers: [String: [ScriptedTransport.Answer]] = [:]
        for number in 1...7 {
            let targets = number < 7 ? ["next": "/x?page=\(number + 1)", "last": "/x?page=7"] : ["prev": "/x?page=6"]
            answers[Self.page(number)] = [
                .ok(Self.listing(["r\(number)"], firstID: number), headers: Self.link(targets))
            ]
            answers[Self.template("r\(number)")] = [Self.setting]
        }
        let transport = Self.script(count: 7, answers)
        let emitted = await crawl(transport, limits: CrawlLimits(concurrency: 8))
        #expect(emitted.observations.count == 7)
        #expect(emitted.finished[0].listing.status == .complete)
        transport.expectAllAsked()
    }

    @Test func followsNextWhereThereIsNoLast() async {
        let answers: [String: [ScriptedTransport.Answer]] = [
            Self.page(1): [.ok(Self.listing(["a"]), headers: Self.link(["next": "/organizations/77/repos?after=x"]))],
            "/organizations/77/repos?after=x": [
                .ok(Self.listing(["b"], firstID: 2), headers: Self.link(["next": "/organizations/77/repos?after=y"]))
            ],
            "/organizations/77/repos?after=y": [.ok(Self.listing(["c"], firstID: 3))],
            Self.template("a"): [Self.setting], Self.template("b"): [Self.setting], Self.template("c"): [Self.setting],
        ]
        let transport = Self.script(count: 3, answers)
        let emitted = await crawl(transport)
        #expect(emitted.observations.count == 3)
        #expect(emitted.finished[0].listing.status == .complete)
        transport.expectAllAsked()
    }

    @Test func aPageThatAppearsMeanwhileIsReadToo() async {
        let answers: [String: [ScriptedTransport.Answer]] = [
            Self.page(1): [
                .ok(Self.listing(["a"]), headers: Self.link(["next": "/x?page=2", "last": "/x?page=2"]))
            ],
            Self.page(2): [
                .ok(Self.listing(["b"], firstID: 2), headers: Self.link(["next": "/x?page=3", "last": "/x?page=3"]))
            ],
            Self.page(3): [.ok(Self.listing(["c"], firstID: 3))],
            Self.template("a"): [Self.setting], Self.template("b"): [Self.setting], Self.template("c"): [Self.setting],
        ]
        let emitted = await crawl(Self.script(count: 2, answers))
        #expect(emitted.observations.count == 3)
        #expect(emitted.finished[0].listing.status == .complete)
    }

    struct BadListing: Sendable, CustomTestStringConvertible {
        let name: String
        let count: Int?
        let answers: [String: [ScriptedTransport.Answer]]
        let error: String

        var testDescription: String { name }
    }

    static let badListings: [BadListing] = [
        BadListing(
            name: "shorter than the count", count: 3, answers: [page(1): [.ok(listing(["a"]))]],
            error: "1 listed of the 3 that the organization counts"),
        BadListing(
            name: "a lost page", count: 1,
            answers: [
                page(1): [.ok(listing(["a"]), headers: link(["next": "/x?page=2", "last": "/x?page=2"]))],
                page(2): [.response(status: 500)],
            ], error: "page 2 could not be read: GitHub failed (500)"),
        BadListing(
            name: "a page that repeats", count: nil,
            answers: [
                page(1): [.ok(listing(["a"]), headers: link(["next": "/x?page=2", "last": "/x?page=2"]))],
                page(2): [.ok(listing(["a"]))],
            ], error: "page 2 repeats another"),
        BadListing(
            name: "a loop", count: nil,
            answers: [
                page(1): [.ok(listing(["a"]), headers: link(["next": "/organizations/77/repos?after=x"]))],
                "/organizations/77/repos?after=x": [
                    .ok(listing([]), headers: link(["next": "/organizations/77/repos?after=x"]))
                ],
            ], error: "the listing leads back to a page without a number"),
        BadListing(
            name: "another host", count: nil,
            answers: [page(1): [.ok(listing(["a"]), headers: ["Link": "<https://evil.example/x>; rel=\"next\""])]],
            error: "the page after page 1 is on another origin, which is not asked"),
        BadListing(
            name: "a malformed entry", count: 2, answers: [page(1): [.ok(listing(["a", ".."]))]],
            error: "1 entries of page 1 are malformed"),
        BadListing(
            name: "partial results", count: 1,
            answers: [page(1): [.ok(listing(["a"]), headers: ["X-GitHub-SSO": "partial-results; organizations=1"])]],
            error: "GitHub left repositories out until the token is approved for SSO"),
        BadListing(
            name: "endless pages", count: nil,
            answers: [
                page(1): [.ok(listing(["a"]), headers: link(["next": "/x?page=2", "last": "/x?page=999999999999"]))],
                page(2): [.ok(listing(["a"]))], page(3): [.ok(listing(["a"]))],
            ], error: "more than 3 pages; page 2 repeats another; page 3 repeats another"),
    ]

    @Test(arguments: badListings)
    func aShortListingIsNeverAShortReport(bad: BadListing) async {
        var answers = bad.answers
        answers[Self.template("a")] = [Self.setting]
        let emitted = await crawl(
            Self.script(count: bad.count, answers), limits: CrawlLimits(concurrency: 1, pagesMax: 3))
        #expect(emitted.finished[0].listing.status == .partial)
        #expect(emitted.finished[0].listing.error == bad.error)
        #expect(emitted.reading("a") == .read(.gitHubDefault))
    }

    @Test func aListingWithoutAPrivateCountIsUnverified() async {
        let emitted = await crawl(
            Self.script(count: nil, [Self.page(1): [.ok(Self.listing(["a"]))], Self.template("a"): [Self.setting]]))
        #expect(emitted.finished[0].listing == Listing(status: .unverified, listed: 1, expected: nil))
    }

    @Test func anUnknownOrganizationIsReportedAndTheNextOneCrawled() async {
        let answers = Self.organization(count: 0, login: "beta").merging([
            "/orgs/nobody": [.response(status: 404)], Self.page(1, of: "beta"): [.ok("[]")],
        ]) { $1 }
        let emitted = await crawl(ScriptedTransport(answers), of: ["nobody", "beta"])
        #expect(emitted.stop == nil)
        #expect(emitted.finished.map(\.listing.failure) == [.notFound, nil])
        #expect(emitted.finished.map(\.id?.rawValue) == [nil, 77])
    }

    @Test func twoNamesOfOneOrganizationAreCrawledOnce() async {
        var answers = Self.organization(count: 0).merging([Self.page(1): [.ok("[]")]]) { $1 }
        answers["/orgs/former"] = [.response(status: 301, headers: ["Location": "/orgs/acme"])]
        let emitted = await crawl(ScriptedTransport(answers), of: ["acme", "former"])
        #expect(emitted.finished.count == 1)
        #expect(emitted.advice == ["former is acme, which was crawled already"])
    }

    @Test func repositoriesOutOfScopeAreListedAndNotAsked() async {
        let answers: [String: [ScriptedTransport.Answer]] = [
            Self.page(1): [.ok(Self.listing(["old"], archived: true))]
        ]
        let transport = Self.script(count: 1, answers)
        let emitted = await crawl(transport)
        #expect(emitted.observations.map(\.reading) == [nil])
        #expect(emitted.finished[0].listing.status == .complete)
    }

    @Test func aWaitThatIsTooLongEndsTheRunWithTheRestUnread() async {
        let names = (1...5).map { "r\($0)" }
        var answers: [String: [ScriptedTransport.Answer]] = [Self.page(1): [.ok(Self.listing(names))]]
        answers[Self.template("r1")] = [Self.setting]
        answers[Self.template("r2")] = [.response(status: 429, headers: ["Retry-After": "60"])]
        for name in names.dropFirst(2) { answers[Self.template(name)] = [Self.setting] }
        let emitted = await crawl(
            Self.script(count: 5, answers), limits: CrawlLimits(concurrency: 1), waitMax: .seconds(30))
        #expect(emitted.stop == .waitExhausted)
        #expect(emitted.observations.map(\.reading).filter { $0 == nil }.count == 4)
        #expect(emitted.finished[0].listing.status == .complete)
    }

    @Test func cancellationKeepsWhatWasSeen() async {
        let names = ["a", "b", "c"]
        let answers: [String: [ScriptedTransport.Answer]] = [
            Self.page(1): [.ok(Self.listing(names))], Self.template("a"): [Self.setting], Self.template("b"): [.hang],
            Self.template("c"): [Self.setting],
        ]
        let transport = Self.script(count: 3, answers)
        let task = Task { await crawl(transport, limits: CrawlLimits(concurrency: 1)) }
        while transport.paths.last != Self.template("b") { await Task.yield() }
        task.cancel()
        let emitted = await task.value
        #expect(emitted.reading("a") == .read(.gitHubDefault))
        #expect(emitted.observations.count == 3)
        #expect(emitted.observations.count { $0.reading == nil } == 2)
        #expect(!transport.paths.contains(Self.template("c")))
        #expect(emitted.finished.count == 1)
    }

    @Test func templatesAreReadWhileLaterPagesStillArrive() async {
        let link = Self.link(["next": "/x?page=2", "last": "/x?page=3"])
        let transport = Self.script(
            count: 3,
            [
                Self.page(1): [.ok(Self.listing(["a"]), headers: link)], Self.page(2): [.hang], Self.page(3): [.hang],
                Self.template("a"): [Self.setting],
            ])
        let task = Task { await crawl(transport, limits: CrawlLimits(concurrency: 32)) }
        // Both pages are under way at once, and the first one's repository is read meanwhile.
        while !transport.hasAsked([Self.page(2), Self.page(3), Self.template("a")]) { await Task.yield() }
        while transport.inFlight > 2 { await Task.yield() }
        task.cancel()
        let emitted = await task.value
        #expect(emitted.reading("a") == .read(.gitHubDefault))
        #expect(emitted.finished[0].listing.status == .partial)
        #expect(!emitted.finished[0].isListingWhole)
    }

    @Test func batchesAreBounded() async {
        let names = (1...50).map { "r\($0)" }
        var answers: [String: [ScriptedTransport.Answer]] = [Self.page(1): [.ok(Self.listing(names))]]
        for name in names { answers[Self.template(name)] = [Self.setting] }
        let emitted = await crawl(Self.script(count: 50, answers), limits: CrawlLimits(concurrency: 4, batchSize: 20))
        #expect(emitted.batchSizes == [20, 20, 10])
    }

    // MARK: - Custom properties

    @Test func pagesOfPropertiesAreAskedTogetherAndALostOneLeavesItsOwnUnknown() async {
        var answers: [String: [ScriptedTransport.Answer]] = [
            Self.page(1): [.ok(Self.listing(["a", "b", "c"]))]
        ]
        for (number, name) in [(1, "a"), (2, "b"), (3, "c")] {
            let path = "/orgs/acme/properties/values?per_page=100&page=\(number)"
            let body =
                "[{\"repository_id\": \(number), \"properties\": [{\"property_name\": \"tier\", \"value\": \"\(name)\"}]}]"
            answers[path] =
                number == 2
                ? [.response(status: 403)]
                : [.ok(body, headers: number == 1 ? Self.link(["next": "/x?page=2", "last": "/x?page=3"]) : [:])]
            answers[Self.template(name)] = [Self.setting]
        }
        let transport = Self.script(count: 3, answers)
        let emitted = await crawl(transport, needs: [.propertyValues])
        let properties = Dictionary(
            uniqueKeysWithValues: emitted.observations.map { ($0.repository.name, $0.repository.customProperties) })
        #expect(properties == ["a": ["tier": ["a"]], "b": nil, "c": ["tier": ["c"]]])
        transport.expectAllAsked()
    }

    @Test(arguments: ["https://evil.example/next", "https://api.github.com/orgs/acme/properties/values?loop=1"])
    func pagesOfPropertiesThatLeadNowhereEnd(target: String) async {
        let link: HeaderFields = ["Link": "<\(target)>; rel=\"next\""]
        let body = #"[{"repository_id": 1, "properties": []}]"#
        var answers: [String: [ScriptedTransport.Answer]] = [
            Self.page(1): [.ok(Self.listing(["a"]))], Self.values: [.ok(body, headers: link)],
            Self.template("a"): [Self.setting],
        ]
        if !target.contains("evil") { answers["/orgs/acme/properties/values?loop=1"] = [.ok(body, headers: link)] }
        let transport = Self.script(count: 1, answers)
        let emitted = await crawl(transport, needs: [.propertyValues])
        #expect(emitted.reading("a") == .read(.gitHubDefault))
        transport.expectAllAsked()
    }

    static let included = "/orgs/acme/actions/oidc/customization/properties/repo"
    static let values = "/orgs/acme/properties/values?per_page=100&page=1"

    @Test func asksForCustomPropertiesOnlyWhereTheyAreNeeded() async {
        let answers: [String: [ScriptedTransport.Answer]] = [
            Self.page(1): [.ok(Self.listing(["a"]))], Self.template("a"): [Self.setting],
        ]
        let plain = Self.script(count: 1, answers)
        let emitted = await crawl(plain)
        #expect(emitted.finished[0].includedProperties == nil)
        #expect(!plain.paths.contains(Self.included))

        let asking = Self.script(
            count: 1,
            answers.merging([
                Self.included: [.ok(#"[{"custom_property_name": "tier", "inclusion_source": "organization"}]"#)],
                Self.values: [
                    .ok(#"[{"repository_id": 1, "properties": [{"property_name": "tier", "value": "production"}]}]"#)
                ],
            ]) { $1 })
        let asked = await crawl(asking, needs: [.includedProperties, .propertyValues])
        #expect(asked.finished[0].includedProperties == .read(["tier"]))
        #expect(asked.observations.map(\.repository.customProperties) == [["tier": ["production"]]])
        asking.expectAllAsked()
    }

    @Test func customPropertiesThatCannotBeReadLeaveEverythingElseRead() async {
        let refusal = ScriptedTransport.Answer.response(status: 403, body: #"{"message": "no"}"#)
        let transport = Self.script(
            count: 2,
            [
                Self.page(1): [.ok(Self.listing(["a", "b"]))], Self.template("a"): [Self.setting],
                Self.template("b"): [Self.setting], Self.included: [refusal], Self.values: [refusal],
            ])
        let emitted = await crawl(transport, needs: [.includedProperties, .propertyValues])
        #expect(emitted.stop == nil)
        #expect(emitted.finished[0].includedProperties?.value == nil)
        #expect(emitted.finished[0].includedProperties != nil)
        #expect(emitted.finished[0].listing.status == .complete)
        #expect(emitted.observations.map(\.repository.customProperties) == [nil, nil])
        #expect(emitted.observations.allSatisfy { $0.reading == .read(.gitHubDefault) })
    }

    @Test func aScopeByCustomPropertyWaitsForTheValues() async {
        var selector = Selector()
        selector.properties = ["tier": ["production"]]
        let transport = Self.script(
            count: 2,
            [
                Self.page(1): [.ok(Self.listing(["a", "b"]))], Self.template("a"): [Self.setting],
                Self.values: [
                    .ok(
                        """
                        [{"repository_id": 1, "properties": [{"property_name": "tier", "value": ["x", "production"]}]},
                         {"repository_id": 2, "properties": [{"property_name": "tier", "value": null}]}]
                        """)
                ],
            ])
        let emitted = await crawl(transport, scope: Scope(selector: selector))
        #expect(emitted.reading("a") == .read(.gitHubDefault))
        #expect(emitted.observations.count == 2)
        #expect(emitted.reading("b") == nil)
        transport.expectAllAsked()
    }

    @Test func repositoriesThatWaitForValuesAreNotLostWhenTheScanStops() async {
        let transport = Self.script(
            count: 2,
            [
                Self.page(1): [.ok(Self.listing(["a", "b"]))],
                Self.values: [.response(status: 401, body: #"{"message": "Bad credentials"}"#)],
            ])
        let emitted = await crawl(transport, needs: [.propertyValues])
        #expect(emitted.stop == .unauthorized)
        #expect(Set(emitted.observations.map(\.repository.name)) == ["a", "b"])
        #expect(emitted.observations.allSatisfy { $0.reading == nil })
    }

    // MARK: - The organization's template

    static let templatePath = "/orgs/acme/actions/oidc/customization/sub"

    private func finishedTemplate(_ answers: [ScriptedTransport.Answer]) async -> OrganizationTemplate? {
        let transport = Self.script(
            count: 2,
            [
                Self.page(1): [.ok(Self.listing(["a", "b"]))], Self.template("a"): [Self.setting],
                Self.template("b"): [Self.setting], Self.templatePath: answers,
            ])
        let emitted = await crawl(transport)
        transport.expectAllAsked()
        #expect(transport.paths.last == Self.templatePath)
        #expect(emitted.observations.allSatisfy { $0.reading == .read(.gitHubDefault) })
        return emitted.finished.first?.template
    }

    @Test func aTemplateThatChangesDuringTheScanIsKnownForNoRepository() async {
        let one = ScriptedTransport.Answer.ok(#"{"include_claim_keys": ["repo"]}"#)
        let other = ScriptedTransport.Answer.ok(#"{"include_claim_keys": ["repo", "context"]}"#)
        #expect(await finishedTemplate([one, one]) == .set(["repo"], useImmutableSubject: nil))
        #expect(await finishedTemplate([Self.neverSet, Self.neverSet]) == .neverSet)
        let changed = OrganizationTemplate.unreadable(
            UnreadableReason(.changed, "the organization's template changed while the scan ran"))
        #expect(await finishedTemplate([one, other]) == changed)
        #expect(await finishedTemplate([Self.neverSet, one]) == changed)
        // Whether it changed is not known where it could not be read again.
        let refused = await finishedTemplate([one, .response(status: 403, body: #"{"message": "no"}"#)])
        guard case .unreadable(let reason) = refused else { Issue.record("\(String(describing: refused))"); return }
        #expect(reason.code == .forbidden)
    }
}
