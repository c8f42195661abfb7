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
            return Answer(json: text(app, context.origin)).response
        }
        router.get("/app/installations") { request, context in
            guard let app = context.app else { return Answer.notFound.response }
            let address = "\(context.origin.api)/app/installations"
            let file = await world.file
            return Answer.page(app.installations, Paging(request), at: address) {
                text($0, of: app, file, context.origin)
            }.response
        }
        router.get("/app/installations/:id") { _, context in
            let id = context.parameters.get("id")
            return await answer(context) { "\($0.id)" == id }
        }
        router.get("/orgs/:org/installation") { _, context in
            let login = context.parameters.get("org")?.lowercased()
            return await answer(context) { $0.targetType == "Organization" && $0.account?.lowercased() == login }
        }
        router.get("/users/:username/installation") { _, context in
            let login = context.parameters.get("username")?.lowercased()
            return await answer(context) { $0.targetType == "User" && $0.account?.lowercased() == login }
        }
        router.get("/enterprises/:enterprise/installation") { _, context in
            let slug = context.parameters.get("enterprise")?.lowercased()
            return await answer(context) { $0.targetType == "Enterprise" && $0.account?.lowercased() == slug }
        }
        router.get("/enterprises/:enterprise/apps/installable_organizations") { request, context in
            await installable(request, context).response
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

    private func answer(
        _ context: EmulatorContext, where isIt: @Sendable (WorldFile.Installation) -> Bool,
    ) async -> Response {
        guard let app = context.app, let installation = app.installations.first(where: isIt) else {
            return Answer.notFound.response
        }
        return Answer(json: text(installation, of: app, await world.file, context.origin)).response
    }

    /// `InstallableOrganization`: every organization of the world is the enterprise's.
    private func installable(_ request: Request, _ context: EmulatorContext) async -> Answer {
        let slug = context.parameters.get("enterprise") ?? ""
        guard let installation = context.installation, installation.targetType == "Enterprise",
            installation.account?.lowercased() == slug.lowercased()
        else { return .notFound }
        guard installation.permissions["enterprise_organization_installations"] != nil else {
            return .error(.forbidden, "Resource not accessible by integration")
        }
        let organizations = await world.file.organizations.filter { $0.type == "Organization" }
        let address = "\(context.origin.api)/enterprises/\(slug)/apps/installable_organizations"
        return Answer.page(organizations, Paging(request), at: address) { organization in
            let api = "\(context.origin.api)/orgs/\(organization.login)"
            return JSONBody.object([
                ("id", "\(organization.id)"), ("login", JSONBody.quoted(organization.login)),
                ("accessible_repositories_url", JSONBody.quoted("\(api)/repos")),
            ])
        }
    }

    /// `Integration`
    private func text(_ app: WorldFile.App, _ origin: Origin) -> String {
        JSONBody.object(
            [
                ("id", "\(app.id)"), ("slug", JSONBody.quoted(app.slug)),
                ("node_id", JSONBody.quoted("A_kwDO\(app.id)")),
                ("owner", AccountJSON(login: app.slug, id: 1, origin: origin).text),
                ("name", JSONBody.quoted(app.slug)), ("description", "null"),
                ("external_url", JSONBody.quoted("\(origin.web)/apps/\(app.slug)")),
                ("html_url", JSONBody.quoted("\(origin.web)/apps/\(app.slug)")), ("permissions", "{}"),
                ("events", "[]"), ("installations_count", "\(app.installations.count)"),
            ] + (app.clientId.map { [("client_id", JSONBody.quoted($0))] } ?? []) + Self.times)
    }

    private static let times: [(String, String)] = [
        ("created_at", "\"2024-01-01T00:00:00Z\""), ("updated_at", "\"2026-11-01T00:00:00Z\""),
    ]

    /// An enterprise has a slug and no login.
    private func accountText(_ name: String, _ id: Int64, _ type: String, _ origin: Origin) -> String {
        guard type == "Enterprise" else { return AccountJSON(login: name, id: id, type: type, origin: origin).text }
        return JSONBody.object(
            [
                ("id", "\(id)"), ("slug", JSONBody.quoted(name)), ("name", JSONBody.quoted(name)),
                ("node_id", "\"E_kgDO1\""), ("avatar_url", JSONBody.quoted("\(origin.web)/avatars/b/1")),
                ("html_url", JSONBody.quoted("\(origin.web)/enterprises/\(name)")),
            ] + Self.times)
    }

    /// `Installation`
    private func text(
        _ installation: WorldFile.Installation, of app: WorldFile.App, _ file: WorldFile, _ origin: Origin,
    ) -> String {
        let owner = file.organizations.first { $0.login.lowercased() == installation.account?.lowercased() }
        let id = owner?.id ?? 1
        let permissions = installation.permissions.sorted { $0.key < $1.key }.map {
            ($0.key, JSONBody.quoted($0.value))
        }
        let account = installation.account.map { accountText($0, id, installation.targetType, origin) }
        let api = "\(origin.api)/app/installations/\(installation.id)"
        let members: [(String, String)] = [
            ("id", "\(installation.id)"), ("account", account ?? "null"),
            ("access_tokens_url", JSONBody.quoted("\(api)/access_tokens")),
            ("repositories_url", JSONBody.quoted("\(origin.api)/installation/repositories")),
            ("html_url", JSONBody.quoted("\(origin.web)/settings/installations/\(installation.id)")),
            ("single_file_name", "null"),
            ("repository_selection", installation.repositories == nil ? "\"all\"" : "\"selected\""),
            ("app_id", "\(app.id)"), ("app_slug", JSONBody.quoted(app.slug)), ("target_id", "\(id)"),
            ("target_type", JSONBody.quoted(installation.targetType)), ("permissions", JSONBody.object(permissions)),
            ("events", "[]"), ("suspended_by", "null"),
            ("suspended_at", installation.suspended ? "\"2026-11-01T00:00:00Z\"" : "null"),
        ]
        return JSONBody.object(members + Self.times)
    }

    private struct Wish: Decodable {
        var permissions: [String: String]?
    }

    private func mint(_ installation: WorldFile.Installation, of app: WorldFile.App, _ body: Data) async -> Answer {
        let wish = body.isEmpty ? Wish() : try? JSONDecoder().decode(Wish.self, from: body)
        guard let wish else { return .error(.badRequest, "Problems parsing JSON") }
        guard installation.targetType != "Enterprise" || wish.permissions == nil else {
            return .error(.unprocessableContent, "Permissions can't be given for an enterprise's installation.")
        }
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
