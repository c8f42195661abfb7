/// The ids in the subject's prefix are the repository's own.
package struct ImmutablePrefixMismatch: RepositoryRule {
    package static let name = "immutable-prefix-mismatch"
    package static let summary =
        "The ids in the prefix of an immutable subject are those of the repository and its owner."
    package static let rationale = """
        Trust policies are written from the prefix. Where its ids are not those of the listing, the repository was \
        transferred a moment ago, or an answer speaks of another repository: either way nobody should copy it into a \
        trust policy. Source: GitHub's OIDC reference on immutable subjects; the comparison is this project's.
        """
    package static let remediation =
        "Scan again; where it stays, compare the prefix with a token's subject before trusting it."
    package static let examples = [
        RuleExample(setting: .immutable(.gitHubDefault), expected: .pass),
        RuleExample(setting: .gitHubDefault, expected: .pass),
        RuleExample(
            setting: .gitHubDefault.prefixed("repo:acme@77/api@1002"),
            expected: .fail("the prefix names repository 1002, and the repository is 1001")),
        RuleExample(
            setting: .gitHubDefault.prefixed("repo:acme@78/api@1001"),
            expected: .fail("the prefix names owner 78, and the owner is 77")),
        RuleExample(setting: .gitHubDefault.prefixed("repo:acme@77/api"), expected: .undecided),
    ]

    package init(options: RuleOptions) throws(DocumentError) {}

    package func judge(_ subject: RuleSubject) -> RuleVerdict {
        guard let prefix = subject.prefix else {
            let isAbsent = subject.setting.subClaimPrefix == nil && subject.organization.isEnterpriseServer
            return isAbsent ? .pass : .undecided(RuleSubject.unknownFormat)
        }
        guard let ownerID = prefix.ownerID, let repositoryID = prefix.repositoryID else { return .pass }
        let (id, owner) = (subject.repository.id.rawValue, subject.repository.ownerID)
        // The prefix that was found is not part of the problem: another transfer does not make it worse.
        var wrong: [(problem: String, truth: String)] = []
        if repositoryID != id {
            wrong.append(("the prefix names repository \(repositoryID)", "the repository is \(id)"))
        }
        if let owner, ownerID != owner {
            wrong.append(("the prefix names owner \(ownerID)", "the owner is \(owner)"))
        }
        guard let first = wrong.first else {
            return owner == nil ? .undecided("the host did not send the owner's id") : .pass
        }
        return violation("\(first.problem), and \(first.truth)", wrong.map(\.problem), subject)
    }

    private func violation(_ message: String, _ problems: [String], _ subject: RuleSubject) -> RuleVerdict {
        let owner = subject.repository.ownerID.map { "@\($0)" } ?? ""
        return .fail(
            Violation(
                message: message, problems: problems,
                expected: [
                    "repo:\(subject.repository.owner)\(owner)/\(subject.repository.name)@\(subject.repository.id.rawValue)"
                ],
                actual: subject.setting.subClaimPrefix.map { [$0] } ?? [], remediation: Self.remediation))
    }
}
