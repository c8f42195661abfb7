package import AuditCore
import Foundation

/// Reads GitHub's REST API, one request at a time. By itself it sends GET alone: writing is `GitHubWriter`'s.
package final class GitHubClient: Sendable {
    package struct Settings: Sendable {
        package var endpoint: GitHubEndpoint
        /// `nil` asks anonymously.
        package var credential: Credential?
        /// What an app's tokens may do, as far as its installations were granted it.
        package var permissions = AppPermission.reading
        /// Value of `X-GitHub-Api-Version`.
        package var apiVersion = "2022-11-28"
        /// Value of `User-Agent`.
        package var userAgent: String
        /// For one try, body included.
        package var timeout: Duration = .seconds(30)
        package var retry = RetryPolicy()
        package var limits = RateLimits()
        /// What is shared with other credentials; `nil`: nothing is.
        package var slots: RequestSlots?
        /// What is shared with other processes that use the token; `nil`: nothing is.
        package var sharedMinute: SharedMinute?
        /// Of an app: how the tokens of its installations were used before, by the organization's login in lower case. What
        /// the limits say of a use before is the app's own.
        package var installationUses: [String: UseBefore] = [:]

        package init(endpoint: GitHubEndpoint, credential: Credential?, userAgent: String) {
            self.endpoint = endpoint
            self.credential = credential
            self.userAgent = userAgent
        }

        package init(endpoint: GitHubEndpoint, token: AccessToken?, userAgent: String) {
            self.init(endpoint: endpoint, credential: token.map(Credential.token), userAgent: userAgent)
        }
    }

    package let endpoint: GitHubEndpoint
    let settings: Settings
    /// Who speaks in its requests.
    let authority: Authority
    let transport: any Transport
    let clock: any Clock<Duration>
    let elapsed: @Sendable () -> Duration
    let now: @Sendable () -> Timestamp
    let governor: RateGovernor
    private let headers: [(name: String, value: String)]
    /// Of an app: the clients of its installations.
    let installations = InstallationClients()

    /// - Parameters:
    ///   - clock: what waits are measured with.
    ///   - now: the calendar's time, for answers that carry none.
    package init<C: Clock>(
        _ settings: Settings, transport: any Transport, clock: C, now: @escaping @Sendable () -> Timestamp,
    ) where C.Duration == Duration {
        self.settings = settings
        self.endpoint = settings.endpoint
        self.authority = Authority(settings.credential)
        self.transport = transport
        self.clock = clock
        let start = clock.now
        self.elapsed = { start.duration(to: clock.now) }
        self.now = now
        // A wrong key is presented once, however many organizations are looked up at once.
        self.governor =
            if case .app(let app) = authority {
                // Its few requests come before all others: one that hangs, as of one installation, must delay no other.
                RateGovernor(settings.limits, beginsAlone: !app.isAccepted, calendar: now)
            } else {
                RateGovernor(
                    settings.limits, slots: settings.slots, sharedMinute: settings.sharedMinute, calendar: now)
            }
        self.headers = Self.headers(settings, authority)
    }

    /// The client of an app's installation: limits of its own, and the same wire and clocks.
    ///
    /// - Parameter use: how the installation's tokens were used before, where that is known.
    init(of app: GitHubClient, _ token: InstallationToken, usedBefore use: UseBefore? = nil) {
        var settings = app.settings
        settings.limits.isPacedEvenly = use?.isPacedEvenly ?? false
        settings.limits.spentBefore = use?.spent
        self.settings = settings
        endpoint = app.endpoint
        authority = .installation(token)
        transport = app.transport
        clock = app.clock
        elapsed = app.elapsed
        now = app.now
        governor = RateGovernor(settings.limits, slots: settings.slots, calendar: app.now)
        headers = Self.headers(settings, authority)
    }

    private static func headers(_ settings: Settings, _ authority: Authority) -> [(name: String, value: String)] {
        var headers = [
            (name: "Accept", value: "application/vnd.github+json"),
            (name: "X-GitHub-Api-Version", value: settings.apiVersion),
            (name: "User-Agent", value: settings.userAgent),
        ]
        if case .token(let token) = authority { headers.append(authorization(token)) }
        return headers
    }

    private static func authorization(_ token: AccessToken) -> (name: String, value: String) {
        (name: "Authorization", value: "Bearer \(token.secret)")
    }

    /// What issued the tokens that read and write; `nil` without one.
    package var tokenKind: AccessToken.Kind? { settings.credential?.tokenKind }

    /// The newest token, for cutting it out of what GitHub sends.
    var token: AccessToken? { authority.token }

    /// Where tasks that ask for very many things should run; `nil`: anywhere.
    package var executor: (any TaskExecutor)? { transport.executor }

    /// What the client keeps to.
    package var limits: RateLimits { settings.limits }

    /// What is left of the primary rate limit, as the responses said; `nil` if none did, or its window is over.
    package var rateLimitStatus: RateLimitStatus? { governor.budget(at: elapsed()) }
}

