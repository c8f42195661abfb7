import AuditCore
import Foundation

/// Bodies as GitHub documents them, only the fields that are used. Source: GitHub's OpenAPI description, 2026-03-10.
enum Wire {
    /// `OidcCustomSub`
    struct OrganizationTemplate: Decodable {
        let includeClaimKeys: [String]
        let useImmutableSubject: Bool?

        enum CodingKeys: String, CodingKey {
            case includeClaimKeys = "include_claim_keys"
            case useImmutableSubject = "use_immutable_subject"
        }
    }

    /// `OidcCustomSubRepo`
    struct RepositorySetting: PlainReadable, Decodable {
        let useDefault: Bool
        let includeClaimKeys: [String]?
        let useImmutableSubject: Bool?
        let subClaimPrefix: String?

        enum CodingKeys: String, CodingKey {
            case useDefault = "use_default"
            case includeClaimKeys = "include_claim_keys"
            case useImmutableSubject = "use_immutable_subject"
            case subClaimPrefix = "sub_claim_prefix"
        }

        /// Of a setting nothing is passed over: what is called default, or compliant, must have been well-formed.
        init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) {
            var useDefault: Bool?
            var includeClaimKeys: [String]??
            var useImmutableSubject: Bool??
            var subClaimPrefix: String??
            try json.object { json, member throws(PlainJSON.NotPlain) in
                switch member {
                case "use_default" where useDefault == nil: useDefault = try json.bool()
                case "include_claim_keys" where includeClaimKeys == nil: includeClaimKeys = .some(try json.read())
                case "use_immutable_subject" where useImmutableSubject == nil:
                    useImmutableSubject = .some(try json.read())
                case "sub_claim_prefix" where subClaimPrefix == nil: subClaimPrefix = .some(try json.read())
                default: throw PlainJSON.NotPlain()
                }
            }
            guard let useDefault else { throw PlainJSON.NotPlain() }
            self.useDefault = useDefault
            self.includeClaimKeys = includeClaimKeys ?? nil
            self.useImmutableSubject = useImmutableSubject ?? nil
            self.subClaimPrefix = subClaimPrefix ?? nil
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
    struct User: Decodable {
        let login: String
    }

    /// `OrganizationFull`
    struct Organization: Decodable {
        let id: Int64
        let login: String
        let publicRepositories: Int
        /// Shown to members with rights only.
        let totalPrivateRepositories: Int?

        enum CodingKeys: String, CodingKey {
            case id, login
            case publicRepositories = "public_repos"
            case totalPrivateRepositories = "total_private_repos"
        }
    }

    /// `MinimalRepository`
    struct Repository: PlainReadable, Decodable {
        let id: Int64
        let name: String
        let owner: Owner
        let isPrivate: Bool?
        let visibility: String?
        let archived: Bool?
        let fork: Bool?
        let topics: [String]?
        let customProperties: [String: PropertyValue]?

        struct Owner: PlainReadable, Decodable {
            let id: Int64?
            let login: String

            init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) {
                var id: Int64??
                var login: String?
                try json.object { json, member throws(PlainJSON.NotPlain) in
                    switch member {
                    case "id" where id == nil: id = .some(try json.read())
                    case "login" where login == nil: login = try json.string()
                    case "id", "login": throw PlainJSON.NotPlain()
                    default: try json.pass()
                    }
                }
                guard let login else { throw PlainJSON.NotPlain() }
                self.id = id ?? nil
                self.login = login
            }
        }

        enum CodingKeys: String, CodingKey {
            case id, name, owner, visibility, archived, fork, topics
            case isPrivate = "private"
            case customProperties = "custom_properties"
        }

        /// Id and names are what a repository can't do without. Any other field of an unknown form counts as not sent:
        /// what needs it is then undecided, and the repository is not lost.
        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            id = try container.decode(Int64.self, forKey: .id)
            name = try container.decode(String.self, forKey: .name)
            owner = try container.decode(Owner.self, forKey: .owner)
            isPrivate = try? container.decodeIfPresent(Bool.self, forKey: .isPrivate)
            visibility = try? container.decodeIfPresent(String.self, forKey: .visibility)
            archived = try? container.decodeIfPresent(Bool.self, forKey: .archived)
            fork = try? container.decodeIfPresent(Bool.self, forKey: .fork)
            topics = try? container.decodeIfPresent([String].self, forKey: .topics)
            customProperties = try? container.decodeIfPresent([String: PropertyValue].self, forKey: .customProperties)
        }

