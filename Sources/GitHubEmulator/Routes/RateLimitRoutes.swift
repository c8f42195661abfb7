import Foundation
import Hummingbird

/// `GET /rate_limit`, which costs nothing.
struct RateLimitRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/rate_limit") { request, context in
            let meter = await world.meter(of: request.headers[.authorization])
            let now = Date()
            guard let budget = await world.spend(costing: 0, of: meter, at: now) else {
                return Answer.error(.notFound, "Rate limiting is not enabled.").response
            }
            let core = text(limit: budget.limit, used: budget.used, reset: budget.reset)
            let minute = Int(now.timeIntervalSince1970) + 60
            let resources = JSONBody.object([
                ("core", core), ("search", text(limit: 30, used: 0, reset: minute)),
                ("graphql", text(limit: budget.limit, used: 0, reset: budget.reset)),
            ])
            // The second version has no `rate`.
            let rate = context.version == .first ? [("rate", core)] : []
            return Answer(json: JSONBody.object([("resources", resources)] + rate)).response
        }
    }

    private func text(limit: Int, used: Int, reset: Int) -> String {
        #"{"limit":\#(limit),"used":\#(used),"remaining":\#(limit - used),"reset":\#(reset)}"#
    }
}
