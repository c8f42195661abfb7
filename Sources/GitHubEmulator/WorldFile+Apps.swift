package import Foundation

extension WorldFile {
    /// A GitHub App and where it is installed.
    package struct App: Codable, Sendable {
        package var id: Int64
        package var clientId: String?
        package var slug: String
        /// Of the key that its tokens are signed with, in PEM.
        package var publicKey: String
        /// How long an installation's token lives.
        package var tokenSeconds: Int
        /// How often a token is refused at first, as where not every server knows it yet.
        package var freshRefusals: Int
        package var installations: [Installation]

        package init(
            id: Int64, clientId: String? = nil, slug: String = "auditor", publicKey: String, tokenSeconds: Int = 3600,
            freshRefusals: Int = 0, installations: [Installation],
        ) {
            self.id = id
            self.clientId = clientId
            self.slug = slug
            self.publicKey = publicKey
            self.tokenSeconds = tokenSeconds
            self.freshRefusals = freshRefusals
            self.installations = installations
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                id: try container.decode(Int64.self, forKey: .id),
                clientId: try container.decodeIfPresent(String.self, forKey: .clientId),
                slug: try container.decodeIfPresent(String.self, forKey: .slug) ?? "auditor",
                publicKey: try container.decode(String.self, forKey: .publicKey),
                tokenSeconds: try container.decodeIfPresent(Int.self, forKey: .tokenSeconds) ?? 3600,
                freshRefusals: try container.decodeIfPresent(Int.self, forKey: .freshRefusals) ?? 0,
                installations: try container.decodeIfPresent([Installation].self, forKey: .installations) ?? [])
        }
    }

    package struct Installation: Codable, Sendable {
        package var id: Int64
        /// Login or slug; absent: the account is gone.
        package var account: String?
        /// `Organization`, `User` or `Enterprise`.
        package var targetType: String
        package var suspended: Bool
        /// By name, such as `read`.
        package var permissions: [String: String]
        /// Names of the repositories that it sees beside public ones; absent: all.
        package var repositories: [String]?

        /// What a scan needs.
        package static let reading = ["organization_administration": "read", "actions": "read", "metadata": "read"]

        package init(
            id: Int64, account: String?, targetType: String = "Organization", suspended: Bool = false,
            permissions: [String: String] = reading, repositories: [String]? = nil,
        ) {
            self.id = id
            self.account = account
            self.targetType = targetType
            self.suspended = suspended
            self.permissions = permissions
            self.repositories = repositories
        }

        package init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            self.init(
                id: try container.decode(Int64.self, forKey: .id),
                account: try container.decodeIfPresent(String.self, forKey: .account),
                targetType: try container.decodeIfPresent(String.self, forKey: .targetType) ?? "Organization",
                suspended: try container.decodeIfPresent(Bool.self, forKey: .suspended) ?? false,
                permissions: try container.decodeIfPresent([String: String].self, forKey: .permissions) ?? Self.reading,
                repositories: try container.decodeIfPresent([String].self, forKey: .repositories))
        }

        /// Whether it sees a repository.
        func sees(_ repository: Repository) -> Bool {
            guard repository.visibility != "public", let repositories else { return true }
            return repositories.contains(repository.name)
        }
    }
}
