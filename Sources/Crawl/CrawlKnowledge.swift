import AuditCore
import GitHubAPI

/// Custom properties that the listing does not hold.
struct PropertyValues {
    var queue: PageQueue
    /// Of the pages that could be read.
    var known: [RepositoryID: [String: [String]]] = [:]
}

/// Refusals for want of single sign-on. It is an organization's, and keeps a token from what is not public: some in a row
/// show it. Public repositories count apart, since they may be readable all the same.
struct SignOnRefusals {
    private var inRow = (others: 0, ofPublic: 0)
    private static let inRowMax = 8

    /// - Parameter error: why a repository could not be read; `nil` if it was.
    mutating func showOne(_ repository: Repository, after error: GitHubError?) {
        let isRefused = if case .ssoRequired? = error { true } else { false }
        if repository.visibility.isKnownNotPublic {
            inRow.others = isRefused ? inRow.others + 1 : 0
        } else {
            inRow.ofPublic = isRefused ? inRow.ofPublic + 1 : 0
        }
    }

    /// Whether a request for it would be refused as well.
    func refuses(_ repository: Repository) -> Bool {
        (repository.visibility.isKnownNotPublic ? inRow.others : inRow.ofPublic) >= Self.inRowMax
    }
}

extension PriorKnowledge {
    /// What no scan has read comes first, then what was read longest ago; the listing's order where that is equal. When
    /// each was read is forgotten.
    mutating func takeLongestUnread(of repositories: [Repository]) -> [Repository] {
        let ages = lastReads
        lastReads = [:]
        return repositories.enumerated().sorted { left, right in
            let (leftScan, rightScan) = (ages[left.element.id]?.rawValue ?? 0, ages[right.element.id]?.rawValue ?? 0)
            return leftScan == rightScan ? left.offset < right.offset : leftScan < rightScan
        }.map(\.element)
    }
}

extension OrganizationTemplate {
    var isKnown: Bool {
        if case .unreadable = self { false } else { true }
    }
}
