/// One case of a policy's own tests: a repository as GitHub would describe it, and what the policy should make of it.
package struct PolicyCase: Sendable {
    package let name: String
    package let position: SourcePosition
    /// One organization with at most one repository, or with none if the case is about the organization alone.
    let snapshot: Snapshot
    /// Ids of rule entries that should fail, and of those that should be undecided.
    let expected: Set<String>
    let expectedUndecided: Set<String>
    /// Whether the repository's template should be unknown.
    let expectsUnreadable: Bool
    /// Ids as the case names them, with their places.
    let named: [(id: String, position: SourcePosition)]

    /// Judges the case.
    ///
    /// - Returns: what differs from what the case expects, one phrase each; empty if nothing does.
    package func misses(under policy: Policy) -> [String] {
        let report = Evaluator(policy: policy, gate: Gate()).evaluate(snapshot)
        let found = Set(report.findings.map(\.rule))
        let undecided = Set(
            (report.repositories.map(\.outcomes) + report.organizations.map(\.outcomes)).flatMap { outcomes in
                zip(report.policy.rules, outcomes).filter { $0.1 == .undecided }.map(\.0.id)
            })
        var misses: [String] = []
        if let repository = report.repositories.first, repository.outcomes.isEmpty != expectsUnreadable {
            misses.append(
                expectsUnreadable ? "was expected to be unreadable" : "unreadable: \(repository.reason ?? "unknown")")
        }
        for rule in report.policy.rules.map(\.id) {
            switch (expected.contains(rule), found.contains(rule)) {
            case (true, false): misses.append("\(rule) was expected and did not fail")
            case (false, true):
                let message = report.findings.first { $0.rule == rule }?.violation.message ?? ""
                misses.append("\(rule) failed and was not expected: \(message)")
            default: break
            }
            switch (expectedUndecided.contains(rule), undecided.contains(rule)) {
            case (true, false): misses.append("\(rule) was expected to be undecided and is not")
            case (false, true): misses.append("\(rule) is undecided, which was not expected")
            default: break
            }
        }
        return misses
    }

    /// Refuses a case that names an entry which the policy does not have.
    package func check(against policy: Policy) throws(DocumentError) {
        let ids = policy.rules.map(\.id)
        for (id, position) in named where !ids.contains(id) {
            throw DocumentError(
                at: position, "the policy \(policy.name) has no rule entry \"\(id)\"",
                hint: NearestWord.hint(for: id, among: ids))
        }
    }
}

/// The cases of one file.
package struct PolicyCaseList: Sendable {
    package let cases: [PolicyCase]
    /// The policy that the file names; `nil` if it names none.
    package let policy: String?

    /// Reads a file of cases, version 1.
    package init(_ document: Document) throws(DocumentError) {
        try document.refuseOtherVersions("case file")
        let reader = try ObjectReader(document, as: "a case file", allowing: ["version", "policy", "cases"])
        _ = try reader.required("version")
        policy = try reader.optionalString("policy")
        var cases: [PolicyCase] = []
        for element in try reader.required("cases").elements(named: "cases", isRequired: true) {
            cases.append(try PolicyCase(element))
        }
        self.cases = cases
    }
}

// MARK: - Reading

extension PolicyCase {
    private static let keys = [
        "name", "setting", "template", "organization_template", "repository", "included_properties",
        "enterprise_server", "expect", "expect_undecided", "expect_unreadable",
    ]
    private static let login = "acme"

    init(_ document: Document) throws(DocumentError) {
        let reader = try ObjectReader(document, as: "a case", allowing: Self.keys)
        name = try reader.string("name")
        position = document.position
        let isEnterpriseServer = try reader.bool("enterprise_server", default: false)
        let repository = try Self.repository(reader.optional("repository"))
        // As GitHub has it where subjects are not immutable.
        let prefix = isEnterpriseServer ? nil : "repo:\(repository.fullName)"
        let setting = try Self.setting(reader, prefix: prefix)
        let isAboutOrganization = setting == nil
        if isAboutOrganization, reader.optional("organization_template") == nil || reader.optional("repository") != nil
        {
            throw DocumentError(
                at: document.position, "the case \"\(name)\" has no template",
                hint: "add \"template\" or \"setting\"; \"organization_template\" alone is a case of the organization")
        }
        let observed = setting.map { setting in
            [RepositorySnapshot(repository: repository, reading: .read(setting), since: nil)]
        }
        snapshot = Snapshot(
            scanID: nil, apiURL: "https://api.github.com", isEnterpriseServer: isEnterpriseServer,
            startedAt: Timestamp(secondsSince1970: 0), finishedAt: Timestamp(secondsSince1970: 0), stop: nil,
            requests: RequestCounts(), scope: Scope(includesArchived: true),
            organizations: [
                OrganizationSnapshot(
                    login: Self.login, id: OrganizationID(rawValue: 77),
                    template: try Self.organizationTemplate(reader),
                    includedProperties: try Self.includedProperties(reader),
                    listing: Listing(status: .complete, listed: observed?.count ?? 0, expected: observed?.count ?? 0),
                    repositories: observed ?? [])
            ])
        let failing = try Self.ids(reader, "expect")
        let undecided = try Self.ids(reader, "expect_undecided")
        named = failing + undecided
        expected = Set(failing.map(\.id))
        expectedUndecided = Set(undecided.map(\.id))
        expectsUnreadable = try reader.bool("expect_unreadable", default: false)
        guard reader.optional("expect") != nil || !undecided.isEmpty || expectsUnreadable else {
            throw DocumentError(
                at: document.position, "the case \"\(name)\" expects nothing",
                hint: "add \"expect\": a list of rule ids, [] where none should fail")
        }
    }

