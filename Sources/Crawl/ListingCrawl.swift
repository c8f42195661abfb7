import AuditCore
import GitHubAPI

/// How far an organization's listing has been read: which pages are still to be asked, and what is wrong with it.
///
/// Where repositories are named, each of them is asked for in the place of pages, and the listing says nothing of others.
struct ListingCrawl {
    private var queue: PageQueue
    /// Whose repositories are listed.
    private let owner: OrganizationID
    /// How many repositories are named; `nil`: pages are read.
    let namedCount: Int?
    /// Of those that are named, what is still to be asked, and how much was handed out and has not come back.
    private var names: [RepositoryName] = []
    private var namesInFlight = 0
    private var listed: Set<RepositoryID> = []
    /// How many of these the organization does not count as public ones.
    private var notPublic = 0
    private var problems: [String] = []
    private var failure: UnreadableReason.Code?
    /// Whether every page and entry so far was read.
    private(set) var isWhole = true

    /// - Parameters:
    ///   - owner: the organization, or a user's account.
    ///   - names: of the repositories that are meant; empty: all.
    init(of owner: OrganizationID, pagesMax: Int, names: [RepositoryName] = []) {
        self.owner = owner
        queue = PageQueue(pagesMax: pagesMax)
        namedCount = names.isEmpty ? nil : names.count
        guard !names.isEmpty else { return }
        _ = queue.drain()
        isWhole = false
        self.names = names.reversed()
    }

    /// Whether nothing of it is to be asked any more.
    var isOver: Bool { queue.isOver && names.isEmpty && namesInFlight == 0 }

    /// The next repository to ask for by its name, if there is one.
    mutating func nextName() -> RepositoryName? {
        guard let name = names.popLast() else { return nil }
        namesInFlight += 1
        return name
    }

    /// Takes a repository that was asked for by its name.
    ///
    /// - Returns: `nil` if it has another name by now, or came twice.
    mutating func take(_ repository: Repository, named name: RepositoryName) -> Repository? {
        namesInFlight -= 1
        guard repository.name.lowercased() == name.name.lowercased() else {
            problems.append("\(name) was renamed: use \(repository.fullName)")
            return nil
        }
        guard isOwn(repository) else {
            problems.append("\(name) belongs to another owner (id \(repository.ownerID ?? 0))")
            return nil
        }
        return listed.insert(repository.id).inserted ? repository : nil
    }

    /// Takes note that a repository could not be found by its name.
    mutating func lose(_ name: RepositoryName, _ error: GitHubError) {
        namesInFlight -= 1
        problems.append("\(name) could not be read: \(error)")
    }

    /// The next page to ask, if there is one and no more than so many are in flight.
    mutating func next(width: Int) -> RepositoryPage.Place? {
        queue.inFlight < width ? queue.next() : nil
    }

    /// Takes a page.
    ///
    /// - Returns: the repositories that no other page held.
    mutating func take(_ page: RepositoryPage, at place: RepositoryPage.Place) -> [Repository] {
        queue.comeBack()
        let own = page.repositories.filter(isOwn)
        let fresh = own.filter { listed.insert($0.id).inserted }
        if let other = page.repositories.first(where: { !isOwn($0) }) {
            isWhole = false
            problems.append(
                "\(place.name) holds repositories of another owner (id \(other.ownerID ?? 0)): the login may have changed "
                    + "hands")
        }
        notPublic += fresh.count { $0.visibility.isKnownNotPublic }
        if fresh.isEmpty, !own.isEmpty { problems.append("\(place.name) repeats another") }
        if page.malformedCount > 0 {
            isWhole = false
            problems.append("\(page.malformedCount) entries of \(place.name) are malformed")
        }
        if page.isLinkUnreadable {
            isWhole = false
            problems.append("the Link header of \(place.name) can't be understood")
        }
        if page.isPartial { problems.append("GitHub left repositories out until the token is approved for SSO") }
        problems += queue.findMore(last: page.last, next: page.next, after: place)
        return fresh
    }

    /// Whether it belongs to whom the listing is of: a login can change hands while it is read.
    private func isOwn(_ repository: Repository) -> Bool {
        repository.ownerID == nil || repository.ownerID == owner.rawValue
    }

    /// As of the queue.
    mutating func putAside() { queue.putAside() }
    mutating func takeUp() { queue.takeUp() }

