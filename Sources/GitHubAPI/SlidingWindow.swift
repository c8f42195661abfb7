/// The points of the last minute, so that no minute holds more than the host allows.
///
/// An idle minute's points may be spent at once; then each request waits for points that are a minute old. That is the
/// fastest pace that no minute, wherever it begins, sees exceeded. It repeats the burst each minute: to smooth it would
/// be to wait longer than the limit asks.
struct SlidingWindow {
    private let points: Int
    private let length: Duration
    /// When each of the last points was spent, a ring of at most `points`.
    private var spent: [Duration] = []
    private var oldest = 0
    /// When the last request's turn was, where they are spread evenly.
    private var lastTurn: Duration?

    init(points: Int, length: Duration) {
        self.points = points
        self.length = length
    }

    /// How many points were spent in the minute before.
    func spent(at now: Duration) -> Int {
        spent.count { $0 + length > now }
    }

    /// When so many points are free; `nil`: they are.
    ///
    /// - Parameter cost: points; more than there are in a minute count as all of them.
    func wait(costing cost: Int, at now: Duration) -> Duration? {
        let missing = spent.count + min(cost, points) - points
        guard missing > 0 else { return nil }
        let free = spent[(oldest + missing - 1) % spent.count] + length
        return free <= now ? nil : free
    }

    /// Takes a request's turn, where they are spread evenly.
    ///
    /// - Parameter now: time since a fixed moment, never less than before.
    /// - Returns: `nil` if it is now, or when it is.
    mutating func takeTurn(costing cost: Int, at now: Duration) -> Duration? {
        let interval = length / points * min(cost, points)
        // A request that came late may be caught up with, but one only.
        let turn = lastTurn.map { max($0 + interval, now - interval) } ?? now
        guard turn <= now else { return turn }
        lastTurn = turn
        return nil
    }

    /// Counts the points of one request.
    ///
    /// - Parameter now: time since a fixed moment, never less than before.
    mutating func spend(_ cost: Int, at now: Duration) {
        for _ in 0..<min(cost, points) {
            if spent.count < points {
                spent.append(now)
            } else {
                spent[oldest] = now
                oldest = (oldest + 1) % points
            }
        }
    }
}
