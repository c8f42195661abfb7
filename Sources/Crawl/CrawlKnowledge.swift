import AuditCore

/// Custom properties that the listing does not hold.
struct PropertyValues {
    var queue: PageQueue
    /// Of the pages that could be read.
    var known: [RepositoryID: [String: [String]]] = [:]
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
