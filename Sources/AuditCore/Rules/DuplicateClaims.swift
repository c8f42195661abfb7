/// No claim stands twice.
public struct DuplicateClaims: RepositoryRule {
    public static let name = "duplicate-claims"
    public static let summary = "No claim stands twice in the template."
    public static let rationale = """
        GitHub asks for unique names; a template with a repeated one is a slip whose subject nobody has written down, \
        and a trust policy for what was meant does not match it. Source: GitHub's OpenAPI description, schema \
        OidcCustomSub.
        """
    public static let remedy = "Keep each claim once."
    public static let examples = [
        RuleExample(setting: .gitHubDefault, expected: .pass),
        RuleExample(
            setting: .own(["repo", "context", "repo"]), expected: .fail("claim that stands twice: repo")),
    ]

    public init(options: RuleOptions) throws(DocumentError) {}

    public func judge(_ subject: RuleSubject) -> RuleVerdict {
        var counts: [ClaimKey: Int] = [:]
        var once: [ClaimKey] = []
        var twice: [ClaimKey] = []
        for key in subject.keys {
            counts[key, default: 0] += 1
            if counts[key] == 1 { once.append(key) }
            if counts[key] == 2 { twice.append(key) }
        }
        guard !twice.isEmpty else { return .pass }
        return subject.violation(
            "claim\(twice.count == 1 ? " that stands" : "s that stand") twice: \(twice.joinedNames)",
            problems: twice.map { "claim that stands twice: \($0.shown)" }, expected: once.map(\.rawValue),
            remedy: "Change \(subject.templateName) to \(once.joinedNames).",
            mending: subject.keeping(once))
    }
}
