import AuditCore

/// What a report says of itself in a sentence, in every format for people.
extension AuditReport {
    var verdictInWords: String {
        switch verdict {
        case .compliant:
            let repositories =
                summary.judged == 1
                ? "the one repository in scope keeps" : "all \(summary.judged) repositories in scope keep"
            return "\(repositories) the policy"
        case .violations:
            let others = findings.count { $0.isOpen && $0.repositoryID == nil }
            let repositories =
                "\(summary.violating) of \(counted(summary.judged, "repository")) "
                + "\(summary.violating == 1 ? "breaks" : "break") the policy"
            return [
                summary.violating > 0 || others == 0 ? repositories : nil,
                others > 0 ? "\(counted(others, "finding")) about organizations or waivers" : nil,
            ].compactMap(\.self).joined(separator: ", besides ")
        case .incomplete:
            return "no violation was found, but not everything could be judged"
        }
    }

    /// What changed since the scan before, in one line: `since #41 of 2026-11-20: 3 templates, 1 added; findings: 2 appeared,
    /// 1 gone`. `nil` where there is no scan before, or it was not asked for.
    var changesInWords: String? {
        guard let difference = history?.difference else { return nil }
        let since = "since #\(difference.before.id.rawValue) of \(difference.before.startedAt.day)"
        let changes = difference.organizations.flatMap(\.changes)
        let kinds = Dictionary(changes.flatMap(\.kinds).map { ($0, 1) }, uniquingKeysWith: +)
        var words = RepositoryChange.Kind.allCases.compactMap { kind in kinds[kind].map { kind.words($0) } }
        let tallies = tallies
        let templates = difference.organizations.filter(\.templateChanged).map { organization in
            let sources = tallies[organization.id]?.sources ?? [:]
            let followers = sources[.organization, default: 0] + sources[.organizationOrCopy, default: 0]
            return "the template of \(organization.login), which \(counted(followers, "repository")) "
                + (followers == 1 ? "follows" : "follow")
        }
        words = templates + words
        words += difference.lost.map { "\($0) lost" } + difference.found.map { "\($0) found" }
        var parts = words.isEmpty ? [] : [words.joined(separator: ", ")]
        // Judged by another policy now than then, findings say nothing of what changed.
        if difference.policyName == policy.name, !difference.appeared.isEmpty || !difference.gone.isEmpty {
            parts.append("findings: \(difference.appeared.count) appeared, \(difference.gone.count) gone")
        }
        return "\(since): \(parts.isEmpty ? "nothing" : parts.joined(separator: "; "))"
    }
}

extension RepositoryChange.Kind {
    fileprivate func words(_ count: Int) -> String {
        switch self {
        case .template, .immutability, .subject, .setting, .visibility: counted(count, words)
        case .added, .removed, .missing, .renamed, .archived, .unarchived, .unreadable, .readable, .facts:
            "\(count) \(words)"
        }
    }
}

/// A number with its noun: `1 repository`, `2 repositories`.
func counted(_ count: Int, _ noun: String) -> String {
    count == 1 ? "1 \(noun)" : "\(count) \(noun.hasSuffix("y") ? noun.dropLast() + "ies" : noun + "s")"
}
