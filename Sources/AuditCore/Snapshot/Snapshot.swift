/// Everything that one scan observed, as the history gives it back. Facts only: no judgement.
package struct Snapshot: Sendable {
    /// `nil` if no history could be opened.
    package var scanID: ScanID?
    /// Base address of the API, such as `https://api.github.com`.
    package var apiURL: String
    package var isEnterpriseServer: Bool
    package var startedAt: Timestamp
    package var finishedAt: Timestamp
    /// Why the scan stopped before everything was asked for; `nil` if it ran to its end.
    package var stop: ScanStop?
    package var requests: RequestCounts
    package var scope: Scope
    /// In the order in which they were asked for.
    package var organizations: [OrganizationSnapshot]

    package init(
        scanID: ScanID?, apiURL: String, isEnterpriseServer: Bool, startedAt: Timestamp, finishedAt: Timestamp,
        stop: ScanStop?, requests: RequestCounts, scope: Scope, organizations: [OrganizationSnapshot],
    ) {
        self.scanID = scanID
        self.apiURL = apiURL
        self.isEnterpriseServer = isEnterpriseServer
        self.startedAt = startedAt
        self.finishedAt = finishedAt
        self.stop = stop
        self.requests = requests
        self.scope = scope
        self.organizations = organizations
    }
}

/// Why a scan stopped early; the raw values are stored.
package enum ScanStop: String, Sendable, CaseIterable {
    /// SIGINT.
    case interrupted
    /// SIGTERM.
    case terminated
    /// GitHub refused the token.
    case unauthorized
    /// No token was given.
    case tokenMissing = "token_missing"
    /// The waits for rate limits would have exceeded what was allowed.
    case waitExhausted = "wait_exhausted"
    /// The history could not be written.
    case historyFailed = "history_failed"
    // Of the whole credential, as `CredentialRefusal` has them.
    case installationSuspended = "installation_suspended"
    case accountSuspended = "account_suspended"
    case accountLocked = "account_locked"
    case addressBlocked = "address_blocked"
    case addressRefused = "address_refused"
    case ssoRequired = "sso_required"
    case tokenNotAllowed = "token_not_allowed"
    case versionRefused = "version_refused"
    case foreignPages = "foreign_pages"

    /// For people, without a final stop: why, and what became of what was read until then.
    package var explanation: String {
        switch self {
        case .interrupted, .terminated, .waitExhausted: "\(reason); what was read is stored"
        case .tokenMissing, .historyFailed: reason
        case .unauthorized, .installationSuspended, .accountSuspended, .accountLocked, .addressBlocked, .addressRefused,
            .ssoRequired, .tokenNotAllowed, .versionRefused, .foreignPages:
            "\(reason); what was read before is stored"
        }
    }

    /// The same of a scan that is not stored.
    package var reason: String {
        switch self {
        case .interrupted: "it was interrupted"
        case .terminated: "it was terminated"
        case .tokenMissing: "no token was given"
        case .waitExhausted: "GitHub asked to wait longer than --max-wait allows"
        case .historyFailed: "the history could not be written"
        case .unauthorized, .installationSuspended, .accountSuspended, .accountLocked, .addressBlocked, .addressRefused,
            .ssoRequired, .tokenNotAllowed, .versionRefused, .foreignPages:
            refusal?.explanation ?? "GitHub refused the token"
        }
    }
}

/// What one scan asked of GitHub.
package struct RequestCounts: Hashable, Sendable {
    /// Every request put on the wire, retries and redirects included.
    package var sent = 0
    /// Answers 304.
    package var notModified = 0
    /// Requests sent again after a fault or a rate limit.
    package var retried = 0
    /// Time during which rate limits held everything back.
    package var waited: Duration = .zero

    package init(sent: Int = 0, notModified: Int = 0, retried: Int = 0, waited: Duration = .zero) {
        self.sent = sent
        self.notModified = notModified
        self.retried = retried
        self.waited = waited
    }
}

