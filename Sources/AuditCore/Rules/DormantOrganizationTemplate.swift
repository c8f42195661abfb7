/// The organization's template is followed by repositories, not merely set.
package struct DormantOrganizationTemplate: OrganizationRule {
    package static let name = "dormant-organization-template"
    package static let summary = "Where the organization has set a template, enough repositories follow it."
    package static let rationale = """
        An organization's template changes nothing by itself: existing and new repositories keep GitHub's default until \
        each of them opts in. A strict template that nobody follows looks like protection and is none. Source: GitHub's \
        OIDC reference, "Customizing the subject claims for an organization".
        """
    package static let remediation = "Opt the repositories in (use_default: false without keys)."
    package static let options = [
        RuleOption(
            "min_repositories", .number(1...1_000_000),
            "how many repositories in scope must follow the template or hold a copy of it (default 1)"),
        RuleOption("min_percent", .number(1...100), "how many of a hundred repositories in scope must do so"),
    ]
    package static let examples = [
        RuleExample(organizationTemplate: .neverSet, settings: [.gitHubDefault], expected: .pass),
        RuleExample(
            organizationTemplate: .set(["repo", "ref"], useImmutableSubject: nil),
            settings: [.gitHubDefault, .inheriting], expected: .pass),
        RuleExample(
            organizationTemplate: .set(["repo", "ref"], useImmutableSubject: nil),
            settings: [.gitHubDefault, .own(["repo"])],
            expected: .fail("the organization's template is set, and 0 of 2 repositories follow it")),
        RuleExample(
            options: #"{"min_percent": 60}"#,
            organizationTemplate: .set(["repo", "ref"], useImmutableSubject: nil),
            settings: [.gitHubDefault, .inheriting],
            expected: .fail("the organization's template is set, and 1 of 2 repositories follows it")),
        RuleExample(
            organizationTemplate: .set(["repo", "context"], useImmutableSubject: nil), settings: [.gitHubDefault],
            expected: .pass),
        RuleExample(
            organizationTemplate: .set(["repo", "ref"], useImmutableSubject: nil), expected: .notApplicable),
        RuleExample(
            organizationTemplate: .unreadable(UnreadableReason(.forbidden, "forbidden (403)")),
            settings: [.gitHubDefault], expected: .undecided),
    ]

    private let minRepositories: Int
    private let minPercent: Int

    package init(options: RuleOptions) throws(DocumentError) {
        minRepositories = try options.reader.optionalNumber("min_repositories", in: 1...1_000_000) ?? 1
        minPercent = try options.reader.optionalNumber("min_percent", in: 1...100) ?? 0
    }

    package func judge(_ subject: OrganizationSubject) -> RuleVerdict {
        switch subject.organization.template {
        case .unreadable: return .undecided("the organization's template could not be read")
        case .neverSet: return .pass
        // The way to take a template back: who does not follow it has the same.
        case .set(let template, _): if template == .gitHubDefault { return .pass }
        }
        // What is unknown may follow or not: only a verdict that holds either way is one.
        let isWhole = subject.outOfScope == 0
        if isWhole || minPercent == 0, suffices(subject.followers, of: subject.known + subject.unknown) { return .pass }
        // A choice of repositories, or none, says nothing of the organization.
        guard isWhole, subject.known + subject.unknown > 0 else { return .notApplicable }
        guard !suffices(subject.followers + subject.unknown, of: subject.known + subject.unknown) else {
            return .undecided("whether enough repositories follow the template hangs on what could not be read")
        }
        let expected = minPercent > 0 ? "\(minPercent) % of repositories" : "\(minRepositories) or more repositories"
        return .fail(
            Violation(
                message:
                    "the organization's template is set, and \(subject.followers) of \(subject.known) repositories "
                    + (subject.followers == 1 ? "follows it" : "follow it"),
                problems: problems(subject),
                expected: [expected], actual: ["\(subject.followers)"],
                remediation:
                    "Opt the repositories in (use_default: false without keys): the template does nothing until then."))
    }

    /// Without counts, which differ from night to night: in steps of those that ought to follow.
    private func problems(_ subject: OrganizationSubject) -> [String] {
        let problem = "too few repositories follow the organization's template"
        let needed = max(minRepositories * 100, minPercent * (subject.known + subject.unknown))
        let steps = [
            (100, "fewer than needed"), (75, "fewer than three quarters of those needed"),
            (50, "fewer than half of those needed"), (25, "fewer than a quarter of those needed"),
        ]
        return [problem]
            + steps.filter { percent, _ in subject.followers * 10_000 < percent * needed }
            .map { String.part($1, of: problem) }
            + (subject.followers == 0 ? ["no repository follows the organization's template"] : [])
    }

    private func suffices(_ followers: Int, of all: Int) -> Bool {
        followers >= minRepositories && followers * 100 >= minPercent * all
    }
}
