/// The kind of job that asks for a token: it decides which claims there are and what they say.
///
/// Source: GitHub's OIDC reference, "Example subject claims": an environment wins over the event, and the event
/// `pull_request` over the ref.
package enum JobContext: Int, Hashable, Sendable, CaseIterable {
    case branch
    case tag
    case pullRequest
    case mergeQueue
    /// Events on a pull request's ref that are not `pull_request`, such as `pull_request_review`. That the subject then names
    /// the ref follows from GitHub's order of rules, and nobody has shown a token.
    case otherPullRequestEvent
    case branchEnvironment
    case tagEnvironment
    case pullRequestEnvironment
    /// The event `pull_request` of a request that was merged: its ref is the branch that it was merged into.
    ///
    /// Source: GitHub's changelog of 2023-09-13.
    case mergedPullRequest
    case mergeQueueEnvironment

    /// The word for it in reports.
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case branch
        case tag
        case pullRequest = "pull_request"
        case environment
        case mergeQueue = "merge_queue"
        case other
    }

    package var kind: Kind {
        switch self {
        case .branch: .branch
        case .tag: .tag
        case .pullRequest, .mergedPullRequest: .pullRequest
        case .mergeQueue: .mergeQueue
        case .otherPullRequestEvent: .other
        case .branchEnvironment, .tagEnvironment, .pullRequestEnvironment, .mergeQueueEnvironment: .environment
        }
    }

    package var hasEnvironment: Bool { kind == .environment }

    /// Why a subject that holds the context may be another; `nil` if GitHub documents it.
    package var doubt: String? {
        self == .otherPullRequestEvent
            ? "GitHub does not document the subjects of a pull request's other events, such as pull_request_review"
            : nil
    }

    /// Whether its ref is that of a pull request.
    package var isOnPullRequest: Bool {
        self == .pullRequest || self == .pullRequestEnvironment || self == .otherPullRequestEvent
    }
}

/// A value that differs from token to token. Two holes of one name hold the same text.
package struct TokenHole: Hashable, Sendable {
    package let name: String
    package let alphabet: TokenAlphabet
    /// A text that a person expects there, tried first.
    package let usual: String
    /// Texts that it can't be.
    package var excluded: [String] = []
    /// Whether the case of ASCII letters is ignored there.
    package var ignoresCase = true

    package init(_ name: String, _ alphabet: TokenAlphabet, usual: String) {
        self.name = name
        self.alphabet = alphabet
        self.usual = usual
    }
}

/// One part of a claim's text.
package enum TokenPart: Hashable, Sendable {
    case text(String)
    /// - Parameter isEscaped: whether a colon of the value stands as `%3A`, as it does within a subject.
    case hole(TokenHole, isEscaped: Bool)
}

/// What one claim can say: parts in their order.
package struct TokenText: Hashable, Sendable, ExpressibleByStringLiteral {
    package var parts: [TokenPart]

    package init(_ parts: [TokenPart]) { self.parts = parts }

    package init(stringLiteral text: String) { parts = [.text(text)] }

    package init(_ text: String) { parts = [.text(text)] }

    package init(_ hole: TokenHole) { parts = [.hole(hole, isEscaped: false)] }

    package static func + (left: TokenText, right: TokenText) -> TokenText { TokenText(left.parts + right.parts) }

    /// The same as a value within a subject.
    package var escaped: TokenText {
        TokenText(
            parts.map { part in
                switch part {
                case .text(let text): .text(text.escapedInSubject)
                case .hole(let hole, _): .hole(hole, isEscaped: true)
                }
            })
    }

    /// Without empty texts, neighbouring texts joined.
    package var joined: TokenText {
        var joined: [TokenPart] = []
        for part in parts {
            if case .text(let text) = part {
                if text.isEmpty { continue }
                if case .text(let before)? = joined.last {
                    joined[joined.count - 1] = .text(before + text)
                    continue
                }
            }
            joined.append(part)
        }
        return TokenText(joined)
    }

    package var holes: [TokenHole] {
        parts.compactMap { if case .hole(let hole, _) = $0 { hole } else { nil } }
    }

    /// The text with each hole filled.
    package func filled(_ value: (TokenHole) -> String) -> String {
        parts.map { part in
            switch part {
            case .text(let text): text
            case .hole(let hole, let isEscaped): isEscaped ? value(hole).escapedInSubject : value(hole)
            }
        }.joined()
    }
}

