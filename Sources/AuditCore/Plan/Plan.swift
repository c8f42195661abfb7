/// The changes that fix the findings of a scan. A value without effect: only `apply` writes.
package struct Plan: Hashable, Sendable {
    package struct Organization: Hashable, Sendable {
        package var login: String
        package var id: OrganizationID

        package init(login: String, id: OrganizationID) {
            self.login = login
            self.id = id
        }
    }

    /// A finding that stays, and why.
    package struct Manual: Hashable, Sendable {
        package var rule: String
        /// Full name of the repository, login of the organization, or the waiver.
        package var name: String
        package var message: String
        package var why: String

        package init(rule: String, name: String, message: String, why: String) {
            self.rule = rule
            self.name = name
            self.message = message
            self.why = why
        }
    }

    /// The only host to which it may be applied.
    package var apiURL: String
    package var isEnterpriseServer: Bool
    package var organizations: [Organization]
    package var createdAt: Timestamp
    /// The scan whose facts it is made from; `nil` if it is made from a single reading.
    package var scanID: ScanID?
    /// When that scan began; `nil` if it is made from a single reading, or by a version that did not write it.
    package var scannedAt: Timestamp?
    /// Name and digest of the policy that asks for it; empty if nothing but a person does.
    package var policyName: String
    package var policySHA256: String
    /// Organizations first, since repositories follow them; then in report order.
    package var changes: [PlannedChange]
    package var manual: [Manual]
    /// Why not everything was looked at; `nil` if it was.
    package var incomplete: String?
    /// `nil` if it was held against no cloud export.
    package var access: PlannedAccess?

    package init(
        apiURL: String, isEnterpriseServer: Bool, organizations: [Organization], createdAt: Timestamp, scanID: ScanID?,
        policyName: String, policySHA256: String, changes: [PlannedChange], manual: [Manual], incomplete: String? = nil,
        scannedAt: Timestamp? = nil, access: PlannedAccess? = nil,
    ) {
        self.access = access
        self.scannedAt = scannedAt
        self.incomplete = incomplete
        self.apiURL = apiURL
        self.isEnterpriseServer = isEnterpriseServer
        self.organizations = organizations
        self.createdAt = createdAt
        self.scanID = scanID
        self.policyName = policyName
        self.policySHA256 = policySHA256
        self.changes = changes
        self.manual = manual
    }

    /// How many repositories' subjects become another text, those included that follow an organization.
    package var subjectCount: Int { count(where: .changes) }
    /// Those of which that is not certain.
    package var doubtfulSubjectCount: Int {
        let changing = changes.flatMap(\.subjects).filter { $0.effect == .changes }
        let certain = Set(changing.filter(\.isCertain).map(\.repositoryID))
        return Set(changing.map(\.repositoryID)).subtracting(certain).count
    }

    /// Of how many it is not known whether their subjects change.
    package var unknownSubjectCount: Int { count(where: .unknown) }

    private func count(where effect: PlannedChange.Subject.Effect) -> Int {
        Set(changes.flatMap(\.subjects).filter { $0.effect == effect }.map(\.repositoryID)).count
    }

    /// Whether every change says which repositories' subjects it may change.
    package var knowsSubjects: Bool { changes.allSatisfy(\.knowsSubjects) }

    /// How many repositories it is about: those that are written, whatever the plan says of their subjects, and those that
    /// follow an organization.
    package var repositoryCount: Int {
        Set(changes.flatMap { $0.subjects.map(\.repositoryID) + ($0.target.repositoryID.map { [$0] } ?? []) }).count
    }

    /// Whether it changes the template of an organization, which others follow.
    package var changesOrganizations: Bool {
        changes.contains { change in if case .organization = change.target { true } else { false } }
    }

    /// Whether each target stands once, and belongs to one of the plan's organizations.
    package var isSound: Bool {
        let logins = Set(organizations.map { $0.login.lowercased() })
        return Set(changes.map(\.target)).count == changes.count
            && changes.allSatisfy { change in
                switch change.target {
                case .organization(let login, let id):
                    organizations.contains { $0.id == id && $0.login.lowercased() == login.lowercased() }
                case .repository(let owner, _, _): logins.contains(owner.lowercased())
                }
            }
    }
}

