import GitHubAPI

/// Which pages of something are still to be asked.
struct PageQueue {
    private let pagesMax: Int
    private var pages: [RepositoryPage.Place] = [.number(1)]
    private var known: Set<RepositoryPage.Place> = [.number(1)]
    private var lastNumber = 1
    /// Pages that were handed out and have not come back.
    private(set) var inFlight = 0
    /// Pages that came back without an answer and are to be asked once more.
    private var aside = 0

    /// - Parameter pagesMax: pages asked at most; a hostile server could name any number.
    init(pagesMax: Int) {
        self.pagesMax = pagesMax
    }

    /// Whether no page is to be asked any more.
    var isOver: Bool { pages.isEmpty && inFlight == 0 && aside == 0 }

    /// The next page to ask, if there is one.
    mutating func next() -> RepositoryPage.Place? {
        guard !pages.isEmpty else { return nil }
        inFlight += 1
        return pages.removeFirst()
    }

    /// Takes note that a page came back, whatever came of it.
    mutating func comeBack() {
        inFlight -= 1
    }

    /// Takes note that a page came back and will be asked again; and that it is being asked.
    mutating func putAside() {
        inFlight -= 1
        aside += 1
    }

    mutating func takeUp() {
        aside -= 1
        inFlight += 1
    }

    /// Gives up the pages whose turn never came.
    mutating func drain() -> [RepositoryPage.Place] {
        defer { pages = [] }
        return pages
    }

    /// Finds the pages that one leads to: those up to the last at once where GitHub numbers them, else the next alone.
    ///
    /// - Returns: what is wrong with where it leads.
    mutating func findMore(
        last: Int?, next: RepositoryPage.Next?, after place: RepositoryPage.Place,
    ) -> [String] {
        var problems: [String] = []
        if case .number(let number) = place, let last {
            for number in stride(from: lastNumber + 1, through: min(last, pagesMax), by: 1) {
                problems += enqueue(.number(number))
            }
            lastNumber = max(lastNumber, min(last, pagesMax))
            if last > pagesMax { problems.append("more than \(pagesMax) pages") }
            // Pages up to the last are known, and the last one may have grown a successor meanwhile.
            guard number >= lastNumber else { return problems }
        }
        switch next {
        case nil: break
        case .elsewhere: problems.append("the page after \(place.name) is on another origin, which is not asked")
        case .url(let url):
            if case .number(let number) = place, last != nil {
                lastNumber = number + 1
                problems += enqueue(.number(number + 1))
            } else {
                problems += enqueue(.url(url))
            }
        }
        return problems
    }

    // MARK: -

    private mutating func enqueue(_ place: RepositoryPage.Place) -> [String] {
        guard known.count < pagesMax else { return ["more than \(pagesMax) pages"] }
        guard known.insert(place).inserted else { return ["the listing leads back to \(place.name)"] }
        pages.append(place)
        return []
    }
}

extension RepositoryPage.Place {
    var name: String {
        switch self {
        case .number(let number): "page \(number)"
        case .url: "a page without a number"
        }
    }
}
