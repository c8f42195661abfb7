import AuditCore

extension Reach.Group {
    /// Who it is, as the subject of "gets in".
    var displayText: String {
        switch self {
        case .anyone: "any account of GitHub"
        case .renamer: "anyone who takes a name that was yours"
        case .foreignOwner: "an owner that is neither scanned nor given by --also-ours"
        case .owner: "any repository that the owner makes"
        case .repositories: "several repositories"
        case .one: "one repository"
        case .nobody: "nobody"
        }
    }
}

extension TrustNews.Identity {
    /// Who was farthest outside. That nobody gets in through a trust for GitHub and that there is none are two things.
    var reachBefore: String { before ?? "no trust for GitHub" }
    var reachNow: String { after ?? "no trust for GitHub" }
}

extension AccessDifference.Addition {
    /// What to write where, on one line.
    var displayText: String {
        "\(insteadOf.map { "\(comparison) instead of \($0)" } ?? comparison) \(claim): \(value)"
    }
}

extension Reach.Outsider {
    var displayText: String {
        guard let doubt else { return "\(group.displayText) gets in" }
        return "\(group.displayText) may get in: \(doubt)"
    }
}

extension JobContext.Kind {
    var displayText: String {
        switch self {
        case .branch, .tag, .environment: rawValue
        case .pullRequest: "pull request"
        case .mergeQueue: "merge queue"
        case .other: "other events of pull requests"
        }
    }
}

extension Access.Terms {
    var displayText: String {
        let words = contexts.map { kind in
            kind.displayText + (only[kind].map { " " + $0.map(\.quotedIfOdd).joined(separator: " or ") } ?? "")
        }
        let jobs = words.joined(separator: ", ")
        switch certainty {
        case .certain: return jobs
        case .possible: return "\(jobs); possible: \(reason ?? "not decided")"
        case .unknown: return "unknown: \(reason ?? "its subjects are not known")"
        }
    }
}

extension Access {
    /// In which jobs, and how sure it is.
    var displayText: String { terms.displayText }
}

extension Undecided {
    var displayText: String { "\(what): \(why)" }
}
