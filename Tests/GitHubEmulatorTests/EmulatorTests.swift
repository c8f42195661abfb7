import Foundation
import NIOCore
import NIOPosix
import Testing

@testable import GitHubEmulator

/// The emulator as any HTTP client sees it, held against GitHub's documentation rather than against our own client.
@Suite struct EmulatorTests {
    private func ask(
        _ file: WorldFile, _ paths: [String], token: String? = nil, headers: [String: String] = [:],
    ) async throws -> [Reply] {
        try await Emulator(file).asked(paths.map { .init($0, token: token, headers: headers) })
    }

    @Test func theDemoWorldShowsEveryRowOfTheTable() {
        let organizations = WorldFile.demo.organizations
        #expect(organizations.map(\.repositories.count).reduce(0, +) == 60)
        #expect(organizations.contains { $0.template != nil })
        #expect(organizations.contains { $0.template == nil && $0.templateRefusal == nil })
        #expect(organizations.contains { $0.templateRefusal != nil })
        for organization in organizations {
            let settings = organization.repositories.compactMap(\.setting)
            #expect(settings.contains { $0.useDefault })
            #expect(settings.contains { !$0.useDefault && $0.includeClaimKeys == nil })
            #expect(settings.contains { !$0.useDefault && $0.includeClaimKeys?.isEmpty == false })
        }
        let works = organizations[0]
        let settings = works.repositories.compactMap(\.setting)
        #expect(settings.contains { $0.useDefault && $0.includeClaimKeys != nil })
        #expect(settings.contains { $0.includeClaimKeys == works.template })
        #expect(settings.contains { $0.includeClaimKeys == [] })
        #expect(settings.contains { $0.subClaimPrefix?.contains("@") == true && $0.useImmutableSubject == false })
        #expect(settings.contains { $0.useImmutableSubject == true })
        #expect(works.repositories.contains { $0.archived })
        #expect(works.repositories.contains { $0.fork })
        #expect(works.repositories.contains { $0.renamedTo != nil })
        #expect(works.repositories.count { $0.refusal != nil } == 3)
        let ids = organizations.flatMap(\.repositories).map(\.id)
        #expect(Set(ids).count == ids.count)
    }

