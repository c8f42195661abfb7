package import AuditCore

/// The findings for code scanning: SARIF 2.1.0 within GitHub's limits.
///
/// Source: OASIS SARIF 2.1.0; GitHub's documentation, "SARIF support for code scanning".
package struct SARIFReporter: Reporter {
    package static let name = "sarif"

    /// GitHub keeps as many results of a run, by severity, and refuses a file with five times more.
    static let resultsMax = 5000
    private static let readable = "readable"
    /// The project has no address of its own: GitHub's reference explains what the rules are about.
    fileprivate static let reference = Claim.Source.reference.rawValue

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        let results = Self.results(report)
        var writer = JSONWriter(output)
        writer.object { json in
            json.string("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
            json.string("version", "2.1.0")
            json.array("runs") { json in
                json.object { json in
                    json.object("tool") { json in
                        json.object("driver") { json in
                            json.string("name", Tool.name)
                            json.string("version", Tool.version)
                            json.string("semanticVersion", Tool.version)
                            json.string("informationUri", Self.reference)
                            json.array("rules") { json in
                                for entry in report.policy.rules { json.rule(entry) }
                                json.readableRule(Self.readable)
                            }
                        }
                    }
                    json.object("automationDetails") { json in
                        let logins = report.organizations.map(\.login).joined(separator: ",")
                        json.string("id", "\(Tool.name)/\(logins)/\(report.policy.name)/".singleLine)
                    }
                    json.invocation(report, cut: results.count - Self.resultsMax)
                    json.array("results", of: Array(results.prefix(Self.resultsMax))) { json, result in
                        json.result(result, report, style.checkout, readable: Self.readable)
                    }
                }
            }
        }
        output = writer.output
    }

    // MARK: -

    enum Result {
        case finding(Finding)
        case unread(RepositoryReport)
        case trouble(OrganizationReport)

        fileprivate var rank: Int {
            switch self {
            case .trouble: 0
            case .finding(let finding) where finding.isOpen:
                1 + (Severity.allCases.firstIndex(of: finding.severity) ?? 0) * 2
            case .unread: 4
            case .finding: 20
            }
        }
    }

    /// Worst first: what was not read stands beside what is medium.
    private static func results(_ report: AuditReport) -> [Result] {
        let all =
            report.organizations.filter { !$0.troubles.isEmpty }.map(Result.trouble)
            + report.findings.map(Result.finding)
            + report.repositories.filter { $0.status == .unreadable }.map(Result.unread)
        return all.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
    }
}

extension JSONWriter {
    fileprivate mutating func rule(_ entry: PolicyReport.Entry) {
        let type = RuleCatalog.all.first { $0.name == entry.rule }
        object { json in
            json.string("id", entry.id)
            json.string("name", entry.rule)
            json.object("shortDescription") { $0.string("text", String(entry.summary.prefix(1024))) }
            json.object("fullDescription") { json in
                // What people write could hold a link or a placeholder.
                let reason = entry.reason.map { $0.singleLine.escaping(JSONWriter.messageEscapes) }
                json.string("text", String((reason ?? (type?.rationale ?? entry.summary).singleLine).prefix(1024)))
            }
            json.string("helpUri", SARIFReporter.reference)
            json.object("help") { json in
                json.string("text", [type?.rationale, type?.remediation].compactMap(\.self).joined(separator: "\n\n"))
            }
            json.object("defaultConfiguration") { $0.string("level", entry.severity.sarifLevel) }
            json.object("properties") { json in
                json.string("security-severity", entry.severity.securitySeverity)
                json.string("precision", "very-high")
                json.strings("tags", ["security", "oidc"])
            }
        }
    }

    fileprivate mutating func readableRule(_ id: String) {
        object { json in
            json.string("id", id)
            json.string("name", id)
            json.object("shortDescription") { $0.string("text", "What is in scope could be read.") }
            json.object("fullDescription") { $0.string("text", "What could not be read is never called compliant.") }
            json.string("helpUri", SARIFReporter.reference)
            json.object("help") { $0.string("text", "oidc-audit doctor ORG names which permission is missing.") }
            json.object("defaultConfiguration") { $0.string("level", "warning") }
            json.object("properties") { json in
                json.string("security-severity", Severity.medium.securitySeverity)
                json.strings("tags", ["security", "oidc"])
            }
        }
    }

    fileprivate mutating func invocation(_ report: AuditReport, cut: Int) {
        array("invocations") { json in
            json.object { json in
                json.bool("executionSuccessful", report.stop == nil)
                json.number("exitCode", report.gate.exitStatus)
                json.string("startTimeUtc", report.startedAt.description)
                json.string("endTimeUtc", report.finishedAt.description)
                json.array("toolExecutionNotifications") { json in
                    if let why = report.whyIncomplete { json.notification("error", "incomplete: \(why)") }
                    for warning in report.warnings { json.notification("note", warning) }
                    if cut > 0 { json.notification("warning", "\(cut) less severe results were left out") }
                }
            }
        }
    }

