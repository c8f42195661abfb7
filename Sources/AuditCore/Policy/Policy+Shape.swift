/// The form of policies, version 1: their reader takes its keys from it, and editors complete and check by its JSON
/// Schema. What it can't say, such as unique ids, the reader checks besides.
extension Policy {
    /// Which claims are known matters only where the policy does not allow others.
    package static let shape = JSONShape.switched(
        by: "allow_unknown_claims", then: .object(object(.any)), else: .object(object(.known)))

    static let object = object(.known)

    private static func object(_ claims: ClaimNames) -> JSONObject {
        JSONObject(
            "a policy",
            [
                .optional("$schema", .string, "where editors find this schema"),
                JSONObject.Member("version", .integer(1...1)),
                JSONObject.Member("name", .name, "the policy's name, which stands in reports and in the history"),
                .optional("description", .name, "one or two sentences"),
                .optional("allow_unknown_claims", .boolean, "accept claims that this version does not know"),
                .optional("max_waiver_days", .integer(1...36_500), "longest time until a waiver expires"),
                .optional("waivers_name_problems", .boolean, "each waiver must name the problems that it accepts"),
                JSONObject.Member("rules", .set(RuleEntry.shape(claims)), "what the policy demands"),
            ])
    }
}

/// Which claims an entry may name.
enum ClaimNames: String {
    case known
    case any

    /// One claim.
    var claim: JSONShape { self == .known ? Self.claim : Self.anyClaim }
    /// One claim, or `repo_property_*`.
    var claimOrFamily: JSONShape { self == .known ? Self.claimOrFamily : Self.anyClaim }

    static let anyClaim = JSONShape.defined("any_claim", .name)
    private static let claim = JSONShape.defined("claim", among(ClaimCatalog.all.map(\.key.rawValue)))
    private static let claimOrFamily = JSONShape.defined(
        "claim_or_family", among((ClaimCatalog.all + [ClaimCatalog.customProperty]).map(\.key.rawValue)))

    private static func among(_ names: [String]) -> JSONShape {
        .either([.one(names), .pattern("^\(ClaimKey.customPropertyPrefix)[A-Za-z0-9_]+$")])
    }
}

extension RuleEntry {
    /// An entry is of one rule, and has that rule's keys alone.
    static func shape(_ claims: ClaimNames) -> JSONShape {
        .defined(
            claims == .known ? "rule" : "rule_of_any_claims",
            .forms(
                by: JSONObject.Member(
                    "rule", .one(RuleCatalog.all.map { $0.name }), "oidc-audit explain RULE says what it means"),
                RuleCatalog.all.map { ($0.name, object(of: $0, claims)) }))
    }

    static func object(of type: any Rule.Type, _ claims: ClaimNames = .known) -> JSONObject {
        var members = [
            JSONObject.Member(
                "id", .pattern("^[a-z0-9-]+$", except: reservedIDs(for: type)),
                "the name that people see, unique in the policy"),
            JSONObject.Member("rule", .one([type.name])),
            JSONObject.Member("severity", .one(Severity.allCases.map(\.rawValue))),
        ]
        if type is any RepositoryRule.Type { members.append(.optional("where", Selector.shape)) }
        if type is any TrustRule.Type { members.append(.optional("identities", IdentitySelector.shape)) }
        members.append(.optional("reason", .name, "why the entry is there; reports show it"))
        if !(type is any WaiverRule.Type), !(type is any TrustRule.Type) {
            members.append(
                .optional(
                    "fix", Fix.shape(ofOrganization: type is any OrganizationRule.Type, claims),
                    "how plan fixes what the entry finds"))
        }
        var object = JSONObject("an entry of the rule \(type.name)", members + type.options.map { $0.member(claims) })
        object.meaning = type.summary
        object.oneOf = type.oneOf
        return object
    }
}

