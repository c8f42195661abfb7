/// One key of a rule entry that only its rule reads; from it follow the check, the documents and the JSON Schema.
package struct RuleOption: Sendable {
    package enum Kind: Sendable {
        /// A list of claim keys.
        case claims
        /// A list of claim keys, in which `repo_property_*` stands for every custom property.
        case claimPatterns
        /// A list of claim keys that the catalog need not know.
        case anyClaims
        /// A list of lists of claim keys.
        case claimLists
        /// A list of names.
        case names
        /// A list of words out of a choice.
        case words([String])
        case bool
        case number(ClosedRange<Int>)
    }

    package let name: String
    package let kind: Kind
    package let isRequired: Bool
    /// Another option without which this one says nothing.
    package let needs: String?
    /// A phrase that says what it is, in lower case without a final stop.
    package let meaning: String

    package init(
        _ name: String, _ kind: Kind, required: Bool = false, needs: String? = nil, _ meaning: String,
    ) {
        self.name = name
        self.needs = needs
        self.kind = kind
        self.isRequired = required
        self.meaning = meaning
    }
}

/// A rule entry's own options, read with the errors of the document they stand in.
package struct RuleOptions {
    package let reader: ObjectReader
    private let allowsUnknownClaims: Bool

    package init(_ reader: ObjectReader, allowsUnknownClaims: Bool) {
        self.reader = reader
        self.allowsUnknownClaims = allowsUnknownClaims
    }

    /// Refuses an entry in which an option that its rule requires is missing.
    func check(_ type: any Rule.Type) throws(DocumentError) {
        for option in type.options where option.isRequired && reader.optional(option.name) == nil {
            throw DocumentError(
                at: reader.position(of: "rule"), "\(type.name) has no \"\(option.name)\"",
                hint: "add \"\(option.name)\": \(option.meaning)")
        }
        for option in type.options where reader.optional(option.name) != nil {
            guard let needed = option.needs, reader.optional(needed) == nil else { continue }
            throw DocumentError(
                at: reader.position(of: option.name),
                "\"\(option.name)\" speaks of \"\(needed)\", which is not there", hint: "add \"\(needed)\"")
        }
        guard !type.oneOf.isEmpty, type.oneOf.allSatisfy({ reader.optional($0) == nil }) else { return }
        let names = type.oneOf.map { "\"\($0)\"" }
        throw DocumentError(
            at: reader.position(of: "rule"), "\(type.name) has neither \(names.joined(separator: " nor "))",
            hint: "oidc-audit explain \(type.name) shows examples")
    }

    /// The claim keys of a list; `nil` if the option is absent.
    package func claims(_ key: String) throws(DocumentError) -> [ClaimKey]? {
        guard let document = reader.optional(key) else { return nil }
        return try claims(in: document, named: key)
    }

    /// The claim keys of a list, in which `repo_property_*` is a family; `nil` if the option is absent.
    func claimPatterns(_ key: String) throws(DocumentError) -> [ClaimKey]? {
        guard let document = reader.optional(key) else { return nil }
        return try claims(in: document, named: key, acceptingFamilies: true)
    }

    /// The texts of a list as claim keys, known or not; `nil` if the option is absent.
    func anyClaims(_ key: String) throws(DocumentError) -> [ClaimKey]? {
        try reader.strings(key)?.map { ClaimKey($0.text) }
    }

    /// The lists of claim keys of a list of lists; `nil` if the option is absent.
    package func claimLists(_ key: String) throws(DocumentError) -> [[ClaimKey]]? {
        guard let document = reader.optional(key) else { return nil }
        var lists: [[ClaimKey]] = []
        for element in try document.elements(named: key) { lists.append(try claims(in: element, named: key)) }
        return lists
    }

    private func claims(
        in document: Document, named key: String, acceptingFamilies: Bool = false,
    ) throws(DocumentError) -> [ClaimKey] {
        var keys: [ClaimKey] = []
        for (text, position) in try document.strings(named: key) {
            let claim = ClaimKey(text)
            if claim == ClaimCatalog.customProperty.key {
                guard !acceptingFamilies else {
                    keys.append(claim)
                    continue
                }
                throw DocumentError(
                    at: position, "\"\(text)\" stands for many claims, and \"\(key)\" takes single ones",
                    hint: "name the property, such as repo_property_tier")
            }
            guard allowsUnknownClaims || ClaimCatalog.claim(for: claim) != nil else {
                throw DocumentError(
                    at: position, "unknown claim \"\(text)\"",
                    hint: ClaimCatalog.nearest(to: claim).map { "did you mean \"\($0)\"?" }
                        ?? "\"allow_unknown_claims\": true accepts claims that this version does not know")
            }
            keys.append(claim)
        }
        return keys
    }
}

extension ClaimKey {
    /// Whether the key is the pattern, or one of the family that it stands for.
    func matches(_ pattern: ClaimKey) -> Bool {
        canonical == pattern.canonical || (pattern == ClaimCatalog.customProperty.key && isCustomProperty)
    }
}
