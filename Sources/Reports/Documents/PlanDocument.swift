package import AuditCore
import Crypto
import Foundation

/// A plan as a file, version 1, with a digest of everything that it says.
///
/// What its shape can't say `parse` checks besides: the digest, and that each target stands once and belongs to one of the
/// plan's organizations.
package enum PlanDocument {
    package static let document = JSONDocument<Plan>("plan", readAs: "a plan") {
        Member("digest", .sha256, "of the document without this line") { digest(of: $0) }
        content
    }

    package static func render(_ plan: Plan) -> String { document.text(of: plan) }

    /// SHA-256 of the document without its digest, in hexadecimal.
    package static func digest(of plan: Plan) -> String {
        SHA256.hash(data: Data(unsealed.text(of: plan).utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count < 2 ? "0" + digits : digits
        }.joined()
    }

    /// Reads a plan.
    ///
    /// - Throws: where it is none, is of another version, or does not have the digest that it states.
    package static func parse(_ file: Document) throws(DocumentError) -> Plan {
        guard case .string(document.name)? = file.members.first(where: { $0.key == "schema" })?.value.value else {
            throw DocumentError(at: file.position, "it is not a plan of version 1", hint: "oidc-audit plan makes one")
        }
        try document.check(file)
        let reader = try ObjectReader(file, as: "a plan")
        let plan = try Plan(reader)
        guard plan.isSound else {
            throw DocumentError(
                at: file.position,
                "a plan changes each target once, in its own organizations alone, and this one does not")
        }
        guard try reader.string("digest") == digest(of: plan) else {
            throw DocumentError(
                at: reader.position(of: "digest"),
                "the plan is not what its digest says: it was changed since it was made",
                hint: "make a new one with oidc-audit plan")
        }
        return plan
    }

    /// What a write was read back as, as the journal keeps it.
    package static func render(found value: PlannedChange.Value) -> String {
        JSONWriter.text { found.write(value, nil, &$0) }
    }

    /// Reads what `render(found:)` writes.
    ///
    /// - Parameter isOfOrganization: whether it is an organization's template.
    package static func parse(
        found file: Document, isOfOrganization: Bool,
    ) throws(DocumentError) -> PlannedChange.Value {
        try found.schema.check(file, named: "found")
        return try PlannedChange.Value(ObjectReader(file, as: "what was read back").required("found"), isOfOrganization)
    }

    // MARK: -

    private static let unsealed = JSONDocument<Plan>("plan") { content }

    private static let content = Member<Plan>.list {
        Member("api_url", .name, "the only host to which it may be applied") { $0.apiURL }
        Member("enterprise_server", .boolean) { $0.isEnterpriseServer }
        Member("created_at", .time) { $0.createdAt }
        Member("scan", .maybe(.id), "the scan whose facts it is made from") { $0.scanID }
        Member.optional("scanned_at", .time, "when that scan began") { $0.scannedAt }
        Member("policy", policy, "the policy that asks for it; empty if a person does") { $0 }
        Member.optional("incomplete", .string, "why not everything was looked at") { $0.incomplete }
        Member("organizations", .list(organization)) { $0.organizations }
        Member("changes", .list(change), "organizations first") { $0.changes }
        Member("manual", .list(manual), "findings that stay, and why") { $0.manual }
        Member.optional("access", access, "what it does to who can assume what, by cloud exports") { $0.access }
    }

    private static let access = Shape<PlannedAccess>.object("access") {
        Member("files", .list(export), "the exports that it was held against") { $0.files }
        Member("lost", .list(.accessDifference)) { $0.lost }
        Member("gained", .list(.accessDifference)) { $0.gained }
        Member("gaps", .strings, "why not everything of the exports was read or decided") { $0.gaps }
    }

    private static let export = Shape<PlannedAccess.File>.object("an export") {
        Member("path", .string) { $0.path }
        Member("sha256", .sha256) { $0.sha256 }
    }

    private static let policy = Shape<Plan>.object("the policy") {
        Member("name", .string) { $0.policyName }
        Member("sha256", .string) { $0.policySHA256 }
    }

    private static let organization = Shape<Plan.Organization>.object("an organization") {
        Member("login", .name) { $0.login }
        Member("id", .id) { $0.id }
    }

    private static let change = Shape<PlannedChange>.object("a change") {
        Member("organization", .name, "its login, or that of the repository's owner") { $0.target.owner }
        Member("repository", .maybe(.name), "its name; null if the organization's template changes") {
            $0.target.repositoryName
        }
        Member("id", .id, "of the repository, or of the organization") { $0.target.id }
        Member("rules", .strings, "ids of the policy's entries that ask for it") { $0.rules }
        Member.optional("findings", .integer, "how many findings it fixes, where that is not one for each of the rules")
        {
            $0.findingCount == $0.rules.count ? nil : $0.findingCount
        }
        Member("before", .value, "as it was read; it is written only where it is still so") { $0.before }
        Member("may_inherit", .boolean, "the claims of before may be inherited ones") { $0.mayInherit }
        Member("after", .value, "as it is to be read back") { $0.after }
        Member.optional("inherited", .claims, "claims that it is then to inherit") { $0.inherited }
        Member.optional("inherited_before", .claims, "claims that it inherited") { $0.inheritedBefore }
        Member("subjects", .maybe(.list(subject)), "whose subject may change; null if nobody looked") {
            $0.knowsSubjects ? $0.subjects : nil
        }
        Member("warnings", .strings, "what a person should know before it is applied") { $0.warnings }
    }

    private static let subject = Shape<PlannedChange.Subject>.object("a subject") {
        Member("repository", .name) { $0.repository }
        Member("id", .id) { $0.repositoryID }
        Member("before", .maybe(.string), "null if it is unknown") { $0.before }
        Member("after", .maybe(.string), "null if it is unknown") { $0.after }
        Member.optional("certain", .boolean, "false if GitHub does not document how a part renders") {
            $0.isCertain ? nil : false
        }
        Member.optional("after_keeping_ids", .string, "what it is instead should GitHub keep the ids") {
            $0.afterKeepingIDs
        }
        Member.optional("same_in", .strings, "contexts whose jobs present the same subject before and after") {
            $0.sameIn.isEmpty ? nil : $0.sameIn.map(\.rawValue)
        }
        Member.optional("also_of", .string, "why the subject of before is presented when all is done") { $0.alsoOf }
    }

    private static let manual = Shape<Plan.Manual>.object("an entry of manual") {
        Member("rule", .string) { $0.rule }
        Member("name", .string, "of the repository, the organization or the waiver") { $0.name }
        Member("message", .string) { $0.message }
        Member("why", .string, "why no plan fixes it") { $0.why }
    }

    private static let found = Shape<PlannedChange.Value>.object("what was read back") {
        Member("found", .value) { $0 }
    }
}

extension PlannedChange.Target {
    fileprivate var repositoryName: String? { if case .repository(_, let name, _) = self { name } else { nil } }

    fileprivate var id: Int64 {
        switch self {
        case .organization(_, let id): id.rawValue
        case .repository(_, _, let id): id.rawValue
        }
    }
}

// MARK: - Reading what was checked

extension Plan {
    fileprivate init(_ reader: ObjectReader) throws(DocumentError) {
        let policy = try reader.object("policy")
        self.init(
            apiURL: try reader.string("api_url"),
            isEnterpriseServer: try reader.bool("enterprise_server", default: false),
            organizations: try reader.objects("organizations").map { one throws(DocumentError) in
                Organization(login: try one.string("login"), id: OrganizationID(rawValue: try one.id("id")))
            },
            createdAt: try reader.time("created_at"),
            scanID: reader.isNull("scan") ? nil : ScanID(rawValue: try reader.id("scan")),
            policyName: try policy.text("name"), policySHA256: try policy.text("sha256"),
            changes: try reader.objects("changes").map { one throws(DocumentError) in try PlannedChange(one) },
            manual: try reader.objects("manual").map { one throws(DocumentError) in
                Manual(
                    rule: try one.text("rule"), name: try one.text("name"), message: try one.text("message"),
                    why: try one.text("why"))
            }, incomplete: try reader.optionalText("incomplete"),
            scannedAt: reader.isNull("scanned_at") ? nil : try reader.time("scanned_at"),
            access: reader.isNull("access") ? nil : try PlannedAccess(reader.object("access")))
    }
}

extension PlannedAccess {
    fileprivate init(_ reader: ObjectReader) throws(DocumentError) {
        self.init(
            files: try reader.objects("files").map { one throws(DocumentError) in
                File(path: try one.text("path"), sha256: try one.string("sha256"))
            },
            lost: try reader.objects("lost").map { one throws(DocumentError) in try AccessDifference(one) },
            gained: try reader.objects("gained").map { one throws(DocumentError) in try AccessDifference(one) },
            gaps: try reader.texts("gaps") ?? [])
    }
}

extension AccessDifference {
    fileprivate init(_ reader: ObjectReader) throws(DocumentError) {
        let parts = try reader.string("repository").split(
            separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2 else {
            throw DocumentError(at: reader.position(of: "repository"), "this is not OWNER/NAME")
        }
        self.init(
            repository: Repository(
                id: RepositoryID(rawValue: try reader.id("repository_id")), owner: String(parts[0]),
                name: String(parts[1]), visibility: .unknown),
            trust: try reader.text("trust"), identity: try reader.text("identity"),
            before: try reader.optionalText("before"), after: try reader.optionalText("after"),
            contexts: (try reader.texts("contexts") ?? []).compactMap(JobContext.Kind.init(rawValue:)),
            isCertain: try reader.bool("is_certain", default: false),
            add: try reader.objects("add").map { one throws(DocumentError) in
                Addition(
                    claim: ClaimKey(try one.text("claim")), value: try one.text("value"), key: try one.text("key"),
                    comparison: try one.text("operator"), insteadOf: try one.optionalText("instead_of"))
            },
            obstacle: try reader.optionalText("obstacle"))
    }
}

extension PlannedChange {
    fileprivate init(_ reader: ObjectReader) throws(DocumentError) {
        let organization = try reader.string("organization")
        let id = try reader.id("id")
        let isOfOrganization = reader.isNull("repository")
        let target: Target
        if isOfOrganization {
            guard let login = OrganizationLogin(organization) else {
                throw DocumentError(at: reader.position(of: "organization"), "\"\(organization)\" is not a login")
            }
            target = .organization(login: login.rawValue, id: OrganizationID(rawValue: id))
        } else {
            target = .repository(
                owner: organization, name: try reader.string("repository"), id: RepositoryID(rawValue: id))
        }
        let after = try Value(reader.required("after"), isOfOrganization)
        guard after != .organization(.neverSet) else {
            throw DocumentError(
                at: reader.position(of: "after"), "an organization's template can't be unset",
                hint: "GitHub has no way to")
        }
        let knowsSubjects = !reader.isNull("subjects")
        self.init(
            target: target, before: try Value(reader.required("before"), isOfOrganization),
            mayInherit: try reader.bool("may_inherit", default: true), after: after,
            inherited: try reader.claims("inherited"), inheritedBefore: try reader.claims("inherited_before"),
            rules: try reader.texts("rules") ?? [],
            findingCount: try reader.optionalNumber("findings", in: 0...Int.max),
            subjects: knowsSubjects
                ? try reader.objects("subjects").map { one throws(DocumentError) in try Subject(one) } : [],
            knowsSubjects: knowsSubjects, warnings: try reader.texts("warnings") ?? [])
    }
}

extension PlannedChange.Subject {
    fileprivate init(_ reader: ObjectReader) throws(DocumentError) {
        self.init(
            repository: try reader.string("repository"), repositoryID: RepositoryID(rawValue: try reader.id("id")),
            before: try reader.optionalText("before"), after: try reader.optionalText("after"),
            isCertain: try reader.bool("certain", default: true),
            afterKeepingIDs: try reader.optionalText("after_keeping_ids"))
        sameIn = try reader.words("same_in", of: JobContext.Kind.self) ?? []
        alsoOf = try reader.optionalText("also_of")
    }
}

extension PlannedChange.Value {
    /// Reads a template or a setting, whichever is wanted.
    fileprivate init(_ document: Document, _ isOfOrganization: Bool) throws(DocumentError) {
        let reader = try ObjectReader(document, as: isOfOrganization ? "a template" : "a setting")
        // Checked again, since the one is no substitute for the other.
        guard (reader.optional("status") != nil) == isOfOrganization else {
            throw DocumentError(
                at: document.position,
                isOfOrganization ? "this must be an organization's template" : "this must be a repository's setting")
        }
        guard isOfOrganization else {
            self = .repository(
                RepositorySetting(
                    useDefault: try reader.bool("use_default", default: false),
                    includeClaimKeys: try reader.claims("include_claim_keys"),
                    useImmutableSubject: try reader.optionalFlag("use_immutable_subject"),
                    subClaimPrefix: try reader.optionalText("sub_claim_prefix")))
            return
        }
        self = .organization(
            try reader.string("status") == "never_set"
                ? .neverSet
                : .set(
                    SubjectTemplate(try reader.claims("include_claim_keys") ?? []),
                    useImmutableSubject: try reader.optionalFlag("use_immutable_subject")))
    }
}

extension Document {
    /// Empty if it is not an object.
    var members: [Member] { if case .object(let members) = value { members } else { [] } }

    fileprivate var elements: [Document] { if case .array(let elements) = value { elements } else { [] } }
}

extension ObjectReader {
    fileprivate func isNull(_ key: String) -> Bool { optional(key)?.isNull ?? true }

    fileprivate func object(_ key: String) throws(DocumentError) -> ObjectReader {
        try ObjectReader(required(key), as: "\"\(key)\"")
    }

    fileprivate func objects(_ key: String) throws(DocumentError) -> [ObjectReader] {
        try required(key).elements.map { element throws(DocumentError) in try ObjectReader(element, as: "\"\(key)\"") }
    }

    /// A text, which may be empty.
    fileprivate func text(_ key: String) throws(DocumentError) -> String {
        if case .string(let text)? = optional(key)?.value { return text }
        return try string(key)
    }

    fileprivate func optionalText(_ key: String) throws(DocumentError) -> String? { isNull(key) ? nil : try text(key) }

    fileprivate func optionalFlag(_ key: String) throws(DocumentError) -> Bool? {
        isNull(key) ? nil : try optionalBool(key)
    }

    /// Texts, of which one may stand twice; `nil` if there is no list.
    fileprivate func texts(_ key: String) throws(DocumentError) -> [String]? {
        guard !isNull(key) else { return nil }
        return try required(key).elements.compactMap { if case .string(let text) = $0.value { text } else { nil } }
    }

    fileprivate func claims(_ key: String) throws(DocumentError) -> [ClaimKey]? {
        try texts(key)?.map { ClaimKey($0) }
    }

    fileprivate func id(_ key: String) throws(DocumentError) -> Int64 {
        guard case .number(let text) = try required(key).value, let id = Int64(text) else {
            throw DocumentError(at: position(of: key), "\"\(key)\" must be a number")
        }
        return id
    }

    func time(_ key: String) throws(DocumentError) -> Timestamp {
        let text = try string(key)
        guard let time = Timestamp(text) else {
            throw DocumentError(
                at: position(of: key), "\"\(text)\" is not a time", hint: "such as 2026-11-21T02:00:00Z")
        }
        return time
    }
}
