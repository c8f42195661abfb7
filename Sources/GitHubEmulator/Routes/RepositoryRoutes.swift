import Foundation
import HTTPTypes
import Hummingbird

/// `GET /repos/{owner}/{repo}`, by name and by id.
struct RepositoryRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        for path in ["/repos/:owner/:repo", "/repositories/:id"] {
            router.get(RouterPath(path)) { _, context in
                switch await RepositoryPlace(world, context.parameters) {
                case .none: Answer.notFound.response
                case .moved(let id): RepositoryPlace.redirect(to: "\(context.origin.api)/repositories/\(id)").response
                case .here(let organization, let repository):
                    Answer(json: RepositoryJSON(repository, of: organization, context).whole).response
                }
            }
        }
    }
}

/// Where a path's repository is.
enum RepositoryPlace {
    case none
    /// The name is a former one.
    case moved(Int64)
    case here(WorldFile.Organization, WorldFile.Repository)

    init(_ world: World, _ parameters: Parameters) async {
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
        let isFormer = repository.currentName.lowercased() != name.lowercased()
        self = isFormer ? .moved(repository.id) : .here(organization, repository)
    }

    /// GitHub's REST documentation, "Follow redirects": 301 for what is read, 307 for what is to be sent again as it is.
    static func redirect(to address: String, ofWrite isWrite: Bool = false) -> Answer {
        let status = isWrite ? HTTPResponse.Status.temporaryRedirect : .movedPermanently
        let body = JSONBody.object([
            ("message", JSONBody.quoted(isWrite ? "Temporary Redirect" : "Moved Permanently")),
            ("url", JSONBody.quoted(address)),
            (
                "documentation_url",
                "\"https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects\""
            ),
        ])
        return Answer(status, json: body).header(.location, address)
    }
}

extension WorldFile.Repository {
    /// Its name, unless a listing is behind.
    var currentName: String { renamedTo ?? name }
}
