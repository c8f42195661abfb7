/// What earlier reads of an organization spare a crawl.
package struct PriorKnowledge: Sendable {
    /// A setting as a credential last read it.
    package struct Setting: Hashable, Sendable {
        /// Of the address that was asked, to which the validator belongs.
        package var fullName: String
        package var value: RepositorySetting
        package var validator: Validator

        package init(fullName: String, value: RepositorySetting, validator: Validator) {
            self.fullName = fullName
            self.value = value
            self.validator = validator
        }
    }

    /// A page of the listing as a credential last read it.
    package struct Page: Hashable, Sendable {
        /// In the page's order.
        package var repositories: [Repository]
        /// Number of the last page; `nil` if GitHub did not say, as on the last one.
        package var last: Int?
        package var validator: Validator

        package init(repositories: [Repository], last: Int?, validator: Validator) {
            self.repositories = repositories
            self.last = last
            self.validator = validator
        }
    }

    package var settings: [RepositoryID: Setting] = [:]
    /// By number.
    package var pages: [Int: Page] = [:]
    /// The scan that last asked for each repository's setting, in vain or not; empty if nobody wants to know.
    package var lastReads: [RepositoryID: ScanID] = [:]
    /// Whether the scan before did not come to its end; then the last reads are given, too.
    package var endedEarly = false
    /// What an interrupted scan that goes on had come to.
    package var resumed: Resumed?

    package struct Resumed: Sendable {
        /// The organization's template as that scan first read it; `nil` if it had not.
        package var template: OrganizationTemplate?
        /// Repositories whose setting that scan has read, with the full name under which it did.
        package var read: [RepositoryID: String]

        package init(template: OrganizationTemplate?, read: [RepositoryID: String]) {
            self.template = template
            self.read = read
        }
    }

    package init() {}
}

/// A page of an organization's listing, for the next crawl.
package struct ListedPage: Sendable {
    package var number: Int
    /// In the page's order.
    package var repositories: [RepositoryID]
    /// Whether the listing holds custom properties.
    package var hasProperties: Bool
    /// Number of the last page; `nil` if GitHub did not say, as on the last one.
    package var last: Int?
    package var validator: Validator

    package init(number: Int, repositories: [RepositoryID], hasProperties: Bool, last: Int?, validator: Validator) {
        self.number = number
        self.repositories = repositories
        self.hasProperties = hasProperties
        self.last = last
        self.validator = validator
    }
}