    /// A connection that was accepted as the server ended would end the process.
    @Test func itEndsWhileConnectionsComeIn() async throws {
        for _ in 0..<50 {
            let connections = try await Emulator(WorldFile(organizations: [])).run { address in
                let port = try #require(URL(string: address)?.port)
                return try await withThrowingTaskGroup(of: (any Channel).self) { group in
                    for _ in 0..<20 {
                        group.addTask {
                            try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                                .connect(host: "127.0.0.1", port: port).get()
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
            }
            #expect(connections.count == 20)
            for connection in connections { try? await connection.close() }
        }
    }

    /// By its id, too, where redirects lead.
    @Test func whatIsPublicIsForAnybody() async throws {
        let world = WorldFile(
            tokens: ["secret"],
            organizations: [
                WorldFile.Organization(
                    login: "acme", id: 77,
                    repositories: [
                        WorldFile.Repository(name: "open", id: 1, visibility: "public"),
                        WorldFile.Repository(name: "closed", id: 2),
                    ])
            ])
        let paths = [
            "/repos/acme/open", "/repositories/1", "/repositories/1/actions/oidc/customization/sub",
            "/repos/acme/closed", "/repositories/2", "/repositories/2/actions/oidc/customization/sub",
            "/repositories/x",
        ]
        #expect(try await ask(world, paths).map(\.status) == [200, 200, 200, 404, 404, 404, 404])
        #expect(try await ask(world, paths, token: "secret").map(\.status) == [200, 200, 200, 200, 200, 200, 404])
    }

    @Test func theSameSeedIsTheSameWorld() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let one = try encoder.encode(WorldFile.generated(repositories: 200, seed: 7))
        #expect(try encoder.encode(WorldFile.generated(repositories: 200, seed: 7)) == one)
        #expect(try encoder.encode(WorldFile.generated(repositories: 200, seed: 8)) != one)
    }

    @Test func answersInGitHubsShapes() async throws {
        let world = try WorldFile(
            json: Data(
                """
                {"organizations": [
                  {"login": "acme", "id": 77, "template": ["repo"], "use_immutable_subject": true, "repositories": [
                    {"name": "api", "id": 1, "visibility": "public", "topics": ["x"],
                     "custom_properties": {"cost_center": "42", "none": null}},
                    {"name": "web", "id": 2, "setting": {"use_default": false, "include_claim_keys": ["ref"]}}]},
                  {"login": "beta", "id": 78, "shows_private_count": false, "repositories": []}]}
                """.utf8))
        let replies = try await ask(
            world,
            [
                "/orgs/ACME", "/orgs/beta", "/orgs/acme/actions/oidc/customization/sub",
                "/orgs/beta/actions/oidc/customization/sub", "/repos/Acme/API/actions/oidc/customization/sub",
                "/repos/acme/web/actions/oidc/customization/sub", "/orgs/acme/repos", "/repos/acme/api",
                "/repositories/2", "/nothing", "/orgs/none/repos", "/orgs/beta/repos",
            ])
        #expect(replies.map(\.status) == [200, 200, 200, 404, 200, 200, 200, 200, 200, 404, 404, 200])
        #expect(replies[0].json["id"] as? Int == 77)
        #expect(replies[0].json["public_repos"] as? Int == 1)
        #expect(replies[0].json["total_private_repos"] as? Int == 1)
        #expect(replies[1].json["total_private_repos"] == nil)
        #expect(replies[2].json["include_claim_keys"] as? [String] == ["repo"])
        #expect(replies[2].json["use_immutable_subject"] as? Bool == true)
        #expect(
            replies[3].json["message"] as? String
                == "No Actions OIDC custom sub claim template found for the organization beta")
        #expect(replies[4].json["use_default"] as? Bool == true)
        // Never customized, it follows its organization's opt-in.
        #expect(replies[4].json["sub_claim_prefix"] as? String == "repo:acme@77/api@1")
        #expect(replies[4].json["include_claim_keys"] == nil)
        #expect(replies[5].json["include_claim_keys"] as? [String] == ["ref"])
        #expect(replies[5].json["sub_claim_prefix"] == nil)
        let listed = replies[6].list
        #expect(listed.map { $0["name"] as? String } == ["web", "api"])
        #expect((listed[1]["custom_properties"] as? [String: Any])?["cost_center"] as? String == "42")
        #expect((listed[1]["owner"] as? [String: Any])?["id"] as? Int == 77)
        #expect(replies[6].headers["link"] == nil)
        #expect(replies[7].json["full_name"] as? String == "acme/api")
        #expect(replies[8].json["name"] as? String == "web")
        #expect(replies[9].json["message"] as? String == "Not Found")
        #expect(replies[11].body == "[]")
    }

    @Test func anUnchangedAnswerIs304ForTheSameToken() async throws {
        let world = WorldFile.generated(repositories: 1, seed: 1)
        let path = "/repos/acme/service-00000/actions/oidc/customization/sub"
        let first = try await ask(world, [path], token: "a")
        let tag = try #require(first[0].headers["etag"])
        #expect(try await ask(world, [path], token: "a", headers: ["If-None-Match": tag])[0].status == 304)
        #expect(try await ask(world, [path], token: "b", headers: ["If-None-Match": tag])[0].status == 200)
    }

    @Test func tokensAreChecked() async throws {
        var world = WorldFile.generated(repositories: 2, seed: 1)
        world.tokens = ["right"]
        world.organizations[0].repositories[0].visibility = "public"
        let paths = [
            "/orgs/acme/repos", "/repos/acme/service-00000/actions/oidc/customization/sub",
            "/repos/acme/service-00001/actions/oidc/customization/sub",
        ]
        #expect(try await ask(world, paths, token: "right").map(\.status) == [200, 200, 200])
        #expect(try await ask(world, paths, token: "wrong").map(\.status) == [401, 401, 401])
        #expect(try await ask(world, paths).map(\.status) == [200, 200, 404])
        #expect(try await ask(world, paths)[0].body.contains("service-00000"))
        #expect(try await !ask(world, paths)[0].body.contains("service-00001"))
    }

    @Test func aSpentBudgetIsRefusedWithItsHeaders() async throws {
        var world = WorldFile.generated(repositories: 1, seed: 1)
        world.rateLimit = .init(limit: 2, windowSeconds: 3600)
        let replies = try await ask(world, ["/orgs/acme", "/rate_limit", "/orgs/acme", "/orgs/acme"])
        #expect(replies.map(\.status) == [200, 200, 200, 403])
        #expect(replies.map { $0.headers["x-ratelimit-remaining"] } == ["1", "1", "0", "0"])
        #expect(replies[3].json["message"] as? String == "API rate limit exceeded for user ID 1.")
        let core = (replies[1].json["resources"] as? [String: Any])?["core"] as? [String: Int]
        #expect(core?["remaining"] == 1)
    }

    @Test func faultsHitByPathAndCount() async throws {
        var world = WorldFile.generated(repositories: 1, seed: 1)
        world.faults = [.init(path: "/orgs/*", after: 1, times: 2, kind: .status, status: 503)]
        let replies = try await ask(world, Array(repeating: "/orgs/acme", count: 4) + ["/repos/acme/service-00000"])
        #expect(replies.map(\.status) == [200, 503, 503, 200, 200])
    }

    @Test func aPortInUseIsReported() async throws {
        try await Emulator(.demo).run { address in
            let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
            await #expect(throws: EmulatorError.portInUse(port)) { try await Emulator(.demo, port: port).run { _ in } }
        }
    }
}
