/// One thing that a policy can demand of a repository's template.
///
/// A rule is one file: what it means, its options, its judgement, and examples that are both its documentation and
/// its tests.
public protocol Rule: Sendable {
    /// The word that a policy's `rule` names it by.
    static var name: String { get }
    /// What it demands, as one sentence.
    static var summary: String { get }
    /// What goes wrong without it, with its source.
    static var rationale: String { get }
    /// Keys of a rule entry that only this rule reads.
    static var options: [String] { get }
    static var examples: [RuleExample] { get }

    init(options: RuleOptions) throws(DocumentError)

    /// Judges one repository whose template is known.
    func judge(_ subject: RuleSubject) -> RuleVerdict
}

/// What a rule judges: one repository with everything that was observed of it.
public struct RuleSubject: Sendable {
    public let repository: Repository
    public let setting: RepositorySetting
    /// Known; a repository whose template is unknown is not judged.
    public let template: SubjectTemplate
    public let source: TemplateSource
    public let organizationTemplate: OrganizationTemplate

    public init(
        repository: Repository, setting: RepositorySetting, template: SubjectTemplate, source: TemplateSource,
        organizationTemplate: OrganizationTemplate,
    ) {
        self.repository = repository
        self.setting = setting
        self.template = template
        self.source = source
        self.organizationTemplate = organizationTemplate
    }

    /// Whose template has to change, for remedies.
    var templateName: String {
        switch source {
        case .organization: "the organization's template, or give the repository its own,"
        case .organizationOrCopy: "the template that the repository shares with its organization"
        case .gitHubDefault, .repository, .unknown: "the repository's template"
        }
    }
}

/// A rule's judgement of one repository.
public enum RuleVerdict: Hashable, Sendable {
    case pass
    case fail(Violation)
    /// A fact that the rule needs is lacking; the text names it.
    case undecided(String)
}

/// What a rule found wrong and how to mend it.
public struct Violation: Hashable, Sendable {
    /// What is wrong, in lower case without a final stop: `missing claim: context`.
    public let message: String
    public let expected: [String]
    public let actual: [String]
    /// One sentence: what to do.
    public let remedy: String

    public init(message: String, expected: [String], actual: [String], remedy: String) {
        self.message = message
        self.expected = expected
        self.actual = actual
        self.remedy = remedy
    }
}

/// A rule entry's own options, read with the errors of the document they stand in.
public struct RuleOptions {
    public let reader: ObjectReader
    private let allowsUnknownClaims: Bool

    public init(_ reader: ObjectReader, allowsUnknownClaims: Bool) {
        self.reader = reader
        self.allowsUnknownClaims = allowsUnknownClaims
    }

    /// The claim keys of a list; `nil` where the option is absent.
    public func claims(_ key: String) throws(DocumentError) -> [ClaimKey]? {
        guard let document = reader.optional(key) else { return nil }
        return try claims(in: document, named: key)
    }

    /// The lists of claim keys of a list of lists; `nil` where the option is absent.
    public func claimLists(_ key: String) throws(DocumentError) -> [[ClaimKey]]? {
        guard let document = reader.optional(key) else { return nil }
        var lists: [[ClaimKey]] = []
        for element in try document.elements(named: key) { lists.append(try claims(in: element, named: key)) }
        return lists
    }

    private func claims(in document: Document, named key: String) throws(DocumentError) -> [ClaimKey] {
        var keys: [ClaimKey] = []
        for (text, position) in try document.strings(named: key) {
            let claim = ClaimKey(text)
            guard allowsUnknownClaims || ClaimCatalog.claim(for: claim) != nil else {
                let known = ClaimCatalog.all.map(\.key.rawValue)
                throw DocumentError(
                    at: position, "unknown claim \"\(text)\"",
                    hint: NearestWord.nearest(to: text, among: known).map { "did you mean \"\($0)\"?" }
                        ?? "\"allow_unknown_claims\": true accepts claims that this version does not know")
            }
            keys.append(claim)
        }
        return keys
    }
}

/// A case that documents a rule and tests it.
public struct RuleExample: Sendable {
    public enum Outcome: Sendable {
        case pass
        /// The violation's message.
        case fail(String)
        case undecided
    }

    /// The rule entry's options as JSON, without the keys that all entries share.
    public let options: String
    public let setting: RepositorySetting
    public let organizationTemplate: OrganizationTemplate
    public let expected: Outcome

    public init(
        options: String = "{}", setting: RepositorySetting, organizationTemplate: OrganizationTemplate = .neverSet,
        expected: Outcome,
    ) {
        self.options = options
        self.setting = setting
        self.organizationTemplate = organizationTemplate
        self.expected = expected
    }
}

extension RepositorySetting {
    /// GitHub's default template.
    public static let gitHubDefault = RepositorySetting(useDefault: true)

    /// Keys of the repository's own.
    public static func own(_ keys: [ClaimKey]) -> RepositorySetting {
        RepositorySetting(useDefault: false, includeClaimKeys: keys)
    }

    /// Opted in to the organization's template without keys of its own.
    public static let inheriting = RepositorySetting(useDefault: false)
}
