public import AuditCore
public import GitHubAPI

/// What reading an organization costs, in requests.
public struct CrawlCost: Hashable, Sendable {
    /// Where nothing is known yet.
    public var cold: Int
    /// Where nothing has changed since a credential last read everything: the others are answered "not modified", which
    /// costs nothing of the primary rate limit.
    public var warm: Int

    /// Without retries and redirects.
    ///
    /// - Parameter needs: what the policy asks for beyond listing and templates.
    public init(repositories: Int, needs: Set<RuleNeed> = []) {
        // The organization itself, and its template before and after.
        warm = 3 + (needs.contains(.includedProperties) ? 1 : 0)
        // Where the listing does not hold custom properties, their pages.
        if needs.contains(.propertyValues) { warm += Self.pages(repositories) }
        cold = warm + Self.pages(repositories) + repositories
    }

    /// Pages of a listing; one where there is nothing to list.
    static func pages(_ repositories: Int) -> Int { max(1, (repositories + 99) / 100) }
}

/// What is still to be asked of an organization, against what is left of the primary rate limit.
public struct CrawlPlan: Hashable, Sendable {
    public var login: String
    /// At most, without retries and redirects.
    public var requests: Int
    /// Of these, how many cost nothing where their answer has not changed.
    public var conditional: Int
    public var budget: RateLimitStatus

    /// Whether what is left can't be enough.
    public var isShort: Bool { charged > budget.remaining }

    /// The least time that the limits make it take.
    public func leastDuration(_ limits: RateLimits, now: Timestamp) -> Duration {
        limits.leastDuration(requests: requests, charged: charged, budget, now: now)
    }

    private var charged: Int { max(0, requests - conditional) }
}

extension RateLimits {
    /// The least time that as many requests take: a minute's points are spent at once, and then a minute is waited;
    /// likewise with the window of the primary limit, which for GitHub is an hour.
    ///
    /// - Parameter charged: requests that count against the primary limit.
    func leastDuration(requests: Int, charged: Int, _ budget: RateLimitStatus, now: Timestamp) -> Duration {
        let turns =
            isPacedEvenly ? Double(requests) / Double(pointsPerMinute) : Double(max(0, requests - 1) / pointsPerMinute)
        let minutes = minute * turns
        guard charged > budget.remaining, budget.limit > 0 else { return minutes }
        let windows = (charged - budget.remaining - 1) / budget.limit
        return max(minutes, .seconds(max(0, budget.resetsAt.seconds(since: now))) + .seconds(3600) * windows)
    }
}
