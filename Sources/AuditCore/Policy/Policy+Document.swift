extension Policy {
    /// Reads a policy, version 1. Strict: an unknown word of any kind is an error that names its place.
    public init(_ document: Document, source: String, sha256: String) throws(DocumentError) {
        // Another version may well have other keys: it comes first.
        if case .object(let members) = document.value,
            let version = members.first(where: { $0.key == "version" })?.value
        {
            guard case .number("1") = version.value else {
                throw DocumentError(
                    at: version.position, "unsupported policy version", hint: "this program reads version 1")
            }
        }
        let reader = try ObjectReader(
            document, as: "a policy", allowing: ["version", "name", "description", "allow_unknown_claims", "rules"])
        _ = try reader.required("version")
        let allowsUnknownClaims = try reader.bool("allow_unknown_claims", default: false)
        var rules: [RuleEntry] = []
        var ids: Set<String> = []
        for element in try reader.required("rules").elements(named: "rules") {
            let entry = try RuleEntry(element, allowsUnknownClaims: allowsUnknownClaims)
            guard ids.insert(entry.id).inserted else {
                throw DocumentError(at: entry.position, "the rule id \"\(entry.id)\" stands twice")
            }
            rules.append(entry)
        }
        self.init(
            name: try reader.string("name"), description: try reader.optionalString("description"), rules: rules,
            source: source, sha256: sha256)
    }
}

extension RuleEntry {
    private static let commonKeys = ["id", "rule", "severity", "where", "reason"]

    /// The id of the testcase that says whether a repository could be read; no rule entry may take it.
    public static let reservedID = "readable"

    init(_ document: Document, allowsUnknownClaims: Bool) throws(DocumentError) {
        // The rule's name comes first: which other keys are allowed depends on it.
        let type = try Self.ruleType(document)
        let reader = try ObjectReader(
            document, as: "an entry of the rule \(type.name)", allowing: Self.commonKeys + type.options)
        let idPosition = reader.position(of: "id")
        let id = try reader.string("id")
        guard id.utf8.allSatisfy(Self.isIDByte) else {
            throw DocumentError(
                at: idPosition, "the rule id \"\(id)\" has characters beyond a-z, 0-9 and -",
                hint: "for example \"required-claims\"")
        }
        guard id != Self.reservedID else {
            throw DocumentError(at: idPosition, "the rule id \"\(id)\" is reserved", hint: "choose another id")
        }
        var selector: Selector?
        if let document = reader.optional("where") { selector = try Selector(document) }
        self.init(
            id: id,
            rule: try type.init(options: RuleOptions(reader, allowsUnknownClaims: allowsUnknownClaims)),
            severity: try reader.word("severity"), selector: selector, reason: try reader.optionalString("reason"),
            position: idPosition)
    }

    private static func ruleType(_ document: Document) throws(DocumentError) -> any Rule.Type {
        guard case .object(let members) = document.value else {
            throw DocumentError(at: document.position, "a rule entry must be an object, not \(document.kind)")
        }
        guard let member = members.first(where: { $0.key == "rule" }) else {
            throw DocumentError(
                at: document.position, "a rule entry has no \"rule\"",
                hint: "add one of " + RuleCatalog.all.map { $0.name }.joined(separator: ", "))
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
