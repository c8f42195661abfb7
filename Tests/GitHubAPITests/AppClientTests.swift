import AuditCore
import Foundation
import TestSupport
import Testing
import _CryptoExtras

@testable import GitHubAPI

/// An App's client against scripted answers and clocks that do not run by themselves.
@Suite(.timeLimit(.minutes(5))) struct AppClientTests {
    private let clock = ManualClock()
    private static let canary = "ghs_12345_canary0123456789"
    private static let lookup = "/orgs/acme/installation"
    private static let mint = "/app/installations/9/access_tokens"
    private static let account = "/orgs/acme"
    private static let found = ScriptedTransport.Answer.ok(
        #"{"id": 9, "account": {"login": "Acme"}, "target_type": "Organization", "suspended_at": null, "#
            + #""permissions": {"organization_administration": "write", "actions": "read", "metadata": "read"}}"#)
    private static let fine = ScriptedTransport.Answer.ok(
        #"{"id": 77, "login": "acme", "public_repos": 1, "total_private_repos": 0}"#)

    private static func minted(_ token: String = canary, seconds: Int64 = 3600) -> ScriptedTransport.Answer {
        .response(
            status: 201, body: #"{"token": "\#(token)", "expires_at": "\#(Timestamp.sample.adding(seconds: seconds))"}"#
        )
    }

    private static func refused(_ status: Int, _ message: String, date: String? = nil) -> ScriptedTransport.Answer {
        .response(
            status: status, headers: date.map { ["Date": $0] } ?? [:], body: #"{"message": "\#(message)"}"#)
    }

    private func app(installationID: Int64? = nil) throws -> AppCredential {
        try #require(
            AppCredential(appID: "12345", key: AppKey(AppKeys.pkcs1PEM), installationID: installationID))
    }

    private func client(
        _ transport: ScriptedTransport, _ app: AppCredential, waitMax: Duration = .seconds(7200),
        permissions: [AppPermission: AppPermission.Level] = AppPermission.reading, concurrency: Int = 100,
        slots: RequestSlots? = nil, uses: [String: UseBefore] = [:],
    ) -> GitHubClient {
        var settings = GitHubClient.Settings(endpoint: .gitHub, credential: .app(app), userAgent: "oidc-audit/test")
        settings.limits.waitMax = waitMax
        settings.permissions = permissions
        settings.limits.concurrency = concurrency
        settings.slots = slots
        settings.installationUses = uses
        return GitHubClient(settings, transport: transport, clock: clock) { [clock] in
            Timestamp.sample.adding(seconds: clock.now.offset.components.seconds)
        }
    }

    private func bearer(_ request: APIRequest) -> String? {
        request.headers.first { $0.name == "Authorization" }.map { String($0.value.dropFirst("Bearer ".count)) }
    }

    /// Its claims, if its signature is the key's.
    private func claims(_ token: String) throws -> [String: Any] {
        let parts = token.split(separator: ".").map { part in
            let plain = part.replacing("-", with: "+").replacing("_", with: "/")
            return Data(base64Encoded: plain + String(repeating: "=", count: (4 - plain.count % 4) % 4)) ?? Data()
        }
        try #require(parts.count == 3)
        let signed = token.split(separator: ".").prefix(2).joined(separator: ".")
        #expect(
            AppKeys.own.publicKey.isValidSignature(
                .init(rawRepresentation: parts[2]), for: Data(signed.utf8), padding: .insecurePKCS1v1_5))
        let header = try JSONSerialization.jsonObject(with: parts[0]) as? [String: String]
        #expect(header == ["alg": "RS256", "typ": "JWT"])
        return try #require(JSONSerialization.jsonObject(with: parts[1]) as? [String: Any])
    }

    // MARK: - Finding and minting

    @Test func readsWithATokenOfTheInstallation() async throws {
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted()], Self.account: [Self.fine],
        ])
        let github = client(transport, try app())
        #expect(try await github.organization(.sample).login.rawValue == "acme")
        _ = try await github.organization(.sample)
        #expect(transport.paths == [Self.lookup, Self.mint, Self.account, Self.account])
        #expect(transport.requests.map(\.method) == ["GET", "POST", "GET", "GET"])
        let bearers = transport.requests.compactMap(bearer)
        #expect(bearers.dropFirst(2).allSatisfy { $0 == Self.canary })
        for token in bearers.prefix(2) {
            let claims = try claims(token)
            #expect(claims["iat"] as? Int == Int(Timestamp.sample.secondsSince1970) - 60)
            #expect(claims["exp"] as? Int == Int(Timestamp.sample.secondsSince1970) + 540)
            #expect(claims["iss"] as? String == "12345")
        }
        #expect(
            transport.requests[1].body.map { String(decoding: $0, as: UTF8.self) }
                == #"{"permissions":{"actions":"read","metadata":"read","organization_administration":"read"}}"#)
        #expect(github.requestCounts.sent == 4)
    }

    @Test func asksForNoMoreThanWasGrantedAndNamesTheRest() async throws {
        let transport = ScriptedTransport([Self.lookup: [Self.found], Self.mint: [Self.minted()]])
        var permissions = AppPermission.writing
        permissions[.organizationCustomProperties] = .read
        let github = try await client(transport, try app(), permissions: permissions).client(for: "acme")
        #expect(
            transport.requests[1].body.map { String(decoding: $0, as: UTF8.self) }
                == #"{"permissions":{"actions":"read","metadata":"read","organization_administration":"write"}}"#)
        #expect(
            github.missingPermissions == [
                "repository \"Actions\": write", "organization \"Custom properties\": read",
            ])
    }

    @Test func withoutAnyOfThePermissionsNoTokenIsMade() async throws {
        let none = ScriptedTransport.Answer.ok(
            #"{"id": 9, "account": {"login": "acme"}, "target_type": "Organization", "permissions": {"issues": "write"}}"#
        )
        let transport = ScriptedTransport([Self.lookup: [none]])
        let app = try app()
        let error = await #expect(throws: GitHubError.self) { try await client(transport, app).organization(.sample) }
        #expect(transport.paths == [Self.lookup])
        #expect(error?.reason.code == .forbidden)
        #expect("\(try #require(error))".contains("organization \"Administration\": read"))
    }

    @Test func aGivenInstallationIsAskedForByItsNumber() async throws {
        let transport = ScriptedTransport([
            "/app/installations/9": [Self.found], Self.mint: [Self.minted()], Self.account: [Self.fine],
        ])
        _ = try await client(transport, try app(installationID: 9)).organization(.sample)
        let elsewhere = ScriptedTransport(["/app/installations/9": [Self.found]])
        let given = try app(installationID: 9)
        let error = await #expect(throws: GitHubError.self) {
            try await client(elsewhere, given).client(for: "other")
        }
        #expect(error == .appRefused(.otherAccount, "9 is of Acme"))
    }

    private static let refusals: [(String, [String: [ScriptedTransport.Answer]], AppRefusal)] = [
        ("wrong key", [lookup: [refused(401, "A JSON web token could not be decoded")]], .signature),
        ("wrong app", [lookup: [refused(404, "Integration not found")]], .signature),
        (
            "not installed",
            [lookup: [refused(404, "Not Found")], "/users/acme/installation": [refused(404, "Not Found")]],
            .notInstalled
        ),
        (
            "suspended",
            [
                lookup: [
                    .ok(
                        #"{"id": 9, "account": {"login": "acme"}, "suspended_at": "2026-11-01T00:00:00Z", "permissions": {}}"#
                    )
                ]
            ], .suspended
        ),
    ]

    @Test(arguments: refusals.indices) func aRefusalIsOneRequest(index: Int) async throws {
        let (name, answers, expected) = Self.refusals[index]
        let transport = ScriptedTransport(answers)
        let github = client(transport, try app())
        for _ in 0..<3 {
            let error = await #expect(throws: GitHubError.self, "\(name)") { try await github.organization(.sample) }
            guard case .appRefused(let refusal, _, _) = error else {
                Issue.record("\(name): \(String(describing: error))")
                continue
            }
            #expect(refusal == expected, "\(name)")
            #expect(error?.reason.code.isPermission == true, "\(name)")
            #expect(error?.hint?.isEmpty == false, "\(name)")
        }
        // Whose account it is, nobody knows: a user's installation is asked for in another place, once.
        #expect(transport.paths == [Self.lookup] + (expected == .notInstalled ? ["/users/acme/installation"] : []))
    }

    /// What GitHub says of one installation concerns no other.
    @Test func aRefusedInstallationStopsNoOther() async throws {
        let beta = ScriptedTransport.Answer.ok(
            #"{"id": 10, "account": {"login": "beta"}, "target_type": "Organization", "permissions": {"actions": "read"}}"#
        )
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.refused(403, "This installation has been suspended")],
            "/orgs/beta/installation": [beta], "/app/installations/10/access_tokens": [Self.minted()],
            "/orgs/beta": [.ok(#"{"id": 78, "login": "beta", "public_repos": 0}"#)],
        ])
        let github = client(transport, try app())
        let error = await #expect(throws: GitHubError.self) { try await github.organization(.sample) }
        #expect(error == .appRefused(.suspended, status: 403, "This installation has been suspended"))
        let login = try #require(OrganizationLogin("beta"))
        #expect(try await github.organization(login).login == login)
    }

    @Test func anInstallationOfAUsersAccountIsFound() async throws {
        let found = ScriptedTransport.Answer.ok(
            #"{"id": 9, "account": {"login": "acme"}, "target_type": "User", "permissions": {"actions": "read"}}"#)
        let transport = ScriptedTransport([
            Self.lookup: [Self.refused(404, "Not Found")], "/users/acme/installation": [found],
            Self.mint: [Self.minted()], "/users/acme": [.ok(#"{"id": 5, "login": "acme", "type": "User"}"#)],
        ])
        let github = client(transport, try app())
        let user = try #require(try await github.user(.sample))
        #expect(user.isUser && user.id.rawValue == 5)
        #expect(transport.paths == [Self.lookup, "/users/acme/installation", Self.mint, "/users/acme"])
    }

    // MARK: - Clocks

    private static let texts = [
        "'Expiration time' claim ('exp') is too far in the future",
        "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
        "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
    ]

    @Test(arguments: texts, [Int64(-600), 600]) func aWrongClockIsSetByTheServersOnce(text: String, skew: Int64)
        async throws
    {
        let server = Timestamp.sample.adding(seconds: skew)
        let transport = ScriptedTransport([
            Self.lookup: [Self.refused(401, text, date: Self.httpDate(server)), Self.found],
            Self.mint: [Self.minted()], Self.account: [Self.fine],
        ])
        _ = try await client(transport, try app()).organization(.sample)
        #expect(transport.paths == [Self.lookup, Self.lookup, Self.mint, Self.account])
        #expect(clock.sleeps.isEmpty)
        let issued = try transport.requests.prefix(3).compactMap(bearer).map { try claims($0)["iat"] as? Int }
        #expect(
            issued == [
                Int(Timestamp.sample.secondsSince1970) - 60, Int(server.secondsSince1970) - 60,
                Int(server.secondsSince1970) - 60,
            ])
    }

    @Test func aClockThatStaysWrongIsRefusedAfterTheSecondTry() async throws {
        let answer = Self.refused(401, Self.texts[0], date: Self.httpDate(.sample))
        let transport = ScriptedTransport([Self.lookup: [answer]])
        let github = client(transport, try app())
        for _ in 0..<2 {
            let error = await #expect(throws: GitHubError.self) { try await github.organization(.sample) }
            #expect(error == .appRefused(.clock, status: 401, Self.texts[0]))
        }
        #expect(transport.paths.count == 2)
    }

    private static func httpDate(_ time: Timestamp) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "UTC")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSince1970: Double(time.secondsSince1970)))
    }

    // MARK: - Renewal

    @Test func aTokenIsRenewedBeforeItExpires() async throws {
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted(), Self.minted("ghs_second", seconds: 7200)],
            Self.account: [Self.fine],
        ])
        let github = client(transport, try app())
        _ = try await github.organization(.sample)
        try await clock.sleep(for: .seconds(3500))
        _ = try await github.organization(.sample)
        try await clock.sleep(for: .seconds(60))
        _ = try await github.organization(.sample)
        #expect(transport.paths == [Self.lookup, Self.mint, Self.account, Self.account, Self.mint, Self.account])
        #expect(bearer(try #require(transport.requests.last)) == "ghs_second")
        // An hour later the app signs anew, too.
        let signed = transport.requests.filter { $0.url.contains("/app/") }.compactMap(bearer)
        #expect(try claims(signed[1])["iat"] as? Int == Int(Timestamp.sample.secondsSince1970) + 3500)
    }

    @Test func aWaitOutlivesNoToken() async throws {
        let limit = ScriptedTransport.Answer.response(
            status: 403, headers: ["Retry-After": "3700"],
            body: #"{"message": "You have exceeded a secondary rate limit"}"#)
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted(), Self.minted("ghs_second", seconds: 7400)],
            Self.account: [limit, Self.fine],
        ])
        _ = try await client(transport, try app()).organization(.sample)
        #expect(transport.paths == [Self.lookup, Self.mint, Self.account, Self.mint, Self.account])
        #expect(transport.requests.suffix(1).compactMap(bearer) == ["ghs_second"])
    }

    /// The life of a token goes by GitHub's clock alone.
    @Test func aWrongClockShortensNoToken() async throws {
        let ahead = Timestamp.sample.adding(seconds: 86_400)
        let minted = ScriptedTransport.Answer.response(
            status: 201, headers: ["Date": Self.httpDate(ahead)],
            body: #"{"token": "\#(Self.canary)", "expires_at": "\#(ahead.adding(seconds: 3600))"}"#)
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [minted], Self.account: [Self.fine],
        ])
        let github = client(transport, try app())
        _ = try await github.organization(.sample)
        try await clock.sleep(for: .seconds(3500))
        _ = try await github.organization(.sample)
        #expect(transport.paths.count(where: { $0 == Self.mint }) == 1)
    }

    @Test func manyRequestsShareOneRenewal() async throws {
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted(), Self.minted("ghs_second", seconds: 7200)],
            Self.account: [Self.fine],
        ])
        let github = client(transport, try app())
        _ = try await github.organization(.sample)
        try await clock.sleep(for: .seconds(3600))
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<20 { group.addTask { _ = try await github.organization(.sample) } }
            try await group.waitForAll()
        }
        #expect(transport.paths.count(where: { $0 == Self.mint }) == 2)
        #expect(github.requestCounts.sent == transport.requests.count)
    }

    @Test func anInstallationThatIsGoneEndsItsRequestsAtOnce() async throws {
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted(), Self.refused(404, "Not Found")],
            Self.account: [Self.fine],
        ])
        let github = client(transport, try app())
        _ = try await github.organization(.sample)
        try await clock.sleep(for: .seconds(3600))
        for _ in 0..<5 {
            let error = await #expect(throws: GitHubError.self) { try await github.organization(.sample) }
            #expect(error == .appRefused(.notInstalled, status: 404, "Not Found"))
        }
        #expect(transport.paths.count == 4)
    }

    // MARK: - Fresh tokens

    @Test func aFreshTokenIsTriedAgainForFiveSeconds() async throws {
        let refused = Self.refused(401, "Bad credentials")
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted()],
            Self.account: [refused, refused, refused, Self.fine],
        ])
        _ = try await client(transport, try app()).organization(.sample)
        #expect(clock.sleeps == [.seconds(1), .seconds(1), .seconds(1)])

        let never = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted()], Self.account: [refused],
        ])
        let github = client(never, try app())
        for _ in 0..<3 {
            await #expect(throws: Self.tokenRefused) { try await github.organization(.sample) }
        }
        #expect(never.paths.count(where: { $0 == Self.account }) == 6)
    }

    private static let tokenRefused = GitHubError.appRefused(.tokenRefused, status: 401, "Bad credentials")

    /// One request at a time finds out, whatever else is in flight or waits.
    @Test func ofManyRequestsOneAloneTriesAFreshTokenAgain() async throws {
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted()],
            Self.account: [Self.fine, Self.refused(401, "Bad credentials")],
        ])
        let github = client(transport, try app(), concurrency: 10)
        _ = try await github.organization(.sample)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<60 {
                group.addTask { await #expect(throws: Self.tokenRefused) { try await github.organization(.sample) } }
            }
        }
        // The first, those in flight when one was refused, and one a second for five seconds.
        #expect(transport.paths.count { $0 == Self.account } <= 1 + 10 + 5)
        let error = Self.tokenRefused
        #expect("\(error)" == "GitHub refused the token of the app's installation (401: Bad credentials)")
        #expect(error.hint?.contains("may have been uninstalled") == true)
    }

    /// The door opens again for all once the token is accepted.
    @Test func anAcceptedTokenOpensTheDoorAgain() async throws {
        let refused = Self.refused(401, "Bad credentials")
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted()],
            Self.account: [refused, refused, Self.fine],
        ])
        let github = client(transport, try app(), concurrency: 10)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<60 { group.addTask { _ = try await github.organization(.sample) } }
            try await group.waitForAll()
        }
        #expect(transport.inFlightMax > 1)
    }

    /// Each token is over before the next request, and GitHub accepts none: the grace is one and not each token's.
    @Test func tokensThatEndAtOnceAndAreRefusedAreNotAskedForWithoutEnd() async throws {
        let transport = ScriptedTransport([
            Self.lookup: [Self.found],
            Self.mint: (1...20).map { Self.minted("ghs_number_\($0)", seconds: Int64($0)) },
            Self.account: [Self.refused(401, "Bad credentials")],
        ])
        let github = client(transport, try app())
        for _ in 0..<3 {
            await #expect(throws: Self.tokenRefused) { try await github.organization(.sample) }
        }
        #expect(transport.paths.count { $0 == Self.mint } <= 7)
        #expect(transport.paths.count { $0 == Self.account } <= 7)
    }

    @Test(arguments: [Int64(0), -1, -200_000_000]) func aTokenThatIsOverWhenItComesIsAFaultOnce(seconds: Int64)
        async throws
    {
        let transport = ScriptedTransport([Self.lookup: [Self.found], Self.mint: [Self.minted(seconds: seconds)]])
        let github = client(transport, try app())
        for _ in 0..<3 {
            let error = await #expect(throws: GitHubError.self) { try await github.organization(.sample) }
            #expect(error == .appRefused(.tokenExpired))
            #expect(error?.hint?.contains("clock") == true)
        }
        #expect(transport.paths == [Self.lookup, Self.mint])
    }

    /// What the token before was accepted for says nothing of the next one.
    @Test func aRenewedTokenIsTriedAgainToo() async throws {
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted(), Self.minted("ghs_second", seconds: 7200)],
            Self.account: [Self.fine, Self.refused(401, "Bad credentials"), Self.fine],
        ])
        let github = client(transport, try app())
        _ = try await github.organization(.sample)
        try await clock.sleep(for: .seconds(3600))
        _ = try await github.organization(.sample)
        #expect(transport.paths.count(where: { $0 == Self.account }) == 3)
    }

    @Test func anOldTokenIsRefusedAtOnce() async throws {
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted()],
            Self.account: [Self.fine, Self.refused(401, "Bad credentials")],
        ])
        let github = client(transport, try app())
        _ = try await github.organization(.sample)
        try await clock.sleep(for: .seconds(11))
        await #expect(throws: Self.tokenRefused) { try await github.organization(.sample) }
        #expect(transport.paths.count == 4)
    }

    /// Hands on to another transport; its first request about the organization takes an hour.
    private struct SlowTransport: Transport {
        let inner: ScriptedTransport
        let clock: ManualClock

        func send(_ request: APIRequest) async throws(TransportError) -> APIResponse {
            if request.url.hasSuffix(AppClientTests.account), !inner.paths.contains(AppClientTests.account) {
                try? await clock.sleep(for: .seconds(3600))
            }
            return try await inner.send(request)
        }
    }

    @Test func aTokenThatEndsOnTheWayIsRenewed() async throws {
        let inner = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [Self.minted(), Self.minted("ghs_second", seconds: 7300)],
            Self.account: [Self.refused(401, "Bad credentials"), Self.fine],
        ])
        let settings = GitHubClient.Settings(
            endpoint: .gitHub, credential: .app(try app()), userAgent: "oidc-audit/test")
        let github = GitHubClient(settings, transport: SlowTransport(inner: inner, clock: clock), clock: clock) {
            [clock] in Timestamp.sample.adding(seconds: clock.now.offset.components.seconds)
        }
        _ = try await github.organization(.sample)
        #expect(inner.paths == [Self.lookup, Self.mint, Self.account, Self.mint, Self.account])
    }

    // MARK: - Secrets

    /// A server that echoes what it was sent, or hands out nonsense, gets no secret into a message.
    @Test func noMessageHoldsASecret() async throws {
        let app = try app()
        let transport = ScriptedTransport([
            Self.lookup: [Self.found], Self.mint: [.response(status: 201, body: #"{"token": \#(Self.canary)"#)],
        ])
        let error = await #expect(throws: GitHubError.self) { try await client(transport, app).organization(.sample) }
        #expect(!"\(String(describing: error))".contains("canary"))

        let signed = try #require(app.token(at: .sample)).secret
        let echo = ScriptedTransport([Self.lookup: [Self.refused(403, "you sent \(signed)")]])
        let echoed = await #expect(throws: GitHubError.self) { try await client(echo, app).organization(.sample) }
        #expect("\(String(describing: echoed))".contains("you sent [token]"))

        // The answer to an earlier request may come when there is another token already.
        let first = try #require(AccessToken("ghs_first_canary"))
        let second = try #require(AccessToken("ghs_second_canary")).after(first)
        #expect(second.redacted("ghs_first_canary ghs_second_canary") == "[token] [token]")
        #expect(second.redacted(Array("ghs_first_canary".utf8)) == Array("[token]".utf8))
    }

    // MARK: - Beside each other

    private static let beta: [String: [ScriptedTransport.Answer]] = [
        "/orgs/beta/installation": [
            .ok(
                #"{"id": 10, "account": {"login": "beta"}, "target_type": "Organization", "permissions": {"actions": "read"}}"#
            )
        ], "/app/installations/10/access_tokens": [minted()],
        "/orgs/beta": [.ok(#"{"id": 78, "login": "beta", "public_repos": 0}"#)],
    ]

    /// A hundred credentials share a hundred requests in flight, but the app's own finds all of them.
    @Test func aTokenThatNeverComesDelaysNoOtherInstallation() async throws {
        let transport = ScriptedTransport(
            Self.beta.merging([Self.lookup: [Self.found], Self.mint: [.hang]]) { $1 })
        let slots = RequestSlots(4)
        slots.setUsers(4)
        let github = client(transport, try app(), slots: slots)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await github.organization(.sample) }
            while !transport.hasAsked([Self.mint]) { await Task.yield() }
            group.addTask {
                await #expect(throws: Never.self) { try await github.organization(#require(OrganizationLogin("beta"))) }
                #expect(transport.hasAsked(["/orgs/beta"]))
            }
            // The second ends; the first hangs until it is cancelled.
            _ = await group.next()
            group.cancelAll()
        }
    }

    /// An app that listed its installations is known to be accepted: not even the first token is waited for.
    @Test func anAcceptedAppDoesNotBeginAloneAgain() async throws {
        let app = try app()
        let list = ScriptedTransport(["/app/installations?per_page=100": [.ok("[]")]])
        _ = try await client(list, app).allInstallations()
        let transport = ScriptedTransport(Self.beta.merging([Self.lookup: [.hang]]) { $1 })
        let github = client(transport, app)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = try? await github.organization(.sample) }
            while !transport.hasAsked([Self.lookup]) { await Task.yield() }
            group.addTask {
                await #expect(throws: Never.self) { try await github.organization(#require(OrganizationLogin("beta"))) }
            }
            _ = await group.next()
            group.cancelAll()
        }
    }

    /// What one installation or the app itself spent before, and a refusal of it, is no other's.
    @Test func aUseBeforeIsOfOneInstallation() async throws {
        let transport = ScriptedTransport(
            Self.beta.merging([Self.lookup: [Self.found], Self.mint: [Self.minted()]]) { $1 })
        let use = UseBefore(isPacedEvenly: true, spent: .init(points: 700, ago: .seconds(3)))
        let github = client(transport, try app(), uses: ["acme": use])
        let (acme, beta) = (try await github.client(for: "acme"), try await github.client(for: "beta"))
        #expect(acme.limits.isPacedEvenly && acme.limits.spentBefore?.points == 700)
        #expect(!beta.limits.isPacedEvenly && beta.limits.spentBefore == nil)
        #expect(!github.limits.isPacedEvenly && github.limits.spentBefore == nil)
        #expect(Set(github.installationUses.keys) == ["acme", "beta"])
    }

    /// Limits are the app's, whichever of its keys signs; who may ask is the key's.
    @Test func twoKeysOfAnAppAreTwoCredentialsWithOneName() throws {
        func credential(_ key: String, _ installation: Int64? = nil) throws -> Credential {
            .app(try #require(AppCredential(appID: "12345", key: AppKey(key), installationID: installation)))
        }
        let (own, other) = (try credential(AppKeys.pkcs1PEM), try credential(AppKeys.otherPEM))
        #expect(own.identity != other.identity)
        #expect(try own.identity == credential(AppKeys.pkcs8PEM).identity)
        #expect(try own.identity != credential(AppKeys.pkcs1PEM, 9).identity)
        #expect(own.fingerprint(salt: [1], context: "x") == other.fingerprint(salt: [1], context: "x"))
    }

    @Test func refusedPermissionsAreNamed() async throws {
        let transport = ScriptedTransport([
            Self.lookup: [Self.found],
            Self.mint: [Self.refused(422, "The permissions requested are not granted to this installation.")],
        ])
        let github = client(transport, try app())
        let error = await #expect(throws: GitHubError.self) { try await github.organization(.sample) }
        #expect(error?.reason.code.isPermission == true)
        let said = "\(try #require(error))"
        #expect(said.contains("422: The permissions requested") && said.contains("repository \"Actions\": read"))
    }

    // MARK: - All installations

    private static func page(_ link: String?, id: Int64 = 9) -> ScriptedTransport.Answer {
        .ok(
            #"[{"id": \#(id), "account": {"login": "acme"}, "target_type": "Organization", "permissions": {}}]"#,
            headers: link.map { ["Link": $0] } ?? [:])
    }

    /// What is not in the listing counts as not installed: a lost page must not look like that.
    @Test(arguments: [
        ("garbage;;<<", "the Link header of page 1 can't be understood"),
        (#"<https://evil.example/app/installations?page=2>; rel="next""#, "on another origin"),
        (#"<https://api.github.com/app/installations?per_page=100&page=3>; rel="last""#, "does not say where"),
        (#"<https://api.github.com/app/installations?per_page=100>; rel="next""#, "leads back"),
    ]) func aLostPageIsAFault(link: String, said: String) async throws {
        let path = "/app/installations?per_page=100"
        let transport = ScriptedTransport([path: [Self.page(link)]])
        let github = client(transport, try app())
        let error = await #expect(throws: GitHubError.self) { try await github.allInstallations() }
        #expect("\(try #require(error))".contains(said))
        #expect(transport.paths == [path])

        let listing = "/enterprises/corp/apps/installable_organizations?per_page=100"
        let enterprise = ScriptedTransport([
            "/enterprises/corp/installation": [
                .ok(#"{"id": 9, "account": {"slug": "corp"}, "target_type": "Enterprise", "permissions": {}}"#)
            ], Self.mint: [Self.minted()],
            listing: [
                .ok(
                    #"[{"id": 77, "login": "acme"}]"#,
                    headers: [
                        "Link": link.replacing(
                            "/app/installations", with: "/enterprises/corp/apps/installable_organizations")
                    ])
            ],
        ])
        let corp = client(enterprise, try app())
        let other = await #expect(throws: GitHubError.self) { try await corp.organizations(ofEnterprise: "corp") }
        #expect("\(try #require(other))".contains(said))
    }

    @Test func installationsAreListedPageByPageAndNotAskedForAgain() async throws {
        let next = #"<https://api.github.com/app/installations?per_page=100&page=2>; rel="next""#
        let transport = ScriptedTransport([
            "/app/installations?per_page=100": [
                .ok(
                    #"[{"id": 9, "account": {"login": "acme"}, "target_type": "Organization", "permissions": {"actions": "read"}},"#
                        + #"{"id": 10, "account": null, "target_type": "Organization", "permissions": {}}]"#,
                    headers: ["Link": next])
            ],
            "/app/installations?per_page=100&page=2": [
                .ok(#"[{"id": 11, "account": {"slug": "octo"}, "target_type": "Enterprise", "permissions": {}}]"#)
            ],
            Self.mint: [Self.minted()], Self.account: [Self.fine],
        ])
        let github = client(transport, try app())
        let installations = try await github.allInstallations()
        #expect(installations.map(\.account) == ["acme", nil, "octo"])
        #expect(installations.map(\.isOfOrganization) == [true, true, false])
        _ = try await github.organization(.sample)
        #expect(!transport.paths.contains(Self.lookup))
    }
}
