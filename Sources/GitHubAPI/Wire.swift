import AuditCore
import Foundation

/// Bodies as GitHub documents them, only the fields that are used. Source: GitHub's OpenAPI description, 2026-03-10.
///
/// Members that GitHub documents as optional may be missing or `null`; others that it may add are passed over.
enum Wire {
    /// `OidcCustomSub`
    struct OrganizationTemplate: AnswerReadable {
        let includeClaimKeys: [String]
        let useImmutableSubject: Bool?

        init(_ document: AnswerDocument) throws(GitHubError) {
            includeClaimKeys = try document.required("include_claim_keys")
            useImmutableSubject = try document.optional("use_immutable_subject")
        }
    }

    /// `OidcCustomSubRepo`
    struct RepositorySetting: AnswerReadable {
        let useDefault: Bool
        let includeClaimKeys: [String]?
        let useImmutableSubject: Bool?
        let subClaimPrefix: String?

        init(_ document: AnswerDocument) throws(GitHubError) {
            useDefault = try document.required("use_default")
            includeClaimKeys = try document.optional("include_claim_keys")
            useImmutableSubject = try document.optional("use_immutable_subject")
            subClaimPrefix = try document.optional("sub_claim_prefix")
        }
    }

    /// What both endpoints take; an organization's has no `use_default`.
    struct TemplateChange: Encodable {
        let useDefault: Bool?
        let includeClaimKeys: [String]?
        let useImmutableSubject: Bool?

        enum CodingKeys: String, CodingKey {
            case useDefault = "use_default"
            case includeClaimKeys = "include_claim_keys"
            case useImmutableSubject = "use_immutable_subject"
        }

