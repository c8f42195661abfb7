import Foundation
import HTTPTypes
import Hummingbird

/// Knows apps by what they sign and installations by their tokens, and refuses what an installation was not granted.
struct AppMiddleware: RouterMiddleware {
    let world: World

    func handle(
        _ request: Request, context: EmulatorContext,
        next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        guard context.arrival.hasApps else { return try await next(request, context) }
        var context = context
        let words = request.headers[.authorization]?.split(separator: " ") ?? []
        let token = words.count == 2 ? String(words[1]) : ""
        if Self.isOfApps(request.uri.path) {
            guard !token.isEmpty else { return Answer.error(.unauthorized, "Requires authentication").response }
            switch await world.app(of: token, at: Date()) {
            case .success(let app): context.app = app
            case .failure(let fault): return Answer.error(.unauthorized, fault.message).response
            }
            return try await next(request, context)
        }
        switch await world.bearer(of: token, at: Date()) {
        case nil:
            let isKnown = token.isEmpty || context.arrival.tokens.contains(token)
            return isKnown ? try await next(request, context) : Answer.error(.unauthorized, "Bad credentials").response
        case .unknown: return Answer.error(.unauthorized, "Bad credentials").response
        case .suspended: return Answer.error(.forbidden, "This installation has been suspended").response
        case .installation(let installation, let permissions):
            if let refusal = await refusal(of: request, installation, permissions) { return refusal.response }
            context.installation = installation
            return try await next(request, context)
        }
    }

    // MARK: -

    /// Source: octokit/auth-app.js, the list of paths that want an app's own token.
    private static func isOfApps(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return parts.first == "app"
            || (parts.count == 3 && ["orgs", "users", "enterprises"].contains(parts[0]) && parts[2] == "installation")
    }

    private func refusal(
        of request: Request, _ installation: WorldFile.Installation, _ permissions: [String: String],
    ) async -> Answer? {
        let parts = request.uri.path.split(separator: "/").map(String.init)
        let account = installation.account?.lowercased()
        switch parts.first {
        case "orgs" where parts.count >= 2:
            guard parts[1].lowercased() == account else { return .notFound }
        case "organizations" where parts.count >= 2:
            let organization = await world.organization(id: Int64(parts[1]) ?? 0)
            guard organization?.login.lowercased() == account else { return .notFound }
        case "repos" where parts.count >= 3:
            guard parts[1].lowercased() == account else { return .notFound }
            if let (_, repository) = await world.repository(owner: parts[1], name: parts[2]),
                !installation.sees(repository)
            {
                return .notFound
            }
        case "repositories" where parts.count >= 2:
            guard let (organization, repository) = await world.repository(id: Int64(parts[1]) ?? 0),
                organization.login.lowercased() == account, installation.sees(repository)
            else { return .notFound }
        default: break
        }
        guard let need = Self.need(request.method, parts) else { return nil }
        let has = permissions[need.name]
        guard has != need.level, has != "write", has != "admin" else { return nil }
        return Answer.error(.forbidden, "Resource not accessible by integration")
            .header(.xAcceptedGithubPermissions, "\(need.name)=\(need.level)")
    }

    /// Source: GitHub's documentation, "Permissions required for GitHub Apps".
    private static func need(_ method: HTTPRequest.Method, _ parts: [String]) -> (name: String, level: String)? {
        let level = [.get, .head].contains(method) ? "read" : "write"
        if parts.first == "orgs", parts.dropFirst(2).first == "actions" {
            return ("organization_administration", level)
        }
        if parts.first == "orgs", parts.dropFirst(2).first == "properties" {
            return ("organization_custom_properties", level)
        }
        if ["repos", "repositories"].contains(parts.first), parts.contains("oidc") { return ("actions", level) }
        return nil
    }
}
