import AuditCore
import GitHubAPI
import TestSupport
import Testing

@testable import Crawl

/// Answers about another organization than the one that is scanned: a login can change hands while it is read.
@Suite(.timeLimit(.minutes(5))) struct OtherOwnerTests {
    private typealias Base = CrawlerTests

    private static let template = "/orgs/acme/actions/oidc/customization/sub"

    @Test(arguments: [
        "/organizations/88/actions/oidc/customization/sub", "/orgs/globex/actions/oidc/customization/sub",
    ])
    func noTemplateIsTakenFromAnotherOrganization(target: String) async {
        let claims = ScriptedTransport.Answer.ok(#"{"include_claim_keys": ["repo", "context"]}"#)
        let transport = Base.script(
            count: 1,
            [
                Base.page(1): [.ok(Base.listing(["a"]))], Base.template("a"): [Base.setting],
                Self.template: [.response(status: 301, headers: ["Location": target])],
                "/orgs/globex": [.ok(#"{"id": 88, "login": "globex", "public_repos": 0}"#)], target: [claims],
            ])
        let reported = await Base().crawl(transport)
        guard case .unreadable(let reason)? = reported.finished.first?.template else {
            Issue.record("\(reported.finished)")
            return
        }
        #expect(reason.message == "redirect not followed: it leads to another organization (id 88)")
    }

    @Test func itsOwnTemplateIsFollowedToItsId() async {
        let target = "/organizations/77/actions/oidc/customization/sub"
        let transport = Base.script(
            count: 1,
            [
                Base.page(1): [.ok(Base.listing(["a"]))], Base.template("a"): [Base.setting],
                Self.template: [.response(status: 301, headers: ["Location": target])],
                target: [.ok(#"{"include_claim_keys": ["repo", "context"]}"#)],
            ])
        let reported = await Base().crawl(transport)
        #expect(reported.finished.first?.template == .set(["repo", "context"], useImmutableSubject: nil))
    }

    /// A page with other owners leaves the listing partial, and nothing of theirs is read.
    @Test(arguments: [["a"], ["a", "b"]])
    func repositoriesOfAnotherOwnerAreNone(names: [String]) async {
        let other = Base.listing(names).replacing("\"id\": 77", with: "\"id\": 99")
        let transport = Base.script(count: names.count, [Base.page(1): [.ok(other)]])
        let reported = await Base().crawl(transport)
        #expect(reported.observations.isEmpty)
        let listing = reported.finished.first?.listing
        #expect(listing?.status == .partial)
        #expect(listing?.error?.contains("repositories of another owner (id 99)") == true, "\(listing?.error ?? "")")
    }
}
