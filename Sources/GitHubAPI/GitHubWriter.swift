package import AuditCore
import Synchronization

/// Changes templates: the two writing calls of the API, sent one after another and as slowly as GitHub asks.
///
/// Only what applies a plan makes one.
package final class GitHubWriter: Sendable {
    private let client: GitHubClient
    private let pace: Mutex<WritePace>
    private let waitMax: Duration
    private let waited = Mutex(Duration.zero)

    /// - Parameters:
    ///   - before: how long ago earlier writes of this credential were sent, oldest first.
    ///   - waitMax: longest total wait for the writes of a minute and of an hour.
    package init(
        _ client: GitHubClient, limits: WriteLimits = WriteLimits(), after before: [Duration] = [],
        waitMax: Duration = RateLimits().waitMax,
    ) {
        self.client = client
        self.waitMax = waitMax
        let now = client.elapsedTime
        // A clock that was set back must not hold anything up.
        pace = Mutex(WritePace(limits, after: before.map { now - max($0, .zero) }))
    }

    /// Waits until the next write may be sent. What is to be written is read after it, not before.
    ///
    /// - Parameters:
    ///   - attention: how long it waits before it looks again whether to give up.
    ///   - givesUp: whether nothing more is to be sent.
    ///   - waiting: hears once of each wait for the writes of a minute or of an hour, before it.
    /// - Returns: false if it gave up; no turn was taken then.
    /// - Throws: `.rateLimited` where such a wait would be longer than allowed.
    package func takeTurn(
        attention: Duration = .seconds(1), unless givesUp: () -> Bool = { false },
        waiting: (RateLimitWait) -> Void = { _ in },
    ) async throws(GitHubError) -> Bool {
        var isSaid = false
        while !givesUp() {
            // A rate limit of all requests; what is read before the write would wait for it, deaf to who gives up.
            if let limit = client.currentWait, limit.remaining > .zero {
                try await client.wait(until: client.elapsedTime + min(limit.remaining, attention))
                continue
            }
            let now = client.elapsedTime
            guard let turn = pace.withLock({ $0.turn(at: now) }) else { return true }
            if let message = turn.message {
                let remaining = turn.moment - now
                guard waited.withLock({ $0 }) + remaining <= waitMax else {
                    throw .rateLimited(
                        "\(message); the wait would be longer than allowed", until: client.calendarTime(in: remaining))
                }
                if !isSaid { waiting(RateLimitWait(message: message, remaining: remaining, isPace: false)) }
                isSaid = true
            }
            try await client.wait(until: min(turn.moment, now + attention))
            if turn.message != nil { waited.withLock { $0 += client.elapsedTime - now } }
        }
        return false
    }

    /// Sets an organization's template. A turn was taken before.
    ///
    /// - Returns: false if a rate limit refused it, and nothing was done.
    /// - Parameter useImmutableSubject: `nil` leaves it out; GitHub does not say what it then does.
    /// - Throws: `.timeout`, `.connectionLost` and `.serverFault` where it is not known whether it was done.
    /// - SeeAlso: `PUT /orgs/{org}/actions/oidc/customization/sub`
    package func setTemplate(
        of login: OrganizationLogin, to template: SubjectTemplate, useImmutableSubject: Bool?,
    ) async throws(GitHubError) -> Bool {
        try await put(
            of: login.rawValue, "/orgs/\(login)/actions/oidc/customization/sub",
            Wire.TemplateChange(
                useDefault: nil, includeClaimKeys: template.keys.map(\.rawValue),
                useImmutableSubject: useImmutableSubject))
    }

    /// Sets a repository's setting, all its fields but the prefix, which GitHub computes. A turn was taken before.
    ///
    /// - Returns: as above.
    /// - Throws: as above; `.redirectRefused` where the repository has another name by now.
    /// - SeeAlso: `PUT /repos/{owner}/{repo}/actions/oidc/customization/sub`
    package func setSetting(
        of owner: String, _ name: String, to setting: RepositorySetting,
    ) async throws(GitHubError) -> Bool {
        try await put(
            of: owner, "/repos/\(owner.pathEncoded)/\(name.pathEncoded)/actions/oidc/customization/sub",
            Wire.TemplateChange(
                useDefault: setting.useDefault, includeClaimKeys: setting.includeClaimKeys?.map(\.rawValue),
                useImmutableSubject: setting.useImmutableSubject))
    }

    // MARK: -

    private func put(
        of owner: String, _ path: String, _ change: Wire.TemplateChange,
    ) async throws(GitHubError) -> Bool {
        try await client.client(for: owner).put(path, change.json)
    }
}

