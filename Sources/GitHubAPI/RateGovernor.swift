import AuditCore
import Synchronization

/// The one door that every request of a credential passes. It keeps to the requests in flight, to the points of a
/// minute and to what is left of the primary limit, so that no request is refused; where one is all the same, it closes
/// for as long as GitHub asks, and for good after a 401.
///
/// A lock and not an actor: each request passes it, and a hop would cost more than what it guards.
final class RateGovernor: Sendable {
    enum Passage: Hashable {
        case open
        /// Closed until then; come back and ask again.
        case wait(until: Duration)
        /// As many requests are in flight as may be; come back after an answer.
        ///
        /// - Parameter answers: how many answers there were, for `nextAnswer`.
        case busy(answers: Int)
        case shut(GitHubError)
    }

    private struct State {
        var unanswered = 0
        /// Points of the unanswered. The host counts them when they arrive, which nobody sees: they are spent at the latest
        /// when they are answered, and a minute later for certain free.
        var unansweredPoints = 0
        /// Points of what was answered before it was known that the host has limits.
        var answeredPoints = 0
        var answers = 0
        /// Those who wait for the next answer.
        var waiting: [CheckedContinuation<Void, Never>] = []
        var closedUntil: Duration = .zero
        /// When a limit that was reached is over, as far as is known: what comes back before says nothing of it. The pace
        /// of a minute closes the door too, and is none.
        var reopensAt: Duration = .zero
        /// Times in a row that a refusal closed the door.
        var closings = 0
        /// Whether one request alone is to find out if the limit is over.
        var isProbing = false
        /// Requests that got no answer since the last one that said what is left: GitHub may have counted them.
        var lost = 0
        /// Requests since the last answer that got none; and when the first of them was given up.
        var lostInRow = 0
        /// Requests since the last one that GitHub itself answered.
        var pagesInRow = 0
        var silentSince: Duration = .zero
        var shut: GitHubError?
        /// Whether one request alone is to find out if the credential is accepted.
        var isAlone = false
        /// Whether GitHub has accepted the token.
        var isAccepted = false
        /// When a token that GitHub may not know yet was refused first since one was last accepted: until one is, one
        /// request alone finds out, from time to time. The refusals of a token that replaces it count with these, or a server
        /// that refuses every one would be asked without end.
        var refusedSince: Duration?
        /// When the next request may find out.
        var probesAt: Duration = .zero
        var counts = RequestCounts()
        var note: WaitNote?
        /// `nil` until an answer shows that the host has limits.
        var minute: SlidingWindow?
        /// `nil` until a response says it.
        var budget: PrimaryBudget?
        var isPacedEvenly: Bool
        var wasRefused = false
    }

    private let state: Mutex<State>
    private let limits: RateLimits
    /// What is shared with other credentials; `nil`: nothing is.
    private let slots: RequestSlots?
    /// The minute's points, where other processes use the same token; `nil`: nobody else is known to.
    private let sharedMinute: SharedMinute?
    /// For hosts whose answers carry no `Date`, and to know when a limit is over.
    private let calendar: @Sendable () -> Timestamp

    /// - Parameter beginsAlone: whether only one request may be in flight until one was not refused for its token.
    init(
        _ limits: RateLimits, slots: RequestSlots? = nil, sharedMinute: SharedMinute? = nil, beginsAlone: Bool = false,
        calendar: @escaping @Sendable () -> Timestamp,
    ) {
        self.limits = limits
        self.slots = slots
        self.sharedMinute = sharedMinute
        self.calendar = calendar
        var first = State(isPacedEvenly: limits.isPacedEvenly)
        first.isAlone = beginsAlone
        if limits.isPacedEvenly || limits.holdsFromTheStart { first.minute = Self.minute(limits) }
        state = Mutex(first)
    }

    // MARK: - What it knows

    /// What was asked so far; of a wait that still holds, what has passed.
    ///
    /// - Parameter now: time since a fixed moment; likewise in all calls.
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

