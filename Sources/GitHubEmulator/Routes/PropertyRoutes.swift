import HTTPTypes
import Hummingbird

/// Which custom properties tokens carry, and the values that repositories have.
struct PropertyRoutes: Sendable {
    let world: World

    func add(to router: Router<EmulatorContext>) {
        router.get("/orgs/:org/actions/oidc/customization/properties/repo") { _, context in
            await answer(context, permission: "organization_administration=read") { organization in
                let included = organization.includedProperties.map { name in
                    JSONBody.object([
                        ("custom_property_name", JSONBody.quoted(name)), ("inclusion_source", "\"organization\""),
                    ])
                }
                return Answer(json: "[\(included.joined(separator: ","))]")
            }
        }
        router.get("/orgs/:org/properties/values") { request, context in
            await answer(context, permission: "organization_custom_properties=read") { organization in
                Answer.page(
                    organization.repositories, Paging(request),
                    at: "\(context.origin.api)/orgs/\(organization.login)/properties/values"
                ) { text($0, organization) }
            }
        }
    }

    // MARK: -

    private func answer(
        _ context: EmulatorContext, permission: String, _ body: (WorldFile.Organization) -> Answer,
    ) async -> Response {
        guard let organization = await world.organization(context.parameters.get("org") ?? "") else {
            return Answer.notFound.response
        }
        if let refusal = organization.propertiesRefusal {
            return Answer.refusal(refusal, organization: organization.login, permission: permission).response
        }
        return body(organization).response
    }

    private func text(_ repository: WorldFile.Repository, _ organization: WorldFile.Organization) -> String {
        let owner = repository.owner ?? organization.login
        let properties = (repository.customProperties ?? [:]).sorted { $0.key < $1.key }.map { name, value in
            JSONBody.object([
                ("property_name", JSONBody.quoted(name)), ("value", value.map(JSONBody.quoted) ?? "null"),
            ])
        }
        return JSONBody.object([
            ("repository_id", "\(repository.id)"), ("repository_name", JSONBody.quoted(repository.currentName)),
            ("repository_full_name", JSONBody.quoted("\(owner)/\(repository.currentName)")),
            ("properties", "[\(properties.joined(separator: ","))]"),
        ])
    }
}
