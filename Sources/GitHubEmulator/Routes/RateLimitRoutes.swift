import Foundation
import Hummingbird

/// `GET /rate_limit`, which costs nothing.
struct RateLimitRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/rate_limit") { _, _ in
            guard let budget = await world.spend(costing: 0, at: Date()) else {
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
