public import AuditCore
import Foundation

/// Reads GitHub's REST API, one request at a time. It sends GET alone.
public final class GitHubClient: Sendable {
    public struct Settings: Sendable {
        public var endpoint: GitHubEndpoint
        /// `nil` asks anonymously.
        public var token: AccessToken?
        /// Value of `X-GitHub-Api-Version`.
        public var apiVersion = "2022-11-28"
        /// Value of `User-Agent`.
        public var userAgent: String
        /// For one try, body included.
        public var timeout: Duration = .seconds(30)
        public var retry = RetryPolicy()
        /// Longest total time that rate limits may hold everything back.
        public var waitMax: Duration = .seconds(7200)
        /// Most points in any minute where the host has rate limits; a GET costs one. GitHub allows 900.
        public var pointsPerMinute = 900

        public init(endpoint: GitHubEndpoint, token: AccessToken?, userAgent: String) {
            self.endpoint = endpoint
            self.token = token
            self.userAgent = userAgent
        }
    }

    public let endpoint: GitHubEndpoint
    let settings: Settings
    private let transport: any Transport
    private let clock: any Clock<Duration>
    private let elapsed: @Sendable () -> Duration
    private let now: @Sendable () -> Timestamp
    private let gate: RateGate
    private let headers: [(name: String, value: String)]

    /// - Parameters:
    ///   - clock: what waits are measured with.
    ///   - now: the calendar's time, for answers that carry none.
    public init<C: Clock>(
        _ settings: Settings, transport: any Transport, clock: C, now: @escaping @Sendable () -> Timestamp,
    ) where C.Duration == Duration {
        self.settings = settings
        self.endpoint = settings.endpoint
        self.transport = transport
        self.clock = clock
        let start = clock.now
        self.elapsed = { start.duration(to: clock.now) }
        self.now = now
        self.gate = RateGate(waitMax: settings.waitMax, pointsPerMinute: settings.pointsPerMinute)
        var headers = [
            (name: "Accept", value: "application/vnd.github+json"),
            (name: "X-GitHub-Api-Version", value: settings.apiVersion),
            (name: "User-Agent", value: settings.userAgent),
        ]
        if let token = settings.token { headers.append((name: "Authorization", value: "Bearer \(token.secret)")) }
        self.headers = headers
    }

    /// What was asked so far.
    public var requestCounts: RequestCounts { gate.counts(at: elapsed()) }

    /// The rate limit that everything waits for now, and how long it still holds.
    public var currentWait: (message: String, remaining: Duration)? {
        let now = elapsed()
        return gate.note(at: now).map { ($0.message, $0.until - now) }
    }
}

// MARK: - What can be asked

extension GitHubClient {
    /// Fetches an organization: its id and how many repositories it counts.
    ///
    /// - SeeAlso: `GET /orgs/{org}`
    public func organization(_ login: OrganizationLogin) async throws(GitHubError) -> OrganizationAccount {
        let body = try await get("/orgs/\(login)", as: Wire.Organization.self)
        guard let canonical = OrganizationLogin(body.login) else {
            throw .malformed("the organization's login is no login")
        }
        let counts = [body.publicRepositories, body.totalPrivateRepositories ?? 0]
        guard counts.allSatisfy((0...1_000_000_000).contains) else {
            throw .malformed("the organization's number of repositories is impossible")
        }
        return OrganizationAccount(
            id: OrganizationID(rawValue: body.id), login: canonical,
            repositoryCount: body.totalPrivateRepositories.map { $0 + body.publicRepositories })
    }

    /// Fetches the organization's subject-claim template.
    ///
    /// - Throws: `.organizationTemplateNeverSet` only on GitHub's own message; any other 404 is `.notFound`.
    /// - SeeAlso: `GET /orgs/{org}/actions/oidc/customization/sub`
    public func organizationTemplate(of login: OrganizationLogin) async throws(GitHubError) -> OrganizationTemplate {
        let body = try await get("/orgs/\(login)/actions/oidc/customization/sub", as: Wire.OrganizationTemplate.self)
        try refuseNull(in: body.includeClaimKeys)
        return .set(
            SubjectTemplate(body.includeClaimKeys.map(ClaimKey.init(rawValue:))),
            useImmutableSubject: body.useImmutableSubject)
    }

