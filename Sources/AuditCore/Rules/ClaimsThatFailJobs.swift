/// Every claim of the template is in every token.
package struct ClaimsThatFailJobs: RepositoryRule {
    package static let name = "claims-that-fail-jobs"
    package static let summary = "Every claim of the template is present in the token of every job."
    package static let rationale = """
        Where environment is in the template, a job without an environment gets no token, among them those \
        that GitHub manages and that can't have one: CodeQL default setup, Dependabot, Pages; how a claim that is empty \
        outside pull requests or enterprises renders is not documented. Custom properties have a rule of their own, \
        custom-property-claims. Source: GitHub's OIDC reference, "Customizing the subject claims".
        """
    package static let remediation = "Use context, which is always there, or accept the claim with the option except."
    package static let options = [
        RuleOption("except", .claims, "claims that jobs are known to have, such as environment")
    ]
    package static let examples = [
        RuleExample(setting: .own(["repo", "context"]), expected: .pass),
        RuleExample(
            setting: .own(["repo", "environment"]),
            expected: .fail("environment: only jobs with an environment have it")),
        RuleExample(options: #"{"except": ["environment"]}"#, setting: .own(["repo", "environment"]), expected: .pass),
        RuleExample(
            setting: .own(["repo", "head_ref", "enterprise_id"]),
            expected: .fail(
                "head_ref: only pull requests have it; enterprise_id: only organizations of an enterprise have it")),
    ]

    private let except: [ClaimKey]

    init() { except = [] }

    package init(options: RuleOptions) throws(DocumentError) {
        except = try options.claims("except") ?? []
    }

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        func isAbsent(_ key: ClaimKey) -> Bool { Self.condition(of: key) != nil && !except.contains(key) }
        let absent = subject.keys.distinct.filter(isAbsent)
        guard !absent.isEmpty else { return .pass }
        return subject.violation(
            absent.prefix(ClaimKey.shownMax).map { "\($0): only \(Self.condition(of: $0) ?? "") have it" }.joined(
                separator: "; "),
            problems: absent.map { "claim that some jobs do not have: \($0.shown)" },
            expected: subject.keys.filter { !isAbsent($0) }.map(\.rawValue),
            remediation: "Change \(subject.templateName) to hold context in place of \(absent.joinedNames)."
                + (absent.contains("environment") ? " CodeQL default setup, Dependabot and Pages get no token." : ""))
    }

    /// Which jobs alone have the claim; `nil`: all, or none that is known.
    private static func condition(of key: ClaimKey) -> String? {
        switch ClaimCatalog.claim(for: key)?.presence {
        case .environmentJobs: "jobs with an environment"
        case .pullRequests: "pull requests"
        case .enterprises: "organizations of an enterprise"
        case .always, .includedProperties, nil: nil
        }
    }
}
