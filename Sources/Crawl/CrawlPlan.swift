public import AuditCore

/// What reading an organization costs, in requests.
public struct CrawlCost: Hashable, Sendable {
    /// Where nothing is known yet.
    public var cold: Int
    /// Where nothing has changed since a credential last read everything: the others are answered "not modified", which
    /// costs nothing of the primary rate limit.
    public var warm: Int

    /// - Parameter extra: requests that the policy needs beyond listing and templates.
    public init(repositories: Int, extra: Int = 0) {
        // The organization itself, and its template before and after.
        warm = 3 + extra
        cold = warm + Self.pages(repositories) + repositories
    }

    /// Pages of a listing; one where there is nothing to list.
    static func pages(_ repositories: Int) -> Int { max(1, (repositories + 99) / 100) }
}

/// What is still to be asked of an organization, against what is left of the primary rate limit.
public struct CrawlPlan: Hashable, Sendable {
    public var login: String
    /// At most.
    public var requests: Int
    /// Of these, how many cost nothing where their answer has not changed.
    public var conditional: Int
    public var budget: RateLimitStatus

    /// Whether what is left can't be enough.
    public var isShort: Bool { requests - conditional > budget.remaining }
}