/// Names and ids of the repository whose job asks for the token: texts for one of ours, holes for an outsider's.
package struct TokenIdentity: Hashable, Sendable {
    package var owner: TokenText
    package var ownerID: TokenText
    package var name: TokenText
    package var repositoryID: TokenText
    /// `nil` if it is not known.
    package var visibility: String?

    package init(owner: TokenText, ownerID: TokenText, name: TokenText, repositoryID: TokenText) {
        self.owner = owner
        self.ownerID = ownerID
        self.name = name
        self.repositoryID = repositoryID
    }

    package init(_ repository: Repository) {
        owner = TokenText(repository.owner)
        ownerID = repository.ownerID.map { TokenText(String($0)) } ?? TokenText(Self.ownerIDHole)
        name = TokenText(repository.name)
        repositoryID = TokenText(String(repository.id.rawValue))
        visibility = repository.visibility.known?.rawValue
    }

    package static let ownerHole = TokenHole("repository_owner", .login, usual: "evil-corp")
    package static let nameHole = TokenHole("repository_name", .repositoryName, usual: "x")
    package static let ownerIDHole = TokenHole("repository_owner_id", .number, usual: "31337")
    package static let repositoryIDHole = TokenHole("repository_id", .number, usual: "31338")
}

/// What the tokens of one context can say, claim by claim. A claim that is not there is absent from those tokens.
package struct TokenLanguage: Hashable, Sendable {
    package let context: JobContext
    package let claims: [ClaimKey: TokenText]
    /// Claims of which it is not known whether these tokens carry them.
    package let optional: Set<ClaimKey>
    /// Whose job it is; `nil` if that is not known.
    package let identity: TokenIdentity?
    /// Why there may be no such tokens; `nil` if GitHub documents that there are.
    package var doubt: String?

    package init(
        context: JobContext, claims: [ClaimKey: TokenText], optional: Set<ClaimKey>, identity: TokenIdentity? = nil,
    ) {
        self.context = context
        self.claims = claims
        self.optional = optional
        self.identity = identity
    }

    /// - Parameters:
    ///   - subject: the claim `sub`; `nil`: no job of this context gets a token.
    ///   - keys: the other claims that matter.
    package init?(
        _ context: JobContext, _ identity: TokenIdentity, subject: TokenText?, keys: [ClaimKey] = Self.keys,
    ) {
        guard let subject else { return nil }
        var claims: [ClaimKey: TokenText] = ["sub": subject.joined]
        for key in keys where key != "sub" {
            claims[key] = TokenClaims.value(of: key, in: context, identity)?.joined
        }
        self.init(
            context: context, claims: claims, optional: ["enterprise", "enterprise_id"], identity: identity)
    }

    /// The tokens of one context with GitHub's default template.
    package init?(
        _ context: JobContext, _ identity: TokenIdentity, withDefaultTemplateIn format: SubjectFormat,
        keys: [ClaimKey],
    ) {
        self.init(
            context, identity,
            subject: Self.defaultStart(identity, format) + TokenClaims.contextText(context, identity), keys: keys)
        doubt = context.doubt
    }

    /// What a default subject begins with.
    package static func defaultStart(_ identity: TokenIdentity, _ format: SubjectFormat) -> TokenText {
        guard format == .immutable else { return "repo:" + identity.owner + "/" + identity.name + ":" }
        return "repo:" + identity.owner + "@" + identity.ownerID + "/" + identity.name + "@" + identity.repositoryID
            + ":"
    }

    /// Claims that are followed where nobody says which.
    package static let keys: [ClaimKey] = [
        "aud", "repository", "repository_id", "repository_owner", "repository_owner_id", "repository_visibility", "ref",
        "ref_type", "event_name", "environment", "job_workflow_ref", "workflow", "workflow_ref", "actor", "actor_id",
        "head_ref", "base_ref", "runner_environment", "enterprise", "enterprise_id",
    ]
}

// MARK: - Workflows of pull requests

extension TokenLanguage {
    /// Whether a claim holds the ref of the job's workflow.
    package func holdsWorkflow(_ claims: [ClaimKey]) -> Bool {
        context.isOnPullRequest
            && claims.contains { self.claims[$0]?.holes.contains { $0.name == TokenClaims.workflowAt } ?? false }
    }

    /// The same for jobs of a workflow whose ref is anything that a job's workflow can be at.
    package var ofAnyWorkflow: TokenLanguage {
        let at = TokenHole(TokenClaims.workflowAt, .jobWorkflowRef, usual: "refs/heads/main")
        return replacing([TokenClaims.workflowAt: TokenText(at)])
    }

    /// The same for jobs of the repository's own workflow: on a pull request it is at the request's merge, where no workflow
    /// of another repository is.
    package var ofOwnWorkflow: TokenLanguage? { ownWorkflow.map(replacing) }

    /// Texts of holes by those of `ofOwnWorkflow`.
    package func holes(ofOwnWorkflow holes: [String: String]) -> [String: String] {
        guard let ownWorkflow else { return holes }
        return holes.merging(ownWorkflow.mapValues { $0.filled { holes[$0.name] ?? $0.usual } }) { $1 }
    }

    private var ownWorkflow: [String: TokenText]? {
        guard let identity else { return nil }
        return [
            "workflow_owner": identity.owner, "workflow_repository": identity.name,
            "job_workflow_file": TokenText(TokenClaims.workflowFile),
            TokenClaims.workflowAt: TokenClaims.ref(context),
        ]
    }