/// One template that is to be written.
package struct PlannedChange: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        case organization(login: String, id: OrganizationID)
        case repository(owner: String, name: String, id: RepositoryID)

        /// Full name of the repository, or login of the organization.
        package var name: String {
            switch self {
            case .organization(let login, _): login
            case .repository(let owner, let name, _): "\(owner)/\(name)"
            }
        }

        /// Login of the organization.
        package var owner: String {
            switch self {
            case .organization(let login, _): login
            case .repository(let owner, _, _): owner
            }
        }

        var repositoryID: RepositoryID? {
            if case .repository(_, _, let id) = self { id } else { nil }
        }
    }

    package enum Value: Hashable, Sendable {
        case organization(OrganizationTemplate)
        case repository(RepositorySetting)

        /// Whether it is a repository's that inherits.
        package var inherits: Bool {
            if case .repository(let setting) = self { setting.inherits } else { false }
        }
    }

    /// A repository whose subject changes with it.
    package struct Subject: Hashable, Sendable {
        package var repository: String
        package var repositoryID: RepositoryID
        /// `nil` if it is unknown.
        package var before: String?
        package var after: String?
        /// Whether GitHub documents how each part of both renders.
        package var isCertain: Bool
        /// What it is instead should GitHub keep the ids of immutable subjects; `nil` if they are not to go.
        package var afterKeepingIDs: String?
        /// Contexts whose jobs present the same subject before and after.
        package var sameIn: [JobContext.Kind] = []
        /// Who else presents the subject of before when all is done, in words; `nil`: nobody is known to.
        package var alsoOf: String?

        package enum Effect: Sendable {
            case changes
            case unknown
            /// Both are the same text.
            case none
        }

        package init(
            repository: String, repositoryID: RepositoryID, before: String?, after: String?, isCertain: Bool = true,
            afterKeepingIDs: String? = nil,
        ) {
            self.repository = repository
            self.repositoryID = repositoryID
            self.before = before
            self.after = after
            self.isCertain = isCertain
            self.afterKeepingIDs = afterKeepingIDs
        }

        /// What becomes of the text that clouds compare.
        package var effect: Effect {
            guard let before, let after else { return .unknown }
            return before != after ? .changes : isCertain ? .none : .unknown
        }
    }

    package var target: Target
    /// As it was read; it is written only where it is still so.
    package var before: Value
    /// Whether the claims of `before` may be inherited ones, which GitHub reports as if they were the repository's own: to
    /// write them back could make a copy.
    package var mayInherit: Bool
    /// As it is to be read back; of a repository with the prefix that GitHub will compute.
    package var after: Value
    /// Claims of the organization's template that it is then to inherit; `nil` if it inherits none, or what they are
    /// does not matter.
    package var inherited: [ClaimKey]?
    /// Likewise of what it inherited before; a rollback wants the same.
    package var inheritedBefore: [ClaimKey]?
    /// Ids of the policy's entries that ask for it.
    package var rules: [String]
    /// How many findings it fixes: one entry may find the same in every repository that follows an organization.
    package var findingCount: Int
    package var subjects: [Subject]
    /// Whether `subjects` are all that may change: false if nobody looked at who follows an organization.
    package var knowsSubjects: Bool
    /// What a person should know before it is applied, one sentence each.
    package var warnings: [String]

    package init(
        target: Target, before: Value, mayInherit: Bool = false, after: Value, inherited: [ClaimKey]? = nil,
        inheritedBefore: [ClaimKey]? = nil, rules: [String] = [], findingCount: Int? = nil, subjects: [Subject] = [],
        knowsSubjects: Bool = true, warnings: [String] = [],
    ) {
        self.findingCount = findingCount ?? rules.count
        self.knowsSubjects = knowsSubjects
        self.target = target
        self.before = before
        self.mayInherit = mayInherit
        self.after = after
        self.inherited = inherited
        self.inheritedBefore = inheritedBefore
        self.rules = rules
        self.subjects = subjects
        self.warnings = warnings
    }
}
