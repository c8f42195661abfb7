package import AuditCore
package import GitHubAPI

/// Reads organizations through GitHub's API and reports what it met. It judges nothing and remembers nothing.
package struct Crawler: Sendable {
    private let clients: GitHubClients
    private let limits: CrawlLimits
    private let scope: Scope
    private let needs: Set<RuleNeed>
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - scope: which repositories' settings are asked for; the others are listed only.
    ///   - needs: what is asked beyond listing and templates.
    package init(
        clients: GitHubClients, limits: CrawlLimits, scope: Scope, needs: Set<RuleNeed> = [],
        now: @escaping @Sendable () -> Timestamp,
    ) {
        self.clients = clients
        self.limits = limits
        self.scope = scope
        self.needs = needs
        self.now = now
    }

    /// Crawls organizations: those of one credential one after the other, beside those of other credentials. An app has a
    /// credential in each organization. What ends one ends no other.
    ///
    /// One repository's trouble never ends a crawl: it becomes an unreadable reading. Cancellation is a normal
    /// ending: nothing more is asked, and what was observed is reported.
    ///
    /// - Parameters:
    ///   - begin: called before anything of an organization is reported but that it was found; gives what earlier reads
    ///     spare this one, with the last reads where the budget may be short. What it throws ends the crawl.
    ///   - emit: receives the events, those of an organization in order; must not block.
    /// - Returns: why the crawl stopped before its end, or `nil`. Cancellation is the caller's to name.
    package func crawl<Failure: Error>(
        _ logins: [OrganizationLogin], begin: @escaping Begin<Failure>,
        emit: @escaping @Sendable (CrawlEvent) -> Void,
    ) async throws(Failure) -> ScanStop? {
        let queues = OrganizationQueue.all(of: logins, clients)
        let crawled = CrawledOrganizations()
        let width = min(max(1, queues.count), clients.slots.count)
        clients.slots.setUsers(width)
        return try await withTaskGroup(of: Result<OrganizationQueue.End, Failure>.self) { group in
            var ends: [OrganizationQueue.End] = []
            var failure: Failure?
            var next = 0
            func startNext() {
                guard next < queues.count, failure == nil else { return }
                let queue = queues[next]
                next += 1
                group.addTask { await self.crawl(queue, crawled, begin: begin, emit: emit) }
            }
            for _ in 0..<width { startNext() }
            while let result = await group.next() {
                switch result {
                case .success(let end): ends.append(end)
                case .failure(let error):
                    failure = failure ?? error
                    group.cancelAll()
                }
                startNext()
                clients.slots.setUsers(queues.count - ends.count)
            }
            if let failure { return Result<ScanStop?, Failure>.failure(failure) }
            return .success(OrganizationQueue.stop(ends))
        }.get()
    }

    package typealias Begin<Failure: Error> =
        @Sendable (OrganizationAccount, _ withLastReads: Bool) async throws(Failure) -> PriorKnowledge

    // MARK: -

    private func crawl<Failure: Error>(
        _ queue: OrganizationQueue, _ crawled: CrawledOrganizations, begin: @escaping Begin<Failure>,
        emit: @escaping @Sendable (CrawlEvent) -> Void,
    ) async -> Result<OrganizationQueue.End, Failure> {
        var end = OrganizationQueue.End()
        for login in queue.logins {
            guard !end.isOver, !Task.isCancelled else {
                emit(.organizationFinished(.notRead(login)))
                end.note(end.stop)
                continue
            }
            do throws(Failure) {
                end.note(try await crawl(login, queue.github, crawled, begin: begin, emit: emit))
            } catch {
                return .failure(error)
            }
        }
        return .success(end)
    }

    /// - Returns: why nothing more can be asked with the organization's credential, or `nil`.
    private func crawl<Failure: Error>(
        _ login: OrganizationLogin, _ client: GitHubClient, _ crawled: CrawledOrganizations,
        begin: @escaping Begin<Failure>, emit: @escaping @Sendable (CrawlEvent) -> Void,
    ) async throws(Failure) -> ScanStop? {
        let github: GitHubClient
        let account: OrganizationAccount
        do throws(GitHubError) {
            // Alone: should the token be refused, one refusal is all that GitHub sees.
            github = try await client.client(for: login.rawValue)
            account = try await self.account(login, github)
        } catch {
            if let hint = error.hint(to: client.tokenKind) { emit(.hint(hint, of: login.rawValue)) }
            emit(.organizationFinished(.unreadable(login, error)))
            return error.stop
        }
        if !github.missingPermissions.isEmpty {
            emit(
                .advice(
                    "the app was not granted everything on \(login): \(github.missingPermissions.joined(separator: ", "))"
                ))
        }
        // Two names can lead to one.
        guard crawled.insert(account.id) else {
            emit(
                .advice(
                    login.rawValue.isExactlyIgnoringCase(account.login.rawValue)
                        ? "\(login) was crawled already, under another name that it had"
                        : "\(login) is \(account.login), which was crawled already"))
            return nil
        }
        emit(.organizationFound(account.id, login: account.login.rawValue, repositoryCount: account.repositoryCount))
        let budget = github.rateLimitStatus
        let knowledge = try await begin(account, mayEndEarly(github, account, budget))
        let crawl = OrganizationCrawl(
            account: account, tokenKind: github.tokenKind, limits: limits, scope: scope, needs: needs,
            knowledge: knowledge, budget: budget, rateLimits: github.limits, now: now())
        return await run(crawl, github, of: account, emit: emit)
    }

    /// The organization; or the user, where one of its repositories is named.
    private func account(
        _ login: OrganizationLogin, _ github: GitHubClient,
    ) async throws(GitHubError) -> OrganizationAccount {
        do throws(GitHubError) {
            return try await github.organization(login)
        } catch .notFound(let message) {
            guard scope.named.isNarrow(login.rawValue) else { throw .notFound(message) }
            do throws(GitHubError) {
                if let user = try await github.user(login) { return user }
            } catch .notFound {
                // Neither of the two is there.
            }
            throw .notFound(message)
        }
    }

    /// Whether the limits may end the crawl before all is read.
    private func mayEndEarly(
        _ github: GitHubClient, _ account: OrganizationAccount, _ budget: RateLimitStatus?,
    ) -> Bool {
        guard let count = account.repositoryCount else {
            return budget != nil || github.limits.holdsFromTheStart || github.limits.isPacedEvenly
        }
        let plan = CrawlPlan(
            login: account.login.rawValue, requests: CrawlCost(repositories: count, needs: needs).cold, budget: budget,
            limits: github.limits, now: now())
        return plan.isShort || plan.isTooLong
    }

    private func run(
        _ crawl: consuming OrganizationCrawl, _ github: GitHubClient, of account: OrganizationAccount,
        emit: @escaping @Sendable (CrawlEvent) -> Void,
    ) async -> ScanStop? {
        let outbox = ObservationBatcher(account.id, limits, emit: emit)
        let desk = CrawlQueue(crawl, outbox, now: now, emit: emit)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await outbox.flushRegularly() }
            await withTaskExecutorPreference(github.executor) { await work(at: desk, github, of: account) }
            group.cancelAll()
        }
        let (observation, stop) = desk.finish()
        emit(.organizationFinished(observation))
        return stop
    }

    private static let workersLeast = 8

    /// Asks what the desk hands out until that is nothing any more.
    private func work(at desk: CrawlQueue, _ github: GitHubClient, of account: OrganizationAccount) async {
        await withTaskGroup(of: Bool.self) { group in
            // Beside many others it has few requests in flight, and gets more as those end.
            for _ in 0..<min(limits.concurrency, max(Self.workersLeast, clients.slots.share)) {
                group.addTask { [now] in
                    while let work = await desk.next() {
                        let isRefused = desk.take(await work.run(github, of: account.login, now: now))
                        if isRefused { return true }
                    }
                    return false
                }
            }
            for await isRefused in group where isRefused { group.cancelAll() }
        }
    }
}

extension GitHubError {
    /// Whether nothing more can be asked after this answer.
    var stop: ScanStop? {
        switch self {
        case .unauthorized: .unauthorized
        case .rateLimited, .unavailable: .waitExhausted
        case .credentialRefused(let refusal, _, _): ScanStop(refusal)
        case .appRefused(.suspended, _, _): .installationSuspended
        case .appRefused(.tokenRefused, _, _): .unauthorized
        case .appRefused(let refusal, _, _): refusal.isOfApp ? .unauthorized : nil
        default: nil
        }
    }
}

extension OrganizationObservation {
    fileprivate static func unreadable(_ login: OrganizationLogin, _ error: GitHubError) -> OrganizationObservation {
        OrganizationObservation(
            login: login.rawValue, id: nil, template: .unreadable(error.reason),
            listing: Listing(
                status: .partial, listed: 0, expected: nil, error: "the organization could not be read: \(error)",
                failure: error.reason.code))
    }

    fileprivate static func notRead(_ login: OrganizationLogin) -> OrganizationObservation {
        unreadable(login, .cancelled)
    }
}
