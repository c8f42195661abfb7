/// No claim differs from run to run.
package struct PerRunClaims: RepositoryRule {
    package static let name = "per-run-claims"
    package static let summary = "No claim of the template differs from run to run or from commit to commit."
    package static let rationale = """
        A trust policy that compares the whole subject can't expect the id of a run or a commit: the login fails, and \
        the usual repair, a wildcard, trusts more than was meant. Source: the claims of GitHub's OIDC reference; which \
        of them change with each run is this project's analysis (oidc-audit claims).
        """
    package static let remediation = "Take the claims out of the template."
    package static let examples = [
        RuleExample(setting: .own(["repo", "context", "job_workflow_ref"]), expected: .pass),
        RuleExample(
            setting: .own(["repo", "run_id", "sha"]),
            expected: .fail("claims that change with each run or commit: run_id, sha")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        func isPerRun(_ key: ClaimKey) -> Bool {
            let stability = ClaimCatalog.claim(for: key)?.stability
            return stability == .perRun || stability == .perCommit
        }
        let perRun = subject.keys.distinct.filter(isPerRun)
        guard !perRun.isEmpty else { return .pass }
        let rest = subject.keys.filter { !isPerRun($0) }
        return subject.violation(
            "claim\(perRun.count == 1 ? " that changes" : "s that change") with each run or commit: \(perRun.joinedNames)",
            problems: perRun.map { "claim that changes with each run or commit: \($0.shown)" },
            expected: rest.map(\.rawValue),
            remediation: "Take \(perRun.joinedNames) out of \(subject.templateName.closed).", fix: subject.keeping(rest)
        )
    }
}
