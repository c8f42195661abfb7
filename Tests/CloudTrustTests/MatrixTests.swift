import AuditCore
import CloudTrust
import TestSupport
import Testing

@Suite struct MatrixTests {
    private func access(_ trust: Trust, in world: TrustWorld = TrustSample.world) -> [Access] {
        let report = AccessEngine(world).report([trust])
        return report.trusts.flatMap { Array(report.access(of: $0)) }
    }

    @Test func aNameMatchesItsRepositoryAlone() throws {
        let rows = access(try TrustSample.subject("repo:acme/api:*"))
        #expect(rows.map(\.repository.name) == ["api"])
        #expect(rows[0].contexts == [.branch, .tag, .pullRequest, .environment, .mergeQueue, .other])
        #expect(rows[0].only.isEmpty)
        #expect(rows[0].witness.subject == "repo:acme/api:ref:refs/heads/main")
        #expect(rows[0].witness.claims["aud"] == "sts.amazonaws.com")
        #expect(rows[0].certainty == .certain)
    }

    @Test func legacyValuesAdmitNoImmutableSubjects() throws {
        #expect(TrustSample.names(try TrustSample.subject("repo:acme/*")) == ["api", "web"])
        #expect(TrustSample.names(try TrustSample.subject("repo:acme@77/*")) == ["new"])
        #expect(TrustSample.names(try TrustSample.subject("repo:acme*")) == ["api", "new", "web"])
    }

    @Test func shortListsOfNamesAreSaid() throws {
        let rows = access(
            try TrustSample.subject(
                "repo:acme/api:environment:prod", "repo:acme/api:environment:Prod",
                "repo:acme/api:ref:refs/heads/release-*"))
        #expect(rows[0].contexts == [.branch, .environment])
        #expect(rows[0].only == [.environment: ["Prod", "prod"]])
        let branch = access(try TrustSample.subject("repo:acme/api:ref:refs/heads/main"))
        #expect(branch[0].only == [.branch: ["main"]])
    }