    func replacing(_ texts: [String: TokenText]) -> TokenLanguage {
        let changed = claims.mapValues { claim in
            TokenText(
                claim.parts.flatMap { part in
                    guard case .hole(let hole, let isEscaped) = part, let text = texts[hole.name] else { return [part] }
                    return isEscaped ? text.escaped.parts : text.parts
                }
            ).joined
        }
        var language = TokenLanguage(context: context, claims: changed, optional: optional, identity: identity)
        language.doubt = doubt
        return language
    }
}

/// What GitHub writes into each claim.
package enum TokenClaims {
    fileprivate static let workflowAt = "job_workflow_at"
    fileprivate static let workflowFile = TokenHole("workflow_file", .workflowFile, usual: "deploy.yml")

    /// - Returns: `nil` if tokens of that context do not have the claim.
    package static func value(of key: ClaimKey, in context: JobContext, _ identity: TokenIdentity) -> TokenText? {
        func word(_ alphabet: TokenAlphabet, _ usual: String) -> TokenText {
            TokenText(TokenHole(key.rawValue, alphabet, usual: usual))
        }
        switch key {
        case "repository": return identity.owner + "/" + identity.name
        case "repository_owner": return identity.owner
        case "repository_owner_id": return identity.ownerID
        case "repository_id": return identity.repositoryID
        case "repository_visibility":
            return identity.visibility.map { TokenText($0) }
                ?? word(.choice(["public", "private", "internal"]), "public")
        case "ref": return ref(context)
        case "ref_type": return context == .tag || context == .tagEnvironment ? "tag" : "branch"
        case "event_name": return eventName(context)
        case "environment": return context.hasEnvironment ? word(.freeText, "prod") : nil
        case "environment_node_id": return context.hasEnvironment ? word(.freeText, "EN_x") : nil
        case "head_ref" where context.isOnPullRequest || context == .mergedPullRequest: return word(.refName, "x")
        case "base_ref" where context.isOnPullRequest || context == .mergedPullRequest: return word(.refName, "main")
        case "head_ref", "base_ref": return nil
        case "job_workflow_ref":
            // A job's own workflow is one of these, too, unless it is a pull request's: any repository may hold a reusable one.
            return TokenText(TokenHole("workflow_owner", .login, usual: "acme")) + "/"
                + TokenText(TokenHole("workflow_repository", .repositoryName, usual: "shared")) + "/.github/workflows/"
                + TokenText(TokenHole("job_workflow_file", .workflowFile, usual: "deploy.yml")) + "@"
                + TokenText(TokenHole(workflowAt, .workflowRef, usual: "refs/heads/main"))
        case "workflow_ref":
            return identity.owner + "/" + identity.name + "/.github/workflows/"
                + TokenText(workflowFile) + "@" + ref(context)
        case "workflow": return word(.freeText, "deploy")
        case "actor": return word(.actor, "octocat")
        case "actor_id", "run_id", "run_number", "run_attempt", "check_run_id", "exp", "iat", "nbf":
            return word(.number, "1")
        case "enterprise": return word(.login, "example")
        case "enterprise_id": return word(.number, "1")
        case "sha", "workflow_sha", "job_workflow_sha":
            return word(.commit, "0123456789abcdef0123456789abcdef01234567")
        case "ref_protected": return word(.choice(["true", "false"]), "true")
        case "runner_environment": return word(.choice(["github-hosted", "self-hosted"]), "github-hosted")
        case "aud": return word(.freeText, "sts.amazonaws.com")
        default: return word(.freeText, "x")
        }
    }

    /// The tail of a default subject.
    package static func contextText(_ context: JobContext, _ identity: TokenIdentity) -> TokenText {
        if context.hasEnvironment {
            return "environment:" + (value(of: "environment", in: context, identity) ?? "").escaped
        }
        return context.kind == .pullRequest ? "pull_request" : "ref:" + ref(context).escaped
    }

    // MARK: -

    fileprivate static func ref(_ context: JobContext) -> TokenText {
        switch context {
        case .branch, .branchEnvironment, .mergedPullRequest:
            "refs/heads/" + TokenText(TokenHole("branch", .refName, usual: "main"))
        case .tag, .tagEnvironment: "refs/tags/" + TokenText(TokenHole("tag", .refName, usual: "v1"))
        case .pullRequest, .otherPullRequestEvent, .pullRequestEnvironment:
            "refs/pull/" + TokenText(TokenHole("pull_request_number", .number, usual: "1")) + "/merge"
        case .mergeQueue, .mergeQueueEnvironment:
            "refs/heads/gh-readonly-queue/" + TokenText(TokenHole("branch", .refName, usual: "main")) + "/pr-"
                + TokenText(TokenHole("pull_request_number", .number, usual: "1")) + "-"
                + TokenText(TokenHole("sha", .commit, usual: "0123456789abcdef0123456789abcdef01234567"))
        }
    }

}
