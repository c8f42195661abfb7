public import AuditCore

/// The report for programs: JSON, version 1. Within version 1 keys are added, never renamed, removed or retyped.
public struct JSONReporter: Reporter {
    public static let name = "json"
    public static let schema = "oidc-audit.report/v1"

    public init() {}

    public func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        var writer = JSONWriter(output)
        writer.object { json in
            json.string("schema", Self.schema)
            json.object("tool") { json in
                json.string("name", Tool.name)
                json.string("version", Tool.version)
            }
            json.scan(report)
            json.scope(report.scope)
            json.policy(report.policy)
            json.string("verdict", report.verdict.rawValue)
            json.object("gate") { json in
                json.string("verdict", report.gate.verdict.rawValue)
                json.string("fail_on", report.gate.failOn?.rawValue ?? "none")
                json.bool("new_only", report.gate.newOnly)
                json.number("exit_status", report.gate.exitStatus)
                json.string("waivers", report.waiverSource)
                json.string("baseline", report.baselineSource)
            }
            json.summary(report.summary)
            json.array("organizations", of: report.organizations) { $0.organization($1) }
            json.array("repositories", of: report.repositories) { $0.repository($1) }
            json.array("findings", of: report.findings) { $0.finding($1, report) }
            json.array("gone", of: report.gone) { $0.gone($1) }
            json.array("stale_baseline", of: report.staleBaseline) { $0.stale($1) }
            json.array("warnings", of: report.warnings) { $0.string(nil, $1) }
        }
        output = writer.output
    }
}

extension JSONWriter {
    fileprivate mutating func scan(_ report: AuditReport) {
        object("scan") { json in
            json.number("id", report.scanID?.rawValue)
            json.string("api_url", report.apiURL)
            json.string("started_at", report.startedAt.description)
            json.string("finished_at", report.finishedAt.description)
            json.bool("complete", report.isComplete)
            json.string("stop", report.stop?.rawValue)
            json.string("digest", report.digest)
            json.object("requests") { json in
                json.number("sent", report.requests.sent)
                json.number("not_modified", report.requests.notModified)
                json.number("retried", report.requests.retried)
                json.seconds("waited_seconds", report.requests.waited)
            }
        }
    }

    fileprivate mutating func scope(_ scope: Scope) {
        object("scope") { json in
            json.strings("include", scope.selector.names.map(\.pattern))
            json.strings("exclude", scope.selector.excludeNames.map(\.pattern))
            json.strings("visibility", scope.selector.visibility.map(\.rawValue))
            json.strings("topics", scope.selector.topics)
            json.object("properties") { json in
                for (name, values) in scope.selector.properties.sorted(by: { $0.key < $1.key }) {
                    json.strings(name, values)
                }
            }
            json.bool("archived", scope.includesArchived)
        }
    }

    fileprivate mutating func policy(_ policy: PolicyReport) {
        object("policy") { json in
            json.string("name", policy.name)
            json.string("source", policy.source)
            json.string("sha256", policy.sha256)
            json.array("rules", of: policy.rules) { json, rule in
                json.object { json in
                    json.string("id", rule.id)
                    json.string("rule", rule.rule)
                    json.string("severity", rule.severity.rawValue)
                    json.number("judged", rule.judged)
                    json.number("violations", rule.violations)
                    json.number("undecided", rule.undecided)
                }
            }
        }
    }

    fileprivate mutating func summary(_ summary: Summary) {
        object("summary") { json in
            json.object("repositories") { json in
                json.number("listed", summary.listed)
                json.number("judged", summary.judged)
                json.number("compliant", summary.compliant)
                json.number("violating", summary.violating)
                json.number("waived", summary.waived)
                json.number("unreadable", summary.unreadable)
                json.number("skipped", summary.skipped)
            }
            json.object("findings") { json in
                for severity in Severity.allCases {
                    json.number(severity.rawValue, summary.findings[severity] ?? 0)
                }
                json.number("waived", summary.waivedFindings)
                for state in [Finding.State.new, .worsened, .reappeared] {
                    json.number(state.rawValue, summary.states[state] ?? 0)
                }
            }
        }
    }

    fileprivate mutating func organization(_ organization: OrganizationReport) {
        object { json in
            json.string("login", organization.login)
            json.number("id", organization.id?.rawValue)
            json.template("template", organization.template)
            json.listing(organization.listing)
            json.strings("undecided", organization.undecided)
        }
    }

    fileprivate mutating func repository(_ report: RepositoryReport) {
        object { json in
            json.repositoryFacts(report.repository)
            json.string("status", report.status.rawValue)
            json.string("since", report.since?.description)
            json.setting("setting", report.setting)
            json.effective("effective", report.effective, report.format, report.preview)
            json.string("reason", report.reason)
            json.waiver("accepted_unread", report.acceptedUnread)
        }
    }

    /// `null` where there is none.
    private mutating func waiver(_ key: String, _ waiver: Waiver?) {
        guard let waiver else { return null(key) }
        object(key) { json in
            json.string("on", waiver.target.description)
            json.string("owner", waiver.owner)
            json.string("reason", waiver.reason)
            json.string("expires", waiver.expires.description)
            json.strings("accepts", waiver.acceptsAnything ? nil : waiver.accepts)
        }
    }

    fileprivate mutating func gone(_ gone: GoneFinding) {
        object { json in
            json.string("rule", gone.key.rule)
            json.string("severity", gone.known.severity.rawValue)
            json.subject(gone.key, name: gone.known.name)
            json.string("why", gone.reason.rawValue)
            json.string("first_seen", gone.known.firstSeen.description)
            json.string("last_seen", gone.known.lastSeen.description)
        }
    }

    fileprivate mutating func stale(_ stale: Baseline.StaleEntry) {
        object { json in
            json.string("rule", stale.key.rule)
            json.string("severity", stale.entry.severity.rawValue)
            json.subject(stale.key, name: stale.entry.name)
            json.string("why", stale.reason.rawValue)
        }
    }

    /// What a finding is about; `repository` is `null` for one about the organization.
    private mutating func subject(_ key: FindingKey, name: String) {
        switch key.subject {
        case .repository(let id):
            string("repository", name)
            number("repository_id", id.rawValue)
        case .organization, .waiver:
            null("repository")
            null("repository_id")
        }
        string("name", name)
    }

    fileprivate mutating func finding(_ finding: Finding, _ report: AuditReport) {
        object { json in
            json.string("rule", finding.rule)
            json.string("severity", finding.severity.rawValue)
            json.string("organization", finding.organization)
            json.string("repository", finding.repository)
            json.number("repository_id", finding.repositoryID?.rawValue)
            json.string("message", finding.violation.message)
            json.strings("expected", finding.violation.expected)
            json.strings("actual", finding.violation.actual)
            json.strings("problems", finding.violation.problems)
            json.string("remediation", finding.violation.remedy)
            json.string("state", finding.state.rawValue)
            json.string("first_seen", finding.firstSeen.description)
            json.bool("in_baseline", finding.isInBaseline)
            json.waiver("waiver", finding.waiver)
            json.strings("further_problems", finding.furtherProblems)
            json.string("since_last_scan", finding.change.rawValue)
            json.bool("counts", report.gate.counts(finding))
            json.string("fingerprint", finding.key.fingerprint(apiURL: report.apiURL))
        }
    }
}
