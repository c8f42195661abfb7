/// Every rule, in the order in which documents list them.
public enum RuleCatalog {
    public static let all: [any Rule.Type] = [
        RequireClaims.self,
        LeadingClaim.self,
        TemplateSourceRule.self,
    ]

    /// The rule that a policy names; `nil` where there is none.
    public static func rule(named name: String) -> (any Rule.Type)? {
        all.first { $0.name == name }
    }
}
