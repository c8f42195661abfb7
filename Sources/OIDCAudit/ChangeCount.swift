import AuditCore
import GitHubAPI
import Synchronization

/// How many changes of a run are done, and how long the rest takes.
final class ChangeCount: Sendable {
    private struct State {
        /// Which one each was that has an outcome.
        var places: [PlannedChange.Target: Int] = [:]
        var undone: Set<PlannedChange.Target> = []
        /// Of failures that were said by name, how they went.
        var failuresSaid: Set<String> = []
        /// When each was concluded.
        var moments: [ContinuousClock.Instant] = []
        var read = 0
        var wait: (wait: RateLimitWait, end: ContinuousClock.Instant)?
        var isPaused = false
    }

    private let total: Int
    private let limits: WriteLimits
    /// How long before the start earlier writes were.
    private let before: [Duration]
    private let start = ContinuousClock.now
    private let state = Mutex(State())

    /// Whether targets are read, and none is written yet.
    private let isOfReading: Bool

    /// Of so few each is said by its name.
    static let fewMax = 20
    /// So many failures are said by their names.
    private static let failuresMax = 10

    init(
        of total: Int, _ limits: WriteLimits = WriteLimits(), after before: [Duration] = [], isOfReading: Bool = false,
    ) {
        self.total = total
        self.isOfReading = isOfReading
        self.limits = limits
        self.before = before
    }

    /// How many have no outcome yet.
    var left: Int { state.withLock { max(0, total - $0.places.count - $0.read) } }

    /// Whether a terminal shows a line of it.
    var isDrawn: Bool { total > 1 && !state.withLock { $0.isPaused } }

    /// Notes that one more target was read.
    func takeReading() { state.withLock { $0.read += 1 } }

    /// Notes what came of a change. One that a rate limit refused is tried again, and is the same change then.
    ///
    /// - Returns: which of all it is, from 1.
    func take(_ change: PlannedChange, _ outcome: ChangeOutcome) -> Int {
        state.withLock { state in
            if outcome.isDone {
                state.undone.remove(change.target)
            } else {
                state.undone.insert(change.target)
            }
            if let place = state.places[change.target] { return place }
            state.places[change.target] = state.places.count + 1
            state.moments.append(.now)
            return state.places.count
        }
    }

    /// Whether a person is to read of a change by its name.
    ///
    /// - Parameter onTerminal: whether a line shows meanwhile how far it is.
    func isSaid(_ outcome: ChangeOutcome, _ place: Int, onTerminal: Bool) -> Bool {
        guard total > Self.fewMax else { return true }
        guard outcome.isDone else {
            // The report of all names those that failed alike.
            return state.withLock { state in
                state.failuresSaid.count < Self.failuresMax && state.failuresSaid.insert(outcome.sentence).inserted
            }
        }
        return !onTerminal && (place == 1 || place == total || place % max(1, total / Self.fewMax) == 0)
    }

    /// `3/40  `; empty if there is but one.
    func words(at place: Int) -> String { total > 1 ? "\(place)/\(total)  " : "" }

    func waits(_ wait: RateLimitWait) {
        state.withLock { $0.wait = (wait, .now + wait.remaining) }
    }

    /// While a person is asked, nothing is drawn.
    func pause(_ isPaused: Bool) {
        state.withLock { $0.isPaused = isPaused }
    }

    /// What a terminal shows; `nil` if nothing is to be drawn.
    func line(now: Timestamp) -> String? {
        let state = state.withLock { $0 }
        guard !state.isPaused, total > 1 else { return nil }
        let moment = ContinuousClock.now
        let done = isOfReading ? min(state.read, total) : state.places.count
        if let waiting = state.wait, waiting.end > moment {
            var wait = waiting.wait
            wait.remaining = waiting.end - moment
            return ProgressLine.line(done: done, of: total, wait, now: now)
        }
        guard !isOfReading else { return "\(done)/\(total) read" }
        var parts = ["\(done)/\(total) changes"]
        if !state.undone.isEmpty { parts.append("\(state.undone.count) not made") }
        if done > 0, done < total { parts.append("\(timeLeft(state, moment).inWords) left") }
        return parts.joined(separator: " · ")
    }

    /// What the pace allows, or as it went so far, whichever is longer.
    private func timeLeft(_ state: State, _ moment: ContinuousClock.Instant) -> Duration {
        let left = total - state.places.count
        let elapsed = moment - start
        let least = limits.leastDuration(
            of: left, after: before.map { $0 + elapsed } + state.moments.map { moment - $0 })
        return max(least, elapsed / max(1, state.places.count) * left)
    }
}
