import HTTPTypes
import Hummingbird

/// `GET /user`: whose token it is; `GET /users/{username}`: an account, which may be an organization's.
struct UserRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/user") { _, context in
            guard let user = await world.file.user else {
                return Answer.error(.forbidden, "Resource not accessible by integration").response
            }
            let account = AccountJSON(login: user, id: 1, type: "User", origin: context.origin)
            return Answer(json: JSONBody.object(account.members + Self.profile)).response
        }
        router.get("/users/:username") { _, context in
            let login = context.parameters.get("username")?.lowercased()
            guard let known = await world.file.organizations.first(where: { $0.login.lowercased() == login }) else {
                return Answer.notFound.response
            }
            let account = AccountJSON(login: known.login, id: known.id, type: known.type, origin: context.origin)
            return Answer(json: JSONBody.object(account.members + Self.profile)).response
        }
    }

    private static let profile: [(String, String)] =
        ["name", "company", "blog", "location", "email", "hireable", "bio", "twitter_username"].map { ($0, "null") }
        + [
            "public_repos", "public_gists", "followers", "following", "private_gists", "total_private_repos",
            "owned_private_repos", "disk_usage", "collaborators",
        ].map { ($0, "0") } + [
            ("two_factor_authentication", "true"), ("created_at", "\"2024-01-01T00:00:00Z\""),
            ("updated_at", "\"2026-11-01T00:00:00Z\""),
        ]
}
