/// What is known of one claim that a template may name.
package struct Claim: Sendable {
    /// Who decides what the claim says in a token.
    package enum Chooser: String, Sendable, CaseIterable {
        /// GitHub assigns it and nobody can pick it (ids, counters).
        case gitHub
        /// An administrator of the repository, organization or enterprise.
        case administrator
        /// The owner of the reusable workflow that the job calls.
        case workflowOwner = "workflow_owner"
        /// Whoever can push a branch, tag or workflow, or start a run.
        case contributor
        /// The author of a pull request, from a fork too.
        case pullRequestAuthor = "pull_request_author"
        /// The job itself, when it asks for a token.
        case job
    }

    /// When a token carries the claim.
    package enum Presence: String, Sendable, CaseIterable {
        case always
        /// Only where the job names an environment.
        case environmentJobs = "environment_jobs"
        /// Only on pull requests; empty elsewhere.
        case pullRequests = "pull_requests"
        /// Only where the organization belongs to an enterprise.
        case enterprises
        /// Only where the property is included in tokens and has a value on the repository.
        case includedProperties = "included_properties"
    }

    /// How long the value stays the same.
    package enum Stability: String, Sendable, CaseIterable {
        /// Survives renames.
        case stable
        /// Changes with a name, a branch or a setting.
        case changing
        /// Differs from commit to commit; likewise.
        case perCommit = "per_commit"
        /// Differs from run to run, so no trust policy can expect it exactly.
        case perRun = "per_run"
    }

    /// The hosts whose tokens carry the claim.
    package struct Hosts: Hashable, Sendable {
        /// `nil` if GitHub does not say.
        package let onEnterpriseServer: Bool?
        /// First day on github.com as `YYYY-MM-DD`; `nil` if it was there from the start.
        package let since: String?

        package static let all = Hosts(onEnterpriseServer: true, since: nil)
        /// Of github.com it is known, and of no other host.
        package static let unknown = Hosts(onEnterpriseServer: nil, since: nil)
    }

    /// Where a claim is known from.
    package enum Source: String, Sendable, CaseIterable {
        case reference = "https://docs.github.com/en/actions/reference/security/oidc"
        /// Listed among the claims that the issuer supports, and not in the reference.
        case discoveryDocument = "https://token.actions.githubusercontent.com/.well-known/openid-configuration"
        /// Seen in tokens, and not in the reference.
        case token = "https://github.com/github/actions-oidc-debugger"
        case checkRunFeature =
            "https://github.com/github/docs/blob/main/data/features/actions-OIDC-check-run-id-claim.yml"
        case customPropertyChangelog =
            "https://github.blog/changelog/2026-03-12-actions-oidc-tokens-now-support-repository-custom-properties"
    }

    package let key: ClaimKey
    /// A phrase: what the value is.
    package let meaning: String
    package let chooser: Chooser
    package let stability: Stability
    package let presence: Presence
    package let hosts: Hosts
    package let source: Source

    /// Whether a template may start with the claim: nobody who can push or open a pull request chooses its text.
    ///
    /// A consumer that matches a prefix or a wildcard trusts the first key most, so text chosen by an attacker there
    /// can imitate what was meant to follow.
    package let isSafeFirst: Bool
}
