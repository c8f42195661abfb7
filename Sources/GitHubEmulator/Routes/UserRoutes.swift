import HTTPTypes
import Hummingbird

/// `GET /user`: whose token it is.
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