extension RuleOption {
    fileprivate func member(_ claims: ClaimNames) -> JSONObject.Member {
        let shape: JSONShape =
            switch kind {
            case .claims: .set(claims.claim)
            case .claimPatterns: .set(claims.claimOrFamily)
            case .anyClaims: .set(ClaimNames.anyClaim)
            case .claimLists: .set(.set(claims.claim))
            case .names: .set(.name)
            case .words(let words): .set(.one(words))
            case .bool: .boolean
            case .number(let range): .integer(Int64(range.lowerBound)...Int64(range.upperBound))
            }
        return JSONObject.Member(name, shape, meaning, isRequired: isRequired, needs: needs)
    }
}

extension Fix {
    private static let word = JSONShape.one(Word.allCases.map(\.rawValue))

    fileprivate static func shape(ofOrganization isOfOrganization: Bool, _ claims: ClaimNames) -> JSONShape {
        let object = JSONShape.object(object(ofOrganization: isOfOrganization, claims))
        return isOfOrganization ? object : .either([word, object])
    }

    static func object(ofOrganization isOfOrganization: Bool, _ claims: ClaimNames = .known) -> JSONObject {
        let template = JSONShape.set(claims.claim)
        guard !isOfOrganization else { return JSONObject("a fix", [JSONObject.Member("template", template)]) }
        var object = JSONObject(
            "a fix",
            [
                .optional("template", .either([word, template])),
                .optional("inherit", .boolean, "follow the organization's template, as \"template\": \"inherit\" does"),
                .optional("immutable", .boolean, "opt in to immutable subjects"),
            ])
        object.oneOf = object.names
        object.members.append(
            JSONObject.Member(
                "organization_wide", .boolean,
                "the organization opts in, in one write, and not each repository", isRequired: false,
                needs: "immutable"))
        return object
    }
}

extension Selector {
    static let object = {
        var object = JSONObject(
            "\"where\"",
            [
                .optional("names", .set(.name), "globs on the name, without case"),
                .optional("exclude_names", .set(.name), "globs on the name, without case"),
                .optional("visibility", .set(.one(visibilities.map(\.rawValue)))),
                .optional("topics", .set(.name), "topics of the repository"),
                .optional(
                    "properties", .map(.set(.name), isEmptyAllowed: false), "values of custom properties, by name"),
                .optional("fork", .boolean), .optional("archived", .boolean),
            ])
        object.meaning = "which repositories: fields are ANDed, the values of a field ORed"
        return object
    }()

    fileprivate static let shape = JSONShape.defined("where", .object(object))
    static let visibilities: [Repository.Visibility] = [.public, .private, .internal]
}

extension WaiverList {
    static let object = JSONObject(
        "a waiver file",
        [
            JSONObject.Member("version", .integer(1...1)),
            JSONObject.Member("waivers", .either([.list(.object(Waiver.object)), .null])),
        ])

    /// The form of waiver files, version 1.
    package static let shape = JSONShape.object(object)
}

extension Waiver {
    static let object = {
        var object = JSONObject(
            "a waiver",
            [
                JSONObject.Member("rule", .pattern("^[a-z0-9-]+$"), "id of the policy's entry"),
                .optional("organization", .name, "login; alone: findings about the organization itself"),
                .optional("except_organizations", .set(.name), "logins of organizations of which it covers nothing"),
                .optional("repository", .either([.name, .id]), "a name, a glob or a numeric id"),
                .optional(
                    "repository_id", .id, "beside a repository's name: the one that is meant, whatever it is called now"
                ),
                .optional("identity", .name, "a glob on a cloud role's name or ARN; of rules about trusts"),
                .optional("accepts", .set(.name), "the problems that it accepts; without it whatever the rule finds"),
                JSONObject.Member("owner", .name, "who answers for it"),
                JSONObject.Member("reason", .name, "why it is accepted"),
                JSONObject.Member("expires", .day, "the last day on which it holds, in UTC"),
            ])
        object.oneOf = ["organization", "repository", "identity"]
        return object
    }()
}
