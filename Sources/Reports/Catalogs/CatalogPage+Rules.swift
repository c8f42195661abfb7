public import AuditCore

extension CatalogPage {
    /// What a rule means, why, how to mend it, its options and examples.
    public static func explanation(of rule: any Rule.Type, style: ReportStyle) -> String {
        var page = TextPage(style: style)
        page.line(rule.name, .strong, "about \(rule.subjectName)")
        page.wrapped(rule.summary, indent: 2)
        page.section("WHY")
        page.wrapped(rule.rationale, indent: 2)
        page.section("MEND")
        page.wrapped(rule.remedy, indent: 2)
        if !rule.options.isEmpty {
            page.section("OPTIONS")
            for option in rule.options {
                let need = option.isRequired ? ", required" : rule.oneOf.contains(option.name) ? ", or another" : ""
                page.wrapped("\(option.meaning) (\(option.kind.phrase)\(need))", label: "\(option.name):", indent: 2)
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

    /// An entry of a policy: which rule it is of, how severe, and why it is there.
    public static func explanation(of entry: RuleEntry, in policy: Policy, style: ReportStyle) -> String {
        var page = TextPage(style: style)
        let rule = type(of: entry.rule).name
        page.line(entry.id, .severity(entry.severity), "\(entry.severity.rawValue), an entry of \(policy.source)")
        page.wrapped("of the rule \(rule), which is explained below", indent: 2)
        if let reason = entry.reason { page.wrapped(reason, indent: 2) }
        return page.text
    }

    static func ruleText(_ style: ReportStyle) -> String {
        var page = TextPage(style: style)
        for rule in RuleCatalog.all { page.line(rule.name, .strong, rule.summary, column: 31) }
        page.blank()
        page.wrapped("oidc-audit explain RULE says why, how to fix it, and shows examples.", indent: 0)
        return page.text
    }

    static func ruleMarkdown() -> String {
        table(
            ["rule", "about", "demands", "options"],
            RuleCatalog.all.map { rule in
                [
                    "`\(rule.name)`", rule.subjectName, markdown(rule.summary),
                    rule.options.map { "`\($0.name)`\($0.isRequired ? " (required)" : "")" }.joined(separator: ", "),
                ]
            })
    }

    static func ruleJSON() -> String {
        json { json in
            json.object { json in
                json.string("schema", "oidc-audit.rules/v1")
                json.array("rules", of: RuleCatalog.all) { json, rule in
                    json.object { json in
                        json.string("rule", rule.name)
                        json.string("about", rule.subjectName)
                        json.string("summary", rule.summary)
                        json.string("rationale", rule.rationale)
                        json.string("remedy", rule.remedy)
                        json.array("options", of: rule.options) { json, option in
                            json.object { json in
                                json.string("name", option.name)
                                json.string("kind", option.kind.phrase)
                                json.bool("required", option.isRequired)
                                json.string("meaning", option.meaning)
                            }
                        }
                    }
                }
            }
        }
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
        } else {
            parts += settings.map(\.phrase)
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

extension RepositorySetting {
    fileprivate var phrase: String {
        let keys = includeClaimKeys.map { "template \($0.joinedNames)" } ?? "follows the organization's template"
        let template = useDefault ? "GitHub's default template" : keys
        guard let prefix = subClaimPrefix, prefix != "repo:acme/api" else { return template }
        return "\(template), prefix \(prefix)"
    }

    fileprivate var namesCustomProperty: Bool { includeClaimKeys?.contains(where: \.isCustomProperty) ?? false }
}

extension RuleOption.Kind {
    var phrase: String {
        switch self {
        case .claims, .claimPatterns, .anyClaims: "list of claims"
        case .claimLists: "list of lists of claims"
        case .words(let words): "list of \(words.joined(separator: ", "))"
        case .bool: "true or false"
        case .number(let range): "number from \(range.lowerBound) to \(range.upperBound)"
        }
    }
}