/// One organization as one scan saw it.
package struct OrganizationSnapshot: Sendable {
    /// As GitHub writes it; as it was asked for where the organization could not be read.
    package var login: String
    package var id: OrganizationID?
    /// The login by which it was asked for, where it bears another.
    package var askedLogin: String?
    /// The login by which the last scan before knew it, where that was another.
    package var formerLogin: String?
    /// The organization that bore its login at the last scan before that saw this login, where that was another.
    package var formerHolder: OrganizationID?
    /// The scan that saw it, where the snapshot is of several.
    package var scan: ScanDifference.Side?
    /// Why what was seen does not stand for today; `nil` if it does, or no age was asked for.
    package var staleness: String?
    /// Why not everything was asked of it, where the scan went on with others; `nil` if it was.
    package var stop: ScanStop?
    package var template: OrganizationTemplate
    /// Names of custom properties whose values tokens carry; `nil` if they were not asked for.
    package var includedProperties: Reading<[String]>?
    package var listing: Listing
    /// Every listed repository, in report order.
    package var repositories: [RepositorySnapshot]

    package init(
        login: String, id: OrganizationID?, template: OrganizationTemplate,
        includedProperties: Reading<[String]>? = nil, listing: Listing, repositories: [RepositorySnapshot],
    ) {
        self.login = login
        self.id = id
        self.template = template
        self.includedProperties = includedProperties
        self.listing = listing
        self.repositories = repositories
    }
}

/// One repository as one scan saw it.
package struct RepositorySnapshot: Sendable {
    package var repository: Repository
    package var reading: Reading<RepositorySetting>
    /// When the setting was first seen, unchanged to this scan; `nil` if it was not read.
    package var since: Timestamp?

    package init(repository: Repository, reading: Reading<RepositorySetting>, since: Timestamp?) {
        self.repository = repository
        self.reading = reading
        self.since = since
    }
}

/// How far an organization's listing can be trusted.
package struct Listing: Hashable, Sendable {
    package enum Status: String, Sendable, CaseIterable {
        /// As many repositories as the organization counts.
        case complete
        /// Fewer, or a page was lost, or GitHub said that it left some out.
        case partial
        /// The private count is not shown to this token.
        case unverified
    }

    package var status: Status
    package var listed: Int
    /// The organization's own count; a lower bound where `isExpectedAtLeast`. `nil` if nothing is counted to this
    /// token that would prove the listing short.
    package var expected: Int?
    /// Full names that the last scan listed and a complete listing no longer holds.
    package var removed: [String]
    /// Full names that the last scan listed and this listing, not known to be complete, does not hold.
    package var missing: [String]
    /// Why the listing is not complete, for people.
    package var error: String?
    /// The kind of trouble where the organization or its first page could not be read at all.
    package var failure: UnreadableReason.Code?

    package init(
        status: Status, listed: Int, expected: Int?, removed: [String] = [], missing: [String] = [],
        error: String? = nil, failure: UnreadableReason.Code? = nil,
    ) {
        self.status = status
        self.listed = listed
        self.expected = expected
        self.removed = removed
        self.missing = missing
        self.error = error
        self.failure = failure
    }

    /// How many repositories are known to be missing from it, at least.
    package var unlisted: Int {
        guard status == .partial else { return missing.count }
        return max(1, missing.count, (expected ?? 0) - listed)
    }

    /// Ends `error` where only public repositories are counted to the token.
    package static let privateCountNotShown = "the number of private repositories is not shown to this token"

    /// Whether `expected` is a lower bound: public repositories as the organization counts them, and private ones as far as
    /// they are listed.
    ///
    /// Read from `error`, which a history keeps: the form of what seals a scan is fixed, and has no field for it.
    package var isExpectedAtLeast: Bool { expected != nil && error?.hasSuffix(Self.privateCountNotShown) == true }
}
