import AuditCore
import TestSupport
import Testing

@testable import CloudTrust

/// What is not known is neither certain access nor nobody's.
@Suite struct UncertaintyTests {
    private func judged(_ condition: String, denies: [String] = [], in world: TrustWorld = TrustSample.world) throws
        -> JudgedTrust
    {
        TrustSample.judged(try TrustSample.trust(condition, denies: denies), in: world)
    }

    private func subject(_ value: String, in world: TrustWorld = TrustSample.world) throws -> JudgedTrust {
        try judged("{\"StringLike\": {\"KEY:sub\": \"\(value)\"}}", in: world)
    }

    private func rows(_ value: String, in world: TrustWorld) throws -> [Access] {
        let report = AccessEngine(world).report([
            try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"\(value)\"}}")
        ])
        return Array(report.access(of: report.trusts[0]))
    }

    private func world(_ repositories: RepositoryState...) -> TrustWorld {
        TrustWorld(repositories: repositories, owners: [.init(login: "acme", id: 77)])
    }

    // MARK: - Subjects whose beginning is not known

    @Test func aKnownTemplateIsNoDefaultOne() throws {
        let ids: SubjectTemplate = ["repository_owner_id", "repository_id", "context"]
        let world = world(
            TrustSample.repository("immids", id: 1216, isImmutable: true, template: ids),
            TrustSample.repository("mute", id: 1217, isImmutable: true, template: ["repository_owner", "context"]))
        for value in [
            "repository_owner_id:77:repository_id:1216:environment:prod", "repository_owner_id:77:repository_id:1216:*",
            "repo:acme@77/immids@1216:repository_owner_id:77:*", "repository_owner:acme:*",
        ] {
            let rows = try rows(value, in: world)
            #expect(rows.map(\.certainty) == [.unknown], "\(value)")
            for row in rows {
                #expect(LiteralMatcher.matches(TextPattern(.like, value), row.witness.subject), "\(row.witness)")
            }
            let judged = try subject(value, in: world)
            #expect(
                !judged.isExact && !judged.reach.isDecided || judged.undecided.contains { $0.kind == .repositories })
        }
        // GitHub makes no legacy subject where the prefix holds ids.
        #expect(try rows("repo:acme/immids:*", in: world).isEmpty)
        #expect(try rows("repo:acme/*", in: world).isEmpty)
    }

    @Test func aChangeToSubjectsThatAreNotKnownIsNotCertain() throws {
        let world = world(
            TrustSample.repository("jonly", id: 9, template: ["job_workflow_ref"]),
            TrustSample.repository("rid", id: 10, template: ["repository_id", "context"]))
        let owner = try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"repo:acme/*\"}}")
        let changes: [WorldChange] = [
            .immutable(RepositoryID(rawValue: 9)), .immutable(RepositoryID(rawValue: 10)),
        ]
        #expect(WhatIf(changes, in: world, trusts: [owner]).gained.isEmpty)
        let own = try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"repository_id:10:*\"}}")
        let lost = WhatIf(changes, in: world, trusts: [own]).lost
        #expect(lost.map(\.repository.name) == ["rid"])
        #expect(lost.allSatisfy { !$0.isCertain && $0.obstacle?.contains("not known") == true })
    }

    /// A repository of unknown subjects writes no other one's name.
    @Test func anUnreadableRepositoryHidesNoReason() throws {
        var world = TrustSample.world
        world.repositories.append(TrustSample.unreadable("refu", id: 1217))
        for value in ["repo:acme/API:pull_request", "repo:acme/old:*", "repo:acme@77/new@1:*", "repo:acme/re:*"] {
            let judged = try subject(value, in: world)
            #expect(!judged.noMatch.isEmpty && !judged.reach.mayHaveMore, "\(value)")
        }
        let denied = try judged(
            "{\"StringEquals\": {\"KEY:sub\": \"repo:acme/api:pull_request\"}}", denies: ["{}"], in: world)
        #expect(denied.noMatch == [.denied])
        for value in [
            "repo:acme/refu:*", "repo:acme/ref*", "repo:*/refu:colour:blue", "repository_id:1217:*", "workflow:x:*",
            "repo:acme@*/refu@*", "re*:x", "colour:blue", "repository:acme/refu:*",
        ] {
            let judged = try subject(value, in: world)
            #expect(judged.noMatch.isEmpty, "\(value)")
            #expect(judged.reach.mayHaveMore || !judged.cells.isEmpty, "\(value)")
            #expect(!judged.isExact && !judged.reach.isExact || !judged.cells.isEmpty, "\(value)")
        }
        // Its ref is any, though its subject is not known.
        let tag = try judged(
            "{\"StringLike\": {\"KEY:sub\": \"colour:*\", \"KEY:ref\": \"refs/tags/v1\"}}", in: world)
        #expect(tag.reach.mayHaveMore)
    }

    @Test func whatMayBeMoreIsSaidInTheDocument() throws {
        var world = TrustSample.world
        world.repositories.append(TrustSample.unreadable("refu", id: 1217))
        let open = try subject("repository_id:1217:*", in: world)
        #expect(open.undecided.map(\.kind) == [.repositories] && !open.isExact && !open.reach.isExact)
        let both = AccessEngine(world).report([try TrustSample.subject("repo:acme/refu:*", "repo:acme/api:*")])
        #expect(both.access(of: both.trusts[0]).map(\.certainty) == [.certain, .unknown])
    }

    // MARK: - What is not documented

    @Test func otherEventsOfPullRequestsAreNotCertain() throws {
        let one = try subject("repo:acme/api:ref:refs/pull/7/merge")
        #expect(!one.isExact && one.outcomes.allSatisfy { $0.undocumented != nil })
        #expect(one.findings.possiblePullRequests.map(\.text) == ["repo:acme/api:ref:refs/pull/7/merge"])
        guard case .possible = one.reach.byName else {
            Issue.record("\(one.reach)")
            return
        }
        let wide = try subject("repo:acme/api:ref:refs/*")
        #expect(wide.outcomes.allSatisfy { $0.undocumented == nil } && wide.isExact)
        #expect(!wide.findings.possiblePullRequests.isEmpty)
        #expect(try subject("repo:acme/api:ref:refs/heads/*").findings.possiblePullRequests.isEmpty)
        // A template with the ref is another matter: what it says is documented.
        let foreign = try subject("repo:*/x:ref:refs/pull/7/merge")
        guard case .yes = foreign.reach.anyone else {
            Issue.record("\(foreign.reach)")
            return
        }
    }

    @Test func forAnyValueWithIfExistsIsLeftOpenWithoutTheClaim() throws {
        let like = "{\"ForAnyValue:StringLikeIfExists\": {\"KEY:environment\": \"*\"}}"
        let trust = try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}}", denies: [like])
        #expect(trust.denies.isEmpty && trust.undecided.map(\.kind) == [.undocumented])
        #expect(TrustSample.names(trust) == ["api"])
        let allow = try judged(
            "{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}, \"ForAnyValue:StringEqualsIfExists\": {\"KEY:environment\": \"prod\"}}"
        )
        #expect(!allow.isExact && allow.outcomes.first?.kinds.contains(.branch) == true)
        // A claim that is always there is compared as by the plain operator.
        #expect(try judged("{\"ForAnyValue:StringLikeIfExists\": {\"KEY:sub\": \"repo:acme/api:*\"}}").isExact)
    }

    @Test func numbersAreNoTexts() throws {
        let trust = try TrustSample.trust("{\"StringEquals\": {\"KEY:repository_id\": 1001}}")
        #expect(trust.undecided.map(\.kind) == [.undocumented] && TrustSample.names(trust) == ["api"])
        let denied = try TrustSample.trust(
            "{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}}",
            denies: ["{\"StringEquals\": {\"KEY:repository_id\": [\"5\", 1001]}}"])
        #expect(TrustSample.names(denied) == ["api"] && !denied.isExact)
        let negated = try TrustSample.trust("{\"StringNotEquals\": {\"KEY:repository_id\": 1001}}")
        #expect(negated.allow.claimDemands.isEmpty && !negated.isExact)
    }

    @Test func aKeyThatIsNotDocumentedRefusesNoTokenForSure() throws {
        let claims: [ClaimKey: String] = ["sub": "repo:acme/api:pull_request", "event_name": "push"]
        func answer(_ event: String, _ sub: String = "repo:acme/*") throws -> TokenAnswer {
            try TrustSample.trust(
                "{\"StringLike\": {\"KEY:event_name\": \"\(event)\", \"KEY:sub\": \"\(sub)\"}}"
            ).answer(to: claims)
        }
        #expect(try answer("push").isAccepted == nil)
        #expect(try answer("release").isAccepted == false && answer("release").refusedBy == "event_name")
        #expect(try answer("push", "repo:web/*").isAccepted == false)
    }

    // MARK: - Enterprises

    @Test func nothingSaysThatOursAreInAnEnterprise() throws {
        let host = TrustSample.key + "/big"
        let statement = TrustSample.statement(
            "{\"StringLike\": {\"\(host):sub\": \"repo:acme/api:*\"}}",
            principal: "{\"Federated\": \"arn:aws:iam::111122223333:oidc-provider/\(host)\"}")
        let report = AccessEngine(TrustSample.world).report([try TrustSample.file([statement]).trusts[0]])
        #expect(report.access(of: report.trusts[0]).map(\.certainty) == [.possible])
        #expect(!report.isExact)
    }

    // MARK: - Values and findings

    @Test func aVariableIsWrittenByAPerson() throws {
        for comparison in ["StringEquals", "StringLike"] {
            let trust = try TrustSample.trust(
                "{\"\(comparison)\": {\"KEY:sub\": \"repo:acme/api:environment:${aws:PrincipalTag/x}\"}}")
            let lost = WhatIf([.immutable(RepositoryID(rawValue: 1001))], in: TrustSample.world, trusts: [trust]).lost
            #expect(lost.count == 1 && lost[0].add.isEmpty)
            #expect(lost[0].obstacle?.contains("${aws:PrincipalTag/x}") == true)
        }
    }

    @Test func aDeclaredOwnerIsSomebody() throws {
        var world = TrustSample.world
        world.owners.append(.init(login: "partner", id: 99, isListed: false))
        let judged = try judged("{\"StringEquals\": {\"KEY:repository_owner_id\": \"99\"}}", in: world)
        #expect(judged.noMatch.isEmpty && !judged.reach.owner.isNo)
        // Of a listed owner it is known that no repository is there.
        #expect(try !subject("repo:acme/zz:*", in: world).noMatch.isEmpty)
    }

    @Test func aNameWithItsIDIsNotFree() throws {
        #expect(try subject("repo:acme@77/gone@1001:*").findings.freeNames.isEmpty)
        #expect(try subject("repo:acme@*/gone@*:*").findings.freeNames.map(\.about) == ["acme/gone"])
        #expect(
            try judged("{\"StringEquals\": {\"KEY:repository\": \"acme/gone\", \"KEY:repository_id\": \"1001\"}}")
                .findings.freeNames.isEmpty)
    }

    @Test func aFormerNameIsFoundUnderAWildcard() throws {
        func former(_ value: String) throws -> [String] { try subject(value).findings.formerNames.map(\.about) }
        #expect(try former("repo:acme/ol*:ref:refs/heads/main") == ["acme/web"])
        #expect(try former("repo:acme/old*") == ["acme/web"])
        #expect(try former("repo:acme/o?d:*") == ["acme/web"])
        #expect(try former("repo:acme/*") == [])
        #expect(try former("repo:acme/older*") == [])
        #expect(try former("repo:acme@77/old*") == [])
    }

    // MARK: - Keys that AWS does not document

    /// By AWS's documentation nobody gets in. That it reads no other key is not documented.
    @Test func aTrustThatHangsOnAnUndocumentedKeyIsOpen() throws {
        let trust = try TrustSample.trust("{\"StringEquals\": {\"KEY:repository_owner\": \"acme\"}}")
        let judged = TrustSample.judged(trust)
        #expect(judged.cells.isEmpty && judged.noMatch == [.keyNotRead("repository_owner")])
        #expect(!judged.isExact && judged.undecided.map(\.kind) == [.undocumented])
        #expect(
            judged.undecided[0].why
                == "AWS does not document that it reads this key: if it does, 5 repositories can use the trust, else none"
        )
        #expect(judged.undecided[0].what == "StringEquals \(TrustSample.key):repository_owner")
        // And if it does read this one, anybody gets in.
        let wide = TrustSample.judged(try TrustSample.trust("{\"StringLike\": {\"KEY:repository_owner\": \"*\"}}"))
        guard case .possible = wide.reach.anyone else {
            Issue.record("\(wide.reach)")
            return
        }
    }

    @Test func anUndocumentedKeyThatMayRefuseIsSaid() throws {
        let subject = "\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}"
        let open = TrustSample.judged(
            try TrustSample.trust("{\(subject), \"StringNotLike\": {\"KEY:repository_owner\": \"a*\"}}"))
        #expect(!open.isExact && open.cells.count == 1)
        let alike = TrustSample.judged(
            try TrustSample.trust("{\(subject), \"StringNotEquals\": {\"KEY:repository_owner\": \"evil\"}}"))
        #expect(alike.isExact && alike.cells.count == 1)
        // No token carries such a claim, whatever AWS reads.
        let unknown = TrustSample.judged(
            try TrustSample.trust("{\(subject), \"StringEquals\": {\"KEY:repo\": \"acme/api\"}}"))
        #expect(unknown.isExact && unknown.noMatch == [.keyNotRead("repo")])
    }

    @Test func aTokenThatAnUndocumentedKeyMayRefuseIsNotDecided() throws {
        let trust = try TrustSample.trust("{\"StringNotEquals\": {\"KEY:repository_owner\": \"acme\"}}")
        #expect(trust.answer(to: ["sub": "x", "repository_owner": "acme"]).isAccepted == nil)
        #expect(trust.answer(to: ["sub": "x", "repository_owner": "other"]).isAccepted == true)
    }
}
