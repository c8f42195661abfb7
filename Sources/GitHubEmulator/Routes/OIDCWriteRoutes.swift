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
            // Unlike a repository's, its claims are probably not checked: GitHub's description has no 422 here.
            switch try await TemplateChange.read(request) {
            case .failure(let refusal): return refusal.answer.response
            case .success(let change): await world.setTemplate(of: login, change)
            }
            return Answer(.created, json: "{}").response
        }
        for place in ["/repos/:owner/:repo/\(Self.path)", "/repositories/:id/\(Self.path)"] {
            router.put(RouterPath(place)) { request, context in
                switch await RepositoryPlace(world, context.parameters) {
                case .none: return Answer.notFound.response
                case .moved(let id):
                    let address = "\(context.origin.api)/repositories/\(id)/\(Self.path)"
                    return RepositoryPlace.redirect(to: address, ofWrite: true).response
                case .here(let organization, let repository):
                    let answer = try await answer(request, organization, repository)
                    return answer.response
                }
            }
        }
    }

    // MARK: -

    private func answer(
        _ request: Request, _ organization: WorldFile.Organization, _ repository: WorldFile.Repository,
    ) async throws -> Answer {
        if let refusal = repository.writeRefusal ?? repository.refusal {
            return .refusal(refusal, organization: organization.login, permission: "actions=write")
        }
        guard !repository.archived else {
            return .error(.forbidden, "Repository was archived so is read-only.")
        }
        switch try await TemplateChange.read(request) {
        case .failure(let refusal): return refusal.answer
        case .success(let change):
            guard let useDefault = change.useDefault else {
                // As observed in 2026, without `errors`.
                return .error(.unprocessableContent, "object is missing required key: use_default")
            }
            if let refusal = change.refusal { return refusal }
            await world.setSetting(of: repository.id, change, useDefault: useDefault)
            return Answer(.created, json: "{}")
        }
    }
}

/// The body of a write.
struct TemplateChange: Sendable {
    var useDefault: Bool?
    var includeClaimKeys: [String]?
    var useImmutableSubject: Bool?

    /// Why a body is none.
    struct Refusal: Error {
        let answer: Answer
    }

    /// Of two members of one name the last counts, as in Ruby.
    static func read(_ request: Request) async throws -> Result<TemplateChange, Refusal> {
        let body = try await request.body.collect(upTo: 1 << 20)
        guard !hasStrayComma(body.readableBytesView),
            let value = try? JSONSerialization.jsonObject(with: Data(body.readableBytesView)),
            let members = value as? [String: Any]
        else { return .failure(Refusal(answer: .error(.badRequest, "Problems parsing JSON"))) }
        do {
            return .success(
                TemplateChange(
                    useDefault: try flag("use_default", members), includeClaimKeys: try keys(members),
                    useImmutableSubject: try flag("use_immutable_subject", members)))
        } catch let refusal as Refusal {
            return .failure(refusal)
        }
    }

    /// Whether a comma stands before the end of an object or an array, which Foundation lets pass.
    private static func hasStrayComma(_ text: some Sequence<UInt8>) -> Bool {
        var (isText, isEscaped, last) = (false, false, UInt8(0))
        for byte in text {
            if isText {
                isText = isEscaped || byte != UInt8(ascii: "\"")
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
                last = byte
                continue
            }
            switch byte {
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                if last == UInt8(ascii: ",") { return true }
                last = byte
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): break
            default:
                isText = byte == UInt8(ascii: "\"")
                last = byte
            }
        }
        return false
    }

    private static func flag(_ name: String, _ members: [String: Any]) throws -> Bool? {
        guard let value = members[name] else { return nil }
        // A number can be had as a Boolean, too; only a Boolean is one in Objective-C's words.
        guard let number = value as? NSNumber, String(cString: number.objCType) == "c" else {
            throw Refusal(answer: .wrongType(name, "a boolean"))
        }
        return number.boolValue
    }

    private static func keys(_ members: [String: Any]) throws -> [String]? {
        guard let value = members["include_claim_keys"] else { return nil }
        guard let keys = value as? [String] else {
            throw Refusal(answer: .wrongType("include_claim_keys", "an array of strings"))
        }
        return keys
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
    /// NOTE: nobody has shown GitHub's answer to a member of another type.
    fileprivate static func wrongType(_ name: String, _ type: String) -> Answer {
        .invalid(["\(name) is not \(type)"])
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
            if let flag = change.useImmutableSubject {
                organization.useImmutableSubject = flag
                organization.moveFollowers(toImmutable: flag)
            }
        }
    }

    /// The prefix follows the flag where that is said, and stays as it is where it is not. Where it has ids and nobody
    /// opted in, the repository is immutable by birth: `false` is accepted and changes nothing.
    func setSetting(of id: Int64, _ change: TemplateChange, useDefault: Bool) {
        guard let (organization, repository) = repository(id: id) else { return }
        let (owner, name) = (repository.owner ?? organization.login, repository.currentName)
        let legacy = "repo:\(owner)/\(name)"
        let immutable = "repo:\(owner)@\(organization.id)/\(name)@\(id)"
        var setting = organization.setting(of: repository)
        let isByBirth =
            repository.immutable
            || (organization.useImmutableSubject != true && setting.useImmutableSubject != true
                && setting.subClaimPrefix?.contains("@") == true)
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

extension WorldFile.Organization {
    /// Gives ids to the subjects of repositories that do not set the flag themselves, or takes them away.
    ///
    /// Source: the description of a repository's `use_immutable_subject`: "if not set at repo level, falls back to the
    /// org setting".
    fileprivate mutating func moveFollowers(toImmutable isImmutable: Bool) {
        for place in repositories.indices where !repositories[place].immutable && repositories[place].owner == nil {
            guard let setting = repositories[place].setting, setting.useImmutableSubject == nil,
                setting.subClaimPrefix != nil
            else { continue }
            let prefix = prefix(of: repositories[place], isImmutable: isImmutable)
            repositories[place].setting?.subClaimPrefix = prefix
        }
    }

    private func prefix(of repository: WorldFile.Repository, isImmutable: Bool) -> String {
        let (owner, name) = (repository.owner ?? login, repository.currentName)
        return isImmutable ? "repo:\(owner)@\(id)/\(name)@\(repository.id)" : "repo:\(owner)/\(name)"
    }

    /// What the template's endpoint answers; never customized, a repository follows its organization's opt-in.
    func setting(of repository: WorldFile.Repository) -> WorldFile.Setting {
        repository.setting
            ?? WorldFile.Setting(
                useDefault: true, useImmutableSubject: false,
                subClaimPrefix: prefix(of: repository, isImmutable: repository.immutable || useImmutableSubject == true)
            )
    }
}
