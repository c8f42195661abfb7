import AuditCore
import GitHubAPI

/// One piece of a crawl: a request and what came of it.
enum CrawlWork: Sendable {
    case organizationTemplate
    case includedProperties
    case propertyValues
    case page(RepositoryPage.Place)
    case setting(Repository)

    enum Output: Sendable {
        case organizationTemplate(Result<OrganizationTemplate, GitHubError>)
        case includedProperties(Result<[String], GitHubError>)
        case propertyValues(Result<[RepositoryID: [String: [String]]], GitHubError>)
        case page(RepositoryPage.Place, Result<RepositoryPage, GitHubError>)
        case setting(Repository, Result<RepositorySetting, GitHubError>, observedAt: Timestamp)
    }

    func run(
        _ github: GitHubClient, of login: OrganizationLogin, now: @Sendable () -> Timestamp,
    ) async -> Output {
        switch self {
        case .organizationTemplate:
            return .organizationTemplate(
                await Result(catching: { () async throws(GitHubError) in
                    try await github.organizationTemplate(of: login)
                }))
        case .includedProperties:
            return .includedProperties(
                await Result(catching: { () async throws(GitHubError) in
                    try await github.includedProperties(of: login)
                }))
        case .propertyValues:
            return .propertyValues(
                await Result(catching: { () async throws(GitHubError) in
                    try await github.propertyValues(of: login)
                }))
        case .page(let place):
            return .page(
                place,
                await Result(catching: { () async throws(GitHubError) in
                    try await github.repositoryPage(place, of: login)
                }))
        case .setting(let repository):
            let result = await Result(catching: { () async throws(GitHubError) in
                try await github.setting(of: repository)
            })
            return .setting(repository, result, observedAt: now())
        }
    }
}

/// The state of one organization's crawl: what is still to be asked, and what was seen. Values only, no requests.
struct OrganizationCrawl {
    private let account: OrganizationAccount
    private let limits: CrawlLimits
    private let scope: Scope
    private let needs: Set<RuleNeed>

    /// What is asked once, before anything else.
    private var first: [CrawlWork] = [.organizationTemplate]
    /// Requests that were handed out and have not come back.
    private var inFlight = 0
    private var templateReadings = 0
    private var pages: [RepositoryPage.Place] = [.number(1)]
    private var pagesInFlight = 0
    private var knownPages: Set<RepositoryPage.Place> = [.number(1)]
    private var lastNumber = 1

    /// Custom properties where the listing does not hold them.
    private var values = PropertyValues.notAsked
    /// Listed without custom properties, until those are there.
    private var waitingForValues: [Repository] = []

    private var repositories: [Repository] = []
    private var nextRepository = 0
    private var listed: Set<RepositoryID> = []

    private var observations: [Observation] = []
    private var advice: [String] = []
    private var template: OrganizationTemplate = .unreadable(GitHubError.cancelled.reason)
    private var includedProperties: Reading<[String]>?
    private var problems: [String] = []
    private var listingFailure: UnreadableReason.Code?
    private var isListingWhole = true
    private var advised: Set<String> = []

    /// Why nothing more can be asked.
    private(set) var stop: ScanStop?

    private enum PropertyValues {
        case notAsked
        case asked
        /// Empty where they could not be read.
        case known([RepositoryID: [String: [String]]])
    }

    /// - Parameter needs: what is asked beyond listing and templates.
    init(account: OrganizationAccount, limits: CrawlLimits, scope: Scope, needs: Set<RuleNeed> = []) {
        self.account = account
        self.limits = limits
        self.scope = scope
        self.needs = scope.selector.properties.isEmpty ? needs : needs.union([.propertyValues])
        if needs.contains(.includedProperties) {
            first.append(.includedProperties)
            includedProperties = .unreadable(GitHubError.cancelled.reason)
        }
    }

    /// The next request: the template, then pages up to their share of the width, then settings; the template once more
    /// when everything else has come back.
    mutating func next() -> CrawlWork? {
        guard let work = upcoming() else { return nil }
        inFlight += 1
        return work
    }

