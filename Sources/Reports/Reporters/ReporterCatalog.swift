/// The formats, in the order in which documents list them.
public enum ReporterCatalog {
    /// Those of a file, and of standard output too.
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

    /// What standard output can get: besides them two for cron, of which no file is made.
    public static let forStandardOutput: [any Reporter.Type] = all + [LineReporter.self, NoReporter.self]

    /// The format of that name; `nil` where there is none.
    public static func reporter(named name: String) -> (any Reporter.Type)? {
        forStandardOutput.first { $0.name == name }
    }
}
