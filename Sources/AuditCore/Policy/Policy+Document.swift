extension Policy {
    /// Reads a policy, version 1. Strict: an unknown word of any kind is an error that names its place.
    package init(_ document: Document, source: String, sha256: String) throws(DocumentError) {
        try document.refuseOtherVersions("policy")
        let reader = try ObjectReader(document, of: Self.object)
        _ = try reader.required("version")
        let allowsUnknownClaims = try reader.bool("allow_unknown_claims", default: false)
        var rules: [RuleEntry] = []
        var ids: Set<String> = []
        for element in try reader.required("rules").elements(named: "rules", isRequired: true) {
            let entry = try RuleEntry(element, allowsUnknownClaims: allowsUnknownClaims)
            guard ids.insert(entry.id).inserted else {
                throw DocumentError(at: entry.position, "the rule id \"\(entry.id)\" stands twice")
            }
            rules.append(entry)
        }
        self.init(
            name: try reader.string("name"), description: try reader.optionalString("description"),
            maxWaiverDays: try reader.optionalNumber("max_waiver_days", in: 1...36_500),
            waiversNameProblems: try reader.bool("waivers_name_problems", default: false), rules: rules, source: source,
            sha256: sha256)
    }
}

extension RuleEntry {
    /// The id of the testcase that says whether a repository could be read; no rule entry may take it.
    package static let reservedID = "readable"

    init(_ document: Document, allowsUnknownClaims: Bool) throws(DocumentError) {
        // The rule's name comes first: which other keys are allowed depends on it.
        let type = try Self.ruleType(document)
        let reader = try ObjectReader(document, of: Self.object(of: type))
        let idPosition = reader.position(of: "id")
        let id = try Self.id(reader, of: type)
        var selector: Selector?
        if let document = reader.optional("where") { selector = try Selector(document) }
        var identities: IdentitySelector?
        if let document = reader.optional("identities") { identities = try IdentitySelector(document) }
        let options = RuleOptions(reader, allowsUnknownClaims: allowsUnknownClaims)
        try options.check(type)
        var fix: Fix?
        if let document = reader.optional("fix") {
            fix = try Fix(document, of: type, allowsUnknownClaims: allowsUnknownClaims)
        }
        self.init(
            id: id, rule: try type.init(options: options), severity: try reader.word("severity"), selector: selector,
            identities: identities, reason: try reader.optionalString("reason"), fix: fix, position: idPosition)
    }

    /// Whether a text can be the id of an entry.
    package static func isID(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isIDByte)
    }

    /// The ids that an entry of the rule may not have: entries about waivers are added to a policy that has none, under
    /// their rule's own name.
    package static func reservedIDs(for type: any Rule.Type) -> [String] {
        [reservedID] + RuleCatalog.waiverRules.map { $0.name }.filter { $0 != type.name }
    }

    private static func id(_ reader: ObjectReader, of type: any Rule.Type) throws(DocumentError) -> String {
        let id = try reader.string("id")
        guard isID(id) else {
            throw DocumentError(
                at: reader.position(of: "id"), "the rule id \"\(id)\" has characters beyond a-z, 0-9 and -",
                hint: "for example \"required-claims\"")
        }
        guard !reservedIDs(for: type).contains(id) else {
            throw DocumentError(
                at: reader.position(of: "id"), "the rule id \"\(id)\" is reserved", hint: "choose another id")
        }
        return id
    }

    private static func ruleType(_ document: Document) throws(DocumentError) -> any Rule.Type {
        guard case .object(let members) = document.value else {
            throw DocumentError(at: document.position, "a rule entry must be an object, not \(document.kind)")
        }
        guard let member = members.first(where: { $0.key == "rule" }) else {
            throw DocumentError(
                at: document.position, "a rule entry has no \"rule\"", hint: "oidc-audit policy rules lists them")
        }
        let name = try member.value.string(named: "rule")
        guard let type = RuleCatalog.rule(named: name) else {
            throw DocumentError(
                at: member.value.position, "unknown rule \"\(name)\"",
                hint: NearestWord.hint(for: name, among: RuleCatalog.all.map { $0.name }))
        }
        return type
    }

    private static func isIDByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): true
        default: false
        }
    }
}

extension Document {
    /// Refuses a version other than 1 before any other key is looked at: another version may well have other keys.
    func refuseOtherVersions(_ what: String) throws(DocumentError) {
        guard case .object(let members) = value, let version = members.first(where: { $0.key == "version" })?.value
        else { return }
        guard case .number("1") = version.value else {
            throw DocumentError(
                at: version.position, "unsupported \(what) version", hint: "this program reads version 1")
        }
    }
}
