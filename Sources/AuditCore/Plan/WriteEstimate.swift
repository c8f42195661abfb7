/// How long writes take at least, at the pace that the host allows.
package struct WriteEstimate: Hashable, Sendable {
    package var writes: Int
    package var duration: Duration
    /// Of a rollback that begins when the last write is made.
    package var rollback: Duration
    /// Most writes in an hour.
    package var hourly: Int

    package init(writes: Int, duration: Duration, rollback: Duration, hourly: Int) {
        self.writes = writes
        self.duration = duration
        self.rollback = rollback
        self.hourly = hourly
    }

    /// `at least 4 min 53 s, and a rollback right after it at least 57 min (500 writes an hour)`; `nil`: a moment.
    ///
    /// - Parameter isRollback: whether the writes are a rollback themselves.
    package func words(isRollback: Bool = false) -> String? {
        let isLong = rollback >= .seconds(60) && !isRollback
        guard duration >= .seconds(3) || isLong else { return nil }
        return "at least \(duration.inWords)"
            + (isLong ? ", and a rollback right after it at least \(rollback.inWords)" : "")
            + (writes * (isLong ? 2 : 1) > hourly ? " (\(hourly) writes an hour)" : "")
    }
}
