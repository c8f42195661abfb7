/// The effective template is one of some lists of claims, in order.
package struct ExactTemplate: RepositoryRule {
    package static let name = "exact-template"
    package static let summary = "The effective template is exactly one of the given ones, order included."
    package static let rationale = """
        Where a cloud compares the whole subject, as Microsoft Entra does, a claim more, a claim less or another order \
        is another subject, and the login fails or another trust policy matches. Source: Microsoft's page on workload \
        identity federation trust, and GitHub's OIDC reference: the order of claims is the order in the subject.
        """
    package static let remediation = "Set the template to one of the given lists."
    package static let options = [
        RuleOption("templates", .claimLists, required: true, "the lists of claims, one of which the template must be")
    ]
    package static let examples = [
        RuleExample(options: #"{"templates": [["repo", "context"]]}"#, setting: .gitHubDefault, expected: .pass),
        RuleExample(
            options: #"{"templates": [["repo", "context"], ["repo", "ref"]]}"#, setting: .own(["repo", "ref"]),
            expected: .pass),
        RuleExample(
            options: #"{"templates": [["repo", "context"]]}"#, setting: .own(["context", "repo"]),
            expected: .fail("template is context, repo: the right claims in another order")),
        RuleExample(
            options: #"{"templates": [["repo", "context"]]}"#, setting: .own(["repo", "context", "actor"]),
            expected: .fail("template is repo, context, actor: none of those allowed")),
    ]

    private let templates: [[ClaimKey]]

    package init(options: RuleOptions) throws(DocumentError) {
        templates = try options.claimLists("templates") ?? []
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        let keys = subject.keys.map(\.canonical)
        let allowed = templates.map { $0.map(\.canonical) }
        guard !allowed.contains(keys), let first = templates.first else { return .pass }
        let isReordered = allowed.contains { $0.count == keys.count && Set($0) == Set(keys) }
        let optsIn = subject.wouldPassByOptingIn(self)
        let isItsOwn = subject.source == .gitHubDefault || subject.source == .repository
        return subject.violation(
            "template is \(subject.keys.joinedNames): "
                + (isReordered ? "the right claims in another order" : "none of those allowed"),
            problems: templates.problems(of: subject.keys, named: "template"), expected: templates.map(\.joinedNames),
            isChoice: true,
            remediation: optsIn
                ? RuleSubject.optInRemediation : "Change \(subject.templateName) to \(first.joinedNames).",
            fix: optsIn ? .inherit : templates.count == 1 && isItsOwn ? .template(first) : nil)
    }
}
