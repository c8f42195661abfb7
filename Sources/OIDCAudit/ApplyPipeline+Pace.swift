import AuditCore
import GitHubAPI
import History
import Synchronization

/// How long writes take, what they wait for, and how far they are.
extension ApplyPipeline {
    /// How long ago the writes of the last hour were, oldest first.
    func earlierWrites(in store: HistoryStore) async throws(HistoryError) -> [Duration] {
        let now = context.now()
        let hour = Timestamp(secondsSince1970: now.secondsSince1970 - 3601)
        return try await store.writes(apiURL: apiURL, since: hour).map { .seconds(now.seconds(since: $0)) }
    }

    /// What to say of how long so many writes take; `nil` where that is not a time.
    func leastDuration(of count: Int) async -> String? {
        var before: [Duration] = []
        // Where there is no history yet, nothing was written before.
        let known = try? await context.withHistory(historyPath, for: .reading) {
            (history) async throws(CommandFailure) in
            try await usingHistory { () async throws(HistoryError) in try await earlierWrites(in: history) }
        }
        if let known { before = known }
        let duration = context.writeLimits.leastDuration(of: count, after: before)
        return duration < .seconds(3) ? nil : "It takes at least \(duration.inWords)"
    }

    func sayWait(_ wait: RateLimitWait, _ count: ChangeCount) {
        guard !console.isQuiet else { return }
        context.console.note(Self.note(of: wait, at: context.now(), left: count.left))
    }

    static func note(of wait: RateLimitWait, at now: Timestamp, left: Int) -> String {
        "note: waiting until \(now.adding(seconds: wait.remaining.components.seconds + 1)): \(wait.message) (\(left) left)"
    }

    /// Does something, and says each second whether a rate limit holds everything back meanwhile.
    func whileSayingWaits<Value>(
        of client: GitHubClient, _ count: ChangeCount, _ body: () async -> Value,
    ) async -> Value {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                var said = Timestamp(secondsSince1970: 0)
                while !Task.isCancelled {
                    if let wait = client.currentWait, !wait.isPace, wait.remaining > .seconds(2) {
                        let end = context.now().adding(seconds: wait.remaining.components.seconds + 1)
                        // The same wait, a second later.
                        if end.seconds(since: said) > 2 { sayWait(wait, count) }
                        said = end
                    }
                    try? await ContinuousClock().sleep(for: .seconds(1))
                }
            }
            let value = await body()
            group.cancelAll()
            return value
        }
    }
}

/// How many changes of a run are done.
final class ChangeCount: Sendable {
    private struct State {
        var targets: [PlannedChange.Target: Int] = [:]
    }

    private let total: Int
    private let state = Mutex(State())

    init(of total: Int) {
        self.total = total
    }

    /// How many have no outcome yet.
    var left: Int { state.withLock { max(0, total - $0.targets.count) } }

    /// Which of how many a change is that has an outcome, `3/40`; `nil` where there is but one.
    func place(of change: PlannedChange) -> String? {
        guard total > 1 else { return nil }
        return state.withLock { state in
            let place = state.targets[change.target] ?? state.targets.count + 1
            state.targets[change.target] = place
            return "\(place)/\(total)"
        }
    }
}

extension Changeset {
    /// The changes at these places alone.
    func only(_ places: [Int]) -> Changeset {
        var some = self
        some.plan.changes = places.map { plan.changes[$0] }
        some.entries = places.map { entries[$0] }
        return some
    }
}

extension Duration {
    /// `40 s`, `4 min 53 s`, `6 h 2 min`; whole seconds, rounded up.
    var inWords: String {
        let seconds = components.seconds + (components.attoseconds > 0 ? 1 : 0)
        if seconds < 60 { return "\(seconds) s" }
        if seconds < 3600 { return seconds % 60 == 0 ? "\(seconds / 60) min" : "\(seconds / 60) min \(seconds % 60) s" }
        return seconds / 60 % 60 == 0 ? "\(seconds / 3600) h" : "\(seconds / 3600) h \(seconds / 60 % 60) min"
    }
}
