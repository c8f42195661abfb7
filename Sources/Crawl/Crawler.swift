package import AuditCore
package import GitHubAPI

/// Reads organizations through GitHub's API and tells what it met. It judges nothing and remembers nothing.
package struct Crawler: Sendable {
    private let github: GitHubClient
    private let limits: CrawlLimits
    private let scope: Scope
    private let needs: Set<RuleNeed>
    private let now: @Sendable () -> Timestamp

    /// - Parameters:
    ///   - scope: which repositories' settings are asked for; the others are listed only.
    ///   - needs: what is asked beyond listing and templates.
    package init(
        github: GitHubClient, limits: CrawlLimits, scope: Scope, needs: Set<RuleNeed> = [],
        now: @escaping @Sendable () -> Timestamp,
    ) {
        self.github = github
        self.limits = limits
        self.scope = scope
        self.needs = needs
        self.now = now
    }

    /// Crawls organizations one after the other. Where each has a credential of its own, what ends one ends no other.
    ///
    /// One repository's trouble never ends a crawl: it becomes an unreadable reading. Cancellation is a normal
    /// ending: nothing more is asked, and what was observed is told.
    ///
    /// - Parameters:
    ///   - begin: called before anything of an organization is told but that it was found; gives what earlier reads
    ///     spare this one, with the last reads where the budget may be short. What it throws ends the crawl.
    ///   - tell: gets the events in order; must not block.
    /// - Returns: why the crawl stopped before its end, or `nil`. Cancellation is the caller's to name.
    package func crawl<Failure: Error>(
        _ logins: [OrganizationLogin],
        begin: @Sendable (OrganizationAccount, _ withLastReads: Bool) async throws(Failure) -> PriorKnowledge,
        tell: @escaping @Sendable (CrawlEvent) -> Void,
    ) async throws(Failure) -> ScanStop? {
        var stop: ScanStop?
        /// Of organizations with a credential of their own.
        var ends: [ScanStop] = []
        var known: Set<OrganizationID> = []
        for login in logins {
            guard stop == nil, !Task.isCancelled else {
                tell(.organizationFinished(.notRead(login)))
                continue
            }
            let github: GitHubClient
            let account: OrganizationAccount
            do throws(GitHubError) {
                // Alone: should the token be refused, one refusal is all that GitHub sees.
                github = try await self.github.client(for: login.rawValue)
                account = try await self.account(login, github)
            } catch {
                if let hint = error.hint { tell(.advice(hint)) }
                tell(.organizationFinished(.unreadable(login, error)))
                if self.github.isOneCredential || error.isOfApp {
                    stop = error.stop
                } else {
                    ends += [error.stop].compactMap(\.self)
                }
                continue
            }
            if !github.missingPermissions.isEmpty {
                tell(
                    .advice(
                        "the app was not granted everything on \(login): \(github.missingPermissions.joined(separator: ", "))"
                    ))
            }
            // Two names can lead to one.
            guard known.insert(account.id).inserted else {
                tell(.advice("\(login) is \(account.login), which was crawled already"))
                continue
            }
            tell(
                .organizationFound(account.id, login: account.login.rawValue, repositoryCount: account.repositoryCount))
            let budget = github.rateLimitStatus
            let knowledge = try await begin(account, mayEndEarly(github, account, budget))
            let crawl = OrganizationCrawl(
                account: account, tokenKind: github.tokenKind, limits: limits, scope: scope, needs: needs,
                knowledge: knowledge, budget: budget,
                rateLimits: github.limits, now: now())
            let end = await run(crawl, github, of: account, tell: tell)
            if self.github.isOneCredential { stop = end } else { ends += [end].compactMap(\.self) }
        }
        return stop ?? Self.stop(ends, of: logins.count)
    }

    // MARK: -

    /// The organization; or the user, where one of its repositories is named.
    private func account(
        _ login: OrganizationLogin, _ github: GitHubClient,
    ) async throws(GitHubError) -> OrganizationAccount {
        do throws(GitHubError) {
            return try await github.organization(login)
        } catch .notFound(let message) {
            guard let name = scope.named.names(of: login.rawValue).first,
                let user = try? await github.user(owning: name)
            else { throw .notFound(message) }
            return user
        }
    }

    /// What the ends of organizations mean for the whole: what waits can be gone on with, and where all ended, nothing more
    /// could be read.
    private static func stop(_ ends: [ScanStop], of count: Int) -> ScanStop? {
        ends.contains(.waitExhausted) ? .waitExhausted : ends.count == count ? ends.first : nil
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
        tell: @escaping @Sendable (CrawlEvent) -> Void,
    ) async -> ScanStop? {
        let outbox = ObservationBatcher(account.id, limits, tell: tell)
        let desk = CrawlQueue(crawl, outbox, now: now, tell: tell)
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await outbox.flushRegularly() }
            await withTaskExecutorPreference(github.executor) { await work(at: desk, github, of: account) }
            group.cancelAll()
        }
        let (observation, stop) = desk.finish()
        tell(.organizationFinished(observation))
        return stop
    }

    /// Asks what the desk hands out until that is nothing any more.
    private func work(at desk: CrawlQueue, _ github: GitHubClient, of account: OrganizationAccount) async {
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<limits.concurrency {
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
        case .appRefused(let refusal, _, _): refusal.isOfApp ? .unauthorized : nil
        default: nil
        }
    }
}

extension GitHubError {
    /// Whether an app can read nothing anywhere.
    fileprivate var isOfApp: Bool {
        if case .appRefused(let refusal, _, _) = self { refusal.isOfApp } else { false }
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
