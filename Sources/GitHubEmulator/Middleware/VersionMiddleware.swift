import HTTPTypes
import Hummingbird

/// A version of GitHub's REST API.
///
/// Source: GitHub's documentation, "API Versions" and "Breaking changes".
enum APIVersion: String, CaseIterable, Sendable {
    case first = "2022-11-28"
    case second = "2026-03-10"
}

/// Refuses versions that GitHub does not have, and adds what every answer bears.
struct VersionMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: EmulatorContext,
        next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        var context = context
        var response: Response
        let asked = request.headers[.xGithubApiVersion]
        if let version = asked.map(APIVersion.init) ?? .first {
            context.version = version
            response = try await next(request, context)
            response.headers[.xGithubApiVersionSelected] = version.rawValue
        } else {
            response = Answer.unsupported(asked ?? "").response
        }
        response.headers[.xGithubMediaType] = "github.v3; format=json"
        response.headers[.xGithubRequestId] = Self.id(context.arrival.number)
        return response
    }

    /// In GitHub's form, of the request's number.
    private static func id(_ number: Int) -> String {
        let digits = String(number, radix: 16, uppercase: true)
        return "0A00:" + String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}

extension Answer {
    /// Observed in 2026: its `errors` is a text and no list.
    fileprivate static func unsupported(_ version: String) -> Answer {
        Answer(
            .badRequest,
            json: JSONBody.object([
                ("message", JSONBody.quoted("\(version) is not a supported version.")),
                ("errors", JSONBody.quoted("\(version) is not a supported version.")),
                ("documentation_url", "\"https://docs.github.com/rest\""), ("status", "\"400\""),
            ]))
    }
}
