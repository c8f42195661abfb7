import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// What an app asks with a token that it signed itself: what it is, where it is installed, and for tokens.
struct AppRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/app") { _, context in
            guard let app = context.app else { return Answer.notFound.response }
            return Answer(
                json: JSONBody.object([
                    ("id", "\(app.id)"), ("client_id", app.clientId.map(JSONBody.quoted) ?? "null"),
                    ("slug", JSONBody.quoted(app.slug)), ("name", JSONBody.quoted(app.slug)),
                ])
            ).response
        }
        router.get("/app/installations") { request, context in
            context.app.map { list(request, $0) }?.response ?? Answer.notFound.response
        }
        router.get("/app/installations/:id") { _, context in
            let id = context.parameters.get("id")
            return answer(context) { "\($0.id)" == id }
        }
        router.get("/orgs/:org/installation") { _, context in
            let login = context.parameters.get("org")?.lowercased()
            return answer(context) { $0.targetType == "Organization" && $0.account?.lowercased() == login }
        }
        router.post("/app/installations/:id/access_tokens") { request, context in
            let id = context.parameters.get("id")
            guard let app = context.app, let installation = app.installations.first(where: { "\($0.id)" == id }) else {
                return Answer.notFound.response
            }
            guard !installation.suspended else {
                return Answer.error(.forbidden, "This installation has been suspended").response
            }
            let body = try await request.body.collect(upTo: 1 << 16)
            return await mint(installation, of: app, Data(body.readableBytesView)).response
        }
    }

    // MARK: -

    private func answer(_ context: EmulatorContext, where isIt: (WorldFile.Installation) -> Bool) -> Response {
        guard let app = context.app, let installation = app.installations.first(where: isIt) else {
            return Answer.notFound.response
        }
        return Answer(json: text(installation, of: app)).response
    }

    private func text(_ installation: WorldFile.Installation, of app: WorldFile.App) -> String {
        // An enterprise has a slug and no login.
        let name = installation.targetType == "Enterprise" ? "slug" : "login"
        let permissions = installation.permissions.sorted { $0.key < $1.key }.map {
            ($0.key, JSONBody.quoted($0.value))
        }
        return JSONBody.object([
            ("id", "\(installation.id)"),
            (
                "account",
                installation.account.map { JSONBody.object([(name, JSONBody.quoted($0)), ("id", "1")]) } ?? "null"
            ),
            ("repository_selection", installation.repositories == nil ? "\"all\"" : "\"selected\""),
            ("app_id", "\(app.id)"), ("app_slug", JSONBody.quoted(app.slug)), ("target_id", "1"),
            ("target_type", JSONBody.quoted(installation.targetType)), ("permissions", JSONBody.object(permissions)),
            ("events", "[]"), ("suspended_by", "null"),
            ("suspended_at", installation.suspended ? "\"2026-11-01T00:00:00Z\"" : "null"),
        ])
    }

    private func list(_ request: Request, _ app: WorldFile.App) -> Answer {
        let query = request.uri.queryParameters
        let size = min(100, max(1, query.get("per_page", as: Int.self) ?? 30))
        let page = min(max(1, query.get("page", as: Int.self) ?? 1), 1_000_000)
        let slice = app.installations.dropFirst((page - 1) * size).prefix(size)
        let answer = Answer(json: "[" + slice.map { text($0, of: app) }.joined(separator: ",") + "]")
        guard page * size < app.installations.count else { return answer }
        let host = request.head.authority ?? "localhost"
        let next = "<\(world.scheme)://\(host)/app/installations?per_page=\(size)&page=\(page + 1)>; rel=\"next\""
        return answer.header(.link, next)
    }

    private struct Wish: Decodable {
        var permissions: [String: String]?
    }

    private func mint(_ installation: WorldFile.Installation, of app: WorldFile.App, _ body: Data) async -> Answer {
        let wish = body.isEmpty ? Wish() : try? JSONDecoder().decode(Wish.self, from: body)
        guard let wish else { return .error(.badRequest, "Problems parsing JSON") }
        let permissions = wish.permissions ?? installation.permissions
        let levels = ["read": 1, "write": 2, "admin": 3]
        let isGranted = permissions.allSatisfy { name, level in
            levels[level].map { $0 <= installation.permissions[name].flatMap { levels[$0] } ?? 0 } ?? false
        }
        guard isGranted else {
            return .error(
                .unprocessableContent, "The permissions requested are not granted to this installation.")
        }
        let (token, expires) = await world.mint(installation, of: app, permissions: permissions, at: Date())
        let granted = permissions.sorted { $0.key < $1.key }.map { ($0.key, JSONBody.quoted($0.value)) }
        return Answer(
            .created,
            json: JSONBody.object([
                ("token", JSONBody.quoted(token)),
                ("expires_at", JSONBody.quoted(expires.formatted(.iso8601))),
                ("permissions", JSONBody.object(granted)),
                ("repository_selection", installation.repositories == nil ? "\"all\"" : "\"selected\""),
            ]))
    }
}
