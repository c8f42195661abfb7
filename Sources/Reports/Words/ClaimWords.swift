import AuditCore

extension Claim.Hosts {
    var displayText: String {
        let since = since.map { "github.com since \($0)" } ?? "github.com"
        switch onEnterpriseServer {
        // Templates exist there from 3.7 on, whatever the claim.
        case true?: return "\(since), Enterprise Server 3.7 and later"
        case false?: return "\(since); not on Enterprise Server"
        case nil: return "\(since); Enterprise Server unknown"
        }
    }
}

extension Claim.Chooser {
    /// Who decides.
    var displayText: String {
        switch self {
        case .gitHub: "GitHub"
        case .administrator: "administrators"
        case .workflowOwner: "owner of the workflow"
        case .contributor: "anyone who can push"
        case .pullRequestAuthor: "author of a pull request"
        case .job: "the job"
        }
    }
}

extension Claim.Stability {
    var displayText: String {
        switch self {
        case .stable: "stable"
        case .changing: "changes"
        case .perCommit: "differs each commit"
        case .perRun: "differs each run"
        }
    }
}

extension Claim.Presence {
    var displayText: String {
        switch self {
        case .always: "always"
        case .environmentJobs: "with an environment"
        case .pullRequests: "in pull requests"
        case .enterprises: "in an enterprise"
        case .includedProperties: "if included and set"
        }
    }
}
