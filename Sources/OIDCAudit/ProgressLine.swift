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
        var parts = ["\(counts.done)/\(total) repositories"]
        if counts.unreadable > 0 { parts.append("\(counts.unreadable) unreadable") }
        // The reason of a wait is worth more of the line's room than a rate that stands still.
        if let waiting, waiting.remaining > .seconds(2) {
            let left = waiting.remaining.components.seconds + 1
            let end = left < 60 ? "" : " until \(now().adding(seconds: left))"
            parts.append("waiting \(Self.short(Double(left)))\(end): \(waiting.message)")
        } else {
            if rate >= 1 {
                parts.append("\(Int(rate))/s")
                parts.append("\(Self.short(Double(total - counts.done) / rate)) left")
            }
            if let waiting { parts.append(waiting.message) }
        }
        return parts.joined(separator: " · ")
    }

    private static func short(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds.rounded(.up)))
        return whole < 60
            ? "\(whole) s" : whole < 3600 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
