import HTTPTypes
import Hummingbird

/// The subject-claim templates of organizations and repositories.
struct OIDCRoutes: Sendable {
    let world: World

    private static let path = "actions/oidc/customization/sub"

    func add(to router: Router<EmulatorContext>) {
        router.get("/orgs/:org/\(Self.path)") { _, context in
            organizationAnswer(await world.organization(context.parameters.get("org") ?? ""), context.origin).response
        }
        for place in ["/repos/:owner/:repo/\(Self.path)", "/repositories/:id/\(Self.path)"] {
            router.get(RouterPath(place)) { _, context in
                repositoryAnswer(await RepositoryPlace(world, context.parameters), context.origin).response
            }
        }
    }

    // MARK: -

    private func organizationAnswer(_ organization: WorldFile.Organization?, _ origin: Origin) -> Answer {
        guard let organization else { return .notFound }
        if let refusal = organization.templateRefusal {
            return .refusal(
                refusal, organization: organization.login, permission: "organization_administration=read")
        }
        guard let template = organization.template else {
            return .error(
                .notFound,
                "No Actions OIDC custom sub claim template found for the organization \(organization.login)",
                documentation: "/actions/oidc"
                    + "#get-the-customization-template-for-an-oidc-subject-claim-for-an-organization")
        }
        var members = [("include_claim_keys", JSONBody.list(template))]
        if !origin.isEnterpriseServer, let flag = organization.useImmutableSubject {
            members.append(("use_immutable_subject", "\(flag)"))
        }
        return Answer(json: JSONBody.object(members))
    }

    private func repositoryAnswer(_ place: RepositoryPlace, _ origin: Origin) -> Answer {
        switch place {
        case .none: return .notFound
        case .moved(let id): return RepositoryPlace.redirect(to: "\(origin.api)/repositories/\(id)/\(Self.path)")
        case .here(let organization, let repository):
            if let refusal = repository.refusal {
                return .refusal(refusal, organization: organization.login, permission: "actions=read")
            }
            return Answer(json: JSONBody.object(members(repository, organization, origin)))
        }
    }

    private func members(
        _ repository: WorldFile.Repository, _ organization: WorldFile.Organization, _ origin: Origin,
    ) -> [(String, String)] {
        let setting = organization.setting(of: repository)
        var members = [("use_default", "\(setting.useDefault)")]
        let isEchoed = organization.echoesTemplate && !setting.useDefault
        if let keys = setting.includeClaimKeys ?? (isEchoed ? organization.template : nil) {
            members.append(("include_claim_keys", JSONBody.list(keys)))
        }
        // An Enterprise Server has no immutable subjects, and sends nothing of them.
        guard !origin.isEnterpriseServer else { return members }
        if let flag = setting.useImmutableSubject { members.append(("use_immutable_subject", "\(flag)")) }
        if let prefix = setting.subClaimPrefix { members.append(("sub_claim_prefix", JSONBody.quoted(prefix))) }
        return members
    }
}
