/// The requests of the last minute, so that no minute holds more than GitHub allows.
///
/// Source: GitHub's secondary rate limits: 900 points a minute for REST, of which a GET costs one. An idle minute's
/// points may be spent at once; then each request waits for the one that is so many back to be a minute old.
struct SlidingMinute {
    /// A minute, and a second for what the network delays: GitHub counts arrivals, and this counts departures.
    static let length: Duration = .seconds(61)

    let limit: Int
    /// Departures of the last requests, a ring of at most `limit`.
    private var departures: [Duration] = []
    private var oldest = 0

    init(limit: Int) {
        self.limit = limit
    }

    /// Takes a place for one request.
    ///
    /// - Parameter now: time since a fixed moment, never less than before.
    /// - Returns: `nil` where it may depart now, or when one may.
    mutating func depart(at now: Duration) -> Duration? {
        guard departures.count == limit else {
            departures.append(now)
            return nil
        }
        let free = departures[oldest] + Self.length
        guard free <= now else { return free }
        departures[oldest] = now
        oldest = (oldest + 1) % limit
        return nil
    }
}
