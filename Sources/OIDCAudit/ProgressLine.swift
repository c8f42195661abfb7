import AuditCore
import Crawl
import GitHubAPI
import Synchronization

/// One line on a terminal's standard error: done of total, unreadable, rate, time left, and what is waited for.
final class ProgressLine: Sendable {
    private struct Counts {
        /// Settled for organizations that are finished.
        var totalBefore = 0
        /// Of the organization that is being crawled, as far as is known.
        var expected = 0
        var seen = 0
        var done = 0
        var unreadable = 0
    }

    private let counts = Mutex(Counts())
    private let console: Console
    private let isShown: Bool
    private let isQuiet: Bool
    private let clock = ContinuousClock()
    private let now: @Sendable () -> Timestamp

    init(_ settings: ConsoleSettings, _ context: CommandContext) {
        console = context.console
        now = context.now
        isShown = settings.showsProgress && !settings.isQuiet && console.canShowProgress
        isQuiet = settings.isQuiet
    }

    func take(_ event: CrawlEvent) {
        guard isShown else { return }
        counts.withLock { counts in
            switch event {
            case .organizationFound(_, _, let count):
                counts.expected = count ?? 0
                counts.seen = 0
            case .observations(let observations, _):
                counts.seen += observations.count
                counts.done += observations.count
                counts.unreadable += observations.count { if case .unreadable = $0.reading { true } else { false } }
            case .organizationFinished:
                counts.totalBefore += counts.seen
                (counts.expected, counts.seen) = (0, 0)
            case .advice, .planned, .templateRead, .pageRead:
                break
            }
        }
    }

    /// Draws until it is cancelled. Where there is no terminal, it says no more than what long waits are for.
    func draw(_ github: GitHubClient) async {
        guard isShown else { return await sayWaits(github) }
        let start = clock.now
        while !Task.isCancelled {
            console.show(progress: line(after: start.duration(to: clock.now), waiting: github.currentWait))
            try? await clock.sleep(for: .milliseconds(200))
        }
        console.clearProgress()
    }

    private func sayWaits(_ github: GitHubClient) async {
        guard !isQuiet else { return }
        var said = Timestamp(secondsSince1970: 0)
        while !Task.isCancelled {
            if let wait = github.currentWait, !wait.isPace {
                let end = now().adding(seconds: wait.remaining.components.seconds + 1)
                // The same wait, a second later.
                if end.seconds(since: said) > 2 {
                    console.note("note: waiting until \(end): \(wait.message)")
                    said = end
                }
            }
            try? await clock.sleep(for: .seconds(1))
        }
    }

    // MARK: -

    private func line(after elapsed: Duration, waiting: RateLimitWait?) -> String {
        let counts = counts.withLock { $0 }
        let total = counts.totalBefore + max(counts.expected, counts.seen)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let rate = seconds > 0 ? Double(counts.done) / seconds : 0
        // Nothing is worth more of the line's room than the reason of a wait, and its end.
        if let waiting, waiting.remaining > .seconds(2) {
            return Self.line(done: counts.done, of: total, waiting, now: now())
        }
        var parts = ["\(counts.done)/\(total) repositories"]
        if counts.unreadable > 0 { parts.append("\(counts.unreadable) unreadable") }
        if rate >= 1 {
            parts.append("\(Int(rate))/s")
            parts.append("\(Self.short(Double(total - counts.done) / rate)) left")
        }
        if let waiting { parts.append(waiting.message) }
        return parts.joined(separator: " · ")
    }

    /// Fits 80 columns with a hundred thousand repositories.
    static func line(done: Int, of total: Int, _ waiting: RateLimitWait, now: Timestamp) -> String {
        let left = waiting.remaining.components.seconds + 1
        // Hours and minutes, in UTC: the day is plain from how long it takes.
        let end = left < 60 ? "" : " to \(now.adding(seconds: left).description.dropFirst(11).prefix(5))Z"
        return "\(done)/\(total) · wait \(short(Double(left)))\(end): \(waiting.message)"
    }

    private static func short(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds.rounded(.up)))
        return whole < 60
            ? "\(whole) s" : whole < 3600 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
