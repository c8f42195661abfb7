import AuditCore
import Testing

@testable import GitHubAPI

@Suite struct AnswerKindTests {
    private static let now = Timestamp(secondsSince1970: 1_795_226_400)

    private func kind(_ status: Int, _ headers: HeaderFields = [:], message: String? = "m", token: AccessToken? = nil)
        -> AnswerKind
    {
        let body = message.map { "{\"message\": \"\($0)\"}" } ?? "<html>"
        return APIResponse(status: status, headers: headers, body: Array(body.utf8)).kind(
            token: token, now: { Self.now })
    }

    private func refusal(_ kind: AnswerKind) -> GitHubError? {
        if case .refusal(let error) = kind { error } else { nil }
    }

    private func limit(_ kind: AnswerKind) -> RateLimitRefusal? {
        if case .rateLimit(let refusal) = kind { refusal } else { nil }
    }

    @Test func oneErrorForEachKindOfAnswer() {
        #expect(refusal(kind(404, message: "Not Found")) == .notFound("Not Found"))
        #expect(refusal(kind(404, message: nil)) == .foreignPage(status: 404))
        let neverSet = "No Actions OIDC custom sub claim template found for the organization acme"
        // Whether it is about the organization that was asked is the caller's to know.
        #expect(refusal(kind(404, message: neverSet)) == .notFound(neverSet))
        #expect(refusal(kind(401, message: "Bad credentials")) == .unauthorized("Bad credentials"))
        #expect(refusal(kind(403)) == .forbidden("m", acceptedPermissions: nil))
        #expect(
            refusal(kind(403, ["X-Accepted-GitHub-Permissions": "actions=read"]))
                == .forbidden("m", acceptedPermissions: "actions=read"))
        #expect(
            refusal(kind(403, ["X-GitHub-SSO": "required; url=https://github.com/orgs/a/sso?x=y"]))
                == .ssoRequired(url: "https://github.com/orgs/a/sso?x=y"))
        #expect(refusal(kind(403, ["X-GitHub-SSO": "required"])) == .ssoRequired(url: nil))
        #expect(refusal(kind(403, message: "Repository access blocked")) == .blocked("403: Repository access blocked"))
        #expect(refusal(kind(451)) == .blocked("451: m"))
        #expect(refusal(kind(410)) == .gone("m"))
        #expect(refusal(kind(400)) == .unexpected(status: 400, "m"))
        #expect(refusal(kind(418)) == .unexpected(status: 418, "m"))
        for status in [500, 502, 503, 504, 599] {
            guard case .serverFault = kind(status) else { Issue.record("\(status)"); return }
        }
        for status in [301, 302, 307, 308] {
            guard case .redirect("/x") = kind(status, ["Location": "/x"]) else { Issue.record("\(status)"); return }
        }
    }

    /// Texts that GitHub documents, or that were seen, in the table of `CredentialRefusal`.
    @Test(arguments: [
        (403, "This installation has been suspended", CredentialRefusal.installationSuspended),
        (403, "This installation has been suspended by the account owner", .installationSuspended),
        (403, "Sorry. Your account was suspended.", .accountSuspended),
        (403, "Sorry. Your account was suspended", .accountSuspended),
        (403, "Your account is suspended. Please check with your installation administrator.", .accountSuspended),
        (403, "Your account is locked.", .accountLocked),
        (403, "Maximum number of login attempts exceeded. Please try again later.", .accountLocked),
        (
            403,
            "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow "
                + "list enabled, and your IP address is not permitted to access this resource.", .addressRefused
        ),
        (
            403,
            "Although you appear to have the correct authorization credentials, the `acme` organization has an IP allow "
                + "list enabled, and 192.0.2.1 is not permitted to access this resource.", .addressRefused
        ),
        (403, "Your IP address has been blocked", .addressBlocked),
        (
            403,
            "`acme` forbids access via a personal access token (classic). Please use a GitHub App, OAuth App, or a personal "
                + "access token with fine-grained permissions.", .tokenNotAllowed
        ),
        (
            403,
            "The 'acme' organization forbids access via a fine-grained personal access tokens if the token's lifetime is "
                + "greater than 90 days. Please adjust your token's lifetime at the following URL: https://github.com/x",
            .tokenNotAllowed
        ),
        (
            403,
            "Although you appear to have the correct authorization credentials, the `acme` organization has enabled OAuth "
                + "App access restrictions, meaning that data access to third-parties is limited.", .tokenNotAllowed
        ),
        (400, "2026-03-10 is not a supported version.", .versionRefused),
    ])
    func whatHoldsForTheWholeCredentialIsRecognised(status: Int, text: String, expected: CredentialRefusal) {
        let error = GitHubError.credentialRefused(expected, status: status, text)
        #expect(refusal(kind(status, message: text)) == error)
        // A spent hour beside it makes no limit of it, which waiting would end.
        #expect(refusal(kind(status, ["x-ratelimit-remaining": "0", "retry-after": "9"], message: text)) == error)
        #expect("\(error)".hasPrefix(expected.explanation))
        #expect(error.hint == expected.hint)
    }

    @Test(arguments: [
        "Resource not accessible by integration", "Repository access blocked",
        "Repository was archived so is read-only.",
        "Must have admin rights to Repository.", "Upgrade to GitHub Pro or make this repository public",
        "You must be an account owner", "Forbidden", "",
    ])
    func whatConcernsOneResourceIsNot(text: String) {
        if case .credentialRefused? = refusal(kind(403, message: text)) { Issue.record("\(text)") }
        if case .credentialRefused? = refusal(kind(404, message: "This installation has been suspended")) {
            Issue.record("a 404 says that something is not there")
        }
    }

    @Test func aVersionThatIsServedNoMoreRefusesEverything() {
        for text in ["This API version is no longer supported.", "Gone: API version 2022-11-28 has been removed."] {
            #expect(refusal(kind(410, message: text)) == .credentialRefused(.versionRefused, status: 410, text))
        }
        #expect(refusal(kind(410, message: "Issues are disabled")) == .gone("Issues are disabled"))
    }

    @Test func aPageIsNotGitHubsAnswer() {
        #expect(refusal(kind(403, message: nil)) == .foreignPage(status: 403))
        for status in [400, 404, 407, 410, 451, 511] {
            #expect(refusal(kind(status, message: nil)) == .foreignPage(status: status))
        }
        // A token that was refused is one, whoever says so: asking again could lock the account out.
        #expect(refusal(kind(401, message: nil)) == .unauthorized("a page, not GitHub's JSON: a proxy between?"))
        for encoding in ["br", "zstd", "gzip, br", "compress"] {
            let answer = APIResponse(status: 200, headers: ["Content-Encoding": encoding], body: Array("{}".utf8))
            guard case .malformed? = refusal(answer.kind(token: nil, now: { Self.now })) else {
                Issue.record("\(encoding)")
                continue
            }
        }
        for status in [200, 201, 203] {
            for isRead in [true, false] {
                let page = APIResponse(status: status, headers: [:], body: Array(" <html>".utf8))
                #expect(
                    refusal(page.kind(isRead: isRead, token: nil, now: { Self.now })) == .foreignPage(status: status))
            }
        }
        #expect(
            "\(GitHubError.foreignPage(status: 403))"
                == "403 with a page, not GitHub's JSON: a proxy between, or not the API's address?")
        func answer(_ body: String) -> GitHubError? {
            refusal(
                APIResponse(status: 403, headers: [:], body: Array(body.utf8)).kind(token: nil, now: { Self.now }))
        }
        #expect(answer("blocked by policy") == .foreignPage(status: 403))
        #expect(answer("") == .forbidden("no message", acceptedPermissions: nil))
        #expect(answer(" {}") == .forbidden("no message", acceptedPermissions: nil))
        // Without a word, a limit is one all the same.
        #expect(limit(kind(429, message: nil))?.message == "a limit without a message (429)")
        #expect(limit(kind(403, ["retry-after": "9"], message: nil))?.message == "a limit without a message (403)")
    }

    @Test func rateLimitsAreDistinguishedFromMissingRights() {
        let primary = "API rate limit exceeded for user ID 1."
        #expect(
            limit(kind(403, ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795226460"], message: primary))?.wait
                == .seconds(61))
        #expect(limit(kind(429))?.wait == nil)
        #expect(limit(kind(429, ["retry-after": "7"]))?.wait == .seconds(7))
        #expect(limit(kind(403, ["Retry-After": "30"]))?.wait == .seconds(30))
        #expect(limit(kind(403, message: "You have exceeded a secondary rate limit. Wait."))?.wait == nil)
        #expect(limit(kind(403, message: primary))?.isPrimary == true)
        #expect(limit(kind(403, message: "You have triggered an abuse detection mechanism.")) != nil)
        let abuse = #"{"message": "m", "documentation_url": "https://docs.github.com/v3/#abuse-rate-limits"}"#
        #expect(limit(APIResponse(status: 403, body: Array(abuse.utf8)).kind(token: nil, now: { Self.now })) != nil)
        // A missing permission on the last request of the hour is no rate limit.
        #expect(
            limit(
                kind(
                    403, ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795226460"],
                    message: "Resource not accessible by integration")) == nil)
        #expect(limit(kind(403)) == nil)
        #expect(limit(kind(404, ["x-ratelimit-remaining": "0"])) == nil)
    }

    @Test func waitsFollowGitHubsClockAndStayInBounds() {
        func wait(_ headers: HeaderFields) -> Duration? { limit(kind(429, headers))?.wait }
        // Our clock is an hour off; GitHub's own Date decides.
        #expect(
            wait([
                "x-ratelimit-remaining": "0", "x-ratelimit-reset": "1795222810",
                "Date": "Sat, 21 Nov 2026 01:00:00 GMT",
            ]) == .seconds(11))
        #expect(wait(["x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"]) == .seconds(1))
        #expect(
            wait(["x-ratelimit-remaining": "0", "x-ratelimit-reset": "9223372036854775807"]) == .seconds(31_536_000))
        #expect(wait(["x-ratelimit-remaining": "0", "x-ratelimit-reset": "-9223372036854775808"]) == .seconds(1))
        #expect(wait(["x-ratelimit-remaining": "0", "x-ratelimit-reset": "soon"]) == nil)
        #expect(wait(["retry-after": "9223372036854775807"]) == .seconds(31_536_000))
        #expect(wait(["retry-after": "-5"]) == nil)
        #expect(wait(["retry-after": "99999999999999999999"]) == .seconds(31_536_000))
    }

    /// HTTP allows it, and proxies send it.
    @Test func aRetryAfterMayBeADate() {
        let date = ["Date": "Sat, 21 Nov 2026 01:00:00 GMT"]
        func wait(_ status: Int, _ text: String, _ more: [String: String] = date) -> Duration? {
            let headers = HeaderFields(
                (more.map { ($0.key, $0.value) } + [("Retry-After", text)]).map { (name: $0.0, value: $0.1) })
            return switch kind(status, headers) {
            case .rateLimit(let refusal): refusal.wait
            case .serverFault(let wait): wait
            default: nil
            }
        }
        for text in [
            "Sat, 21 Nov 2026 01:00:30 GMT", "Saturday, 21-Nov-26 01:00:30 GMT", "Sat Nov 21 01:00:30 2026",
        ] {
            #expect(wait(403, text) == .seconds(30))
            #expect(wait(429, text) == .seconds(30))
            #expect(wait(503, text) == .seconds(30))
        }
        // Over by now, without a date of the host's, and far ahead.
        #expect(wait(429, "Sat, 21 Nov 2026 00:59:00 GMT") == .zero)
        #expect(wait(429, "Sat, 21 Nov 2026 02:01:00 GMT", [:]) == .seconds(60))
        #expect(wait(429, "Fri, 31 Dec 9999 23:59:59 GMT") == .seconds(31_536_000))
        #expect(wait(429, "tomorrow") == nil)
        #expect(wait(403, "tomorrow") == nil)
    }

    /// HTTP's white space around a value is no part of it.
    @Test(arguments: ["", " ", "\t", " \t "]) func spaceAroundAValueMeansNothing(_ space: String) {
        func field(_ name: String, _ value: String) -> (name: String, value: String) {
            (name: name, value: space + value + space)
        }
        let reset = HeaderFields([
            field("x-ratelimit-remaining", "0"), field("x-ratelimit-reset", "1795226460"),
        ])
        #expect(limit(kind(403, reset))?.wait == .seconds(61))
        #expect(limit(kind(403, HeaderFields([field("retry-after", "7")])))?.wait == .seconds(7))
        guard case .redirect("/x") = kind(301, HeaderFields([field("Location", "/x")])) else {
            Issue.record("no redirect")
            return
        }
        let sso = HeaderFields([field("X-GitHub-SSO", "required;\(space)url\(space)=\(space)https://x/sso?a=b")])
        #expect(refusal(kind(403, sso)) == .ssoRequired(url: "https://x/sso?a=b"))
        let partial = HeaderFields([field("X-GitHub-SSO", "partial-results; organizations=1")])
        #expect(APIResponse(status: 200, headers: partial).isPartial)
        #expect(HeaderFields([field("etag", "\"a b\"")])["ETag"] == "\"a b\"")
    }

    @Test func messagesAreHarmless() throws {
        let token = try #require(AccessToken("ghp_secret"))
        let hostile = "a\\nb \\u001b[31m ghp_secret \\u202e end"
        #expect(
            refusal(kind(403, message: hostile, token: token))
                == .forbidden("a b  [31m [token]   end", acceptedPermissions: nil))
        let echo: HeaderFields = ["X-Accepted-GitHub-Permissions": "Bearer ghp_secret"]
        #expect(
            refusal(kind(403, echo, token: token)) == .forbidden("m", acceptedPermissions: "Bearer [token]"))
        #expect(
            refusal(kind(403, ["X-GitHub-SSO": "required; url=https://x/?t=ghp_secret"], token: token))
                == .ssoRequired(url: "https://x/?t=[token]"))
        let long = refusal(kind(403, message: String(repeating: "x", count: 100_000)))
        #expect(long?.description.count ?? 0 < 350)
    }

    @Test func datesHaveThreeForms() {
        for text in [
            "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        ] {
            #expect(Timestamp(httpDate: text) == Timestamp("1994-11-06T08:49:37Z"))
        }
        for text in [
            "", "Sun, 06 Foo 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "06 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 CET", "Sunday, 06-Nov-1994 08:49:37 GMT",
            "Sun Nov 6 8:49:37 1994", "Sun, -6 Nov 1994 08:49:37 GMT",
        ] {
            #expect(Timestamp(httpDate: text) == nil)
        }
    }
}