    /// Takes note that a page could not be read.
    mutating func lose(_ place: RepositoryPage.Place, _ error: GitHubError) {
        queue.comeBack()
        isWhole = false
        problems.append("\(place.name) could not be read: \(error)")
        if listed.isEmpty { failure = error.reason.code }
    }

    /// Takes note of pages whose turn never came.
    mutating func finish() {
        for place in queue.drain() {
            isWhole = false
            problems.append("\(place.name) was not read")
        }
        problems += names.reversed().map { "\($0) was not read" }
        names = []
    }

    /// - Parameters:
    ///   - account: how many repositories the organization counts.
    ///   - tokenKind: whose rights may explain a listing without any repository.
    ///   - others: repositories of the organization that were seen elsewhere.
    func listing(
        of account: OrganizationAccount, tokenKind: AccessToken.Kind? = nil, others: some Sequence<RepositoryID>,
    ) -> Listing {
        if let namedCount {
            return Listing(
                status: problems.isEmpty ? .complete : .partial, listed: listed.count, expected: namedCount,
                error: problems.isEmpty ? nil : problems.summary)
        }
        let shortfall = ListingShortfall(
            account, listed: listed.count, notPublic: notPublic, others: others.count { !listed.contains($0) },
            hasNoProblems: problems.isEmpty, tokenKind: tokenKind)
        var problems = problems
        if problems.isEmpty, let shortfall { problems = [shortfall.explanation] }
        var error = problems.isEmpty ? nil : problems.summary
        if shortfall?.isAtLeast == true { error = error.map { "\($0); \(Listing.privateCountNotShown)" } }
        return Listing(
            status: !problems.isEmpty ? .partial : account.repositoryCount == nil ? .unverified : .complete,
            listed: listed.count, expected: shortfall?.expected ?? account.repositoryCount, error: error,
            failure: failure)
    }
}

/// Repositories that an organization counts and a listing does not hold.
struct ListingShortfall {
    /// How many there are at least.
    let expected: Int
    /// Whether there may be more: only public ones are counted to the token.
    let isAtLeast: Bool
    let explanation: String

    /// - Parameters:
    ///   - notPublic: of the listed repositories, those that are known not to be public.
    ///   - others: how many are not listed and were seen elsewhere, as by their property values.
    ///   - hasNoProblems: whether every page was read, so that nothing but the token's rights explains what is missing.
    /// - Returns: `nil` if as many are listed as are known.
    init?(
        _ account: OrganizationAccount, listed: Int, notPublic: Int, others: Int = 0, hasNoProblems: Bool = true,
        tokenKind: AccessToken.Kind?,
    ) {
        isAtLeast = account.repositoryCount == nil
        // Public ones that are not listed can't be made up for by private ones.
        let counted = max(account.repositoryCount ?? 0, account.publicRepositoryCount + notPublic)
        expected = max(counted, listed + others)
        guard listed < expected else { return nil }
        let isExact = !isAtLeast && expected == account.repositoryCount
        let count = isExact ? "the \(expected)" : "at least \(expected)"
        let isOfAnother = listed == 0 && hasNoProblems && tokenKind == .fineGrained
        explanation =
            "\(listed) listed of \(count) "
            + (counted < expected
                ? "that the organization has, by its property values" : "that the organization counts")
            + (isOfAnother ? ": a fine-grained token made for another resource owner sees none" : "")
    }
}

extension ListedPage {
    /// A page that a later crawl need not read again, unless something is odd about it.
    init?(_ page: RepositoryPage, at place: RepositoryPage.Place, fresh: [Repository], _ validator: Validator?) {
        guard let validator, case .number(let number) = place, !fresh.isEmpty, fresh.count == page.repositories.count,
            page.malformedCount == 0, !page.isPartial, !page.isLinkUnreadable, page.last != nil || page.next == nil
        else { return nil }
        // A full page without a successor does not change when it gets one.
        guard page.next != nil || page.last != nil || fresh.count < 100 else { return nil }
        let withProperties = fresh.count { $0.customProperties != nil }
        guard withProperties == fresh.count || withProperties == 0 else { return nil }
        self.init(
            number: number, repositories: fresh.map(\.id), hasProperties: withProperties == fresh.count,
            last: page.last, validator: validator)
    }
}

extension [String] {
    /// The first few, and how many more there are.
    fileprivate var summary: String {
        let shown = prefix(3).joined(separator: "; ")
        return count > 3 ? "\(shown); and \(count - 3) more" : shown
    }
}
