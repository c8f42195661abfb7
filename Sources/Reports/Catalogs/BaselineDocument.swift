public import AuditCore

/// A baseline file: the open findings of a report, by fingerprint, with words for whoever reads the diff.
public enum BaselineDocument {
    public static func write(_ report: AuditReport, to output: inout ReportOutput) {
        var writer = JSONWriter(output)
        writer.object { json in
            json.string("schema", Baseline.schema)
            json.string("api_url", report.apiURL)
            json.string("policy", report.policy.name)
            json.number("scan", report.scanID?.rawValue)
            json.object("findings") { json in
                for finding in report.findings where finding.isOpen && finding.key.mayBeKnown {
                    json.string(
                        finding.key.fingerprint(apiURL: report.apiURL),
                        "\(finding.severity.rawValue) \(finding.repository ?? finding.organization): \(finding.violation.message)"
                    )
                }
            }
        }
        output = writer.output
    }
}
