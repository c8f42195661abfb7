import AuditCore

extension OrganizationTemplate {
    var displayText: String {
        switch self {
        case .set(let template, let flag): template.displayText + (flag == true ? " (immutable subjects)" : "")
        case .neverSet: "never set"
        case .unreadable(let reason): "unreadable: \(reason.message)"
        }
    }
}

extension SubjectTemplate {
    /// Its claims; an organization's may have none.
    var displayText: String { keys.isEmpty ? "no claim (an empty list)" : keys.joinedNames }
}

extension EffectiveTemplate {
    var displayText: String { "\(template?.keys.joinedNames ?? "unknown") (\(source.rawValue))" }
}

extension TemplateSource {
    var displayText: String { rawValue.split(separator: "_").joined(separator: " ") }

    /// For somebody who has never seen the word.
    var meaning: String {
        switch self {
        case .gitHubDefault: "GitHub's own template, repo and context"
        case .organization: "the organization's template, which the repository inherits"
        case .repository: "a template of the repository's own"
        case .organizationOrCopy:
            "the organization's template: GitHub's answer does not say whether the repository inherits it or holds a copy"
        case .unknown: "which template applies could not be read"
        }
    }
}

extension RepositoryState {
    var displayText: String {
        if let effective { return effective.displayText }
        return whyUnreadable.map { "not read: \($0)" } ?? "unknown"
    }

    /// `nil` if it was read.
    var whyUnreadable: String? { if case .unreadable(let reason) = reading { reason.message } else { nil } }
}

extension Listing {
    var displayText: String {
        "\(status.rawValue), \(listed)" + (expectedText.map { " of \($0)" } ?? "") + (error.map { ": \($0)" } ?? "")
    }

    /// `at least 5`; `nil` if nothing is counted.
    var expectedText: String? { expected.map { isExpectedAtLeast ? "at least \($0)" : "\($0)" } }
}

extension PlannedChange.Value {
    static let inherited = "the organization's, inherited"

    /// The fields that can be written.
    var lines: [(name: String, value: String)] {
        switch self {
        case .organization(let template):
            var (claims, flag) = (template.displayText, "not set")
            if case .set(let set, let useImmutableSubject) = template {
                claims = set.displayText
                if let useImmutableSubject { flag = "\(useImmutableSubject)" }
            }
            return [("template", claims), ("use_immutable_subject", flag)]
        case .repository(let setting):
            let keys = setting.includeClaimKeys ?? []
            let claims = keys.isEmpty ? Self.inherited : keys.joinedNames
            let unused = keys.isEmpty ? "" : "; unused: \(keys.joinedNames)"
            return [
                ("template", setting.useDefault ? "GitHub's default (use_default: true\(unused))" : claims),
                ("use_immutable_subject", setting.useImmutableSubject.map { "\($0)" } ?? "not set"),
            ]
        }
    }
}
