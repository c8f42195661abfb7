import AuditCore
import TestSupport
import Testing

@testable import CloudTrust

/// Which tokens GitHub mints, and which it never does.
@Suite struct MintedTokenTests {
    private func judged(_ condition: String, denies: [String] = [], in world: TrustWorld = TrustSample.world) throws
        -> JudgedTrust
    {
        TrustSample.judged(try TrustSample.trust(condition, denies: denies), in: world)
    }

    private func subject(_ value: String, in world: TrustWorld = TrustSample.world) throws -> JudgedTrust {
        try judged("{\"StringLike\": {\"KEY:sub\": \"\(value)\"}}", in: world)
    }

    private func isProven(_ answer: Reach.Answer, _ judged: JudgedTrust) -> Bool {
        guard case .yes(let witness) = answer else { return false }
        return LiteralMatcher.accepts(judged.trust.demand, witness.claims)
    }

    private func world(_ repositories: RepositoryState...) -> TrustWorld {
        TrustWorld(repositories: repositories, owners: [.init(login: "acme", id: 77)])
    }

    private func names(_ judged: JudgedTrust, _ world: TrustWorld) -> [String] {
        judged.cells.map { world.repositories[Int($0.repository)].repository.name }
    }

    // MARK: - Names that stand twice

    /// A hole of the subject that holds the repository's own names is no hole like any other.
    @Test func workflowsOfOneRepositoryAreNoOthers() throws {
        let template: SubjectTemplate = ["repo", "workflow_ref"]
        let world = world(
            TrustSample.repository("wf1", id: 1, template: template),
            TrustSample.repository("wf2", id: 2, template: template),
            TrustSample.repository("wf3", id: 3, template: template))
        let engine = AccessEngine(world)
        let trusts = try [
            "repo:acme/wf1:workflow_ref:acme/wf1/.github/workflows/*",
            "repo:acme/*:workflow_ref:acme/wf2/.github/workflows/*",
            "repo:acme/wf3:workflow_ref:acme/wf1/.github/workflows/*",
            "repo:acme/wf3:workflow_ref:acme/wf?/.github/workflows/*",
        ].map { try TrustSample.subject($0) }
        for order in [trusts, trusts.reversed()] {
            for judged in engine.report(order).trusts {
                let names = names(judged, world)
                switch judged.trust {
                case trusts[0]: #expect(names == ["wf1"])
                case trusts[1]: #expect(names == ["wf2"])
                case trusts[2]: #expect(names.isEmpty && judged.reach.outermost == .nobody)
                default: #expect(names == ["wf3"])
                }
            }
        }
        let alone = self.world(
            TrustSample.repository("a", id: 1, template: ["workflow_ref"]),
            TrustSample.repository("b", id: 2, template: ["workflow_ref"]))
        #expect(try subject("workflow_ref:acme/*", in: alone).findings.sharedSubjects.isEmpty)
    }

    // MARK: - Names of refs

