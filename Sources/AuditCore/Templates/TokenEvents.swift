extension TokenClaims {
    /// The events that GitHub documents for a context; of another that there may be, see `TokenLanguage.ofAnyEvent`.
    static func eventName(_ context: JobContext) -> TokenText {
        func one(of names: [String]) -> TokenText {
            TokenText(TokenHole(eventHole, .choice(names), usual: names[0]))
        }
        switch context {
        case .pullRequest, .mergedPullRequest: return TokenText(pullRequestEvent)
        case .mergeQueue, .mergeQueueEnvironment: return "merge_group"
        case .otherPullRequestEvent: return one(of: reviewEvents)
        case .pullRequestEnvironment: return one(of: [pullRequestEvent] + reviewEvents + ["dynamic"])
        case .tag, .tagEnvironment: return one(of: refEvents + ["release", "repository_dispatch"])
        case .branch: return one(of: refEvents + branchEvents)
        case .branchEnvironment: return one(of: refEvents + branchEvents + [pullRequestEvent])
        }
    }

    // Source: GitHub's reference of events that trigger workflows; `dynamic` is the event of GitHub's own workflows.
    private static let pullRequestEvent = "pull_request"
    private static let reviewEvents = ["pull_request_review", "pull_request_review_comment"]
    private static let refEvents = [
        "push", "workflow_dispatch", "create", "deployment", "deployment_status", "registry_package", "dynamic",
    ]
    private static let branchEvents = [
        "schedule", "pull_request_target", "workflow_run", "repository_dispatch", "issues", "issue_comment", "delete",
        "fork", "watch", "label", "milestone", "discussion", "discussion_comment", "gollum", "page_build", "public",
        "check_run", "check_suite", "status", "branch_protection_rule", "image_version", "project", "project_card",
        "project_column",
    ]
    fileprivate static let events =
        [pullRequestEvent, "merge_group", "release"] + reviewEvents + refEvents + branchEvents
    fileprivate static let eventHole = "event_name"
}

extension TokenLanguage {
    /// The same for events that are not known; `nil` if no claim names the event.
    package var ofAnyEvent: TokenLanguage? {
        guard claims.values.contains(where: { $0.holes.contains { $0.name == TokenClaims.eventHole } }) else {
            return nil
        }
        var hole = TokenHole(TokenClaims.eventHole, .word, usual: "")
        hole.excluded = TokenClaims.events
        var language = replacing([TokenClaims.eventHole: TokenText(hole)])
        language.doubt = "GitHub does not document such an event"
        return language
    }
}
