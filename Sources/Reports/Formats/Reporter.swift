package import AuditCore

/// A format of an audit report. The same report always gives the same bytes.
package protocol Reporter: Sendable {
    /// The word that `--format` and `--output` name it by.
    static var name: String { get }

    /// What it prints of the nights before, where the history knows it.
    static var historyParts: Set<ReportHistory.Part> { get }

    init()

    func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput)
}

extension Reporter {
    package static var historyParts: Set<ReportHistory.Part> { [] }
}
