import Foundation
import HTTPTypes
import Hummingbird

/// `GET /orgs/{org}` and the organization's listing.
struct OrganizationRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/orgs/:org") { request, context in
            let login = context.parameters.get("org") ?? ""
            await world.passNight(login)
            guard var organization = await world.organization(login) else { return Answer.notFound.response }
            if Self.isAnonymous(request, context) { organization.showsPrivateCount = false }
            return Answer(json: text(organization, context.origin)).response
        }
        router.get("/orgs/:org/repos") { request, context in
            await listing(request, context) { await world.organization(context.parameters.get("org") ?? "") }
        }
        // The form that `Link` headers use.
        router.get("/organizations/:id/repos") { request, context in
            let id = context.parameters.get("id").flatMap { Int64($0) }
            guard let id else { return Answer.notFound.response }
            return await listing(request, context) { await world.organization(id: id) }
        }
        router.get("/installation/repositories") { request, context in
            await installationListing(request, context).response
        }
    }

    // MARK: - The organization

    /// `OrganizationFull`
    private func text(_ organization: WorldFile.Organization, _ origin: Origin) -> String {
        let publicCount = organization.repositories.count { $0.visibility == "public" }
        let privateCount = organization.repositories.count - publicCount + organization.hiddenRepositories
        let login = organization.login
        let api = "\(origin.api)/orgs/\(login)"
        let addresses: [(String, String)] = [
            ("url", ""), ("repos_url", "/repos"), ("events_url", "/events"), ("hooks_url", "/hooks"),
            ("issues_url", "/issues"), ("members_url", "/members{/member}"),
            ("public_members_url", "/public_members{/member}"),
        ]
        var members: [(String, String)] = [
            ("login", JSONBody.quoted(login)), ("id", "\(organization.id)"),
            ("node_id", JSONBody.quoted("O_kgDO\(organization.id)")),
        ]
        members += addresses.map { ($0, JSONBody.quoted(api + $1)) }
        members += [
            ("avatar_url", JSONBody.quoted("\(origin.web)/avatars/u/\(organization.id)?v=4")),
            ("description", "null"), ("name", JSONBody.quoted(login)), ("company", "null"), ("blog", "null"),
            ("location", "null"), ("email", "null"), ("twitter_username", "null"), ("is_verified", "false"),
            ("has_organization_projects", "true"), ("has_repository_projects", "true"),
            ("public_repos", "\(publicCount)"), ("public_gists", "0"), ("followers", "0"), ("following", "0"),
            ("html_url", JSONBody.quoted("\(origin.web)/\(login)")), ("created_at", "\"2020-01-01T00:00:00Z\""),
            ("updated_at", "\"2026-11-01T00:00:00Z\""), ("archived_at", "null"), ("type", "\"Organization\""),
        ]
        if organization.showsPrivateCount {
            members += [("total_private_repos", "\(privateCount)"), ("owned_private_repos", "\(privateCount)")]
        }
        return JSONBody.object(members)
    }

    /// Where tokens are asked for, anybody without one sees what is public.
    private static func isAnonymous(_ request: Request, _ context: EmulatorContext) -> Bool {
        !context.arrival.tokens.isEmpty && request.headers[.authorization] == nil
    }

    // MARK: - Listings

    private func listing(
        _ request: Request, _ context: EmulatorContext, of organization: () async -> WorldFile.Organization?,
    ) async -> Response {
        let isAnonymous = Self.isAnonymous(request, context)
        // Making a page takes longer than a real GitHub's whole answer.
        let reader = context.installation.map { "\($0.id)" } ?? "\(isAnonymous)"
        let key = "\(reader) \(context.version.rawValue) \(context.origin.api) \(request.uri.string)"
        if let known = await world.page(key) { return known.response }
        guard var organization = await organization() else { return Answer.notFound.response }
        if let installation = context.installation { organization.repositories.removeAll { !installation.sees($0) } }
        let answer = page(of: organization, request, context, isAnonymous: isAnonymous)
        await world.keep(answer, as: key)
        return answer.response
    }

    private func page(
        of organization: WorldFile.Organization, _ request: Request, _ context: EmulatorContext, isAnonymous: Bool,
    ) -> Answer {
        let query = request.uri.queryParameters
        let type = isAnonymous ? "public" : query.get("type") ?? "all"
        let order = Order(sort: query.get("sort"), direction: query.get("direction"))
        return Answer.page(
            order.sorted(select(organization.repositories, type: type)), Paging(request),
            at: "\(context.origin.api)/organizations/\(organization.id)/repos"
        ) { RepositoryJSON($0, of: organization, context).listed }
    }

    private func select(_ repositories: [WorldFile.Repository], type: String) -> [WorldFile.Repository] {
        switch type {
        case "public", "private", "internal": repositories.filter { $0.visibility == type }
        case "forks": repositories.filter(\.fork)
        case "sources": repositories.filter { !$0.fork }
        default: repositories
        }
    }

    /// In which order a listing comes: by creation, which ids follow, and newest first unless the query says otherwise;
    /// by name from A.
    private struct Order {
        private let isByName: Bool
        private let isAscending: Bool

        init(sort: String?, direction: String?) {
            isByName = sort == "full_name"
            isAscending = direction.map { $0 == "asc" } ?? isByName
        }

        func sorted(_ repositories: [WorldFile.Repository]) -> [WorldFile.Repository] {
            func isBefore(_ one: WorldFile.Repository, _ other: WorldFile.Repository) -> Bool {
                isByName ? one.name.lowercased() < other.name.lowercased() : one.id < other.id
            }
            let isSorted = zip(repositories, repositories.dropFirst()).allSatisfy(isBefore)
            let ascending = isSorted ? repositories : repositories.sorted(by: isBefore)
            return isAscending ? ascending : ascending.reversed()
        }
    }

    /// What an installation's token may see, which is of one organization.
    private func installationListing(_ request: Request, _ context: EmulatorContext) async -> Answer {
        let organization: WorldFile.Organization
        let selection: String
        if let installation = context.installation {
            selection = installation.repositories == nil ? "all" : "selected"
            var seen =
                await world.organization(installation.account ?? "")
                ?? WorldFile.Organization(login: "", id: 0, repositories: [])
            seen.repositories.removeAll { !installation.sees($0) }
            organization = seen
        } else {
            guard let first = await world.file.organizations.first, let known = first.repositorySelection else {
                return .error(.forbidden, "Resource not accessible by personal access token")
            }
            (organization, selection) = (first, known)
        }
        let paging = Paging(request)
        let part = paging.part(of: organization.repositories)
        let answer = Answer(
            json: JSONBody.object([
                ("total_count", "\(organization.repositories.count)"),
                ("repository_selection", JSONBody.quoted(selection)),
                (
                    "repositories",
                    "[" + part.map { RepositoryJSON($0, of: organization, context).listed }.joined(separator: ",") + "]"
                ),
            ]))
        let address = "\(context.origin.api)/installation/repositories"
        return paging.link(count: organization.repositories.count, to: address).map { answer.header(.link, $0) }
            ?? answer
    }
}
