import Foundation
import Testing

@testable import GitHubAPI

@Suite struct EndpointTests {
    @Test(arguments: [
        ("github.com", "https://api.github.com", GitHubEndpoint.Host.gitHub),
        ("GitHub.com", "https://api.github.com", .gitHub),
        ("octo.ghe.com", "https://api.octo.ghe.com", .dataResidency),
        ("api.octo.ghe.com", "https://api.octo.ghe.com", .dataResidency),
        ("git.example.com", "https://git.example.com/api/v3", .enterpriseServer),
        ("evil-ghe.com", "https://evil-ghe.com/api/v3", .enterpriseServer),
    ])
    func hostnamesLeadToTheirAPI(hostname: String, address: String, host: GitHubEndpoint.Host) throws {
        let endpoint = try GitHubEndpoint(hostname: hostname)
        #expect(endpoint.description == address)
        #expect(endpoint.host == host)
    }

    @Test(arguments: [
        ("https://API.github.com/", "https://api.github.com"),
        ("https://git.example.com:8443/api/v3/", "https://git.example.com:8443/api/v3"),
        ("https://git.example.com:443/api/v3", "https://git.example.com/api/v3"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"), ("http://localhost:1", "http://localhost:1"),
        ("http://[::1]:9", "http://[::1]:9"),
    ])
    func addressesAreMadeCanonical(address: String, canonical: String) throws {
        #expect(try GitHubEndpoint(apiURL: address).description == canonical)
    }

    @Test func plainHTTPIsForLoopbackOnly() {
        for host in ["git.example.com", "10.0.0.1", "127.0.0.1.example.com", "localhost.example.com", "127.1"] {
            #expect(throws: EndpointError.plainHTTP(host)) { try GitHubEndpoint(apiURL: "http://\(host)/api/v3") }
        }
    }

    @Test(arguments: ["", "nonsense", "ftp://git.example.com", "https://", "https://x/?a=b", "https://x/#f"])
    func refusesWhatIsNoAddress(address: String) {
        #expect(throws: EndpointError.self) { try GitHubEndpoint(apiURL: address) }
    }

    @Test func refusesCredentialsInTheAddress() {
        #expect(throws: EndpointError.holdsCredentials) {
            try GitHubEndpoint(apiURL: "https://user:secret@git.example.com")
        }
        #expect(!EndpointError.holdsCredentials.description.contains("secret"))
    }

    @Test(arguments: ["git.example.com/path", "https://git.example.com", "user@host", "", "a b"])
    func refusesWhatIsNoHost(hostname: String) {
        #expect(throws: EndpointError.self) { try GitHubEndpoint(hostname: hostname) }
    }

    @Test(arguments: [
        ("/orgs/acme", "https://api.github.com/orgs/acme"),
        ("https://api.github.com/a?page=2", "https://api.github.com/a?page=2"),
        ("https://API.GITHUB.COM:443/a", "https://api.github.com/a"),
        ("https://evil.example/a", nil), ("http://api.github.com/a", nil), ("https://api.github.com:444/a", nil),
        ("//evil.example/a", nil), ("https://user@api.github.com/a", nil),
        ("https://api.github.com.evil.example/", nil),
        ("javascript:alert(1)", nil), ("", nil), ("relative", nil),
    ])
    func resolvesOnlyWithinTheOrigin(location: String, resolved: String?) {
        #expect(GitHubEndpoint.gitHub.resolve(location) == resolved)
    }

    @Test func aTokenShowsNowhere() throws {
        let secret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"
        let token = try #require(AccessToken("  \(secret)\n"))
        #expect(token.secret == secret)
        var dumped = ""
        dump(token, to: &dumped)
        for text in ["\(token)", String(reflecting: token), "\([token])", dumped, "\(Optional(token) as Any)"] {
            #expect(!text.contains(secret))
        }
        #expect(token.redacted("echo \(secret)!") == "echo [token]!")
    }

    @Test(arguments: ["", " \n", "two words", "line\nbreak: header", "kün", "a\u{0}b"])
    func refusesWhatIsNoToken(text: String) {
        #expect(AccessToken(text) == nil)
    }

