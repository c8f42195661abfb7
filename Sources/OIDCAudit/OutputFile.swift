import AuditCore
import Foundation
import Reports

/// A file that gets the report in one format.
struct OutputFile {
    let reporter: any Reporter.Type
    let path: String
    /// Whether it is added to what the file holds.
    var isAppended = false

    /// The summary of a job of GitHub Actions, which everybody sees who sees the job.
    static func stepSummary(_ environment: [String: String]) throws(CommandFailure) -> OutputFile {
        guard let path = environment["GITHUB_STEP_SUMMARY"], !path.isEmpty else {
            throw .usage(
                "--step-summary: GITHUB_STEP_SUMMARY is not set", hint: "it is set in jobs of GitHub Actions alone")
        }
        return OutputFile(reporter: MarkdownReporter.self, path: path, isAppended: true)
    }

    /// Reads `KIND=FILE` settings and checks that each file can be written, before anything is asked of GitHub.
    static func all(_ values: [SettingValue]) throws(CommandFailure) -> [OutputFile] {
        var outputs: [OutputFile] = []
        for value in values {
            let parts = value.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[1].isEmpty else {
                throw value.invalid("is no KIND=FILE", hint: "for example json=report.json")
            }
            let kind = SettingValue(text: String(parts[0]), origin: value.origin)
            guard let reporter = try Settings.reporter(named: kind) else { continue }
            let output = OutputFile(reporter: reporter, path: String(parts[1]))
            guard !outputs.contains(where: { $0.path == output.path }) else {
                throw value.invalid("names a file twice", hint: "name another file for each format")
            }
            if let why = ReplacedFile.obstacle(to: output.path) {
                throw value.invalid("can't be written: \(why)", hint: "make the folder first, or name another file")
            }
            outputs.append(output)
        }
        return outputs
    }

    func write(_ report: AuditReport, junitGroup: JUnitGroup) throws(CommandFailure) {
        let hint = "the scan itself is stored"
        func render(_ output: inout ReportOutput) {
            reporter.init().render(report, style: ReportStyle(junitGroup: junitGroup), to: &output)
        }
        if isAppended {
            try ReplacedFile.append(to: path, what: "summary", hint: hint, render)
        } else {
            try ReplacedFile.write(to: path, what: "report", hint: hint, render)
        }
    }
}
