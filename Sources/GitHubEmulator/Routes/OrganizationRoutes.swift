import Foundation
import HTTPTypes
import Hummingbird

/// `GET /orgs/{org}` and the organization's listing.
struct OrganizationRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/orgs/:org") { _, context in
            let login = context.parameters.get("org") ?? ""
            await world.passNight(login)
            guard let organization = await world.organization(login) else { return Answer.notFound.response }
            return Answer(json: text(organization)).response
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
        // What an installation's token may see, which is of one organization.
        router.get("/installation/repositories") { _, context in
            if let installation = context.installation {
                let organization = await world.organization(installation.account ?? "")
                let count = organization?.repositories.count(where: installation.sees) ?? 0
                return Answer(
                    json: JSONBody.object([
                        ("total_count", "\(count)"),
                        ("repository_selection", installation.repositories == nil ? "\"all\"" : "\"selected\""),
                        ("repositories", "[]"),
                    ])
                ).response
            }
            guard let organization = await world.file.organizations.first,
                let selection = organization.repositorySelection
            else { return Answer.error(.forbidden, "Resource not accessible by personal access token").response }
            return Answer(
                json: JSONBody.object([
                    ("total_count", "\(organization.repositories.count)"),
                    ("repository_selection", JSONBody.quoted(selection)), ("repositories", "[]"),
                ])
            ).response
        }
    }

    // MARK: -

    private func text(_ organization: WorldFile.Organization) -> String {
        let publicCount = organization.repositories.count { $0.visibility == "public" }
        let privateCount = organization.repositories.count - publicCount + organization.hiddenRepositories
        var members: [(String, String)] = [
            ("login", JSONBody.quoted(organization.login)), ("id", "\(organization.id)"),
            ("node_id", JSONBody.quoted("O_kgDO\(organization.id)")),
            ("url", JSONBody.quoted("https://api.github.com/orgs/\(organization.login)")),
            ("description", "null"), ("public_repos", "\(publicCount)"), ("public_gists", "0"), ("followers", "0"),
            ("following", "0"), ("type", "\"Organization\""),
        ]
        if organization.showsPrivateCount {
            members += [("total_private_repos", "\(privateCount)"), ("owned_private_repos", "\(privateCount)")]
        }
        return JSONBody.object(members)
    }

    private func listing(
        _ request: Request, _ context: EmulatorContext, of organization: () async -> WorldFile.Organization?,
    ) async -> Response {
        // Where tokens are asked for, anybody without one sees what is public.
        let isAnonymous = !context.arrival.tokens.isEmpty && request.headers[.authorization] == nil
        // Making a page takes longer than a real GitHub's whole answer.
        let reader = context.installation.map { "\($0.id)" } ?? "\(isAnonymous)"
        let key = "\(reader) \(request.head.authority ?? "") \(request.uri.string)"
        if let known = await world.page(key) { return known.response }
        guard var organization = await organization() else { return Answer.notFound.response }
        if let installation = context.installation { organization.repositories.removeAll { !installation.sees($0) } }
        let answer = page(of: organization, request, isAnonymous: isAnonymous)
        await world.keep(answer, as: key)
        return answer.response
    }

    private func page(of organization: WorldFile.Organization, _ request: Request, isAnonymous: Bool) -> Answer {
        let query = request.uri.queryParameters
        let size = min(100, max(1, query.get("per_page", as: Int.self) ?? 30))
        let page = min(max(1, query.get("page", as: Int.self) ?? 1), 1_000_000)
        var repositories = select(organization.repositories, type: isAnonymous ? "public" : query.get("type") ?? "all")
        let isSorted = zip(repositories, repositories.dropFirst()).allSatisfy { $0.id < $1.id }
        if !isSorted { repositories.sort { $0.id < $1.id } }
        let ordered = query.get("direction") == "asc" ? repositories : repositories.reversed()
        let pages = max(1, (ordered.count + size - 1) / size)
        let slice = ordered.dropFirst((page - 1) * size).prefix(size)
        let answer = Answer(
            json: "[" + slice.map { RepositoryJSON($0, of: organization).text }.joined(separator: ",") + "]")
        guard pages > 1 else { return answer }
        return answer.header(.link, link(request, organization, page: page, pages: pages))
    }

    private func select(_ repositories: [WorldFile.Repository], type: String) -> [WorldFile.Repository] {
        switch type {
        case "public", "private": repositories.filter { $0.visibility == type }
        case "forks": repositories.filter(\.fork)
        case "sources": repositories.filter { !$0.fork }
        default: repositories
        }
    }

    private func link(_ request: Request, _ organization: WorldFile.Organization, page: Int, pages: Int) -> String {
        let host = request.head.authority ?? "localhost"
        let kept = (request.uri.query ?? "").split(separator: "&").filter { !$0.hasPrefix("page=") }
        func target(_ number: Int, _ relation: String) -> String {
            let query = (kept.map(String.init) + ["page=\(number)"]).joined(separator: "&")
            return "<\(world.scheme)://\(host)/organizations/\(organization.id)/repos?\(query)>; rel=\"\(relation)\""
        }
        var targets: [String] = []
        if page > 1 { targets += [target(1, "first"), target(page - 1, "prev")] }
        if page < pages { targets += [target(page + 1, "next"), target(pages, "last")] }
        return targets.joined(separator: ", ")
    }
}
