import AuditCore
import CloudTrust
import TestSupport

/// A world and policies for tests.
enum TrustSample {
    static let provider = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
    static let key = "token.actions.githubusercontent.com"

    /// A repository of `acme` (77) on GitHub's default template.
    static func repository(
        _ name: String, id: Int64, isImmutable: Bool = false, template: SubjectTemplate? = nil, owner: String = "acme",
        ownerID: Int64 = 77,
    ) -> RepositoryState {
        var repository = Repository.sample(name, id: id, owner: owner)
        repository.ownerID = ownerID
        let setting = RepositorySetting(
            useDefault: template == nil, includeClaimKeys: template?.keys,
            subClaimPrefix: isImmutable ? "repo:\(owner)@\(ownerID)/\(name)@\(id)" : "repo:\(owner)/\(name)")
        return RepositoryState(repository, .read(setting), under: .neverSet, isEnterpriseServer: false)
    }

    static func unreadable(_ name: String, id: Int64) -> RepositoryState {
        RepositoryState(
            .sample(name, id: id), .unreadable(UnreadableReason(.forbidden, "forbidden (403)")), under: .neverSet,
            isEnterpriseServer: false)
    }

    static let world = TrustWorld(
        repositories: [
            repository("api", id: 1001), repository("new", id: 1002, isImmutable: true),
            repository("plain", id: 1003, template: ["repository_owner", "context"]),
            repository("twin", id: 1004, template: ["repository_owner", "context"]), repository("web", id: 1005),
        ],
        owners: [.init(login: "acme", id: 77)], formerRepositories: ["acme/old": "acme/web", "acme/dropped": nil],
        formerOwners: ["acme-corp": "acme"])

    /// An Allow statement for GitHub's provider.
    ///
    /// - Parameter condition: JSON, in which `KEY` stands for the provider's host.
    static func statement(_ condition: String, effect: String = "Allow", principal: String? = nil) -> String {
        """
        {"Effect": "\(effect)", "Principal": \(principal ?? "{\"Federated\": \"\(provider)\"}"),
         "Action": "sts:AssumeRoleWithWebIdentity", "Condition": \(condition.replacing("KEY", with: key))}
        """
    }

    static func file(_ statements: [String], version: String = "2012-10-17") throws -> TrustFile {
        let policy = "{\"Version\": \"\(version)\", \"Statement\": [\(statements.joined(separator: ", "))]}"
        let role = "{\"Arn\": \"arn:aws:iam::111122223333:role/deploy\", \"AssumeRolePolicyDocument\": \(policy)}"
        return try TrustFileReader().read(Array("{\"Roles\": [\(role)]}".utf8), path: "roles.json")
    }

    static func trust(_ condition: String, denies: [String] = [], version: String = "2012-10-17") throws -> Trust {
        let statements = [statement(condition)] + denies.map { statement($0, effect: "Deny") }
        let trusts = try file(statements, version: version).trusts
        guard let trust = trusts.first else { throw DocumentError(at: .start, "no trust") }
        return trust
    }

    /// A trust with these values under `StringLike` of `sub`, and the audience of AWS.
    static func subject(_ values: String..., denies: [String] = []) throws -> Trust {
        let list = values.map { "\"\($0)\"" }.joined(separator: ", ")
        return try trust(
            """
            {"StringLike": {"KEY:sub": [\(list)]}, "StringEquals": {"KEY:aud": "sts.amazonaws.com"}}
            """, denies: denies)
    }

    static func judged(_ trust: Trust, in world: TrustWorld = world) -> JudgedTrust {
        AccessEngine(world).report([trust]).trusts[0]
    }

    /// Names of the repositories that can use a trust.
    static func names(_ trust: Trust, in world: TrustWorld = world) -> [String] {
        judged(trust, in: world).cells.map { world.repositories[Int($0.repository)].repository.name }
    }
}
