public import AuditCore
import Crypto
import Foundation

/// A plan as a file: JSON, version 1, with a digest of everything that it says.
public enum PlanDocument {
    public static let schema = "oidc-audit.plan/v1"

    public static func render(_ plan: Plan) -> String {
        document(plan, digest: digest(of: plan))
    }

    /// SHA-256 of the document without its digest, in hexadecimal.
    public static func digest(of plan: Plan) -> String {
        SHA256.hash(data: Data(document(plan, digest: nil).utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined()
    }

    /// Reads a plan.
    ///
    /// - Throws: where it is none, is of another version, or does not have the digest that it states.
    public static func parse(_ document: Document) throws(DocumentError) -> Plan {
        guard case .object(let members) = document.value,
            case .string(schema)? = members.first(where: { $0.key == "schema" })?.value.value
        else {
            throw DocumentError(at: document.position, "it is no plan of version 1", hint: "oidc-audit plan makes one")
        }
        let reader = try ObjectReader(document, as: "a plan", allowing: keys)
        let plan = try Plan(reader)
        guard plan.isSound else {
            throw DocumentError(
                at: document.position,
                "a plan changes each target once, in its own organizations alone, and this one does not")
        }
        let stated = try reader.string("digest")
        let own = digest(of: plan)
        guard stated == own else {
            throw DocumentError(
                at: reader.position(of: "digest"),
                "the plan is not what its digest says: it was changed since it was made",
                hint: "make it anew with oidc-audit plan")
        }
        return plan
    }

    /// What a write was read back as, as the journal keeps it.
    public static func render(found value: PlannedChange.Value) -> String {
        CatalogPage.json { json in json.object { $0.value("found", value) } }
    }

    /// Reads what `render(found:)` writes.
    ///
    /// - Parameter isOfOrganization: whether it is an organization's template.
    public static func parse(
        found document: Document, isOfOrganization: Bool,
    ) throws(DocumentError) -> PlannedChange.Value {
        let reader = try ObjectReader(document, as: "what was read back", allowing: ["found"])
        return try PlannedChange.Value(reader.required("found"), isOfOrganization)
    }

    // MARK: -

    fileprivate static let keys = [
        "schema", "digest", "api_url", "enterprise_server", "created_at", "scan", "scanned_at", "policy", "incomplete",
        "organizations",
        "changes", "manual",
    ]

    private static func document(_ plan: Plan, digest: String?) -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("schema", schema)
                if let digest { json.string("digest", digest) }
                json.string("api_url", plan.apiURL)
                json.bool("enterprise_server", plan.isEnterpriseServer)
                json.string("created_at", plan.createdAt.description)
                json.number("scan", plan.scanID?.rawValue)
                if let moment = plan.scannedAt { json.string("scanned_at", moment.description) }
                json.object("policy") { json in
                    json.string("name", plan.policyName)
                    json.string("sha256", plan.policySHA256)
                }
                // Only where they say something, so that the digest of a plan from before is what it was.
                if let why = plan.incomplete { json.string("incomplete", why) }
                json.array("organizations", of: plan.organizations) { json, organization in
                    json.object { json in
                        json.string("login", organization.login)
                        json.number("id", organization.id.rawValue)
                    }
                }
                json.array("changes", of: plan.changes) { $0.change($1) }
                json.array("manual", of: plan.manual) { json, manual in
                    json.object { json in
                        json.string("rule", manual.rule)
                        json.string("name", manual.name)
                        json.string("message", manual.message)
                        json.string("why", manual.why)
                    }
                }
            }
        }
    }
}

