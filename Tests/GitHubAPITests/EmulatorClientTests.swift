import AuditCore
import Foundation
import TestSupport
import Testing

@testable import GitHubAPI
@testable import GitHubEmulator

/// The client over a real socket against the emulator, whose reading of GitHub's documentation is not the client's.
@Suite struct EmulatorClientTests {
    private static let api = WorldFile.Repository(
        name: "api", id: 1001,
        setting: .init(
            useDefault: false, includeClaimKeys: ["repo", "context"], useImmutableSubject: false,
            subClaimPrefix: "repo:acme/api"))
    private static let path = "/repos/acme/api/actions/oidc/customization/sub"

    private func world(
        _ repositories: [WorldFile.Repository] = [api], template: [String]? = nil, tokens: [String] = [],
        faults: [WorldFile.Fault] = [], rateLimit: WorldFile.RateLimit? = nil,
    ) -> WorldFile {
        WorldFile(
            tokens: tokens,
            organizations: [.init(login: "acme", id: 77, template: template, repositories: repositories)],
            rateLimit: rateLimit, faults: faults)
    }

    private func withClient<Value: Sendable>(
        _ world: WorldFile, token: String? = nil, timeout: Duration = .seconds(240),
        _ body: @Sendable @escaping (GitHubClient, World) async throws -> Value,
    ) async throws -> Value {
        let emulator = Emulator(world)
        return try await emulator.run { address in
            var settings = GitHubClient.Settings(
                endpoint: try GitHubEndpoint(apiURL: address), token: token.flatMap(AccessToken.init),
                userAgent: "oidc-audit/test")
            settings.timeout = timeout
            settings.retry = RetryPolicy(baseDelay: .milliseconds(1))
            let transport = HTTPTransport(connectionsMax: 8)
            let client = GitHubClient(settings, transport: transport, clock: .continuous) { .sample }
            let result: Result<Value, any Error>
            do { result = .success(try await body(client, emulator.world)) } catch { result = .failure(error) }
            await transport.shutDown()
            return try result.get()
        }
    }

    private let repository = Repository.sample("api", id: 1001)

    @Test func readsTemplatesAndListing() async throws {
        var renamed = Self.api
        renamed.name = "old"
        renamed.id = 1002
        renamed.renamedTo = "new"
        try await withClient(world([Self.api, renamed], template: ["repo"])) { (client, world) async throws -> Void in
            #expect(try await client.organization(.sample).repositoryCount == 2)
            #expect(try await client.organizationTemplate(of: .sample) == .set(["repo"], useImmutableSubject: nil))
            let page = try #require(try await client.repositoryPage(.number(1), of: .sample).value)
            #expect(page.repositories.map(\.name) == ["api", "old"])
            #expect(page.repositories.map(\.id.rawValue) == [1001, 1002])
            for repository in page.repositories {
                #expect(try await client.setting(of: repository).value?.includeClaimKeys == ["repo", "context"])
            }
            #expect(await world.requests.last == "GET /repositories/1002/actions/oidc/customization/sub")
        }
    }

