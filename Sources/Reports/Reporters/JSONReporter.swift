package import AuditCore

/// The report for programs: JSON, version 1.
package struct JSONReporter: Reporter {
    package static let name = "json"
    // Tells what is gone since the scan before from what was gone by then.
    package static let historyParts: Set<ReportHistory.Part> = [.difference]

    package init() {}

    package func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        ReportDocument.document.write(report, to: &output)
    }
}
