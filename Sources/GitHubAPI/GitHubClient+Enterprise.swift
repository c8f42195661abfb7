package import AuditCore

extension GitHubClient {
    /// The organizations of an enterprise on which the app is installed, in GitHub's order.
    ///
    /// - Returns: none if no app asks.
    /// - SeeAlso: `GET /enterprises/{enterprise}/installation`,
    ///   `GET /enterprises/{enterprise}/apps/installable_organizations`
    package func organizations(ofEnterprise slug: String) async throws(GitHubError) -> [OrganizationLogin] {
        guard case .app = authority else { return [] }
        let address = "\(endpoint)/enterprises/\(slug.pathEncoded)"
        let installation: Installation
        do throws(GitHubError) {
            installation = try read(await get(url: "\(address)/installation").body, as: Installation.self)
        } catch .notFound(let message) {
            throw .appRefused(.notInstalledOnEnterprise, status: 404, message)
        }
        let client = try await enterpriseClient(installation)
        var logins: [OrganizationLogin] = []
        var next: String? = "\(address)/apps/installable_organizations?per_page=100"
        var pages = 0
        while let url = next {
            pages += 1
            guard pages <= Self.enterprisePagesMax else { throw .malformed("more than \(pages - 1) pages") }
            let answer = try await client.get(url: url)
            for organization in try client.read(answer.body, as: [Wire.User].self) {
                guard let login = OrganizationLogin(organization.login) else {
                    throw .malformed("the login of an organization is not a login")
                }
                logins.append(login)
            }
            next = LinkHeader(answer.headers["link"])["next"].flatMap { endpoint.resolve($0, against: url) }
        }
        return logins
    }

    private static let enterprisePagesMax = 1000
}
