extension WorldFile {
    /// A GitHub App and where it is installed.
    package struct App: Codable, Sendable {
        package var id: Int64
        package var clientId: String?
        package var slug = "auditor"
        /// Of the key that its tokens are signed with, in PEM.
        package var publicKey: String
        /// How long an installation's token lives.
        package var tokenSeconds = 3600
        /// How often a token is refused at first, as where not every server knows it yet.
        package var freshRefusals = 0
        package var installations: [Installation] = []
    }

    package struct Installation: Codable, Sendable {
        package var id: Int64
        /// Login or slug; absent: the account is gone.
        package var account: String?
        /// `Organization`, `User` or `Enterprise`.
        package var targetType = "Organization"
        package var suspended = false
        /// By name, such as `read`.
        package var permissions = Installation.reading
        /// Names of the repositories that it sees beside public ones; absent: all.
        package var repositories: [String]?

        /// What a scan needs.
        package static let reading = ["organization_administration": "read", "actions": "read", "metadata": "read"]

        /// Whether it sees a repository.
        func sees(_ repository: Repository) -> Bool {
            guard repository.visibility != "public", let repositories else { return true }
            return repositories.contains(repository.name)
        }
    }
}

extension WorldFile.App {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(Int64.self, forKey: .id),
            publicKey: try container.decode(String.self, forKey: .publicKey))
        try container.read(.clientId, into: &clientId)
        try container.read(.slug, into: &slug)
        try container.read(.tokenSeconds, into: &tokenSeconds)
        try container.read(.freshRefusals, into: &freshRefusals)
        try container.read(.installations, into: &installations)
    }
}

extension WorldFile.Installation {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(id: try container.decode(Int64.self, forKey: .id))
        try container.read(.account, into: &account)
        try container.read(.targetType, into: &targetType)
        try container.read(.suspended, into: &suspended)
        try container.read(.permissions, into: &permissions)
        try container.read(.repositories, into: &repositories)
    }
}