    private mutating func notification(_ level: String, _ text: String) {
        object { json in
            json.string("level", level)
            json.message(text)
        }
    }

    /// A text that says the same where readers look for links and placeholders (SARIF 2.1.0, 3.11.5 and 3.11.6).
    private mutating func message(_ text: String) {
        object("message") { $0.string("text", text.singleLine.escaping(Self.messageEscapes)) }
    }

    private static let messageEscapes: [Unicode.Scalar: String] = [
        "\\": "\\\\", "[": "\\[", "]": "\\]", "{": "{{", "}": "}}",
    ]

    fileprivate mutating func result(
        _ result: SARIFReporter.Result, _ report: AuditReport, _ checkout: Checkout, readable: String,
    ) {
        switch result {
        case .finding(let finding):
            let name = finding.name
            self.result(
                // What the gate lets through is for information.
                finding.rule, report.gate.letsThrough(finding) ? "note" : finding.severity.sarifLevel,
                finding.annotation, PolicyLocation(of: finding.rule, in: report.policy, at: name, in: checkout),
                fingerprint: finding.key.fingerprint(apiURL: report.apiURL), finding: finding, waiver: finding.waiver,
                isAccepted: report.gate.isAccepted(finding), name: name)
        case .unread(let repository):
            let name = repository.repository.fullName
            self.result(
                readable, "warning", "\(name) could not be read or decided: \(repository.reasonInWords)",
                PolicyLocation(of: nil, in: report.policy, at: name, in: checkout),
                fingerprint: FindingKey(rule: readable, subject: .repository(repository.repository.id))
                    .fingerprint(apiURL: report.apiURL), waiver: repository.acceptedUnread,
                isAccepted: repository.acceptedUnread != nil, name: name)
        case .trouble(let organization):
            self.result(
                readable, "error", "\(organization.login): \(organization.troubles.joined(separator: "; "))",
                PolicyLocation(of: nil, in: report.policy, at: organization.login, in: checkout),
                fingerprint: organization.fingerprint(of: readable, apiURL: report.apiURL), name: organization.login)
        }
    }

    private mutating func result(
        _ rule: String, _ level: String, _ message: String, _ location: PolicyLocation, fingerprint: String,
        finding: Finding? = nil, waiver: Waiver? = nil, isAccepted: Bool = false, name: String,
    ) {
        object { json in
            json.string("ruleId", rule)
            json.string("level", level)
            json.message(message)
            json.array("locations") { json in
                json.object { json in
                    json.object("physicalLocation") { json in
                        json.object("artifactLocation") { json in
                            json.string("uri", location.uri)
                            // SARIF 2.1.0 §3.4.4: what the path is relative to. A name that stands for what was judged is
                            // a path of nothing.
                            if location.isPolicy { json.string("uriBaseId", "%SRCROOT%") }
                        }
                        json.object("region") { $0.number("startLine", location.line) }
                    }
                }
            }
            json.object("partialFingerprints") { $0.string("primaryLocationLineHash", fingerprint.singleLine) }
            if let finding { json.string("baselineState", finding.baselineState) }
            if isAccepted {
                let why =
                    waiver.map(\.acceptance) ?? "in the baseline"
                json.array("suppressions") { json in
                    json.object { json in
                        json.string("kind", "external")
                        json.string("justification", why.singleLine)
                    }
                }
            }
            json.object("properties") { json in
                json.string(finding?.identity == nil ? "repository" : "identity", name.singleLine)
                guard let finding else { return }
                json.string("state", finding.state.rawValue)
                json.strings("problems", finding.violation.problems.map(\.singleLine))
                json.strings("expected", finding.violation.expected.map(\.singleLine))
                json.strings("actual", finding.violation.actual.map(\.singleLine))
            }
        }
    }
}

extension Finding {
    /// SARIF 2.1.0 §3.27.24: compared with the run before, or with what was accepted.
    fileprivate var baselineState: String {
        switch state {
        case .new, .reappeared: "new"
        case .worsened: "updated"
        // Known to the run before, and not to the baseline that was given.
        case .recurring where isInBaseline == false && isOpen: "new"
        case .recurring: isOpen && isNoLongerAccepted && isInBaseline == nil ? "updated" : "unchanged"
        }
    }
}

extension Severity {
    fileprivate var sarifLevel: String {
        switch self {
        case .critical, .high: "error"
        case .medium: "warning"
        case .low: "note"
        }
    }

    /// In the middle of the range that GitHub gives each word.
    fileprivate var securitySeverity: String {
        switch self {
        case .critical: "9.5"
        case .high: "8.0"
        case .medium: "5.5"
        case .low: "2.0"
        }
    }
}
