package import AuditCore

/// The findings for GitLab's code quality widget: a JSON list, in the form that GitLab took over from Code Climate.
///
/// Source: GitLab's documentation, "Code Quality report format".
package struct GitLabReporter: Reporter {
    package static let name = "gitlab"

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        render(report, notRead: [], style: style, to: &output)
    }

    /// - Parameter notRead: what else was not read, a line each.
    func render(
        _ report: AuditReport, notRead: [String], style: ReportStyle, to output: inout ReportOutput,
    ) {
        var writer = JSONWriter(output)
        writer.array { json in
            for finding in report.findings where finding.isOpen {
                json.issue(
                    finding.annotation, rule: finding.rule,
                    fingerprint: finding.key.fingerprint(apiURL: report.apiURL),
                    // What the gate lets through is for information.
                    severity: report.gate.letsThrough(finding) ? "info" : finding.severity.gitLab,
                    PolicyLocation(
                        of: finding.rule, in: report.policy, at: finding.name,
                        in: style.checkout))
            }
            // What was not read is no pass here either.
            for organization in report.organizations where !organization.troubles.isEmpty {
                json.issue(
                    "\(organization.login): \(organization.troubles.joined(separator: "; "))", rule: "readable",
                    fingerprint: organization.fingerprint(of: "readable", apiURL: report.apiURL), severity: "major",
                    PolicyLocation(of: nil, in: report.policy, at: organization.login, in: style.checkout))
            }
            for text in notRead {
                json.issue(
                    text, rule: RuleEntry.reservedID,
                    fingerprint: "\(FindingKey.host(report.apiURL))/trusts/\(text.singleLine)", severity: "major",
                    PolicyLocation(of: nil, in: report.policy, at: "trusts", in: style.checkout))
            }
            for repository in report.repositories where repository.status == .unreadable {
                json.issue(
                    "\(repository.repository.fullName): \(repository.reasonInWords)", rule: "readable",
                    fingerprint: FindingKey(rule: "readable", subject: .repository(repository.repository.id))
                        .fingerprint(apiURL: report.apiURL),
                    severity: repository.acceptedUnread == nil ? "major" : "info",
                    PolicyLocation(of: nil, in: report.policy, at: repository.repository.fullName, in: style.checkout))
            }
        }
        output = writer.output
    }
}

extension JSONWriter {
    fileprivate mutating func issue(
        _ description: String, rule: String, fingerprint: String, severity: String, _ location: PolicyLocation,
    ) {
        object { json in
            json.string("description", description.singleLine)
            json.string("check_name", "\(Tool.name)/\(rule)")
            json.string("fingerprint", fingerprint)
            json.string("severity", severity)
            json.object("location") { json in
                json.string("path", location.path)
                json.object("lines") { $0.number("begin", location.line) }
            }
        }
    }
}

extension Severity {
    fileprivate var gitLab: String {
        switch self {
        case .critical: "blocker"
        case .high: "critical"
        case .medium: "major"
        case .low: "minor"
        }
    }
}
