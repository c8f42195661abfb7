import AuditCore

extension Timeline.Event {
    /// What happened, on one line.
    var displayText: String {
        switch what {
        case .repository(let change): change.displayText
        case .repositoryUnread(let gap): gap.words(from: seenBy)
        case .organizationTemplateUnread(let gap): "the organization's template \(gap.words(from: seenBy))"
        case .organizationNotFound(let gap): "organization not found \(gap.span(from: seenBy))"
        case .organizationTemplate(let before, let after):
            "the organization's template changed: \(before.displayText) → \(after.displayText)"
        case .findingAppeared(let finding, _):
            "\(finding.isBack ? "reappeared: " : "")\(finding.severity.rawValue): \(finding.key.rule): \(finding.message)"
        case .findingChanged(let finding, let further, _):
            "\(finding.changeTitle(further)): \(finding.key.rule): \(finding.worseInWords(further) ?? finding.message)"
        case .findingWaived(let finding, _): "waived: \(finding.key.rule)"
        case .findingGone(let finding, _): "no longer found: \(finding.key.rule)"
        }
    }

    /// The class of the page's style that goes with it.
    var tone: String {
        switch what {
        case .repository: "repository"
        case .repositoryUnread, .organizationTemplateUnread, .organizationNotFound: "unreadable"
        case .organizationTemplate: "organization"
        case .findingAppeared(let finding, _): finding.severity.rawValue
        case .findingChanged(let finding, _, _): finding.severity.rawValue
        case .findingWaived: "waived"
        case .findingGone: "compliant"
        }
    }

    /// Whether it is about facts, or a finding of that policy.
    func concerns(policy name: String) -> Bool {
        switch what {
        case .repository, .repositoryUnread, .organizationTemplate, .organizationTemplateUnread, .organizationNotFound:
            true
        case .findingAppeared(_, let policy), .findingChanged(_, _, let policy), .findingWaived(_, let policy),
            .findingGone(_, let policy):
            policy == name
        }
    }
}

extension RepositoryChange {
    /// What happened, on one line.
    var displayText: String {
        guard let before, let after else {
            let template = after?.effective.map { ": \($0.displayText)" } ?? ""
            return before == nil ? "first seen\(template)" : kinds.map(\.displayText).joined(separator: ", ")
        }
        var words = kinds.compactMap { kind -> String? in
            switch kind {
            case .subject: nil
            case .transferred: "transferred from \(before.repository.fullName)"
            case .renamed: "renamed from \(before.repository.fullName)"
            case .visibility:
                "visibility \(before.repository.visibility.words) → \(after.repository.visibility.words)"
            case .template:
                "template \(before.effective?.displayText ?? "unknown") → \(after.effective?.displayText ?? "unknown")"
            case .immutability: "subject format \(before.format.name) → \(after.format.name)"
            case .setting: settingsInWords.joined(separator: "; ")
            case .added, .removed, .archived, .unarchived, .facts: kind.displayText
            }
        }
        if let old = before.preview.subject, let new = after.preview.subject, old != new {
            words.append("subject \(old) → \(new)")
        }
        return words.joined(separator: "; ")
    }
}

extension RepositoryChange {
    /// Keys that the effective template gained and lost, where it is known on both sides.
    var keys: (added: [ClaimKey], removed: [ClaimKey])? {
        guard let old = effective.before?.template?.keys, let new = effective.after?.template?.keys else { return nil }
        return (new.filter { !old.contains($0) }, old.filter { !new.contains($0) })
    }
}

extension RepositoryChange.Kind {
    var displayText: String {
        switch self {
        case .immutability: "subject format"
        case .visibility: "visibility"
        case .facts: "topics or properties"
        default: rawValue
        }
    }
}

extension Changeset.Entry {
    var displayText: String { outcome?.words ?? (intendedAt == nil ? "not begun" : "begun") }
}

extension ScanDifference.Worsened {
    /// In what it is worse.
    var words: String { finding.worseInWords(furtherProblems) ?? finding.message }
}

extension StoredFinding {
    /// In what it is worse than before: `was low, now also missing claim: context`; `nil` if it is not.
    func worseInWords(_ further: [String]) -> String? {
        let why = [
            isMoreSevere ? severityBefore.map { "was \($0.rawValue)" } : nil,
            further.isEmpty ? nil : "now also \(further.joined(separator: "; "))",
        ].compactMap(\.self)
        return why.isEmpty ? nil : why.joined(separator: ", ")
    }

    /// What became of one that stood open before.
    func changeTitle(_ further: [String]) -> String {
        guard further.isEmpty, !isMoreSevere else { return "worsened" }
        return severityBefore == nil ? "fewer problems" : "less severe"
    }

    /// How severe it is, and how it stands: `high, waived, reappeared`.
    var notes: String {
        ([severity.rawValue] + (isWaived ? ["waived"] : []) + (isBack ? ["reappeared"] : [])).joined(separator: ", ")
    }
}

extension [Timeline.AuditLogSearch] {
    /// Who had the right to make changes that were not written from here, by role; none is known by name.
    var whoCouldInWords: String {
        var could: [String] = []
        if contains(where: { $0.repository != nil }) {
            could.append("a repository's template: its administrators, and apps and tokens with \"Actions: write\"")
        }
        if contains(where: { $0.repository == nil }) {
            could.append("an organization's template: its owners, and apps and tokens with \"Administration: write\"")
        }
        return "change " + could.joined(separator: "; ")
    }
}

extension Timeline.AuditLogSearch {
    /// What the search does not show.
    static let caveat =
        "GitHub documents no audit-log event for these changes: the search shows who was active then, and what a "
        + "stream of API requests holds"
}
