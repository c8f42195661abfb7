/// The one change of a template that fixes a finding.
package enum TemplateFix: Hashable, Sendable {
    /// Claims of its own, in this order.
    case template([ClaimKey])
    /// Of the claims of its own these alone, in their order: each rule that takes some out leaves others to others.
    case keeping([ClaimKey])
    /// The organization's template: `use_default: false` without keys.
    case inherit
    /// GitHub's default: `use_default: true`.
    case useDefault
    /// Opting in to immutable subjects, the template unchanged.
    case immutable

    /// What does both; `nil` if one rules out the other.
    func combined(with other: TemplateFix) -> TemplateFix? {
        if self == other { return self }
        guard case .keeping(let one) = self, case .keeping(let two) = other else { return nil }
        // Where a claim stands twice, one of the two may be what is taken out.
        var counts: [ClaimKey: Int] = [:]
        for key in two { counts[key, default: 0] += 1 }
        var both: [ClaimKey] = []
        for key in one where counts[key, default: 0] > 0 {
            counts[key, default: 0] -= 1
            both.append(key)
        }
        return both.isEmpty ? nil : .keeping(both)
    }
}

/// How a policy's entry says that its findings are to be fixed, where its rule alone does not know.
package struct Fix: Hashable, Sendable {
    /// `.template`, `.inherit` or `.useDefault`; `nil` leaves the template as it is.
    package let template: TemplateFix?
    /// `nil` leaves the flag as it is.
    package let useImmutableSubject: Bool?
    /// Whether the organization's opt-in is to fix it, in one write, where the organization has not opted in yet.
    package let isOrganizationWide: Bool

    package init(template: TemplateFix?, useImmutableSubject: Bool? = nil, isOrganizationWide: Bool = false) {
        self.template = template
        self.useImmutableSubject = useImmutableSubject
        self.isOrganizationWide = isOrganizationWide
    }

    init(_ fix: TemplateFix) {
        self = fix == .immutable ? Fix(template: nil, useImmutableSubject: true) : Fix(template: fix)
    }
}

extension Fix {
    /// Words that stand for a template without naming its claims.
    package enum Word: String, CaseIterable, Sendable {
        case inherit
        case useDefault = "use_default"
    }

    /// Reads `"inherit"`, `"use_default"`, or an object with `template` (one of these, or a list of claims) or
    /// `inherit: true`, with `immutable`, or with both; or `immutable: true` with `organization_wide: true`.
    init(_ document: Document, of type: any Rule.Type, allowsUnknownClaims: Bool) throws(DocumentError) {
        let isOfOrganization = type is any OrganizationRule.Type
        if case .string(let text) = document.value {
            self.init(template: try Self.word(text, at: document.position, isOfOrganization))
            return
        }
        let reader = try ObjectReader(document, of: Self.object(ofOrganization: isOfOrganization))
        var template: TemplateFix?
        if let value = reader.optional("template") {
            if case .string(let text) = value.value {
                template = try Self.word(text, at: value.position, isOfOrganization)
            } else {
                let options = RuleOptions(reader, allowsUnknownClaims: allowsUnknownClaims)
                template = try options.claims("template").map(TemplateFix.template)
            }
        }
        if !isOfOrganization, try reader.optionalBool("inherit") == true {
            guard template == nil else {
                throw DocumentError(
                    at: document.position, "\"template\" and \"inherit\" exclude each other", hint: "name one of them")
            }
            template = .inherit
        }
        let immutable = try reader.optionalBool("immutable")
        guard template != nil || immutable != nil else {
            throw DocumentError(
                at: document.position, "a fix that changes nothing", hint: "name a template, or \"inherit\"")
        }
        let isOrganizationWide = try isOfOrganization ? false : reader.optionalBool("organization_wide") ?? false
        guard !isOrganizationWide || (immutable == true && template == nil) else {
            throw DocumentError(
                at: document.position, "\"organization_wide\" is for \"immutable\": true alone",
                hint: "take the other members away, or \"organization_wide\"")
        }
        self.init(template: template, useImmutableSubject: immutable, isOrganizationWide: isOrganizationWide)
    }

    private static func word(
        _ text: String, at position: SourcePosition, _ isOfOrganization: Bool,
    ) throws(DocumentError) -> TemplateFix {
        guard !isOfOrganization else {
            throw DocumentError(
                at: position, "an organization's template can't be \"\(text)\"", hint: "list its claims")
        }
        switch Word(rawValue: text) {
        case .inherit: return .inherit
        case .useDefault: return .useDefault
        case nil:
            throw DocumentError(
                at: position, "\"\(text)\" is not a fix",
                hint: NearestWord.hint(for: text, among: Word.allCases.map(\.rawValue)))
        }
    }
}
