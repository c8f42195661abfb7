public import AuditCore

/// A format that an audit report can be told in. The same report always gives the same bytes.
public protocol Reporter: Sendable {
    /// The word that `--format` and `--output` name it by.
    static var name: String { get }

    /// What it tells of the nights before, where the history knows it.
    static var historyParts: Set<ReportHistory.Part> { get }

    init()

    func render(_ report: AuditReport, style: ReportStyle, to output: inout ReportOutput)
}

extension Reporter {
    public static var historyParts: Set<ReportHistory.Part> { [] }
}

/// What the reader's side can show, and how it wants it; most formats for programs ignore it.
public struct ReportStyle: Hashable, Sendable {
    public var isColored: Bool
    /// Columns of the terminal.
    public var width: Int
    /// What makes a testcase in JUnit; the other formats ignore it.
    public var junitGroup: JUnitGroup

    public init(isColored: Bool = false, width: Int = 80, junitGroup: JUnitGroup = .rule) {
        self.isColored = isColored
        self.width = width
        self.junitGroup = junitGroup
    }
}

/// Every format, in the order in which documents list them.
public enum ReporterCatalog {
    public static let all: [any Reporter.Type] = [
        TextReporter.self,
        JSONReporter.self,
        JUnitReporter.self,
        SARIFReporter.self,
        MarkdownReporter.self,
        HTMLReporter.self,
        CSVReporter.self,
        PrometheusReporter.self,
        GitHubReporter.self,
        GitLabReporter.self,
    ]

    /// The format of that name; `nil` where there is none.
    public static func reporter(named name: String) -> (any Reporter.Type)? {
        all.first { $0.name == name }
    }
}
