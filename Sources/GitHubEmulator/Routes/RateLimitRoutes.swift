import Foundation
import Hummingbird

/// `GET /rate_limit`, which costs nothing.
struct RateLimitRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/rate_limit") { request, _ in
            let meter = await world.meter(of: request.headers[.authorization])
            guard let budget = await world.spend(costing: 0, of: meter, at: Date()) else {
                return Answer.error(.notFound, "Rate limiting is not enabled.").response
            }
            let core = """
                {"limit":\(budget.limit),"used":\(budget.used),"remaining":\(budget.limit - budget.used),\
                "reset":\(budget.reset)}
                """
            return Answer(json: "{\"resources\":{\"core\":\(core)},\"rate\":\(core)}").response
        }
    }
}
