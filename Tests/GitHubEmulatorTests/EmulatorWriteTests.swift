import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing

@testable import GitHubEmulator

/// The writing routes as any HTTP client sees them.
@Suite struct EmulatorWriteTests {
    private static let path = "/actions/oidc/customization/sub"

    /// - Returns: status, headers and message of each answer, redirects not followed.
    private func put(
        _ file: WorldFile, _ writes: [(path: String, body: String)],
    ) async throws -> (replies: [(status: UInt, location: String?, message: String?)], world: WorldFile) {
        let emulator = Emulator(file)
        return try await emulator.run { address in
            var configuration = HTTPClient.Configuration()
            configuration.redirectConfiguration = .disallow
            let client = HTTPClient(configuration: configuration)
            var replies: [(status: UInt, location: String?, message: String?)] = []
            do {
                for write in writes {
                    var request = HTTPClientRequest(url: address + write.path)
                    request.method = .PUT
                    request.headers.add(name: "Authorization", value: "Bearer x")
                    request.body = .bytes(ByteBuffer(string: write.body))
                    let response = try await client.execute(request, timeout: .seconds(240))
                    let body = try await response.body.collect(upTo: 1 << 20)
                    let json = try? JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any]
                    replies.append(
                        (response.status.code, response.headers.first(name: "location"), json?["message"] as? String))
                }
            } catch {
                try await client.shutdown()
                throw error
            }
            try await client.shutdown()
            return (replies, await emulator.world.file)
        }
    }

    private func world(_ repository: WorldFile.Repository) -> WorldFile {
        WorldFile(organizations: [.init(login: "Acme", id: 77, repositories: [repository])])
    }

    @Test func whatIsMissingIsNamed() async throws {
        let (replies, _) = try await put(
            world(.init(name: "api", id: 1)),
            [
                ("/repos/acme/api\(Self.path)", #"{"include_claim_keys": ["repo"]}"#),
                ("/repos/acme/api\(Self.path)", "{}"),
            ])
        #expect(replies.map(\.status) == [422, 422])
        #expect(replies.map(\.message) == Array(repeating: "object is missing required key: use_default", count: 2))
    }

    /// 301 would have clients send a GET, and take the old setting for what they wrote.
    @Test func aWriteToAFormerNameIsSentOnAsItIs() async throws {
        let (replies, after) = try await put(
            world(.init(name: "old", id: 1, renamedTo: "new")),
            [
                ("/repos/acme/old\(Self.path)", #"{"use_default": true}"#),
                ("/repositories/1\(Self.path)", #"{"use_default": false, "include_claim_keys": ["repo"]}"#),
            ])
        #expect(replies.map(\.status) == [307, 201])
        #expect(replies[0].location?.hasSuffix("/repositories/1\(Self.path)") == true)
        #expect(after.organizations[0].repositories[0].setting?.includeClaimKeys == ["repo"])
    }

    /// Observed twice in 2026: 201, and the prefix stays.
    @Test(arguments: [true, false])
    func whatIsImmutableByBirthStaysSo(saysSo: Bool) async throws {
        let prefix = "repo:Acme@77/api@1"
        // Ids without an opt-in are of birth, whether or not the world says so.
        var repository = WorldFile.Repository(name: "api", id: 1, immutable: saysSo)
        repository.setting = .init(useDefault: true, useImmutableSubject: saysSo, subClaimPrefix: prefix)
        let (replies, after) = try await put(
            world(repository),
            [
                ("/repos/Acme/api\(Self.path)", #"{"use_default": true, "use_immutable_subject": true}"#),
                (
                    "/repos/Acme/api\(Self.path)",
                    #"{"use_default": false, "include_claim_keys": ["repo"], "use_immutable_subject": false}"#
                ),
            ])
        #expect(replies.map(\.status) == [201, 201])
        let setting = after.organizations[0].repositories[0].setting
        #expect(setting?.subClaimPrefix == prefix)
        #expect(setting?.useImmutableSubject == true)
        #expect(setting?.includeClaimKeys == ["repo"])
    }

    @Test func whatOptedInCanOptOut() async throws {
        let repository = WorldFile.Repository(
            name: "api", id: 1,
            setting: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:Acme/api"))
        for (flag, prefix) in [("true", "repo:Acme@77/api@1"), ("false", "repo:Acme/api")] {
            let writes = ["true", flag].map {
                ("/repos/Acme/api\(Self.path)", #"{"use_default": true, "use_immutable_subject": \#($0)}"#)
            }
            let (_, after) = try await put(world(repository), writes)
            #expect(after.organizations[0].repositories[0].setting?.subClaimPrefix == prefix)
        }
    }
}
