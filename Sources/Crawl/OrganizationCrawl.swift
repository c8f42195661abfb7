import AuditCore
import GitHubAPI

/// The state of one organization's crawl: what is still to be asked, and what was seen. Values only, no requests.
struct OrganizationCrawl {
    private let account: OrganizationAccount
    private let tokenKind: AccessToken.Kind?
    private let limits: CrawlLimits
    private let scope: Scope
    private let needs: Set<RuleNeed>
    private var knowledge: PriorKnowledge
    /// What was left of the primary rate limit when the crawl began.
    private let budget: RateLimitStatus?
    private let rateLimits: RateLimits
    private let beganAt: Timestamp

    /// What is asked once, before anything else.
    private var first: [CrawlWork] = [.organizationTemplate]
    /// Requests that were handed out and have not come back.
    private var inFlight = 0
    private var templateReadings = 0
    private var listing: ListingCrawl
    /// How many repositories the plan was made for; `nil` before there is one.
    private var plannedCount: Int?
    /// Whether the crawl may end before all is read, as where the limits allow less, or the last one did: then what was
    /// read longest ago comes first, so that some nights cover everything.
    private var mayEndEarly: Bool
    private var isOrdered = false

    /// Custom properties where the listing does not hold them; `nil` if they were not asked for.
    private var values: PropertyValues?
    /// Listed without custom properties, until those are there.
    private var waitingForValues: [Repository] = []

    private var repositories: [Repository] = []
    private var nextRepository = 0

    /// What a fault kept back that may be over by the end of the crawl: asked once more then.
    private var faulted: [(work: CrawlWork, output: CrawlWork.Output)] = []
    private var nextFaulted = 0
    private var isSecondRound = false
    /// In the second round, which ends where they are too many.
    private var faultsInRow = 0

    private var observations: [Observation] = []
    private var news: [CrawlEvent] = []
    private var template: OrganizationTemplate = .unreadable(GitHubError.cancelled.reason)
    private var includedProperties: Reading<[String]>?
    private var advised: Set<String> = []

    private var signOn = SignOnRefusals()
    /// Why nothing more can be asked.
    private(set) var stop: ScanStop?

    /// - Parameters:
    ///   - needs: what is asked beyond listing and templates.
    ///   - knowledge: what earlier reads spare this one.
    init(
        account: OrganizationAccount, tokenKind: AccessToken.Kind? = nil, limits: CrawlLimits, scope: Scope,
        needs: Set<RuleNeed> = [], knowledge: PriorKnowledge = PriorKnowledge(), budget: RateLimitStatus? = nil,
        rateLimits: RateLimits = RateLimits(), now: Timestamp,
    ) {
        self.account = account
        self.tokenKind = tokenKind
        self.limits = limits
        self.scope = scope
        self.needs = scope.selector.properties.isEmpty ? needs : needs.union([.propertyValues])
        self.knowledge = knowledge
        self.budget = budget
        self.rateLimits = rateLimits
        mayEndEarly = knowledge.endedEarly
        beganAt = now
        listing = ListingCrawl(
            of: account.id, pagesMax: limits.pagesMax, names: scope.named.names(of: account.login.rawValue))
        if needs.contains(.includedProperties) {
            first.append(.includedProperties)
            includedProperties = .unreadable(GitHubError.cancelled.reason)
        }
        if account.isUser { beginWithUser() }
        if let count = listing.namedCount ?? account.repositoryCount { plan(repositories: count) }
    }

    /// Whether nothing is in flight.
    var isIdle: Bool { inFlight == 0 }

    /// The next request: the template, then pages up to their share of the width, then settings; when all has come back,
    /// what a fault kept back; and then the template once more.
    mutating func next() -> CrawlWork? {
        guard let work = upcoming() else { return nil }
        inFlight += 1
        return work
    }

