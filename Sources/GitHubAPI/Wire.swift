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
    struct RepositorySetting: Decodable {
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
    struct Repository: Decodable {
        let id: Int64
        let name: String
        let owner: Owner
        let isPrivate: Bool?
        let visibility: String?
        let archived: Bool?
        let fork: Bool?
        let topics: [String]?
        let customProperties: [String: PropertyValue]?

        struct Owner: Decodable {
            let id: Int64?
            let login: String

            enum CodingKeys: String, CodingKey, CaseIterable {
                case id, login
            }
        }

        enum CodingKeys: String, CodingKey, CaseIterable {
            case id, name, owner, visibility, archived, fork, topics
            case isPrivate = "private"
            case customProperties = "custom_properties"
        }

        /// What is read of a listing's entry.
        static let members = CodingKeys.allCases.map { key in
            JSONExtract.Member(
                key.rawValue, key == .owner ? Owner.CodingKeys.allCases.map { JSONExtract.Member($0.rawValue) } : [])
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
    struct PropertyValue: Decodable {
        let values: [String]

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
        let visibility: Visibility? =
            wire.visibility.map { Visibility(rawValue: $0) ?? .unknown }
            ?? wire.isPrivate.map { $0 ? .private : .public }
        self.init(
            id: RepositoryID(rawValue: wire.id), owner: wire.owner.login, ownerID: wire.owner.id, name: wire.name,
            visibility: visibility ?? .unknown, isArchived: wire.archived, isFork: wire.fork,
            topics: wire.topics?.contains(where: \.holdsNull) == true ? nil : wire.topics,
            customProperties: wire.customProperties?
                .contains { $0.key.holdsNull || $0.value.values.contains(where: \.holdsNull) } == true
                ? nil : wire.customProperties?.mapValues(\.values))
        guard isAddressable else { return nil }
    }
}

extension String {
    /// Whether it holds U+0000, at which SQLite would cut it: no text of GitHub's does.
    var holdsNull: Bool { utf8.contains(0) }
}
