package import AuditCore
import GitHubAPI

/// What reading an organization costs, in requests.
package struct CrawlCost: Hashable, Sendable {
    /// Where nothing is known yet.
    package var cold: Int
    /// Where nothing has changed since a credential last read everything: the others are answered "not modified", which
    /// costs nothing of the primary rate limit.
    package var warm: Int

    /// Without retries and redirects.
    ///
    /// - Parameters:
    ///   - areNamed: whether the repositories are asked for one by one, in the place of pages.
    ///   - needs: what the policy asks for beyond listing and templates.
    package init(repositories: Int, areNamed: Bool = false, needs: Set<RuleNeed> = []) {
        // The organization itself, and its template before and after.
        warm = 3 + (needs.contains(.includedProperties) ? 1 : 0)
        // Where the listing does not hold custom properties, their pages.
        if needs.contains(.propertyValues) { warm += Self.pages(repositories) }
        cold = warm + (areNamed ? repositories : Self.pages(repositories)) + repositories
    }

    /// Pages of a listing; one where there is nothing to list.
    static func pages(_ repositories: Int) -> Int { max(1, (repositories + 99) / 100) }
}

/// What is still to be asked of an organization, against what the limits allow.
package struct CrawlPlan: Hashable, Sendable {
    package var login: String
    /// At most, without retries and redirects.
    package var requests: Int
    /// What is left of the primary rate limit; `nil` if no response said.
    package var budget: RateLimitStatus?
    /// Whether what is left of the primary rate limit can't be enough.
    package var isShort: Bool
    /// The least time that the limits make it take.
    package var leastDuration: Duration
    /// Whether that is longer than may be waited.
    package var isTooLong: Bool

    /// - Parameter conditional: of the requests, how many cost nothing where their answer has not changed.
    init(
        login: String, requests: Int, conditional: Int = 0, budget: RateLimitStatus?, limits: RateLimits, now: Timestamp,
    ) {
        self.login = login
        self.requests = requests
        self.budget = budget
        let charged = max(0, requests - conditional)
        isShort = budget.map { charged > $0.remaining } ?? false
        leastDuration = limits.leastDuration(requests: requests, charged: charged, budget, now: now)
        isTooLong = leastDuration > limits.waitMax
    }
}

extension RateLimits {
    /// The least time that as many requests take: a minute's points are spent at once, and then a minute is waited;
    /// likewise with the window of the primary limit, which for GitHub is an hour.
    ///
    /// - Parameters:
    ///   - charged: requests that count against the primary limit.
    ///   - budget: `nil` if the host reported no limits, so that none hold but those that hold from the start.
    func leastDuration(requests: Int, charged: Int, _ budget: RateLimitStatus?, now: Timestamp) -> Duration {
        guard budget != nil || holdsFromTheStart || isPacedEvenly else { return .zero }
        let turns =
            isPacedEvenly ? Double(requests) / Double(pointsPerMinute) : Double(max(0, requests - 1) / pointsPerMinute)
        let minutes = minute * turns
        guard let budget, charged > budget.remaining, budget.limit > 0 else { return minutes }
        let windows = (charged - budget.remaining - 1) / budget.limit
        // What lies beyond a year is not a time of GitHub's.
        let untilReset = min(max(0, budget.resetsAt.seconds(since: now)), 31_536_000)
        return max(minutes, .seconds(untilReset) + .seconds(3600) * windows)
    }
}
