import NIOHTTP1
import Testing

@testable import GitHubEmulator

/// The writing routes as any HTTP client sees them.
@Suite struct EmulatorWriteTests {
    private static let path = "/actions/oidc/customization/sub"

    private func put(
        _ file: WorldFile, _ writes: [(path: String, body: String)],
    ) async throws -> (replies: [Reply], world: WorldFile) {
        let emulator = Emulator(file)
        let questions = writes.map { Question($0.path, method: .PUT, token: "x", body: $0.body) }
        return (try await emulator.asked(questions), await emulator.world.file)
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
        #expect(replies[0].headers["location"]?.hasSuffix("/repositories/1\(Self.path)") == true)
        #expect(replies[0].headers["location"]?.hasPrefix("http://127.0.0.1:") == true)
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

    /// Ruby's parser takes the last of two.
    @Test func ofTwoMembersTheLastCounts() async throws {
        let (replies, after) = try await put(
            world(.init(name: "api", id: 1)),
            [
                (
                    "/repos/Acme/api\(Self.path)",
                    #"{"use_default":true,"include_claim_keys":["repo"],"use_\u0064efault":false}"#
                )
            ])
        #expect(replies.map(\.status) == [201])
        #expect(after.organizations[0].repositories[0].setting?.useDefault == false)
    }

    /// GitHub's description has a 422 for repositories alone.
    @Test func anOrganizationsClaimsAreNotChecked() async throws {
        let (replies, after) = try await put(
            world(.init(name: "api", id: 1)),
            [
                ("/orgs/acme\(Self.path)", #"{"include_claim_keys":["re-po","re-po"]}"#),
                ("/repos/acme/api\(Self.path)", #"{"use_default":false,"include_claim_keys":["re-po"]}"#),
                ("/repos/acme/api\(Self.path)", #"{"use_default":1}"#), ("/repos/acme/api\(Self.path)", "{"),
            ])
        #expect(replies.map(\.status) == [201, 422, 422, 400])
        #expect(after.organizations[0].template == ["re-po", "re-po"])
        #expect(after.organizations[0].repositories[0].setting == nil)
    }
}
