import AuditCore

/// Writes gauges. Each series says of what it is, so that the files of two scans have none in common: node_exporter
/// keeps the first of two equal ones, and drops the other.
struct MetricsPage {
    private typealias Label = (name: String, value: String)

    var output: ReportOutput
    private var name = ""
    private let host: Label
    private let organizations: Label
    private let others: [Label]

    init(of report: AuditReport, _ output: ReportOutput) {
        self.output = output
        host = ("host", report.host)
        organizations = ("orgs", report.organizations.map(Self.name).sorted().joined(separator: ","))
        others = [("policy", report.policy.name), ("scope", report.scope.displayText ?? "all")]
    }

    init(of audit: TrustAudit, _ output: ReportOutput) {
        self.output = output
        let api = audit.scans.first.map { FindingKey.host($0.apiURL) } ?? ""
        host = ("host", String(api.prefix { $0 != "/" }))
        let logins = Set(audit.scans.flatMap(\.organizations).map { $0.login.lowercased() })
        organizations = ("orgs", logins.sorted().joined(separator: ","))
        others = [("policy", audit.judgement?.report.policy.name ?? "none")]
    }

    mutating func metric(_ name: String, _ help: String, _ body: (inout MetricsPage) -> Void) {
        self.name = "oidc_audit_\(name)"
        output.write("# HELP \(self.name) \(help)\n# TYPE \(self.name) gauge\n")
        body(&self)
    }

    /// Of the whole scan.
    mutating func sample(_ labels: [(name: String, value: String)], _ value: Int64) {
        write([host, organizations] + others + labels, value)
    }

    /// Of one organization.
    mutating func sample(
        _ organization: OrganizationReport, _ labels: [(name: String, value: String)], _ value: Int64,
    ) {
        write([host, ("org", Self.name(organization))] + others + labels, value)
    }

    private mutating func write(_ labels: [Label], _ value: Int64) {
        output.write(
            name + "{" + labels.map { "\($0.name)=\"\(Self.escaped($0.value))\"" }.joined(separator: ",")
                + "} \(value)\n")
    }

    /// Where nothing could be read it stands as a person wrote it, and must be the same series all the same.
    private static func name(_ organization: OrganizationReport) -> String { organization.login.lowercased() }

    private static func escaped(_ text: String) -> String {
        text.singleLine.escaping(["\\": "\\\\", "\"": "\\\""])
    }
}
