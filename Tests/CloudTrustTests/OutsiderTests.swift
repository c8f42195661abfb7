import AuditCore
import Testing

@testable import CloudTrust

/// Who gets in from outside by ways that a trust's author did not think of.
@Suite struct OutsiderTests {
    private func judged(_ condition: String, denies: [String] = [], in world: TrustWorld = TrustSample.world) throws
        -> JudgedTrust
    {
        TrustSample.judged(try TrustSample.trust(condition, denies: denies), in: world)
    }

    private func subject(_ value: String, in world: TrustWorld = TrustSample.world) throws -> JudgedTrust {
        try judged("{\"StringLike\": {\"KEY:sub\": \"\(value)\"}}", in: world)
    }

    /// A token that the trust accepts, read literally, whose template holds each key once.
    private func isProven(_ answer: Reach.Answer, _ judged: JudgedTrust) -> Bool {
        guard case .yes(let witness) = answer else { return false }
        let keys = OutsiderSubject.segments(of: witness.subject).map(\.key)
        return Set(keys).count == keys.count && LiteralMatcher.accepts(judged.trust.demand, witness.claims)
    }

    // MARK: - Foreign ids

    @Test(arguments: [
        "{\"StringEquals\": {\"KEY:repository_owner_id\": \"31337\", \"KEY:repository_id\": \"999\"}}",
        "{\"StringLike\": {\"KEY:sub\": \"repository_owner_id:31337:repository_id:999:*\"}}",
        "{\"StringLike\": {\"KEY:sub\": \"repo:partner@902/x@903:*\"}, \"StringEquals\": {\"KEY:repository_id\": \"903\"}}",
    ])
    func severalForeignIDsAreOneOwners(condition: String) throws {
        let judged = try judged(condition)
        #expect(
            judged.reach.outermost == .foreignOwner && isProven(judged.reach.foreignOwner, judged), "\(judged.reach)")
    }

    /// A wildcard takes in keys of a template, too, so that ids behind it confine nobody.
    @Test(arguments: ["repo:*@902/*@903:ref:refs/heads/main", "repo:*@902/api@903:*"])
    func idsBehindAWildcardAreAnybodys(value: String) throws {
        let judged = try subject(value)
        #expect(isProven(judged.reach.anyone, judged), "\(judged.reach)")
    }

    @Test func anIDOfOursKeepsTheOwnerOfAForeignOneOut() throws {
        let mixed = try judged(
            "{\"StringEquals\": {\"KEY:repository_owner_id\": \"77\", \"KEY:repository_id\": \"999\"}}")
        #expect(mixed.reach.foreignOwner.isNo)
    }

    // MARK: - Templates of an outsider's choice

    @Test(arguments: [
        "workflow_ref:*", "run_number:*", "enterprise_id:*", "event_name:schedule*", "event_name:merge_group",
        "job_workflow_sha:*", "repo_property_team:*", "repository_visibility:internal*", "ref:refs/pull/*",
        "ref:refs/heads/gh-readonly-queue/*", "head_ref:*", "ref_type:tag:*", "check_run_id:7*", "iss:*",
        "repository:*", "actor:octocat:*", "actor_id:5:actor:x*", "environment:prod:run_attempt:1",
    ])
    func everyKeyOfTheCatalogOpensASubject(value: String) throws {
        let judged = try subject(value)
        #expect(isProven(judged.reach.anyone, judged), "\(judged.reach)")
    }

    @Test(arguments: [
        "{\"StringLike\": {\"KEY:sub\": \"environment:prod:*\", \"KEY:ref\": \"refs/tags/*\"}}",
        "{\"StringLike\": {\"KEY:sub\": \"workflow:*\", \"KEY:ref\": \"refs/pull/*\"}}",
        "{\"StringLike\": {\"KEY:sub\": \"workflow:deploy:*\"}, \"StringEquals\": {\"KEY:workflow\": \"deploy\"}}",
        "{\"StringLike\": {\"KEY:sub\": \"event_name:pull_request:*\", \"KEY:ref\": \"refs/pull/*\"}}",
    ])
    func templatesAreTriedInEveryContext(condition: String) throws {
        let judged = try judged(condition)
        #expect(isProven(judged.reach.anyone, judged), "\(judged.reach)")
    }

    /// No job has the claims of two contexts.
    @Test func aSubjectIsOfOneJob() throws {
        for value in ["event_name:pull_request:ref:refs/tags/*", "ref_type:tag:ref:refs/heads/*"] {
            #expect(try subject(value).reach.anyone.isNo, "\(value)")
        }
    }

    // MARK: - Numbers

    /// The digit that stands for those that no pattern names can begin a number.
    @Test func numbersThatBeginOtherwiseGetIn() throws {
        let denied = try judged(
            "{\"StringLike\": {\"KEY:sub\": \"repo:*\"}}",
            denies: ["{\"StringLike\": {\"KEY:repository_owner_id\": [\"1*\", \"3*\", \"7*\"]}}"])
        #expect(isProven(denied.reach.anyone, denied), "\(denied.reach)")
        for condition in [
            "{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}, \"StringNotLike\": {\"KEY:actor_id\": [\"1*\", \"7*\"]}}",
            "{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\", \"KEY:ref\": \"refs/pull/*\"}, \"StringNotLike\": {\"KEY:ref\": [\"refs/pull/1*\", \"refs/pull/7*\"]}}",
        ] { #expect(try judged(condition).cells.count == 1, "\(condition)") }
        let all = try judged(
            "{\"StringLike\": {\"KEY:sub\": \"repo:*\"}}",
            denies: [
                "{\"StringLike\": {\"KEY:repository_owner_id\": [\"1*\", \"2*\", \"3*\", \"4*\", \"5*\", \"6*\", \"7*\", \"8*\", \"9*\"]}}"
            ])
        #expect(all.reach.anyone.isNo)
    }

    /// Letters that are left over stand for each other, capitals too.
    @Test func lettersThatArePlainAreNotTheOnlyOnes() throws {
        let small = "abcdefghijklmnopqrstuvwxyz0123456789".map { "\"\($0)*\"" }.joined(separator: ", ")
        let judged = try judged(
            "{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}, \"StringNotLike\": {\"KEY:actor\": [\(small)]}}")
        #expect(judged.cells.count == 1)
    }

    // MARK: - Ids of ours that a pattern takes in

    private static let many = TrustWorld(
        repositories: (8800..<8820).map { TrustSample.repository("r\($0)", id: $0) },
        owners: [.init(login: "acme", id: 77)])

    @Test func ourOwnIDsHideNoOther() throws {
        let open = try judged(
            "{\"StringLike\": {\"KEY:repository_id\": [\"880?\", \"881?\", \"886?\"]}}", in: Self.many)
        #expect(isProven(open.reach.anyone, open), "\(open.reach)")
        #expect(open.reach.anyone.witness?.claims["repository_id"]?.hasPrefix("886") == true)
        let closed = try judged("{\"StringLike\": {\"KEY:repository_id\": [\"880?\", \"881?\"]}}", in: Self.many)
        #expect(closed.reach.anyone.isNo && closed.reach.outermost == .repositories)
    }

    @Test func anIDOfOursInASubjectIsNoOutsiders() throws {
        #expect(try subject("repository_id:880?:*", in: Self.many).reach.anyone.isNo)
        let open = try subject("repository_id:88??:*", in: Self.many)
        let witness = try #require(open.reach.anyone.witness?.subject)
        #expect(!(8800..<8820).contains { witness.hasPrefix("repository_id:\($0):") }, "\(witness)")
    }

    // MARK: - Workflows of pull requests

    @Test func aPullRequestsOwnWorkflowIsAtItsMerge() throws {
        func names(_ sub: String, _ workflow: String) throws -> [String] {
            TrustSample.names(
                try TrustSample.trust(
                    "{\"StringLike\": {\"KEY:sub\": \"\(sub)\", \"KEY:job_workflow_ref\": \"\(workflow)\"}}"))
        }
        let own = "acme/api/.github/workflows/ci.yml@refs/pull/"
        #expect(try names("repo:acme/api:pull_request", own + "*/merge") == ["api"])
        #expect(try names("repo:acme/api:pull_request", own + "12/merge") == ["api"])
        #expect(try names("repo:acme/api:ref:refs/heads/*", own + "*") == [])
        #expect(try names("repo:acme/api:pull_request", "other/x/.github/workflows/ci.yml@refs/pull/*") == [])
        #expect(try names("repo:acme/*:pull_request", "acme/*/.github/workflows/ci.yml@refs/pull/*") == ["api", "web"])
        #expect(try names("repo:acme/*:pull_request", own + "*") == ["api"])
        let report = AccessEngine(TrustSample.world).report([
            try TrustSample.trust(
                "{\"StringLike\": {\"KEY:sub\": \"repo:acme/*\", \"KEY:job_workflow_ref\": \"acme/web/.github/workflows/deploy.yml@refs/pull/*\"}}"
            )
        ])
        let access = report.access(of: RepositoryID(rawValue: 1005))
        #expect(
            access.map { $0.witness.claims["job_workflow_ref"] }
                == ["acme/web/.github/workflows/deploy.yml@refs/pull/1/merge"])
    }

    @Test func anOutsidersPullRequestHasAWorkflowOfItsOwn() throws {
        let judged = try judged(
            "{\"StringLike\": {\"KEY:job_workflow_ref\": \"*/.github/workflows/ci.yml@refs/pull/*\"}}")
        #expect(isProven(judged.reach.anyone, judged), "\(judged.reach)")
        let workflow = judged.reach.anyone.witness?.claims["job_workflow_ref"] ?? ""
        #expect(workflow == "evil-corp/x/.github/workflows/ci.yml@refs/pull/1/merge")
    }

    /// A template of the outsider's can hold the audience, the issuer and the times: they are those of the token.
    @Test func whatAnOutsidersSubjectRepeatsIsTheTokensOwn() throws {
        let ordinary = #""StringEquals": {"KEY:aud": "sts.amazonaws.com"}"#
        for (value, isOpen) in [
            ("aud:other:*", false), ("aud:sts.amazonaws.com:*", true), ("exp:z*", false), ("exp:1*", true),
            ("workflow:Deploy:*", true),
        ] {
            let judged = try judged("{\(ordinary), \"StringLike\": {\"KEY:sub\": \"\(value)\"}}")
            if isOpen {
                #expect(isProven(judged.reach.anyone, judged), "\(value): \(judged.reach)")
            } else {
                #expect(judged.reach.anyone.isNo, "\(value): \(judged.reach)")
            }
        }
        let shown = try judged("{\"StringLike\": {\"KEY:sub\": \"workflow:Deploy:*\"}}")
        #expect(shown.reach.anyone.witness?.subject == "workflow:Deploy:repo:evil-corp/x")
    }

    // MARK: - Owners that are declared

    @Test func aDeclaredOwnersRepositoryMayExist() throws {
        var world = TrustSample.world
        world.owners.append(.init(login: "partner", id: 55, isListed: false))
        for value in ["repo:partner/x:*", "repo:partner@55/x@9:*", "repo:partner/x:environment:prod"] {
            let judged = try subject(value, in: world)
            #expect(judged.reach.mayHaveMore && judged.noMatch.isEmpty && judged.reach.outermost != .nobody, "\(value)")
            #expect(judged.findings.freeNames.isEmpty && judged.findings.foreignIDs.isEmpty)
            #expect(judged.findings.unknownNames.map(\.about) == ["partner/x"])
        }
        // Beside repositories that are known, and values that name none.
        for condition in [
            "{\"StringLike\": {\"KEY:sub\": [\"repo:acme/api:*\", \"repo:partner/x:*\"]}}",
            "{\"StringLike\": {\"KEY:sub\": [\"repo:partner/x:*\", \"repository_id:1001:*\"]}}",
            "{\"StringEquals\": {\"KEY:repository\": [\"acme/api\", \"partner/x\"]}}",
            // By pattern, and by id.
            "{\"StringLike\": {\"KEY:sub\": \"repo:partner/*\"}}",
            "{\"StringLike\": {\"KEY:sub\": \"repo:Partner/a?i:ref:refs/heads/main\"}}",
            "{\"StringLike\": {\"KEY:sub\": [\"repo:partner/a*\", \"repo:acme/api:*\"]}}",
            "{\"StringEquals\": {\"KEY:repository_id\": \"4242\", \"KEY:repository_owner_id\": \"55\"}}",
            "{\"StringEquals\": {\"KEY:repository_id\": [\"4242\", \"1001\"], \"KEY:repository_owner_id\": [\"55\", \"77\"]}}",
        ] {
            #expect(try judged(condition, in: world).reach.mayHaveMore, "\(condition)")
        }
        let other = try subject("repo:partner@56/x:*", in: world)
        #expect(!other.reach.mayHaveMore)
    }

    // MARK: - Names

    @Test func everyRepositoryIsAskedWhetherItGoesByName() throws {
        let mixed = try judged(
            "{\"StringLike\": {\"KEY:sub\": [\"repo:acme@77/new@1002:*\", \"repo:acme/web:*\"]}}")
        #expect(isProven(mixed.reach.byName, mixed), "\(mixed.reach)")
        let bound = try judged(
            "{\"StringLike\": {\"KEY:sub\": \"repo:acme/*\"}, \"StringEquals\": {\"KEY:repository_owner_id\": \"77\"}}")
        #expect(bound.reach.byName.isNo)
    }

    @Test func aNameThatAnotherRepositoryHasNowIsAFormerOne() throws {
        var world = TrustSample.world
        world.formerRepositories = ["acme/api": "acme/web"]
        func names(_ condition: String) throws -> [String] {
            try judged(condition, in: world).findings.formerNames.map(\.about)
        }
        #expect(try names("{\"StringEquals\": {\"KEY:repository\": \"acme/api\"}}") == ["acme/web"])
        #expect(try names("{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}}") == ["acme/web"])
        #expect(
            try names("{\"StringEquals\": {\"KEY:repository\": \"acme/api\", \"KEY:repository_id\": \"1001\"}}") == [])
        #expect(try names("{\"StringLike\": {\"KEY:sub\": \"repo:acme@77/api@1001:*\"}}") == [])
        #expect(try names("{\"StringEquals\": {\"KEY:repository\": \"acme/web\"}}") == [])
    }

    @Test func nobodyWhoTakesANameGetsInByTheIDs() throws {
        func names(_ condition: String) throws -> [String] { try judged(condition).findings.formerNames.map(\.about) }
        #expect(try names("{\"StringLike\": {\"KEY:sub\": \"repo:acme-corp/api:*\"}}") == ["acme"])
        #expect(try names("{\"StringLike\": {\"KEY:sub\": \"repo:ACME-corp/api:*\"}}") == ["acme"])
        #expect(try names("{\"StringLike\": {\"KEY:sub\": \"repo:acme-corp@77/api@1001:*\"}}") == [])
        #expect(
            try names(
                "{\"StringEquals\": {\"KEY:repository\": \"acme-corp/api\", \"KEY:repository_owner_id\": \"77\"}}")
                == [])
    }

    // MARK: - Conditions that are not evaluated

    @Test func aDenyOnAKeyThatIsNotDocumentedIsNotCertain() throws {
        let trust = try TrustSample.subject(
            "repo:*", denies: ["{\"StringNotEquals\": {\"KEY:repository_owner\": \"acme\"}}"])
        #expect(trust.denies.isEmpty && trust.undecided.map(\.kind) == [.undocumented])
        let judged = TrustSample.judged(trust)
        #expect(judged.reach.outermost == .anyone && !judged.reach.isExact && !judged.isExact)
        #expect(judged.noMatch.isEmpty)
        let claims: [ClaimKey: String] = ["sub": "repo:acme/api:pull_request", "aud": "sts.amazonaws.com"]
        #expect(trust.answer(to: claims).isAccepted == nil)
        // By what is documented, such a token lacks the claim, and by what is not it would be refused at most.
        let idle = try TrustSample.subject("repo:*", denies: ["{\"StringEquals\": {\"KEY:event_name\": \"push\"}}"])
        #expect(idle.isExact && TrustSample.judged(idle).reach.isExact)
    }

    @Test func whatStandsAroundAVariableIsDemanded() throws {
        let judged = try judged("{\"StringLike\": {\"KEY:sub\": \"repo:acme/${aws:PrincipalTag/repo}:*\"}}")
        #expect(judged.reach.anyone.isNo && !judged.reach.owner.isNo)
        #expect(!judged.isExact && !judged.reach.isExact)
        let exact = try TrustSample.trust("{\"StringEquals\": {\"KEY:sub\": \"repo:acme/${aws:x}:*\"}}")
        #expect(LiteralMatcher.accepts(exact.demand, ["sub": "repo:acme/api:*"]))
        #expect(!LiteralMatcher.accepts(exact.demand, ["sub": "repo:acme/api:x"]))
        let operators = try self.judged("{\"StringLike\": {\"KEY:sub\": \"*\"}, \"ArnLike\": {\"KEY:ref\": \"x\"}}")
        guard case .possible = operators.reach.anyone else {
            Issue.record("\(operators.reach)")
            return
        }
    }

    @Test func aConditionOnTheRequestMakesNoTokenCertain() throws {
        let claims: [ClaimKey: String] = ["sub": "repo:acme/api:pull_request", "aud": "sts.amazonaws.com"]
        let address = "{\"NotIpAddress\": {\"aws:SourceIp\": \"10.0.0.0/8\"}}"
        #expect(try TrustSample.subject("repo:acme/*", denies: [address]).answer(to: claims).isAccepted == nil)
        let allow = try TrustSample.trust(
            "{\"StringLike\": {\"KEY:sub\": \"repo:acme/*\"}, \"IpAddress\": {\"aws:SourceIp\": \"10.0.0.0/8\"}}")
        #expect(allow.answer(to: claims).isAccepted == nil)
        #expect(try TrustSample.subject("repo:web/*", denies: [address]).answer(to: claims).isAccepted == false)
    }

    // MARK: - Findings

    @Test func pullRequestsThatNobodyWroteAreFound() throws {
        func values(_ condition: String) throws -> [String] {
            try judged(condition).findings.openPullRequests.map(\.text)
        }
        #expect(try values("{\"StringEquals\": {\"KEY:repository\": \"acme/api\"}}") == ["acme/api"])
        #expect(
            try values(
                "{\"StringEquals\": {\"KEY:repository\": \"acme/api\"}, \"StringNotLike\": {\"KEY:sub\": \"*:environment:dev\"}}"
            )
                == ["acme/api"])
        #expect(
            try values(
                "{\"StringEquals\": {\"KEY:repository\": \"acme/api\", \"KEY:sub\": \"repo:acme/api:pull_request\"}}")
                == [])
        #expect(
            try values("{\"StringEquals\": {\"KEY:repository\": \"acme/api\", \"KEY:ref\": \"refs/heads/main\"}}") == []
        )
    }

    @Test func aClaimThatMustBeAbsentIsFound() throws {
        func claims(_ null: String) throws -> [ClaimKey] {
            try judged("{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}, \"Null\": {\(null)}}")
                .findings.absentDemands.map(\.claim)
        }
        #expect(try claims("\"KEY:environment\": \"true\"") == ["environment"])
        #expect(try claims("\"KEY:environment\": \"false\"") == [])
        #expect(try claims("\"KEY:sub\": \"true\"") == [])
    }

    // MARK: - Issuers

    /// Whose enterprise it is, is not known.
    @Test func anEnterprisesIssuerIsNotEverybodys() throws {
        let host = TrustSample.key + "/octo-ent"
        let statement = TrustSample.statement(
            "{\"StringLike\": {\"\(host):sub\": \"*\"}}",
            principal: "{\"Federated\": \"arn:aws:iam::111122223333:oidc-provider/\(host)\"}")
        let judged = TrustSample.judged(try TrustSample.file([statement]).trusts[0])
        guard case .possible(_?, let why) = judged.reach.anyone else {
            Issue.record("\(judged.reach)")
            return
        }
        #expect(why.contains("octo-ent") && judged.cells.count == TrustSample.world.repositories.count)
    }
}
