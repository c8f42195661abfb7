import AuditCore
import Reports
import TestSupport

/// Trusts of every kind that the page tells apart.
enum SampleTrust {
    private static let arn = "arn:aws:iam::111122223333:role/"
    private static let repositories = [
        state("api", 1001), state("web", 1002), unreadable("vault", 1003),
    ]

    static func audit() -> TrustAudit {
        var file = TrustExport(path: "roles.json", sha256: SamplePages.digest("e"), kind: "aws.list-roles")
        (file.roles, file.trusts, file.otherIssuers) = (12, 5, 6)
        file.unread = [.init(identity: arn + "broken", pointer: "/Roles/9", why: "it has no trust policy")]
        file.truncation = "the export is one page of several: it holds \"Marker\""
        var audit = TrustAudit(
            scans: [SamplePages.storedScan()], files: [file],
            report: AccessReport(repositories: repositories, trusts: [deploy, dead, everyone, former, shaky]))
        audit.gaps = ["acme: 1 of 3 repositories were not read, such as acme/vault"]
        let api = repositories[0].repository
        audit.change = TrustAudit.Change(
            lost: [
                AccessDifference(
                    repository: api, trust: deploy.trust.id, identity: deploy.trust.identity.name,
                    before: "repo:acme/api:ref:refs/heads/main", after: nil, contexts: [.branch, .pullRequest],
                    isCertain: true,
                    add: [
                        .init(
                            claim: "sub", value: "repo:acme@77/api@1001:*",
                            key: "token.actions.githubusercontent.com:sub")
                    ])
            ],
            gained: [
                AccessDifference(
                    repository: api, trust: dead.trust.id, identity: dead.trust.identity.name, before: nil,
                    after: "repo:acme@77/api@1001:pull_request", contexts: [.pullRequest], isCertain: false, add: [])
            ])
        return audit
    }

    /// What the change does, as a plan holds it.
    static func access() -> PlannedAccess {
        let change = audit().change ?? TrustAudit.Change(lost: [], gained: [])
        return PlannedAccess(
            files: [.init(path: "roles.json", sha256: SamplePages.digest("e"))], lost: change.lost,
            gained: change.gained, gaps: ["roles.json: the export is one page of several"])
    }

    /// Compared with an earlier report.
    static func since() throws -> TrustAudit {
        var audit = try judged()
        var earlier = EarlierTrusts()
        earlier.access = [.init(repository: RepositoryID(rawValue: 9), identity: arn + "old"): "acme/gone"]
        earlier.reach = [arn + "old": .owner]
        earlier.wide = [arn + "wide": 60]
        earlier.findings = [
            "old": .init(rule: "names", name: arn + "old", message: "the repository is trusted by name")
        ]
        // The pages that the sample's export lacks would leave open what is gone.
        var now = TrustPage.earlier(audit)
        now.isPartial = false
        audit.news = TrustNews(since: earlier, now: now)
        return audit
    }

    /// An export with holes, one of today, and a file that is none.
    static func exports() -> ExportDiagnosis {
        var whole = TrustExport(path: "details.json", sha256: SamplePages.digest("f"), kind: "aws.list-roles")
        (whole.roles, whole.trusts, whole.otherIssuers) = (1, 1, 0)
        return ExportDiagnosis(
            files: [
                .init(
                    path: "roles.json", export: audit().files[0], days: 9,
                    faults: [.init("the export is one page of several", "aws iam list-roles > roles.json")],
                    missing: [.init("the roles of today", "aws iam list-roles > roles.json")]),
                .init(path: whole.path, export: whole, days: 0, faults: []),
                .init(
                    path: "users.json", export: nil, days: nil,
                    faults: [.init("it looks like a list of users", "aws iam list-roles > roles.json")]),
            ], skipped: 2,
            missing: [.init("the audiences of a provider", "aws iam get-open-id-connect-provider > provider.json")])
    }