    /// What is left of the primary limit; `nil` if no response said, or its window is over.
    func budget(at now: Duration) -> RateLimitStatus? {
        state.withLock { state in state.budget.flatMap { $0.endsAt > now ? $0.status : nil } }
    }

    /// Points of the last minute.
    func spentPoints(at now: Duration) -> Int {
        state.withLock { state in state.minute.map { $0.spent(at: now) + state.unansweredPoints } ?? 0 }
    }

    /// Whether a secondary limit refused a request.
    var wasRefused: Bool { state.withLock { $0.wasRefused } }

    /// Whether a token that was just refused may be one that GitHub does not know everywhere yet: it was never accepted,
    /// and first refused some seconds ago. The door is then closed for a moment, and opens for one request at a time.
    ///
    /// - Parameter isNew: whether it was made a moment ago for certain, so that what was accepted may be the one before.
    func mayNotBeKnownYet(isNew: Bool = false, at now: Duration) -> Bool {
        state.withLock { state in
            guard isNew || !state.isAccepted else { return false }
            let since = state.refusedSince ?? now
            state.refusedSince = since
            state.probesAt = now + Self.freshTokenPause
            return now - since < Self.freshTokenGrace
        }
    }

    private static let freshTokenGrace: Duration = .seconds(5)
    /// Between tries of a token that GitHub may not know yet.
    private static let freshTokenPause: Duration = .seconds(1)

    // MARK: - Passing

    /// Asks to send one request; counts it where the door is open.
    ///
    /// - Parameter cost: points.
    func pass(costing cost: Int, at now: Duration) -> Passage {
        state.withLock { state in
            if let shut = state.shut { return .shut(shut) }
            guard state.closedUntil <= now else { return .wait(until: state.closedUntil) }
            let share = slots.map { min(limits.concurrency, $0.share) } ?? limits.concurrency
            var width = state.isProbing || state.isAlone || state.refusedSince != nil ? 1 : share
            if let budget = state.budget, budget.endsAt > now {
                guard budget.status.remaining > 0 else {
                    state.isProbing = true
                    state.reopensAt = max(state.reopensAt, budget.endsAt)
                    return hold(
                        &state, until: budget.endsAt, at: now, "the limit of \(budget.status.limit) requests is spent")
                }
                // What is in flight may not have been counted yet.
                width = min(width, max(1, budget.status.remaining - state.lost))
            }
            guard state.unanswered < width else { return .busy(answers: state.answers) }
            if state.refusedSince != nil, state.probesAt > now { return .wait(until: state.probesAt) }
            if let wait = pace(&state, costing: cost, at: now) { return wait }
            state.unanswered += 1
            state.unansweredPoints += cost
            state.counts.sent += 1
            return .open
        }
    }

    /// What the minute's points make a request wait for; `nil`: nothing.
    private func pace(_ state: inout State, costing cost: Int, at now: Duration) -> Passage? {
        guard let minute = state.minute else { return nil }
        if state.unansweredPoints > 0, state.unansweredPoints + cost > limits.pointsPerMinute {
            return .busy(answers: state.answers)
        }
        if let free = minute.wait(costing: state.unansweredPoints + cost, at: now) {
            return hold(&state, until: free, at: now, paceMessage(state.isPacedEvenly), isPace: true)
        }
        if let wait = sharedMinute?.take(cost, of: limits.pointsPerMinute, in: limits.minute) {
            let message = "\(paceMessage(false)), by other processes too"
            return hold(&state, until: now + wait, at: now, message, isPace: true)
        }
        if state.isPacedEvenly, let turn = state.minute?.takeTurn(costing: cost, at: now) {
            sharedMinute?.giveBack(cost)
            return hold(&state, until: turn, at: now, paceMessage(state.isPacedEvenly), isPace: true)
        }
        return nil
    }

    private func paceMessage(_ isEven: Bool) -> String {
        "\(limits.pointsPerMinute) points a minute are \(isEven ? "spread evenly" : "spent")"
    }

