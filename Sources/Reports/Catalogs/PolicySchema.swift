import AuditCore

/// The JSON Schema (draft 2020-12) of policies, from which editors complete and check.
///
/// It is as strict as the program where a schema can be: what it can't say, such as unique ids, the program checks.
public enum PolicySchema {
    public static func text() -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("$schema", "https://json-schema.org/draft/2020-12/schema")
                json.string("$id", "urn:oidc-audit:policy:v1")
                json.string("title", "oidc-audit policy, version 1")
                json.string("type", "object")
                json.strings("required", ["version", "name", "rules"])
                json.bool("additionalProperties", false)
                json.object("properties") { json in
                    json.object("version") { $0.number("const", 1) }
                    json.text("name", "the policy's name, which stands in reports and in the history")
                    json.text("description", "one or two sentences")
                    json.object("allow_unknown_claims") { json in
                        json.string("type", "boolean")
                        json.string("description", "accept claims that this version does not know")
                    }
                    json.integer("max_waiver_days", 1...36_500, "longest time until a waiver expires")
                    json.text("$schema", "where editors find this schema")
                    json.object("rules") { json in
                        json.string("type", "array")
                        json.number("minItems", 1)
                    }
                }
                // Which claims are known matters only where the policy does not allow others.
                json.object("if") { json in
                    json.object("properties") { json in
                        json.object("allow_unknown_claims") { $0.bool("const", true) }
                    }
                    json.strings("required", ["allow_unknown_claims"])
                }
                json.rules("then", .any)
                json.rules("else", .known)
                json.object("$defs") { json in
                    json.rule(.known)
                    json.rule(.any)
                    json.selector()
                    json.claims()
                }
            }
        }
    }
}

/// Which claims an entry may name.
private enum Claims: String {
    case known
    case any

    var rule: String { self == .known ? "rule" : "rule_of_any_claims" }
}

extension JSONWriter {
    fileprivate mutating func rules(_ key: String, _ claims: Claims) {
        object(key) { json in
            json.object("properties") { json in
                json.object("rules") { json in json.object("items") { $0.reference(claims.rule) } }
            }
        }
    }

    fileprivate mutating func reference(_ name: String) {
        string("$ref", "#/$defs/\(name)")
    }

    fileprivate mutating func text(_ key: String, _ description: String) {
        object(key) { json in
            json.string("type", "string")
            json.number("minLength", 1)
            json.string("description", description)
        }
    }

    fileprivate mutating func integer(_ key: String, _ range: ClosedRange<Int>, _ description: String) {
        object(key) { json in
            json.string("type", "integer")
            json.number("minimum", range.lowerBound)
            json.number("maximum", range.upperBound)
            json.string("description", description)
        }
    }

    /// A list that holds at least one, and none twice.
    fileprivate mutating func list(_ key: String, _ description: String? = nil, _ items: (inout JSONWriter) -> Void) {
        object(key) { json in
            json.string("type", "array")
            json.number("minItems", 1)
            json.bool("uniqueItems", true)
            if let description { json.string("description", description) }
            json.object("items", items)
        }
    }

    /// An entry is of one rule, and has that rule's keys alone.
    fileprivate mutating func rule(_ claims: Claims) {
        object(claims.rule) { json in
            json.string("type", "object")
            json.strings("required", ["id", "rule", "severity"])
            json.object("properties") { json in
                json.object("rule") { json in
                    json.strings("enum", RuleCatalog.all.map { $0.name })
                    json.string("description", "oidc-audit explain RULE says what it means")
                }
            }
            json.array("allOf") { json in
                for rule in RuleCatalog.all { json.branch(of: rule, claims) }
            }
        }
    }

    private mutating func branch(of rule: any Rule.Type, _ claims: Claims) {
        object { json in
            json.object("if") { json in
                json.object("properties") { json in json.object("rule") { $0.string("const", rule.name) } }
                json.strings("required", ["rule"])
            }
            json.object("then") { json in
                json.string("description", rule.summary)
                let required = rule.options.filter(\.isRequired).map(\.name)
                if !required.isEmpty { json.strings("required", required) }
                if !rule.oneOf.isEmpty {
                    json.array("anyOf") { json in
                        for name in rule.oneOf { json.object { $0.strings("required", [name]) } }
                    }
                }
                for (option, other) in rule.options.compactMap({ option in option.needs.map { (option.name, $0) } }) {
                    json.object("dependentRequired") { $0.strings(option, [other]) }
                }
                json.bool("additionalProperties", false)
                json.object("properties") { json in
                    json.common(of: rule, claims)
                    for option in rule.options { json.option(option, claims) }
                }
            }
        }
    }