extension JSONWriter {
    fileprivate mutating func change(_ change: PlannedChange) {
        object { json in
            switch change.target {
            case .organization(let login, let id):
                json.string("organization", login)
                json.null("repository")
                json.number("id", id.rawValue)
            case .repository(let owner, let name, let id):
                json.string("organization", owner)
                json.string("repository", name)
                json.number("id", id.rawValue)
            }
            json.strings("rules", change.rules)
            json.value("before", change.before)
            json.bool("may_inherit", change.mayInherit)
            json.value("after", change.after)
            if let inherited = change.inherited { json.strings("inherited", inherited.map(\.rawValue)) }
            if let before = change.inheritedBefore { json.strings("inherited_before", before.map(\.rawValue)) }
            if change.knowsSubjects {
                json.array("subjects", of: change.subjects) { json, subject in
                    json.object { json in
                        json.string("repository", subject.repository)
                        json.number("id", subject.repositoryID.rawValue)
                        json.string("before", subject.before)
                        json.string("after", subject.after)
                        if !subject.isCertain { json.bool("certain", false) }
                        if let text = subject.afterKeepingIDs { json.string("after_keeping_ids", text) }
                    }
                }
            } else {
                json.null("subjects")
            }
            json.strings("warnings", change.warnings)
        }
    }

    mutating func value(_ key: String, _ value: PlannedChange.Value) {
        switch value {
        case .organization(let template): self.template(key, template)
        case .repository(let setting): self.setting(key, setting)
        }
    }
}

// MARK: - Reading

extension Plan {
    fileprivate init(_ reader: ObjectReader) throws(DocumentError) {
        let policy = try ObjectReader(reader.required("policy"), as: "the policy", allowing: ["name", "sha256"])
        var organizations: [Organization] = []
        for element in try reader.list("organizations") {
            let one = try ObjectReader(element, as: "an organization", allowing: ["login", "id"])
            organizations.append(
                Organization(login: try one.string("login"), id: OrganizationID(rawValue: try one.id("id"))))
        }
        var changes: [PlannedChange] = []
        for element in try reader.list("changes") { changes.append(try PlannedChange(element)) }
        var manual: [Manual] = []
        for element in try reader.list("manual") {
            let one = try ObjectReader(element, as: "an entry of manual", allowing: ["rule", "name", "message", "why"])
            manual.append(
                Manual(
                    rule: try one.text("rule"), name: try one.text("name"), message: try one.text("message"),
                    why: try one.text("why")))
        }
        func time(_ key: String) throws(DocumentError) -> Timestamp? {
            guard let text = try reader.optionalText(key) else { return nil }
            guard let time = Timestamp(text) else {
                throw DocumentError(at: reader.position(of: key), "\"\(text)\" is no time")
            }
            return time
        }
        guard let createdAt = try time("created_at") else {
            throw DocumentError(at: reader.position(of: "created_at"), "a plan says when it was made")
        }
        self.init(
            apiURL: try reader.string("api_url"),
            isEnterpriseServer: try reader.bool("enterprise_server", default: false), organizations: organizations,
            createdAt: createdAt, scanID: reader.isNull("scan") ? nil : ScanID(rawValue: try reader.id("scan")),
            policyName: try policy.text("name"), policySHA256: try policy.text("sha256"), changes: changes,
            manual: manual, incomplete: try reader.optionalText("incomplete"), scannedAt: try time("scanned_at"))
    }
}

extension PlannedChange {
    fileprivate init(_ document: Document) throws(DocumentError) {
        let reader = try ObjectReader(
            document, as: "a change",
            allowing: [
                "organization", "repository", "id", "rules", "before", "may_inherit", "after", "inherited",
                "inherited_before", "subjects", "warnings",
            ])
        let organization = try reader.string("organization")
        let id = try reader.id("id")
        let isOfOrganization = reader.isNull("repository")
        let target: Target
        if isOfOrganization {
            guard let login = OrganizationLogin(organization) else {
                throw DocumentError(at: reader.position(of: "organization"), "\"\(organization)\" is no login")
            }
            target = .organization(login: login.rawValue, id: OrganizationID(rawValue: id))
        } else {
            target = .repository(
                owner: organization, name: try reader.string("repository"), id: RepositoryID(rawValue: id))
        }
        var subjects: [Subject] = []
        let knowsSubjects = !reader.isNull("subjects")
        for element in knowsSubjects ? try reader.list("subjects") : [] {
            let one = try ObjectReader(
                element, as: "a subject",
                allowing: ["repository", "id", "before", "after", "certain", "after_keeping_ids"])
            subjects.append(
                Subject(
                    repository: try one.string("repository"), repositoryID: RepositoryID(rawValue: try one.id("id")),
                    before: try one.optionalText("before"), after: try one.optionalText("after"),
                    isCertain: try one.bool("certain", default: true),
                    afterKeepingIDs: try one.optionalText("after_keeping_ids")))
        }
        let after = try Value(reader.required("after"), isOfOrganization)
        guard after != .organization(.neverSet) else {
            throw DocumentError(
                at: reader.position(of: "after"), "an organization's template can't be unset",
                hint: "GitHub has no way to")
        }
        self.init(
            target: target, before: try Value(reader.required("before"), isOfOrganization),
            mayInherit: try reader.bool("may_inherit", default: true), after: after,
            inherited: try reader.texts("inherited")?.map { ClaimKey($0) },
            inheritedBefore: try reader.texts("inherited_before")?.map { ClaimKey($0) },
            rules: try reader.texts("rules") ?? [],
            subjects: subjects, knowsSubjects: knowsSubjects, warnings: try reader.texts("warnings") ?? [])
    }
}

