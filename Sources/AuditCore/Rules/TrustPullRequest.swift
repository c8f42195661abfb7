/// No pull request's token is accepted by chance.
package struct TrustPullRequest: TrustRule {
    package static let name = "trust-pull-request"
    package static let summary = "Pull requests get in only where that is written exactly and allowed."
    package static let rationale = """
        Whoever may push a branch to the repository can open a pull request, and its jobs run what the branch holds, \
        unreviewed. Source: GitHub's OIDC reference, subjects of pull_request events.
        """
    package static let remediation =
        "Name branches or environments in the subject; where pull requests are meant, write :pull_request and set allow_pull_request."
    package static let options = [
        RuleOption("allow_pull_request", .bool, "whether it may be written out (default false)")
    ]
    package static let examples = [
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:ref:refs/heads/main")], expected: .pass),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/api:*")],
            expected: .fail("repo:acme/api:* takes in pull requests")),
        RuleExample(
            role: [.init("StringLike", "sub", "repo:acme/api:pull_request")], expected: .fail("pull requests get in")),
        RuleExample(role: [.init("StringLike", "sub", "repo:acme/api:ref:*")], expected: .undecided),
        RuleExample(
            options: #"{"allow_pull_request": true}"#, role: [.init("StringLike", "sub", "repo:acme/api:pull_request")],
            expected: .pass),
    ]

    private let allowsPullRequests: Bool

    package init(options: RuleOptions) throws(DocumentError) {
        allowsPullRequests = try options.reader.bool("allow_pull_request", default: false)
    }

    package func judge(_ subject: TrustSubject) -> RuleVerdict {
        let open = subject.findings.openPullRequests
        if !open.isEmpty {
            return subject.verdict(
                open, { "\($0.text) takes in pull requests" }, expected: "branches or environments by name",
                remediation: "Name the branches or environments that are to get in.")
        }
        // A request that was merged runs what was reviewed.
        let outcomes = subject.judged.outcomes.flatMap(\.entries).filter { $0.context == .pullRequest }
        guard !allowsPullRequests, !outcomes.isEmpty else {
            return subject.findings.possiblePullRequests.first.map {
                .undecided("\($0.text) may take in other events of pull requests, such as pull_request_review")
            } ?? .pass
        }
        return subject.verdict(
            subject.spread(["pull requests get in"]), expected: "no pull request", actual: subject.writtenSubjects,
            remediation: "Remove the value, or set allow_pull_request where it is meant.")
    }
}
