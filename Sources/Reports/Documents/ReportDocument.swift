package import AuditCore

/// The report for programs, version 1. Within version 1 members are added, never renamed, removed or retyped.
package enum ReportDocument {
    package static let document = JSONDocument<AuditReport>("report") {
        Member("tool", tool, "what wrote the report") { _ in () }
        Member("scan", scan) { $0 }
        Member("scope", scope, "which repositories were judged") { $0.scope }
        Member("policy", policy) { $0.policy }
        Member("verdict", .word, "what the scan says, whatever the gate makes of it") { $0.verdict }
        Member("gate", gate, "how the exit status came about") { $0 }
        Member("summary", summary) { $0.summary }
        Member("organizations", .list(organization), "in the order in which they were asked for") { $0.organizations }
        Member("repositories", .list(repository), "every one that is listed") { $0.repositories }
        Member("findings", .list(finding), "those about organizations and waivers first, then by repository") {
            report in
            let (gate, apiURL) = (report.gate, report.apiURL)
            return report.findings.lazy.map { Judged(finding: $0, gate: gate, apiURL: apiURL) }
        }
        Member("gone", .list(gone), "findings that stood open before, worst first") { $0.goneSinceBefore }
        Member("carried_on", .list(carried), "findings that stood open before and could not be judged this time") {
            $0.carriedOn
        }
        Member("stale_baseline", .list(stale), "entries of the baseline whose finding is gone") { $0.staleBaseline }
        Member("warnings", .list(.string), "what a reader should know beside the verdict") { $0.warnings }
    }

    // MARK: -

    private static let tool = Shape<Void>.object {
        Member("name", .one(of: [Tool.name])) { Tool.name }
        Member("version", .string) { Tool.version }
    }

    private static let scan = Shape<AuditReport>.object {
        Member(
            "id", .maybe(.id),
            "the history's number of the scan; null if no history was written, or the report is of several scans"
        ) {
            $0.scanID
        }
        Member("api_url", .string, "base address of the API") { $0.apiURL }
        Member("started_at", .time) { $0.startedAt }
        Member("finished_at", .time) { $0.finishedAt }
        Member("complete", .boolean, "everything in scope was read and decided, or is accepted as unreadable") {
            $0.isComplete
        }
        Member("stop", .maybe(.word), "why it ended early") { $0.stop }
        Member("digest", .maybe(.sha256), "of the scan's link in the history's chain") { $0.digest }
        Member("requests", .requests) { $0.requests }
    }

    private static let scope = Shape<Scope>.object {
        Member("include", .strings, "globs on names") { $0.selector.names.map(\.pattern) }
        Member("exclude", .strings, "globs on names") { $0.selector.excludeNames.map(\.pattern) }
        Member("visibility", .words()) { $0.selector.visibility }
        Member("topics", .strings) { $0.selector.topics }
        Member("properties", .map(.strings), "values of custom properties") { scope in
            scope.selector.properties.sorted { $0.key < $1.key }
        }
        Member("archived", .boolean, "archived repositories are judged too") { $0.includesArchived }
        Member("repositories", .strings, "of their owners, these alone") { $0.named.names.map(\.description) }
    }

    static let policy = Shape<PolicyReport>.object {
        Member("name", .string) { $0.name }
        Member("source", .string, "where it came from") { $0.source }
        Member("sha256", .string, "of the policy's bytes") { $0.sha256 }
        Member("rules", .list(rule), "its entries, in their order") { $0.rules }
    }

    private static let rule = Shape<PolicyReport.Entry>.object {
        Member("id", .string, "the entry's id") { $0.id }
        Member("rule", .one(of: RuleCatalog.all.map { $0.name })) { $0.rule }
        Member("severity", .word) { $0.severity }
        Member("judged", .integer, "what the entry passed or failed") { $0.judged }
        Member("violations", .integer) { $0.violations }
        Member("undecided", .integer) { $0.undecided }
    }

    static let gate = Shape<AuditReport>.object {
        Member("verdict", .word) { $0.gate.verdict }
        Member("fail_on", .one(of: Severity.allCases.map(\.rawValue) + ["none"]), "the least severity that counts") {
            $0.gate.failOn?.rawValue ?? "none"
        }
        Member("new_only", .boolean, "what the baseline covers does not count") { $0.gate.newOnly }
        Member("exit_status", .integer) { $0.gate.exitStatus }
        Member("waivers", .maybe(.string), "where they came from") { $0.waiverSource }
        Member("baseline", .maybe(.string), "where it came from") { $0.baselineSource }
    }

    private static let summary = Shape<Summary>.object {
        Member("repositories", .counts) { $0 }
        Member("findings", findingCounts, "open ones by severity, waived ones, and open ones by state") { $0 }
    }

    static let findingCounts = Shape<Summary>.object {
        for severity in Severity.allCases {
            Member(severity.rawValue, .integer) { $0.findings[severity] ?? 0 }
        }
        Member("waived", .integer) { $0.waivedFindings }
        for state in [Finding.State.new, .worsened, .reappeared] {
            Member(state.rawValue, .integer) { $0.states[state] ?? 0 }
        }
        Member("not_judged", .integer, "open before and not judged by this scan; in no other count") { $0.notJudged }
    }

    private static let organization = Shape<OrganizationReport>.object {
        Member("login", .string) { $0.login }
        Member("id", .maybe(.id), "null if it was not found") { $0.id }
        Member("template", .template) { $0.template }
        Member("listing", .listing) { $0.listing }
        Member("undecided", .strings, "which rules about it lacked a fact") { $0.undecided }
        Member("scan", .maybe(.side), "the scan that saw it; null if the whole report is of one") { $0.scan }
        Member("stale", .maybe(.string), "why what was seen does not stand for today") { $0.staleness }
    }

    private static let repository = Shape<RepositoryReport>.object {
        Member.group(Member.facts) { $0.repository }
        Member("status", .word) { $0.status }
        Member("since", .maybe(.time), "when the setting was first seen, unchanged since") { $0.since }
        Member("setting", .maybe(.setting), "null if it could not be read") { $0.setting }
        Member("effective", .maybe(.effective)) { report in
            report.effective.map { Effective(template: $0, format: report.format, preview: report.preview) }
        }
        Member("reason", .maybe(.string), "why it is skipped or unreadable, or which rule is undecided") { $0.reason }
        Member("unread_problem", .maybe(.string), "as a waiver of readable names it in accepts") { $0.unreadProblem }
        Member("accepted_otherwise", .strings, "what a waiver accepts in place of that") { $0.otherwiseAccepted }
        Member("accepted_unread", .maybe(waiver), "what accepts that it could not be read") { $0.acceptedUnread }
    }

    /// A finding, and by what the report judges it.
    struct Judged {
        let finding: Finding
        let gate: GateReport
        let apiURL: String
    }

    /// What a finding is about, and what it says.
    static let identity = Member<Finding>.list {
        Member("rule", .string, "id of the policy's entry") { $0.rule }
        Member("severity", .word) { $0.severity }
        Member("organization", .string) { $0.organization }
        Member("repository", .maybe(.string), "null if it is about something else") { $0.repository }
        Member("repository_id", .maybe(.id)) { $0.repositoryID }
        Member.optional("identity", .string, "what a cloud lets assume, in AWS the ARN of a role") { $0.identity }
        Member("message", .string) { $0.violation.message }
    }

    private static let facts = Member<Finding>.list {
        Member("expected", .strings) { $0.violation.expected }
        Member("actual", .strings) { $0.violation.actual }
        Member("problems", .strings, "what is wrong one by one; an acceptance covers those that it has seen") {
            $0.violation.problems
        }
        Member("remediation", .string, "what to do") { $0.violation.remediation }
        Member("state", .word, "compared with what was accepted, else with the scan before") { $0.state }
        Member("first_seen", .time, "start of the scan that first found it") { $0.firstSeen }
        Member("in_baseline", .maybe(.boolean), "null if there is no baseline") { $0.isInBaseline }
        Member("waiver", .maybe(waiver), "what accepts it") { $0.waiver }
        Member("further_problems", .strings, "those that nobody had accepted or seen before") { $0.furtherProblems }
        Member("accepted_problems", .strings, "what waivers accept where they do not accept all") {
            $0.acceptedProblems
        }
        Member("since_last_scan", .word, "compared with the scan before, whatever is accepted") { $0.change }
        Member("severity_before", .maybe(.word), "by the scan before, where it is more severe by now") {
            $0.severityBefore
        }
        Member("fixed_problems", .strings, "those that the scan before found and this one did not") { $0.fixedProblems }
        Member("no_longer_accepted", .boolean, "a waiver covered it at the scan before, and none does now") {
            $0.isNoLongerAccepted
        }
    }

    static let finding = Shape<Judged>.object {
        Member.group(identity) { $0.finding }
        Member.group(facts) { $0.finding }
        Member("counts", .boolean, "it fails the gate") { $0.gate.counts($0.finding) }
        Member("fingerprint", .string, "the same from night to night, across renames") {
            $0.finding.key.fingerprint(apiURL: $0.apiURL)
        }
    }

    private static let waiver = Shape<Waiver>.object {
        Member("on", .string, "what it covers") { $0.targetInWords }
        Member.group(acceptance) { $0 }
    }

    /// What a waiver says beside its target.
    static let acceptance = Member<Waiver>.list {
        Member("owner", .string) { $0.owner }
        Member("reason", .string) { $0.reason }
        Member("expires", .day, "the last day on which it holds") { $0.expires }
        Member("accepts", .maybe(.strings), "null if it accepts whatever the rule finds") {
            $0.acceptsAnything ? nil : $0.accepts
        }
    }

    /// A finding that is not among those of the report.
    private struct Gone {
        let key: FindingKey
        let severity: Severity
        let name: String
    }

    private static let goneMembers = Member<Gone>.list {
        Member("rule", .string, "id of the policy's entry") { $0.key.rule }
        Member("severity", .word) { $0.severity }
        Member("repository", .maybe(.string), "null if it is about something else") {
            $0.key.repositoryID == nil ? nil : $0.name
        }
        Member("repository_id", .maybe(.id)) { $0.key.repositoryID }
        Member("name", .string, "of the repository, the organization or the waiver") { $0.name }
    }

    private static let gone = Shape<GoneFinding>.object {
        Member.group(goneMembers) {
            Gone(key: $0.key, severity: $0.known.severity, name: $0.known.name)
        }
        Member("why", .word) { $0.reason }
        Member("first_seen", .time) { $0.known.firstSeen }
        Member("last_seen", .time) { $0.known.lastSeen }
    }

    private static let carried = Shape<CarriedFinding>.object {
        Member.group(goneMembers) {
            Gone(key: $0.key, severity: $0.known.severity, name: $0.known.name)
        }
        Member("problems", .strings, "what the last scan that judged it found wrong") { $0.known.problems }
        Member("waived", .boolean, "a waiver accepted it then") { $0.known.isWaived }
        Member("first_seen", .time) { $0.known.firstSeen }
        Member("last_seen", .time) { $0.known.lastSeen }
    }

    static let stale = Shape<Baseline.StaleEntry>.object {
        Member.group(goneMembers) {
            Gone(key: $0.key, severity: $0.entry.severity, name: $0.entry.name)
        }
        Member("why", .word) { $0.reason }
    }
}
