/// The formats, in the order in which documents list them.
package enum ReporterCatalog {
    /// Those of a file, and of standard output too.
    package static let all: [any Reporter.Type] = [
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
    package static let forStandardOutput: [any Reporter.Type] = all + [LineReporter.self, NoReporter.self]

    /// The format of that name; `nil` if there is none.
    package static func reporter(named name: String) -> (any Reporter.Type)? {
        forStandardOutput.first { $0.name == name }
    }
}
