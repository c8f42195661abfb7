import HTTPTypes
import Hummingbird

/// A router that is reached below `/api/v3`, too, as the API of an Enterprise Server is.
struct ServedPaths<Routes: HTTPResponderBuilder>: HTTPResponderBuilder
where Routes.Responder.Context == EmulatorContext {
    let routes: Routes
    let scheme: String

    func buildResponder() -> Responder {
        Responder(routes: routes.buildResponder(), scheme: scheme)
    }

    struct Responder: HTTPResponder {
        let routes: Routes.Responder
        let scheme: String

        func respond(to request: Request, context: EmulatorContext) async throws -> Response {
            var context = context
            context.origin.web = "\(scheme)://\(request.head.authority ?? "localhost")"
            guard let path = request.head.path, path.hasPrefix("/api/"), let known = Self.known(path) else {
                return try await routes.respond(to: request, context: context)
            }
            context.origin.isEnterpriseServer = true
            var head = request.head
            head.path = known
            return try await routes.respond(to: Request(head: head, body: request.body), context: context)
        }

        /// The path without what stands before it on an Enterprise Server.
        private static func known(_ path: String) -> String? {
            // The one path beside the REST API's.
            if path == "/api/graphql" { return "/graphql" }
            guard path.hasPrefix(Origin.enterprisePath) else { return nil }
            let rest = path.dropFirst(Origin.enterprisePath.count)
            if rest.isEmpty || rest.hasPrefix("?") { return "/" + rest }
            return rest.hasPrefix("/") ? String(rest) : nil
        }
    }
}
