package import AuditCore

/// The trusts as a table: CSV (RFC 4180), a row for each way in.
package struct TrustCSVReporter: TrustReporter {
    package static let name = "csv"

    package init() {}

    private static let header =
        [
            "identity", "account", "trust", "reach", "outsider_subject", "repositories", "unknown_repositories",
            "examples",
            "contexts", "by_name", "no_match", "undecided",
        ] + CSVReporter.findings + ["last_used", "file", "pointer"]

    package func render(_ audit: TrustAudit, style: ReportStyle, to output: inout ReportOutput) {
        output.write(Self.header.csvRow)
        let findings = Dictionary(
            grouping: audit.judgement?.report.findings.filter { $0.identity != nil } ?? [], by: { $0.identity ?? "" })
        for trust in audit.trusts {
            output.write(Self.cells(trust, audit, findings[trust.trust.identity.name] ?? []).csvRow)
        }
    }

    private static func cells(_ trust: JudgedTrust, _ audit: TrustAudit, _ findings: [Finding]) -> [String] {
        let identity = trust.trust.identity
        let contexts = JobContext.Kind.allCases.filter { kind in trust.outcomes.contains { $0.kinds.contains(kind) } }
        let names = trust.cells.prefix(3).map { audit.report.repositories[Int($0.repository)].repository.fullName }
        let byName =
            switch trust.reach.byName {
            case .no: "false"
            case .yes: "true"
            case .possible: ""
            }
        return [
            identity.name, identity.account ?? "", trust.trust.id, trust.reach.outermost.rawValue,
            trust.reach.outsiders.first?.witness?.subject ?? "", "\(trust.cells.count)",
            "\(audit.unknownCount(trust))", names.joined(separator: " "),
            contexts.map(\.rawValue).joined(separator: " "), byName,
            trust.noMatch.map(\.message).joined(separator: "; "),
            trust.undecided.map(\.displayText).joined(separator: "; "),
        ] + CSVReporter.cells(findings) + [
            identity.lastUsed ?? "", trust.trust.source.file, trust.trust.source.pointer,
        ]
    }
}
