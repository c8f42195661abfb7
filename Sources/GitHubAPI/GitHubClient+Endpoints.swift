package import AuditCore
import Foundation

/// What can be asked: one method for each call of the API.
extension GitHubClient {
    /// Fetches an organization: its id and how many repositories it counts.
    ///
    /// - SeeAlso: `GET /orgs/{org}`
    package func organization(_ login: OrganizationLogin) async throws(GitHubError) -> OrganizationAccount {
        let github = try await client(for: login.rawValue)
        let answer = try await github.get(url: "\(endpoint)/orgs/\(login)")
        let body = try github.read(answer.body, as: Wire.Organization.self)
        guard let canonical = OrganizationLogin(body.login) else {
            throw .malformed("the organization's login is not a login")
        }
        let counts: [Int64] = [body.publicRepositories, body.totalPrivateRepositories ?? 0]
        guard counts.allSatisfy({ (0...1_000_000_000).contains($0) }) else {
            throw .malformed("the organization's number of repositories is impossible")
        }
        return OrganizationAccount(
            id: OrganizationID(rawValue: body.id), login: canonical,
            publicRepositoryCount: Int(body.publicRepositories),
            repositoryCount: body.totalPrivateRepositories.map { Int($0 + body.publicRepositories) },
            tokenScopes: answer.headers["x-oauth-scopes"].map { scopes in
                scopes.harmless(without: github.token).split { $0 == "," || $0 == " " || $0 == "\t" }.map(String.init)
            })
    }

    /// Fetches a user's account.
    ///
    /// - Returns: `nil` if it is an organization's.
    /// - SeeAlso: `GET /users/{username}`
    package func user(_ login: OrganizationLogin) async throws(GitHubError) -> OrganizationAccount? {
        let account = try await client(for: login.rawValue).get("/users/\(login)", as: Wire.Account.self)
        guard account.type == "User", let canonical = OrganizationLogin(account.login) else { return nil }
        return OrganizationAccount(
            id: OrganizationID(rawValue: account.id), login: canonical, publicRepositoryCount: 0, isUser: true)
    }

    /// Fetches the organization's subject-claim template.
    ///
    /// - Throws: `.organizationTemplateNeverSet` only on GitHub's own message; any other 404 is `.notFound`.
    /// - SeeAlso: `GET /orgs/{org}/actions/oidc/customization/sub`
    package func organizationTemplate(of login: OrganizationLogin) async throws(GitHubError) -> OrganizationTemplate {
        let answer = try await organizationTemplateAnswer(of: login)
        let body = try read(answer.body, as: Wire.OrganizationTemplate.self)
        try refuseNull(in: body.includeClaimKeys)
        return .set(
            SubjectTemplate(body.includeClaimKeys.map(ClaimKey.init(rawValue:))),
            useImmutableSubject: body.useImmutableSubject)
    }

    private func organizationTemplateAnswer(of login: OrganizationLogin) async throws(GitHubError) -> APIResponse {
        do throws(GitHubError) {
            let github = try await client(for: login.rawValue)
            let answer = try await github.get(
                url: "\(endpoint)/orgs/\(login)/actions/oidc/customization/sub", unless: nil
            ) { (target) async throws(GitHubError) in
                let id = try await github.organizationID(at: target)
                guard try await github.organization(login).id.rawValue == id else {
                    throw .redirectRefused("it leads to another organization (id \(id))")
                }
            }
            guard case .modified(let response, _) = answer else { throw GitHubError.notModifiedUnasked }
            return response
        } catch .notFound(let message) where Self.saysNeverSet(message, of: login) {
            throw .organizationTemplateNeverSet
        }
    }

    /// Whether that is GitHub's own message, about this organization.
    ///
    /// NOTE: the text is known from two public tools of 2024; a plain "Not Found" on the same path means a wrong name or a
    /// missing permission.
    private static func saysNeverSet(_ message: String, of login: OrganizationLogin) -> Bool {
        let text = "No Actions OIDC custom sub claim template found for the organization \(login)"
        return message.isExactlyIgnoringCase(text) || message.isExactlyIgnoringCase(text + ".")
    }

