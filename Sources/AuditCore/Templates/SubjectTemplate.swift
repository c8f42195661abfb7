/// An ordered list of claim keys from which GitHub builds a token's subject.
package struct SubjectTemplate: Hashable, Sendable, ExpressibleByArrayLiteral {
    /// The keys in the order in which GitHub joins them.
    package let keys: [ClaimKey]

    package init(_ keys: [ClaimKey]) {
        self.keys = keys
    }

    package init(arrayLiteral elements: ClaimKey...) {
        self.keys = elements
    }

    /// Whether both make the same subjects: `repository` is another spelling of `repo`.
    package func means(_ other: SubjectTemplate) -> Bool {
        self == other || keys.map(\.canonical) == other.keys.map(\.canonical)
    }

    /// What GitHub uses where nothing else was chosen. Source: GitHub's OIDC reference, "Default subject claims".
    package static let gitHubDefault: SubjectTemplate = ["repo", "context"]
}

/// The place from which a repository's effective template comes.
package enum TemplateSource: String, Sendable, CaseIterable {
    case gitHubDefault = "github_default"
    case organization
    case repository
    /// The repository's keys equal the organization's. GitHub echoes inherited keys, so one read cannot distinguish a
    /// repository that inherits from one that holds a copy.
    case organizationOrCopy = "organization_or_copy"
    case unknown
}

/// The template that tokens of one repository follow, and where it comes from.
package struct EffectiveTemplate: Hashable, Sendable {
    /// `nil` if the answer hangs on something that could not be read.
    package let template: SubjectTemplate?
    package let source: TemplateSource

    package init(_ template: SubjectTemplate?, from source: TemplateSource) {
        self.template = template
        self.source = source
    }
}

/// What is known of an organization's own template.
package enum OrganizationTemplate: Hashable, Sendable {
    /// GitHub sent keys; an empty list is kept as it came.
    case set(SubjectTemplate, useImmutableSubject: Bool?)
    /// GitHub said, with its own message, that the organization never set one.
    case neverSet
    case unreadable(UnreadableReason)

    /// What everybody should know who reads or writes one.
    package static let effect =
        "an organization's template changes nothing until a repository opts in; only a repository's own setting shows "
        + "whether its subjects are immutable"

    /// Claims that a repository inherits, GitHub's default where it was never set; `nil` if they are not known.
    package var inheritedKeys: [ClaimKey]? {
        switch self {
        case .set(let template, _): template.keys
        case .neverSet: SubjectTemplate.gitHubDefault.keys
        case .unreadable: nil
        }
    }

    /// Whether both were read, and differ in more than a flag that one answer leaves out.
    package func isKnownToDiffer(from other: OrganizationTemplate) -> Bool {
        switch (self, other) {
        case (.unreadable, _), (_, .unreadable), (.neverSet, .neverSet): false
        case (.set(let old, let before), .set(let new, let after)):
            old != new || (before != nil && after != nil && before != after)
        case (.set, .neverSet), (.neverSet, .set): true
        }
    }
}
