import AuditCore
import TestSupport
import Testing

@testable import CloudTrust

@Suite struct TokenCheckTests {
    private let claims: [ClaimKey: String] = ["sub": "repo:acme/api:pull_request", "aud": "sts.amazonaws.com"]

    @Test func theClaimThatRefusesIsNamed() throws {
        #expect(try TrustSample.subject("repo:acme/*").answer(to: claims) == TokenAnswer(isAccepted: true))
        let other = try TrustSample.subject("repo:acme/web:*").answer(to: claims)
        #expect(other.isAccepted == false && other.refusedBy == "sub")
        #expect(other.why == "sub is repo:acme/api:pull_request, and must be repo:acme/web:*")
        let missing = try TrustSample.trust("{\"StringEquals\": {\"KEY:environment\": \"prod\"}}").answer(to: claims)
        #expect(missing.refusedBy == "environment" && missing.why == "the token has no environment")
        let denied = try TrustSample.subject(
            "repo:acme/*", denies: ["{\"StringLike\": {\"KEY:sub\": \"*:pull_request\"}}"])
        #expect(denied.answer(to: claims).refusedBy == "deny")
        var elsewhere = claims
        elsewhere["iss"] = "https://example.com"
        #expect(try TrustSample.subject("repo:acme/*").answer(to: elsewhere).refusedBy == "iss")
    }

    @Test func whatIsNotEvaluatedIsNoAcceptance() throws {
        let condition = """
            {"StringLike": {"KEY:sub": "SUBJECT"}, "ArnLike": {"KEY:ref": "arn:aws:iam::*"}}
            """
        let open = try TrustSample.trust(condition.replacing("SUBJECT", with: "repo:acme/*")).answer(to: claims)
        #expect(open.isAccepted == nil && open.why?.isEmpty == false)
        let refused = try TrustSample.trust(condition.replacing("SUBJECT", with: "repo:x/*")).answer(to: claims)
        #expect(refused.isAccepted == false)
    }

    /// An archived repository runs no job, so that its unknown setting does not keep a trust from matching nothing.
    @Test func archivedRepositoriesHideNoReason() throws {
        var world = TrustSample.world
        var attic = TrustSample.unreadable("attic", id: 1009)
        attic.repository.isArchived = true
        world.repositories.append(attic)
        let judged = TrustSample.judged(try TrustSample.subject("repo:acme/old:*"), in: world)
        #expect(judged.noMatch == [.renamed(from: "acme/old", to: "acme/web")])
        let own = try TrustSample.subject("repository_id:1009:*")
        #expect(!TrustSample.judged(own, in: world).noMatch.isEmpty)
        world.repositories[world.repositories.count - 1].repository.isArchived = false
        #expect(TrustSample.judged(own, in: world).noMatch.isEmpty)
    }
}
