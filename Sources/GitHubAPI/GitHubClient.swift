package import AuditCore
import Foundation

/// Reads GitHub's REST API, one request at a time. By itself it sends GET alone: writing is `GitHubWriter`'s.
package final class GitHubClient: Sendable {
    package struct Settings: Sendable {
        package var endpoint: GitHubEndpoint
        /// `nil` asks anonymously.
        package var token: AccessToken?
        /// Value of `X-GitHub-Api-Version`.
        package var apiVersion = "2022-11-28"
        /// Value of `User-Agent`.
        package var userAgent: String
        /// For one try, body included.
        package var timeout: Duration = .seconds(30)
        package var retry = RetryPolicy()
        package var limits = RateLimits()

        package init(endpoint: GitHubEndpoint, token: AccessToken?, userAgent: String) {
            self.endpoint = endpoint
            self.token = token
            self.userAgent = userAgent
        }
    }

    package let endpoint: GitHubEndpoint
    let settings: Settings
    private let transport: any Transport
    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    let now: @Sendable () -> Timestamp
    private let governor: RateGovernor
    private let headers: [(name: String, value: String)]

    /// - Parameters:
    ///   - clock: what waits are measured with.
    ///   - now: the calendar's time, for answers that carry none.
    package init<C: Clock>(
        _ settings: Settings, transport: any Transport, clock: C, now: @escaping @Sendable () -> Timestamp,
    ) where C.Duration == Duration {
        self.settings = settings
        self.endpoint = settings.endpoint
        self.transport = transport
        self.clock = clock
        let start = clock.now
        self.elapsed = { start.duration(to: clock.now) }
        self.now = now
        self.governor = RateGovernor(settings.limits, calendar: now)
        var headers = [
            (name: "Accept", value: "application/vnd.github+json"),
            (name: "X-GitHub-Api-Version", value: settings.apiVersion),
            (name: "User-Agent", value: settings.userAgent),
        ]
        if let token = settings.token { headers.append((name: "Authorization", value: "Bearer \(token.secret)")) }
        self.headers = headers
    }

    /// What issued the token; `nil` without one.
    package var tokenKind: AccessToken.Kind? { settings.token?.kind }

    /// Where tasks that ask for very many things should run; `nil`: anywhere.
    package var executor: (any TaskExecutor)? { transport.executor }

    /// What was asked so far.
    package var requestCounts: RequestCounts { governor.counts(at: elapsed()) }

    /// What the client keeps to.
    package var limits: RateLimits { settings.limits }

    /// What is left of the primary rate limit, as the answers told; `nil` where none did, or its window is over.
    package var rateLimitStatus: RateLimitStatus? { governor.budget(at: elapsed()) }

    /// Points of the last minute, where the host has limits.
    package var spentPoints: Int { governor.spentPoints(at: elapsed()) }

    /// Whether a secondary rate limit refused a request.
    package var wasRefused: Bool { governor.wasRefused }

    /// The rate limit that everything waits for now, and how long it still holds.
    package var currentWait: RateLimitWait? {
        let now = elapsed()
        return governor.note(at: now).map {
            RateLimitWait(message: $0.message, remaining: $0.until - now, isPace: $0.isPace)
        }
    }
}

// MARK: - How it is asked

extension GitHubClient {
    private static let redirectsMax = 3

    func get<Body: AnswerReadable>(_ path: String, as type: Body.Type) async throws(GitHubError) -> Body {
        try read(await get(url: "\(endpoint)\(path)").body, as: type)
    }

    func read<Body: AnswerReadable>(_ bytes: [UInt8], as type: Body.Type) throws(GitHubError) -> Body {
        do throws(GitHubError) {
            return try type.init(AnswerDocument(bytes))
        } catch .malformed(let why) {
            // It may quote what a server echoes.
            throw .malformed(why.harmless(without: settings.token))
        }
    }

    func refuseNull(in texts: [String]) throws(GitHubError) {
        guard !texts.contains(where: \.holdsNull) else { throw .malformed("a text holds the character U+0000") }
    }

    /// Fetches one address, following redirects within the origin.
    ///
    /// - Parameter check: throws where a redirect's target must not be read.
    func get(
        url: String, checking check: (String) async throws(GitHubError) -> Void = { _ in },
    ) async throws(GitHubError) -> APIResponse {
        guard case .modified(let response, _) = try await get(url: url, unless: nil, checking: check) else {
            throw .notModifiedUnasked
        }
        return response
    }

    /// Fetches one address unless what a validator stands for is still so.
    ///
    /// - Returns: with an answer that was redirected there is no validator: it would be another address's.
    func get(
        url: String, unless validator: Validator?,
        checking check: (String) async throws(GitHubError) -> Void = { _ in },
    ) async throws(GitHubError) -> Conditional<APIResponse> {
        var url = url
        var validator = validator
        for redirects in 0...Self.redirectsMax {
            switch try await answer(url: url, validator) {
            case .success(let response):
                // A server that echoes the token must not get it into what is stored.
                let tag = response.headers["etag"].flatMap { tag in
                    settings.token.map { $0.redacted(tag) == tag } ?? true ? tag : nil
                }
                return .modified(response, validator: redirects == 0 ? tag.flatMap(Validator.init) : nil)
            case .notModified(let isPartial):
                guard validator != nil else { throw .notModifiedUnasked }
                guard isPartial else { return .notModified }
                // What is left out now was not when the validator was given: the whole answer must tell.
                validator = nil
            case .redirect(let location):
                guard let location else { throw .redirectRefused("it does not name an address") }
                guard let target = endpoint.resolve(location, against: url) else {
                    throw .redirectRefused("it leads away from \(endpoint.origin), or to no whole address")
                }
                try await check(target)
                url = target
                validator = nil
            }
        }
        throw .redirectRefused("more than \(Self.redirectsMax) in a row")
    }