// MARK: - How it is asked

extension GitHubClient {
    private static let redirectsMax = 3

    /// One call of the API.
    private struct Call {
        var method = "GET"
        var url: String
        var validator: Validator?
        var body: [UInt8]?
        /// In points.
        var cost = 1
    }

    func get<Body: AnswerReadable>(_ path: String, as type: Body.Type) async throws(GitHubError) -> Body {
        try read(await get(url: "\(endpoint)\(path)").body, as: type)
    }

    func read<Body: AnswerReadable>(_ bytes: [UInt8], as type: Body.Type) throws(GitHubError) -> Body {
        do throws(GitHubError) {
            return try type.init(AnswerDocument(bytes))
        } catch .malformed(let why) {
            // It may quote what a server echoes.
            throw .malformed(why.harmless(without: token))
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
            switch try await answer(to: Call(url: url, validator: validator)) {
            case .success(let response):
                // A server that echoes the token must not get it into what is stored.
                let tag = response.headers["etag"].flatMap { tag in
                    token.map { $0.redacted(tag) == tag } ?? true ? tag : nil
                }
                return .modified(response, validator: redirects == 0 ? tag.flatMap(Validator.init) : nil)
            case .notModified(let isPartial):
                guard validator != nil else { throw .notModifiedUnasked }
                guard isPartial else { return .notModified }
                // What is left out now was not when the validator was given: the whole response must say it.
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

    /// Sends what may be sent again after a fault; a redirect is not followed.
    func post(_ path: String, _ body: [UInt8]) async throws(GitHubError) -> APIResponse {
        switch try await answer(to: Call(method: "POST", url: "\(endpoint)\(path)", body: body, cost: 5)) {
        case .success(let response): return response
        case .redirect: throw .redirectRefused("this is not sent to another address")
        case .notModified: throw .notModifiedUnasked
        }
    }

    /// Asks until there is an answer that another try would not change.
    private func answer(to call: Call) async throws(GitHubError) -> Answer {
        var tries = 1
        while true {
            let token = try await pass(costing: call.cost)
            switch try await outcome(of: call, token) {
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
            // The governor knows when: the app's own token is signed anew and needs no time to become known, another does.
            case .notKnownYet: governor.countRetry()
            }
        }
    }

    private func request(_ call: Call, _ token: AccessToken?) -> APIRequest {
        var headers = headers
        if authority.isRenewed, let token { headers.append(Self.authorization(token)) }
        if let validator = call.validator { headers.append((name: "If-None-Match", value: validator.rawValue)) }
        if call.body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        return APIRequest(
            method: call.method, url: call.url, headers: headers, timeout: settings.timeout,
            bodyLimitBytes: APIRequest.bodyLimitMaxBytes, body: call.body)
    }

    /// Sends a change, once: after a fault nobody knows whether it was made, which only reading shows.
    ///
    /// - Returns: false if a rate limit refused it, and it was not made: time passes until it may be sent again, and
    ///   what it is to change must be looked at again.
    /// - Throws: `.redirectRefused` for a redirect, which a write never follows.
    func put(_ path: String, _ body: [UInt8]) async throws(GitHubError) -> Bool {
        let call = Call(method: "PUT", url: "\(endpoint)\(path)", body: body, cost: 5)
        let token = try await pass(costing: call.cost)
        switch try await outcome(of: call, token) {
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
    private func outcome(of call: Call, _ token: AccessToken?) async throws(GitHubError) -> Outcome {
        let request = request(call, token)
        let response: APIResponse
        do throws(TransportError) {
            response = try await send(request)
        } catch {
            let lost = error.meaning(self.token)
            governor.lose(lost.error, costing: call.cost, at: elapsed())
            guard lost.isWorthAnotherTry else { throw lost.error }
            return .fault(lost.error)
        }
        let kind = meaning(of: response, to: request)
        governor.learn(from: response.headers, kind, costing: call.cost, at: elapsed())
        switch kind {
        case .success:
            if case .app(let app) = authority { app.noteAccepted() }
            return .answer(.success(response))
        case .notModified: return .answer(.notModified(isPartial: response.isPartial))
        case .redirect(let location): return .answer(.redirect(location: location))
        case .rateLimit: return .limited
        case .serverFault(let wait): return .fault(.serverFault(status: response.status), named: wait)
        case .notKnownYet(let refusal): return .notKnownYet(refusal)
        case .refusal(let error): throw error
        }
    }

    /// Sends within what all credentials share.
    private func send(_ request: APIRequest) async throws(TransportError) -> APIResponse {
        guard let slots = settings.slots else { return try await transport.send(request) }
        guard await slots.take(left: rateLimitStatus?.remaining) else { throw .cancelled }
        defer { slots.giveBack() }
        return try await transport.send(request)
    }

    /// What an answer means to whoever speaks.
    private func meaning(of response: APIResponse, to request: APIRequest) -> AnswerKind {
        let kind = response.kind(isRead: request.method == "GET", token: token, now: now)
        guard case .refusal(let error) = kind else { return kind }
        switch (authority, error) {
        case (.app(let app), _):
            return app.meaning(of: error, response, now: now())
        case (.token(let token), .unauthorized) where token.kind == .installation:
            return governor.mayNotBeKnownYet(at: elapsed()) ? .notKnownYet(error) : kind
        case (.installation(let token), .unauthorized(let message)):
            let refusal = GitHubError.appRefused(.tokenRefused, status: 401, message)
            let isRetried =
                token.isFreshOrOver(at: elapsed()) && governor.mayNotBeKnownYet(isNew: true, at: elapsed())
            return isRetried ? .notKnownYet(refusal) : .refusal(refusal)
        default:
            return kind
        }
    }

    /// Waits for the governor's leave to send one request.
    ///
    /// - Parameter cost: points.
    /// - Returns: the token to send, as it is after the wait.
    private func pass(costing cost: Int) async throws(GitHubError) -> AccessToken? {
        // A server whose tokens end as they begin must not be asked for one after the other.
        var isRenewed = false
        while true {
            switch governor.pass(costing: cost, at: elapsed()) {
            case .open:
                guard case .installation(let token) = authority else { return authority.token(at: now()) }
                if let current = isRenewed ? token.newest : token.token(at: elapsed()) { return current }
                governor.giveBack(costing: cost)
                try await renew(token)
                isRenewed = true
            case .wait(let until): try await sleep(until - elapsed())
            case .busy(let answers):
                await governor.nextAnswer(after: answers)
                if Task.isCancelled { throw .cancelled }
            case .shut(let error): throw error
            }
        }
    }

    private func renew(_ token: InstallationToken) async throws(GitHubError) {
        do throws(GitHubError) {
            try await token.renew(at: elapsed())
        } catch {
            // Thousands of requests must not each ask for a token that they don't get.
            if error != .cancelled { governor.shut(error) }
            throw error
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