    /// Fetches a repository's setting, at its new place where it was renamed.
    ///
    /// - Throws: `.redirectRefused` where GitHub leads to a repository of another id.
    /// - SeeAlso: `GET /repos/{owner}/{repo}/actions/oidc/customization/sub`
    public func setting(of repository: Repository) async throws(GitHubError) -> RepositorySetting {
        let path =
            "/repos/\(repository.owner.pathEncoded)/\(repository.name.pathEncoded)/actions/oidc/customization/sub"
        let answer = try await get(url: "\(endpoint)\(path)") { (target) async throws(GitHubError) in
            let id = try await self.repositoryID(at: target)
            guard id == repository.id.rawValue else {
                throw .redirectRefused("it leads to another repository (id \(id))")
            }
        }
        let body = try decode(answer.body, as: Wire.RepositorySetting.self)
        try refuseNull(in: (body.includeClaimKeys ?? []) + [body.subClaimPrefix ?? ""])
        return RepositorySetting(
            useDefault: body.useDefault, includeClaimKeys: body.includeClaimKeys?.map(ClaimKey.init(rawValue:)),
            useImmutableSubject: body.useImmutableSubject, subClaimPrefix: body.subClaimPrefix)
    }

    /// Fetches one page of the organization's repositories, oldest first, so that pages stay put while some are added.
    ///
    /// - SeeAlso: `GET /orgs/{org}/repos`
    public func repositoryPage(_ page: RepositoryPage.Place, of login: OrganizationLogin) async throws(GitHubError)
        -> RepositoryPage
    {
        let url =
            switch page {
            case .number(let number):
                "\(endpoint)/orgs/\(login)/repos?type=all&sort=created&direction=asc&per_page=100&page=\(number)"
            case .url(let url): url
            }
        let answer = try await get(url: url)
        let items = try decode(answer.body, as: [Wire.Lenient<Wire.Repository>].self)
        let repositories = items.compactMap { $0.value.flatMap(Repository.init) }
        let link = LinkHeader(answer.headers["link"])
        return RepositoryPage(
            repositories: repositories, malformedCount: items.count - repositories.count,
            last: link.page("last"),
            next: link["next"].map { next in endpoint.resolve(next).map { .url($0) } ?? .elsewhere },
            isLinkUnreadable: link.isUnreadable,
            isPartial: answer.headers["x-github-sso"]?.hasPrefix("partial-results") ?? false)
    }

    /// Fetches the names of the custom properties whose values the organization's tokens carry.
    ///
    /// - Returns: in GitHub's order; those that the enterprise includes are among them.
    /// - SeeAlso: `GET /orgs/{org}/actions/oidc/customization/properties/repo`
    public func includedProperties(of login: OrganizationLogin) async throws(GitHubError) -> [String] {
        let names = try await get(
            "/orgs/\(login)/actions/oidc/customization/properties/repo", as: [Wire.IncludedProperty].self
        ).map(\.name)
        try refuseNull(in: names)
        return names
    }

    /// Fetches the values of custom properties of all repositories of an organization, page after page.
    ///
    /// - Returns: for each repository that GitHub names, values by property name; none where a property is not set.
    /// - SeeAlso: `GET /orgs/{org}/properties/values`
    public func propertyValues(of login: OrganizationLogin) async throws(GitHubError) -> [RepositoryID: [String:
        [String]]]
    {
        var values: [RepositoryID: [String: [String]]] = [:]
        var url = "\(endpoint)/orgs/\(login)/properties/values?per_page=100"
        var asked: Set<String> = []
        while asked.count < Self.valuePagesMax, asked.insert(url).inserted {
            let answer = try await get(url: url)
            for repository in try decode(answer.body, as: [Wire.RepositoryProperties].self) {
                try refuseNull(in: repository.properties.flatMap { [$0.name] + $0.value.values })
                values[RepositoryID(rawValue: repository.repositoryID)] = Dictionary(
                    repository.properties.map { ($0.name, $0.value.values) }, uniquingKeysWith: { first, _ in first })
            }
            let link = LinkHeader(answer.headers["link"])
            guard !link.isUnreadable else { throw .malformed("the Link header can't be understood") }
            guard let next = link["next"] else { return values }
            guard let target = endpoint.resolve(next) else { throw .malformed("the next page is on another origin") }
            url = target
        }
        throw .malformed("the pages of custom properties have no end")
    }

