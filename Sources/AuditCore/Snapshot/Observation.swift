/// One repository as a crawl met it.
public struct Observation: Hashable, Sendable {
    public var repository: Repository
    /// `nil` where the setting was not asked for: out of scope, or the scan ended before.
    public var reading: Reading<RepositorySetting>?
    public var observedAt: Timestamp
    /// For the next time that the setting is asked for; `nil` where there is none, or it is known already.
    public var validator: Validator?

    public init(
        repository: Repository, reading: Reading<RepositorySetting>?, observedAt: Timestamp,
        validator: Validator? = nil,
    ) {
        self.repository = repository
        self.reading = reading
        self.observedAt = observedAt
        self.validator = validator
    }
}

/// One organization as a crawl met it, once everything of it has been asked for.
public struct OrganizationObservation: Sendable {
    /// As GitHub writes it; as it was asked for where the organization could not be read.
    public var login: String
    /// `nil` where the organization could not be read.
    public var id: OrganizationID?
    public var template: OrganizationTemplate
    /// Names of custom properties whose values tokens carry; `nil` where they were not asked for.
    public var includedProperties: Reading<[String]>?
    /// Without `removed` and `missing`, which only the history knows.
    public var listing: Listing
    /// Whether every page and entry of the listing was read, so that a repository it lacks is not shown any more.
    public var isListingWhole: Bool

    public init(
        login: String, id: OrganizationID?, template: OrganizationTemplate,
        includedProperties: Reading<[String]>? = nil, listing: Listing, isListingWhole: Bool = true,
    ) {
        self.login = login
        self.id = id
        self.template = template
        self.includedProperties = includedProperties
        self.listing = listing
        self.isListingWhole = isListingWhole
    }
}
