/// The organization has its own template.
package struct OrganizationTemplateRule: OrganizationRule {
    package static let name = "organization-template"
    package static let summary = "The organization has set an allowed template."
    package static let rationale = """
        A repository that opts in without keys follows the organization's template; where none was ever set it falls \
        back to GitHub's default without a word. Source: GitHub's OIDC reference, "Customizing the subject claims for \
        an organization", and the documentation of Terraform's GitHub provider, which has the table.
        """
    package static let remediation = "Set the organization's template (PUT /orgs/{org}/actions/oidc/customization/sub)."
    package static let options = [
        RuleOption("templates", .claimLists, "the lists of claims, one of which the template must be (default: any)")
    ]
    package static let examples = [
        RuleExample(organizationTemplate: .set(["repo", "context"], useImmutableSubject: nil), expected: .pass),
        RuleExample(organizationTemplate: .neverSet, expected: .fail("the organization never set a template")),
        RuleExample(
            options: #"{"templates": [["repo", "context", "job_workflow_ref"]]}"#,
            organizationTemplate: .set(["repo", "context"], useImmutableSubject: nil),
            expected: .fail("the organization's template is repo, context: none of those allowed")),
        RuleExample(
            organizationTemplate: .unreadable(UnreadableReason(.forbidden, "forbidden (403)")), expected: .undecided),
    ]

    private let templates: [[ClaimKey]]

    package init(options: RuleOptions) throws(DocumentError) {
        templates = try options.claimLists("templates") ?? []
    }

    package func judge(_ subject: OrganizationSubject) -> RuleVerdict {
        switch subject.organization.template {
        case .unreadable:
            return .undecided("the organization's template could not be read")
        case .neverSet:
            return violation("the organization never set a template", actual: [])
        case .set(let template, _):
            guard !template.keys.isEmpty else {
                return violation("the organization's template has no claims", actual: [])
            }
            guard !templates.isEmpty,
                !templates.contains(where: { $0.map(\.canonical) == template.keys.map(\.canonical) })
            else { return .pass }
            return violation(
                "the organization's template is \(template.keys.joinedNames): none of those allowed",
                problems: templates.problems(of: template.keys, named: "the organization's template"),
                actual: template.keys)
        }
    }

    private func violation(_ message: String, problems: [String]? = nil, actual: [ClaimKey]) -> RuleVerdict {
        let wanted = templates.first.map { " to \($0.joinedNames)" } ?? ""
        return .fail(
            Violation(
                message: message, problems: problems, expected: templates.map(\.joinedNames),
                isChoice: true,
                actual: actual.map(\.rawValue), namesClaims: true,
                remediation: "Set the organization's template\(wanted); repositories follow it once they opt in.",
                fix: templates.count == 1 ? templates.first.map(TemplateFix.template) : nil))
    }
}
