/// What an organization demands of its repositories' templates.
public struct Policy: Sendable {
    public let name: String
    public let description: String?
    /// In the document's order, ids unique.
    public let rules: [RuleEntry]
    /// Where the policy came from, as the person named it.
    public let source: String
    /// SHA-256 of the policy's bytes, in hexadecimal.
    public let sha256: String

    public init(name: String, description: String?, rules: [RuleEntry], source: String, sha256: String) {
        self.name = name
        self.description = description
        self.rules = rules
        self.source = source
        self.sha256 = sha256
    }
}

/// One demand of a policy: a rule with its options, a severity and a choice of repositories.
public struct RuleEntry: Sendable {
    /// The name that people see; unique in the policy.
    public let id: String
    public let rule: any Rule
    public let severity: Severity
    /// `nil`: every repository in scope.
    public let selector: Selector?
    public let reason: String?
    /// Where the entry stands in the policy's file.
    public let position: SourcePosition

    public init(
        id: String, rule: any Rule, severity: Severity, selector: Selector? = nil, reason: String? = nil,
        position: SourcePosition = .start,
    ) {
        self.id = id
        self.rule = rule
        self.severity = severity
        self.selector = selector
        self.reason = reason
        self.position = position
    }
}
