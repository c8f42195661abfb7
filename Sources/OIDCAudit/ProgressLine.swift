import AuditCore
import Crawl
import GitHubAPI
import Synchronization

/// One line on a terminal's standard error: done of total, unread, rate, time left, and what is waited for.
final class ProgressLine: Sendable {
    private struct Counts {
        /// Settled for organizations that are finished.
        var totalBefore = 0
        /// Of the organization that is being crawled, as far as is known.
        var expected = 0
        var seen = 0
        var done = 0
        var unread = 0
    }

    private let counts = Mutex(Counts())
    private let console: Console
    private let isShown: Bool
    private let clock = ContinuousClock()

    init(_ settings: ConsoleSettings, _ console: Console) {
        self.console = console
        isShown = settings.showsProgress && !settings.isQuiet && console.canShowProgress
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
                counts.unread += observations.count { if case .unreadable = $0.reading { true } else { false } }
            case .organizationFinished:
                counts.totalBefore += counts.seen
                (counts.expected, counts.seen) = (0, 0)
            case .advice, .planned, .templateRead, .pageRead:
                break
            }
        }
    }

    /// Draws until it is cancelled.
    func draw(_ github: GitHubClient) async {
        guard isShown else { return }
        let start = clock.now
        while !Task.isCancelled {
            console.show(progress: line(after: start.duration(to: clock.now), waiting: github.currentWait))
            try? await clock.sleep(for: .milliseconds(200))
        }
        console.clearProgress()
    }

    // MARK: -

    private func line(after elapsed: Duration, waiting: (message: String, remaining: Duration)?) -> String {
        let counts = counts.withLock { $0 }
        let total = counts.totalBefore + max(counts.expected, counts.seen)
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let rate = seconds > 0 ? Double(counts.done) / seconds : 0
        var parts = ["\(counts.done)/\(total) repositories"]
        if counts.unread > 0 { parts.append("\(counts.unread) unread") }
        if rate >= 1 {
            parts.append("\(Int(rate))/s")
            parts.append("\(Self.short(Double(total - counts.done) / rate)) left")
        }
        if let waiting {
            let left = Double(waiting.remaining.components.seconds + 1)
            parts.append("waiting \(Self.short(left)): \(waiting.message)")
        }
        return parts.joined(separator: " · ")
    }

    private static func short(_ seconds: Double) -> String {
        let whole = Int(max(0, seconds.rounded(.up)))
        return whole < 60
            ? "\(whole) s" : whole < 3600 ? "\(whole / 60) min" : "\(whole / 3600) h \(whole / 60 % 60) min"
    }
}