    /// The token's other claims must say the same as its subject.
    @Test func claimsOfOneTokenBelongTogether() throws {
        func rows(_ sub: String, _ ref: String) throws -> [Access] {
            access(
                try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": \"\(sub)\", \"KEY:ref\": \"\(ref)\"}}"))
        }
        #expect(try rows("repo:acme/api:ref:refs/heads/main", "refs/heads/release").isEmpty)
        #expect(
            try rows("repo:acme/api:ref:refs/heads/*n", "refs/heads/m*")[0].witness.claims["ref"] == "refs/heads/main")
        #expect(try rows("repo:acme/api:environment:prod", "refs/heads/main")[0].contexts == [.environment])
        #expect(try rows("repo:acme/api:pull_request", "refs/tags/*").isEmpty)
        #expect(try rows("repo:acme/api:pull_request", "refs/pull/*")[0].contexts == [.pullRequest])
    }

    @Test func idsAndNamesAreDecidedByRepository() throws {
        for (condition, names) in [
            ("{\"StringEquals\": {\"KEY:repository_id\": [\"1003\", \"9\"]}}", ["plain"]),
            ("{\"StringEquals\": {\"KEY:repository_owner_id\": \"77\"}}", ["api", "new", "plain", "twin", "web"]),
            ("{\"StringEquals\": {\"KEY:repository\": \"acme/new\"}}", ["new"]),
            ("{\"StringLike\": {\"KEY:repository\": \"acme/*w*\"}}", ["new", "twin", "web"]),
            ("{\"StringEqualsIgnoreCase\": {\"KEY:repository\": \"ACME/API\"}}", ["api"]),
            ("{\"StringLike\": {\"KEY:sub\": \"*:acme:*\"}}", ["plain", "twin"]),
            ("{\"StringNotLike\": {\"KEY:sub\": \"repo:*\"}}", ["plain", "twin"]),
        ] {
            #expect(TrustSample.names(try TrustSample.trust(condition)) == names, "\(condition)")
        }
    }

    /// An environment narrows only where it is demanded to be there.
    @Test func aDemandThatPassesWithoutItsClaimLetsOtherJobsIn() throws {
        func contexts(_ op: String) throws -> [JobContext.Kind] {
            let condition =
                "{\"\(op)\": {\"KEY:environment\": \"prod\"}, \"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}}"
            return access(try TrustSample.trust(condition))[0].contexts
        }
        #expect(try contexts("StringEquals") == [.environment])
        #expect(try contexts("ForAllValues:StringEquals").contains(.branch))
        #expect(try contexts("StringEqualsIfExists").contains(.pullRequest))
    }

    @Test func unknownIsNeverNone() throws {
        var world = TrustSample.world
        world.repositories.append(TrustSample.unreadable("dark", id: 1006))
        let rows = access(try TrustSample.subject("repo:acme/dark:*"), in: world)
        #expect(rows.map(\.certainty) == [.unknown])
        #expect(rows[0].reason == "forbidden (403)")
        #expect(rows[0].witness.subject == "repo:acme/dark:ref:refs/heads/main")
        // A template of its own could yield that, too.
        let other = TrustSample.judged(try TrustSample.subject("repository_id:1006:*"), in: world)
        #expect(other.cells.isEmpty && other.noMatch.isEmpty && other.reach.mayHaveMore)
        #expect(other.reach.outermost == .repositories)
        // Its id is known, whatever its template is.
        let byID = access(try TrustSample.trust("{\"StringEquals\": {\"KEY:repository_id\": \"1006\"}}"), in: world)
        #expect(byID.map(\.repository.name) == ["dark"] && byID[0].certainty == .certain)
    }

    @Test func aPartThatIsUnknownMakesAccessUnknown() throws {
        var world = TrustSample.world
        world.repositories = [TrustSample.repository("odd", id: 7, template: ["repo", "colour", "context"])]
        let rows = access(try TrustSample.subject("repo:acme/odd:colour:blue:*"), in: world)
        #expect(rows.map(\.certainty) == [.unknown])
        #expect(TrustSample.names(try TrustSample.subject("repo:acme/other:*"), in: world).isEmpty)
    }

    @Test func theRequestMakesAccessPossible() throws {
        let rows = access(
            try TrustSample.trust(
                "{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}, \"IpAddress\": {\"aws:SourceIp\": \"10.0.0.0/8\"}}"
            ))
        #expect(rows.map(\.certainty) == [.possible])
        #expect(rows[0].reason == "aws:SourceIp: about the request, not the token")
    }

    @Test func anEnterpriseIsPossible() throws {
        let rows = access(
            try TrustSample.trust(
                "{\"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}, \"StringEquals\": {\"KEY:enterprise_id\": \"5\"}}"
            ))
        #expect(rows.map(\.certainty) == [.possible])
        #expect(rows[0].witness.claims["enterprise_id"] == "5")
    }

    /// The colon of an environment's name is escaped in the subject alone.
    @Test func escapedNamesAreFound() throws {
        let trust = try TrustSample.trust(
            "{\"StringEquals\": {\"KEY:sub\": \"repo:acme/api:environment:a%3Ab\", \"KEY:environment\": \"a:b\"}}")
        #expect(access(trust)[0].witness.claims["environment"] == "a:b")
        // The text itself makes the same subject.
        let raw = try TrustSample.trust(
            "{\"StringEquals\": {\"KEY:sub\": \"repo:acme/api:environment:a%3Ab\", \"KEY:environment\": \"a%3Ab\"}}")
        #expect(access(raw).count == 1)
        #expect(TrustSample.names(try TrustSample.subject("repo:acme/api:environment:a:b")).isEmpty)
    }

    struct Dead: Sendable {
        let value: String
        let reason: NoMatch
    }

    static let dead: [Dead] = [
        Dead(value: "repo:acme/dropped:*", reason: .gone("acme/dropped")),
        Dead(value: "repo:acme/never:*", reason: .gone("acme/never")),
        Dead(value: "repo:acme/old:*", reason: .renamed(from: "acme/old", to: "acme/web")),
        Dead(value: "repo:acme-corp/api:*", reason: .renamed(from: "acme-corp/api", to: "acme/api")),
        Dead(value: "repo:acme/new:*", reason: .formatFlipped(repository: "acme/new", presents: .immutable)),
        Dead(value: "repo:acme@77/api@1001:*", reason: .formatFlipped(repository: "acme/api", presents: .legacy)),
        Dead(
            value: "repo:acme/plain:*",
            reason: .templateDiffers(repository: "acme/plain", subject: "repository_owner:acme:{context}")),
        Dead(value: "repo:Acme/api:*", reason: .caseDiffers(written: "Acme/api", actual: "acme/api")),
        Dead(value: "repo:ACME/*", reason: .caseDiffers(written: "ACME", actual: "acme")),
        Dead(
            value: "repo:acme/api:environment:eu:prod",
            reason: .colon(
                written: "repo:acme/api:environment:eu:prod", expected: "repo:acme/api:environment:eu%3Aprod")),
        Dead(value: "repo:partner/x:*", reason: .notOurs("partner")),
        Dead(
            value: "repo:acme/api:Ref:refs/heads/main",
            reason: .caseDiffers(written: "repo:acme/api:Ref:refs/heads/main", actual: "repo:acme/api:{context}")),
    ]

    @Test(arguments: dead) func aTrustThatMatchesNothingSaysWhy(dead: Dead) throws {
        let judged = TrustSample.judged(try TrustSample.subject(dead.value))
        #expect(judged.cells.isEmpty)
        #expect(judged.noMatch.first == dead.reason)
    }

    @Test func audiencesAndKeysAreReasonsToo() throws {
        var trust = try TrustSample.subject("repo:acme/api:*")
        trust.audiences = ["https://github.com/acme"]
        #expect(
            TrustSample.judged(trust).noMatch == [.audience(["sts.amazonaws.com", "https://github.com/acme"])])
        let unread = try TrustSample.trust("{\"StringEquals\": {\"KEY:repository_owner\": \"acme\"}}")
        #expect(TrustSample.judged(unread).noMatch == [.keyNotRead("repository_owner")])
        let value = try TrustSample.trust(
            "{\"StringEquals\": {\"KEY:ref\": \"main\"}, \"StringLike\": {\"KEY:sub\": \"repo:acme/api:*\"}}")
        #expect(TrustSample.judged(value).noMatch == [.value(claim: "ref", written: ["main"])])
    }

    @Test func findingsNameWhatIsWritten() throws {
        func findings(_ values: String...) throws -> TrustFindings {
            let list = values.map { "\"\($0)\"" }.joined(separator: ", ")
            return TrustSample.judged(try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": [\(list)]}}")).findings
        }
        #expect(try findings("repo:acme-77/api-1001:*").hyphenForms.map(\.about) == ["repo:acme@77/api@1001"])
        #expect(try findings("repo:partner/x:*").foreignOwners.map(\.about) == ["partner"])
        #expect(try findings("repo:acme@78/x@5:*").foreignIDs.map(\.about) == ["78", "5"])
        #expect(try findings("repo:acme-corp/api:*").formerNames.map(\.about) == ["acme"])
        #expect(try findings("repo:acme/old:*").formerNames.map(\.about) == ["acme/web"])
        #expect(try findings("repo:acme/old:*").freeNames.map(\.about) == ["acme/old"])
        #expect(try findings("repo:acme@*/new@*:*", "repo:acme/new:*").leftoverLegacy.map(\.about) == ["acme/new"])
        #expect(try findings("repo:acme/api:*").openPullRequests.map(\.text) == ["repo:acme/api:*"])
        #expect(try findings("repo:acme/api:pull_request").openPullRequests.isEmpty)
        #expect(try findings("repository_owner:acme:*").sharedSubjects == [["acme/plain", "acme/twin"]])
        #expect(try !findings("repo:acme/api:*").hasAudience)
        #expect(TrustSample.judged(try TrustSample.subject("repo:acme/api:*")).findings.hasAudience)
        let absent = try TrustSample.trust(
            "{\"ForAllValues:StringEquals\": {\"KEY:environment\": \"prod\", \"KEY:sub\": \"x\"}, \"StringNotEquals\": {\"KEY:event_name\": \"pull_request\"}}"
        )
        let demands = TrustSample.judged(absent).findings.absentDemands.map(\.claim)
        #expect(demands == ["environment", "event_name"])
    }

    @Test func aWholeOwnerIsSaidInShort() throws {
        let report = AccessEngine(TrustSample.world).report([try TrustSample.subject("repo:acme/*")])
        #expect(
            report.wholes(of: report.trusts[0]) == [
                .init(owner: "acme", except: ["acme/new", "acme/plain", "acme/twin"])
            ])
        #expect(report.accessCount == 2)
        #expect(report.access(of: RepositoryID(rawValue: 1001)).map(\.trust) == [report.trusts[0].trust.id])
    }
}
