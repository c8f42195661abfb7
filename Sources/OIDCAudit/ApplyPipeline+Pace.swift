import AuditCore
import GitHubAPI
import History

extension CommandContext {
    /// How long so many writes take, and then a rollback of them, after those of the last hour that the history holds.
    func estimate(
        of count: Int, _ limits: WriteLimits, apiURL: String, historyPath: String,
    ) async -> WriteEstimate {
        // Where there is no history yet, nothing was written before.
        let known = try? await withHistory(historyPath, for: .reading) {
            (history) async throws(CommandFailure) in
            try await usingHistory { () async throws(HistoryError) in
                try await earlierWrites(apiURL: apiURL, in: history)
            }
        }
        return limits.estimate(of: count, after: known ?? [])
    }

    /// How long ago the writes of the last hour were, oldest first.
    func earlierWrites(apiURL: String, in store: HistoryStore) async throws(HistoryError) -> [Duration] {
        let now = now()
        let hour = Timestamp(secondsSince1970: now.secondsSince1970 - 3601)
        return try await store.writes(apiURL: apiURL, since: hour).map { .seconds(now.seconds(since: $0)) }
    }
}

extension WriteEstimate {
    /// The `--max-wait` that lets all be written; `nil` if they are within `most`.
    func waitMax(beyond most: Duration, _ limits: WriteLimits) -> String? {
        guard duration - limits.interval * writes > most else { return nil }
        return "\(duration.components.seconds / 3600 + 1)h"
    }
}

/// How fast changes are written, what they wait for, and how far they are.
extension ApplyPipeline {
    var writeLimits: WriteLimits {
        change.pace.limits(context.writeLimits, emulatedMinute: connection.options.emulatedMinute)
    }

    /// What to say of how long so many writes take; `nil`: a moment.
    func durationInWords(of count: Int, _ kind: Changeset.Kind) async -> String? {
        let estimate = await context.estimate(of: count, writeLimits, apiURL: apiURL, historyPath: historyPath)
        guard let words = estimate.words(isRollback: kind == .rollback) else { return nil }
        let most = connection.limits.waitMax
        guard let needed = estimate.waitMax(beyond: most, writeLimits) else { return "It takes \(words)" }
        return "It takes \(words), and ends after \(most.inWords) of waiting: --max-wait \(needed) allows all of it, "
            + "and apply --continue goes on later"
    }

    /// A terminal's line shows it for as long as it lasts; a log gets it once.
    func sayWait(_ wait: RateLimitWait, _ count: ChangeCount?) {
        count?.waits(wait)
        guard !console.isQuiet, !showsProgress || count?.isDrawn != true else { return }
        context.console.note(Self.note(of: wait, at: context.now(), left: count?.left))
    }

    static func note(of wait: RateLimitWait, at now: Timestamp, left: Int?) -> String {
        "note: waiting until \(now.adding(seconds: wait.remaining.components.seconds + 1)): \(wait.message)"
            + (left.map { " (\($0) left)" } ?? "")
    }

    /// Does something, draws each second on a terminal how far it is, and says whether a rate limit holds everything back
    /// meanwhile.
    func whileSayingWaits<Value>(
        of client: GitHubClient, _ count: ChangeCount?, _ body: () async -> Value,
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
                    if showsProgress, let line = count?.line(now: context.now()) {
                        context.console.show(progress: line)
                    }
                    try? await ContinuousClock().sleep(for: .seconds(1))
                }
                context.console.clearProgress()
            }
            let value = await body()
            group.cancelAll()
            return value
        }
    }

    private var showsProgress: Bool {
        console.showsProgress && !console.isQuiet && context.console.canShowProgress
    }

    /// Says what came of a change: each of a few, and of many those that went wrong, and now and then how far it is.
    func say(_ change: PlannedChange, _ outcome: ChangeOutcome, _ count: ChangeCount) {
        let place = count.take(change, outcome)
        guard !console.isQuiet, console.isVerbose || count.isSaid(outcome, place, onTerminal: showsProgress) else {
            return
        }
        say(change, outcome, count.words(at: place))
    }

    /// - Parameter place: which of how many it is; empty if there is but one.
    func say(_ change: PlannedChange, _ outcome: ChangeOutcome, _ place: String = "") {
        guard !console.isQuiet else { return }
        context.console.note("\(place)\(change.target.name): \(outcome.sentence)")
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
