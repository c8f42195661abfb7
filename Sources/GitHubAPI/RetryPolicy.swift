/// How often a GET is tried, and how long the pauses between tries are.
package struct RetryPolicy: Sendable {
    /// Tries in all, the first one included.
    package var attemptsMax: Int
    /// Longest pause before the second try; doubles for each further one.
    package var baseDelay: Duration
    package var delayMax: Duration

    package init(attemptsMax: Int = 4, baseDelay: Duration = .milliseconds(500), delayMax: Duration = .seconds(20)) {
        self.attemptsMax = attemptsMax
        self.baseDelay = baseDelay
        self.delayMax = delayMax
    }

    /// The pause before the next try: at random between half and all of the exponential step, so that many requests
    /// that failed together don't come back together.
    ///
    /// - Parameter attempt: the try that failed, from 1.
    func delay(afterAttempt attempt: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let step = min(baseDelay * (1 << min(attempt - 1, 16)), delayMax)
        return step * Double.random(in: 0.5...1, using: &random)
    }
}
