import Foundation

/// What a credential has spent of its limits.
struct Meter: Sendable {
    /// Of the hour's requests.
    var used = 0
    /// `nil` begins a new window.
    var windowEnd: Date?
    /// Points of the last minute, oldest first, each with its time, and whether they made content.
    private var spent: [(at: ContinuousClock.Instant, points: Int, isContent: Bool)] = []
    private var spentStart = 0

    /// Takes one request from the hour's budget.
    mutating func spend(costing cost: Int, of limit: WorldFile.RateLimit, at now: Date) -> Budget {
        if windowEnd.map({ $0 <= now }) ?? true {
            windowEnd = now.addingTimeInterval(Double(limit.windowSeconds))
            used = 0
        }
        let isRefused = used + cost > limit.limit
        if !isRefused { used += cost }
        return Budget(
            limit: limit.limit, used: used, reset: Int((windowEnd ?? now).timeIntervalSince1970.rounded(.up)),
            isRefused: isRefused)
    }

    /// Takes a request's points from the minute's.
    ///
    /// - Parameters:
    ///   - isContent: whether it counts among the writes of a minute.
    ///   - isCrowded: whether too many requests are in flight.
    /// - Returns: when to come back where a secondary limit refuses it.
    mutating func spend(
        points: Int, isContent: Bool, of limit: WorldFile.SecondaryLimit, isCrowded: Bool,
        at now: ContinuousClock.Instant,
    ) -> Duration? {
        let window = Duration.milliseconds(limit.windowMilliseconds)
        while spentStart < spent.count, spent[spentStart].at + window <= now { spentStart += 1 }
        if spentStart > 10_000 {
            spent.removeFirst(spentStart)
            spentStart = 0
        }
        let used = spent[spentStart...].reduce(0) { $0 + $1.points }
        let writes = isContent ? spent[spentStart...].count(where: \.isContent) : 0
        guard used + points <= limit.points, writes < limit.writes, !isCrowded else {
            return spentStart < spent.count ? spent[spentStart].at + window - now : .seconds(1)
        }
        spent.append((now, points, isContent))
        return nil
    }
}

/// What is left of an hour's requests.
struct Budget: Sendable {
    var limit: Int
    var used: Int
    /// Seconds since 1970.
    var reset: Int
    var isRefused: Bool
}
