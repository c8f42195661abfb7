/// No claim is repeated.
package struct DuplicateClaims: RepositoryRule {
    package static let name = "duplicate-claims"
    package static let summary = "No claim is repeated in the template."
    package static let rationale = """
        GitHub asks for unique names; a template with a repeated one is a slip whose subject nobody has written down, \
        and a trust policy for what was meant does not match it. Source: GitHub's OpenAPI description, schema \
        OidcCustomSub.
        """
    package static let remediation = "Keep each claim once."
    package static let examples = [
        RuleExample(setting: .gitHubDefault, expected: .pass),
        RuleExample(
            setting: .own(["repo", "context", "repo"]), expected: .fail("repeated claim: repo")),
        // The two render alike.
        RuleExample(setting: .own(["repo", "repository"]), expected: .fail("repeated claim: repository")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        var counts: [ClaimKey: Int] = [:]
        var once: [ClaimKey] = []
        var twice: [ClaimKey] = []
        for key in subject.keys {
            counts[key.canonical, default: 0] += 1
            if counts[key.canonical] == 1 { once.append(key) }
            if counts[key.canonical] == 2 { twice.append(key) }
        }
        guard !twice.isEmpty else { return .pass }
        return subject.violation(
            "repeated claim\(twice.count == 1 ? "" : "s"): \(twice.joinedNames)",
            problems: twice.map { "repeated claim: \($0.canonical.shown)" }, expected: once.map(\.rawValue),
            remediation: "Change \(subject.templateName) to \(once.joinedNames).",
            fix: subject.keeping(once))
    }
}
