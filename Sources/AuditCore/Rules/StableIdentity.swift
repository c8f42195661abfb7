/// The subject holds ids, which nobody can take over.
package struct StableIdentity: RepositoryRule {
    package static let name = "stable-identity"
    package static let summary = "The subject identifies owner and repository by ids, not by names alone."
    package static let rationale = """
        A name can change hands: after a rename, a transfer or the deletion of an account, somebody else can register \
        the old name and mint the subjects that a cloud still trusts. Ids are never given out again. An immutable \
        subject carries both, and so do repository_id and repository_owner_id; the repository's id alone stays the same \
        in a transfer to another owner. Sources: Astrix, "Sub:jugation", and GitHub's OIDC reference on immutable \
        subjects.
        """
    package static let remediation = "Opt in to immutable subjects, or add repository_owner_id and repository_id."
    package static let examples = [
        RuleExample(setting: .immutable(.gitHubDefault), expected: .pass),
        RuleExample(setting: .own(["repository_owner_id", "repository_id", "context"]), expected: .pass),
        RuleExample(
            setting: .gitHubDefault, expected: .fail("names alone: no id of the owner and none of the repository")),
        RuleExample(
            setting: .own(["repository_id", "context"]),
            expected: .fail("no id of the owner: a transfer keeps the subject")),
        // It renders as repo does.
        RuleExample(setting: .immutable(.own(["repository", "context"])), expected: .pass),
        // What GitHub puts in front of such a template is not documented.
        RuleExample(setting: .immutable(.own(["context", "workflow_ref"])), expected: .undecided),
        RuleExample(setting: .gitHubDefault.prefixed("repo:acme-77/api-1001/x"), expected: .undecided),
        RuleExample(
            setting: .own(["repository_owner", "context"]), isEnterpriseServer: true,
            expected: .fail("names alone: no id of the owner and none of the repository")),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        let hasOwnerID = subject.keys.contains("repository_owner_id")
        let hasRepositoryID = subject.keys.contains("repository_id")
        switch subject.format {
        case .immutable: return .pass
        case .unknown: return .undecided(RuleSubject.unknownFormat)
        case .legacy: break
        }
        let message =
            switch (hasOwnerID, hasRepositoryID) {
            case (false, true): "no id of the owner: a transfer keeps the subject"
            case (true, false): "no id of the repository"
            default: "names alone: no id of the owner and none of the repository"
            }
        let remediation =
            subject.organization.isEnterpriseServer
            ? "Change \(subject.templateName) to hold repository_owner_id and repository_id."
            : "Opt the repository in to immutable subjects (use_immutable_subject: true) with repo in its template, "
                + "after the cloud side trusts the new form."
        return subject.violation(
            message,
            problems: (hasOwnerID ? [] : ["no id of the owner"]) + (hasRepositoryID ? [] : ["no id of the repository"])
                + subject.keys.narrowing(),
            expected: ["repository_owner_id", "repository_id"], remediation: remediation)
    }
}

extension RuleSubject {
    static let unknownFormat = "the format of the subject is unknown"
}