    @Test func linksAreReadByRelation() {
        let header = """
            <https://api.github.com/organizations/77/repos?per_page=100&page=2>; rel="next", \
            <https://api.github.com/organizations/77/repos?per_page=100&page=34>; rel="last"
            """
        let link = LinkHeader(header)
        #expect(link["next"] == "https://api.github.com/organizations/77/repos?per_page=100&page=2")
        #expect(link.page("last") == 34)
        #expect(link["prev"] == nil)
        #expect(LinkHeader(nil)["next"] == nil)
        #expect(!LinkHeader(nil).isUnreadable)
        // Allowed by RFC 8288, if unusual.
        #expect(LinkHeader("<https://x/?q=a,b&page=2>; Rel=Next")["next"] == "https://x/?q=a,b&page=2")
        #expect(LinkHeader("<https://x/?page=2>;title=\"t\";rel=\"prev next\"")["next"] == "https://x/?page=2")
        #expect(LinkHeader("https://x/?page=2; rel=next").isUnreadable)
        let twice = HeaderFields([(name: "Link", value: "<a>; rel=prev"), (name: "link", value: "<b>; rel=next")])
        #expect(LinkHeader(twice["LINK"])["next"] == "b")
        #expect(LinkHeader("<<>>;;rel==,,<").page("last") == nil)
        #expect(LinkHeader("<https://x/?page=99999999999999999999>; rel=\"last\"").page("last") == nil)
        #expect(LinkHeader("<https://x/?per_page=100>; rel=\"last\"").page("last") == nil)
    }

    /// Every form that RFC 8288 allows.
    @Test func linksAreReadInEveryForm() {
        let next = "https://x/?page=2"
        for header in [
            "<\(next)>; rel=next", "<\(next)>;rel=\"next\"", "<\(next)> ; REL = \"NEXT\" ",
            "<\(next)>; title=\"a, b\"; rel=next",
            "<\(next)>; title=\"a \\\" b; rel=prev\"; rel=\"next\"", "<\(next)>; rel=\"prev next\"; type=\"text/html\"",
            "<\(next)>; crossorigin; rel=next", ", ,<\(next)>; rel=next,",
            "<y>; rel=\"prev\" , <\(next)>; rel=\"next\"",
            "<\(next)>;; rel=next", "<\(next)>; title*=UTF-8''a%2Cb; rel=next", "\t<\(next)>\t;\trel=next\t",
        ] {
            let link = LinkHeader(header)
            #expect(link["next"] == next, "\(header)")
            #expect(link.page("next") == 2)
            #expect(!link.isUnreadable, "\(header)")
        }
        // Only the first relation of a link counts, and a quoted text is one.
        #expect(LinkHeader("<\(next)>; rel=prev; rel=next")["next"] == nil)
        #expect(LinkHeader("<\(next)>; title=\"x; rel=next\"; rel=prev")["next"] == nil)
        for header in [
            "<\(next); rel=next", "\(next); rel=next", "<\(next)> rel=next", "<y>; rel=prev, x <\(next)>; rel=next",
            "<y>",
        ] {
            #expect(LinkHeader(header).isUnreadable, "\(header)")
        }
    }

    @Test(arguments: [
        ("?page=2", "https://api.github.com/orgs/acme/repos?page=2"),
        ("repos?page=2", "https://api.github.com/orgs/acme/repos?page=2"), ("/x", "https://api.github.com/x"),
        ("https://api.github.com/y", "https://api.github.com/y"), ("//api.github.com/y", nil), ("../x", nil),
        ("a/../../x", nil), ("https:evil", nil), ("//evil.example/x", nil), ("", nil), ("#x", nil),
    ])
    func anAddressMayBeRelativeToTheOneThatWasAsked(location: String, resolved: String?) {
        let base = "https://api.github.com/orgs/acme/repos?type=all&page=1"
        #expect(GitHubEndpoint.gitHub.resolve(location, against: base) == resolved)
        #expect(GitHubEndpoint.gitHub.resolve("?page=2", against: "https://evil.example/x") == nil)
    }

    @Test func pathSegmentsAreEncoded() {
        #expect("a/../b".pathEncoded == "a%2F..%2Fb")
        #expect("ä b?#%".pathEncoded == "%C3%A4%20b%3F%23%25")
        #expect("A-z_0.9~".pathEncoded == "A-z_0.9~")
    }
}
