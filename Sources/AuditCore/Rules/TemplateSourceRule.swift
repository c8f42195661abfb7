/// The effective template comes from an allowed source.
package struct TemplateSourceRule: RepositoryRule {
    package static let name = "template-source"
    package static let summary = "The effective template comes from an allowed place."
    package static let rationale = """
        An organization's template changes nothing by itself: each repository has to opt in, and its administrators \
        can leave again. Where trust policies are written for the organization's template, a repository on GitHub's \
        default or on keys of its own presents other subjects. Source: GitHub's OIDC reference, "Customizing the \
        subject claims for an organization or repository".
        """
    package static let remediation =
        "Let the template come from a place that the entry allows: opt in to the organization's, or return to GitHub's default."
    package static let options = [
        RuleOption(
            "allowed", .words(Place.allCases.map(\.rawValue)), required: true,
            "places from which the template may come; organization_or_copy satisfies either of the last two")
    ]
    package static let examples = [
        RuleExample(
            options: #"{"allowed": ["organization"]}"#, setting: .inheriting,
            organizationTemplate: .set(["repo", "context"], useImmutableSubject: nil), expected: .pass),
        RuleExample(
            options: #"{"allowed": ["organization"]}"#, setting: .own(["repo", "context"]),
            organizationTemplate: .set(["repo", "context"], useImmutableSubject: nil), expected: .pass),
        RuleExample(
            options: #"{"allowed": ["organization"]}"#, setting: .gitHubDefault,
            organizationTemplate: .set(["repo", "context"], useImmutableSubject: nil),
            expected: .fail("template comes from github_default")),
        RuleExample(
            options: #"{"allowed": ["github_default"]}"#, setting: .own(["repo"]),
            expected: .fail("template comes from repository")),
        RuleExample(
            options: #"{"allowed": ["organization"]}"#, setting: .own(["repo"]),
            organizationTemplate: .unreadable(UnreadableReason(.forbidden, "not allowed")), expected: .undecided),
    ]

    /// The places that a policy can allow.
    enum Place: String, CaseIterable, Sendable {
        case gitHubDefault = "github_default"
        case organization
        case repository
    }

    private let allowed: [Place]

    package init(options: RuleOptions) throws(DocumentError) {
        allowed = try options.reader.words("allowed", of: Place.self) ?? []
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        let isAllowed: Bool
        switch subject.source {
        case .gitHubDefault: isAllowed = allowed.contains(.gitHubDefault)
        case .organization: isAllowed = allowed.contains(.organization)
        case .repository: isAllowed = allowed.contains(.repository)
        case .organizationOrCopy: isAllowed = allowed.contains(.organization) || allowed.contains(.repository)
        case .unknown: return .undecided("where the template comes from is unknown")
        }
        guard !isAllowed else { return .pass }
        return .fail(
            Violation(
                message: "template comes from \(subject.source.rawValue)", problems: Self.problems(subject),
                expected: allowed.map(\.rawValue),
                isChoice: true,
                actual: [subject.source.rawValue], remediation: remediation(subject), fix: fix(subject)))
    }

    // MARK: -

    /// The place, and the claims that stand in for those of another place. Whether GitHub's answer repeats the organization's
    /// claims does not make another problem.
    private static func problems(_ subject: RuleSubject) -> [String] {
        let source = subject.source == .organizationOrCopy ? .organization : subject.source
        // Nobody takes a claim out of GitHub's default.
        return ["template comes from \(source.rawValue)"]
            + (source == .gitHubDefault ? [] : subject.keys.narrowing())
    }

    private func fix(_ subject: RuleSubject) -> TemplateFix? {
        switch allowed {
        case [.organization]:
            if case .set = subject.organization.template { .inherit } else { nil }
        case [.gitHubDefault]: .useDefault
        default: nil
        }
    }

    private func remediation(_ subject: RuleSubject) -> String {
        if allowed.contains(.organization) {
            guard case .neverSet = subject.organization.template else {
                return RuleSubject.optInRemediation
            }
            let follows = !subject.setting.useDefault && (subject.setting.includeClaimKeys ?? []).isEmpty
            return follows
                ? "Set a template for the organization, which the repository then follows."
                : "Set a template for the organization, then opt the repository in (use_default: false without keys)."
        }
        return allowed.contains(.gitHubDefault)
            ? "Return the repository to GitHub's default (use_default: true)."
            : "Give the repository its own template."
    }
}
