/// What one credential may ask of a host. The defaults are GitHub's documented limits; they hold from the first answer
/// on that shows that the host has limits at all, which an Enterprise Server by default has not.
///
/// Source: GitHub's REST documentation, "Rate limits for the REST API", secondary limits.
package struct RateLimits: Hashable, Sendable {
    /// Requests in flight at once, limits or not.
    package var concurrency = 100
    /// Most points in any minute: a GET costs one, a write five.
    package var pointsPerMinute = 900
    /// How long a minute is taken to be, from the answer on: a second more than a minute. A guess, since GitHub does not say
    /// how its servers count together.
    package var minute: Duration = .seconds(61)
    /// Longest total time that limits may hold everything back.
    package var waitMax: Duration = .seconds(7200)
    /// Whether requests are spread over the minute, as after a refusal, rather than sent as fast as its points allow.
    package var isPacedEvenly = false
    /// What was spent of the last minute before the first request, as by another scan with the same token.
    package var spentBefore: SpentPoints?
    /// Whether the minute's points hold from the first request on, whatever the host says.
    package var holdsFromTheStart = false

    package struct SpentPoints: Hashable, Sendable {
        package var points: Int
        package var ago: Duration

        package init(points: Int, ago: Duration) {
            self.points = points
            self.ago = ago
        }

        /// Both together, as if all were spent when the later was.
        package func adding(_ other: SpentPoints?) -> SpentPoints {
            guard let other else { return self }
            return SpentPoints(points: points + other.points, ago: min(ago, other.ago))
        }
    }

    package init() {}
}

/// What follows for a credential from how it was used before, as by another scan.
package struct UseBefore: Hashable, Sendable {
    /// As of the limits.
    package var isPacedEvenly = false
    package var spent: RateLimits.SpentPoints?

    package init(isPacedEvenly: Bool = false, spent: RateLimits.SpentPoints? = nil) {
        self.isPacedEvenly = isPacedEvenly
        self.spent = spent
    }
}

/// How a credential was used of late.
package struct RecentUse: Hashable, Sendable {
    /// Points of the last minute, where the host has limits.
    package var spentPoints = 0
    /// Whether a secondary rate limit refused a request.
    package var wasRefused = false

    package init(spentPoints: Int = 0, wasRefused: Bool = false) {
        self.spentPoints = spentPoints
        self.wasRefused = wasRefused
    }
}

/// A rate limit that everything waits for.
package struct RateLimitWait: Hashable, Sendable {
    package var message: String
    package var remaining: Duration
    /// Whether it is the minute's points, which are waited for as a matter of course.
    package var isPace: Bool
    /// Whose limit it is, where it is of an app's installation.
    package var account: String?

    package init(message: String, remaining: Duration, isPace: Bool, account: String? = nil) {
        self.account = account
        self.message = message
        self.remaining = remaining
        self.isPace = isPace
    }
}
