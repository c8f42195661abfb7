/// What an organization demands of its repositories' templates.
package struct Policy: Sendable {
    package let name: String
    package let description: String?
    /// Longest time from a scan to the expiry of a waiver, in days; `nil`: any.
    package let maxWaiverDays: Int?
    /// Whether each waiver must name the problems that it accepts.
    package let waiversNameProblems: Bool
    /// In the document's order, ids unique.
    package let rules: [RuleEntry]
    /// Where the policy came from, as the person named it.
    package let source: String
    /// SHA-256 of the policy's bytes, in hexadecimal.
    package let sha256: String

    package init(
        name: String, description: String?, maxWaiverDays: Int? = nil, waiversNameProblems: Bool = false,
        rules: [RuleEntry], source: String, sha256: String,
    ) {
        self.waiversNameProblems = waiversNameProblems
        self.name = name
        self.description = description
        self.maxWaiverDays = maxWaiverDays
        self.rules = rules
        self.source = source
        self.sha256 = sha256
    }

    /// Whether it demands something of trusts.
    package var isAboutTrusts: Bool { rules.contains { $0.subject == .identity } }

    /// Whether it demands something of subjects or their templates.
    package var isAboutSubjects: Bool { rules.contains { $0.subject == .repository || $0.subject == .organization } }

    /// What has to be asked of GitHub beyond listing and templates.
    package var needs: Set<RuleNeed> {
        rules.reduce(into: []) { needs, entry in
            needs.formUnion(type(of: entry.rule).needs)
            if entry.selector?.properties.isEmpty == false { needs.insert(.propertyValues) }
        }
    }
}

/// One demand of a policy: a rule with its options, a severity and a choice of repositories.
package struct RuleEntry: Sendable {
    /// What an entry is about.
    package enum Subject: Sendable {
        case repository
        case organization
        case waiver
        /// What a cloud lets assume: judged by `trust` alone.
        case identity
    }

    /// The name that people see; unique in the policy.
    package let id: String
    package let rule: any Rule
    package let severity: Severity
    /// `nil`: every repository in scope.
    package let selector: Selector?
    /// Of an entry about trusts; `nil`: every identity.
    package let identities: IdentitySelector?
    package let reason: String?
    /// How its findings are fixed; `nil` leaves it to the rule.
    package let fix: Fix?
    /// Where the entry stands in the policy's file.
    package let position: SourcePosition
    /// The rule by what it judges: a cast is too slow to be made for each repository.
    let judge: Judge

    enum Judge: Sendable {
        case repository(any RepositoryRule)
        case organization(any OrganizationRule)
        case waiver(any WaiverRule)
        case trust(any TrustRule)
    }

    package init(
        id: String, rule: any Rule, severity: Severity, selector: Selector? = nil,
        identities: IdentitySelector? = nil, reason: String? = nil, fix: Fix? = nil, position: SourcePosition = .start,
    ) {
        self.id = id
        self.rule = rule
        self.severity = severity
        self.selector = selector
        self.identities = identities
        self.reason = reason
        self.fix = fix
        self.position = position
        switch rule {
        case let rule as any RepositoryRule: judge = .repository(rule)
        case let rule as any OrganizationRule: judge = .organization(rule)
        case let rule as any WaiverRule: judge = .waiver(rule)
        case let rule as any TrustRule: judge = .trust(rule)
        default: preconditionFailure("\(type(of: rule).name) judges nothing")
        }
    }

    package var subject: Subject {
        switch judge {
        case .repository: .repository
        case .organization: .organization
        case .waiver: .waiver
        case .trust: .identity
        }
    }

    /// The entries that a policy gets for waivers where it has none of its own. Low: what a waiver covered counts with
    /// its own severity once the waiver has run out.
    static func forWaivers(besides entries: [RuleEntry]) -> [RuleEntry] {
        let own = entries.map { type(of: $0.rule).name }
        return RuleCatalog.waiverRules.filter { !own.contains($0.name) }.map { type in
            RuleEntry(id: type.name, rule: type.init(), severity: .low)
        }
    }
}