    /// Waits for an answer to any request, or for cancellation.
    ///
    /// - Parameter answers: how many there were when the door was busy.
    func nextAnswer(after answers: Int) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    // The answer may have come in between.
                    guard state.answers == answers, !Task.isCancelled else { return true }
                    state.waiting.append(continuation)
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            state.withLock { wakeAll(&$0) }
        }
    }

    /// Takes back a request that passed and is not sent.
    func giveBack(costing cost: Int) {
        state.withLock { state in
            state.counts.sent -= 1
            state.unansweredPoints -= cost
            if state.minute != nil { sharedMinute?.giveBack(cost) }
            arrive(&state)
        }
    }

    /// Closes the door for good.
    func shut(_ error: GitHubError) {
        state.withLock { $0.shut = $0.shut ?? error }
    }

    func countRetry() {
        state.withLock { $0.counts.retried += 1 }
    }

    // MARK: - Learning

    /// Takes a request back that got no answer at all. Where none has come for a long time, whatever was asked, the door
    /// closes for good: thousands of requests that each wait for their time to be over would take the whole night.
    func lose(_ error: GitHubError, costing cost: Int, at now: Duration) {
        state.withLock { state in
            spend(&state, cost, at: now)
            state.lost += 1
            state.isAlone = false
            if state.lostInRow == 0 { state.silentSince = now }
            state.lostInRow += 1
            if state.lostInRow >= Self.lostInRowMax, now - state.silentSince >= Self.silenceMax {
                state.shut = state.shut ?? error
            }
            arrive(&state)
        }
    }

    /// Closes the door for as long as a host that fails asks for; that counts as a wait like any other.
    func leaveAlone(for wait: Duration, at now: Duration, _ message: String) {
        state.withLock { state in
            _ = hold(&state, until: max(state.closedUntil, now + wait), at: now, message, isFault: true)
        }
    }

    private static let lostInRowMax = 100
    private static let pagesInRowMax = 3
    private static let silenceMax: Duration = .seconds(60)

    /// Learns from an answer: whether the host has limits, what is left, and how long it wants to be left alone.
    func learn(from headers: HeaderFields, _ kind: AnswerKind, costing cost: Int, at now: Duration) {
        state.withLock { state in
            spend(&state, cost, at: now)
            state.lostInRow = 0
            if headers["x-ratelimit-limit"] != nil {
                startMinute(&state, at: now)
                state.lost = 0
                PrimaryBudget.learn(&state.budget, from: headers, at: now, calendar: calendar)
            }
            switch kind {
            case .rateLimit(let refusal): refuse(&state, refusal, at: now)
            // What was in flight when the door closed says nothing of what follows.
            case _ where now < state.reopensAt: break
            default:
                state.closings = 0
                state.isProbing = false
            }
            switch kind {
            case .notModified: state.counts.notModified += 1
            case .refusal(let error):
                // GitHub locks an account out after several refused logins.
                switch error {
                case .credentialRefused(let refusal, _, _) where refusal.isOfOrganization: break
                case .unauthorized, .credentialRefused: state.shut = state.shut ?? error
                case .appRefused(let refusal, _, _) where refusal.isOfCredential: state.shut = state.shut ?? error
                // One may be of a single address; what answers again and again answers everything.
                case .foreignPage(let status) where state.pagesInRow + 1 >= Self.pagesInRowMax:
                    state.shut = state.shut ?? .credentialRefused(.foreignPages, status: status, "a page, not JSON")
                default: break
                }
            case .success, .redirect, .rateLimit, .serverFault, .notKnownYet: break
            }
            if case .refusal(.foreignPage) = kind { state.pagesInRow += 1 } else { state.pagesInRow = 0 }
            switch kind {
            case .notKnownYet, .refusal(.unauthorized), .refusal(.appRefused(.signature, _, _)),
                .refusal(.appRefused(.clock, _, _)):
                break
            default: state.isAlone = false
            }
            switch kind {
            case .success, .notModified, .redirect:
                state.isAccepted = true
                state.refusedSince = nil
            case .rateLimit, .serverFault, .notKnownYet, .refusal: break
            }
            arrive(&state)
        }
    }

    // MARK: -

    /// Counts the points of a request that is over.
    private func spend(_ state: inout State, _ cost: Int, at now: Duration) {
        state.unansweredPoints -= cost
        if state.minute == nil { state.answeredPoints += cost }
        state.minute?.spend(cost, at: now)
    }

    private func arrive(_ state: inout State) {
        state.unanswered -= 1
        state.answers += 1
        wakeAll(&state)
    }

    private func wakeAll(_ state: inout State) {
        for continuation in state.waiting { continuation.resume() }
        state.waiting = []
    }

    private static func minute(_ limits: RateLimits) -> SlidingWindow {
        var minute = SlidingWindow(points: limits.pointsPerMinute, length: limits.minute)
        if let before = limits.spentBefore {
            minute.spend(max(0, before.points), at: .zero - before.ago)
        }
        return minute
    }

    /// Begins to count points, with what was answered before.
    private func startMinute(_ state: inout State, at now: Duration) {
        guard state.minute == nil else { return }
        var minute = Self.minute(limits)
        minute.spend(state.answeredPoints, at: now)
        state.minute = minute
        sharedMinute?.note(state.answeredPoints + state.unansweredPoints)
    }

    /// Closes the door for as long as a refusal asks. One by a secondary limit teaches, too: from now on requests are
    /// spread over the minute.
    private func refuse(_ state: inout State, _ refusal: RateLimitRefusal, at now: Duration) {
        state.counts.retried += 1
        if !refusal.isPrimary {
            state.isPacedEvenly = true
            state.wasRefused = true
            startMinute(&state, at: now)
        }
        state.isProbing = true
        // Of many that were in flight together, the first has closed the door for all.
        if now >= state.reopensAt {
            state.closings += 1
        } else if refusal.wait == nil {
            return
        }
        guard state.closings <= Self.closingsMax else {
            state.shut =
                state.shut
                ?? .rateLimited(
                    "\(refusal.message); refused \(Self.closingsMax) times in a row",
                    until: refusal.wait.map { moment(now + $0, at: now) })
            return
        }
        var wait = refusal.wait.map { max($0, .seconds(1)) } ?? Self.unnamedWait(closings: state.closings)
        // A time that was waited for again and again is not a time to go by.
        if state.closings > Self.namedClosingsMax {
            wait = max(wait, Self.unnamedWait(closings: state.closings - Self.namedClosingsMax))
        }
        state.reopensAt = max(state.reopensAt, now + wait)
        _ = hold(&state, until: max(state.closedUntil, now + wait), at: now, refusal.message)
    }

    private static let closingsMax = 12
    private static let namedClosingsMax = 5

    /// At least a minute, twice as long each time, as GitHub asks where it does not name a time.
    private static func unnamedWait(closings: Int) -> Duration {
        .seconds(60) * (1 << min(closings - 1, 10))
    }

    /// The calendar's time of a moment on the client's own clock, in whole seconds that are over then.
    private func moment(_ moment: Duration, at now: Duration) -> Timestamp {
        calendar().adding(seconds: (moment - now).components.seconds + 1)
    }

    /// Closes the door for a while, or for good where that would be longer than allowed.
    private func hold(
        _ state: inout State, until: Duration, at now: Duration, _ message: String, isPace: Bool = false,
        isFault: Bool = false,
    ) -> Passage {
        let added = until - max(state.closedUntil, now)
        guard state.counts.waited + added <= limits.waitMax else {
            // Whoever allows no wait at all knows why.
            let why = limits.waitMax > .zero ? "; the wait would be longer than allowed" : ""
            let end = moment(until, at: now)
            let error =
                state.shut
                ?? (isFault ? .unavailable(message + why, until: end) : .rateLimited(message + why, until: end))
            state.shut = error
            return .shut(error)
        }
        state.counts.waited += added
        state.closedUntil = until
        state.note = WaitNote(until: until, message: message, isPace: isPace)
        return .wait(until: until)
    }
}

/// A wait for a rate limit, for a progress line.
struct WaitNote: Hashable, Sendable {
    /// End of the wait, on the client's own clock.
    let until: Duration
    let message: String
    /// Whether it is the minute's points, which are waited for as a matter of course.
    let isPace: Bool
}