    /// Fetches the primary rate limit, which costs none of it.
    ///
    /// - Returns: `nil` where the host has no limits (404, as on an Enterprise Server by default).
    /// - SeeAlso: `GET /rate_limit`
    public func rateLimit() async throws(GitHubError) -> RateLimitStatus? {
        do {
            let core = try await get("/rate_limit", as: Wire.RateLimits.self).resources.core
            return RateLimitStatus(
                limit: core.limit, remaining: core.remaining, resetsAt: Timestamp(secondsSince1970: core.reset))
        } catch .notFound {
            return nil
        }
    }
}

/// An organization as GitHub describes it.
public struct OrganizationAccount: Hashable, Sendable {
    public var id: OrganizationID
    /// In the case that GitHub stores.
    public var login: OrganizationLogin
    /// Public and private ones; `nil` where this token may not see the private count.
    public var repositoryCount: Int?
}

/// One page of a listing.
public struct RepositoryPage: Sendable {
    public enum Place: Hashable, Sendable {
        case number(Int)
        case url(String)
    }

    /// Where the listing goes on.
    public enum Next: Hashable, Sendable {
        case url(String)
        /// On another origin, which is not asked.
        case elsewhere
    }

    public var repositories: [Repository]
    /// Entries that could not be read as a repository.
    public var malformedCount: Int
    /// Number of the last page; `nil` where GitHub does not say.
    public var last: Int?
    public var next: Next?
    /// Whether there was a `Link` header that could not be understood, so that there may be more pages.
    public var isLinkUnreadable: Bool
    /// Whether GitHub said that it left out organizations for want of single sign-on.
    public var isPartial: Bool
}

/// The primary rate limit of a credential.
public struct RateLimitStatus: Hashable, Sendable {
    /// Requests an hour.
    public var limit: Int
    public var remaining: Int
    public var resetsAt: Timestamp
}

// MARK: - How it is asked

extension GitHubClient {
    /// A listing page of 100 repositories is about 0.5 MB; the rest is small.
    private static let bodyLimitBytes = 16 << 20
    private static let redirectsMax = 3
    /// A million repositories, which no organization has.
    private static let valuePagesMax = 10_000

    private func get<Body: Decodable>(_ path: String, as type: Body.Type) async throws(GitHubError) -> Body {
        try decode(await get(url: "\(endpoint)\(path)").body, as: type)
    }