    /// Fetches a repository's setting, at its new place where it was renamed.
    ///
    /// - Parameter validator: of an earlier answer about the same address.
    /// - Throws: `.redirectRefused` where GitHub leads to a repository of another id; `.transferred` where it belongs to
    ///   another owner by now.
    /// - SeeAlso: `GET /repos/{owner}/{repo}/actions/oidc/customization/sub`
    package func setting(
        of repository: Repository, unless validator: Validator? = nil,
    ) async throws(GitHubError) -> Conditional<RepositorySetting> {
        let path =
            "/repos/\(repository.owner.pathEncoded)/\(repository.name.pathEncoded)/actions/oidc/customization/sub"
        let github = try await client(for: repository.owner)
        var place = repository
        let answer = try await github.get(url: "\(endpoint)\(path)", unless: validator) {
            (target) async throws(GitHubError) in
            let id = try await github.repositoryID(at: target)
            guard id == repository.id.rawValue else {
                throw .redirectRefused("it leads to another repository (id \(id))")
            }
            place = try await github.repository(repository.id)
            guard repository.belongs(to: place.owner) else { throw .transferred(to: place.owner) }
        }
        guard case .modified(let answer, let validator) = answer else { return .notModified }
        let body = try read(answer.body, as: Wire.RepositorySetting.self)
        try refuseNull(in: (body.includeClaimKeys ?? []) + [body.subClaimPrefix ?? ""])
        // An Enterprise Server sends no prefix: its subjects are made of the name, which is another now than the listing says.
        guard endpoint.host != .enterpriseServer || repository.hasName(of: place) else {
            throw .renamed(to: place.fullName)
        }
        // Of a prefix with ids the ids decide, and a rule judges them; its names may be those of another day.
        if let prefix = body.subClaimPrefix.flatMap(SubjectPrefix.init), prefix.ownerID == nil,
            !repository.belongs(to: prefix.owner)
        {
            throw .transferred(to: prefix.owner)
        }
        return .modified(
            RepositorySetting(
                useDefault: body.useDefault, includeClaimKeys: body.includeClaimKeys?.map(ClaimKey.init(rawValue:)),
                useImmutableSubject: body.useImmutableSubject, subClaimPrefix: body.subClaimPrefix),
            validator: validator)
    }

    /// Fetches a repository by its name, at its new place where it was renamed.
    ///
    /// - SeeAlso: `GET /repos/{owner}/{repo}`
    package func repository(_ owner: String, _ name: String) async throws(GitHubError) -> Repository {
        let github = try await client(for: owner)
        return try repository(await github.get(url: "\(endpoint)/repos/\(owner.pathEncoded)/\(name.pathEncoded)"))
    }

    /// Fetches a repository by its id, whatever its name is now. An app's client does not know whose it is: the one of its
    /// installation does.
    ///
    /// - SeeAlso: `GET /repositories/{id}`
    package func repository(_ id: RepositoryID) async throws(GitHubError) -> Repository {
        try repository(await get(url: "\(endpoint)/repositories/\(id.rawValue)"))
    }

    private func repository(_ answer: APIResponse) throws(GitHubError) -> Repository {
        guard let repository = Repository(try ListingJSON.value(of: answer.body, as: Wire.Repository.self)) else {
            throw .malformed("the repository has no sound id and name")
        }
        return repository
    }

    /// Fetches what the template's endpoint answers, byte for byte, but for a token that a server would echo.
    ///
    /// - Parameter name: of a repository; `nil`: the organization's own template.
    package func rawTemplate(of owner: String, _ name: String?) async throws(GitHubError) -> [UInt8] {
        let answer: APIResponse
        if let name {
            let place = "/repos/\(owner.pathEncoded)/\(name.pathEncoded)"
            answer = try await client(for: owner).get(url: "\(endpoint)\(place)/actions/oidc/customization/sub")
        } else if let login = OrganizationLogin(owner) {
            answer = try await organizationTemplateAnswer(of: login)
        } else {
            throw .malformed("\(owner.harmless(without: token)) is not a login")
        }
        return try await client(for: owner).token?.redacted(answer.body) ?? answer.body
    }

    /// Fetches the login of the token's owner.
    ///
    /// - Returns: `nil` for a token that is not a user's, such as an installation's.
    /// - SeeAlso: `GET /user`
    package func tokenLogin() async throws(GitHubError) -> String? {
        if case .app(let app) = authority { return "app \(app.appID)" }
        do throws(GitHubError) {
            return try await get("/user", as: Wire.User.self).login.harmless(without: token)
        } catch .forbidden {
            return nil
        } catch .notFound {
            return nil
        }
    }

