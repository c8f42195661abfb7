import AuditCore
import Crawl
import GitHubAPI
import Synchronization

/// One line on a terminal's standard error: organizations where there are several, repositories done of total, unreadable,
/// rate, time left, and what is waited for.
final class ProgressLine: Sendable {
    private struct Counts {
        /// Settled for organizations that are finished, and how many these are.
        var totalBefore = 0
        var finished = 0
        /// Of the organizations that are being crawled, as far as is known.
        var open: [OrganizationID: (expected: Int, seen: Int)] = [:]
        var done = 0
        var unreadable = 0

        var total: Int { totalBefore + open.values.reduce(0) { $0 + max($1.expected, $1.seen) } }
    }

    private let counts = Mutex(Counts())
    private let console: Console
    private let isShown: Bool
    private let isQuiet: Bool
    private let organizations: Int
    private let clock = ContinuousClock()
    private let now: @Sendable () -> Timestamp

    /// - Parameter organizations: how many are read.
    init(_ settings: ConsoleSettings, _ context: CommandContext, organizations: Int = 1) {
        self.organizations = organizations
        console = context.console
        now = context.now
        isShown = settings.showsProgress && !settings.isQuiet && console.canShowProgress
        isQuiet = settings.isQuiet
    }

    func take(_ event: CrawlEvent) {
        guard isShown else { return }
        counts.withLock { counts in
            switch event {
            case .organizationFound(let id, _, let count):
                counts.open[id] = (count ?? 0, 0)
            case .observations(let observations, let id):
                counts.open[id]?.seen += observations.count
                counts.done += observations.count
                counts.unreadable += observations.count { if case .unreadable = $0.reading { true } else { false } }
            case .organizationFinished(let organization):
                counts.finished += 1
                counts.totalBefore += organization.id.flatMap { counts.open.removeValue(forKey: $0)?.seen } ?? 0
            case .advice, .hint, .planned, .templateRead, .pageRead:
                break
            }
        }
    }

    /// Draws until it is cancelled. Where there is no terminal, it says no more than what long waits are for.
    func draw(_ github: GitHubClients) async {
        guard isShown else { return await sayWaits(github) }
        let start = clock.now
        while !Task.isCancelled {
            console.show(
                progress: line(
                    after: start.duration(to: clock.now), waits: github.currentWaits, credentials: github.credentials))
            try? await clock.sleep(for: .milliseconds(200))
        }
        console.clearProgress()
    }

    private func sayWaits(_ github: GitHubClients) async {
        guard !isQuiet else { return }
        var said: [String: Timestamp] = [:]
        while !Task.isCancelled {
            for wait in github.currentWaits where !wait.isPace {
                let end = now().adding(seconds: wait.remaining.components.seconds + 1)
                let account = wait.account ?? ""
                // The same wait, a second later.
                if said[account].map({ end.seconds(since: $0) > 2 }) ?? true {
                    console.note(
                        "note: waiting until \(end): " + (account.isEmpty ? "" : "\(account): ") + wait.message)
                    said[account] = end
                }
            }
            try? await clock.sleep(for: .seconds(1))
        }
    }

    // MARK: -

    /// - Parameter credentials: how many are in use: while one of several waits, the others are busy.
    private func line(after elapsed: Duration, waits: [RateLimitWait], credentials: Int) -> String {
        let counts = counts.withLock { $0 }
        let total = counts.total
        // Where all wait, the first that ends goes on.
        let waiting = waits.count < credentials ? nil : waits.last
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
        let rate = seconds > 0 ? Double(counts.done) / seconds : 0
        // Nothing is worth more of the line's room than the reason of a wait, and its end.
        if let waiting, waiting.remaining > .seconds(2) {
            return Self.line(done: counts.done, of: total, waiting, now: now())
        }
        var parts = organizations > 1 ? ["\(counts.finished)/\(organizations) organizations"] : []
        parts.append("\(counts.done)/\(total) repositories")
        if counts.unreadable > 0 { parts.append("\(counts.unreadable) unreadable") }
        if rate >= 1 {
            parts.append("\(Int(rate))/s")
            parts.append("\(Self.short(Double(total - counts.done) / rate)) left")
        }
        if let waiting { parts.append(waiting.message) }
        let held = waits.count { $0.remaining > .seconds(2) }
        if waiting == nil, held > 0 { parts.append("\(held) organization\(held == 1 ? " waits" : "s wait")") }
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
