import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// The two endpoints that change templates.
struct OIDCWriteRoutes: Sendable {
    let world: World

    private static let path = "actions/oidc/customization/sub"

    func add(to router: Router<EmulatorContext>) {
        router.put("/orgs/:org/\(Self.path)") { request, context in
            let login = context.parameters.get("org") ?? ""
            guard let organization = await world.organization(login) else { return Answer.notFound.response }
            if let refusal = organization.writeRefusal {
                return Answer.refusal(
                    refusal, organization: organization.login, permission: "organization_administration=write"
                ).response
            }
            guard let change = try await TemplateChange(request) else { return Self.problems.response }
            if let refusal = change.refusal { return refusal.response }
            await world.setTemplate(of: login, change)
            return Answer(.created, json: "{}").response
        }
        for place in ["/repos/:owner/:repo/\(Self.path)", "/repositories/:id/\(Self.path)"] {
            router.put(RouterPath(place)) { request, context in
                switch await RepositoryPlace(world, request, context.parameters) {
                case .none: return Answer.notFound.response
                case .moved(let id):
                    return RepositoryPlace.redirect(to: "/repositories/\(id)/\(Self.path)", ofWrite: true).response
                case .here(let organization, let repository):
                    let answer = try await answer(request, organization, repository)
                    return answer.response
                }
            }
        }
    }

    // MARK: -

    private static let problems = Answer.error(.badRequest, "Problems parsing JSON")

    private func answer(
        _ request: Request, _ organization: WorldFile.Organization, _ repository: WorldFile.Repository,
    ) async throws -> Answer {
        if let refusal = repository.writeRefusal ?? repository.refusal {
            return .refusal(refusal, organization: organization.login, permission: "actions=write")
        }
        guard !repository.archived else {
            return .error(.forbidden, "Repository was archived so is read-only.")
        }
        guard let change = try await TemplateChange(request) else { return Self.problems }
        guard let useDefault = change.useDefault else {
            return .missing("use_default")
        }
        if let refusal = change.refusal { return refusal }
        await world.setSetting(of: repository.id, change, useDefault: useDefault)
        return Answer(.created, json: "{}")
    }
}

/// The body of a write.
struct TemplateChange: Decodable, Sendable {
    var useDefault: Bool?
    var includeClaimKeys: [String]?
    var useImmutableSubject: Bool?

    enum CodingKeys: String, CodingKey {
        case useDefault = "use_default"
        case includeClaimKeys = "include_claim_keys"
        case useImmutableSubject = "use_immutable_subject"
    }

    /// - Returns: `nil` where the body can't be read.
    init?(_ request: Request) async throws {
        let body = try await request.body.collect(upTo: 1 << 20)
        guard let change = try? JSONDecoder().decode(TemplateChange.self, from: Data(body.readableBytesView)) else {
            return nil
        }
        self = change
    }

    /// "Unique strings; each only alphanumerics and underscore."
    var refusal: Answer? {
        let keys = includeClaimKeys ?? []
        guard Set(keys).count == keys.count else { return .invalid(["include_claim_keys must be unique"]) }
        let isSound = keys.allSatisfy { key in
            !key.isEmpty
                && key.utf8.allSatisfy { $0 == UInt8(ascii: "_") || Character(Unicode.Scalar($0)).isLetterOrDigit }
        }
        return isSound ? nil : .invalid(["include_claim_keys may hold letters, digits and underscores"])
    }
}

extension Answer {
    /// As observed in 2026, without `errors`.
    fileprivate static func missing(_ key: String) -> Answer {
        .error(.unprocessableContent, "object is missing required key: \(key)")
    }

    /// `ValidationErrorSimple`
    fileprivate static func invalid(_ errors: [String]) -> Answer {
        Answer(
            .unprocessableContent,
            json: """
                {"message":"Validation Failed","documentation_url":"https://docs.github.com/rest/actions/oidc",\
                "errors":\(JSONBody.list(errors))}
                """)
    }
}

extension Character {
    fileprivate var isLetterOrDigit: Bool { isASCII && (isLetter || isNumber) }
}

extension World {
    /// What is not said stays as it is.
    func setTemplate(of login: String, _ change: TemplateChange) {
        changeOrganization(login) { organization in
            if let keys = change.includeClaimKeys { organization.template = keys }
            if let flag = change.useImmutableSubject { organization.useImmutableSubject = flag }
        }
    }

    /// The prefix follows the flag where that is said, and stays as it is where it is not. Where it has ids and nobody
    /// opted in, the repository is immutable by birth: `false` is accepted and changes nothing.
    func setSetting(of id: Int64, _ change: TemplateChange, useDefault: Bool) {
        guard let (organization, repository) = repository(id: id) else { return }
        let (owner, name) = (repository.owner ?? organization.login, repository.renamedTo ?? repository.name)
        let legacy = "repo:\(owner)/\(name)"
        let immutable = "repo:\(owner)@\(organization.id)/\(name)@\(id)"
        var setting =
            repository.setting
            ?? WorldFile.Setting(
                useDefault: true, useImmutableSubject: false, subClaimPrefix: repository.immutable ? immutable : legacy)
        let isByBirth =
            repository.immutable
            || (setting.useImmutableSubject != true && setting.subClaimPrefix?.contains("@") == true)
        setting.useDefault = useDefault
        setting.includeClaimKeys = useDefault ? nil : change.includeClaimKeys
        if let flag = change.useImmutableSubject, flag || !isByBirth {
            setting.useImmutableSubject = flag
            if setting.subClaimPrefix != nil { setting.subClaimPrefix = flag ? immutable : legacy }
        }
        changeRepository(id) { repository in
            repository.setting = setting
            repository.immutable = isByBirth
        }
    }
}
