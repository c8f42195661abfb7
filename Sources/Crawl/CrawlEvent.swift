package import AuditCore

/// What a crawl reports while it runs. For each organization: found, any number of observations, finished. Where the
/// organization could not be read, finished alone.
package enum CrawlEvent: Sendable {
    case organizationFound(OrganizationID, login: String, repositoryCount: Int?)
    /// What is to be asked and what may be, where the host has a primary rate limit.
    case planned(CrawlPlan)
    /// Set or never set, as it was first read.
    case templateRead(OrganizationTemplate, of: OrganizationID)
    /// A page of the listing that the next crawl need not read in full; its repositories are observed before the end.
    case pageRead(ListedPage, of: OrganizationID)
    /// At most `CrawlLimits.batchSize` repositories, each repository once in a crawl.
    case observations([Observation], of: OrganizationID)
    case organizationFinished(OrganizationObservation)
    /// Something that a person should know, for this night only; each text once an organization.
    case advice(String)
    /// What a person can do about something that failed of an organization, by the login that it was asked for with or bears;
    /// each text once an organization.
    case hint(String, of: String)
}

/// How much a crawl may do at once.
package struct CrawlLimits: Hashable, Sendable {
    /// Requests in flight at once.
    package var concurrency: Int
    /// Observations handed on together.
    package var batchSize: Int
    /// Longest time that an observation waits for its batch to fill.
    package var flushInterval: Duration
    /// Listing pages accepted from one organization; a hostile server could name any number.
    package var pagesMax: Int

    package init(
        concurrency: Int = 32, batchSize: Int = 256, flushInterval: Duration = .seconds(1), pagesMax: Int = 20_000,
    ) {
        self.concurrency = concurrency
        self.batchSize = batchSize
        self.flushInterval = flushInterval
        self.pagesMax = pagesMax
    }

    /// Listing pages in flight at once while there are templates to ask for, and while there are none. A page costs GitHub
    /// much more than a template, is half a megabyte here, and leads to a hundred templates.
    var pageConcurrency: (beside: Int, alone: Int) { (max(1, concurrency / 16), max(1, concurrency / 4)) }
}