    private enum Answer {
        case success(APIResponse)
        case notModified(isPartial: Bool)
        case redirect(location: String?)
    }

    /// Asks until there is an answer that another try would not change.
    private func answer(url: String, _ validator: Validator?) async throws(GitHubError) -> Answer {
        var request = APIRequest(
            method: "GET", url: url, headers: headers, timeout: settings.timeout,
            bodyLimitBytes: APIRequest.bodyLimitMaxBytes)
        if let validator { request.headers.append((name: "If-None-Match", value: validator.rawValue)) }
        var tries = 1
        while true {
            try await pass(costing: 1)
            switch try await outcome(request) {
            case .answer(let answer): return answer
            // No try: GitHub said when to come back.
            case .limited: continue
            case .fault(let fault, let named):
                guard tries < settings.retry.attemptsMax else { throw fault }
                var random = SystemRandomNumberGenerator()
                if let named { governor.leaveAlone(for: named, at: elapsed(), "\(fault)") }
                try await sleep(settings.retry.delay(afterAttempt: tries, using: &random))
                governor.countRetry()
                tries += 1
            case .notKnownYet:
                try await sleep(Self.freshTokenPause)
                governor.countRetry()
            }
        }
    }

    /// Between tries of a token that GitHub may not know yet.
    private static let freshTokenPause: Duration = .seconds(1)

    /// Sends a change, once: after a fault nobody knows whether it was made, which only reading tells.
    ///
    /// - Returns: false where a rate limit refused it, and it was not made: time passes until it may be sent again, and
    ///   what it is to change must be looked at again.
    /// - Throws: `.redirectRefused` for a redirect, which a write never follows.
    func put(_ path: String, _ body: [UInt8]) async throws(GitHubError) -> Bool {
        let headers = headers + [(name: "Content-Type", value: "application/json")]
        let request = APIRequest(
            method: "PUT", url: "\(endpoint)\(path)", headers: headers, timeout: settings.timeout,
            bodyLimitBytes: APIRequest.bodyLimitMaxBytes, body: body)
        try await pass(costing: 5)
        switch try await outcome(request) {
        case .answer(.success): return true
        case .answer(.redirect): throw .redirectRefused("a change is not sent to another address")
        case .answer(.notModified): throw .notModifiedUnasked
        case .limited: return false
        case .fault(let fault, _): throw fault
        case .notKnownYet(let refusal): throw refusal
        }
    }

    /// Time since the client was made, and a wait; for what paces writes.
    var elapsedTime: Duration { elapsed() }

    /// The calendar's time after a while, in whole seconds that are over then.
    func calendarTime(in duration: Duration) -> Timestamp { now().adding(seconds: duration.components.seconds + 1) }

    func wait(until moment: Duration) async throws(GitHubError) {
        try await sleep(moment - elapsed())
    }

    private enum Outcome {
        case answer(Answer)
        case limited
        /// Worth another try.
        ///
        /// - Parameter named: how long the server asks to be left alone.
        case fault(GitHubError, named: Duration? = nil)
        case notKnownYet(GitHubError)
    }

    /// Asks once.
    ///
    /// - Throws: what another try would not change.
    private func outcome(_ request: APIRequest) async throws(GitHubError) -> Outcome {
        let response: APIResponse
        do throws(TransportError) {
            response = try await transport.send(request)
        } catch {
            let lost = error.meaning(settings.token)
            governor.lose(lost.error, at: elapsed())
            guard lost.isWorthAnotherTry else { throw lost.error }
            return .fault(lost.error)
        }
        var kind = response.kind(token: settings.token, now: now)
        if case .refusal(.unauthorized(let message)) = kind, settings.token?.kind == .installation,
            governor.mayNotBeKnownYet(at: elapsed())
        {
            kind = .notKnownYet(.unauthorized(message))
        }
        governor.learn(from: response.headers, kind, at: elapsed())
        switch kind {
        case .success: return .answer(.success(response))
        case .notModified: return .answer(.notModified(isPartial: response.isPartial))
        case .redirect(let location): return .answer(.redirect(location: location))
        case .rateLimit: return .limited
        case .serverFault(let wait): return .fault(.serverFault(status: response.status), named: wait)
        case .notKnownYet(let refusal): return .notKnownYet(refusal)
        case .refusal(let error): throw error
        }
    }

    /// Waits for the governor's leave to send one request.
    ///
    /// - Parameter cost: points.
    private func pass(costing cost: Int) async throws(GitHubError) {
        while true {
            switch governor.pass(costing: cost, at: elapsed()) {
            case .open: return
            case .wait(let until): try await sleep(until - elapsed())
            case .busy(let answers):
                await governor.nextAnswer(after: answers)
                if Task.isCancelled { throw .cancelled }
            case .shut(let error): throw error
            }
        }
    }

    private func sleep(_ duration: Duration) async throws(GitHubError) {
        do {
            try await clock.sleep(for: max(duration, .zero))
        } catch {
            throw .cancelled
        }
    }
}

extension TransportError {
    /// What it means for what was asked, and whether another try may fare better.
    fileprivate func meaning(_ token: AccessToken?) -> (error: GitHubError, isWorthAnotherTry: Bool) {
        switch self {
        case .cancelled: (.cancelled, false)
        case .bodyTooLarge(let limit): (.malformed("the body is larger than \(limit) bytes"), false)
        case .timeout: (.timeout, true)
        case .proxyRefused: (.connectionLost(TransportError.proxyRefusal), false)
        case .connectionLost(let message): (.connectionLost(message.harmless(without: token)), true)
        }
    }
}
