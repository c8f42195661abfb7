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
                json.string("fail_on", report.gate.failOn?.rawValue ?? "none")
                json.bool("new_only", report.gate.newOnly)
                json.number("exit_status", report.gate.exitStatus)
                json.string("waivers", report.waiverSource)
                json.string("baseline", report.baselineSource)
            }
            json.summary(report.summary)
            json.array("organizations", of: report.organizations) { $0.organization($1) }
            json.array("repositories", of: report.repositories) { $0.repository($1) }
            json.array("findings", of: report.findings) { $0.finding($1, apiURL: report.apiURL) }
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
                json.number("new", summary.newFindings)
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
        }
    }

    fileprivate mutating func finding(_ finding: Finding, apiURL: String) {
        object { json in
            json.string("rule", finding.rule)
            json.string("severity", finding.severity.rawValue)
            json.string("organization", finding.organization)
            json.string("repository", finding.repository)
            json.number("repository_id", finding.repositoryID?.rawValue)
            json.string("message", finding.violation.message)
            json.strings("expected", finding.violation.expected)
            json.strings("actual", finding.violation.actual)
            json.string("remedy", finding.violation.remedy)
            json.string("state", finding.state.rawValue)
            json.string("first_seen", finding.firstSeen.description)
            if let waiver = finding.waiver {
                json.object("waiver") { json in
                    json.string("on", waiver.target.description)
                    json.string("owner", waiver.owner)
                    json.string("reason", waiver.reason)
                    json.string("expires", waiver.expires.description)
                }
            } else {
                json.null("waiver")
            }
            json.bool("in_baseline", finding.isInBaseline)
            json.string("fingerprint", finding.key.fingerprint(apiURL: apiURL))
        }
    }
}
