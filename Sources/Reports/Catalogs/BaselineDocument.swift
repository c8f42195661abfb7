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
            json.array("findings", of: report.findings.filter(\.isOpen)) { json, finding in
                json.object { json in
                    json.string("fingerprint", finding.key.fingerprint(apiURL: report.apiURL))
                    json.string("rule", finding.rule)
                    json.string("organization", finding.organization)
                    json.string("repository", finding.repository)
                    json.string("message", finding.violation.message)
                }
            }
        }
        output = writer.output
    }
}