    private mutating func upcoming() -> CrawlWork? {
        guard stop == nil, !Task.isCancelled else { return nil }
        if !first.isEmpty { return first.removeFirst() }
        if let place = values?.queue.next() { return .propertyValues(place) }
        if let name = listing.nextName() { return .repository(name) }
        if let work = nextPage(width: limits.pageConcurrency.beside) { return work }
        if mayReadSettings, let work = nextSetting() { return work }
        guard stop == nil else { return nil }
        if let work = nextPage(width: limits.pageConcurrency.alone) { return work }
        if let work = nextOfFaulted() { return work }
        // Where it was read, it must still be what it was while the repositories were asked.
        guard mayReadSettings, inFlight == 0, templateReadings == 1, template.isKnown else { return nil }
        return .organizationTemplate
    }

    private mutating func nextPage(width: Int) -> CrawlWork? {
        guard let place = listing.next(width: width) else { return nil }
        var known: PriorKnowledge.Page?
        if case .number(let number) = place { known = knowledge.pages.removeValue(forKey: number) }
        return .page(place, known: known)
    }

    /// A scan that goes on must know first whether the organization's template is what it was, and one that may end early
    /// what there is to choose from.
    private var mayReadSettings: Bool {
        if knowledge.resumed != nil, templateReadings == 0 { return false }
        return !mayEndEarly || (listing.isOver && waitingForValues.isEmpty)
    }

    private mutating func nextOfFaulted() -> CrawlWork? {
        guard isSecondRound || inFlight == 0 else { return nil }
        isSecondRound = true
        return takeUpFaulted()?.work
    }

    private mutating func takeUpFaulted() -> (work: CrawlWork, output: CrawlWork.Output)? {
        guard nextFaulted < faulted.count else { return nil }
        nextFaulted += 1
        let next = faulted[nextFaulted - 1]
        switch next.work {
        case .page: listing.takeUp()
        case .propertyValues: values?.queue.takeUp()
        case .organizationTemplate, .includedProperties, .repository, .setting: break
        }
        return next
    }

    private mutating func putAside(_ work: CrawlWork, _ output: CrawlWork.Output) {
        faulted.append((work, output))
        switch work {
        case .page: listing.putAside()
        case .propertyValues: values?.queue.putAside()
        case .organizationTemplate, .includedProperties, .repository, .setting: break
        }
    }

    private static let faultsInRowMax = 32

    private mutating func nextSetting() -> CrawlWork? {
        if mayEndEarly, !isOrdered {
            isOrdered = true
            repositories = knowledge.takeLongestUnread(of: repositories)
        }
        while nextRepository < repositories.count {
            let repository = repositories[nextRepository]
            nextRepository += 1
            // One that has another name since may have another subject, and another's template.
            if knowledge.resumed?.read[repository.id]?.isExactly(repository.fullName) == true {
                observations.append(Observation(repository: repository, reading: nil, observedAt: beganAt))
                continue
            }
            if signOn.refuses(repository) {
                nextRepository -= 1
                putPublicFirst()
                guard signOn.refuses(repositories[nextRepository]) else { continue }
                // As will all others, of which none is still to be listed. What was sent before is waited for.
                let isLast = inFlight == 0 && listing.isOver && waitingForValues.isEmpty && nextFaulted == faulted.count
                if isLast { stop = stop ?? .ssoRequired }
                return nil
            }
            let known = knowledge.settings.removeValue(forKey: repository.id)
            return .setting(repository, known: known?.fullName.isExactly(repository.fullName) == true ? known : nil)
        }
        return nil
    }

    /// Single sign-on keeps a token from what is not public: what is left of that comes last.
    private mutating func putPublicFirst() {
        let rest = repositories[nextRepository...]
        repositories[nextRepository...] =
            (rest.filter { !signOn.refuses($0) } + rest.filter { signOn.refuses($0) })[...]
    }

    mutating func take(_ output: CrawlWork.Output, now: Timestamp) {
        inFlight -= 1
        let again = output.workAgain
        if let again, !isSecondRound, stop == nil, !Task.isCancelled { return putAside(again, output) }
        settle(output, now: now)
        guard isSecondRound else { return }
        faultsInRow = again == nil ? 0 : faultsInRow + 1
        // What failed with a host that is gone would fail again, which the first few show.
        guard faultsInRow >= Self.faultsInRowMax else { return }
        while let (_, output) = takeUpFaulted() { settle(output, now: now) }
    }