        init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) {
            var id: Int64?
            var name: String?
            var owner: Owner?
            // Of the others, `null` is something that was met too.
            var isPrivate: Bool??
            var visibility: String??
            var archived: Bool??
            var fork: Bool??
            var topics: [String]??
            var customProperties: [String: PropertyValue]??
            try json.object { json, member throws(PlainJSON.NotPlain) in
                switch member {
                case "id" where id == nil: id = try json.integer()
                case "name" where name == nil: name = try json.string()
                case "owner" where owner == nil: owner = try Owner(plain: &json)
                case "private" where isPrivate == nil: isPrivate = .some(try json.read())
                case "visibility" where visibility == nil: visibility = .some(try json.read())
                case "archived" where archived == nil: archived = .some(try json.read())
                case "fork" where fork == nil: fork = .some(try json.read())
                case "topics" where topics == nil: topics = .some(try json.read())
                case "custom_properties" where customProperties == nil: customProperties = .some(try json.read())
                case "id", "name", "owner", "private", "visibility", "archived", "fork", "topics", "custom_properties":
                    throw PlainJSON.NotPlain()
                default: try json.pass()
                }
            }
            guard let id, let name, let owner else { throw PlainJSON.NotPlain() }
            self.id = id
            self.name = name
            self.owner = owner
            self.isPrivate = isPrivate ?? nil
            self.visibility = visibility ?? nil
            self.archived = archived ?? nil
            self.fork = fork ?? nil
            self.topics = topics ?? nil
            self.customProperties = customProperties ?? nil
        }
    }

    /// A page of `MinimalRepository`; `nil` for an entry that is none.
    struct Listing: PlainReadable, Decodable {
        let items: [Repository?]

        init(from decoder: any Decoder) throws {
            items = try decoder.singleValueContainer().decode([Lenient<Repository>].self).map(\.value)
        }

        init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) {
            items = try json.read()
        }
    }

    /// `OidcCustomPropertyInclusion`. Upstream's example has another name for the field than its schema.
    struct IncludedProperty: Decodable {
        let name: String

        enum CodingKeys: String, CodingKey {
            case name = "custom_property_name"
        }
    }

    /// `OrgRepoCustomPropertyValues`
    struct RepositoryProperties: Decodable {
        let repositoryID: Int64
        let properties: [Property]

        struct Property: Decodable {
            let name: String
            let value: PropertyValue

            enum CodingKeys: String, CodingKey {
                case value
                case name = "property_name"
            }
        }

        enum CodingKeys: String, CodingKey {
            case properties
            case repositoryID = "repository_id"
        }
    }

    /// Of `GET /installation/repositories`.
    struct InstallationRepositories: Decodable {
        let selection: String?

        enum CodingKeys: String, CodingKey {
            case selection = "repository_selection"
        }
    }

    /// What every description of a repository holds.
    struct Identity: Decodable {
        let id: Int64
    }

    /// A custom property's value: one text, several, or none.
    struct PropertyValue: PlainReadable, Decodable {
        let values: [String]

        init(plain json: inout PlainJSON) throws(PlainJSON.NotPlain) {
            values = json.isArray ? try json.read() : (try json.read() as String?).map { [$0] } ?? []
        }

        init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                values = []
            } else if let texts = try? container.decode([String].self) {
                values = texts
            } else if let flag = try? container.decode(Bool.self) {
                values = [flag ? "true" : "false"]
            } else {
                values = [try container.decode(String.self)]
            }
        }
    }

    /// An element of a list that must not take its neighbours with it when it is malformed.
    struct Lenient<Value: Decodable>: Decodable {
        let value: Value?

        init(from decoder: any Decoder) throws {
            value = try? Value(from: decoder)
        }
    }

    /// `RateLimitOverview`
    struct RateLimits: Decodable {
        let resources: Resources

        struct Resources: Decodable {
            let core: Limit
        }

        struct Limit: Decodable {
            let limit: Int
            let remaining: Int
            let reset: Int64
        }
    }
}

extension Repository {
    /// - Returns: `nil` where the name would change the meaning of a URL's path, or is far longer than GitHub allows.
    init?(_ wire: Wire.Repository) {
        self.init(
            id: RepositoryID(rawValue: wire.id), owner: wire.owner.login, ownerID: wire.owner.id, name: wire.name,
            visibility: Visibility(word: wire.visibility, isPrivate: wire.isPrivate), isArchived: wire.archived,
            isFork: wire.fork,
            topics: wire.topics?.contains(where: \.holdsNull) == true ? nil : wire.topics,
            customProperties: wire.customProperties?
                .contains { $0.key.holdsNull || $0.value.values.contains(where: \.holdsNull) } == true
                ? nil : wire.customProperties?.mapValues(\.values))
        guard isAddressable else { return nil }
    }
}

extension Repository.Visibility {
    /// - Parameters:
    ///   - word: of the member `visibility`; `nil` where it was not sent.
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
