import Foundation
import HTTPTypes
import Hummingbird

/// `GET /repos/{owner}/{repo}`, by name and by id.
struct RepositoryRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/repos/:owner/:repo") { request, context in
            answer(await found(request, context))
        }
        router.get("/repositories/:id") { request, context in
            answer(await found(request, context))
        }
    }

    private func found(_ request: Request, _ context: EmulatorContext) async -> RepositoryPlace {
        await RepositoryPlace(world, request, context.parameters)
    }

    private func answer(_ place: RepositoryPlace) -> Response {
        switch place {
        case .none: Answer.notFound.response
        case .moved(let id): RepositoryPlace.redirect(to: "/repositories/\(id)").response
        case .here(let organization, let repository):
            Answer(json: RepositoryJSON(repository, of: organization).text).response
        }
    }
}

/// Where a path's repository is.
enum RepositoryPlace {
    case none
    /// The name is a former one.
    case moved(Int64)
    case here(WorldFile.Organization, WorldFile.Repository)

    init(_ world: World, _ request: Request, _ parameters: Parameters) async {
        if let id = parameters.get("id").flatMap({ Int64($0) }) {
            self = await world.repository(id: id).map { .here($0.0, $0.1) } ?? .none
            return
        }
        let owner = parameters.get("owner")?.removingPercentEncoding ?? ""
        let name = parameters.get("repo")?.removingPercentEncoding ?? ""
        guard let (organization, repository) = await world.repository(owner: owner, name: name) else {
            self = .none
            return
        }
        self = repository.renamedTo == nil ? .here(organization, repository) : .moved(repository.id)
    }

    /// GitHub's REST documentation, "Follow redirects": 301 for what is read, 307 for what is to be sent again as it is.
    static func redirect(to path: String, ofWrite isWrite: Bool = false) -> Answer {
        Answer.error(
            isWrite ? .temporaryRedirect : .movedPermanently, isWrite ? "Temporary Redirect" : "Moved Permanently"
        ).header(.location, path)
    }
}
