package import AuditCore
package import GitHubAPI

/// Finds out what a token may see of an organization, by asking once for each kind of thing that a scan asks for.
package struct Doctor: Sendable {
    private let github: GitHubClient
    private let limits: RateLimits
    private let other: Other?
    private let now: @Sendable () -> Timestamp

    /// Another credential with which the organization could be read.
    package struct Other: Sendable {
        let name: String
        let github: GitHubClient

        /// - Parameter name: whose it is, in words.
        package init(name: String, github: GitHubClient) {
            self.name = name
            self.github = github
        }
    }

    /// - Parameter other: what it lists is compared; `nil`: there is none.
    package init(
        github: GitHubClient, limits: RateLimits, comparedWith other: Other? = nil,
        now: @escaping @Sendable () -> Timestamp,
    ) {
        self.github = github
        self.limits = limits
        self.other = other
        self.now = now
    }

    /// Asks, one request after the other.
    ///
    /// - Parameter diagnosis: what is known without asking; the login is the organization's.
    /// - Returns: what was found out; after a refused token nothing more is asked.
    package func examine(
        _ login: OrganizationLogin, tokenKind: AccessToken.Kind, _ diagnosis: Diagnosis,
    ) async -> Diagnosis {
        guard !github.isOneCredential else { return await examine(login, with: tokenKind, diagnosis) }
        var diagnosis = diagnosis
        let app = await ask { () async throws(GitHubError) in try await self.app() }
        diagnosis.access.append(
            Diagnosis.Access(what: "the app", classicScope: nil, fineGrained: nil, isRequired: true, app))
        diagnosis.app = (try? app.get()) ?? nil
        guard diagnosis.app != nil else { return diagnosis }
        let client = await ask { () async throws(GitHubError) in try await github.client(for: login.rawValue) }
        diagnosis.access.append(
            Diagnosis.Access(
                what: "the app's installation", classicScope: nil, fineGrained: nil, isRequired: true, client))
        guard let client = try? client.get() else { return diagnosis }
        return await Doctor(github: client, limits: limits, comparedWith: other, now: now)
            .examine(login, with: tokenKind, diagnosis)
    }

    // MARK: -

    private func app() async throws(GitHubError) -> Diagnosis.App? {
        guard let description = try await github.appDescription() else { return nil }
        let found = try await github.allInstallations()
        var installations = found.map { installation in
            Diagnosis.App.Installation(
                account: installation.account, id: installation.id, targetType: installation.targetType,
                isSuspended: installation.isSuspended,
                permissions: installation.permissions.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" },
                missing: installation.isOfOrganization ? installation.missing(AppPermission.reading) : [],
                isSelective: installation.repositorySelection == "selected")
        }
        for index in installations.indices.prefix(Self.installationsMax) where found[index].isOfOrganization {
            await ask(about: &installations[index])
        }
        var app = Diagnosis.App(
            name: description.name, id: description.givenID, installations: installations,
            budget: github.rateLimitStatus)
        app.together = Self.together(installations.compactMap(\.cost))
        return app
    }

    /// Each takes two requests.
    private static let installationsMax = 100

    private func ask(about installation: inout Diagnosis.App.Installation) async {
        guard !installation.isSuspended, let login = installation.account.flatMap(OrganizationLogin.init),
            let client = try? await github.client(for: login.rawValue),
            let account = try? await client.organization(login)
        else { return }
        installation.budget = client.rateLimitStatus
        installation.repositoryCount = account.repositoryCount
        guard let count = account.repositoryCount else { return }
        let requests = CrawlCost(repositories: count, needs: [.includedProperties]).cold
        installation.cost = cost(requests, charged: requests, installation.budget)
    }

    /// Those of several credentials pass at once, so the longest counts.
    private static func together(_ costs: [Diagnosis.Cost]) -> Diagnosis.Cost? {
        guard !costs.isEmpty else { return nil }
        return Diagnosis.Cost(
            requests: costs.reduce(0) { $0 + $1.requests }, charged: costs.reduce(0) { $0 + $1.charged },
            duration: costs.compactMap(\.duration).max())
    }

    private func examine(
        _ login: OrganizationLogin, with tokenKind: AccessToken.Kind, _ diagnosis: Diagnosis,
    ) async -> Diagnosis {
        var diagnosis = diagnosis
        // It costs nothing, and says of a spent hour when it ends, without waiting for it.
        let limit = await ask { () async throws(GitHubError) in try await github.rateLimit() }
        diagnosis.budget = (try? limit.get()) ?? nil
        let organization = await ask { () async throws(GitHubError) in try await github.organization(login) }
        diagnosis.access.append(
            Diagnosis.Access(
                what: "the organization", classicScope: nil, fineGrained: nil, isRequired: true, organization))
        guard let account = try? organization.get() else { return diagnosis }
        diagnosis.login = account.login.rawValue
        diagnosis.organizationID = account.id
        diagnosis.scopes = account.tokenScopes

        let template = await ask { () async throws(GitHubError) in
            do throws(GitHubError) {
                _ = try await github.organizationTemplate(of: account.login)
            } catch .organizationTemplateNeverSet {
                // That is an answer.
            }
        }
        diagnosis.access.append(
            Diagnosis.Access(
                what: "the organization's template", classicScope: "read:org",
                fineGrained: "organization \"Administration\": read", isRequired: true, template))

        let listing = await ask { () async throws(GitHubError) in
            try await github.repositoryPage(.number(1), of: account.login).value
        }
        diagnosis.access.append(
            Diagnosis.Access(
                what: "the listing", classicScope: "repo", fineGrained: "repository \"Metadata\": read",
                isRequired: true, listing))
        let page = try? listing.get()
        var met = page?.repositories ?? []
        if let page {
            let (count, rest) = await self.count(page, of: account.login, by: github)
            diagnosis.listed = count
            met += rest
        }
        if let page { diagnosis.otherListing = await compare(page, of: account.login) }
        count(&diagnosis, account, page, met, tokenKind)
        diagnosis.access.append(await repositoryTemplate(page?.repositories))
        diagnosis.access += await properties(account.login)
        await doubt(&diagnosis, page, tokenKind)
        diagnosis.budget = github.rateLimitStatus ?? diagnosis.budget
        estimate(&diagnosis, tokenKind)
        return diagnosis
    }

    /// A private repository shows more than a public one, which anybody may read.
    ///
    /// - Parameter repositories: `nil` if the listing could not be read.
    private func repositoryTemplate(_ repositories: [Repository]?) async -> Diagnosis.Access {
        let (scope, permission) = ("repo", "repository \"Actions\": read")
        guard let repository = repositories?.first(where: { $0.visibility != .public }) ?? repositories?.first else {
            return Diagnosis.Access(
                what: "a repository's template", classicScope: scope, fineGrained: permission, isRequired: true,
                outcome: .notTried(repositories == nil ? "the listing could not be read" : "no repository is listed"))
        }
        let setting = await ask { () async throws(GitHubError) in try await github.setting(of: repository) }
        return Diagnosis.Access(
            what: "a repository's template, of \(repository.fullName)", classicScope: scope, fineGrained: permission,
            isRequired: true, setting)
    }

    /// How many repositories a listing has at most, and those of its last page.
    private func count(
        _ page: RepositoryPage, of login: OrganizationLogin, by github: GitHubClient,
    ) async -> (count: Int, last: [Repository]) {
        guard let last = page.last else { return (page.repositories.count, []) }
        // The number of repositories on the last page gives the total.
        let end = await ask { () async throws(GitHubError) in
            try await github.repositoryPage(.number(last), of: login).value
        }
        let rest = (try? end.get())?.repositories
        return ((last - 1) * 100 + (rest?.count ?? 100), rest ?? [])
    }

    /// Compares how many the other credential lists, and the first page of both.
    private func compare(
        _ page: RepositoryPage, of login: OrganizationLogin,
    ) async -> Diagnosis.OtherListing? {
        guard let other else { return nil }
        let listing = await ask { () async throws(GitHubError) in
            try await other.github.repositoryPage(.number(1), of: login).value
        }
        switch listing {
        case .failure(let error):
            return Diagnosis.OtherListing(credential: other.name, found: .unreadable(error.reason))
        // Nothing was asked on a condition.
        case .success(nil): return nil
        case .success(let otherPage?):
            let (listed, _) = await count(otherPage, of: login, by: other.github)
            // Pages are in the order in which repositories were made: up to where the shorter one ends both are known.
            let ends = [page, otherPage].compactMap { $0.isLast ? nil : $0.repositories.map(\.id.rawValue).max() }
            let end = ends.min() ?? .max
            func names(_ page: RepositoryPage, notIn others: RepositoryPage) -> [String] {
                let known = Set(others.repositories.map(\.id))
                return page.repositories.filter { !known.contains($0.id) && $0.id.rawValue <= end }.map(\.fullName)
            }
            return Diagnosis.OtherListing(
                credential: other.name,
                found: .read(
                    .init(
                        listed: listed, onlyThis: names(page, notIn: otherPage),
                        onlyOther: names(otherPage, notIn: page), isWhole: ends.isEmpty)))
        }
    }

    /// Holds the listing against what the organization counts.
    ///
    /// - Parameter met: the repositories of the pages that were read.
    private func count(
        _ diagnosis: inout Diagnosis, _ account: OrganizationAccount, _ page: RepositoryPage?, _ met: [Repository],
        _ kind: AccessToken.Kind,
    ) {
        diagnosis.expected = account.repositoryCount
        guard let page, let listed = diagnosis.listed else { return }
        // Where pages have no number, only the first one was read.
        let isCounted = page.last != nil || page.next == nil
        let notPublic = met.count { $0.visibility.isKnownNotPublic }
        if isCounted,
            let shortfall = ListingShortfall(account, listed: listed, notPublic: notPublic, tokenKind: kind)
        {
            diagnosis.expected = shortfall.expected
            diagnosis.isExpectedAtLeast = shortfall.isAtLeast
            diagnosis.shortfall = shortfall.explanation
        }
        if let trouble = Self.trouble(page, met, account) { diagnosis.shortfall = trouble }
    }

    /// What would make the listing partial, or leave nothing of it to judge.
    private static func trouble(
        _ page: RepositoryPage, _ met: [Repository], _ account: OrganizationAccount,
    ) -> String? {
        if page.isPartial { return "GitHub leaves repositories out until the token is approved for SSO" }
        if let other = met.first(where: { $0.ownerID != nil && $0.ownerID != account.id.rawValue }) {
            return "it holds repositories of another owner (id \(other.ownerID ?? 0)): the login may have changed hands"
        }
        if page.malformedCount > 0 { return "\(page.malformedCount) of its entries are malformed" }
        if page.isLinkUnreadable { return "its Link header can't be understood" }
        if page.next == .elsewhere { return "its next page is on another origin, which is not asked" }
        // Of the pages between nothing is known.
        let isWhole = page.next == nil && page.last == nil
        if isWhole, !met.isEmpty, met.allSatisfy({ $0.isArchived == true }) {
            return "every repository is archived: a scan has none to judge"
        }
        return nil
    }

    private func properties(_ login: OrganizationLogin) async -> [Diagnosis.Access] {
        let included = await ask { () async throws(GitHubError) in try await github.includedProperties(of: login) }
        let values = await ask { () async throws(GitHubError) in try await github.tryPropertyValues(of: login) }
        return [
            Diagnosis.Access(
                what: "which custom properties tokens carry", classicScope: "read:org",
                fineGrained: "organization \"Administration\": read", isRequired: false, included),
            Diagnosis.Access(
                what: "the values of custom properties", classicScope: "read:org",
                fineGrained: "organization \"Custom properties\": read", isRequired: false, values),
        ]
    }

    private func doubt(_ diagnosis: inout Diagnosis, _ page: RepositoryPage?, _ kind: AccessToken.Kind) async {
        guard page != nil else { return }
        if let scopes = diagnosis.scopes, !scopes.contains("repo") {
            diagnosis.listingDoubts.append("the token does not have the scope repo: it sees public repositories only")
        }
        if let shortfall = diagnosis.shortfall { diagnosis.listingDoubts.append(shortfall) }
        if diagnosis.expected == nil || diagnosis.isExpectedAtLeast {
            diagnosis.listingDoubts.append(
                "\(Listing.privateCountNotShown): no scan can know whether private ones are left out")
        }
        if kind == .installation {
            switch await ask({ () async throws(GitHubError) in try await github.seesSelectedRepositoriesOnly() }) {
            case .success(true): diagnosis.listingDoubts.append("the installation sees selected repositories only")
            case .success(false): break
            case .failure(let error):
                diagnosis.listingDoubts.append(
                    "whether the installation sees every repository could not be read: \(error)")
            }
        }
        if kind == .fineGrained {
            diagnosis.listingDoubts.append(
                "a fine-grained token may be limited to selected repositories; only the counts above show it")
        }
    }

    private func estimate(_ diagnosis: inout Diagnosis, _ kind: AccessToken.Kind) {
        guard let count = [diagnosis.expected, diagnosis.listed].compactMap(\.self).max() else { return }
        // A policy may ask for as much.
        var cost = CrawlCost(repositories: count, needs: [.includedProperties])
        if kind.isShortLived { cost.warm = cost.cold }
        diagnosis.cold = self.cost(cost.cold, charged: cost.cold, diagnosis.budget)
        diagnosis.warm = self.cost(cost.cold, charged: cost.warm, diagnosis.budget)
        diagnosis.million = diagnosis.budget.map { million($0) }
    }

    private func million(_ budget: RateLimitStatus) -> Diagnosis.Million {
        let (count, organizations) = (Diagnosis.Million.repositories, Diagnosis.Million.organizations)
        // And of an app, its installation and a token for it.
        let each = CrawlCost(repositories: count / organizations).cold + 2
        let requests = each * organizations
        let hourly = max(1, min(budget.limit, limits.pointsPerMinute * 60))
        let inFlight = RequestSlots.standard
        let appSeconds = max(requests / 10 / inFlight, (each - 1) / limits.pointsPerMinute * 60)
        return Diagnosis.Million(
            requests: requests, tokenHours: (requests + hourly - 1) / hourly, appMinutes: (appSeconds + 59) / 60,
            inFlight: inFlight)
    }

    private func cost(_ requests: Int, charged: Int, _ budget: RateLimitStatus?) -> Diagnosis.Cost {
        Diagnosis.Cost(
            requests: requests, charged: charged,
            duration: budget.map { limits.leastDuration(requests: requests, charged: charged, $0, now: now()) })
    }

    private func ask<Value: Sendable>(
        _ body: () async throws(GitHubError) -> Value,
    ) async -> Result<Value, GitHubError> {
        do throws(GitHubError) {
            return .success(try await body())
        } catch {
            return .failure(error)
        }
    }
}

extension Diagnosis.Access {
    fileprivate init<Value>(
        what: String, classicScope: String?, fineGrained: String?, isRequired: Bool,
        _ result: Result<Value, GitHubError>,
    ) {
        var outcome = Outcome.allowed
        var hint: String?
        if case .failure(let error) = result {
            outcome = .refused(error.reason)
            hint = error.hint
        }
        self.init(
            what: what, classicScope: classicScope, fineGrained: fineGrained, isRequired: isRequired, outcome: outcome,
            hint: hint)
    }
}

extension RepositoryPage {
    /// Whether no other page follows.
    fileprivate var isLast: Bool { next == nil && !isLinkUnreadable && last.map { $0 == 1 } ?? true }
}
