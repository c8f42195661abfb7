/// What a token may see of an organization, and what a scan of it would cost.
package struct Diagnosis: Sendable {
    /// One thing that a scan asks for.
    package struct Access: Sendable {
        package enum Outcome: Hashable, Sendable {
            case allowed
            case refused(UnreadableReason)
            /// There was nothing to try it on.
            case notTried(String)
        }

        package var what: String
        /// Scope of a classic token that allows it; `nil` if any token may ask.
        package var classicScope: String?
        /// Permission of a fine-grained token or an app that allows it; `nil` if any token may ask.
        package var fineGrained: String?
        /// Whether every scan needs it; else only some policies do.
        package var isRequired: Bool
        package var outcome: Outcome
        /// What a person can do where it was refused.
        package var hint: String?

        package init(
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
    package struct Cost: Hashable, Sendable {
        /// Requests sent.
        package var requests: Int
        /// Of these, what counts against the primary rate limit.
        package var charged: Int
        /// Least time that the limits allow; `nil` if there are none.
        package var duration: Duration?

        package init(requests: Int, charged: Int, duration: Duration?) {
            self.requests = requests
            self.charged = charged
            self.duration = duration
        }
    }

    /// A GitHub App in the place of a token.
    package struct App: Sendable {
        package struct Installation: Sendable {
            /// `nil` if GitHub names none.
            package var account: String?
            package var id: Int64
            /// `Organization`, `User` or `Enterprise`.
            package var targetType: String
            package var isSuspended: Bool
            /// What was granted, such as `actions: read`.
            package var permissions: [String]
            /// What a scan needs and was not granted, as GitHub's pages call it.
            package var missing: [String]
            /// Whether it sees selected repositories only.
            package var isSelective: Bool
            /// Of the installation's own; `nil` if the host sends none, or nobody asked.
            package var budget: RateLimitStatus?
            /// What a first scan of it alone costs; `nil` if its number of repositories is not known.
            package var cost: Cost?
            /// How many repositories it counts.
            package var repositoryCount: Int?

            package init(
                account: String?, id: Int64, targetType: String, isSuspended: Bool, permissions: [String],
                missing: [String], isSelective: Bool,
            ) {
                self.account = account
                self.id = id
                self.targetType = targetType
                self.isSuspended = isSuspended
                self.permissions = permissions
                self.missing = missing
                self.isSelective = isSelective
            }
        }

        package var name: String
        /// The id that was given.
        package var id: String
        package var installations: [Installation]
        /// Of the app's own requests; each installation has one more. `nil` if the host sends none.
        package var budget: RateLimitStatus?
        /// What a first scan of every installation costs, each beside the others; `nil` if none could be asked.
        package var together: Cost?

        package init(name: String, id: String, installations: [Installation], budget: RateLimitStatus?) {
            self.name = name
            self.id = id
            self.installations = installations
            self.budget = budget
        }
    }

    /// What another credential lists of the same organization.
    package struct OtherListing: Sendable {
        package struct Found: Hashable, Sendable {
            /// How many it lists at most, by its number of pages.
            package var listed: Int
            /// Full names of those among what was compared that one of the two alone lists.
            package var onlyThis: [String]
            package var onlyOther: [String]
            /// Whether every repository was compared, and not those of the first page alone.
            package var isWhole: Bool

            package init(listed: Int, onlyThis: [String], onlyOther: [String], isWhole: Bool) {
                self.listed = listed
                self.onlyThis = onlyThis
                self.onlyOther = onlyOther
                self.isWhole = isWhole
            }
        }

        /// Whose it is, in words.
        package var credential: String
        package var found: Reading<Found>

        package init(credential: String, found: Reading<Found>) {
            self.credential = credential
            self.found = found
        }
    }

    /// What 1,000,000 repositories in 1,000 organizations take, read in full.
    package struct Million: Hashable, Sendable {
        package static let organizations = 1000
        package static let repositories = 1_000_000

        package var requests: Int
        /// With one token.
        package var tokenHours: Int
        /// With an app that is installed in each, its requests in flight as of `inFlight` and answered in 0.1 s.
        package var appMinutes: Int
        package var inFlight: Int

        package init(requests: Int, tokenHours: Int, appMinutes: Int, inFlight: Int) {
            self.requests = requests
            self.tokenHours = tokenHours
            self.appMinutes = appMinutes
            self.inFlight = inFlight
        }
    }

    package var apiURL: String
    package var apiVersion: String
    /// `nil` if a token was given.
    package var app: App?
    /// In words, such as `fine-grained personal access token`.
    package var tokenKind: String
    /// Of a classic token, as GitHub reports it; `nil` for others.
    package var scopes: [String]?
    package var login: String
    package var organizationID: OrganizationID?
    /// In the order in which a scan asks.
    package var access: [Access] = []
    /// How many repositories the organization counts; a lower bound where `isExpectedAtLeast`. `nil` if nothing is
    /// counted to the token that would prove the listing short.
    package var expected: Int?
    package var isExpectedAtLeast = false
    /// How many the listing holds at most, by its number of pages; `nil` if it was not read.
    package var listed: Int?
    /// Why a scan's listing would be partial, as far as is known without reading all of it; `nil` if it would not be.
    package var shortfall: String?
    /// Whether the listing is known to leave repositories out, or may, and why.
    package var listingDoubts: [String] = []
    /// `nil` if no other credential is set with which the organization could be read.
    package var otherListing: OtherListing?
    /// `nil` if the host has no limits.
    package var budget: RateLimitStatus?
    package var pointsPerMinute: Int
    package var concurrency: Int
    /// `nil` if the number of repositories is not known.
    package var cold: Cost?
    package var warm: Cost?
    /// `nil` if the host has no limits.
    package var million: Million?

    package init(
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
    package var missing: [Access] {
        access.filter { access in
            if access.isRequired, case .refused = access.outcome { true } else { false }
        }
    }
}
