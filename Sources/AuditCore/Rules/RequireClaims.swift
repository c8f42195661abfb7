/// The effective template holds the claims that trust policies rely on.
package struct RequireClaims: RepositoryRule {
    package static let name = "require-claims"
    package static let summary = "The effective template holds the claims that trust policies rely on."
    package static let rationale = """
        A cloud's trust policy compares the subject as one text. If a claim is missing there, the repository presents \
        a subject that the policy does not expect (every deployment fails) or that is wider than it was meant to be \
        (without context, every branch and pull request shares it). Source: GitHub's OIDC reference, "Customizing the \
        subject claims for an organization or repository".
        """
    package static let remediation =
        "Give the repository, or the organization whose template it follows, a template with these claims."
    package static let options = [
        RuleOption("claims", .claims, "all of these must be in the template"),
        RuleOption("any_of", .claimLists, "at least one of each list must be in the template"),
        RuleOption("ordered", .bool, needs: "claims", "whether claims must stand in this order (default false)"),
    ]
    package static let oneOf = ["claims", "any_of"]
    package static let examples = [
        RuleExample(
            options: #"{"claims": ["repo", "context"]}"#, setting: .gitHubDefault, expected: .pass),
        RuleExample(
            options: #"{"claims": ["repo", "context"]}"#, setting: .own(["repo"]),
            expected: .fail("missing claim: context")),
        RuleExample(
            options: #"{"claims": ["repo", "job_workflow_ref"]}"#, setting: .inheriting,
            organizationTemplate: .set(["repo", "context", "job_workflow_ref"], useImmutableSubject: nil),
            expected: .pass),
        RuleExample(
            options: #"{"any_of": [["repo", "repository_id"], ["context", "environment"]]}"#,
            setting: .own(["repository_id", "context"]), expected: .pass),
        RuleExample(
            options: #"{"any_of": [["repo", "repository_id"], ["context", "environment"]]}"#,
            setting: .own(["repository_id", "ref"]),
            expected: .fail("missing one of: context, environment")),
        RuleExample(
            options: #"{"claims": ["job_workflow_ref"], "any_of": [["repo", "repository_id"]]}"#,
            setting: .own(["context"]),
            expected: .fail("missing claim: job_workflow_ref; missing one of: repo, repository_id")),
        // It renders as repo does.
        RuleExample(
            options: #"{"claims": ["repo", "context"]}"#, setting: .own(["repository", "context"]), expected: .pass),
        RuleExample(
            options: #"{"claims": ["repo", "context"], "ordered": true}"#, setting: .own(["context", "repo"]),
            expected: .fail("claims out of order: context, repo")),
    ]

    private let claims: [ClaimKey]
    private let anyOf: [[ClaimKey]]
    private let isOrdered: Bool

    package init(options: RuleOptions) throws(DocumentError) {
        let claims = try options.claims("claims")
        let anyOf = try options.claimLists("any_of")
        self.claims = claims ?? []
        self.anyOf = anyOf ?? []
        self.isOrdered = try options.reader.bool("ordered", default: false)
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        let keys = subject.keys.map(\.canonical)
        let wanted = claims.map(\.canonical)
        let missing = claims.filter { !keys.contains($0.canonical) }
        let present = subject.keys.filter { wanted.contains($0.canonical) }
        let unmet = anyOf.filter { choice in !choice.contains { keys.contains($0.canonical) } }
        var others = unmet.map { "missing one of: \($0.joinedNames)" }
        // Of those that are there, so that adding a missing one shows no problem that was hidden.
        let disorder = isOrdered ? wanted.filter(keys.contains).disorder(in: present.map(\.canonical)) : []
        let problems = missing.map(String.missing) + others + disorder + subject.keys.narrowing()
        if !disorder.isEmpty {
            others.insert("claims out of order: \(present.joinedNames)", at: 0)
        }
        let summary = missing.isEmpty ? [] : ["missing claim\(missing.count == 1 ? "" : "s"): \(missing.joinedNames)"]
        guard !(summary + others).isEmpty else { return .pass }

        // The first of each unmet choice stands for it, so that what is expected is a template one can copy.
        let expected = (claims + unmet.compactMap(\.first)).eachOnce
        return subject.violation(
            (summary + others).joined(separator: "; "), problems: problems,
            expected: expected.map(\.rawValue),
            remediation: remediation(for: expected, subject),
            fix: subject.wouldPassByOptingIn(self) ? .inherit : nil)
    }

    // MARK: -

    private func remediation(for expected: [ClaimKey], _ subject: RuleSubject) -> String {
        guard !subject.wouldPassByOptingIn(self) else { return RuleSubject.optInRemediation }
        return "Change \(subject.templateName) to hold \(expected.joinedNames)\(isOrdered ? " in this order" : "")."
    }
}
