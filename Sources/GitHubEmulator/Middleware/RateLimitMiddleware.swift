import Foundation
import HTTPTypes
import Hummingbird

/// Counts requests against the minute's points, and against the hour's budget, which every response reports.
struct RateLimitMiddleware: RouterMiddleware {
    let world: World

    func handle(
        _ request: Request, context: EmulatorContext,
        next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        guard context.arrival.isLimited else { return try await next(request, context) }
        let isRead = [.get, .head, .options].contains(request.method)
        let meter = await world.meter(of: request.headers[.authorization])
        // GitHub's limit on writes is one of requests that generate content, which a token is not.
        let isContent = !isRead && !request.uri.path.hasSuffix("/access_tokens")
        if let wait = await world.spend(points: isRead ? 1 : 5, isContent: isContent, of: meter, at: .now) {
            return Answer.error(
                .forbidden, "You have exceeded a secondary rate limit.",
                documentation: "/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"
            ).header(.retryAfter, "\(wait.components.seconds + 1)").response
        }
        let cost = request.uri.path == "/rate_limit" ? 0 : 1
        guard let budget = await world.spend(costing: cost, of: meter, at: Date()) else {
            return try await next(request, context)
        }
        var response =
            budget.isRefused
            ? Answer.error(
                .forbidden, "API rate limit exceeded for user ID 1.",
                documentation: "/overview/rate-limits-for-the-rest-api"
            ).response
            : try await next(request, context)
        // An answer that did not change costs a token nothing.
        let isFree = response.status == .notModified && request.headers[.authorization] != nil
        let returned = isFree ? await world.giveBack(cost, of: meter) : 0
        response.headers[.xRatelimitLimit] = "\(budget.limit)"
        response.headers[.xRatelimitRemaining] = "\(budget.limit - budget.used + returned)"
        response.headers[.xRatelimitUsed] = "\(budget.used - returned)"
        response.headers[.xRatelimitReset] = "\(budget.reset)"
        response.headers[.xRatelimitResource] = "core"
        return response
    }
}
