/// The primary rate limit of a credential.
public struct RateLimitStatus: Hashable, Sendable {
    /// Requests in one window, which for GitHub is an hour.
    public var limit: Int
    public var remaining: Int
    /// By the machine's clock, whatever the host's says.
    public var resetsAt: Timestamp

    public init(limit: Int, remaining: Int, resetsAt: Timestamp) {
        self.limit = limit
        self.remaining = remaining
        self.resetsAt = resetsAt
    }
}
