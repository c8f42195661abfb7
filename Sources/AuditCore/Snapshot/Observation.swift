/// One repository as a crawl met it.
package struct Observation: Hashable, Sendable {
    package var repository: Repository
    /// `nil` if the setting was not asked for: out of scope, or the scan ended before.
    package var reading: Reading<RepositorySetting>?
    package var observedAt: Timestamp
    /// For the next time that the setting is asked for; `nil` if there is none, or it is known already.
    package var validator: Validator?

    package init(
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
package struct OrganizationObservation: Sendable {
    /// As GitHub writes it; as it was asked for where the organization could not be read.
    package var login: String
    /// `nil` if the organization could not be read.
    package var id: OrganizationID?
    package var template: OrganizationTemplate
    /// Names of custom properties whose values tokens carry; `nil` if they were not asked for.
    package var includedProperties: Reading<[String]>?
    /// Without `removed` and `missing`, which only the history knows.
    package var listing: Listing
    /// Whether every page and entry of the listing was read, so that a repository it lacks is not shown any more.
    package var isListingWhole: Bool
    /// Why not everything was asked of it; `nil` if it was.
    package var stop: ScanStop?

    package init(
        login: String, id: OrganizationID?, template: OrganizationTemplate,
        includedProperties: Reading<[String]>? = nil, listing: Listing, isListingWhole: Bool = true,
        stop: ScanStop? = nil,
    ) {
        self.stop = stop
        self.login = login
        self.id = id
        self.template = template
        self.includedProperties = includedProperties
        self.listing = listing
        self.isListingWhole = isListingWhole
    }
}
