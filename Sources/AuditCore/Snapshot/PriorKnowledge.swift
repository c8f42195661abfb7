/// What earlier reads of an organization spare a crawl.
public struct PriorKnowledge: Sendable {
    /// A setting as a credential last read it.
    public struct Setting: Hashable, Sendable {
        /// Of the address that was asked, to which the validator belongs.
        public var fullName: String
        public var value: RepositorySetting
        public var validator: Validator

        public init(fullName: String, value: RepositorySetting, validator: Validator) {
            self.fullName = fullName
            self.value = value
            self.validator = validator
        }
    }

    /// A page of the listing as a credential last read it.
    public struct Page: Hashable, Sendable {
        /// In the page's order.
        public var repositories: [Repository]
        /// Number of the last page; `nil` where GitHub did not say, as on the last one.
        public var last: Int?
        public var validator: Validator

        public init(repositories: [Repository], last: Int?, validator: Validator) {
            self.repositories = repositories
            self.last = last
            self.validator = validator
        }
    }

    public var settings: [RepositoryID: Setting] = [:]
    /// By number.
    public var pages: [Int: Page] = [:]
    /// The scan that last asked for each repository's setting, in vain or not; empty where nobody wants to know.
    public var lastReads: [RepositoryID: ScanID] = [:]
    /// Whether the scan before did not come to its end; then the last reads are told, too.
    public var endedEarly = false
    /// What an interrupted scan that goes on had come to.
    public var resumed: Resumed?

    public struct Resumed: Sendable {
        /// The organization's template as that scan first read it; `nil` where it had not.
        public var template: OrganizationTemplate?
        /// Repositories whose setting that scan has read, with the full name under which it did.
        public var read: [RepositoryID: String]

        public init(template: OrganizationTemplate?, read: [RepositoryID: String]) {
            self.template = template
            self.read = read
        }
    }

    public init() {}
}

/// A page of an organization's listing, for the next crawl.
public struct ListedPage: Sendable {
    public var number: Int
    /// In the page's order.
    public var repositories: [RepositoryID]
    /// Whether the listing holds custom properties.
    public var hasProperties: Bool
    /// Number of the last page; `nil` where GitHub did not say, as on the last one.
    public var last: Int?
    public var validator: Validator

    public init(number: Int, repositories: [RepositoryID], hasProperties: Bool, last: Int?, validator: Validator) {
        self.number = number
        self.repositories = repositories
        self.hasProperties = hasProperties
        self.last = last
        self.validator = validator
    }
}
