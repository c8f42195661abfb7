package import AuditCore

/// Counts for Prometheus, as node_exporter's textfile collector reads them: no time stamps, gauges alone.
///
/// Source: Prometheus, "Exposition formats", version 0.0.4.
package struct PrometheusReporter: Reporter {
    package static let name = "prometheus"
    package static let historyParts: Set<ReportHistory.Part> = [.lastSuccess]

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        var page = MetricsPage(of: report, output)
        let tallies = report.tallies
        let organizations = report.organizations.map { ($0, $0.id.flatMap { tallies[$0] } ?? OrganizationTally()) }

        page.metric("scan_timestamp_seconds", "When the last scan ended, in seconds since 1970.") {
            $0.sample([], report.finishedAt.secondsSince1970)
        }
        // Always there: the age of a series that is absent is nothing, and no alert fires on it.
        page.metric(
            "last_success_timestamp_seconds",
            "When the last scan ended that could read and decide everything but what a waiver accepts, in seconds since 1970; 0 "
                + "if none did."
        ) { page in
            let success = report.isComplete ? report.finishedAt : report.history?.lastSuccess
            page.sample([], success?.secondsSince1970 ?? 0)
        }
        page.metric(
            "scan_complete", "Whether the last scan could read and decide everything but what a waiver accepts."
        ) {
            $0.sample([], report.isComplete ? 1 : 0)
        }
        page.metric("scan_duration_seconds", "How long the last scan took, in seconds.") {
            $0.sample([], max(0, report.finishedAt.seconds(since: report.startedAt)))
        }
        page.metric("exit_status", "The exit status of the last scan.") { $0.sample([], Int64(report.gate.exitStatus)) }
        page.metric("requests", "Requests of the last scan.") { page in
            page.sample([("kind", "sent")], Int64(report.requests.sent))
            page.sample([("kind", "not_modified")], Int64(report.requests.notModified))
            page.sample([("kind", "retried")], Int64(report.requests.retried))
        }
        page.metric("rate_limit_wait_seconds", "How long rate limits held the last scan up, in seconds.") {
            $0.sample([], report.requests.waited.components.seconds)
        }
        page.metric("policy_info", "The policy of the last scan.") {
            $0.sample([("sha256", report.policy.sha256)], 1)
        }
        page.metric("repositories", "Repositories by status.") { page in
            for (organization, tally) in organizations {
                for (state, count) in [
                    ("compliant", tally.compliant), ("violating", tally.violating), ("waived", tally.waived),
                    ("unreadable", tally.unreadable), ("skipped", tally.skipped),
                ] { page.sample(organization, [("state", state)], Int64(count)) }
            }
        }
        page.metric(
            "findings",
            "Open findings by rule entry; 0 if it found none, or could not judge: findings_state counts those as not_judged."
        ) { page in
            struct Place: Hashable {
                let organization: String
                let rule: String
            }
            let counts = Dictionary(
                report.findings.filter(\.isOpen).map {
                    (Place(organization: $0.organization, rule: $0.rule), Int64(1))
                },
                uniquingKeysWith: +)
            for organization in report.organizations {
                for entry in report.policy.rules {
                    page.sample(
                        organization, [("rule", entry.id), ("severity", entry.severity.rawValue)],
                        counts[Place(organization: organization.login, rule: entry.id)] ?? 0)
                }
            }
        }
        page.metric(
            "findings_state",
            "Open findings that no baseline covers, by state; apart those whose waiver ended since the scan before, the baseline's, and those that could not be judged."
        ) {
            page in
            for organization in report.organizations {
                let own = report.findings.filter { $0.isOpen && $0.organization == organization.login }
                let counts = Dictionary(
                    own.filter { $0.isInBaseline != true }.map { ($0.newsWord ?? $0.state.rawValue, Int64(1)) },
                    uniquingKeysWith: +)
                for state in Finding.State.allCases.map(\.rawValue) + [Finding.noLongerAcceptedWord] {
                    page.sample(organization, [("state", state)], counts[state] ?? 0)
                }
                page.sample(
                    organization, [("state", "baseline")], Int64(own.count { $0.isInBaseline == true }))
                page.sample(
                    organization, [("state", "not_judged")],
                    Int64(report.carriedOn.count { $0.isOf(organization) && !$0.known.isWaived }))
            }
        }
        page.metric("waived_findings", "Findings that a waiver accepts.") { page in
            for (organization, tally) in organizations {
                page.sample(organization, [], Int64(tally.waivedFindings))
            }
        }
        page.metric("waivers_expiring", "Waivers that end within a time, those that have ended not counted.") { page in
            let live = report.waivers.filter { !$0.isExpired(at: report.startedAt) }
            for days in [7, 30] {
                let moment = report.startedAt.adding(seconds: Int64(days) * 86_400)
                page.sample([("within", "\(days)d")], Int64(live.count { $0.isExpired(at: moment) }))
            }
        }
        page.metric("templates", "Repositories by where their effective template comes from.") { page in
            for (organization, tally) in organizations {
                for source in TemplateSource.allCases {
                    page.sample(
                        organization, [("source", source.rawValue)], Int64(tally.sources[source] ?? 0))
                }
            }
        }
        page.metric("immutable_subject_repositories", "Repositories by whether their subjects are immutable.") { page in
            for (organization, tally) in organizations {
                page.sample(organization, [("enabled", "true")], Int64(tally.immutable))
                page.sample(organization, [("enabled", "false")], Int64(tally.legacy))
                page.sample(organization, [("enabled", "unknown")], Int64(tally.unknownFormat))
            }
        }
        page.metric("listing_complete", "Whether an organization's listing is known to be complete.") { page in
            for organization in report.organizations {
                page.sample(organization, [], organization.listing.status == .complete ? 1 : 0)
            }
        }
        output = page.output
    }
}
