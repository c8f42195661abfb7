package import AuditCore

/// The catalog of rules.
package enum RulePage: Page {
    package static let formats = PageFormat.ofDocuments

    package static func write(_ rules: [any Rule.Type], to page: inout TextPage) {
        for rule in rules { page.line(rule.name, .strong, rule.summary, column: 31) }
        page.blank()
        page.wrapped("oidc-audit explain RULE says why, how to fix it, and shows examples.", indent: 0)
    }

    package static func markdown(_ rules: [any Rule.Type]) -> String? {
        Markdown.table(
            ["rule", "about", "demands", "options"],
            rules.map { rule in
                [
                    "`\(rule.name)`", rule.subjectName, Markdown.text(rule.summary),
                    rule.options.map { "`\($0.name)`\($0.isRequired ? " (required)" : "")" }.joined(separator: ", "),
                ]
            })
    }

    package static let document = JSONDocument<[any Rule.Type]>("rules") {
        Member("rules", .list(rule)) { $0 }
    }

    private static let rule = Shape<any Rule.Type>.object {
        Member("rule", .string, "the word that a policy's entry names it by") { $0.name }
        Member("about", .one(of: ["repositories", "organizations", "trusts", "waivers"])) { $0.subjectName }
        Member("summary", .string, "what it demands") { $0.summary }
        Member("rationale", .string, "what goes wrong without it") { $0.rationale }
        Member("remediation", .string, "how to fix what it finds") { $0.remediation }
        Member("options", .list(option), "members of an entry that this rule alone reads") { $0.options }
    }

    private static let option = Shape<RuleOption>.object {
        Member("name", .string) { $0.name }
        Member("kind", .string) { $0.kind.displayText }
        Member("required", .boolean) { $0.isRequired }
        Member("meaning", .string) { $0.meaning }
    }
}

extension RulePage {
    /// What a rule means, why, how to fix it, its options and examples.
    package static func explanation(of rule: any Rule.Type, style: ReportStyle) -> String {
        var page = TextPage(style: style)
        page.line(rule.name, .strong, "about \(rule.subjectName)")
        page.wrapped(rule.summary, indent: 2)
        page.section("WHY")
        page.wrapped(rule.rationale, indent: 2)
        page.section("FIX")
        page.wrapped(rule.remediation, indent: 2)
        if !rule.options.isEmpty {
            page.section("OPTIONS")
            for option in rule.options {
                let need = option.isRequired ? ", required" : rule.oneOf.contains(option.name) ? ", or another" : ""
                page.wrapped(
                    "\(option.meaning) (\(option.kind.displayText)\(need))", label: "\(option.name):", indent: 2)
            }
        }
        if !rule.needs.isEmpty {
            page.section("ASKS")
            page.wrapped("custom properties, which are read only where a policy uses this rule", indent: 2)
        }
        page.section("EXAMPLES")
        for example in rule.examples {
            page.wrapped(example.situation, label: "·", indent: 2)
            page.wrapped(example.outcome, label: "→", indent: 4)
        }
        page.section("IN A POLICY")
        page.plain(rule.sampleEntry, indent: 2)
        return page.text
    }

    /// What reports list under the id that no entry of a policy can have.
    package static func explanationOfReadable(style: ReportStyle) -> String {
        var page = TextPage(style: style)
        page.line(RuleEntry.reservedID, .strong, "not a rule: about what could not be read")
        page.wrapped(
            "Every repository in scope, every listing and every organization's template could be read.", indent: 2)
        page.section("WHY")
        page.wrapped(
            "What could not be read is never called compliant: the scan is incomplete, and ends with 3 where it finds no "
                + "violation.", indent: 2)
        page.section("FIX")
        page.wrapped(
            "oidc-audit doctor ORG reports which permission is missing. A repository that nobody is to read can be accepted "
                + "by a waiver of readable, with an owner, a reason and an end; it stays unreadable.", indent: 2)
        page.section("IN A WAIVER FILE")
        page.plain("oidc-audit waiver add FILE --rule readable --repository ORG/REPO \\", indent: 2)
        page.plain("  --owner TEAM --reason WHY --expires 2027-01-31", indent: 2)
        return page.text
    }

    /// An entry of a policy: which rule it is of, how severe, and why it is there.
    ///
    /// - Parameter isAlone: whether the rule itself is not explained after it.
    package static func explanation(
        of entry: RuleEntry, in policy: Policy, isAlone: Bool = false, style: ReportStyle,
    ) -> String {
        var page = TextPage(style: style)
        let rule = type(of: entry.rule).name
        page.line(entry.id, .severity(entry.severity), "\(entry.severity.rawValue), an entry of \(policy.source)")
        page.wrapped(
            "of the rule \(rule)" + (isAlone ? ": oidc-audit explain \(rule)" : ", which is explained below"), indent: 2
        )
        if let reason = entry.reason { page.wrapped(reason, indent: 2) }
        return page.text
    }
}