    private mutating func common(of rule: any Rule.Type, _ claims: Claims) {
        object("id") { json in
            json.string("type", "string")
            json.string("pattern", "^[a-z0-9-]+$")
            json.object("not") { $0.strings("enum", RuleEntry.reservedIDs(for: rule)) }
            json.string("description", "the name that people see, unique in the policy")
        }
        object("rule") { $0.string("const", rule.name) }
        object("severity") { $0.strings("enum", Severity.allCases.map(\.rawValue)) }
        if RuleEntry.keys(of: rule).contains("where") { object("where") { $0.reference("where") } }
        text("reason", "why the entry is there; reports show it")
        if RuleEntry.keys(of: rule).contains("fix") { fix(ofOrganization: rule is any OrganizationRule.Type, claims) }
    }

    /// How the entry's findings are mended.
    private mutating func fix(ofOrganization isOfOrganization: Bool, _ claims: Claims) {
        object("fix") { json in
            json.string("description", "how plan fixes what the entry finds")
            json.array("anyOf") { json in
                if !isOfOrganization { json.object { $0.strings("enum", Fix.Word.allCases.map(\.rawValue)) } }
                json.object { json in
                    json.string("type", "object")
                    json.bool("additionalProperties", false)
                    json.number("minProperties", 1)
                    json.object("properties") { json in
                        json.object("template") { json in
                            json.array("anyOf") { json in
                                if !isOfOrganization {
                                    json.object { $0.strings("enum", Fix.Word.allCases.map(\.rawValue)) }
                                }
                                json.object { json in
                                    json.string("type", "array")
                                    json.number("minItems", 1)
                                    json.bool("uniqueItems", true)
                                    json.object("items") { $0.reference(claims == .known ? "claim" : "any_claim") }
                                }
                            }
                        }
                        if !isOfOrganization { json.object("immutable") { $0.string("type", "boolean") } }
                    }
                }
            }
        }
    }

    private mutating func option(_ option: RuleOption, _ claims: Claims) {
        switch option.kind {
        case .claims: list(option.name, option.meaning) { $0.reference(claims == .known ? "claim" : "any_claim") }
        case .claimPatterns:
            list(option.name, option.meaning) { $0.reference(claims == .known ? "claim_or_family" : "any_claim") }
        case .anyClaims: list(option.name, option.meaning) { $0.reference("any_claim") }
        case .claimLists:
            list(option.name, option.meaning) { json in
                json.string("type", "array")
                json.number("minItems", 1)
                json.bool("uniqueItems", true)
                json.object("items") { $0.reference(claims == .known ? "claim" : "any_claim") }
            }
        case .words(let words):
            list(option.name, option.meaning) { $0.strings("enum", words) }
        case .bool:
            object(option.name) { json in
                json.string("type", "boolean")
                json.string("description", option.meaning)
            }
        case .number(let range):
            integer(option.name, range, option.meaning)
        }
    }

    fileprivate mutating func selector() {
        object("where") { json in
            json.string("type", "object")
            json.string("description", "which repositories: fields are ANDed, the values of a field ORed")
            json.bool("additionalProperties", false)
            json.object("properties") { json in
                for (name, meaning) in [
                    ("names", "globs on the name, without case"), ("exclude_names", "globs on the name, without case"),
                    ("topics", "topics of the repository"),
                ] {
                    json.list(name, meaning) { json in
                        json.string("type", "string")
                        json.number("minLength", 1)
                    }
                }
                json.list("visibility") { $0.strings("enum", ["public", "private", "internal"]) }
                json.object("properties") { json in
                    json.string("type", "object")
                    json.string("description", "values of custom properties, by name")
                    json.number("minProperties", 1)
                    json.object("additionalProperties") { json in
                        json.string("type", "array")
                        json.number("minItems", 1)
                        json.bool("uniqueItems", true)
                        json.object("items") { json in
                            json.string("type", "string")
                            json.number("minLength", 1)
                        }
                    }
                }
                for name in ["fork", "archived"] { json.object(name) { $0.string("type", "boolean") } }
            }
        }
    }

    fileprivate mutating func claims() {
        let names = ClaimCatalog.all.map(\.key.rawValue)
        object("claim") { $0.anyOf(names) }
        object("claim_or_family") { $0.anyOf(names + [ClaimCatalog.customProperty.key.rawValue]) }
        object("any_claim") { json in
            json.string("type", "string")
            json.number("minLength", 1)
        }
    }

    private mutating func anyOf(_ names: [String]) {
        array("anyOf") { json in
            json.object { $0.strings("enum", names) }
            json.object { json in
                json.string("type", "string")
                json.string("pattern", "^\(ClaimKey.customPropertyPrefix)[A-Za-z0-9_]+$")
            }
        }
    }
}