    /// Under a policy, with a waiver.
    static func judged() throws -> TrustAudit {
        var audit = audit()
        audit.change = nil
        let policy = try Policy.of(
            #"{"id": "trust-anyone", "rule": "trust-anyone", "severity": "critical"}"#,
            #"{"id": "names", "rule": "trust-by-name", "severity": "medium"}"#,
            #"{"id": "dead", "rule": "trust-matches-nothing", "severity": "medium"}"#,
            #"{"id": "partner", "rule": "trust-whole-organization", "severity": "high"}"#,
            #"{"id": "known", "rule": "known-claims", "severity": "low"}"#)
        let waiver = Waiver(
            rule: "partner", target: .init(identity: Glob("every*")), owner: "platform", reason: "moves in March",
            expires: Day(of: .sample).adding(days: 90))
        audit.judgement = Evaluator(
            policy: policy, gate: Gate(), waivers: WaiverList([waiver], source: "waivers.json")
        ).judge(audit, of: .sample([.sample([.read("api", id: 1001, .gitHubDefault)])]), now: .sample)
        return audit
    }

    /// Nothing to say.
    static func closed() -> TrustAudit {
        var file = TrustExport(path: "roles.json", sha256: SamplePages.digest("e"), kind: "aws.list-roles")
        file.roles = 3
        var audit = TrustAudit(
            scans: [SamplePages.storedScan()], files: [file],
            report: AccessReport(repositories: repositories, trusts: []))
        audit.change = TrustAudit.Change(lost: [], gained: [])
        return audit
    }

    static func token() -> TrustAudit {
        var audit = audit()
        audit.change = nil
        audit.tokens = [
            deploy.trust.id: TokenAnswer(isAccepted: true),
            shaky.trust.id: TokenAnswer(isAccepted: nil, why: "ArnLike KEY:sub: not evaluated"),
            dead.trust.id: TokenAnswer(
                isAccepted: false, refusedBy: "sub",
                why: "sub is repo:acme/api:pull_request, and must be repo:acme/old:*"),
        ]
        return audit
    }

    // MARK: - Trusts

    private static let deploy = judged(
        "deploy", "repo:acme/api:*", cells: [.init(repository: 0, outcome: 0)],
        outcomes: [
            AccessOutcome([
                .init(context: .branch, holes: ["branch": "main"], optional: [], only: ["main"], doubt: nil),
                .init(context: .pullRequest, holes: [:], optional: [], only: nil, doubt: nil),
            ])
        ], byName: .yes(witness("repo:acme/api:ref:refs/heads/main")))

    private static let dead = judged(
        "dead", "repo:acme/old:*",
        noMatch: [
            .renamed(from: "acme/old", to: "acme/web"),
            .formatFlipped(repository: "acme/new", presents: .immutable),
        ])

    private static let everyone = judged(
        "everyone", "repo:acme*",
        cells: [.init(repository: 0, outcome: 0), .init(repository: 1, outcome: 0), .init(repository: 2, outcome: 1)],
        outcomes: [
            AccessOutcome([
                .init(context: .branch, holes: ["branch": "main"], optional: [], only: nil, doubt: nil)
            ]),
            AccessOutcome([
                .init(
                    context: .branch, holes: ["branch": "main"], optional: [], only: nil, doubt: nil,
                    likely: 0)
            ]),
        ], anyone: .yes(witness("repo:acme-x/x:ref:refs/heads/main")), owner: .yes(witness("repo:acme/x:pull_request")))

    private static let former = judged(
        "former", "repo:acme-corp/*", renamer: .yes(witness("repo:acme-corp/x:pull_request")),
        foreignOwner: .possible(nil, why: "two claims of one token could not be decided together"))

    private static let shaky = judged(
        "shaky", "repo:acme/api:*",
        undecided: [
            Undecided(.unsupported, "ArnLike", "not evaluated"),
            Undecided(.request, "aws:SourceIp", Undecided.requestReason),
        ])

    // MARK: -

    private static func judged(
        _ name: String, _ subject: String, cells: [JudgedTrust.Cell] = [], outcomes: [AccessOutcome] = [],
        anyone: Reach.Answer = .no, renamer: Reach.Answer = .no, foreignOwner: Reach.Answer = .no,
        owner: Reach.Answer = .no, byName: Reach.Answer = .no, noMatch: [NoMatch] = [], undecided: [Undecided] = [],
    ) -> JudgedTrust {
        let demands = [
            ClaimDemand(
                "sub", anyOf: [TextPattern(.like, subject)],
                written: "StringLike token.actions.githubusercontent.com:sub"),
            ClaimDemand(
                "aud", anyOf: [TextPattern(.equals, "sts.amazonaws.com")],
                written: "StringEquals token.actions.githubusercontent.com:aud"),
        ]
        let trust = Trust(
            id: "aws:\(arn)\(name)#0", identity: Identity(cloud: .aws, name: arn + name),
            source: TrustSource(file: "roles.json", pointer: "/Roles/0/AssumeRolePolicyDocument/Statement/0"),
            issuer: "https://token.actions.githubusercontent.com",
            provider: "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com",
            allow: .all(demands.map { .claim($0) }),
            denies: name == "shaky" ? [.claim(ClaimDemand("ref", anyOf: [TextPattern(.equalsIgnoringCase, "x")]))] : [],
            undecided: undecided)
        var findings = TrustFindings()
        if !renamer.isNo { findings.formerNames = [.init(claim: "sub", text: subject, about: "acme")] }
        return JudgedTrust(
            trust: trust,
            reach: Reach(
                anyone: anyone, renamer: renamer, foreignOwner: foreignOwner, owner: owner, byName: byName,
                repositoryCount: cells.count, mayHaveMore: false), cells: cells, outcomes: outcomes,
            undecided: undecided, noMatch: noMatch, findings: findings)
    }

    private static func witness(_ subject: String) -> Witness {
        Witness(context: .branch, claims: ["sub": subject, "aud": "sts.amazonaws.com"])
    }

    private static func state(_ name: String, _ id: Int64) -> RepositoryState {
        var repository = Repository.sample(name, id: id)
        repository.ownerID = 77
        return RepositoryState(
            repository, .read(RepositorySetting(useDefault: true, subClaimPrefix: "repo:acme/\(name)")),
            under: .neverSet, isEnterpriseServer: false)
    }

    private static func unreadable(_ name: String, _ id: Int64) -> RepositoryState {
        RepositoryState(
            .sample(name, id: id), .unreadable(UnreadableReason(.forbidden, "forbidden (403)")), under: .neverSet,
            isEnterpriseServer: false)
    }
}