        var json: [UInt8] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            // Three plain fields can't fail to encode.
            return (try? encoder.encode(self)).map(Array.init) ?? []
        }
    }

    /// `SimpleUser`
    struct User: AnswerReadable {
        let login: String

        init(_ document: AnswerDocument) throws(GitHubError) {
            login = try document.required("login")
        }
    }

    /// Of what lists organizations, one that is listed.
    struct ListedOrganization: AnswerReadable {
        let login: String
        let id: Int64?

        init(_ document: AnswerDocument) throws(GitHubError) {
            login = try document.required("login")
            id = try document.optional("id")
        }
    }

    /// `PublicUser`, which organizations are too.
    struct Account: AnswerReadable {
        let id: Int64
        let login: String
        let type: String

        init(_ document: AnswerDocument) throws(GitHubError) {
            id = try document.id("id")
            login = try document.required("login")
            type = try document.required("type")
        }
    }

    /// `Integration`
    struct App: AnswerReadable {
        let name: String

        init(_ document: AnswerDocument) throws(GitHubError) {
            name = try document.required("name")
        }
    }

    /// `OrganizationFull`
    struct Organization: AnswerReadable {
        let id: Int64
        let login: String
        let publicRepositories: Int64
        /// Shown to members with rights only.
        let totalPrivateRepositories: Int64?

        init(_ document: AnswerDocument) throws(GitHubError) {
            id = try document.id("id")
            login = try document.required("login")
            publicRepositories = try document.required("public_repos")
            let owned: Int64? = try document.optional("owned_private_repos")
            totalPrivateRepositories = try document.optional("total_private_repos") ?? owned
        }
    }

    /// `MinimalRepository`
    struct Repository: ListingReadable {
        let id: Int64
        let name: String
        let owner: Owner
        let isPrivate: Bool?
        let visibility: String?
        let archived: Bool?
        let fork: Bool?
        let topics: [String]?
        let customProperties: [String: PropertyValue]?

        struct Owner: ListingReadable {
            let id: Int64?
            let login: String

            init(listing json: inout ListingJSON) throws(ListingJSON.Fault) {
                var id: Int64?
                var login: String?
                try json.object { json, member throws(ListingJSON.Fault) in
                    switch member {
                    case "id": id = try json.skipNull() ? nil : try json.integer()
                    case "login": login = try json.string()
                    default: try json.pass()
                    }
                }
                guard let login else { throw .otherType }
                self.id = id
                self.login = login
            }
        }

        /// Id and names are what a repository can't do without. Any other member of another type counts as not sent: what
        /// needs it is then undecided, and the repository is not lost.
        init(listing json: inout ListingJSON) throws(ListingJSON.Fault) {
            var id: Int64?
            var name: String?
            var owner: Owner?
            var isPrivate: Bool?
            var visibility: String?
            var archived: Bool?
            var fork: Bool?
            var topics: [String]?
            var customProperties: PropertyValues?
            try json.object { json, member throws(ListingJSON.Fault) in
                switch member {
                case "id": id = try json.integer()
                case "name": name = try json.string()
                case "owner": owner = try json.read()
                case "private": isPrivate = try json.readOrPass()
                case "visibility": visibility = try json.readOrPass()
                case "archived": archived = try json.readOrPass()
                case "fork": fork = try json.readOrPass()
                case "topics": topics = try json.readOrPass()
                case "custom_properties": customProperties = try json.readOrPass()
                default: try json.pass()
                }
            }
            guard let id, let name, let owner else { throw .otherType }
            self.id = id
            self.name = name
            self.owner = owner
            self.isPrivate = isPrivate
            self.visibility = visibility
            self.archived = archived
            self.fork = fork
            self.topics = topics
            self.customProperties = customProperties?.byName
        }
    }

    /// A page of `MinimalRepository`; `nil` for an entry that is none.
    struct Listing: ListingReadable {
        let items: [Repository?]

        init(listing json: inout ListingJSON) throws(ListingJSON.Fault) {
            items = try json.array { json throws(ListingJSON.Fault) in try json.readOrPass() }
        }
    }

    /// `custom_properties` of `MinimalRepository`
    struct PropertyValues: ListingReadable {
        let byName: [String: PropertyValue]

        init(listing json: inout ListingJSON) throws(ListingJSON.Fault) {
            var values: [String: PropertyValue] = [:]
            try json.object { json, member throws(ListingJSON.Fault) in
                let value: PropertyValue = try json.read()
                // Names that differ in their bytes alone have no place beside each other.
                guard values.updateValue(value, forKey: member.text) == nil else { throw .otherType }
            }
            byName = values
        }
    }

    /// A custom property's value: one text, several, or none. GitHub's schema leaves the type open in a listing.
    struct PropertyValue: ListingReadable, AnswerReadable {
        let values: [String]

        init(listing json: inout ListingJSON) throws(ListingJSON.Fault) {
            if try json.skipNull() {
                values = []
            } else if json.isArray {
                values = try json.read()
            } else if json.isFlag {
                values = [try json.bool() ? "true" : "false"]
            } else {
                values = [try json.string()]
            }
        }

        init(_ document: AnswerDocument) throws(GitHubError) {
            if document.isNull {
                values = []
            } else if document.elements != nil {
                values = try [String](document)
            } else if let flag = document.bool {
                values = [flag ? "true" : "false"]
            } else {
                values = [try String(document)]
            }
        }
    }

    /// `OidcCustomPropertyInclusion`. Upstream's example has another name for the field than its schema.
    struct IncludedProperty: AnswerReadable {
        let name: String

        init(_ document: AnswerDocument) throws(GitHubError) {
            name = try document.required("custom_property_name")
        }
    }

    /// `OrgRepoCustomPropertyValues`
    struct RepositoryProperties: AnswerReadable {
        let repositoryID: Int64
        let properties: [Property]

        struct Property: AnswerReadable {
            let name: String
            let value: PropertyValue

            init(_ document: AnswerDocument) throws(GitHubError) {
                name = try document.required("property_name")
                value = try document.required("value")
            }
        }

        init(_ document: AnswerDocument) throws(GitHubError) {
            repositoryID = try document.id("repository_id")
            properties = try document.required("properties")
        }
    }

    /// Of `GET /installation/repositories`.
    struct InstallationRepositories: AnswerReadable {
        let selection: String?

        init(_ document: AnswerDocument) throws(GitHubError) {
            selection = try document.optional("repository_selection")
        }
    }

    /// What every description of a repository holds.
    struct Identity: AnswerReadable {
        let id: Int64

        init(_ document: AnswerDocument) throws(GitHubError) {
            id = try document.id("id")
        }
    }

    /// `RateLimitOverview`
    struct RateLimits: AnswerReadable {
        let core: Limit

        struct Limit: AnswerReadable {
            let limit: Int64
            let remaining: Int64
            let reset: Int64

            init(_ document: AnswerDocument) throws(GitHubError) {
                limit = try document.required("limit")
                remaining = try document.required("remaining")
                reset = try document.required("reset")
            }
        }

        init(_ document: AnswerDocument) throws(GitHubError) {
            core = try document.member("resources").required("core")
        }
    }

    /// `BasicError`, or a `ValidationError`; whatever is of another type counts as not sent.
    struct ErrorBody: AnswerReadable {
        let message: String?
        let documentationURL: String?
        /// Of `ValidationErrorSimple` texts; other errors have objects here, whose message says enough.
        let errors: [String]

        init(_ document: AnswerDocument) throws(GitHubError) {
            message = document.text("message")
            documentationURL = document.text("documentation_url")
            errors = (try? document.optional("errors")) ?? []
        }
    }
}

