import Foundation
import NIOHTTP1
import Testing

@testable import GitHubEmulator

/// What clients of others notice: addresses, versions, methods, names and fields that this project's own client reads
/// nothing of.
@Suite struct ForeignClientTests {
    private static let sub = "/actions/oidc/customization/sub"

    private static let world = WorldFile(
        organizations: [
            .init(
                login: "Acme", id: 77, repositorySelection: "all",
                repositories: [
                    .init(name: "b", id: 1, visibility: "public"), .init(name: "C", id: 2),
                    .init(name: "a", id: 3, visibility: "internal"),
                    .init(name: "old-name", id: 4, renamedTo: "new-name"),
                    .init(name: "taken-down", id: 5, refusal: .unavailableForLegalReasons),
                ])
        ], rateLimit: .init(limit: 5000, windowSeconds: 3600), user: "octocat")

    private func ask(_ questions: [Question]) async throws -> [Reply] {
        try await Emulator(Self.world).asked(questions)
    }

    private func ask(_ paths: [String]) async throws -> [Reply] { try await ask(paths.map { Question($0) }) }

    /// A client that follows an address sends its token there.
    @Test(arguments: ["", "/api/v3"]) func everyAddressIsOfOneOrigin(base: String) async throws {
        let paths = [
            "/", "/orgs/acme", "/orgs/acme/repos?per_page=2&page=2", "/repos/acme/b", "/repositories/4", "/user",
            "/installation/repositories?per_page=2", "/orgs/acme/properties/values?per_page=2", "/repos/acme/old-name",
            "/repos/acme/old-name\(Self.sub)",
        ]
        for (path, reply) in zip(paths, try await ask(paths.map { base + $0 })) {
            let links = [reply.headers["link"], reply.headers["location"]].compactMap { $0 }.joined(separator: " ")
            let text = links + reply.body.replacing("https://docs.github.com", with: "")
            let addresses = text.matches(of: /(https?:\/\/127\.0\.0\.1:[0-9]+|ORIGIN)(\/api\/v3)?/)
            #expect(!addresses.isEmpty, "\(path)")
            #expect(!text.contains("github.com"), "\(path): \(text)")
            let isAPI = addresses.contains { $0.output.2 == "/api/v3" }
            #expect(isAPI == !base.isEmpty, "\(path)")
        }
    }

    @Test func anEnterpriseServersPathsLeadToTheSame() async throws {
        let replies = try await ask([
            "/api/v3", "/api/v3/", "/api/v3?x=1", "/api/v3/repos/acme/b\(Self.sub)", "/api/v3x/orgs/acme",
            "/api/v4/orgs/acme",
            "/api/v3/orgs/acme/",
        ])
        #expect(replies.map(\.status) == [200, 200, 200, 200, 404, 404, 404])
        #expect(replies[0].json["rate_limit_url"] as? String == "ORIGIN/api/v3/rate_limit")
    }

    @Test func bothNamesLeadToARenamedRepository() async throws {
        let replies = try await ask([
            "/repos/acme/new-name", "/repos/ACME/New-Name\(Self.sub)", "/repositories/4", "/repos/acme/old-name",
            "/orgs/acme/repos?per_page=1&page=2",
        ])
        #expect(replies.map(\.status) == [200, 200, 200, 301, 200])
        #expect(replies[0].json["full_name"] as? String == "Acme/new-name")
        #expect(replies[1].json["sub_claim_prefix"] as? String == "repo:Acme/new-name")
        #expect(replies[2].json["full_name"] as? String == "Acme/new-name")
        #expect(replies[3].json["url"] as? String == "ORIGIN/repositories/4")
        #expect(replies[4].list.map { $0["name"] as? String } == ["old-name"])
    }

    @Test func aVersionThatDoesNotExistIsRefused() async throws {
        let replies = try await ask(
            ["1999-01-01", "", "2022-11-28", "2026-03-10"].flatMap { version in
                ["/rate_limit", "/repos/acme/b"].map { Question($0, headers: ["X-GitHub-Api-Version": version]) }
            } + [Question("/versions"), Question("/repos/acme/b")])
        #expect(replies.map(\.status) == [400, 400, 400, 400, 200, 200, 200, 200, 200, 200])
        #expect(replies[0].json["errors"] is String)
        let selected = replies.map { $0.headers["x-github-api-version-selected"] }
        #expect(selected[4...] == ["2022-11-28", "2022-11-28", "2026-03-10", "2026-03-10", "2022-11-28", "2022-11-28"])
        #expect(replies[4].json["rate"] != nil && replies[6].json["rate"] == nil)
        #expect(replies[5].json["has_downloads"] != nil && replies[7].json["has_downloads"] == nil)
        #expect(replies[8].body == #"["2022-11-28","2026-03-10"]"#)
        #expect(Set(replies.compactMap { $0.headers["x-github-request-id"] }).count == replies.count)
        #expect(replies.allSatisfy { $0.headers["x-github-media-type"] == "github.v3; format=json" })
    }

