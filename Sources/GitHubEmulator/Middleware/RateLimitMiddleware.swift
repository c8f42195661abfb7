import Foundation
import HTTPTypes
import Hummingbird

/// Counts requests against the hour's budget and says so in every answer.
struct RateLimitMiddleware: RouterMiddleware {
    let world: World

    func handle(
        _ request: Request, context: EmulatorContext,
        next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        let cost = request.uri.path == "/rate_limit" ? 0 : 1
        guard let budget = await world.spend(costing: cost, at: Date()) else { return try await next(request, context) }
        var response =
            budget.isRefused
            ? Answer.error(
                .forbidden, "API rate limit exceeded for user ID 1.",
                documentation: "/overview/rate-limits-for-the-rest-api"
            ).response
            : try await next(request, context)
        // An answer that did not change costs nothing.
        let returned = response.status == .notModified ? await world.giveBack(cost) : 0
        response.headers[.xRatelimitLimit] = "\(budget.limit)"
        response.headers[.xRatelimitRemaining] = "\(budget.limit - budget.used + returned)"
        response.headers[.xRatelimitUsed] = "\(budget.used - returned)"
        response.headers[.xRatelimitReset] = "\(budget.reset)"
        response.headers[.xRatelimitResource] = "core"
        return response
    }
}