    /// Fetches one page of the organization's repositories, oldest first, so that pages stay put while some are added.
    ///
    /// - Parameter validator: of an earlier answer about the same page.
    /// - SeeAlso: `GET /orgs/{org}/repos`
    package func repositoryPage(
        _ page: RepositoryPage.Place, of login: OrganizationLogin, unless validator: Validator? = nil,
    ) async throws(GitHubError) -> Conditional<RepositoryPage> {
        let url =
            switch page {
            case .number(let number):
                "\(endpoint)/orgs/\(login)/repos?type=all&sort=created&direction=asc&per_page=100&page=\(number)"
            case .url(let url): url
            }
        let github = try await client(for: login.rawValue)
        guard case .modified(let answer, let validator) = try await github.get(url: url, unless: validator) else {
            return .notModified
        }
        let items = try ListingJSON.value(of: answer.body, as: Wire.Listing.self).items
        let repositories = items.compactMap { $0.flatMap(Repository.init) }
        let link = LinkHeader(answer.headers["link"])
        return .modified(
            RepositoryPage(
                repositories: repositories, malformedCount: items.count - repositories.count,
                last: link.page("last"),
                next: link["next"].map { next in endpoint.resolve(next, against: url).map { .url($0) } ?? .elsewhere },
                isLinkUnreadable: link.isUnreadable,
                isPartial: answer.isPartial),
            validator: validator)
    }

    /// Fetches the names of the custom properties whose values the organization's tokens carry.
    ///
    /// - Returns: in GitHub's order; those that the enterprise includes are among them.
    /// - SeeAlso: `GET /orgs/{org}/actions/oidc/customization/properties/repo`
    package func includedProperties(of login: OrganizationLogin) async throws(GitHubError) -> [String] {
        let names = try await client(for: login.rawValue).get(
            "/orgs/\(login)/actions/oidc/customization/properties/repo", as: [Wire.IncludedProperty].self
        ).map(\.name)
        try refuseNull(in: names)
        return names
    }

    /// Fetches one page of the values that the organization's repositories have of custom properties.
    ///
    /// - SeeAlso: `GET /orgs/{org}/properties/values`
    package func propertyValuePage(
        _ page: RepositoryPage.Place, of login: OrganizationLogin,
    ) async throws(GitHubError) -> PropertyValuePage {
        let url =
            switch page {
            case .number(let number): "\(endpoint)/orgs/\(login)/properties/values?per_page=100&page=\(number)"
            case .url(let url): url
            }
        let answer = try await client(for: login.rawValue).get(url: url)
        var pageValues: [RepositoryID: [String: [String]]] = [:]
        for repository in try read(answer.body, as: [Wire.RepositoryProperties].self) {
            try refuseNull(in: repository.properties.flatMap { [$0.name] + $0.value.values })
            let known = try values(of: repository)
            // Which of two counts is not for this program to say.
            guard pageValues.updateValue(known, forKey: RepositoryID(rawValue: repository.repositoryID)) == nil else {
                throw .malformed("the repository \(repository.repositoryID) stands twice on one page")
            }
        }
        let link = LinkHeader(answer.headers["link"])
        return PropertyValuePage(
            values: pageValues, last: link.page("last"),
            next: link["next"].map { next in endpoint.resolve(next, against: url).map { .url($0) } ?? .elsewhere })
    }

    /// By property, none if it is not set.
    private func values(of repository: Wire.RepositoryProperties) throws(GitHubError) -> [String: [String]] {
        var values: [String: [String]] = [:]
        for property in repository.properties {
            guard values.updateValue(property.value.values, forKey: property.name) == nil else {
                throw .malformed("a property of the repository \(repository.repositoryID) stands twice")
            }
        }
        return values
    }

    /// Finds out whether the values of custom properties may be read, by one of them.
    ///
    /// - SeeAlso: `GET /orgs/{org}/properties/values`
    package func tryPropertyValues(of login: OrganizationLogin) async throws(GitHubError) {
        _ = try await client(for: login.rawValue).get(
            "/orgs/\(login)/properties/values?per_page=1", as: [Wire.RepositoryProperties].self)
    }

    /// Finds out whether the token of an app's installation sees every repository or selected ones.
    ///
    /// - SeeAlso: `GET /installation/repositories`
    package func seesSelectedRepositoriesOnly() async throws(GitHubError) -> Bool {
        try await get("/installation/repositories?per_page=1", as: Wire.InstallationRepositories.self).selection
            == "selected"
    }