    @Test func whatNoRouteAnswersIsAnErrorInJSON() async throws {
        let replies = try await ask([
            Question("/nothing"), Question("/orgs/acme/"), Question("/orgs/acme", method: .DELETE),
            Question("/orgs/acme/actions/oidc/customization/properties/repo", method: .POST, body: "{}"),
            Question("/repos/acme/b\(Self.sub)", method: .PATCH, body: "{}"),
        ])
        #expect(replies.map(\.status) == Array(repeating: 404, count: 5))
        #expect(replies.allSatisfy { $0.message == "Not Found" })
        #expect(replies.allSatisfy { $0.headers["content-type"] == "application/json; charset=utf-8" })
    }

    @Test func headIsGetWithoutABody() async throws {
        let path = "/repos/acme/b\(Self.sub)"
        let replies = try await ask([Question(path), Question(path, method: .HEAD)])
        #expect(replies.map(\.status) == [200, 200])
        #expect(replies[1].body.isEmpty)
        for name in ["etag", "content-length", "content-type"] {
            #expect(replies[0].headers[name] == replies[1].headers[name], "\(name)")
        }
    }

    @Test func listingsComeInTheOrderThatIsAskedFor() async throws {
        let replies = try await ask([
            "/orgs/acme/repos", "/orgs/acme/repos?direction=asc", "/orgs/acme/repos?sort=full_name",
            "/orgs/acme/repos?sort=full_name&direction=desc", "/orgs/acme/repos?type=internal",
            "/orgs/acme/repos?per_page=0",
        ])
        #expect(
            replies.map { $0.list.compactMap { $0["id"] as? Int } } == [
                [5, 4, 3, 2, 1], [1, 2, 3, 4, 5], [3, 1, 2, 4, 5], [5, 4, 2, 1, 3], [3], [5, 4, 3, 2, 1],
            ])
    }

    @Test func validatorsAreComparedWeakly() async throws {
        // An answer without addresses, which hold the port.
        let path = "/repos/acme/b\(Self.sub)"
        let tag = try #require(try await ask([path])[0].headers["etag"])
        let strong = String(tag.dropFirst("W/".count))
        let same = [tag, strong, "*", "\"x\", \(tag)", "W/\"x\" ,\t\(strong) , \"y\""]
        let other = ["\"x\"", "W/\"x\", \"y\"", String(strong.dropLast()), ""]
        let replies = try await ask((same + other).map { Question(path, headers: ["If-None-Match": $0]) })
        #expect(replies.map(\.status) == same.map { _ in 304 } + other.map { _ in 200 })
    }

    @Test func fieldsThatGitHubsSchemaRequiresAreThere() async throws {
        let replies = try await ask([
            "/orgs/acme", "/repos/acme/b", "/rate_limit", "/user", "/installation/repositories",
            "/repos/acme/taken-down\(Self.sub)",
        ])
        let organization = [
            "avatar_url", "created_at", "updated_at", "archived_at", "repos_url", "events_url", "hooks_url",
            "issues_url",
            "members_url", "public_members_url", "html_url", "has_organization_projects", "has_repository_projects",
        ]
        for name in organization { #expect(replies[0].json[name] != nil, "\(name)") }
        for name in ["network_count", "subscribers_count"] { #expect(replies[1].json[name] != nil, "\(name)") }
        #expect((replies[2].json["resources"] as? [String: Any])?["search"] != nil)
        for name in ["avatar_url", "created_at", "type"] { #expect(replies[3].json[name] != nil, "\(name)") }
        #expect((replies[4].json["repositories"] as? [Any])?.count == 5)
        #expect((replies[5].json["block"] as? [String: Any])?["reason"] as? String == "dmca")
    }

    /// gh asks whose token it has.
    @Test func theViewerIsReported() async throws {
        let question = #"{"query":"query UserCurrent{viewer{login}}"}"#
        let replies = try await ask([
            Question("/graphql", method: .POST, body: question),
            Question("/api/graphql", method: .POST, body: question),
            Question("/graphql", method: .POST, body: #"{"query":"{ nothing }"}"#),
        ])
        let data = replies.map { ($0.json["data"] as? [String: [String: String]])?["viewer"]?["login"] }
        #expect(data == ["octocat", "octocat", nil])
        #expect(replies[2].json["errors"] != nil)
    }

    @Test func whatIsOfATokenNeedsOne() async throws {
        var world = Self.world
        world.tokens = ["secret"]
        let paths = ["/user", "/installation/repositories", "/", "/versions", "/repos/acme/C"]
        let replies = try await Emulator(world).asked(paths.map { Question($0) })
        #expect(replies.map(\.status) == [401, 401, 200, 200, 404])
        #expect(replies[0].message == "Requires authentication")
    }
}
