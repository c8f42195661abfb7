extension WaiverList {
    /// Reads a waiver file, version 1, as strictly as a policy.
    package init(_ document: Document, source: String) throws(DocumentError) {
        try document.refuseOtherVersions("waiver file")
        let reader = try ObjectReader(document, of: Self.object)
        _ = try reader.required("version")
        var waivers: [Waiver] = []
        var targets: Set<[String: Waiver.Target]> = []
        for element in try Self.elements(reader) {
            let waiver = try Waiver(element)
            guard targets.insert([waiver.rule: waiver.target.compared]).inserted else {
                throw DocumentError(
                    at: element.position, "the \(waiver) stands twice", hint: "keep the one that is meant")
            }
            waivers.append(waiver)
        }
        self.init(waivers, source: source)
    }

    /// A file without waivers is left over when the last one was fixed.
    private static func elements(_ reader: ObjectReader) throws(DocumentError) -> [Document] {
        let document = try reader.required("waivers")
        switch document.value {
        case .array(let elements): return elements
        case .null: return []
        default: throw DocumentError(at: document.position, "\"waivers\" must be a list, not \(document.kind)")
        }
    }
}

extension Waiver.Target {
    /// The same without case, and without the name that is written beside an id.
    fileprivate var compared: Waiver.Target {
        var copy = self
        copy.organization = organization?.lowercased()
        switch repository {
        case .named(let glob): copy.repository = .named(Glob(glob.pattern.lowercased()))
        case .id(let id, _): copy.repository = .id(id)
        case nil: break
        }
        copy.identity = identity.map { Glob($0.pattern.lowercased()) }
        return copy
    }

    /// Whether both are about the same, however it is written. A name without an id is whichever repository has it.
    package func isSame(as other: Waiver.Target) -> Bool {
        compared == other.compared
            || (id == nil || other.id == nil || id == other.id) && named.isExactlyIgnoringCase(other.named)
                && exceptOrganizations == other.exceptOrganizations
    }

    private var id: RepositoryID? { if case .id(let id, _) = repository { id } else { nil } }
}

extension Waiver {
    init(_ document: Document) throws(DocumentError) {
        let reader = try ObjectReader(document, of: Self.object)
        let rule = try reader.string("rule")
        guard RuleEntry.isID(rule) else {
            throw DocumentError(
                at: reader.position(of: "rule"), "\"\(rule)\" is not a rule's id",
                hint: "name the id of the policy's entry, such as required-claims")
        }
        var target = Target(organization: try reader.optionalString("organization"))
        if let login = target.organization, OrganizationLogin(login) == nil {
            throw DocumentError(
                at: reader.position(of: "organization"), "\"\(login)\" is not an organization's login",
                hint: "letters, digits and hyphens, such as octo-org")
        }
        for (login, position) in try reader.strings("except_organizations") ?? [] {
            guard OrganizationLogin(login) != nil else {
                throw DocumentError(
                    at: position, "\"\(login)\" is not an organization's login",
                    hint: "letters, digits and hyphens, such as octo-org")
            }
            guard target.organization == nil, reader.optional("identity") == nil else {
                throw DocumentError(
                    at: position, "\"except_organizations\" stands beside what is of no other organization",
                    hint: "leave it out, or \"organization\" or \"identity\"")
            }
            target.exceptOrganizations.insert(login.lowercased())
        }
        if let id = reader.optional("repository_id"), reader.optional("repository") == nil {
            throw DocumentError(
                at: id.position, "\"repository_id\" stands without \"repository\"",
                hint: "add the repository's name, for people to read")
        }
        target.identity = try reader.optionalString("identity").map { Glob($0) }
        if target.identity != nil {
            guard target.organization == nil, reader.optional("repository") == nil else {
                throw DocumentError(
                    at: reader.position(of: "identity"), "\"identity\" stands alone",
                    hint: "leave \"organization\" and \"repository\" out: a role is in no organization")
            }
        } else if let document = reader.optional("repository") {
            let id = try reader.optionalNumber("repository_id", in: 1...Int.max).map {
                RepositoryID(rawValue: Int64($0))
            }
            target.repository = try Self.repository(document, id: id)
        } else if target.organization == nil {
            throw DocumentError(
                at: document.position, "a waiver has no \"repository\"",
                hint: "add a name, a glob or a numeric id; for a finding about an organization itself, \"organization\""
            )
        }
        guard rule != RuleEntry.reservedID || target.repository != nil else {
            throw DocumentError(
                at: document.position, "a waiver of \(rule) has no \"repository\"",
                hint: "an organization whose template is unreadable always makes the scan incomplete")
        }
        let text = try reader.string("expires")
        guard let expires = Day(text) else {
            throw DocumentError(
                at: reader.position(of: "expires"), "\"\(text)\" is not a date", hint: "write it as 2027-01-31")
        }
        self.init(
            rule: rule, target: target, owner: try reader.string("owner"), reason: try reader.string("reason"),
            expires: expires, accepts: try reader.strings("accepts")?.map(\.text) ?? [], position: document.position)
    }

    /// - Parameter id: of the repository that had the name when it was accepted.
    private static func repository(_ document: Document, id: RepositoryID?) throws(DocumentError) -> Target.Repository {
        if case .number(let text) = document.value {
            guard let number = Int64(text), number > 0 else {
                throw DocumentError(
                    at: document.position, "\(text) is not a repository's id", hint: "put a name in quotes")
            }
            guard id == nil else {
                throw DocumentError(
                    at: document.position, "\"repository\" is a number beside \"repository_id\"",
                    hint: "write the repository's name in quotes, or leave \"repository_id\" out")
            }
            return .id(RepositoryID(rawValue: number))
        }
        let name = Glob(try document.string(named: "repository"))
        guard let id else { return .named(name) }
        guard !name.holdsWildcard else {
            throw DocumentError(
                at: document.position, "\"\(name)\" can mean several repositories, and \"repository_id\" means one",
                hint: "write the repository's name, or leave \"repository_id\" out")
        }
        return .id(id, name: name.pattern)
    }
}
