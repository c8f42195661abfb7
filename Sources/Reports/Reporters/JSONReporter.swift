public import AuditCore

/// The report for programs: JSON, version 1.
public struct JSONReporter: Reporter {
    public static let name = "json"
    // Tells what is gone since the scan before from what was gone by then.
    public static let historyParts: Set<ReportHistory.Part> = [.difference]

    public init() {}

    public func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput) {
        ReportDocument.document.write(report, to: &output)
    }
}
