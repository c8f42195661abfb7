/// One thing that a policy can demand.
///
/// A rule is one file: what it means, its options, its judgement, and examples that are both its documentation and
/// its tests. What it judges is said by one of the protocols below.
package protocol Rule: Sendable {
    /// The word that a policy's `rule` names it by.
    static var name: String { get }
    /// What it demands, as one sentence.
    static var summary: String { get }
    /// What goes wrong without it, with its source.
    static var rationale: String { get }
    /// How to fix what it finds, in general; each finding has a remediation of its own.
    static var remediation: String { get }
    /// Keys of a rule entry that only this rule reads.
    static var options: [RuleOption] { get }
    /// Options of which at least one must be given.
    static var oneOf: [String] { get }
    /// What has to be asked of GitHub for this rule alone.
    static var needs: Set<RuleNeed> { get }
    static var examples: [RuleExample] { get }

    init(options: RuleOptions) throws(DocumentError)
}

extension Rule {
    package static var options: [RuleOption] { [] }
    package static var oneOf: [String] { [] }
    package static var needs: Set<RuleNeed> { [] }
}

/// A rule about each repository whose template is known.
package protocol RepositoryRule: Rule {
    func judge(_ subject: RuleSubject) -> RuleVerdict
}

/// A rule about an organization itself. Its entries have no `where`.
package protocol OrganizationRule: Rule {
    func judge(_ subject: OrganizationSubject) -> RuleVerdict
}

/// A rule about each waiver of the file that was given. Its entries have no `where`.
package protocol WaiverRule: Rule {
    /// The rule as a policy gets it that has no entry of it: without options.
    init()

    func judge(_ subject: WaiverSubject) -> RuleVerdict
}

/// A rule about each way in that a cloud grants. Its entries have `identities` in the place of `where`, and `trust` alone
/// judges them: what they need is in cloud exports.
package protocol TrustRule: Rule {
    func judge(_ subject: TrustSubject) -> RuleVerdict
}

/// What a rule or a selector may need beyond listing and templates.
package enum RuleNeed: Hashable, Sendable, CaseIterable {
    /// Which custom properties the organization includes in tokens.
    case includedProperties
    /// Values of custom properties, where the listing does not hold them.
    case propertyValues
}

/// A rule's judgement of one subject.
package enum RuleVerdict: Hashable, Sendable {
    case pass
    case fail(Violation)
    /// A fact that the rule needs is missing; the text names it.
    case undecided(String)
    /// The rule says nothing of such a subject: nothing could satisfy it there.
    case notApplicable
}

/// What a rule found wrong and how to fix it.
package struct Violation: Hashable, Sendable {
    /// What is wrong, in lower case without a final stop: `missing claims: context, ref`.
    package let message: String
    /// What is wrong one by one, sorted by UTF-8 bytes, each once, never empty: `missing claim: context`. A text is the
    /// same from night to night as long as that problem is there, so it holds no counts, dates or ids that change by
    /// themselves. An acceptance covers the problems that it has seen.
    package let problems: [String]
    package let expected: [String]
    /// Whether one of what is expected would do, rather than all of it.
    package let isChoice: Bool
    package let actual: [String]
    /// Whether what is there are claims.
    package let namesClaims: Bool
    /// One sentence: what to do.
    package let remediation: String
    /// The one change that does it; `nil` if there are several, or none is known.
    package let fix: TemplateFix?

    /// - Parameter problems: in any order; `nil`: the message is the one problem.
    package init(
        message: String, problems: [String]? = nil, expected: [String], isChoice: Bool = false, actual: [String],
        namesClaims: Bool = false, remediation: String, fix: TemplateFix? = nil,
    ) {
        self.namesClaims = namesClaims
        self.problems = (problems?.isEmpty == false ? problems ?? [] : [message]).asProblems
        self.isChoice = isChoice
        self.fix = fix
        self.message = message
        self.expected = expected
        self.actual = actual
        self.remediation = remediation
    }
}