    private mutating func upcoming() -> CrawlWork? {
        guard stop == nil, !Task.isCancelled else { return nil }
        if !first.isEmpty { return first.removeFirst() }
        if pagesInFlight < limits.pageConcurrency, !pages.isEmpty {
            pagesInFlight += 1
            return .page(pages.removeFirst())
        }
        if nextRepository < repositories.count {
            defer { nextRepository += 1 }
            return .setting(repositories[nextRepository])
        }
        // Where it was read, it must still be what it was while the repositories were asked.
        guard inFlight == 0, templateReadings == 1, template.isKnown else { return nil }
        return .organizationTemplate
    }

    mutating func take(_ output: CrawlWork.Output, now: Timestamp) {
        inFlight -= 1
        switch output {
        case .organizationTemplate(.success(let template)):
            take(template)
        case .organizationTemplate(.failure(.organizationTemplateNeverSet)):
            take(.neverSet)
        case .organizationTemplate(.failure(let error)):
            take(.unreadable(error.reason))
            note(error)
        case .includedProperties(.success(let names)):
            includedProperties = .read(names)
        case .includedProperties(.failure(let error)):
            // No trouble in itself: only a rule that needs it is undecided.
            note(error)
            includedProperties = .unreadable(error.reason)
        case .propertyValues(let result):
            if case .failure(let error) = result { note(error) }
            values = .known((try? result.get()) ?? [:])
            admit(waitingForValues, now: now)
            waitingForValues = []
        case .page(let place, let result):
            pagesInFlight -= 1
            switch result {
            case .success(let page): take(page, at: place, now: now)
            case .failure(let error): lose(place, error)
            }
        case .setting(let repository, .success(let setting), let observedAt):
            observations.append(Observation(repository: repository, reading: .read(setting), observedAt: observedAt))
        case .setting(let repository, .failure(let error), let observedAt):
            note(error)
            // An answer that never came says nothing about the repository: it stays unread, for the next try.
            let isUnread = error == .cancelled || error.stop != nil
            observations.append(
                Observation(
                    repository: repository, reading: isUnread ? nil : .unreadable(error.reason), observedAt: observedAt
                ))
        }
    }

    /// Tells of the repositories whose turn never came.
    mutating func finish(now: Timestamp) {
        admit(waitingForValues, now: now)
        waitingForValues = []
        for repository in repositories[nextRepository...] {
            observations.append(Observation(repository: repository, reading: nil, observedAt: now))
        }
        nextRepository = repositories.count
        for place in pages {
            isListingWhole = false
            problems.append("\(place.name) was not read")
        }
        pages = []
    }

    /// What was observed since the last call.
    mutating func takeObservations() -> [Observation] {
        defer { observations = [] }
        return observations
    }

    /// What a person should know since the last call; each text once.
    mutating func takeAdvice() -> [String] {
        defer { advice = [] }
        return advice
    }

    var observation: OrganizationObservation {
        let status: Listing.Status
        var problems = problems
        if !problems.isEmpty {
            status = .partial
        } else if let expected = account.repositoryCount {
            status = listed.count < expected ? .partial : .complete
            if listed.count < expected {
                problems = ["\(listed.count) listed of the \(expected) that the organization counts"]
            }
        } else {
            status = .unverified
        }
        return OrganizationObservation(
            login: account.login.rawValue, id: account.id, template: template,
            includedProperties: includedProperties,
            listing: Listing(
                status: status, listed: listed.count, expected: account.repositoryCount,
                error: problems.isEmpty ? nil : problems.summary, failure: listingFailure),
            isListingWhole: isListingWhole)
    }

    /// A template that changed during the scan is known for no repository: some were read before, some after.
    private mutating func take(_ reading: OrganizationTemplate) {
        templateReadings += 1
        let hasChanged = templateReadings > 1 && reading.isKnown && reading != template
        template =
            hasChanged
            ? .unreadable(UnreadableReason(.unexpected, "the organization's template changed while the scan ran"))
            : reading
    }

    // MARK: - Pages