extension PlannedChange.Value {
    /// Reads what `JSONWriter.value` writes.
    public init(_ document: Document, _ isOfOrganization: Bool) throws(DocumentError) {
        guard isOfOrganization else {
            let reader = try ObjectReader(
                document, as: "a setting",
                allowing: ["use_default", "include_claim_keys", "use_immutable_subject", "sub_claim_prefix"])
            self = .repository(
                RepositorySetting(
                    useDefault: try reader.bool("use_default", default: false),
                    includeClaimKeys: try reader.texts("include_claim_keys")?.map { ClaimKey($0) },
                    useImmutableSubject: try reader.optionalFlag("use_immutable_subject"),
                    subClaimPrefix: try reader.optionalText("sub_claim_prefix")))
            return
        }
        let reader = try ObjectReader(
            document, as: "a template", allowing: ["status", "include_claim_keys", "use_immutable_subject", "error"])
        switch try reader.string("status") {
        case "set":
            self = .organization(
                .set(
                    SubjectTemplate(try reader.texts("include_claim_keys")?.map { ClaimKey($0) } ?? []),
                    useImmutableSubject: try reader.optionalFlag("use_immutable_subject")))
        case "never_set": self = .organization(.neverSet)
        default:
            throw DocumentError(at: reader.position(of: "status"), "a template is set or never_set")
        }
    }
}

extension ObjectReader {
    fileprivate func isNull(_ key: String) -> Bool {
        guard case .null? = optional(key)?.value else { return optional(key) == nil }
        return true
    }

    /// A list, which may be empty.
    fileprivate func list(_ key: String) throws(DocumentError) -> [Document] {
        let document = try required(key)
        guard case .array(let elements) = document.value else {
            throw DocumentError(at: document.position, "\"\(key)\" must be a list, not \(document.kind)")
        }
        return elements
    }

    /// A text, which may be empty.
    fileprivate func text(_ key: String) throws(DocumentError) -> String {
        try Self.text(required(key), key)
    }

    fileprivate func optionalText(_ key: String) throws(DocumentError) -> String? {
        guard !isNull(key) else { return nil }
        return try text(key)
    }

    fileprivate func optionalFlag(_ key: String) throws(DocumentError) -> Bool? {
        isNull(key) ? nil : try optionalBool(key)
    }

    /// Texts, of which one may stand twice; `nil` where there is no list.
    fileprivate func texts(_ key: String) throws(DocumentError) -> [String]? {
        guard !isNull(key) else { return nil }
        var texts: [String] = []
        for element in try list(key) { texts.append(try Self.text(element, key)) }
        return texts
    }

    fileprivate func id(_ key: String) throws(DocumentError) -> Int64 {
        let document = try required(key)
        guard case .number(let text) = document.value, let id = Int64(text), id > 0 else {
            throw DocumentError(at: document.position, "\"\(key)\" is no id")
        }
        return id
    }

    private static func text(_ document: Document, _ key: String) throws(DocumentError) -> String {
        guard case .string(let text) = document.value else {
            throw DocumentError(at: document.position, "\"\(key)\" must be a string, not \(document.kind)")
        }
        return text
    }
}
