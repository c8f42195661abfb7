import AuditCore
import Crawl
import GitHubAPI
import History

/// A scan from its settings to its report: crawl, remember, judge.
struct Pipeline {
    let settings: Settings
    let evaluator: Evaluator
    let context: CommandContext

    /// Runs the scan. A scan that is stopped early leaves an unsealed row in the history and an incomplete report.
    ///
    /// - Returns: the report, and what a person should know of this night beside it.
    func audit(
        until stopRequests: AsyncStream<ScanStop>,
    ) async throws(HistoryError) -> (report: AuditReport, advice: [String]) {
        let history = try HistoryStore(path: settings.historyPath)
        let known = try await history.openFindings(
            apiURL: settings.endpoint.description, policyName: evaluator.policy.name)
        let recorder = try await history.beginScan(
            ScanStart(
                apiURL: settings.endpoint.description,
                isEnterpriseServer: settings.endpoint.host == .enterpriseServer, startedAt: context.now(),
                toolVersion: Tool.version, requested: settings.organizations.map(\.rawValue), scope: settings.scope))

        let transport = HTTPTransport(connectionsMax: settings.concurrency)
        let github = GitHubClient(clientSettings, transport: transport, clock: .continuous, now: context.now)
        let crawl: Result<CrawlEnd, HistoryError> = await record(github, in: recorder, until: stopRequests)
        await transport.shutDown()
        if case .failure = crawl {
            // The failure itself is told; that the scan is over is noted if the history still can.
            try? await recorder.finish(at: context.now(), stop: .historyFailed, requests: github.requestCounts)
        }
        let (stop, advice) = try crawl.get()

        try await recorder.finish(at: context.now(), stop: stop, requests: github.requestCounts)
        var snapshot = try await history.snapshot(of: recorder.scanID)
        let report = evaluator.evaluate(snapshot, known: known)
        guard stop == nil else { return (report, advice) }
        do throws(HistoryError) {
            try await recorder.seal(report)
            return (report, advice)
        } catch {
            // What was found must still be told, as incomplete: it is not in the history for good.
            context.console.fail(CommandFailure(error), settings.console)
            snapshot.stop = .historyFailed
            return (evaluator.evaluate(snapshot, known: known), advice)
        }
    }

    /// The report of a scan that could not even begin, or whose history failed: nothing was read, nothing is known.
    func emptyReport(_ stop: ScanStop, _ why: String) -> AuditReport {
        let now = context.now()
        let reason = UnreadableReason(.notRead, why)
        let snapshot = Snapshot(
            scanID: nil, apiURL: settings.endpoint.description,
            isEnterpriseServer: settings.endpoint.host == .enterpriseServer, startedAt: now, finishedAt: now,
            stop: stop, requests: RequestCounts(), scope: settings.scope,
            organizations: settings.organizations.map { login in
                OrganizationSnapshot(
                    login: login.rawValue, id: nil, template: .unreadable(reason),
                    listing: Listing(status: .partial, listed: 0, expected: nil, error: why, failure: reason.code),
                    repositories: [])
            })
        return evaluator.evaluate(snapshot)
    }

    // MARK: -

    private var clientSettings: GitHubClient.Settings {
        var client = GitHubClient.Settings(
            endpoint: settings.endpoint, token: settings.token, userAgent: "\(Tool.name)/\(Tool.version)")
        client.apiVersion = settings.apiVersion
        client.timeout = context.requestTimeout
        client.retry = context.retry
        client.waitMax = settings.waitMax
        client.pointsPerMinute = settings.pointsPerMinute
        return client
    }

    /// Why a crawl stopped early, or `nil`, and what it advised.
    private typealias CrawlEnd = (stop: ScanStop?, advice: [String])

    /// Crawls, and stores each batch as it comes.
    private func record(
        _ github: GitHubClient, in recorder: ScanRecorder, until stopRequests: AsyncStream<ScanStop>,
    ) async -> Result<CrawlEnd, HistoryError> {
        let (events, feed) = AsyncStream.makeStream(of: CrawlEvent.self)
        let progress = ProgressLine(settings.console, context.console)
        return await withTaskGroup(of: ScanStop?.self) { group in
            group.addTask {
                defer { feed.finish() }
                return await crawl(github, until: stopRequests) { feed.yield($0) }
            }
            group.addTask {
                await progress.draw(github)
                return nil
            }
            var advice: [String] = []
            do throws(HistoryError) {
                for await event in events {
                    progress.take(event)
                    if case .advice(let text) = event, !advice.contains(text) { advice.append(text) }
                    try await record(event, in: recorder)
                }
            } catch {
                group.cancelAll()
                return .failure(error)
            }
            group.cancelAll()
            var stop: ScanStop?
            for await ended in group { stop = stop ?? ended }
            return .success((stop, advice))
        }
    }

    private func record(_ event: CrawlEvent, in recorder: ScanRecorder) async throws(HistoryError) {
        switch event {
        case .advice:
            break
        case .organizationFound(let id, let login, let count):
            try await recorder.begin(id, login: login)
            guard settings.console.isVerbose else { return }
            context.console.note(
                "\(login): id \(id.rawValue), \(count.map { "\($0)" } ?? "unknown number of") repositories")
        case .observations(let observations, let organization):
            try await recorder.record(observations, of: organization)
        case .organizationFinished(let organization):
            try await recorder.record(organization)
        }
    }

    /// Crawls until it is done or somebody asks to stop; then nothing more is asked, and what was observed is told.
    private func crawl(
        _ github: GitHubClient, until stopRequests: AsyncStream<ScanStop>,
        tell: @escaping @Sendable (CrawlEvent) -> Void,
    ) async -> ScanStop? {
        enum Ending {
            case crawled(ScanStop?)
            case asked(ScanStop?)
        }
        let crawler = Crawler(
            github: github, limits: CrawlLimits(concurrency: settings.concurrency), scope: settings.scope,
            needs: evaluator.policy.needs, now: context.now)
        return await withTaskGroup(of: Ending.self) { race in
            race.addTask { .crawled(await crawler.crawl(settings.organizations, tell: tell)) }
            race.addTask {
                for await stop in stopRequests {
                    context.stopHeard()
                    return .asked(stop)
                }
                return .asked(nil)
            }
            var asked: ScanStop?
            while let ending = await race.next() {
                switch ending {
                case .asked(let stop?):
                    asked = stop
                    race.cancelAll()
                case .asked(nil): break
                case .crawled(let stop):
                    race.cancelAll()
                    return asked ?? stop
                }
            }
            return asked
        }
    }
}
