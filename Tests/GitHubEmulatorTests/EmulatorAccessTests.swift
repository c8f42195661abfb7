import NIOHTTP1
import Testing

@testable import GitHubEmulator

/// What a request without a token gets, where tokens are asked for.
@Suite struct EmulatorAccessTests {
    private static let path = "/actions/oidc/customization/sub"

    private static func world() -> WorldFile {
        var file = WorldFile(organizations: [
            .init(
                login: "acme", id: 77,
                repositories: [.init(name: "open", id: 1, visibility: "public"), .init(name: "closed", id: 2)])
        ])
        file.tokens = ["t"]
        return file
    }

    @Test func nobodyWritesWithoutAToken() async throws {
        let emulator = Emulator(Self.world())
        let body = #"{"use_default": true}"#
        let replies = try await emulator.asked([
            Question("/repos/acme/open\(Self.path)", method: .PUT, body: body),
            Question("/repos/acme/closed\(Self.path)", method: .PUT, body: body),
            Question("/orgs/acme\(Self.path)", method: .PUT, body: #"{"include_claim_keys": ["repo"]}"#),
        ])
        #expect(replies.map(\.status) == [401, 404, 404])
        #expect(await emulator.world.file.organizations[0].repositories.allSatisfy { $0.setting?.useDefault != true })
    }

    @Test func onlyWithATokenArePrivateRepositoriesCounted() async throws {
        let replies = try await Emulator(Self.world()).asked([
            Question("/orgs/acme"), Question("/orgs/acme", token: "t"),
        ])
        #expect(replies.map { $0.json["total_private_repos"] as? Int } == [nil, 1])
    }

    @Test(arguments: [
        #"{"use_default": true,}"#, #"{"use_default": false, "include_claim_keys": ["repo", ]}"#,
        #"{"use_default" true}"#,
    ])
    func whatIsNoJSONIsRefused(body: String) async throws {
        let replies = try await Emulator(Self.world()).asked([
            Question("/repos/acme/open\(Self.path)", method: .PUT, token: "t", body: body)
        ])
        #expect(replies.map(\.status) == [400])
    }
}
