import HTTPTypes
import Hummingbird

/// `GET /user`: whose token it is.
struct UserRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/user") { _, _ in
            guard let user = await world.file.user else {
                return Answer.error(.forbidden, "Resource not accessible by integration").response
            }
            return Answer(json: JSONBody.object([("login", JSONBody.quoted(user)), ("id", "1")])).response
        }
    }
}
