import AuditCore
import GitHubAPI

/// Custom properties that the listing does not hold.
struct PropertyValues {
    var queue: PageQueue
    /// Of the pages that could be read.
    var known: [RepositoryID: [String: [String]]] = [:]
}

/// Refusals for want of single sign-on. It is an organization's: some in a row show it, and of public repositories some may
/// be readable before.
struct SignOnRefusals {
    private var inRow = 0
    private static let inRowMax = 8

    /// - Parameter error: why a repository could not be read; `nil` if it was.
    /// - Returns: whether further requests would be refused as well.
    mutating func showOne(after error: GitHubError?) -> Bool {
        if case .ssoRequired? = error { inRow += 1 } else { inRow = 0 }
        return inRow >= Self.inRowMax
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
