import AuditCore
import GitHubAPI

/// How far an organization's listing has been read: which pages are still to be asked, and what is wrong with it.
struct ListingCrawl {
    private let pagesMax: Int
    private var pages: [RepositoryPage.Place] = [.number(1)]
    private var knownPages: Set<RepositoryPage.Place> = [.number(1)]
    private var lastNumber = 1
    private var listed: Set<RepositoryID> = []

    private(set) var inFlight = 0
    private(set) var problems: [String] = []
    private(set) var failure: UnreadableReason.Code?
    /// Whether every page and entry so far was read.
    private(set) var isWhole = true

    init(pagesMax: Int) {
        self.pagesMax = pagesMax
    }

    /// Whether no page is to be asked any more.
    var isOver: Bool { pages.isEmpty && inFlight == 0 }

    /// The next page to ask, if there is one.
    mutating func next() -> RepositoryPage.Place? {
        guard !pages.isEmpty else { return nil }
        inFlight += 1
        return pages.removeFirst()
    }

    /// Takes a page.
    ///
    /// - Returns: the repositories that no other page held.
    mutating func take(_ page: RepositoryPage, at place: RepositoryPage.Place) -> [Repository] {
        inFlight -= 1
        let fresh = page.repositories.filter { listed.insert($0.id).inserted }
        if fresh.isEmpty, !page.repositories.isEmpty { problems.append("\(place.name) repeats another") }
        if page.malformedCount > 0 {
            isWhole = false
            problems.append("\(page.malformedCount) entries of \(place.name) are malformed")
        }
        if page.isLinkUnreadable {
            isWhole = false
            problems.append("the Link header of \(place.name) can't be understood")
        }
        if page.isPartial { problems.append("GitHub left repositories out until the token is approved for SSO") }
        findMore(after: page, at: place)
        return fresh
    }

    /// Takes note that a page could not be read.
    mutating func lose(_ place: RepositoryPage.Place, _ error: GitHubError) {
        inFlight -= 1
        isWhole = false
        problems.append("\(place.name) could not be read: \(error)")
        if listed.isEmpty { failure = error.reason.code }
    }

    /// Takes note of pages whose turn never came.
    mutating func finish() {
        for place in pages {
            isWhole = false
            problems.append("\(place.name) was not read")
        }
        pages = []
    }

    /// - Parameter expected: how many repositories the organization counts; `nil` where the token may not see that.
    func listing(expected: Int?) -> Listing {
        var problems = problems
        if problems.isEmpty, let expected, listed.count < expected {
            problems = ["\(listed.count) listed of the \(expected) that the organization counts"]
        }
        return Listing(
            status: !problems.isEmpty ? .partial : expected == nil ? .unverified : .complete, listed: listed.count,
            expected: expected, error: problems.isEmpty ? nil : problems.summary, failure: failure)
    }

    // MARK: -

    /// Asks for the pages up to the last at once where GitHub numbers them, else for the next alone.
    private mutating func findMore(after page: RepositoryPage, at place: RepositoryPage.Place) {
        if case .number(let number) = place, let last = page.last {
            for number in stride(from: lastNumber + 1, through: min(last, pagesMax), by: 1) {
                enqueue(.number(number))
            }
            lastNumber = max(lastNumber, min(last, pagesMax))
            if last > pagesMax { problems.append("more than \(pagesMax) pages") }
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
        guard knownPages.count < pagesMax else { return problems.append("more than \(pagesMax) pages") }
        guard knownPages.insert(place).inserted else {
            return problems.append("the listing leads back to \(place.name)")
        }
        pages.append(place)
    }
}

extension ListedPage {
    /// A page that a later crawl need not read again, unless something is odd about it.
    init?(_ page: RepositoryPage, at place: RepositoryPage.Place, fresh: [Repository], _ validator: Validator?) {
        guard let validator, case .number(let number) = place, !fresh.isEmpty, fresh.count == page.repositories.count,
            page.malformedCount == 0, !page.isPartial, !page.isLinkUnreadable, page.last != nil || page.next == nil
        else { return nil }
        let withProperties = fresh.count { $0.customProperties != nil }
        guard withProperties == fresh.count || withProperties == 0 else { return nil }
        self.init(
            number: number, repositories: fresh.map(\.id), hasProperties: withProperties == fresh.count,
            last: page.last, validator: validator)
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
