public import AuditCore
import Synchronization

/// Changes templates: the two writing calls of the API, sent one after another and as slowly as GitHub asks.
///
/// Only what applies a plan makes one.
public final class GitHubWriter: Sendable {
    private let client: GitHubClient
    private let pace: Mutex<WritePace>

    /// - Parameter before: how long ago earlier writes of this credential were sent, oldest first.
    public init(_ client: GitHubClient, limits: WriteLimits = WriteLimits(), after before: [Duration] = []) {
        self.client = client
        let now = client.elapsedTime
        // A clock that was set back must not hold anything up.
        pace = Mutex(WritePace(limits, after: before.map { now - max($0, .zero) }))
    }

    /// Waits until the next write may be sent. What is to be written is read after it, not before.
    ///
    /// - Parameters:
    ///   - attention: how long it waits before it looks again whether to give up.
    ///   - givesUp: whether nothing more is to be sent.
    /// - Returns: false where it gave up; no turn was taken then.
    public func takeTurn(
        attention: Duration = .seconds(1), unless givesUp: () -> Bool = { false },
    ) async throws(GitHubError) -> Bool {
        while !givesUp() {
            // A rate limit of all requests; what is read before the write would wait for it, deaf to who gives up.
            if let limit = client.currentWait, limit.remaining > .zero {
                try await client.wait(until: client.elapsedTime + min(limit.remaining, attention))
                continue
            }
            guard let turn = pace.withLock({ $0.depart(at: client.elapsedTime) }) else { return true }
            try await client.wait(until: min(turn, client.elapsedTime + attention))
        }
        return false
    }

    /// Sets an organization's template. A turn was taken before.
    ///
    /// - Returns: false where a rate limit refused it, and nothing was done.
    /// - Parameter useImmutableSubject: `nil` leaves it out; GitHub does not say what it then does.
    /// - Throws: `.timeout`, `.connectionLost` and `.serverFault` where it is not known whether it was done.
    /// - SeeAlso: `PUT /orgs/{org}/actions/oidc/customization/sub`
    public func setTemplate(
        of login: OrganizationLogin, to template: SubjectTemplate, useImmutableSubject: Bool?,
    ) async throws(GitHubError) -> Bool {
        try await put(
            "/orgs/\(login)/actions/oidc/customization/sub",
            Wire.TemplateChange(
                useDefault: nil, includeClaimKeys: template.keys.map(\.rawValue),
                useImmutableSubject: useImmutableSubject))
    }

    /// Sets a repository's setting, all its fields but the prefix, which GitHub computes. A turn was taken before.
    ///
    /// - Returns: as above.
    /// - Throws: as above; `.redirectRefused` where the repository has another name by now.
    /// - SeeAlso: `PUT /repos/{owner}/{repo}/actions/oidc/customization/sub`
    public func setSetting(
        of owner: String, _ name: String, to setting: RepositorySetting,
    ) async throws(GitHubError) -> Bool {
        try await put(
            "/repos/\(owner.pathEncoded)/\(name.pathEncoded)/actions/oidc/customization/sub",
            Wire.TemplateChange(
                useDefault: setting.useDefault, includeClaimKeys: setting.includeClaimKeys?.map(\.rawValue),
                useImmutableSubject: setting.useImmutableSubject))
    }

    // MARK: -

    private func put(_ path: String, _ change: Wire.TemplateChange) async throws(GitHubError) -> Bool {
        try await client.put(path, change.json)
    }
}

/// How fast a credential may write.
///
/// Source: GitHub's REST documentation, best practices (a second between writes) and secondary rate limits (about 80
/// content-generating requests a minute and 500 an hour; whether these writes are among them is not documented).
public struct WriteLimits: Hashable, Sendable {
    public var interval: Duration = .seconds(1)
    public var minutely = 80
    /// As a minute is taken to be: a second more, since GitHub counts arrivals.
    public var minute: Duration = .seconds(61)
    public var hourly = 500
    public var hour: Duration = .seconds(3601)

    public init() {}
}

/// When the next write may be sent.
struct WritePace {
    private let limits: WriteLimits
    private var minute: SlidingMinute
    private var hour: SlidingMinute
    private var last: Duration?

    /// - Parameter before: when earlier writes were sent.
    init(_ limits: WriteLimits, after before: [Duration]) {
        self.limits = limits
        minute = SlidingMinute(points: limits.minutely, length: limits.minute)
        hour = SlidingMinute(points: limits.hourly, length: limits.hour)
        for moment in before.sorted() {
            _ = minute.depart(costing: 1, evenly: false, at: moment)
            _ = hour.depart(costing: 1, evenly: false, at: moment)
            last = moment
        }
    }

    /// Takes the next turn.
    ///
    /// - Returns: `nil` where it is now, or when it may be.
    mutating func depart(at now: Duration) -> Duration? {
        if let last, last + limits.interval > now { return last + limits.interval }
        // Both must allow it before either counts it.
        var nextMinute = minute
        if let free = nextMinute.depart(costing: 1, evenly: false, at: now) { return free }
        if let free = hour.depart(costing: 1, evenly: false, at: now) { return free }
        minute = nextMinute
        last = now
        return nil
    }
}