    private static func ids(
        _ reader: ObjectReader, _ key: String,
    ) throws(DocumentError) -> [(id: String, position: SourcePosition)] {
        guard let document = reader.optional(key) else { return [] }
        if case .array(let elements) = document.value, elements.isEmpty { return [] }
        return try document.strings(named: key).map { (id: $0.text, position: $0.position) }
    }

    /// `setting` is GitHub's answer; `template` is short for keys of the repository's own, or `default`.
    ///
    /// - Parameter prefix: the one to assume where the case says nothing of it.
    private static func setting(_ reader: ObjectReader, prefix: String?) throws(DocumentError) -> RepositorySetting? {
        if let document = reader.optional("template") {
            guard reader.optional("setting") == nil else {
                throw DocumentError(
                    at: document.position, "\"template\" and \"setting\" exclude each other", hint: "give one of them")
            }
            let isDefault = if case .string("default") = document.value { true } else { false }
            return RepositorySetting(
                useDefault: isDefault, includeClaimKeys: isDefault ? nil : try keys(document, named: "template"),
                subClaimPrefix: prefix)
        }
        guard let document = reader.optional("setting") else { return nil }
        let setting = try ObjectReader(
            document, as: "a setting",
            allowing: ["use_default", "include_claim_keys", "use_immutable_subject", "sub_claim_prefix"])
        var value = RepositorySetting(
            useDefault: try setting.bool("use_default", default: false),
            useImmutableSubject: try setting.optionalBool("use_immutable_subject"), subClaimPrefix: prefix)
        if let list = setting.optional("include_claim_keys"), !list.isNull {
            value.includeClaimKeys = try keys(list, named: "include_claim_keys")
        }
        if let text = setting.optional("sub_claim_prefix") {
            value.subClaimPrefix = text.isNull ? nil : try text.string(named: "sub_claim_prefix")
        }
        return value
    }

    /// Claim keys as GitHub may send them: none at all, or one twice.
    private static func keys(_ document: Document, named key: String) throws(DocumentError) -> [ClaimKey] {
        guard case .array(let elements) = document.value else {
            throw DocumentError(at: document.position, "\"\(key)\" must be a list, not \(document.kind)")
        }
        var keys: [ClaimKey] = []
        for element in elements { keys.append(ClaimKey(try element.string(named: key))) }
        return keys
    }

    private static let unreadable = UnreadableReason(.forbidden, "the case says that it could not be read")

    /// A list of keys, or `unreadable`; absent or null: never set.
    private static func organizationTemplate(_ reader: ObjectReader) throws(DocumentError) -> OrganizationTemplate {
        guard let document = reader.optional("organization_template"), !document.isNull else { return .neverSet }
        if case .string("unreadable") = document.value { return .unreadable(unreadable) }
        return .set(
            SubjectTemplate(try keys(document, named: "organization_template")), useImmutableSubject: nil)
    }

    /// A list of names, or `unreadable`; absent: none.
    private static func includedProperties(_ reader: ObjectReader) throws(DocumentError) -> Reading<[String]> {
        guard let document = reader.optional("included_properties") else { return .read([]) }
        if case .string("unreadable") = document.value { return .unreadable(unreadable) }
        return .read(try keys(document, named: "included_properties").map(\.rawValue))
    }

    private static func repository(_ document: Document?) throws(DocumentError) -> Repository {
        var repository = Repository(
            id: RepositoryID(rawValue: 1001), owner: login, ownerID: 77, name: "api", visibility: .private,
            isFork: false, topics: [], customProperties: [:])
        guard let document else { return repository }
        let reader = try ObjectReader(
            document, as: "a repository",
            allowing: ["name", "id", "visibility", "fork", "archived", "topics", "properties"])
        repository.name = try reader.optionalString("name") ?? repository.name
        if let id = try reader.optionalNumber("id", in: 1...Int.max) {
            repository.id = RepositoryID(rawValue: Int64(id))
        }
        if reader.optional("visibility") != nil { repository.visibility = try reader.word("visibility") }
        repository.isFork = try reader.bool("fork", default: false)
        repository.isArchived = try reader.bool("archived", default: false)
        repository.topics = try reader.strings("topics")?.map(\.text) ?? []
        guard let properties = reader.optional("properties") else { return repository }
        guard !properties.isNull else {
            // As a host that does not send them.
            repository.customProperties = nil
            return repository
        }
        guard case .object(let members) = properties.value else {
            throw DocumentError(at: properties.position, "\"properties\" must be an object, not \(properties.kind)")
        }
        for member in members {
            switch member.value.value {
            case .null: repository.customProperties?[member.key] = []
            case .string(let text): repository.customProperties?[member.key] = [text]
            default:
                repository.customProperties?[member.key] = try member.value.strings(named: member.key).map(\.text)
            }
        }
        return repository
    }
}
