package import GitHubAPI
import Synchronization
package import Testing

/// A GitHub of scripted answers, by path and query. Asking for what was not scripted fails the test, and so does an
/// answer that nobody asked for.
package final class ScriptedTransport: Transport {
    package enum Answer: Sendable {
        case response(status: Int, headers: HeaderFields = [:], body: String = "")
        /// 200 with a body that need not be a text.
        case bytes([UInt8])
        case failure(TransportError)
        /// Hangs until the request is cancelled.
        case hang

        package static func ok(_ body: String, headers: HeaderFields = [:]) -> Answer {
            .response(status: 200, headers: headers, body: body)
        }
    }

    private struct State {
        var answers: [String: [Answer]]
        var requests: [APIRequest] = []
        var inFlight = 0
        var inFlightMax = 0
    }

    private let state: Mutex<State>
    private let origin: String

    /// - Parameter answers: by path and query, in the order in which they are given; one alone serves every request.
    package init(origin: String = "https://api.github.com", _ answers: [String: [Answer]]) {
        self.origin = origin
        state = Mutex(State(answers: answers))
    }

    /// Paths and queries that were asked for, in order.
    package var paths: [String] { requests.map { path($0.url) } }
    package var requests: [APIRequest] { state.withLock { $0.requests } }
    package var inFlightMax: Int { state.withLock { $0.inFlightMax } }

    package func send(_ request: APIRequest) async throws(TransportError) -> APIResponse {
        let path = path(request.url)
        let answer = state.withLock { state -> Answer? in
            state.requests.append(request)
            state.inFlight += 1
            state.inFlightMax = max(state.inFlightMax, state.inFlight)
            guard let answers = state.answers[path], let first = answers.first else { return nil }
            if answers.count > 1 { state.answers[path]?.removeFirst() }
            return first
        }
        // Lets others in, so that the width of a crawl shows.
        for _ in 0..<5 { await Task.yield() }
        defer { state.withLock { $0.inFlight -= 1 } }
        switch answer {
        case .response(let status, let headers, let body):
            return APIResponse(status: status, headers: headers, body: Array(body.utf8))
        case .bytes(let body):
            return APIResponse(status: 200, body: body)
        case .failure(let error):
            throw error
        case .hang:
            while !Task.isCancelled { await Task.yield() }
            throw .cancelled
        case nil:
            Issue.record("no answer is scripted for \(path)")
            return APIResponse(status: 404)
        }
    }

    /// Requests that have no answer yet.
    package var inFlight: Int { state.withLock { $0.inFlight } }

    /// Whether all of these were asked for.
    package func hasAsked(_ expected: [String]) -> Bool {
        Set(expected).isSubset(of: paths)
    }

    /// Fails the test where a scripted answer was never asked for.
    package func expectAllAsked(sourceLocation: SourceLocation = #_sourceLocation) {
        let asked = Set(paths)
        for (path, answers) in state.withLock({ $0.answers }) where !asked.contains(path) || answers.count > 1 {
            Issue.record("nobody asked for \(path)", sourceLocation: sourceLocation)
        }
    }

    private func path(_ url: String) -> String {
        url.hasPrefix(origin) ? String(url.dropFirst(origin.count)) : url
    }
}