    /// Fetches the primary rate limit, which costs none of it.
    ///
    /// - Returns: `nil` if the host has no limits (404, as on an Enterprise Server by default).
    /// - SeeAlso: `GET /rate_limit`
    package func rateLimit() async throws(GitHubError) -> RateLimitStatus? {
        let answer: APIResponse
        do throws(GitHubError) {
            answer = try await get(url: "\(endpoint)/rate_limit")
        } catch .notFound {
            return nil
        }
        let core = try read(answer.body, as: Wire.RateLimits.self).core
        guard [core.limit, core.remaining, core.reset].allSatisfy(PrimaryBudget.reasonable.contains)
        else { throw .malformed("the rate limit is impossible") }
        return RateLimitStatus(
            limit: Int(core.limit), remaining: Int(core.remaining),
            resetsAt: answer.headers.machineTime(of: core.reset, calendar: now))
    }
}

/// An organization as GitHub describes it.
package struct OrganizationAccount: Hashable, Sendable {
    package var id: OrganizationID
    /// In the case that GitHub stores.
    package var login: OrganizationLogin
    package var publicRepositoryCount: Int
    /// Public and private ones; `nil` if this token may not see the private count.
    package var repositoryCount: Int?
    /// What a classic token may do; `nil` for another token.
    package var tokenScopes: [String]?
    /// Whether it is a user's account, which has no template and is not shown to have a number of repositories.
    package var isUser = false
}

/// One page of a listing.
package struct RepositoryPage: Sendable {
    package enum Place: Hashable, Sendable {
        case number(Int)
        case url(String)
    }

    /// Where the listing goes on.
    package enum Next: Hashable, Sendable {
        case url(String)
        /// On another origin, which is not asked.
        case elsewhere
    }

    package var repositories: [Repository]
    /// Entries that could not be read as a repository.
    package var malformedCount: Int
    /// Number of the last page; `nil` if GitHub does not say.
    package var last: Int?
    package var next: Next?
    /// Whether there was a `Link` header that could not be understood, so that there may be more pages.
    package var isLinkUnreadable: Bool
    /// Whether GitHub said that it left out organizations for want of single sign-on.
    package var isPartial: Bool

    package init(
        repositories: [Repository], malformedCount: Int = 0, last: Int? = nil, next: Next? = nil,
        isLinkUnreadable: Bool = false, isPartial: Bool = false,
    ) {
        self.repositories = repositories
        self.malformedCount = malformedCount
        self.last = last
        self.next = next
        self.isLinkUnreadable = isLinkUnreadable
        self.isPartial = isPartial
    }
}

/// One page of the values that repositories have of custom properties.
package struct PropertyValuePage: Sendable {
    /// By repository and property; none if a property is not set.
    package var values: [RepositoryID: [String: [String]]]
    /// Number of the last page; `nil` if GitHub does not say.
    package var last: Int?
    package var next: RepositoryPage.Next?
}

// MARK: -

extension GitHubClient {
    /// The id of the repository that a redirect leads to: `/repositories/ID/…`, GitHub's own form, says it; for
    /// `/repos/OWNER/NAME/…` it is asked for.
    /// The id of the organization that a redirect leads to.
    private func organizationID(at url: String) async throws(GitHubError) -> Int64 {
        guard url.hasPrefix("\(endpoint)/") else { throw .redirectRefused("it leads out of the API") }
        let parts = url.dropFirst(endpoint.description.count).prefix { $0 != "?" }.split(separator: "/")
        if parts.count >= 2, parts[0] == "organizations", let id = Int64(parts[1]) { return id }
        guard parts.count >= 2, parts[0] == "orgs" else { throw .redirectRefused("it leads to no organization") }
        return try await get("/orgs/\(parts[1])", as: Wire.Identity.self).id
    }

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
        // Nearly every name is such already.
        if utf8.allSatisfy({ $0.isUnreserved }) { return self }
        return addingPercentEncoding(withAllowedCharacters: Self.unreserved) ?? ""
    }

    private static let unreserved = CharacterSet(
        charactersIn: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
}

extension UInt8 {
    /// RFC 3986 §2.3
    fileprivate var isUnreserved: Bool {
        switch self {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            true
        default: false
        }
    }
}
