import AuditCore
import Crawl
import Foundation
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
    ) async throws(CommandFailure) -> (report: AuditReport, advice: [Advice]) {
        try await context.withHistory(settings.historyPath, for: .making, saying: settings.console) {
            history throws(CommandFailure) in
            try await usingHistory { () async throws(HistoryError) in
                try await audit(into: history, until: stopRequests)
            }
        }
    }

    private func audit(
        into history: HistoryStore, until stopRequests: AsyncStream<ScanStop>,
    ) async throws(HistoryError) -> (report: AuditReport, advice: [Advice]) {
        let apiURL = settings.connection.endpoint.description
        let known = try await history.knownFindings(apiURL: apiURL, policyName: evaluator.policy.name)
        let compared = try await history.findingsCompared(
            with: nil, of: settings.organizations.map { OrganizationReference(login: $0.rawValue) },
            scope: settings.scope, apiURL: apiURL, policyName: evaluator.policy.name)
        let credential = try await CredentialUse(
            settings.connection, of: settings.organizations.filter { !settings.connection.isOwn($0.rawValue) },
            in: history, context)
        let recorder = try await history.beginScan(
            ScanStart(
                apiURL: apiURL, isEnterpriseServer: settings.connection.endpoint.host == .enterpriseServer,
                startedAt: context.now(), toolVersion: Tool.version,
                requested: settings.organizations.map(\.rawValue), scope: settings.scope,
                credential: credential?.stored.id,
                keepsValidators: keepsValidators),
            resuming: settings.resumes)
        sayWhatIsSpared(recorder, credential?.stored)

        var connection = credential?.paced(settings.connection, now: context.now()) ?? settings.connection
        let asksForProperties = evaluator.policy.needs.contains(.propertyValues)
        if asksForProperties { connection.permissions[.organizationCustomProperties] = .read }
        var ownUses: [CredentialUse?] = []
        for index in connection.own.indices {
            var own = connection.own[index].connection
            if asksForProperties { own.permissions[.organizationCustomProperties] = .read }
            let use = try await CredentialUse(own, of: connection.own[index].logins, in: history, context)
            connection.own[index].connection = use?.paced(own, now: context.now()) ?? own
            ownUses.append(use)
        }
        // What the client counted outlasts its connections.
        let (github, crawl) = await connection.withClients(context) { github in
            (github, await record(github, in: recorder, of: history, until: stopRequests))
        }
        if case .failure = crawl {
            // The failure itself is reported; that the scan is over is noted if the history still can.
            try? await recorder.finish(at: context.now(), stop: .historyFailed, requests: github.requestCounts)
        }
        let (stop, advice) = try crawl.get()
        try await credential?.note(github.standard, in: history, now: context.now())
        for (use, one) in zip(ownUses, connection.own) {
            try await use?.note(github.client(for: one.logins[0]), in: history, now: context.now())
        }

        for trouble in ([connection] + connection.own.map(\.connection)).compactMap(\.sharedMinute?.trouble)
        where !settings.console.isQuiet {
            context.console.note("note: other runs with this token were not reckoned with: \(trouble)")
        }
        try await recorder.finish(at: context.now(), stop: stop, requests: github.requestCounts)
        var snapshot = try await history.snapshot(of: recorder.scanID)
        sayNewNames(in: snapshot)
        var report = evaluator.evaluate(snapshot, known: known, before: compared)
        guard stop == nil else {
            // Nothing can be resumed or reported of it, so its number would lead nowhere.
            if recorder.resumedFrom == nil,
                snapshot.organizations.allSatisfy({ $0.id == nil && $0.repositories.isEmpty })
            {
                try await recorder.discard()
                report.scanID = nil
            }
            report.history = await context.past(of: report, for: settings.reports, in: history)
            return (report, advice)
        }
        let unknown = try await neverFound(in: snapshot, history)
        sayNeverFound(unknown, snapshot, try await history.organizations(apiURL: apiURL).map(\.login))
        guard unknown.isEmpty || unknown.count < snapshot.organizations.count else {
            try await recorder.discard()
            report.scanID = nil
            report.history = await context.past(of: report, for: settings.reports, in: history)
            return (report, advice)
        }
        do throws(HistoryError) {
            var stored = report
            if !unknown.isEmpty {
                // What is reported is not what is kept: the scan would be the latest of nothing.
                try await recorder.forget(unknown)
                stored = evaluator.evaluate(
                    try await history.snapshot(of: recorder.scanID), known: known, before: compared)
            }
            report.digest = try await recorder.seal(stored, judgedBy: settings.judging.texts)
            for (source, members) in settings.sources {
                guard let credential = settings.connection.credential else { break }
                try await source.note(members, with: credential, apiURL: apiURL, in: history)
            }
            report.history = await context.past(of: report, for: settings.reports, in: history)
            return (report, advice)
        } catch {
            // What was found must still be reported, as incomplete: it is not in the history for good.
            context.console.fail(CommandFailure(error), settings.console)
            snapshot.stop = .historyFailed
            report = evaluator.evaluate(snapshot, known: known, before: compared)
            report.history = await context.past(of: report, for: settings.reports, in: history)
            return (report, advice)
        }
    }

    /// The report of a scan that could not even begin, or whose history failed: nothing was read, nothing is known.
    func emptyReport(_ stop: ScanStop?, _ why: String) -> AuditReport {
        let now = context.now()
        let reason = UnreadableReason(.notRead, why)
        let snapshot = Snapshot(
            scanID: nil, apiURL: settings.connection.endpoint.description,
            isEnterpriseServer: settings.connection.endpoint.host == .enterpriseServer, startedAt: now,
            finishedAt: now, stop: stop, requests: RequestCounts(), scope: settings.scope,
            organizations: settings.organizations.map { login in
                OrganizationSnapshot(
                    login: login.rawValue, id: nil, template: .unreadable(reason),
                    listing: Listing(status: .partial, listed: 0, expected: nil, error: why, failure: reason.code),
                    repositories: [])
            })
        return evaluator.evaluate(snapshot)
    }

    // MARK: -

    private var keepsValidators: Bool { settings.connection.credential?.tokenKind.isShortLived == false }

    /// Why a crawl stopped early, or `nil`, and what it advised.
    private typealias CrawlEnd = (stop: ScanStop?, advice: [Advice])

    /// Crawls, and stores each batch as it comes.
    private func record(
        _ github: GitHubClients, in recorder: ScanRecorder, of history: HistoryStore,
        until stopRequests: AsyncStream<ScanStop>,
    ) async -> Result<CrawlEnd, HistoryError> {
        let organizations: [OrganizationLogin]
        do throws(HistoryError) {
            organizations = try await history.leastRecentlyFound(
                settings.organizations.map(\.rawValue), apiURL: settings.connection.endpoint.description
            ).compactMap(OrganizationLogin.init)
        } catch {
            return .failure(error)
        }
        let (events, feed) = AsyncStream.makeStream(of: CrawlEvent.self)
        let progress = ProgressLine(settings.console, context, organizations: organizations.count)
        return await withTaskGroup(of: Result<ScanStop?, HistoryError>.self) { group in
            group.addTask {
                defer { feed.finish() }
                let began = ContinuousClock.now
                let end = await crawl(organizations, github, in: recorder, of: history, until: stopRequests) {
                    feed.yield($0)
                }
                if settings.console.isVerbose {
                    context.console.note(
                        "\(github.requestCounts.sent) requests in \((ContinuousClock.now - began).secondsText)")
                }
                return end
            }
            group.addTask {
                await progress.draw(github)
                return .success(nil)
            }
            var advice: [Advice] = []
            do throws(HistoryError) {
                for await event in events {
                    progress.take(event)
                    if let said = Advice(event), !advice.contains(said) { advice.append(said) }
                    try await record(event, in: recorder, github)
                }
                group.cancelAll()
                var stop: ScanStop?
                for await ended in group {
                    let result = try ended.get()
                    stop = stop ?? result
                }
                return .success((stop, advice))
            } catch {
                group.cancelAll()
                return .failure(error)
            }
        }
    }

    private func record(
        _ event: CrawlEvent, in recorder: ScanRecorder, _ github: GitHubClients,
    ) async throws(HistoryError) {
        switch event {
        case .advice, .hint:
            break
        case .organizationFound(let id, let login, let count):
            guard settings.console.isVerbose else { return }
            context.console.note(
                "\(login): id \(id.rawValue), \(count.map { "\($0)" } ?? "unknown number of") repositories")
        case .planned(let plan):
            say(plan, github.standard.limits)
        case .templateRead(let template, let organization):
            try await recorder.begin(with: template, of: organization)
        case .pageRead(let page, let organization):
            await recorder.note(page, of: organization)
        case .observations(let observations, let organization):
            try await recorder.record(observations, of: organization, wasRefused: github.standard.ownUse.wasRefused)
        case .organizationFinished(let organization):
            try await recorder.record(organization)
        }
    }

    /// Crawls until it is done or somebody asks to stop; then nothing more is asked, and what was observed is reported.
    private func crawl(
        _ organizations: [OrganizationLogin], _ github: GitHubClients, in recorder: ScanRecorder,
        of history: HistoryStore, until stopRequests: AsyncStream<ScanStop>,
        emit: @escaping @Sendable (CrawlEvent) -> Void,
    ) async -> Result<ScanStop?, HistoryError> {
        enum Ending {
            case crawled(Result<ScanStop?, HistoryError>)
            case asked(ScanStop?)
        }
        let crawler = Crawler(
            clients: github, limits: CrawlLimits(concurrency: settings.connection.limits.concurrency),
            scope: settings.scope, needs: evaluator.policy.needs, now: context.now)
        return await withTaskGroup(of: Ending.self) { race in
            race.addTask {
                do throws(HistoryError) {
                    let stop = try await crawler.crawl(
                        organizations,
                        begin: { account, withLastReads throws(HistoryError) in
                            try await sayWhetherClocksDisagree(on: account, recorder, history)
                            return try await recorder.begin(
                                account.id, login: account.login.rawValue, withLastReads: withLastReads,
                                keepsValidators: !settings.connection.isOwn(account.login.rawValue))
                        }, emit: emit)
                    return .crawled(.success(stop))
                } catch {
                    return .crawled(.failure(error))
                }
            }
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
                case .crawled(let result):
                    race.cancelAll()
                    return result.map { asked ?? $0 }
                }
            }
            return .success(asked)
        }
    }

    // MARK: - What a person should know before the crawl

    private func sayWhatIsSpared(_ recorder: ScanRecorder, _ credential: StoredCredential?) {
        guard !settings.console.isQuiet else { return }
        if let began = recorder.resumedFrom {
            context.console.note("note: resuming scan #\(recorder.scanID.rawValue), which began at \(began)")
        } else if let why = recorder.notResumed {
            let reason =
                switch why {
                case .none: "there is no interrupted scan to resume"
                case .otherScope(let scan): "scan #\(scan.rawValue) has another scope and can't be resumed"
                case .overtaken(let scan, let younger):
                    "scan #\(scan.rawValue) can't be resumed since scan #\(younger.rawValue) began"
                }
            context.console.note("note: \(reason): a new scan begins")
        }
        if credential?.isNewcomer == true, keepsValidators {
            context.console.note(
                "note: new token or API version: this scan reads everything in full")
        }
    }

    /// Logins of organizations that neither this scan nor an earlier one found, by GitHub's own word: a name may be misspelled.
    private func neverFound(in snapshot: Snapshot, _ history: HistoryStore) async throws(HistoryError) -> [String] {
        let logins = snapshot.organizations.filter { $0.id == nil && $0.listing.failure == .notFound }.map(\.login)
        guard !logins.isEmpty else { return [] }
        return try await history.organizations(named: logins, apiURL: snapshot.apiURL)
            .filter { $0.reference.id == nil }.map(\.asked)
    }

    /// - Parameter known: logins of organizations that scans found.
    private func sayNeverFound(_ logins: [String], _ snapshot: Snapshot, _ known: [String]) {
        guard !logins.isEmpty, !settings.console.isQuiet else { return }
        let isAll = logins.count == snapshot.organizations.count
        let known = known + snapshot.organizations.filter { $0.id != nil }.map(\.login)
        let nearest = logins.compactMap { NearestWord.nearest(to: $0, among: known) }.first
        context.console.note(
            "note: no scan ever found \(logins.joined(separator: ", ")) at \(snapshot.apiURL), so "
                + (isAll ? "this scan is not stored" : "the scan is stored without it")
                + (nearest.map { "; did you mean \($0)?" } ?? ""))
    }

    /// Warns of renamed and taken-over organizations on standard error too, since not everybody reads the report.
    private func sayNewNames(in snapshot: Snapshot) {
        for organization in snapshot.organizations {
            if let takeover = organization.takeover { context.console.note("warning: \(takeover)") }
            guard !settings.console.isQuiet else { continue }
            for renaming in organization.renamings { context.console.note("warning: \(renaming)") }
        }
    }

    /// The chain decides which scan is the latest. But with a wrong clock, a query by date finds the wrong scan.
    private func sayWhetherClocksDisagree(
        on account: OrganizationAccount, _ recorder: ScanRecorder, _ history: HistoryStore,
    ) async throws(HistoryError) {
        let apiURL = settings.connection.endpoint.description
        guard !settings.console.isQuiet,
            let last = try await history.lastScan(
                of: OrganizationReference(login: account.login.rawValue, id: account.id), apiURL: apiURL),
            last.startedAt > recorder.startedAt
        else { return }
        context.console.note(
            "warning: by its clock this scan begins at \(recorder.startedAt), before #\(last.id.rawValue) of "
                + "\(account.login), which began at \(last.startedAt): one of the clocks is wrong")
    }

    /// Reports how far the scan gets within the rate limits, if they delay it.
    private func say(_ plan: CrawlPlan, _ limits: RateLimits) {
        guard plan.isShort || plan.isTooLong ? !settings.console.isQuiet : settings.console.isVerbose else { return }
        let now = context.now()
        let end = now.adding(seconds: plan.leastDuration.components.seconds + 1)
        var words = "\(plan.login) needs up to \(plan.requests) requests"
        if let budget = plan.budget {
            words += "; \(budget.remaining) of \(budget.limit) are left"
            // Ignore a reset time more than a day away: the server's clock is wrong.
            if (0...86_400).contains(budget.resetsAt.seconds(since: now)) { words += " until \(budget.resetsAt)" }
        }
        context.console.note("note: \(words)")
        if plan.isShort {
            context.console.note("note: the rest is read from then on, by \(end) at the earliest")
        } else if plan.isTooLong {
            context.console.note("note: at \(limits.pointsPerMinute) points a minute that takes until \(end)")
        }
        if plan.isTooLong {
            context.console.note(
                "note: --max-wait is shorter: the scan may end incomplete; --resume continues it")
        }
    }
}

extension CommandContext {
    /// What the history holds about earlier scans. The report is written without it if the history can't be read.
    func past(of report: AuditReport, for reports: ReportSettings, in history: HistoryStore) async -> ReportHistory? {
        do throws(HistoryError) {
            return try await history.history(of: report, holding: reports.historyParts)
        } catch {
            console.note("warning: the report has no earlier scans: \(error)")
            return nil
        }
    }

    /// What came before a scan that could not begin or be kept; `nil` if the history can't be read, which is then said
    /// already, or there is none.
    func past(of report: AuditReport, for settings: Settings) async -> ReportHistory? {
        let parts = settings.reports.historyParts
        guard !parts.isEmpty, FileManager.default.fileExists(atPath: settings.historyPath) else { return nil }
        do throws(CommandFailure) {
            return try await withHistory(settings.historyPath, for: .reading) { history throws(CommandFailure) in
                try await usingHistory { () async throws(HistoryError) in
                    try await history.history(of: report, holding: parts)
                }
            }
        } catch {
            return nil
        }
    }
}
