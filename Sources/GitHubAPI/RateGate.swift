import AuditCore
import Synchronization

/// The door that every request of one credential passes: it keeps to the points of a minute where the host has limits,
/// closes while a rate limit holds, and for good after a 401.
///
/// A lock and not an actor: each request passes it, and a hop would cost more than what it guards.
final class RateGate: Sendable {
    enum Passage: Hashable {
        case open
        /// Closed until then; come back and ask again.
        case wait(until: Duration)
        case shut(GitHubError)
    }

    private struct State {
        var closedUntil: Duration = .zero
        /// Refusals in a row that named no time.
        var unnamedRefusals = 0
        var shut: GitHubError?
        var counts = RequestCounts()
        var note: WaitNote?
        /// `nil` until an answer shows that the host has limits.
        var minute: SlidingMinute?
    }

    private let state = Mutex(State())
    private let waitMax: Duration
    private let pointsPerMinute: Int

    /// - Parameters:
    ///   - waitMax: longest total time that limits may hold everything back.
    ///   - pointsPerMinute: most points in any minute, where the host turns out to have limits.
    init(waitMax: Duration, pointsPerMinute: Int) {
        self.waitMax = waitMax
        self.pointsPerMinute = pointsPerMinute
    }

    /// What was asked so far; of a wait that still holds, what has passed.
    func counts(at now: Duration) -> RequestCounts {
        state.withLock { state in
            var counts = state.counts
            counts.waited -= max(.zero, state.closedUntil - now)
            return counts
        }
    }

    /// What everything waits for at this moment, if anything.
    func note(at now: Duration) -> WaitNote? {
        state.withLock { $0.closedUntil > now ? $0.note : nil }
    }

    /// Asks to send one request; counts it where the door is open.
    ///
    /// - Parameter now: time since a fixed moment; likewise in all calls.
    func pass(at now: Duration) -> Passage {
        state.withLock { state in
            if let shut = state.shut { return .shut(shut) }
            guard state.closedUntil <= now else { return .wait(until: state.closedUntil) }
            if let free = state.minute?.depart(at: now) {
                let why = "\(pointsPerMinute) points a minute are spent"
                hold(&state, until: free, at: now, why)
                return state.shut.map { .shut($0) } ?? .wait(until: free)
            }
            state.counts.sent += 1
            return .open
        }
    }

    /// Learns from an answer whether the host has rate limits; an Enterprise Server by default has none, and says so by
    /// leaving out the header.
    func learn(_ headers: HeaderFields, at now: Duration) {
        state.withLock { state in
            guard state.minute == nil, headers["x-ratelimit-limit"] != nil else { return }
            var minute = SlidingMinute(limit: pointsPerMinute)
            // What was sent before, which is the first request and few others, counts too.
            for _ in 0..<min(state.counts.sent, pointsPerMinute) { _ = minute.depart(at: now) }
            state.minute = minute
        }
    }

    func countRetry() {
        state.withLock { $0.counts.retried += 1 }
    }

    /// Learns that GitHub answered without a rate limit.
    func succeed() {
        state.withLock { $0.unnamedRefusals = 0 }
    }

    /// Closes the door for as long as a refusal asks.
    func refuse(_ refusal: RateLimitRefusal, at now: Duration) {
        state.withLock { state in
            state.counts.retried += 1
            let wait: Duration
            if let named = refusal.wait {
                wait = max(named, .seconds(1))
            } else if state.closedUntil > now {
                // One of many that were in flight together: the first has closed the door for all.
                return
            } else {
                wait = .seconds(60) * (1 << min(state.unnamedRefusals, 10))
                state.unnamedRefusals += 1
            }
            hold(&state, until: max(state.closedUntil, now + wait), at: now, refusal.message)
        }
    }

    /// Closes the door for a while, or for good where that would be longer than allowed.
    private func hold(_ state: inout State, until: Duration, at now: Duration, _ message: String) {
        let added = until - max(state.closedUntil, now)
        guard state.counts.waited + added <= waitMax else {
            state.shut = state.shut ?? .rateLimited("\(message); the wait would be longer than allowed")
            return
        }
        state.counts.waited += added
        state.closedUntil = until
        state.note = WaitNote(until: until, message: message)
    }

    /// Closes the door for good: GitHub locks an account out after several refused logins.
    func shut(_ error: GitHubError) {
        state.withLock { $0.shut = $0.shut ?? error }
    }
}

/// A wait for a rate limit, for a progress line.
struct WaitNote: Hashable, Sendable {
    /// End of the wait, on the client's own clock.
    let until: Duration
    let message: String
}
