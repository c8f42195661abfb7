import AuditCore
import CloudTrust
import Testing

@Suite struct ReachTests {
    struct Row: Sendable {
        let values: [String]
        let outermost: Reach.Group
    }

    static let rows: [Row] = [
        Row(values: ["*"], outermost: .anyone), Row(values: ["repo:*"], outermost: .anyone),
        Row(values: ["repo:acme*"], outermost: .anyone), Row(values: ["repo:acme*/api*"], outermost: .anyone),
        Row(values: ["repo:*/api:*"], outermost: .anyone), Row(values: ["*:environment:prod"], outermost: .anyone),
        Row(values: ["workflow:deploy"], outermost: .anyone), Row(values: ["*acme/api*"], outermost: .anyone),
        Row(values: ["job_workflow_ref:acme/shared/.github/workflows/x.yml@*"], outermost: .anyone),
        Row(values: ["repo:acme@*/api@*:*:workflow:x"], outermost: .nobody),
        Row(values: ["repo:acme-corp/*"], outermost: .renamer),
        Row(values: ["repo:acme-corp/api:*"], outermost: .renamer),
        Row(values: ["repo:partner/*"], outermost: .foreignOwner),
        Row(values: ["repo:partner/x:ref:refs/heads/main", "repo:acme/api:*"], outermost: .foreignOwner),
        Row(values: ["repository_owner_id:123:*"], outermost: .foreignOwner),
        Row(values: ["repo:acme/*"], outermost: .owner), Row(values: ["repo:acme@77/*"], outermost: .owner),
        Row(values: ["repo:acme/a*"], outermost: .owner),
        Row(values: ["repo:acme/api:*", "repo:acme/web:*"], outermost: .repositories),
        Row(values: ["repo:acme/api:*"], outermost: .one), Row(values: ["repo:acme@77/new@1002:*"], outermost: .one),
        Row(values: ["repo:acme@*/new@*:ref:refs/heads/main"], outermost: .one),
        Row(values: ["repo:acme/gone:*"], outermost: .nobody), Row(values: ["nonsense"], outermost: .nobody),
        Row(values: ["repository_owner:acme:*"], outermost: .owner),
    ]

    @Test(arguments: rows) func theOutermostGroupIsFound(row: Row) throws {
        let list = row.values.map { "\"\($0)\"" }.joined(separator: ", ")
        let trust = try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": [\(list)]}}")
        let judged = TrustSample.judged(trust)
        #expect(judged.reach.outermost == row.outermost, "\(judged.reach)")
        #expect(judged.isExact)
        for (answer, _) in judged.reach.outside + [(judged.reach.byName, .one)] {
            guard let witness = answer.witness else { continue }
            #expect(LiteralMatcher.accepts(trust.demand, witness.claims), "\(witness)")
        }
    }

    private func reach(_ condition: String) throws -> Reach {
        TrustSample.judged(try TrustSample.trust(condition)).reach
    }

    @Test func claimsThatOutsidersHaveAnywayKeepNobodyOut() throws {
        for condition in [
            "{\"StringEquals\": {\"KEY:aud\": \"sts.amazonaws.com\"}}",
            "{\"StringEquals\": {\"KEY:environment\": \"prod\"}}",
            "{\"StringLike\": {\"KEY:job_workflow_ref\": \"acme/shared/.github/workflows/deploy.yml@refs/tags/v*\"}}",
            "{\"StringEquals\": {\"KEY:actor\": \"octocat\"}}",
            "{\"StringEquals\": {\"KEY:ref\": \"refs/heads/main\"}}",
            "{\"ForAllValues:StringLike\": {\"KEY:event_name\": \"push\"}}",
            "{\"StringNotEquals\": {\"KEY:repository\": \"acme/api\"}}",
        ] { #expect(try reach(condition).outermost == .anyone, "\(condition)") }
    }

    @Test func idsKeepStrangersOut() throws {
        let ids = try reach("{\"StringEquals\": {\"KEY:repository_owner_id\": \"77\"}}")
        #expect(ids.outermost == .owner && ids.byName.isNo)
        #expect(try reach("{\"StringEquals\": {\"KEY:repository_id\": \"1001\"}}").outermost == .one)
        #expect(try reach("{\"StringEquals\": {\"KEY:repository_id\": \"5\"}}").outermost == .foreignOwner)
        let both = try reach(
            "{\"StringLike\": {\"KEY:sub\": \"repo:*\"}, \"StringEquals\": {\"KEY:repository_owner_id\": \"77\"}}")
        #expect(both.outermost == .owner)
        #expect(try reach("{\"StringEquals\": {\"KEY:enterprise_id\": \"5\"}}").outermost == .foreignOwner)
    }

    /// Whoever comes to own the names gets in, unless an id is written.
    @Test func goingByNameIsSaid() throws {
        func byName(_ value: String) throws -> Reach.Answer {
            try reach("{\"StringLike\": {\"KEY:sub\": \"\(value)\"}}").byName
        }
        #expect(try !byName("repo:acme/api:*").isNo)
        #expect(try !byName("repo:acme@*/new@*:*").isNo)
        #expect(try byName("repo:acme@77/new@1002:*").isNo)
        #expect(try byName("repo:acme@77/new@1002:*").witness == nil)
        #expect(try byName("repo:acme@*/new@*:*").witness?.subject == "repo:acme@31337/new@31338:ref:refs/heads/main")
    }

    /// A new repository is not one that is listed, nor one that the trust names.
    @Test func aWitnessOfAnOwnerIsNoListedRepository() throws {
        let subject = try reach("{\"StringLike\": {\"KEY:sub\": \"repo:acme/*\"}}").owner.witness?.subject
        #expect(subject == "repo:acme/x:ref:refs/heads/main")
        let near = try reach("{\"StringLike\": {\"KEY:sub\": \"repo:acme/ap*\"}}").owner.witness?.subject ?? ""
        #expect(near.hasPrefix("repo:acme/ap") && !near.hasPrefix("repo:acme/api:"))
    }

    /// The repository of a token is the one that its subject names.
    @Test func aWitnessIsOfOneRepository() throws {
        let open = try reach("{\"StringLike\": {\"KEY:sub\": \"repo:acme*/x*:environment:p:job_workflow_ref:*\"}}")
        let witness = try #require(open.anyone.witness)
        #expect(witness.subject.hasPrefix("repo:acme") && witness.subject.contains("/x"))
        #expect(witness.claims.keys.allSatisfy { $0 == "sub" }, "\(witness)")
    }

    @Test func aDenyNarrowsTheReach() throws {
        let trust = try TrustSample.subject(
            "repo:*", denies: ["{\"StringNotEquals\": {\"KEY:repository_owner_id\": \"77\"}}"])
        #expect(TrustSample.judged(trust).reach.outermost == .owner)
        let open = try TrustSample.subject(
            "repo:*", denies: ["{\"StringNotEqualsIfExists\": {\"aws:SourceIp\": \"77\"}}"])
        #expect(TrustSample.judged(open).reach.outermost == .anyone)
    }
}
