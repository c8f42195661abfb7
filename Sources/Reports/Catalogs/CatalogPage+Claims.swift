import AuditCore

extension CatalogPage {
    static func claimText(_ claims: [Claim], withSources: Bool, _ style: ReportStyle) -> String {
        var page = TextPage(style: style)
        page.line("CLAIM", .strong, "chosen by · stable · in every token · safe as first key", column: 23)
        for claim in claims {
            page.line(claim.key.rawValue, .strong, claim.traits, column: 23)
            page.wrapped(claim.meaning, indent: 23)
            guard withSources else { continue }
            page.wrapped(claim.hostText, indent: 23)
            page.plain(claim.source.rawValue, indent: 23)
        }
        return page.text
    }

    static func claimJSON(_ claims: [Claim]) -> String {
        json { json in
            json.object { json in
                json.string("schema", "oidc-audit.claims/v1")
                json.array("claims", of: claims) { json, claim in
                    json.object { json in
                        json.string("key", claim.key.rawValue)
                        json.string("meaning", claim.meaning)
                        json.string("chooser", claim.chooser.word)
                        json.string("stability", claim.stability.rawValue)
                        json.string("presence", claim.presence.rawValue)
                        json.bool("safe_first", claim.isSafeFirst)
                        json.object("hosts") { json in
                            json.bool("github", true)
                            json.bool("enterprise_server", claim.hosts.onEnterpriseServer)
                            json.string("since", claim.hosts.since)
                        }
                        json.string("source", claim.source.rawValue)
                    }
                }
            }
        }
    }

    static func claimMarkdown(_ claims: [Claim]) -> String {
        table(
            ["claim", "meaning", "chosen by", "stable", "always", "safe as first key", "hosts", "source"],
            claims.map { claim in
                [
                    "`\(claim.key)`", markdown(claim.meaning), claim.chooser.phrase, claim.stability.phrase,
                    claim.presence.phrase, claim.isSafeFirst ? "yes" : "no", claim.hostText,
                    "[source](\(claim.source.rawValue))",
                ]
            })
    }
}

extension Claim {
    /// `administrator · changes · always · first`
    fileprivate var traits: String {
        [chooser.phrase, stability.phrase, presence.phrase, isSafeFirst ? "safe first" : "not first"]
            .joined(separator: " · ")
    }

    fileprivate var hostText: String {
        let since = hosts.since.map { "github.com since \($0)" } ?? "github.com"
        switch hosts.onEnterpriseServer {
        // Templates exist there from 3.7 on, whatever the claim.
        case true?: return "\(since), Enterprise Server 3.7 and later"
        case false?: return "\(since); not on Enterprise Server"
        case nil: return "\(since); Enterprise Server unknown"
        }
    }
}

extension Claim.Chooser {
    /// For people: who decides.
    var phrase: String {
        switch self {
        case .gitHub: "GitHub"
        case .administrator: "administrators"
        case .workflowOwner: "owner of the workflow"
        case .contributor: "whoever can push"
        case .pullRequestAuthor: "author of a pull request"
        case .job: "the job"
        }
    }

    fileprivate var word: String { self == .gitHub ? "github" : rawValue }
}

extension Claim.Stability {
    fileprivate var phrase: String {
        switch self {
        case .stable: "stable"
        case .changing: "changes"
        case .perCommit: "differs each commit"
        case .perRun: "differs each run"
        }
    }
}

extension Claim.Presence {
    fileprivate var phrase: String {
        switch self {
        case .always: "always"
        case .environmentJobs: "with an environment"
        case .pullRequests: "in pull requests"
        case .enterprises: "in an enterprise"
        case .includedProperties: "if included and set"
        }
    }
}
