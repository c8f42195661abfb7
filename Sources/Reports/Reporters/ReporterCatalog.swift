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
