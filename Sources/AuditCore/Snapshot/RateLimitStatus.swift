/// The primary rate limit of a credential.
package struct RateLimitStatus: Hashable, Sendable {
    /// Requests in one window, which for GitHub is an hour.
    package var limit: Int
    package var remaining: Int
    /// By the machine's clock, whatever the host's says.
    package var resetsAt: Timestamp

    package init(limit: Int, remaining: Int, resetsAt: Timestamp) {
        self.limit = limit
        self.remaining = remaining
        self.resetsAt = resetsAt
    }
}
