import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What clients ask before anything else: where everything is, which versions there are, and whose token it is.
struct RootRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/") { _, context in
            let members = Self.addresses.map { ($0, JSONBody.quoted(context.origin.api + $1)) }
            return Answer(json: JSONBody.object(members)).response
        }
        router.get("/versions") { _, _ in
            Answer(json: JSONBody.list(APIVersion.allCases.map(\.rawValue))).response
        }
        router.post("/graphql") { request, _ in
            let body = try await request.body.collect(upTo: 1 << 20)
            return await viewer(Data(body.readableBytesView)).response
        }
    }

    // MARK: -

    private struct Query: Decodable {
        var query: String
    }

    /// The one question of GraphQL that is answered here; gh asks it about its token.
    private func viewer(_ body: Data) async -> Answer {
        guard let query = try? JSONDecoder().decode(Query.self, from: body).query else {
            return .error(.badRequest, "Problems parsing JSON")
        }
        let words = query.split { $0.isWhitespace || $0 == "{" || $0 == "}" }.map(String.init)
        guard words.suffix(2) == ["viewer", "login"], let user = await world.file.user else {
            return Answer(json: #"{"errors":[{"type":"NOT_FOUND","message":"this emulator knows viewer { login }"}]}"#)
        }
        return Answer(json: #"{"data":{"viewer":{"login":\#(JSONBody.quoted(user))}}}"#)
    }

    private static let addresses: [(String, String)] = [
        ("current_user_url", "/user"), ("current_user_authorizations_html_url", "/settings/connections/applications"),
        ("authorizations_url", "/authorizations"),
        ("code_search_url", "/search/code?q={query}{&page,per_page,sort,order}"),
        ("commit_search_url", "/search/commits?q={query}{&page,per_page,sort,order}"),
        ("emails_url", "/user/emails"), ("emojis_url", "/emojis"), ("events_url", "/events"), ("feeds_url", "/feeds"),
        ("followers_url", "/user/followers"), ("following_url", "/user/following{/target}"),
        ("gists_url", "/gists{/gist_id}"), ("hub_url", "/hub"),
        ("issue_search_url", "/search/issues?q={query}{&page,per_page,sort,order}"), ("issues_url", "/issues"),
        ("keys_url", "/user/keys"),
        ("label_search_url", "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}"),
        ("notifications_url", "/notifications"), ("organization_url", "/orgs/{org}"),
        ("organization_repositories_url", "/orgs/{org}/repos{?type,page,per_page,sort}"),
        ("organization_teams_url", "/orgs/{org}/teams"), ("public_gists_url", "/gists/public"),
        ("rate_limit_url", "/rate_limit"), ("repository_url", "/repos/{owner}/{repo}"),
        ("repository_search_url", "/search/repositories?q={query}{&page,per_page,sort,order}"),
        ("current_user_repositories_url", "/user/repos{?type,page,per_page,sort}"),
        ("starred_url", "/user/starred{/owner}{/repo}"), ("starred_gists_url", "/gists/starred"),
        ("topic_search_url", "/search/topics?q={query}{&page,per_page}"), ("user_url", "/users/{user}"),
        ("user_organizations_url", "/user/orgs"),
        ("user_repositories_url", "/users/{user}/repos{?type,page,per_page,sort}"),
        ("user_search_url", "/search/users?q={query}{&page,per_page,sort,order}"),
    ]
}