    private mutating func settle(_ output: CrawlWork.Output, now: Timestamp) {
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
        case .propertyValues(let place, let result):
            take(result, at: place, now: now)
        case .page(let place, .success((let page, let validator))):
            take(page, at: place, validator, now: now)
        case .page(let place, .failure(let error)):
            note(error)
            listing.lose(place, error)
        case .repository(let name, .success(let repository)):
            if let fresh = listing.take(repository, named: name) { take([fresh], now: now) }
        case .repository(let name, .failure(let error)):
            note(error)
            listing.lose(name, error)
        case .setting(let repository, .success((let setting, let validator)), let observedAt):
            signOn.showOne(repository, after: nil)
            observations.append(
                Observation(
                    repository: repository, reading: .read(setting), observedAt: observedAt, validator: validator))
        case .setting(let repository, .failure(let error), let observedAt):
            note(error)
            signOn.showOne(repository, after: error)
            // An answer that never came says nothing about the repository: it stays unread, for the next try.
            let isUnread = error == .cancelled || error.stop != nil
            observations.append(
                Observation(
                    repository: repository, reading: isUnread ? nil : .unreadable(error.reason), observedAt: observedAt
                ))
        }
    }

    /// Reports the repositories whose turn never came.
    mutating func finish(now: Timestamp) {
        while let (_, output) = takeUpFaulted() {
            // Where the crawl was stopped, the next one that goes on with it asks again.
            if case .setting(let repository, _, _) = output, stop != nil || Task.isCancelled {
                observations.append(Observation(repository: repository, reading: nil, observedAt: now))
            } else {
                settle(output, now: now)
            }
        }
        admit(waitingForValues, now: now)
        waitingForValues = []
        for repository in repositories[nextRepository...] {
            observations.append(Observation(repository: repository, reading: nil, observedAt: now))
        }
        nextRepository = repositories.count
        listing.finish()
    }

    /// What was observed since the last call.
    mutating func takeObservations() -> [Observation] {
        defer { observations = [] }
        return observations
    }

    /// What else is to be reported since the last call; each advice once.
    mutating func takeNews() -> [CrawlEvent] {
        defer { news = [] }
        return news
    }

    var observation: OrganizationObservation {
        // What never came for that reason says so.
        let neverCame = template == .unreadable(GitHubError.cancelled.reason) && stop?.refusal != nil
        return OrganizationObservation(
            login: account.login.rawValue, id: account.id,
            template: neverCame ? .unreadable(.notRead(after: stop)) : template,
            includedProperties: includedProperties,
            listing: listing.listing(of: account, tokenKind: tokenKind, others: values?.known.keys.map(\.self) ?? []),
            isListingWhole: listing.isWhole, stop: stop)
    }

    // MARK: - The organization's template

    /// A template that changed during the scan is known for no repository: some were read before, some after.
    private mutating func take(_ reading: OrganizationTemplate) {
        templateReadings += 1
        guard templateReadings == 1 else {
            let hasChanged = reading.isKnown && reading != template
            template =
                hasChanged
                ? .unreadable(UnreadableReason(.changed, "the organization's template changed while the scan ran"))
                : reading
            return
        }
        template = reading
        // What can't be read now may differ from what was read before.
        let known = reading.isKnown ? reading : nil
        if let resumed = knowledge.resumed, known != resumed.template, !resumed.read.isEmpty {
            knowledge.resumed?.read = [:]
            // More is to be asked than was thought.
            if let plannedCount { plan(repositories: plannedCount) }
            let why = resumed.template == nil ? "was not known" : "may have changed"
            advise(
                "the template of \(account.login) \(why) when the scan was interrupted: every repository was read again"
            )
        }
        guard reading.isKnown else { return }
        news.append(.templateRead(reading, of: account.id))
    }

    /// A user's account has repositories alone.
    private mutating func beginWithUser() {
        first = []
        if includedProperties != nil { includedProperties = .read([]) }
        take(.neverSet)
        // It is not asked for once more at the end.
        templateReadings = 2
    }

    // MARK: - The listing

    private mutating func take(
        _ page: RepositoryPage, at place: RepositoryPage.Place, _ validator: Validator?, now: Timestamp,
    ) {
        if plannedCount == nil {
            // The organization does not say how many there are.
            plan(repositories: page.last.map { $0 * 100 } ?? page.repositories.count)
        }
        let fresh = listing.take(page, at: place)
        if let listed = ListedPage(page, at: place, fresh: fresh, validator) {
            news.append(.pageRead(listed, of: account.id))
        }
        take(fresh, now: now)
    }

    private mutating func take(_ fresh: [Repository], now: Timestamp) {
        if needs.contains(.propertyValues) {
            admit(fresh.filter { $0.customProperties != nil }, now: now)
            awaitValues(fresh.filter { $0.customProperties == nil }, now: now)
        } else {
            admit(fresh, now: now)
        }
        if scope.isNarrow, listing.isOver { plan(repositories: repositories.count + waitingForValues.count) }
    }

    /// Takes listed repositories into the crawl, or notes why they are left out.
    private mutating func admit(_ listed: [Repository], now: Timestamp) {
        for repository in listed {
            var repository = repository
            if repository.customProperties == nil { repository.customProperties = values?.known[repository.id] }
            switch scope.decide(repository) {
            case .included, .undecided: repositories.append(repository)
            case .skipped: observations.append(Observation(repository: repository, reading: nil, observedAt: now))
            }
        }
    }

    /// Keeps repositories back until custom properties are known, since those decide what is in scope.
    private mutating func awaitValues(_ listed: [Repository], now: Timestamp) {
        guard !listed.isEmpty else { return }
        if values == nil { values = PropertyValues(queue: PageQueue(pagesMax: limits.pagesMax)) }
        waitingForValues += listed
        admitWithValues(now: now)
    }

    /// A page that can't be read, or leads nowhere, leaves properties unknown: what needs them is undecided.
    private mutating func take(
        _ result: Result<PropertyValuePage, GitHubError>, at place: RepositoryPage.Place, now: Timestamp,
    ) {
        values?.queue.comeBack()
        switch result {
        case .success(let page):
            values?.known.merge(page.values) { first, _ in first }
            _ = values?.queue.findMore(last: page.last, next: page.next, after: place)
        case .failure(let error):
            note(error)
        }
        admitWithValues(now: now)
    }

    private mutating func admitWithValues(now: Timestamp) {
        guard values?.queue.isOver == true else { return }
        admit(waitingForValues, now: now)
        waitingForValues = []
    }

    // MARK: - The budget

    /// Holds what is to be asked against what may be asked.
    private mutating func plan(repositories: Int) {
        plannedCount = repositories
        let read = knowledge.resumed?.read ?? [:]
        let plan = CrawlPlan(
            login: account.login.rawValue,
            // The organization itself was asked.
            requests: CrawlCost(repositories: repositories, areNamed: listing.namedCount != nil, needs: needs).cold - 1
                - min(read.count, repositories),
            conditional: knowledge.settings.keys.count { read[$0] == nil } + knowledge.pages.count, budget: budget,
            limits: rateLimits, now: beganAt)
        mayEndEarly = knowledge.endedEarly || plan.isShort || plan.isTooLong
        // How many a scope leaves is known from the listing alone: until then nobody is alarmed.
        guard !scope.isNarrow || listing.isOver else { return }
        news.append(.planned(plan))
    }

    private mutating func note(_ error: GitHubError) {
        stop = stop ?? error.stop
        // What could not be found is mostly gone since it was listed, which is no matter of the token.
        if case .notFound = error { return }
        if let hint = error.hint(to: tokenKind), advised.insert(hint).inserted {
            news.append(.hint(hint, of: account.login.rawValue))
        }
    }

    private mutating func advise(_ text: String) {
        if advised.insert(text).inserted { news.append(.advice(text)) }
    }
}
