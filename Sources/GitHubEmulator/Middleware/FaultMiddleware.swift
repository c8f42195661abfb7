import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// Counts requests, delays them, and harms those that the world's faults choose.
struct FaultMiddleware: RouterMiddleware {
    let world: World

    func handle(
        _ request: Request, context: EmulatorContext,
        next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        let arrival = NIODeadline.now()
        let line = "\(request.method.rawValue) \(request.uri.string)"
        var context = context
        context.arrival = await world.begin(line, path: request.uri.path, request.headers)
        let latency = context.arrival.latencyMilliseconds
        do {
            let response =
                if let fault = context.arrival.fault {
                    try await answer(fault, request, context, next)
                } else {
                    try await next(request, context)
                }
            // From the request to its answer, as a network has it, whatever making the answer took. The event loop wakes
            // nobody else for it, and is never late by a tenth of the time, as the language's own timers may be.
            if latency > 0 {
                let wait = context.channel.eventLoop.scheduleTask(deadline: arrival + .milliseconds(Int64(latency))) {}
                try await withTaskCancellationHandler {
                    try await wait.futureResult.get()
                } onCancel: {
                    wait.cancel()
                }
            }
            await world.end()
            return response
        } catch {
            await world.end()
            throw error
        }
    }

    // MARK: -

    private func answer(
        _ fault: WorldFile.Fault, _ request: Request, _ context: EmulatorContext,
        _ next: (Request, EmulatorContext) async throws -> Response,
    ) async throws -> Response {
        let status = HTTPResponse.Status(code: fault.status ?? 500)
        switch fault.kind {
        case .status:
            return Answer.error(status, status.reasonPhrase).response
        case .echo:
            return Answer.error(status, "You sent \(request.headers[.authorization] ?? "nothing")").response
        case .html:
            return Answer(status, json: "<html><body><h1>\(status.code)</h1></body></html>")
                .header(.contentType, "text/html").response
        case .reset:
            try await context.reset()
            return Answer.error(.badGateway, "never sent").response
        case .truncate:
            return broken(after: "{\"use_default\": tr", contentLength: 4096, context)
        case .lostAnswer:
            _ = try await next(request, context)
            try await context.reset()
            return Answer.error(.badGateway, "never sent").response
        case .silence:
            _ = try await next(request, context)
            try await Task.sleep(for: .seconds(86_400))
            return Answer.error(.gatewayTimeout, "never sent").response
        case .hang:
            try await Task.sleep(for: .seconds(86_400))
            return Answer.error(.gatewayTimeout, "never sent").response
        case .drip:
            return drip()
        case .malformed:
            return Answer(json: "{\"use_default\": tr").response
        case .errorDocument:
            return Answer(json: "{\"message\":\"Server Error\"}").response
        case .huge:
            return huge()
        case .body:
            return Answer(fault.status.map { .init(code: $0) } ?? .ok, json: fault.body ?? "").response
        case .primaryLimit, .secondaryLimit:
            return limit(fault)
        case .redirect:
            return RepositoryPlace.redirect(to: fault.location ?? "/").response
        case .link:
            var response = try await next(request, context)
            response.headers[.link] = fault.location
            return response
        case .partialResults:
            var response = try await next(request, context)
            response.headers[.xGithubSSO] = "partial-results; organizations=21955855"
            return response
        }
    }

    private func limit(_ fault: WorldFile.Fault) -> Response {
        let status = HTTPResponse.Status(code: fault.status ?? 403)
        let isPrimary = fault.kind == .primaryLimit
        var answer = Answer.error(
            status,
            isPrimary ? "API rate limit exceeded for user ID 1." : "You have exceeded a secondary rate limit.",
            documentation: isPrimary
                ? "/overview/rate-limits-for-the-rest-api"
                : "/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits")
        if let seconds = fault.retryAfterSeconds { answer.headers[.retryAfter] = "\(seconds)" }
        if let seconds = fault.resetInSeconds {
            answer.headers[.xRatelimitRemaining] = "0"
            answer.headers[.xRatelimitReset] = "\(Int(Date().timeIntervalSince1970) + seconds)"
        }
        return answer.response
    }

    /// A body that promises more than it holds before the connection breaks.
    private func broken(after start: String, contentLength: Int, _ context: EmulatorContext) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(contentLength: contentLength) { writer in
                try await writer.write(ByteBuffer(string: start))
                try await context.reset()
            })
    }

    private func drip() -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(contentLength: 3600) { writer in
                for _ in 0..<3600 {
                    try await writer.write(ByteBuffer(string: " "))
                    try await Task.sleep(for: .seconds(1))
                }
                try await writer.finish(nil)
            })
    }

    private func huge() -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: ResponseBody(contentLength: 64 << 20) { writer in
                let piece = ByteBuffer(repeating: UInt8(ascii: " "), count: 1 << 20)
                for _ in 0..<64 { try await writer.write(piece) }
                try await writer.finish(nil)
            })
    }
}
