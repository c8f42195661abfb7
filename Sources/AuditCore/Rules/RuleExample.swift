/// A case that documents a rule and tests it.
///
/// The repository is `acme/api` (id 1001), private, of the organization `acme` (id 77), unless the case says otherwise.
package struct RuleExample: Sendable {
    package enum Outcome: Sendable {
        case pass
        /// The violation's message.
        case fail(String)
        case undecided
        case notApplicable
    }

    /// The rule entry's options as JSON, without the keys that all entries share.
    package let options: String
    /// One setting for each repository of the organization; a rule about repositories judges the first alone.
    package let settings: [RepositorySetting]
    package let organizationTemplate: OrganizationTemplate
    /// Custom properties that the organization includes in tokens; `nil` if they could not be read.
    package let includedProperties: [String]?
    /// Values of the repository's custom properties; `nil` if the host did not send them.
    package let customProperties: [String: [String]]?
    package let isEnterpriseServer: Bool
    /// For rules about waivers.
    package let waiver: Waiver?
    package let waiverUse: WaiverSubject.Use
    /// For rules about trusts: what the one statement of a role demands.
    package let role: [Condition]?
    /// A change that is asked about; `nil`: none is.
    package let planned: Planned?
    package let expected: Outcome

    package static let login = "acme"
    /// The day of the cases about waivers: 2026-11-21.
    package static let today = Timestamp(secondsSince1970: 1_795_226_400)

    /// A case of one repository.
    package init(
        options: String = "{}", setting: RepositorySetting, organizationTemplate: OrganizationTemplate = .neverSet,
        includedProperties: [String]? = [], customProperties: [String: [String]]? = [:],
        isEnterpriseServer: Bool = false, expected: Outcome,
    ) {
        self.options = options
        // As GitHub does where subjects are not immutable; an Enterprise Server sends none.
        let prefix = setting.subClaimPrefix ?? "repo:acme/api"
        self.settings = [isEnterpriseServer ? setting : setting.prefixed(prefix)]
        self.organizationTemplate = organizationTemplate
        self.includedProperties = includedProperties
        self.customProperties = customProperties
        self.isEnterpriseServer = isEnterpriseServer
        self.waiver = nil
        self.waiverUse = .unknown
        self.role = nil
        self.planned = nil
        self.expected = expected
    }

    /// A case of an organization and its repositories.
    package init(
        options: String = "{}", organizationTemplate: OrganizationTemplate, settings: [RepositorySetting] = [],
        expected: Outcome,
    ) {
        self.options = options
        self.settings = settings
        self.organizationTemplate = organizationTemplate
        self.includedProperties = []
        self.customProperties = [:]
        self.isEnterpriseServer = false
        self.waiver = nil
        self.waiverUse = .unknown
        self.role = nil
        self.planned = nil
        self.expected = expected
    }

    /// A case of a waiver of `required-claims` on `legacy-*`.
    package init(options: String = "{}", waiverExpires day: Day, use: WaiverSubject.Use = .used, expected: Outcome) {
        self.options = options
        self.settings = []
        self.organizationTemplate = .neverSet
        self.includedProperties = nil
        self.customProperties = nil
        self.isEnterpriseServer = false
        self.waiver = Waiver(
            rule: "required-claims", target: .init(repository: .named(Glob("legacy-*"))), owner: "payments",
            reason: "moves to the new pipeline", expires: day)
        self.waiverUse = use
        self.role = nil
        self.planned = nil
        self.expected = expected
    }

    /// A case of an AWS role that trusts GitHub.
    ///
    /// `acme`, which was `acme-corp`, has `api` and `web`, which was `old`, on GitHub's default; `new` (id 1003) with
    /// immutable subjects; and `one` and `two` with repository_owner and context in their templates.
    package init(
        options: String = "{}", role: [Condition], planned: Planned? = nil, expected: Outcome,
    ) {
        self.options = options
        self.settings = []
        self.organizationTemplate = .neverSet
        self.includedProperties = nil
        self.customProperties = nil
        self.isEnterpriseServer = false
        self.waiver = nil
        self.waiverUse = .unknown
        self.role = role
        self.planned = planned
        self.expected = expected
    }

    /// One condition of a role: values under an operator and a claim.
    package struct Condition: Sendable {
        package let condition: String
        package let claim: ClaimKey
        package let values: [String]

        package init(_ condition: String, _ claim: ClaimKey, _ values: String...) {
            self.condition = condition
            self.claim = claim
            self.values = values
        }
    }

    package enum Planned: Sendable {
        case apiBecomesImmutable
    }

    /// The repository of a case.
    package func repository(_ index: Int = 0) -> Repository {
        Repository(
            id: RepositoryID(rawValue: Int64(1001 + index)), owner: Self.login, ownerID: 77,
            name: index == 0 ? "api" : "api-\(index + 1)", visibility: .private, isFork: false, topics: [],
            customProperties: customProperties)
    }
}

extension RepositorySetting {
    /// GitHub's default template.
    package static let gitHubDefault = RepositorySetting(useDefault: true)

    /// Keys of the repository's own.
    package static func own(_ keys: [ClaimKey]) -> RepositorySetting {
        RepositorySetting(useDefault: false, includeClaimKeys: keys)
    }

    /// Opted in to the organization's template without keys of its own.
    package static let inheriting = RepositorySetting(useDefault: false)

    /// The same with a prefix.
    package func prefixed(_ prefix: String) -> RepositorySetting {
        var setting = self
        setting.subClaimPrefix = prefix
        return setting
    }

    /// The same with immutable subjects, for the repository of an example.
    static func immutable(_ setting: RepositorySetting) -> RepositorySetting {
        setting.prefixed("repo:acme@77/api@1001")
    }
}
