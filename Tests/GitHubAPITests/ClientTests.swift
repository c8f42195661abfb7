import AuditCore
import TestSupport
import Testing

@testable import GitHubAPI

/// Retries, waits and redirects, against scripted answers and a clock that does not run by itself.
@Suite struct ClientTests {
    private let clock = ManualClock()

    private func client(_ transport: ScriptedTransport, waitMax: Duration = .seconds(7200)) -> GitHubClient {
        var settings = GitHubClient.Settings(
            endpoint: .gitHub, token: AccessToken("ghp_secret"), userAgent: "oidc-audit/test")
        settings.limits.waitMax = waitMax
        return GitHubClient(settings, transport: transport, clock: clock) { .sample }
    }

    private static let path = "/repos/acme/api/actions/oidc/customization/sub"
    private static let fine = ScriptedTransport.Answer.ok(#"{"use_default": true}"#)
    private let api = Repository.sample("api", id: 1001)
    private let acme: OrganizationLogin = .sample

    @Test func asksAsGitHubWantsToBeAsked() async throws {
        let transport = ScriptedTransport([Self.path: [Self.fine]])
        _ = try await client(transport).setting(of: api)
        let request = try #require(transport.requests.first)
        #expect(request.method == "GET")
        let headers = Dictionary(uniqueKeysWithValues: request.headers.map { ($0.name, $0.value) })
        #expect(
            headers == [
                "Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "oidc-audit/test", "Authorization": "Bearer ghp_secret",
            ])
    }

    @Test func readsSettingsAsTheyCome() async throws {
        let bodies: [(String, RepositorySetting)] = [
            (#"{"use_default": true}"#, RepositorySetting(useDefault: true)),
            (
                #"{"use_default": false, "include_claim_keys": []}"#,
                RepositorySetting(useDefault: false, includeClaimKeys: [])
            ),
            (
                #"{"use_default": false, "include_claim_keys": ["repo", "odd key"], "use_immutable_subject": true, "sub_claim_prefix": "repo:a@1/b@2", "new": {}}"#,
                RepositorySetting(
                    useDefault: false, includeClaimKeys: ["repo", "odd key"], useImmutableSubject: true,
                    subClaimPrefix: "repo:a@1/b@2")
            ),
        ]
        for (body, setting) in bodies {
            let answer = try await client(ScriptedTransport([Self.path: [.ok(body)]])).setting(of: api)
            #expect(answer == .modified(setting, validator: nil))
        }
    }

    @Test(arguments: [
        "", "{", "[]", "null", "{}", #"{"message": "Server Error"}"#, #"{"use_default": "true"}"#,
        #"{"use_default": false, "include_claim_keys": ["re\u0000po"]}"#,
        #"{"use_default": true, "sub_claim_prefix": "repo:acme/api\u0000@evil"}"#,
        #"{"use_default": false, "include_claim_keys": "repo"}"#, #"{"use_default": false, "include_claim_keys": [1]}"#,
    ])
    func aMalformedBodyIsNeverADefault(body: String) async {
        let transport = ScriptedTransport([Self.path: [.ok(body)]])
        let error = await #expect(throws: GitHubError.self) { try await client(transport).setting(of: api) }
        guard case .malformed = error else { Issue.record("\(String(describing: error))"); return }
    }

    @Test func aPageIsNeverADefault() async {
        let transport = ScriptedTransport([Self.path: [.ok("<html>")]])
        let error = await #expect(throws: GitHubError.self) { try await client(transport).setting(of: api) }
        #expect(error == .foreignPage(status: 200))
    }

    @Test(arguments: [
        ScriptedTransport.Answer.response(status: 500), .response(status: 502, body: "<html>"), .failure(.timeout),
        .failure(.connectionLost("reset")),
    ])
    func aFaultIsTriedAgain(fault: ScriptedTransport.Answer) async throws {
        let transport = ScriptedTransport([Self.path: [fault, fault, fault, Self.fine]])
        let client = client(transport)
        #expect(
            try await client.setting(of: api) == .modified(RepositorySetting(useDefault: true), validator: nil))
        #expect(client.requestCounts.sent == 4)
        #expect(client.requestCounts.retried == 3)
        // Half to all of 0.5, 1 and 2 seconds.
        for (sleep, step) in zip(clock.sleeps, [0.5, 1, 2]) {
            #expect(sleep >= .seconds(step / 2) && sleep <= .seconds(step))
        }
        #expect(clock.sleeps.count == 3)
    }

