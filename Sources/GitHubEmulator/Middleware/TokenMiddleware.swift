import HTTPTypes
import Hummingbird

/// Refuses a token that the world does not know, and requests without one for what is not public.
struct TokenMiddleware: RouterMiddleware {
    let world: World

    func handle(
        _ request: Request, context: EmulatorContext,
        next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        let tokens = context.arrival.tokens
        guard !tokens.isEmpty, context.app == nil, context.installation == nil else {
            return try await answer(request, context, next)
        }
        guard let field = request.headers[.authorization] else {
            // Anybody may read what is public, and nobody without a token writes.
            let isPublic = await isPublic(request.uri.path)
            guard isPublic, request.method == .get || request.method == .head else {
                let isOfToken = isPublic || ["/user", "/installation/repositories"].contains(request.uri.path)
                return isOfToken
                    ? Answer.error(.unauthorized, "Requires authentication").response : Answer.notFound.response
            }
            return try await next(request, context)
        }
        let words = field.split(separator: " ", maxSplits: 1)
        guard words.count == 2, ["bearer", "token"].contains(words[0].lowercased()), tokens.contains(String(words[1]))
        else { return Answer.error(.unauthorized, "Bad credentials").response }
        return try await answer(request, context, next)
    }

    /// Responds, and reports what a classic token may do.
    private func answer(
        _ request: Request, _ context: EmulatorContext,
        _ next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        var response = try await next(request, context)
        if let scopes = context.arrival.oauthScopes {
            response.headers[.xOAuthScopes] = scopes.joined(separator: ", ")
        }
        return response
    }

    /// What anybody may ask: an organization's public face and public repositories.
    private func isPublic(_ path: String) async -> Bool {
        let parts = path.split(separator: "/")
        switch (parts.first, parts.count) {
        case (nil, _), ("orgs", 2), ("rate_limit", 1), ("versions", 1): return true
        // The listing of them.
        case ("orgs", 3), ("organizations", 3): return parts[2] == "repos"
        case ("repositories", 2...):
            guard let id = Int64(parts[1]) else { return false }
            return await world.repository(id: id)?.1.visibility == "public"
        case ("repos", 3...):
            let found = await world.repository(owner: String(parts[1]), name: String(parts[2]))
            return found?.1.visibility == "public"
        default: return false
        }
    }
}
