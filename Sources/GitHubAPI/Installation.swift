package import AuditCore

/// A permission of a GitHub App that a command may ask for, by GitHub's name.
package enum AppPermission: String, CaseIterable, Comparable, Sendable {
    case organizationAdministration = "organization_administration"
    case actions
    case metadata
    case organizationCustomProperties = "organization_custom_properties"

    package enum Level: String, Sendable {
        case read
        case write
    }

    /// As GitHub's pages call it.
    package var title: String {
        switch self {
        case .organizationAdministration: "organization \"Administration\""
        case .actions: "repository \"Actions\""
        case .metadata: "repository \"Metadata\""
        case .organizationCustomProperties: "organization \"Custom properties\""
        }
    }

    /// What every scan reads with.
    package static let reading: [AppPermission: Level] = [
        .organizationAdministration: .read, .actions: .read, .metadata: .read,
    ]

    /// What templates are changed with.
    package static let writing: [AppPermission: Level] = [
        .organizationAdministration: .write, .actions: .write, .metadata: .read,
    ]

    package static func < (left: AppPermission, right: AppPermission) -> Bool { left.rawValue < right.rawValue }
}

/// Where an app is installed, and what it was granted there.
///
/// Source: GitHub's OpenAPI description of 2026-10-21, `installation`.
package struct Installation: Hashable, Sendable {
    package let id: Int64
    /// The account's login, an enterprise's slug, or `nil` if GitHub does not name an account.
    package let account: String?
    /// `nil` if GitHub does not say it.
    package let accountID: OrganizationID?
    package let targetType: String
    package let isSuspended: Bool
    /// By name, such as `read`.
    package let permissions: [String: String]
    package let repositorySelection: String?

    package var isOfOrganization: Bool { targetType == "Organization" }

    /// What is granted of wanted permissions, each at the highest level that was granted and is wanted.
    func granted(_ wanted: [AppPermission: AppPermission.Level]) -> [AppPermission: AppPermission.Level] {
        var granted: [AppPermission: AppPermission.Level] = [:]
        for (permission, level) in wanted {
            switch permissions[permission.rawValue] {
            case "write", "admin": granted[permission] = level
            case "read": granted[permission] = .read
            default: break
            }
        }
        return granted
    }

    /// What is missing of wanted permissions, in words.
    package func missing(_ wanted: [AppPermission: AppPermission.Level]) -> [String] {
        let granted = granted(wanted)
        return wanted.sorted { $0.key < $1.key }.filter { granted[$0.key] != $0.value }
            .map { "\($0.key.title): \($0.value.rawValue)" }
    }
}

extension Installation: AnswerReadable {
    init(_ document: AnswerDocument) throws(GitHubError) {
        id = try document.required("id")
        // An enterprise has a slug in the place of a login, and an account that is gone is null.
        let account: Account? = try document.optional("account")
        self.account = account?.name
        accountID = account?.id
        targetType = try document.optional("target_type") ?? "Organization"
        let suspendedAt: String? = try document.optional("suspended_at")
        isSuspended = suspendedAt != nil
        repositorySelection = try document.optional("repository_selection")
        var permissions: [String: String] = [:]
        // A level of another type is one that this program does not know how to ask for.
        for (name, level) in try document.member("permissions").members ?? [] { permissions[name] = level.string }
        self.permissions = permissions
    }

    private struct Account: AnswerReadable {
        let name: String?
        let id: OrganizationID?

        init(_ document: AnswerDocument) throws(GitHubError) {
            let login: String? = try document.optional("login")
            let slug: String? = try document.optional("slug")
            name = login ?? slug
            let number: Int64? = try document.optional("id")
            id = number.map(OrganizationID.init(rawValue:))
        }
    }
}

/// The answer to the request for a token.
struct MintedToken: AnswerReadable {
    let token: AccessToken
    let expiresAt: Timestamp

    init(_ document: AnswerDocument) throws(GitHubError) {
        guard let token = AccessToken(try document.required("token")) else {
            throw .malformed("the token is not a token")
        }
        guard let expiresAt = Timestamp(try document.required("expires_at")) else {
            throw .malformed("expires_at is not a time")
        }
        self.token = token
        self.expiresAt = expiresAt
    }
}

/// An app as GitHub describes it.
package struct AppDescription: Sendable {
    package let name: String
    /// The id by which it was asked for.
    package let givenID: String
}
