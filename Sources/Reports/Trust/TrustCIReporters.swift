package import AuditCore

/// One line for cron's mail, a journal or a chat: verdict, counts and scans.
package struct TrustLineReporter: TrustReporter {
    package static let name = "line"

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        let headline = audit.headline
        let roles = audit.files.reduce(0) { $0 + $1.roles }
        let names = Array(Set(audit.scans.flatMap { $0.organizations.map(\.login) })).sorted()
        let more = names.count - min(names.count, 3)
        let start =
            "\(headline.word): " + names.prefix(3).joined(separator: ", ") + (more > 0 ? " and \(more) more" : "")
            + ": \(headline.rest); \(counted(roles, "role")), \(counted(audit.trusts.count, "trust")) for GitHub"
        let scans = audit.scans.map { "scan \($0.id.rawValue), \($0.startedAt)" }
        let end =
            scans.isEmpty
            ? "" : "; " + (scans.count == 1 ? scans[0] : "\(scans.count) scans, the first \(scans[0])")
        let room = LineReporter.bytesMax - start.utf8.count - end.utf8.count - 1
        let why = audit.isComplete ? "" : audit.firstGap.map { "; incomplete: \($0)" } ?? ""
        output.write((start + why.cut(toBytes: max(0, room)) + end).cut(toBytes: LineReporter.bytesMax - 1) + "\n")
    }
}

/// Nothing on standard output: files get the report.
package struct TrustNoReporter: TrustReporter {
    package static let name = "none"

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {}
}

/// What a policy finds as annotations of a GitHub Actions job.
package struct TrustGitHubReporter: TrustReporter {
    package static let name = "github"
    package static let isOfFindings = true

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        guard let report = audit.judgement?.report else { preconditionFailure("annotations are of findings") }
        let headline = audit.headline
        let notRead = audit.openness.filter { $0 != report.gap } + audit.undecidedInWords
        GitHubReporter().render(
            report, notRead: notRead, counts: "\(headline.word): \(headline.rest)", style: style, to: &output)
    }
}

/// What a policy finds for GitLab's code quality widget.
package struct TrustGitLabReporter: TrustReporter {
    package static let name = "gitlab"
    package static let isOfFindings = true

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        guard let report = audit.judgement?.report else { preconditionFailure("issues are of findings") }
        GitLabReporter().render(
            report, notRead: audit.openness + audit.undecidedInWords, style: style, to: &output)
    }
}

/// Counts for Prometheus.
package struct TrustPrometheusReporter: TrustReporter {
    package static let name = "prometheus"

    package init() {}

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        var page = MetricsPage(of: audit, output)
        page.metric("trust_scan_timestamp_seconds", "When the oldest scan ended, in seconds since 1970.") {
            $0.sample([], audit.scans.map(\.finishedAt.secondsSince1970).min() ?? 0)
        }
        page.metric("trust_complete", "Whether everything was read and decided.") {
            $0.sample([], audit.isComplete ? 1 : 0)
        }
        page.metric("trust_exit_status", "The exit status of the last run.") {
            $0.sample([], Int64(audit.exitStatus.rawValue))
        }
        page.metric("trust_roles", "Roles of the cloud exports, and those that could not be read.") { page in
            page.sample([("state", "read")], Int64(audit.files.reduce(0) { $0 + $1.roles } - audit.unreadCount))
            page.sample([("state", "unread")], Int64(audit.unreadCount))
        }
        page.metric("trust_reach", "Trusts for GitHub by who is farthest outside.") { page in
            for group in Reach.Group.allCases {
                page.sample(
                    [("reach", group.rawValue)], Int64(audit.trusts.count { $0.reach.outermost == group }))
            }
        }
        page.metric("trust_unmatched", "Trusts that no repository can use.") {
            $0.sample([], Int64(audit.unmatched.count))
        }
        page.metric("trust_undecided", "Trusts that are not decided.") {
            $0.sample([], Int64(audit.undecided.count))
        }
        page.metric("trust_access", "Pairs of a repository and a trust that it can use.") {
            $0.sample([], Int64(audit.report.accessCount))
        }
        if let report = audit.judgement?.report {
            page.metric("trust_findings", "Open findings by rule entry.") { page in
                for entry in report.policy.rules where entry.subject == .identity {
                    page.sample(
                        [("rule", entry.id), ("severity", entry.severity.rawValue)],
                        Int64(report.findings.count { $0.isOpen && $0.rule == entry.id }))
                }
            }
        }
        output = page.output
    }
}

extension TrustAudit {
    /// A line for each trust that is not decided.
    fileprivate var undecidedInWords: [String] {
        undecided.map { trust in
            let why = trust.undecided.first.map { ": \($0.displayText)" } ?? ""
            return "\(trust.trust.identity.name) is not decided\(why)"
        }
    }
}