    private func decode<Body: Decodable>(_ bytes: [UInt8], as type: Body.Type) throws(GitHubError) -> Body {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .malformed((error as? DecodingError)?.summary ?? "no JSON")
        }
    }

    private func refuseNull(in texts: [String]) throws(GitHubError) {
        guard !texts.contains(where: \.holdsNull) else { throw .malformed("a text holds the character U+0000") }
    }

    /// Fetches one address, following redirects within the origin.
    ///
    /// - Parameter check: throws where a redirect's target must not be read.
    private func get(
        url: String, checking check: (String) async throws(GitHubError) -> Void = { _ in },
    ) async throws(GitHubError) -> APIResponse {
        var url = url
        for _ in 0...Self.redirectsMax {
            switch try await answer(url: url) {
            case .success(let response):
                return response
            case .redirect(let location):
                guard let location else { throw .redirectRefused("it names no address") }
                guard let target = endpoint.resolve(location) else {
                    throw .redirectRefused("it leads away from \(endpoint.origin)")
                }
                try await check(target)
                url = target
            }
        }
        throw .redirectRefused("more than \(Self.redirectsMax) in a row")
    }

    private enum Answer {
        case success(APIResponse)
        case redirect(location: String?)
    }

    /// Asks until there is an answer that another try would not change.
    private func answer(url: String) async throws(GitHubError) -> Answer {
        var tries = 1
        while true {
            try await waitForGate()
            switch try await outcome(url: url) {
            case .answer(let answer):
                return answer
            case .limited(let refusal):
                // No try: GitHub said when to come back.
                gate.refuse(refusal, at: elapsed())
            case .fault(let fault):
                guard tries < settings.retry.attemptsMax else { throw fault }
                var random = SystemRandomNumberGenerator()
                try await sleep(settings.retry.delay(afterAttempt: tries, using: &random))
                gate.countRetry()
                tries += 1
            }
        }
    }

    private enum Outcome {
        case answer(Answer)
        case limited(RateLimitRefusal)
        /// Worth another try.
        case fault(GitHubError)
    }

    /// Asks once.
    ///
    /// - Throws: what another try would not change.
    private func outcome(url: String) async throws(GitHubError) -> Outcome {
        let response: APIResponse
        do throws(TransportError) {
            response = try await transport.send(
                APIRequest(
                    method: "GET", url: url, headers: headers, timeout: settings.timeout,
                    bodyLimitBytes: Self.bodyLimitBytes))
        } catch {
            switch error {
            case .cancelled: throw .cancelled
            case .bodyTooLarge(let limit): throw .malformed("the body is larger than \(limit) bytes")
            case .timeout: return .fault(.timeout)
            case .connectionLost(let message):
                return .fault(.connectionLost(message.harmless(without: settings.token)))
            }
        }
        gate.learn(response.headers, at: elapsed())
        switch response.kind(token: settings.token, now: now()) {
        case .success:
            gate.succeed()
            return .answer(.success(response))
        case .redirect(let location):
            return .answer(.redirect(location: location))
        case .rateLimit(let refusal):
            return .limited(refusal)
        case .serverFault:
            return .fault(.serverFault(status: response.status))
        case .refusal(let error):
            if case .unauthorized = error { gate.shut(error) }
            throw error
        }
    }

    private func waitForGate() async throws(GitHubError) {
        while true {
            switch gate.pass(at: elapsed()) {
            case .open: return
            case .wait(let until): try await sleep(until - elapsed())
            case .shut(let error): throw error
            }
        }
    }

    private func sleep(_ duration: Duration) async throws(GitHubError) {
        do {
            try await clock.sleep(for: max(duration, .zero))
        } catch {
            throw .cancelled
        }
    }

    /// The id of the repository that a redirect leads to: `/repositories/ID/…`, GitHub's own form, says it; for
    /// `/repos/OWNER/NAME/…` it is asked for.
    private func repositoryID(at url: String) async throws(GitHubError) -> Int64 {
        guard url.hasPrefix("\(endpoint)/") else { throw .redirectRefused("it leads out of the API") }
        let path = url.dropFirst(endpoint.description.count).prefix { $0 != "?" }
        let parts = path.split(separator: "/")
        if parts.count >= 2, parts[0] == "repositories", let id = Int64(parts[1]) { return id }
        guard parts.count >= 3, parts[0] == "repos" else { throw .redirectRefused("it leads to no repository") }
        return try await get("/repos/\(parts[1])/\(parts[2])", as: Wire.Identity.self).id
    }
}

extension String {
    /// The text as one segment of a URL's path: all but RFC 3986's unreserved characters percent-encoded.
    var pathEncoded: String {
        addingPercentEncoding(withAllowedCharacters: Self.unreserved) ?? ""
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}

extension DecodingError {
    /// One line: which field, and what is wrong with it.
    fileprivate var summary: String {
        switch self {
        case .keyNotFound(let key, _): "no field \(key.stringValue)"
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            "wrong type of \(context.codingPath.last?.stringValue ?? "the document")"
        default: "no JSON"
        }
    }
}
