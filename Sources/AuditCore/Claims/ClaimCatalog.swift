/// Every claim that GitHub documents or that was seen in its tokens.
///
/// Names and meanings come from each claim's source; who chooses a value, its stability and its presence are this
/// project's analysis of GitHub's OIDC reference.
package enum ClaimCatalog {
    /// The catalog in reading order: what names a repository first, then what varies from job to job.
    package static let all: [Claim] = [
        safe(
            "repo", "owner and name of the repository, with their ids in the immutable format", .administrator,
            .changing),
        unsafe("context", "environment, pull_request or ref of the job", .contributor, .changing),
        safe("repository", "owner and name of the repository", .administrator, .changing),
        safe("repository_id", "numeric id of the repository", .gitHub, .stable),
        safe("repository_owner", "name of the owner", .administrator, .changing),
        safe("repository_owner_id", "numeric id of the owner", .gitHub, .stable),
        safe("repository_visibility", "public, private or internal", .administrator, .changing),
        safe("enterprise", "name of the enterprise", .administrator, .changing, .enterprises),
        safe("enterprise_id", "numeric id of the enterprise", .gitHub, .stable, .enterprises),
        safe("job_workflow_ref", "path and ref of the reusable workflow", .workflowOwner, .changing),
        unsafe("job_workflow_sha", "commit of the reusable workflow", .workflowOwner, .perCommit),
        unsafe("environment", "name of the job's environment", .contributor, .changing, .environmentJobs),
        unsafe(
            "environment_node_id", "node id of the job's environment", .gitHub, .stable, .environmentJobs,
            hosts: .unknown, source: .discoveryDocument),
        unsafe("ref", "git ref of the run", .contributor, .changing),
        unsafe("ref_type", "branch or tag", .contributor, .changing),
        unsafe(
            "ref_protected", "true or false: whether the ref is protected", .administrator, .changing,
            hosts: .unknown, source: .token),
        unsafe("sha", "commit of the run", .contributor, .perCommit),
        unsafe("head_ref", "source branch of the pull request", .pullRequestAuthor, .changing, .pullRequests),
        unsafe("base_ref", "target branch of the pull request", .pullRequestAuthor, .changing, .pullRequests),
        unsafe("event_name", "event that started the run", .contributor, .changing),
        unsafe("actor", "user who started the run", .contributor, .changing),
        unsafe("actor_id", "numeric id of the user who started the run", .contributor, .stable),
        unsafe("workflow", "display name of the workflow", .contributor, .changing),
        unsafe("workflow_ref", "path and ref of the workflow", .contributor, .changing),
        unsafe("workflow_sha", "commit of the workflow", .contributor, .perCommit),
        unsafe("run_id", "id of the run", .gitHub, .perRun),
        unsafe("run_number", "counter of the workflow's runs", .gitHub, .perRun),
        unsafe("run_attempt", "counter of the run's attempts", .gitHub, .perRun),
        unsafe(
            "check_run_id", "id of the job's check run", .gitHub, .perRun,
            hosts: .init(onEnterpriseServer: false, since: "2025-11-13"), source: .checkRunFeature),
        unsafe("runner_environment", "github-hosted or self-hosted", .contributor, .changing),
        unsafe("aud", "audience that the job asked for", .job, .changing),
        unsafe("iss", "issuer of the token", .gitHub, .stable),
        unsafe("sub", "the subject itself", .gitHub, .changing),
        unsafe("exp", "time of expiry", .gitHub, .perRun),
        unsafe("iat", "time of issue", .gitHub, .perRun),
        unsafe("nbf", "time before which the token is not valid", .gitHub, .perRun),
        unsafe("jti", "id of the token", .gitHub, .perRun),
    ]

    /// The family of `repo_property_NAME`, under a name that stands for all of them.
    package static let customProperty = customPropertyClaim("repo_property_*")

    /// Every single claim, then the family.
    package static let listed = all + [customProperty]

    /// The entry of a key; `repo_property_NAME` yields the family's entry under that name. `nil`: an unknown key.
    package static func claim(for key: ClaimKey) -> Claim? {
        byKey[key] ?? (key.isCustomProperty ? customPropertyClaim(key) : nil)
    }

    /// Whether a template may start with the key; an unknown key may not.
    package static func isSafeFirst(_ key: ClaimKey) -> Bool {
        byKey[key]?.isSafeFirst ?? key.isCustomProperty
    }

    /// What to say of an unknown key: the nearest known one, where there is one.
    package static func nearest(to key: ClaimKey) -> String? {
        NearestWord.nearest(to: key.rawValue, among: all.map(\.key.rawValue))
    }

    // MARK: -

    private static let byKey = Dictionary(uniqueKeysWithValues: all.map { ($0.key, $0) })

    private static func customPropertyClaim(_ key: ClaimKey) -> Claim {
        Claim(
            key: key, meaning: "value of a custom property of the repository", chooser: .administrator,
            stability: .changing, presence: .includedProperties,
            hosts: .init(onEnterpriseServer: nil, since: "2026-03-12"), source: .customPropertyChangelog,
            isSafeFirst: true)
    }

    private static func safe(
        _ key: ClaimKey, _ meaning: String, _ chooser: Claim.Chooser, _ stability: Claim.Stability,
        _ presence: Claim.Presence = .always,
    ) -> Claim {
        Claim(
            key: key, meaning: meaning, chooser: chooser, stability: stability, presence: presence, hosts: .all,
            source: .reference, isSafeFirst: true)
    }

    private static func unsafe(
        _ key: ClaimKey, _ meaning: String, _ chooser: Claim.Chooser, _ stability: Claim.Stability,
        _ presence: Claim.Presence = .always, hosts: Claim.Hosts = .all, source: Claim.Source = .reference,
    ) -> Claim {
        Claim(
            key: key, meaning: meaning, chooser: chooser, stability: stability, presence: presence, hosts: hosts,
            source: source, isSafeFirst: false)
    }
}