    @Test func tellsNeverSetFromNotFound() async throws {
        try await withClient(world()) { (client, _) async throws -> Void in
            await #expect(throws: GitHubError.organizationTemplateNeverSet) {
                try await client.organizationTemplate(of: .sample)
            }
            let nobody = try #require(OrganizationLogin("nobody"))
            await #expect(throws: GitHubError.notFound("Not Found")) {
                try await client.organizationTemplate(of: nobody)
            }
        }
    }

    @Test func pagesHoldAHundredAndNameTheLast() async throws {
        let repositories = (1...250).map { WorldFile.Repository(name: "r\($0)", id: Int64($0)) }
        try await withClient(world(repositories)) { (client, _) async throws -> Void in
            let first = try #require(try await client.repositoryPage(.number(1), of: .sample).value)
            #expect(first.last == 3)
            guard case .url(let next) = first.next else { Issue.record("no next page"); return }
            let second = try #require(try await client.repositoryPage(.url(next), of: .sample).value)
            #expect(second.repositories.map(\.id.rawValue) == Array(101...200))
            let third = try #require(try await client.repositoryPage(.number(3), of: .sample).value)
            #expect(third.repositories.count == 50)
            #expect(third.next == nil)
        }
    }

    @Test(arguments: [
        (WorldFile.Refusal.notFound, UnreadableReason.Code.notFound), (.forbidden, .forbidden),
        (.ssoRequired, .ssoRequired), (.blocked, .blocked), (.unavailableForLegalReasons, .blocked),
        (.gone, .unexpected),
    ])
    func refusalsBecomeTheirErrors(refusal: WorldFile.Refusal, code: UnreadableReason.Code) async throws {
        var refused = Self.api
        refused.refusal = refusal
        try await withClient(world([refused])) { (client, _) async throws -> Void in
            let error = await #expect(throws: GitHubError.self) { try await client.setting(of: repository) }
            #expect(error?.reason.code == code)
        }
    }

    /// A fault that lasts, and the error that comes of it.
    @Test(arguments: [
        (WorldFile.Fault.Kind.status, UnreadableReason.Code.serverFault), (.html, .serverFault),
        (.reset, .connectionLost), (.truncate, .connectionLost), (.hang, .timeout), (.drip, .timeout),
        (.malformed, .malformed), (.errorDocument, .malformed), (.huge, .malformed),
    ])
    func lastingFaultsBecomeTheirErrors(kind: WorldFile.Fault.Kind, code: UnreadableReason.Code) async throws {
        let world = world(faults: [.init(path: Self.path, kind: kind, status: 502)])
        try await withClient(world, timeout: kind == .hang || kind == .drip ? .milliseconds(300) : .seconds(30)) {
            (client, _) async throws -> Void in
            let error = await #expect(throws: GitHubError.self) { try await client.setting(of: repository) }
            #expect(error?.reason.code == code, "\(String(describing: error))")
        }
    }

    @Test(arguments: [
        WorldFile.Fault(kind: .status, status: 500), .init(kind: .html, status: 502), .init(kind: .reset),
        .init(kind: .truncate), .init(kind: .secondaryLimit, retryAfterSeconds: 0),
        .init(kind: .primaryLimit, status: 429, resetInSeconds: -5),
    ])
    func aPassingFaultLosesNothing(fault: WorldFile.Fault) async throws {
        var fault = fault
        fault.path = Self.path
        fault.times = 1
        try await withClient(world(faults: [fault])) { (client, _) async throws -> Void in
            #expect(try await client.setting(of: repository).value?.includeClaimKeys == ["repo", "context"])
            #expect(client.requestCounts.sent == 2)
            #expect(client.requestCounts.retried == 1)
        }
    }

    @Test func aRefusedTokenIsUnauthorized() async throws {
        try await withClient(world(tokens: ["right"]), token: "wrong") { (client, world) async throws -> Void in
            await #expect(throws: GitHubError.unauthorized("Bad credentials")) {
                try await client.setting(of: repository)
            }
            await #expect(throws: GitHubError.unauthorized("Bad credentials")) {
                try await client.organization(.sample)
            }
            #expect(await world.requests.count == 1)
        }
        try await withClient(world(tokens: ["right"]), token: "right") { (client, world) async throws -> Void in
            _ = try await client.setting(of: repository)
            #expect(await world.lastHeaders["authorization"] == "Bearer right")
            #expect(await world.lastHeaders["accept"] == "application/vnd.github+json")
            #expect(await world.lastHeaders["x-github-api-version"] == "2022-11-28")
            #expect(await world.lastHeaders["user-agent"] == "oidc-audit/test")
        }
    }

    @Test func readsTheRateLimitWhereThereIsOne() async throws {
        try await withClient(world(rateLimit: .init(limit: 5000, windowSeconds: 3600))) {
            (client, _) async throws -> Void in
            _ = try await client.setting(of: repository)
            let status = try #require(try await client.rateLimit())
            #expect(status.limit == 5000)
            #expect(status.remaining == 4999)
        }
        try await withClient(world()) { (client, _) async throws -> Void in #expect(try await client.rateLimit() == nil)
        }
    }

    @Test func aFailedHandshakeIsALostConnection() async throws {
        try await Emulator(world()).run { address in
            let port = try #require(address.split(separator: ":").last)
            var settings = GitHubClient.Settings(
                endpoint: try GitHubEndpoint(apiURL: "https://127.0.0.1:\(port)"), token: nil,
                userAgent: "oidc-audit/test")
            settings.retry = RetryPolicy(baseDelay: .milliseconds(1))
            let transport = HTTPTransport(connectionsMax: 1)
            let client = GitHubClient(settings, transport: transport, clock: .continuous) { .sample }
            await #expect(throws: GitHubError.connectionLost("the TLS handshake failed")) {
                try await client.organization(.sample)
            }
            await transport.shutDown()
        }
    }

    @Test func nobodyAtTheAddressIsALostConnection() async throws {
        var settings = GitHubClient.Settings(
            endpoint: try GitHubEndpoint(apiURL: "http://127.0.0.1:1"), token: nil, userAgent: "oidc-audit/test")
        settings.retry = RetryPolicy(baseDelay: .milliseconds(1))
        let transport = HTTPTransport(connectionsMax: 1)
        let client = GitHubClient(settings, transport: transport, clock: .continuous) { .sample }
        let error = await #expect(throws: GitHubError.self) { try await client.organization(.sample) }
        #expect(error == .connectionLost("Connection refused"))
        await transport.shutDown()
    }

    @Test func readsCustomProperties() async throws {
        var file = world(
            (1...250).map { id in
                WorldFile.Repository(
                    name: "r\(id)", id: Int64(id),
                    customProperties: ["tier": id % 2 == 0 ? "production" : nil, "a:b": "é"])
            })
        file.organizations[0].includedProperties = ["tier", "team"]
        try await withClient(file) { (client, world) async throws -> Void in
            #expect(try await client.includedProperties(of: .sample) == ["tier", "team"])
            var values: [RepositoryID: [String: [String]]] = [:]
            for number in 1...3 {
                let page = try await client.propertyValuePage(.number(number), of: .sample)
                #expect(page.last == (number < 3 ? 3 : nil))
                #expect((page.next == nil) == (number == 3))
                values.merge(page.values) { first, _ in first }
            }
            #expect(values.count == 250)
            #expect(values[RepositoryID(rawValue: 2)] == ["tier": ["production"], "a:b": ["é"]])
            #expect(values[RepositoryID(rawValue: 249)] == ["tier": [], "a:b": ["é"]])
            #expect(await world.requests.count == 4)
        }
        file.organizations[0].propertiesRefusal = .forbidden
        try await withClient(file) { (client, _) async throws -> Void in
            await #expect(throws: GitHubError.self) { try await client.includedProperties(of: .sample) }
            await #expect(throws: GitHubError.self) { try await client.propertyValuePage(.number(1), of: .sample) }
        }
    }
}