    private mutating func take(_ page: RepositoryPage, at place: RepositoryPage.Place, now: Timestamp) {
        let fresh = page.repositories.filter { listed.insert($0.id).inserted }
        if fresh.isEmpty, !page.repositories.isEmpty { problems.append("\(place.name) repeats another") }
        if page.malformedCount > 0 {
            isListingWhole = false
            problems.append("\(page.malformedCount) entries of \(place.name) are malformed")
        }
        if page.isLinkUnreadable {
            isListingWhole = false
            problems.append("the Link header of \(place.name) can't be understood")
        }
        if page.isPartial { problems.append("GitHub left repositories out until the token is approved for SSO") }
        if needs.contains(.propertyValues) {
            admit(fresh.filter { $0.customProperties != nil }, now: now)
            awaitValues(fresh.filter { $0.customProperties == nil }, now: now)
        } else {
            admit(fresh, now: now)
        }
        findMore(after: page, at: place)
    }

    /// Takes listed repositories into the crawl, or notes why they are left out.
    private mutating func admit(_ listed: [Repository], now: Timestamp) {
        for repository in listed {
            var repository = repository
            if case .known(let values) = values, repository.customProperties == nil {
                repository.customProperties = values[repository.id]
            }
            switch scope.decide(repository) {
            case .included, .undecided: repositories.append(repository)
            case .skipped: observations.append(Observation(repository: repository, reading: nil, observedAt: now))
            }
        }
    }

    /// Keeps repositories back until custom properties are known, since those decide what is in scope.
    private mutating func awaitValues(_ listed: [Repository], now: Timestamp) {
        guard !listed.isEmpty else { return }
        switch values {
        case .known: return admit(listed, now: now)
        case .asked: break
        case .notAsked:
            values = .asked
            first.append(.propertyValues)
        }
        waitingForValues += listed
    }

    /// Asks for the pages up to the last at once where GitHub numbers them, else for the next alone.
    private mutating func findMore(after page: RepositoryPage, at place: RepositoryPage.Place) {
        if case .number(let number) = place, let last = page.last {
            for number in stride(from: lastNumber + 1, through: min(last, limits.pagesMax), by: 1) {
                enqueue(.number(number))
            }
            lastNumber = max(lastNumber, min(last, limits.pagesMax))
            if last > limits.pagesMax { problems.append("more than \(limits.pagesMax) pages") }
            // Pages up to the last are known, and the last one may have grown a successor meanwhile.
            guard number >= lastNumber else { return }
        }
        switch page.next {
        case nil: return
        case .elsewhere: problems.append("the page after \(place.name) is on another origin, which is not asked")
        case .url(let url):
            if case .number(let number) = place, page.last != nil {
                lastNumber = number + 1
                enqueue(.number(number + 1))
            } else {
                enqueue(.url(url))
            }
        }
    }

    private mutating func enqueue(_ place: RepositoryPage.Place) {
        guard knownPages.count < limits.pagesMax else { return problems.append("more than \(limits.pagesMax) pages") }
        guard knownPages.insert(place).inserted else {
            return problems.append("the listing leads back to \(place.name)")
        }
        pages.append(place)
    }

    private mutating func lose(_ place: RepositoryPage.Place, _ error: GitHubError) {
        note(error)
        isListingWhole = false
        problems.append("\(place.name) could not be read: \(error)")
        if listed.isEmpty { listingFailure = error.reason.code }
    }

    private mutating func note(_ error: GitHubError) {
        stop = stop ?? error.stop
        // What could not be found is mostly gone since it was listed, which is no matter of the token.
        if case .notFound = error { return }
        if let hint = error.hint, advised.insert(hint).inserted { advice.append(hint) }
    }
}

extension OrganizationTemplate {
    fileprivate var isKnown: Bool {
        if case .unreadable = self { false } else { true }
    }
}

extension RepositoryPage.Place {
    fileprivate var name: String {
        switch self {
        case .number(let number): "page \(number)"
        case .url: "a page without a number"
        }
    }
}

extension [String] {
    /// The first few, and how many more there are.
    fileprivate var summary: String {
        let shown = prefix(3).joined(separator: "; ")
        return count > 3 ? "\(shown); and \(count - 3) more" : shown
    }
}

extension Result {
    fileprivate init(catching body: () async throws(Failure) -> Success) async {
        do throws(Failure) {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
