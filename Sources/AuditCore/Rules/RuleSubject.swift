/// What a rule judges: one repository with everything that was observed of it.
package struct RuleSubject: Sendable {
    package let repository: Repository
    package let setting: RepositorySetting
    /// Known; a repository whose template is unknown is not judged.
    package let template: SubjectTemplate
    package let source: TemplateSource
    /// What its subjects are made of; `nil` if that is not known.
    package let language: SubjectLanguage?
    package let organization: OrganizationFacts

    var keys: [ClaimKey] { template.keys }

    var format: SubjectFormat { language?.format ?? .unknown }

    /// The prefix that GitHub computes, taken apart; `nil` if there is none, or one of neither form.
    var prefix: SubjectPrefix? { setting.subClaimPrefix.flatMap(SubjectPrefix.init) }

    /// Whose template has to change, for remediation texts.
    var templateName: String {
        switch source {
        case .organization: "the organization's template, or give the repository its own,"
        case .organizationOrCopy: "the template that the repository shares with its organization"
        case .gitHubDefault, .repository, .unknown: "the repository's template"
        }
    }

    /// The same repository with another template, as if it had opted in to the organization's.
    func following(_ template: SubjectTemplate) -> RuleSubject {
        RuleSubject(
            repository: repository, setting: setting, template: template, source: .organization,
            language: SubjectLanguage(
                template, of: setting, in: repository, isEnterpriseServer: organization.isEnterpriseServer),
            organization: organization)
    }

    /// Whether opting in to the organization's template would satisfy a rule that a repository on GitHub's default
    /// breaks.
    func wouldPassByOptingIn(_ rule: some RepositoryRule) -> Bool {
        guard source == .gitHubDefault, case .set(let template, _) = organization.template,
            case .pass = rule.judge(following(template))
        else { return false }
        return true
    }

    static let optInRemediation =
        "Opt the repository in to the organization's template (use_default: false without keys)."

    /// A violation whose actual value is the template.
    ///
    /// - Parameter problems: as in `Violation`.
    func violation(
        _ message: String, problems: [String]? = nil, expected: [String], isChoice: Bool = false, remediation: String,
        fix: TemplateFix? = nil,
    ) -> RuleVerdict {
        .fail(
            Violation(
                message: message, problems: problems, expected: expected, isChoice: isChoice,
                actual: keys.map(\.rawValue), namesClaims: true, remediation: remediation, fix: fix))
    }

    /// The template without some of its claims, where it is the repository's own and something is left.
    func keeping(_ rest: [ClaimKey]) -> TemplateFix? {
        source == .repository && !rest.isEmpty ? .keeping(rest) : nil
    }
}

/// What is known of an organization beside its repositories.
package struct OrganizationFacts: Sendable {
    package let login: String
    package let template: OrganizationTemplate
    /// Names of custom properties whose values tokens carry; `nil` if they were not asked for.
    package let includedProperties: Reading<[String]>?
    /// Whether the host is GitHub Enterprise Server.
    package let isEnterpriseServer: Bool

    package init(
        login: String, template: OrganizationTemplate, includedProperties: Reading<[String]>? = nil,
        isEnterpriseServer: Bool = false,
    ) {
        self.login = login
        self.template = template
        self.includedProperties = includedProperties
        self.isEnterpriseServer = isEnterpriseServer
    }
}

/// What a rule about an organization judges.
package struct OrganizationSubject: Sendable {
    package let organization: OrganizationFacts
    /// Repositories in scope that follow the organization's template or hold a copy of it.
    package let followers: Int
    /// Repositories in scope whose template's source is known.
    package let known: Int
    /// Repositories in scope of which it is not known whether they follow, those included that the listing lacks.
    package let unknown: Int
    /// Listed repositories that the scan was asked to leave out; archived ones don't count.
    package let outOfScope: Int

    package init(organization: OrganizationFacts, followers: Int, known: Int, unknown: Int, outOfScope: Int) {
        self.organization = organization
        self.outOfScope = outOfScope
        self.followers = followers
        self.known = known
        self.unknown = unknown
    }
}

/// What a rule about waivers judges: one waiver on the day of the scan.
package struct WaiverSubject: Sendable {
    package enum Use: Hashable, Sendable {
        /// A finding matches the waiver.
        case used
        /// None does, and everything that it could match was judged.
        case unused
        /// None does, but not everything that it could match was judged.
        case unknown
    }

    package let waiver: Waiver
    package let use: Use
    package let now: Timestamp

    package init(waiver: Waiver, use: Use, now: Timestamp) {
        self.waiver = waiver
        self.use = use
        self.now = now
    }

    /// - Parameter problem: `nil`: the message, which holds no count of days.
    func violation(
        _ message: String, problem: String? = nil, expected: String, remediation: String,
    ) -> RuleVerdict {
        .fail(
            Violation(
                message: "\(waiver) \(message)", problems: [problem ?? message], expected: [expected],
                actual: ["expires \(waiver.expires)", "owner \(waiver.owner)"], remediation: remediation))
    }
}
