import HTTPTypes
import Hummingbird

/// Answers what no route does: unknown paths and methods, paths that end in a slash, and bodies beyond every limit.
struct PathMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: EmulatorContext,
        next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        // The router passes over it; GitHub's documentation, "Troubleshooting", has a 404 for it.
        if request.uri.path.count > 1, request.uri.path.hasSuffix("/") { return Answer.notFound.response }
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            return Answer.notFound.response
        } catch let error as HTTPError {
            return Answer.error(error.status, error.status.reasonPhrase).response
        }
    }
}
