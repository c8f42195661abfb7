import AuditCore
import GitHubAPI
import TestSupport
import Testing

@testable import Crawl

/// A listing against what is known of how long it must be.
@Suite(.timeLimit(.minutes(5))) struct ListingBoundTests {
    /// Repositories of one listing by visibility; `nil` is a field that the host did not send.
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        var publicCount: Int
        var privateCount: Int?
        let listed: [String?]
        let status: Listing.Status
        var expected: Int?
        var error: String?

        var testDescription: String { name }
    }

    private static let hidden = "; the number of private repositories is not shown to this token"

    static let cases: [Case] = [
        Case(
            name: "shorter than the public count", publicCount: 5, listed: ["public", "public", "public", "public"],
            status: .partial, expected: 5, error: "4 listed of at least 5 that the organization counts" + hidden),
        Case(
            name: "nothing", publicCount: 5, listed: [], status: .partial, expected: 5,
            error: "0 listed of at least 5 that the organization counts" + hidden),
        Case(
            name: "fewer public ones, though as many altogether", publicCount: 3,
            listed: ["public", "public", "private", "internal"], status: .partial, expected: 5,
            error: "4 listed of at least 5 that the organization counts" + hidden),
        Case(
            name: "as many public ones", publicCount: 2, listed: ["public", "public", "private"], status: .unverified),
        Case(
            name: "what may be public counts as public", publicCount: 2, listed: ["public", nil],
            status: .unverified),
        Case(name: "no public ones", publicCount: 0, listed: ["private"], status: .unverified),
        Case(
            name: "the private count is shown", publicCount: 2, privateCount: 1, listed: ["public", "private"],
            status: .partial, expected: 3, error: "2 listed of the 3 that the organization counts"),
        // Private ones don't make up for it. Where one was made private while the scan ran, the next scan is complete.
        Case(
            name: "fewer public ones, though as many as are counted", publicCount: 2, privateCount: 1,
            listed: ["public", "private", "private"], status: .partial, expected: 4,
            error: "3 listed of at least 4 that the organization counts"),
    ]

    private func crawl(
        _ bad: Case, scope: Scope = Scope(), token: String? = nil, link: HeaderFields = [:],
        _ more: [String: [ScriptedTransport.Answer]] = [:],
    ) async -> Listing? {
        let items = bad.listed.enumerated().map { index, visibility in
            let field = visibility.map { #", "visibility": "\#($0)", "private": \#($0 != "public")"# } ?? ""
            return #"{"id": \#(index + 1), "name": "r\#(index)", "owner": {"login": "acme", "id": 77}\#(field)}"#
        }
        let privateCount = bad.privateCount.map { #", "total_private_repos": \#($0)"# } ?? ""
        var answers: [String: [ScriptedTransport.Answer]] = [
            "/orgs/acme": [.ok(#"{"id": 77, "login": "acme", "public_repos": \#(bad.publicCount)\#(privateCount)}"#)],
            "/orgs/acme/actions/oidc/customization/sub": [CrawlerTests.neverSet],
            CrawlerTests.page(1): [.ok("[\(items.joined(separator: ","))]", headers: link)],
        ]
        for index in bad.listed.indices { answers[CrawlerTests.template("r\(index)")] = [CrawlerTests.setting] }
        let transport = ScriptedTransport(answers.merging(more) { $1 })
        return await CrawlerTests().crawl(transport, scope: scope, token: token.flatMap(AccessToken.init))
            .finished.first?.listing
    }

    @Test(arguments: cases)
    func aListingThatIsProvablyShortIsPartial(bad: Case) async throws {
        let listing = try #require(await crawl(bad))
        #expect(listing.status == bad.status)
        #expect(listing.expected == bad.expected)
        #expect(listing.error == bad.error)
        #expect(listing.isExpectedAtLeast == (bad.expected != nil && bad.privateCount == nil))
    }

    /// What is out of scope is listed all the same.
    @Test func theScopeOfAScanDoesNotMatter() async throws {
        var scope = Scope()
        scope.selector.visibility = [.private]
        for bad in Self.cases where bad.listed.contains("public") {
            let listing = try #require(await crawl(bad, scope: scope))
            #expect(listing.status == bad.status, "\(bad.name)")
            #expect(listing.expected == bad.expected, "\(bad.name)")
        }
    }

    @Test func aTokenOfAnotherOwnerIsTheLikelyReasonWhereNothingIsListed() async throws {
        let nothing = try #require(await crawl(Self.cases[1], token: "github_pat_test-token"))
        #expect(
            nothing.error
                == "0 listed of at least 5 that the organization counts: a fine-grained token made for another resource "
                + "owner sees none" + Self.hidden)
        let some = try #require(await crawl(Self.cases[0], token: "github_pat_test-token"))
        #expect(some.error == Self.cases[0].error)
    }

    /// A lost page leaves the lower bound standing, which tells how many are missing at least.
    @Test func aLostPageIsHeldAgainstTheLowerBoundToo() async throws {
        let lost = Case(name: "", publicCount: 150, listed: ["public"], status: .partial)
        let listing = try #require(
            await crawl(
                lost, link: CrawlerTests.link(["next": "/x?page=2", "last": "/x?page=2"]),
                [CrawlerTests.page(2): [.response(status: 403, body: #"{"message": "no"}"#)]]))
        #expect(listing.status == .partial)
        #expect(listing.expected == 150)
        #expect(listing.isExpectedAtLeast)
        #expect(listing.error?.hasPrefix("page 2 could not be read: forbidden (403: no); ") == true)
    }
}