    @Test(arguments: [
        ("refs/heads/x/-y", true), ("refs/heads/a./b", true), ("refs/heads/*/-*", true), ("refs/heads/-x", false),
        ("refs/tags/rel/-1", true), ("refs/heads/a.", false), ("refs/heads/a/.b", false),
        ("refs/heads/a.lock/b", false),
        ("refs/heads/a..b", false), ("refs/heads/a//b", false), ("refs/heads/a.lock", false),
    ])
    func namesOfRefsAreThoseOfGit(ref: String, isName: Bool) throws {
        let judged = try subject("repo:acme/api:ref:\(ref)")
        #expect((judged.reach.outermost == .one) == isName)
        if !ref.contains("*") {
            #expect(TokenAlphabet.jobWorkflowRef.contains(ref) == isName)
            #expect(
                TokenAlphabet.refName.contains(
                    String(ref.drop { $0 != "s" }.dropFirst(2).drop { $0 != "/" }.dropFirst())) == isName)
        }
    }

    // MARK: - Events

    private static let events = TrustWorld(
        repositories: [
            TrustSample.repository("evctx", id: 1, template: ["repo", "context", "event_name"]),
            TrustSample.repository("evref", id: 2, template: ["repo", "event_name", "ref"]),
        ], owners: [.init(login: "acme", id: 77)])

    @Test(arguments: [
        ("repo:acme/evctx:environment:prod:event_name:merge_group", Access.Certainty.certain),
        ("repo:acme/evctx:environment:prod:event_name:pull_request", .certain),
        ("repo:acme/evctx:ref:refs/heads/main:event_name:dynamic", .certain),
        ("repo:acme/evctx:ref:refs/tags/v1:event_name:deployment", .certain),
        ("repo:acme/evref:event_name:pull_request:ref:refs/heads/main", .certain),
        ("repo:acme/evctx:ref:refs/heads/main:event_name:image_scanned", .possible),
        ("repo:acme/evctx:ref:refs/pull/7/merge:event_name:*", .possible),
        ("repo:acme/evref:event_name:pull_request_review:ref:refs/pull/7/merge", .certain),
    ])
    func everyEventHasItsJobs(value: String, certainty: Access.Certainty) throws {
        let trust = try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"\(value)\"}}")
        let report = AccessEngine(Self.events).report([trust])
        let rows = Array(report.access(of: report.trusts[0]))
        #expect(rows.map(\.certainty) == [certainty])
        for row in rows { #expect(LiteralMatcher.accepts(trust.demand, row.witness.claims), "\(row.witness)") }
        #expect(report.isExact == (certainty == .certain))
    }

    @Test func aMergeQueueHasNoEventOfABranch() throws {
        #expect(
            try subject("repo:acme/evctx:ref:refs/heads/main:event_name:pull_request", in: Self.events).cells.isEmpty)
        #expect(
            try subject("repo:acme/evref:event_name:merge_group:ref:refs/heads/main", in: Self.events).cells.isEmpty)
        let judged = try judged(
            "{\"StringLike\": {\"KEY:sub\": \"*:event_name:merge_group\"}, \"Null\": {\"KEY:environment\": \"false\"}}",
            in: Self.events)
        #expect(names(judged, Self.events) == ["evctx"])
    }

    /// Source: GitHub's changelog of 2023-09-13.
    @Test func aMergedPullRequestIsOnItsBaseBranch() throws {
        let merged = try judged(
            "{\"StringEquals\": {\"KEY:sub\": \"repo:acme/api:pull_request\", \"KEY:ref\": \"refs/heads/main\"}}")
        #expect(merged.outcomes.map(\.kinds) == [[.pullRequest]] && merged.isExact)
        let denied = try judged(
            "{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}}",
            denies: ["{\"StringNotEquals\": {\"KEY:ref\": \"refs/heads/main\"}}"])
        #expect(denied.outcomes.first?.kinds.contains(.pullRequest) == true)
        #expect(denied.findings.openPullRequests.isEmpty)
        let outside = try judged(
            "{\"StringEquals\": {\"KEY:sub\": \"repo:other/x:pull_request\", \"KEY:ref\": \"refs/heads/x\"}}")
        #expect(isProven(outside.reach.foreignOwner, outside))
    }

    // MARK: - Texts that nobody can have

    private static let login = String(repeating: "a", count: 40)

    @Test(arguments: [
        "{\"StringEquals\": {\"KEY:repository_owner_id\": \"acme\"}}",
        "{\"StringEquals\": {\"KEY:repository_owner_id\": \"077\"}}",
        "{\"StringEquals\": {\"KEY:repository_id\": \"acme/api\"}}",
        "{\"StringLike\": {\"KEY:sub\": \"repo:my org!/x:*\"}}",
        "{\"StringLike\": {\"KEY:sub\": \"repo:\(login)a/x:*\"}}",
        "{\"StringLike\": {\"KEY:sub\": \"repo:\(login)*/x:*\"}}",
        "{\"StringLike\": {\"KEY:sub\": \"repository_owner_id:077:*\"}}",
    ])
    func whatNobodyCanHaveLetsNobodyIn(condition: String) throws {
        let judged = try judged(condition)
        #expect(judged.reach.outermost == .nobody, "\(judged.reach)")
        #expect(judged.findings.foreignIDs.isEmpty && judged.findings.foreignOwners.isEmpty)
        #expect(!judged.noMatch.isEmpty)
    }

    @Test func aValueIsNoLongerThanGitHubAllows() throws {
        let long = String(repeating: "w", count: 300)
        #expect(try subject("workflow:\(long):*").reach.anyone.isNo)
        #expect(try subject("repo:*/\(String(repeating: "r", count: 300)):*").reach.anyone.isOpen)
        // Others are as long as they can be.
        let whole = try subject("repo:\(Self.login.dropLast())*/x:*")
        #expect(isProven(whole.reach.anyone, whole), "\(whole.reach)")
        let name = try subject("repo:*/\(Self.login)\(Self.login)aaaaaaaaaaaaaaaaaaaa:*")
        #expect(isProven(name.reach.anyone, name), "\(name.reach)")
        let workflow = try subject("workflow:\(long.dropLast(45)):*")
        #expect(isProven(workflow.reach.anyone, workflow), "\(workflow.reach)")
    }

    @Test func namesOfKeysAreReadWithoutCaseWhereTheOperatorIsSo() throws {
        for value in ["REPO:other/x:ref:refs/heads/main", "repo:Other/X:ref:refs/heads/main"] {
            let judged = try judged("{\"StringEqualsIgnoreCase\": {\"KEY:sub\": \"\(value)\"}}")
            #expect(judged.reach.outermost == .foreignOwner, "\(judged.reach)")
            #expect(isProven(judged.reach.foreignOwner, judged))
        }
        let ours = try judged("{\"StringEqualsIgnoreCase\": {\"KEY:sub\": \"REPO:Acme/API:PULL_REQUEST\"}}")
        #expect(ours.reach.outermost == .one && ours.findings.openPullRequests.isEmpty)
    }

    // MARK: - Repositories made tomorrow

    @Test(arguments: [
        "repository_owner:acme:*", "repository_owner_id:77:*", "repository_owner_id:77:repository_id:*",
        "repository_owner:acme:ref:refs/heads/main", "repository_owner_id:77:workflow:deploy",
    ])
    func aNewRepositoryTakesAnyTemplate(value: String) throws {
        let judged = try subject(value)
        #expect(judged.reach.outermost == .owner && isProven(judged.reach.owner, judged), "\(judged.reach)")
    }

    @Test(arguments: [
        "repository_owner_id:77:repository_id:1001:*", "repository_id:1001:*", "repository_owner:acme:repo:acme/api:*",
        "repository_owner_id:77:workflow_ref:acme/api/.github/workflows/*",
    ])
    func aNewRepositoryIsNoneThatIsThere(value: String) throws {
        let judged = try subject(value)
        #expect(judged.reach.owner.isNo, "\(judged.reach)")
    }

    // MARK: - Private workflows

    @Test func nobodyOutsideCallsAPrivateWorkflow() throws {
        var world = TrustSample.world
        world.repositories[0].repository.visibility = .private
        func judged(_ condition: String) throws -> JudgedTrust { try self.judged(condition, in: world) }
        let own = "acme/api/.github/workflows/deploy.yml@refs/heads/main"
        for condition in [
            "{\"StringEquals\": {\"KEY:job_workflow_ref\": \"\(own)\"}}",
            "{\"StringLike\": {\"KEY:job_workflow_ref\": \"acme/api/*\"}}",
            "{\"StringLike\": {\"KEY:sub\": \"job_workflow_ref:\(own):*\"}}",
            "{\"StringLike\": {\"KEY:sub\": \"repo:*:job_workflow_ref:acme/api/*\"}}",
        ] {
            #expect(try judged(condition).reach.anyone.isNo, "\(condition)")
        }
        for condition in [
            "{\"StringLike\": {\"KEY:job_workflow_ref\": \"acme/*\"}}",
            "{\"StringLike\": {\"KEY:job_workflow_ref\": [\"\(own)\", \"acme/shared/*\"]}}",
            "{\"StringEquals\": {\"KEY:job_workflow_ref\": \"acme/web/.github/workflows/x.yml@refs/heads/main\"}}",
        ] {
            world.repositories[4].repository.visibility = .public
            let open = try judged(condition)
            #expect(isProven(open.reach.anyone, open), "\(condition)")
        }
        // A named owner may be of our enterprise.
        let partner = try judged(
            "{\"StringLike\": {\"KEY:sub\": \"repo:partner/*\"}, \"StringEquals\": {\"KEY:job_workflow_ref\": \"\(own)\"}}"
        )
        guard case .possible(_?, let why) = partner.reach.foreignOwner else {
            Issue.record("\(partner.reach)")
            return
        }
        #expect(why.contains("acme/api"))
    }
}
