package import AuditCore

extension GitHubClient {
    /// The organizations of an enterprise on which the app is installed, in GitHub's order.
    ///
    /// - Returns: none if no app asks.
    /// - SeeAlso: `GET /enterprises/{enterprise}/installation`,
    ///   `GET /enterprises/{enterprise}/apps/installable_organizations`
    package func organizations(ofEnterprise slug: String) async throws(GitHubError) -> [OrganizationReference] {
        guard case .app = authority else { return [] }
        let installation: Installation
        do throws(GitHubError) {
            installation = try await get("/enterprises/\(slug.pathEncoded)/installation", as: Installation.self)
        } catch .notFound(let message) {
            throw .appRefused(.notInstalledOnEnterprise, status: 404, message)
        }
        let client = try await enterpriseClient(installation)
        return try await client.allPages(
            from: "/enterprises/\(slug.pathEncoded)/apps/installable_organizations?per_page=100",
            as: Wire.ListedOrganization.self
        ).map { (organization) throws(GitHubError) in
            guard OrganizationLogin(organization.login) != nil else { throw .loginRefused }
            return OrganizationReference(
                login: organization.login, id: organization.id.map(OrganizationID.init(rawValue:)))
        }
    }
}
