/// The subject belongs to one repository, and to no other of its owner.
package struct NamesRepository: RepositoryRule {
    package static let name = "names-repository"
    package static let summary = "The subject names one repository."
    package static let rationale = """
        A subject that stops at the owner is presented by every repository of the owner: anyone who can push to the least \
        of them gets what a cloud grants to this one. A branch, environment or workflow beside the owner does not help, \
        since anyone who can push names them. The path in workflow_ref begins with a repository, by a name that can change \
        hands; GitHub documents it as the workflow's and does not say that it is the job's. Sources: GitHub's OIDC \
        reference on customized templates, and Palo Alto Networks Unit 42, "OH-MY-DC" (2025).
        """
    package static let remediation = "Add repo, or repository_id beside repository_owner_id."
    package static let examples = [
        RuleExample(setting: .gitHubDefault, expected: .pass),
        RuleExample(setting: .own(["repository", "environment"]), expected: .pass),
        RuleExample(setting: .own(["repository_owner_id", "repository_id"]), expected: .pass),
        RuleExample(
            setting: .own(["repository_owner"]),
            expected: .fail("no claim names the repository: all repositories of the owner share the subject")),
        RuleExample(
            setting: .own(["repository_owner", "context"]),
            expected: .fail(
                "no claim names the repository: all repositories of the owner share the subject where context is the "
                    + "same; anyone who can push chooses context")),
        RuleExample(
            setting: .own(["repository_owner", "repository_visibility", "workflow"]),
            expected: .fail(
                "no claim names the repository: all repositories of the owner share the subject where "
                    + "repository_visibility, workflow are the same; anyone who can push chooses workflow")),
        RuleExample(
            setting: .own(["enterprise_id", "head_ref"]),
            expected: .fail(
                "no claim names the repository: all repositories of the enterprise share the subject where head_ref is "
                    + "the same; the author of a pull request chooses head_ref")),
        RuleExample(
            setting: .own(["job_workflow_ref"]),
            expected: .fail(
                "no claim names the repository: all repositories of GitHub share the subject where job_workflow_ref is "
                    + "the same")),
        RuleExample(
            setting: .own(["repository_owner_id", "workflow_ref"]),
            expected: .fail("no claim names the repository: only the path in workflow_ref begins with its name")),
        RuleExample(
            setting: .own(["environment"]), isEnterpriseServer: true,
            expected: .fail(
                "no claim names the repository: all repositories of this server share the subject where environment is "
                    + "the same; anyone who can push chooses environment")),
    ]

    static let naming: [ClaimKey] = ["repo", "repository", "repository_id"]
    static let owner: [ClaimKey] = ["repository_owner", "repository_owner_id"]
    static let enterprise: [ClaimKey] = ["enterprise", "enterprise_id"]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        guard let sharers = subject.sharers else { return .pass }
        let key: ClaimKey = subject.keys.contains("repository_owner_id") ? "repository_id" : "repo"
        func violation(_ why: String) -> RuleVerdict {
            subject.violation(
                "no claim names the repository: \(why)",
                problems: ["no claim names the repository"] + subject.sharingAndNarrowing
                    + (subject.narrowing.isEmpty ? ["no other claim narrows the subject"] : []),
                expected: Self.naming.map(\.rawValue), isChoice: true,
                remediation: "Change \(subject.templateName) to hold \(key).")
        }
        guard !subject.keys.contains("workflow_ref") else {
            return violation("only the path in workflow_ref begins with its name")
        }
        let rest = subject.keys.distinct.filter { !Self.owner.contains($0) && !Self.enterprise.contains($0) }
        let condition =
            rest.isEmpty ? "" : " where \(rest.joinedNames) \(rest.count == 1 ? "is" : "are") the same"
        let choices = Self.choosers.compactMap { chooser, words -> String? in
            let chosen = rest.filter { ClaimCatalog.claim(for: $0)?.chooser == chooser }
            return chosen.isEmpty ? nil : "; \(words) chooses \(chosen.joinedNames)"
        }
        return violation("\(sharers) share the subject\(condition)\(choices.joined())")
    }

    // MARK: -

    /// Those who can make the claims of another repository say the same.
    private static let choosers: [(Claim.Chooser, words: String)] = [
        (.contributor, "anyone who can push"), (.pullRequestAuthor, "the author of a pull request"), (.job, "the job"),
    ]
}

extension RuleSubject {
    /// The repositories that can present the subject, this one among them; `nil` if a claim names the repository.
    var sharers: String? {
        guard !keys.contains(where: NamesRepository.naming.contains) else { return nil }
        if keys.contains(where: NamesRepository.owner.contains) { return "all repositories of the owner" }
        if keys.contains(where: NamesRepository.enterprise.contains) { return "all repositories of the enterprise" }
        return organization.isEnterpriseServer ? "all repositories of this server" : "all repositories of GitHub"
    }
}