extension AnswerDocument {
    /// A number that GitHub gives out: from 1 on.
    fileprivate func id(_ key: String) throws(GitHubError) -> Int64 {
        let id: Int64 = try required(key)
        guard id > 0 else { throw .malformed("\(key) is not positive") }
        return id
    }

    /// `nil` for what is no text.
    fileprivate func text(_ key: String) -> String? { try? optional(key) }
}

extension Repository {
    /// - Returns: `nil` if an id is not positive, or the name would change the meaning of a URL's path, or is far longer
    ///   than GitHub allows.
    init?(_ wire: Wire.Repository) {
        self.init(
            id: RepositoryID(rawValue: wire.id), owner: wire.owner.login, ownerID: wire.owner.id, name: wire.name,
            visibility: Visibility(word: wire.visibility, isPrivate: wire.isPrivate), isArchived: wire.archived,
            isFork: wire.fork,
            topics: wire.topics?.contains(where: \.holdsNull) == true ? nil : wire.topics,
            customProperties: wire.customProperties?
                .contains { $0.key.holdsNull || $0.value.values.contains(where: \.holdsNull) } == true
                ? nil : wire.customProperties?.mapValues(\.values))
        guard isAddressable, wire.id > 0, wire.owner.id ?? 1 > 0 else { return nil }
    }
}

extension Repository.Visibility {
    /// - Parameters:
    ///   - word: of the member `visibility`; `nil` if it was not sent.
    ///   - isPrivate: of the member `private`, which is true of internal repositories too; likewise.
    fileprivate init(word: String?, isPrivate: Bool?) {
        switch (word, isPrivate) {
        case ("public", false), ("public", nil), (nil, false): self = .public
        case ("private", true), ("private", nil): self = .private
        case ("internal", true), ("internal", nil): self = .internal
        case (nil, nil): self = .unknown
        // The two contradict each other.
        case ("public", true), ("private", false), ("internal", false): self = .unknown
        // A word that is not known, or none.
        case (_, let isPrivate): self = isPrivate == true ? .notPublic : .unknown
        }
    }
}

extension String {
    /// Whether it holds U+0000, at which SQLite would cut it: no text of GitHub's does.
    var holdsNull: Bool { utf8.contains(0) }
}
