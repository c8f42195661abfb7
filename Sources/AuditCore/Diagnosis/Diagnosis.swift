/// What a token may see of an organization, and what a scan of it would cost.
public struct Diagnosis: Sendable {
    /// One thing that a scan asks for.
    public struct Access: Sendable {
        public enum Outcome: Hashable, Sendable {
            case allowed
            case refused(UnreadableReason)
            /// There was nothing to try it on.
            case notTried(String)
        }

        public var what: String
        /// Scope of a classic token that allows it; `nil` where any token may ask.
        public var classicScope: String?
        /// Permission of a fine-grained token or an app that allows it; `nil` where any token may ask.
        public var fineGrained: String?
        /// Whether every scan needs it; else only some policies do.
        public var isRequired: Bool
        public var outcome: Outcome
        /// What a person can do where it was refused.
        public var hint: String?

        public init(
            what: String, classicScope: String?, fineGrained: String?, isRequired: Bool, outcome: Outcome,
            hint: String? = nil,
        ) {
            self.what = what
            self.classicScope = classicScope
            self.fineGrained = fineGrained
            self.isRequired = isRequired
            self.outcome = outcome
            self.hint = hint
        }
    }

    /// What a scan costs.
    public struct Cost: Hashable, Sendable {
        /// Requests sent.
        public var requests: Int
        /// Of these, what counts against the primary rate limit.
        public var charged: Int
        /// Least time that the limits allow; `nil` where there are none.
        public var duration: Duration?

        public init(requests: Int, charged: Int, duration: Duration?) {
            self.requests = requests
            self.charged = charged
            self.duration = duration
        }
    }

    public var apiURL: String
    public var apiVersion: String
    /// In words, such as `fine-grained personal access token`.
    public var tokenKind: String
    /// Of a classic token, as GitHub tells; `nil` for others.
    public var scopes: [String]?
    public var login: String
    public var organizationID: OrganizationID?
    /// In the order in which a scan asks.
    public var access: [Access] = []
    /// How many repositories the organization counts; a lower bound where `isExpectedAtLeast`. `nil` where nothing is
    /// counted to the token that would prove the listing short.
    public var expected: Int?
    public var isExpectedAtLeast = false
    /// How many the listing holds at most, by its number of pages; `nil` where it was not read.
    public var listed: Int?
    /// Why a scan's listing would be partial, as far as is known without reading all of it; `nil` where it would not be.
    public var shortfall: String?
    /// Whether the listing is known to leave repositories out, or may, and why.
    public var listingDoubts: [String] = []
    /// `nil` where the host has no limits.
    public var budget: RateLimitStatus?
    public var pointsPerMinute: Int
    public var concurrency: Int
    /// `nil` where the number of repositories is not known.
    public var cold: Cost?
    public var warm: Cost?

    public init(
        apiURL: String, apiVersion: String, tokenKind: String, login: String, pointsPerMinute: Int, concurrency: Int,
    ) {
        self.apiURL = apiURL
        self.apiVersion = apiVersion
        self.tokenKind = tokenKind
        self.login = login
        self.pointsPerMinute = pointsPerMinute
        self.concurrency = concurrency
    }

    /// What every scan needs and this token was refused.
    public var missing: [Access] {
        access.filter { access in
            if access.isRequired, case .refused = access.outcome { true } else { false }
        }
    }
}