    @Test func aLastingFaultEndsAfterFourTries() async {
        let transport = ScriptedTransport([Self.path: [.response(status: 503)]])
        await #expect(throws: GitHubError.serverFault(status: 503)) { try await client(transport).setting(of: api) }
        #expect(transport.paths.count == 4)
    }

    @Test func aRefusalIsNotTriedAgain() async {
        for status in [400, 403, 404, 410, 451] {
            let transport = ScriptedTransport([Self.path: [.response(status: status)]])
            await #expect(throws: GitHubError.self) { try await client(transport).setting(of: api) }
            #expect(transport.paths.count == 1)
        }
    }

    @Test func afterA401NothingIsAskedAnyMore() async {
        let transport = ScriptedTransport([
            Self.path: [.response(status: 401, body: #"{"message": "Bad credentials"}"#)]
        ])
        let client = client(transport)
        for _ in 0..<3 {
            await #expect(throws: GitHubError.unauthorized("Bad credentials")) { try await client.setting(of: api) }
        }
        #expect(transport.paths.count == 1)
    }

    private func freshClient(_ transport: ScriptedTransport) -> GitHubClient {
        let settings = GitHubClient.Settings(
            endpoint: .gitHub, token: AccessToken("ghs_secret"), userAgent: "oidc-audit/test")
        return GitHubClient(settings, transport: transport, clock: clock) { .sample }
    }

    private static let refused = ScriptedTransport.Answer.response(
        status: 401, body: #"{"message": "Bad credentials"}"#)

    @Test func anInstallationsTokenMadeAMomentAgoIsTriedForSomeSeconds() async throws {
        let transport = ScriptedTransport([Self.path: [Self.refused, Self.refused, Self.fine]])
        let client = freshClient(transport)
        _ = try await client.setting(of: api)
        #expect(clock.sleeps == [.seconds(1), .seconds(1)])
        #expect(client.requestCounts.retried == 2)
    }

    @Test func aTokenThatStaysRefusedIsRefusedAfterFiveSeconds() async {
        let transport = ScriptedTransport([Self.path: [Self.refused]])
        let client = freshClient(transport)
        for _ in 0..<2 {
            await #expect(throws: GitHubError.unauthorized("Bad credentials")) { try await client.setting(of: api) }
        }
        #expect(clock.sleeps == Array(repeating: .seconds(1), count: 5))
        #expect(transport.paths.count == 6)
    }

    @Test func aTokenThatWasAcceptedIsRefusedAtOnce() async throws {
        let transport = ScriptedTransport([Self.path: [Self.fine, Self.refused]])
        let client = freshClient(transport)
        _ = try await client.setting(of: api)
        await #expect(throws: GitHubError.unauthorized("Bad credentials")) { try await client.setting(of: api) }
        #expect(clock.sleeps == [])
        #expect(transport.paths.count == 2)
    }

    /// A host whose clock is an hour ahead: what a person is told goes by the machine's.
    @Test func resetTimesAreByTheMachinesClock() async throws {
        let hour = Timestamp.sample.adding(seconds: 3600)
        let reset = hour.secondsSince1970 + 50
        let date = "Sat, 21 Nov 2026 03:00:00 GMT"
        let transport = ScriptedTransport([
            Self.path: [
                .ok(
                    #"{"use_default": true}"#,
                    headers: [
                        "Date": date, "X-RateLimit-Limit": "5000", "X-RateLimit-Remaining": "3",
                        "X-RateLimit-Reset": "\(reset)",
                    ])
            ],
            "/rate_limit": [
                .ok(
                    #"{"resources": {"core": {"limit": 5000, "remaining": 3, "reset": \#(reset)}}}"#,
                    headers: ["Date": date])
            ],
        ])
        let client = client(transport)
        _ = try await client.setting(of: api)
        let resetsAt = Timestamp.sample.adding(seconds: 50)
        #expect(client.rateLimitStatus?.resetsAt == resetsAt)
        #expect(try await client.rateLimit()?.resetsAt == resetsAt)
    }

    @Test func waitsAsLongAsARateLimitAsks() async throws {
        let limit = ScriptedTransport.Answer.response(status: 403, headers: ["Retry-After": "90"])
        let transport = ScriptedTransport([Self.path: [limit, limit, Self.fine]])
        let client = client(transport)
        _ = try await client.setting(of: api)
        #expect(clock.sleeps == [.seconds(90), .seconds(90)])
        #expect(client.requestCounts.waited == .seconds(180))
        #expect(client.currentWait == nil)
    }

    @Test func aLimitThatNamesNoTimeIsWaitedForAMinuteAndThenLonger() async throws {
        let limit = ScriptedTransport.Answer.response(
            status: 429, body: #"{"message": "You have exceeded a secondary rate limit."}"#)
        let transport = ScriptedTransport([Self.path: [limit, limit, limit, Self.fine, limit, Self.fine]])
        let client = client(transport)
        _ = try await client.setting(of: api)
        #expect(clock.sleeps == [.seconds(60), .seconds(120), .seconds(240)])
        _ = try await client.setting(of: api)
        #expect(clock.sleeps.last == .seconds(60))
    }

    @Test func aWaitBeyondTheLongestEndsTheRunAtOnce() async {
        let limit = ScriptedTransport.Answer.response(status: 429, headers: ["Retry-After": "600"])
        let transport = ScriptedTransport([Self.path: [limit]])
        let client = client(transport, waitMax: .seconds(599))
        for _ in 0..<2 {
            let error = await #expect(throws: GitHubError.self) { try await client.setting(of: api) }
            guard case .rateLimited = error else { Issue.record("\(String(describing: error))"); return }
        }
        #expect(transport.paths.count == 1)
        #expect(clock.sleeps.isEmpty)
    }

    @Test func manyRefusalsAtOnceAreOneWait() async {
        let governor = RateGovernor(RateLimits()) { .sample }
        for _ in 0..<20 { #expect(governor.pass(costing: 1, at: .seconds(5)) == .open) }
        for wait in Array(repeating: Duration?.some(.seconds(30)), count: 10) + Array(repeating: nil, count: 10) {
            let refusal = RateLimitRefusal(wait: wait, message: "m")
            governor.learn(from: [:], .rateLimit(refusal), costing: 1, at: .seconds(5))
        }
        #expect(governor.pass(costing: 1, at: .seconds(34)) == .wait(until: .seconds(35)))
        #expect(governor.pass(costing: 1, at: .seconds(35)) == .open)
        #expect(governor.counts(at: .seconds(35)).waited == .seconds(30))
        // A wait that was cut short counts as far as it came.
        #expect(governor.counts(at: .seconds(7)).waited == .seconds(2))
    }

    /// A host that says when it will be back is asked then, and not at all where that is too long.
    @Test(arguments: [
        ("12", 2, Duration.seconds(12)), ("7000", 2, .seconds(7000)), ("7300", 1, nil), ("-1", 2, nil),
        ("soon", 2, nil),
    ])
    func aFaultMayNameItsEnd(retryAfter: String, tries: Int, wait: Duration?) async throws {
        let down = ScriptedTransport.Answer.response(status: 503, headers: ["Retry-After": retryAfter])
        let transport = ScriptedTransport([Self.path: [down, .ok(#"{"use_default": true}"#)]])
        let setting = try? await client(transport).setting(of: api)
        #expect(transport.paths.count == tries)
        #expect((setting != nil) == (tries == 2))
        if let wait { #expect(clock.now.offset == wait) }
    }

    @Test(arguments: ["/repos/acme/r\u{7F}", "/repos/acme/a b", "", "../api"])
    func aRedirectToNoWholeAddressIsNotFollowed(location: String) async {
        let moved = ScriptedTransport.Answer.response(status: 301, headers: ["Location": location])
        let transport = ScriptedTransport([Self.path: [moved]])
        await #expect(
            throws: GitHubError.redirectRefused("it leads away from https://api.github.com, or to no whole address")
        ) { try await client(transport).setting(of: api) }
        #expect(transport.paths.count == 1)
    }

    @Test func followsARenamedRepository() async throws {
        let moved = "/repositories/1001/actions/oidc/customization/sub"
        let transport = ScriptedTransport([
            Self.path: [.response(status: 301, headers: ["Location": "https://api.github.com\(moved)"])],
            moved: [Self.fine], "/repositories/1001": [Self.identity(of: "acme")],
        ])
        _ = try await client(transport).setting(of: api)
        transport.expectAllAsked()
    }

    private static func identity(of owner: String) -> ScriptedTransport.Answer {
        .ok(#"{"id": 1001, "name": "renamed", "owner": {"login": "\#(owner)", "id": 77}}"#)
    }

    /// What it inherits there is another organization's template.
    @Test func whatBelongsToAnotherOwnerByNowIsNotTakenForTheOldOnes() async {
        let moved = "/repositories/1001/actions/oidc/customization/sub"
        let redirected = ScriptedTransport([
            Self.path: [.response(status: 301, headers: ["Location": moved])],
            "/repositories/1001": [Self.identity(of: "evilcorp")],
        ])
        let reported = ScriptedTransport([
            Self.path: [.ok(#"{"use_default": false, "sub_claim_prefix": "repo:evilcorp/api"}"#)]
        ])
        for transport in [redirected, reported] {
            let error = await #expect(throws: GitHubError.self) { try await client(transport).setting(of: api) }
            #expect(error == .transferred(to: "evilcorp"))
            transport.expectAllAsked()
        }
    }

    @Test func doesNotTakeAnotherRepositorysAnswer() async {
        let transport = ScriptedTransport([
            Self.path: [.response(status: 301, headers: ["Location": "/repositories/7/actions/oidc/customization/sub"])]
        ])
        let error = await #expect(throws: GitHubError.self) { try await client(transport).setting(of: api) }
        #expect(error == .redirectRefused("it leads to another repository (id 7)"))
        #expect(transport.paths.count == 1)
    }

    @Test(arguments: [1001, 7])
    func aRedirectByNameIsCheckedById(id: Int) async throws {
        let moved = "/repos/acme/renamed/actions/oidc/customization/sub"
        let transport = ScriptedTransport([
            Self.path: [.response(status: 301, headers: ["Location": moved])],
            "/repos/acme/renamed": [.ok("{\"id\": \(id)}")], moved: [Self.fine],
            "/repositories/1001": [Self.identity(of: "ACME")],
        ])
        let client = client(transport)
        if id == 1001 {
            #expect(
                try await client.setting(of: api) == .modified(RepositorySetting(useDefault: true), validator: nil))
        } else {
            await #expect(throws: GitHubError.redirectRefused("it leads to another repository (id 7)")) {
                try await client.setting(of: api)
            }
            #expect(!transport.paths.contains(moved))
        }
    }

    @Test func aRedirectToSomethingElseIsRefused() async {
        let transport = ScriptedTransport([Self.path: [.response(status: 302, headers: ["Location": "/user"])]])
        await #expect(throws: GitHubError.redirectRefused("it leads to no repository")) {
            try await client(transport).setting(of: api)
        }
    }

    @Test(arguments: ["https://evil.example/x", "http://api.github.com/x", "//evil.example/x"])
    func aRedirectToAnotherOriginIsNotFollowed(location: String) async {
        let transport = ScriptedTransport([Self.path: [.response(status: 302, headers: ["Location": location])]])
        await #expect(
            throws: GitHubError.redirectRefused("it leads away from https://api.github.com, or to no whole address")
        ) {
            try await client(transport).setting(of: api)
        }
        #expect(transport.paths == [Self.path])
    }

    @Test func redirectsEndAfterThree() async {
        let transport = ScriptedTransport(["/orgs/acme": [.response(status: 302, headers: ["Location": "/orgs/acme"])]])
        await #expect(throws: GitHubError.redirectRefused("more than 3 in a row")) {
            try await client(transport).organization(acme)
        }
        #expect(transport.paths.count == 4)
    }

    @Test func readsAnOrganization() async throws {
        func account(_ body: String) async throws -> OrganizationAccount {
            try await client(ScriptedTransport(["/orgs/acme": [.ok(body)]])).organization(acme)
        }
        let full = try await account(#"{"id": 77, "login": "Acme", "public_repos": 3, "total_private_repos": 4}"#)
        #expect(full.login.rawValue == "Acme")
        #expect(full.repositoryCount == 7)
        #expect(try await account(#"{"id": 77, "login": "Acme", "public_repos": 3}"#).repositoryCount == nil)
        await #expect(throws: GitHubError.self) {
            try await account(#"{"id": 77, "login": "../..", "public_repos": 3}"#)
        }
        // Numbers that can't be are no count to compare with.
        let most = #""public_repos": 9223372036854775807, "total_private_repos": 9223372036854775807"#
        for counts in [most, #""public_repos": -1"#] {
            await #expect(throws: GitHubError.malformed("the organization's number of repositories is impossible")) {
                try await account("{\"id\": 1, \"login\": \"a\", \(counts)}")
            }
        }
    }

    @Test func readsAListingPageLeniently() async throws {
        let path = "/orgs/acme/repos?type=all&sort=created&direction=asc&per_page=100&page=1"
        let body = """
            [{"id": 1, "name": "a", "owner": {"login": "acme", "id": 77}, "visibility": "internal", "archived": true,
              "fork": true, "topics": ["t"], "custom_properties": {"one": "x", "many": ["y", "z"], "none": null}},
             {"id": 2, "name": "b", "owner": {"login": "acme"}, "private": true, "topics": 7,
              "custom_properties": {"cost": {}}},
             {"id": 9, "name": "nul\\u0000x", "owner": {"login": "acme"}},
             {"id": 3, "name": "..", "owner": {"login": "acme"}}, {"id": "4", "name": "d"}, null,
             {"id": 5, "name": "e", "owner": {"login": "x/y"}}]
            """
        let transport = ScriptedTransport([
            path: [.ok(body, headers: ["X-GitHub-SSO": "partial-results; organizations=1"])]
        ])
        guard case .modified(let page, nil) = try await client(transport).repositoryPage(.number(1), of: acme) else {
            Issue.record("no page")
            return
        }
        #expect(page.malformedCount == 5)
        #expect(page.isPartial)
        #expect(page.next == nil)
        #expect(
            page.repositories == [
                .sample(
                    "a", id: 1, visibility: .internal, isArchived: true, isFork: true, topics: ["t"],
                    customProperties: ["one": ["x"], "many": ["y", "z"], "none": []]),
                // What was not sent is not known.
                Repository(
                    id: RepositoryID(rawValue: 2), owner: "acme", name: "b", visibility: .notPublic, isArchived: nil),
            ])
    }

    @Test func readsTheRateLimit() async throws {
        let body = #"{"resources": {"core": {"limit": 5000, "remaining": 4999, "reset": 1795226400, "used": 1}}}"#
        let status = try await client(ScriptedTransport(["/rate_limit": [.ok(body)]])).rateLimit()
        #expect(status == RateLimitStatus(limit: 5000, remaining: 4999, resetsAt: .sample))
        #expect(try await client(ScriptedTransport(["/rate_limit": [.response(status: 404)]])).rateLimit() == nil)
    }

    @Test func readsAPageOfCustomProperties() async throws {
        let path = "/orgs/acme/properties/values?per_page=100&page=1"
        let body =
            #"[{"repository_id": 7, "repository_name": "a", "properties": [{"property_name": "p", "value": ["x"]}]}]"#
        func next(_ target: String) async throws -> RepositoryPage.Next? {
            let link = HeaderFields([(name: "Link", value: "<\(target)>; rel=\"next\"")])
            let page = try await client(ScriptedTransport([path: [.ok(body, headers: link)]]))
                .propertyValuePage(.number(1), of: acme)
            #expect(page.values == [RepositoryID(rawValue: 7): ["p": ["x"]]])
            return page.next
        }
        let second = "https://api.github.com/organizations/77/properties/values?page=2"
        #expect(try await next(second) == .url(second))
        #expect(try await next("https://evil.example/next") == .elsewhere)
        for body in [#"[{"repository_id": "7"}]"#, "{}", #"[{"property_name": "upstream's example"}]"#] {
            let transport = ScriptedTransport([
                path: [.ok(body)], "/orgs/acme/actions/oidc/customization/properties/repo": [.ok(body)],
            ])
            await #expect(throws: GitHubError.self) {
                try await client(transport).propertyValuePage(.number(1), of: acme)
            }
            await #expect(throws: GitHubError.self) { try await client(transport).includedProperties(of: acme) }
        }
    }

    // MARK: - Points of a minute

    private func paced(_ transport: ScriptedTransport, points: Int, waitMax: Duration = .seconds(7200)) -> GitHubClient
    {
        var settings = GitHubClient.Settings(endpoint: .gitHub, token: nil, userAgent: "oidc-audit/test")
        settings.limits.pointsPerMinute = points
        settings.limits.waitMax = waitMax
        return GitHubClient(settings, transport: transport, clock: clock) { .sample }
    }

    @Test func noMinuteHoldsMoreThanItsPoints() async throws {
        let limited = ScriptedTransport.Answer.ok(#"{"use_default": true}"#, headers: ["x-ratelimit-limit": "5000"])
        let client = paced(ScriptedTransport([Self.path: [limited]]), points: 10)
        var departures: [Duration] = []
        for _ in 0..<35 {
            _ = try await client.setting(of: api)
            departures.append(clock.now.offset)
        }
        // An idle minute's points at once, then as many again a minute later.
        #expect(departures == (0..<35).map { RateLimits().minute * ($0 / 10) })
        for start in departures {
            #expect(departures.count { $0 >= start && $0 < start + .seconds(60) } <= 10)
        }
        #expect(client.requestCounts.waited == RateLimits().minute * 3)
        #expect(client.requestCounts.retried == 0)
    }

    @Test func aHostWithoutLimitsIsNotHeldBack() async throws {
        let client = paced(ScriptedTransport([Self.path: [Self.fine]]), points: 10)
        for _ in 0..<100 { _ = try await client.setting(of: api) }
        #expect(clock.sleeps.isEmpty)
    }

    @Test func manyRequestsAtOnceKeepToTheMinute() async throws {
        let limited = ScriptedTransport.Answer.ok(#"{"use_default": true}"#, headers: ["x-ratelimit-limit": "5000"])
        let transport = ScriptedTransport([Self.path: [limited]])
        let client = paced(transport, points: 20)
        _ = try await client.setting(of: api)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<99 { group.addTask { _ = try await client.setting(of: self.api) } }
            try await group.waitForAll()
        }
        #expect(transport.paths.count == 100)
        // 100 requests of 20 a minute take four whole waits.
        #expect(clock.now.offset >= RateLimits().minute * 4)
        #expect(client.requestCounts.sent == 100)
    }

    @Test func waitingForPointsEndsWhereItIsNotAllowed() async throws {
        let limited = ScriptedTransport.Answer.ok(#"{"use_default": true}"#, headers: ["x-ratelimit-limit": "5000"])
        let client = paced(ScriptedTransport([Self.path: [limited]]), points: 5, waitMax: .seconds(70))
        for _ in 0..<10 { _ = try await client.setting(of: api) }
        let error = await #expect(throws: GitHubError.self) { try await client.setting(of: api) }
        let words = "5 points a minute are spent; the wait would be longer than allowed"
        // A second more than the minute that a minute is taken to be.
        #expect(error == .rateLimited(words, until: Timestamp.sample.adding(seconds: 62)))
        #expect(error?.hint == "nothing more until 2026-11-21T02:01:02Z: \(words)")
    }
}