/// How fast a credential may write.
///
/// Source: GitHub's REST documentation, best practices (a second between writes) and secondary rate limits (about 80
/// content-generating requests a minute and 500 an hour; whether these writes are among them is not documented).
package struct WriteLimits: Hashable, Sendable {
    package var interval: Duration = .seconds(1)
    package var minutely = 80
    /// As a minute is taken to be: a second more, since GitHub counts arrivals.
    package var minute: Duration = .seconds(61)
    package var hourly = 500
    package var hour: Duration = .seconds(3601)

    package init() {}

    /// What a host allows that has other limits, or none.
    ///
    /// - Parameters:
    ///   - minutely: above 60, writes follow one another faster than once a second.
    package mutating func allow(minutely: Int?, hourly: Int?) {
        if let minutely {
            self.minutely = minutely
            interval = min(interval, .seconds(60) / minutely)
        }
        self.hourly = hourly ?? self.hourly
    }

    /// Shortens all times alike, for an emulator whose minute is shorter.
    package mutating func shorten(toMinuteOf minute: Duration) {
        interval = interval * (minute / .seconds(60))
        self.minute = minute
        hour = minute * 60
    }

    /// How long so many writes take at least.
    ///
    /// - Parameter before: how long ago earlier writes were sent.
    package func leastDuration(of count: Int, after before: [Duration] = []) -> Duration {
        estimate(of: count, after: before, withRollback: false).duration
    }

    /// How long so many writes take at least, and then a rollback of all of them.
    package func estimate(
        of count: Int, after before: [Duration] = [], withRollback: Bool = true,
    ) -> WriteEstimate {
        var pace = WritePace(self, after: before.map { .zero - max($0, .zero) })
        var now = Duration.zero
        func write() {
            for _ in 0..<count {
                while let turn = pace.turn(at: now) { now = turn.moment }
            }
        }
        write()
        let duration = now
        if withRollback { write() }
        return WriteEstimate(writes: count, duration: duration, rollback: now - duration, hourly: hourly)
    }
}

/// When the next write may be sent.
struct WritePace {
    private let limits: WriteLimits
    private var minute: SlidingWindow
    private var hour: SlidingWindow
    private var last: Duration?

    /// - Parameter before: when earlier writes were sent.
    init(_ limits: WriteLimits, after before: [Duration]) {
        self.limits = limits
        minute = SlidingWindow(points: limits.minutely, length: limits.minute)
        hour = SlidingWindow(points: limits.hourly, length: limits.hour)
        for moment in before.sorted() {
            minute.spend(1, at: moment)
            hour.spend(1, at: moment)
            last = moment
        }
    }

    struct Turn {
        let moment: Duration
        /// What it waits for; `nil` if it is the moment between any two writes.
        let message: String?
    }

    /// Takes the next turn.
    ///
    /// - Returns: `nil` if it is now, or when it may be.
    mutating func turn(at now: Duration) -> Turn? {
        if let last, last + limits.interval > now { return Turn(moment: last + limits.interval, message: nil) }
        // Both must allow it before either counts it, and the longer wait is the one to speak of.
        let waits = (minute: minute.wait(costing: 1, at: now), hour: hour.wait(costing: 1, at: now))
        if let moment = waits.hour, moment >= waits.minute ?? moment {
            return Turn(moment: moment, message: "the \(limits.hourly) writes of this hour are used")
        }
        if let moment = waits.minute {
            return Turn(moment: moment, message: "the \(limits.minutely) writes of this minute are used")
        }
        minute.spend(1, at: now)
        hour.spend(1, at: now)
        last = now
        return nil
    }
}