extension RulePage {
    /// The article of the documentation: what `explain` says of each rule.
    package static func article(_ rules: [any Rule.Type]) -> String {
        var lines = [
            "# Rules", "", "What each rule of a policy demands, why, and how to fix what it finds.", "",
            "<!-- Written by scripts/goldens from the catalog of rules: change the rule, not this file. -->",
        ]
        for rule in rules {
            lines += ["", "## \(rule.name)", "", "\(rule.summary) The rule is about \(rule.subjectName)."]
            lines += ["", "**Why.** \(rule.rationale)", "", "**Fix.** \(rule.remediation)"]
            if !rule.options.isEmpty {
                lines += ["", "| option | meaning |", "|---|---|"]
                lines += rule.options.map { option in
                    let kind = option.kind.displayText.replacing("|", with: "\\|")
                    let need = option.isRequired ? ", required" : rule.oneOf.contains(option.name) ? ", or another" : ""
                    return "| `\(option.name)` | \(option.meaning) (\(kind)\(need)) |"
                }
            }
            if !rule.needs.isEmpty {
                lines += [
                    "", "It reads custom properties, which a scan asks for only where a policy uses such a rule.",
                ]
            }
            lines += [""] + rule.examples.map { "- \($0.situation) → \($0.outcome)" }
            lines += ["", "```json", rule.sampleEntry, "```"]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension TextPage {
    fileprivate mutating func section(_ title: String) {
        blank()
        line(title, .faint, "")
    }
}

extension Rule {
    fileprivate static var subjectName: String {
        switch self {
        case is any OrganizationRule.Type: "organizations"
        case is any WaiverRule.Type: "waivers"
        case is any TrustRule.Type: "trusts"
        default: "repositories"
        }
    }

    /// An entry that a policy can hold as it is.
    fileprivate static var sampleEntry: String {
        // A rule with options that it needs shows them in its first example.
        let options = examples.first.map { $0.options.dropFirst().dropLast() } ?? ""
        let rest = options.isEmpty ? "" : ", \(options)"
        return #"{ "id": "\#(name)", "rule": "\#(name)", "severity": "medium"\#(rest) }"#
    }
}

extension RuleExample {
    fileprivate var situation: String {
        var parts: [String] = []
        if let waiver {
            parts.append("\(waiver) until \(waiver.expires), on \(Day(of: Self.today)), \(waiverUse)")
        } else if let role {
            parts.append("a role that demands \(role.map(\.displayText).joined(separator: " and "))")
            if let planned { parts.append(planned.displayText) }
        } else {
            parts += settings.map(\.displayText)
            switch organizationTemplate {
            case .set(let template, _): parts.append("the organization's template is \(template.keys.joinedNames)")
            case .unreadable: parts.append("the organization's template could not be read")
            case .neverSet where settings.isEmpty: parts.append("the organization never set a template")
            case .neverSet: break
            }
            if settings.contains(where: \.namesCustomProperty) { parts += propertyPhrases }
            if isEnterpriseServer { parts.append("Enterprise Server") }
        }
        return (options == "{}" ? "" : "\(options) · ") + parts.joined(separator: "; ")
    }

    private var propertyPhrases: [String] {
        let included = includedProperties.map { $0.isEmpty ? "none" : $0.joined(separator: ", ") }
        let values = customProperties.map { properties in
            properties.isEmpty
                ? "none" : properties.map { "\($0.key) = \($0.value.joined(separator: ","))" }.joined(separator: ", ")
        }
        return ["included in tokens: \(included ?? "unknown")", "values: \(values ?? "unknown")"]
    }

    fileprivate var outcome: String {
        switch expected {
        case .pass: "passes"
        case .fail(let message): "fails: \(message)"
        case .undecided: "undecided"
        case .notApplicable: "does not apply"
        }
    }
}

extension RuleExample.Condition {
    fileprivate var displayText: String { "\(condition) \(claim): \(values.joined(separator: " or "))" }
}

extension RuleExample.Planned {
    fileprivate var displayText: String {
        switch self {
        case .apiBecomesImmutable: "asked what acme/api with immutable subjects would change"
        }
    }
}

extension RepositorySetting {
    fileprivate var displayText: String {
        let keys = includeClaimKeys.map { "template \($0.joinedNames)" } ?? "follows the organization's template"
        let template = useDefault ? "GitHub's default template" : keys
        guard let prefix = subClaimPrefix, prefix != "repo:acme/api" else { return template }
        return "\(template), prefix \(prefix)"
    }

    fileprivate var namesCustomProperty: Bool { includeClaimKeys?.contains(where: \.isCustomProperty) ?? false }
}
