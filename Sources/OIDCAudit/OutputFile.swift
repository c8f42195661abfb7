import AuditCore
import Foundation
import Reports

/// A file that gets the report in one format.
struct OutputFile {
    let reporter: any Reporter.Type
    let path: String

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

    func write(_ report: AuditReport) throws(CommandFailure) {
        try ReplacedFile.write(to: path, what: "report", hint: "the scan itself is stored") { output in
            reporter.init().render(report, style: ReportStyle(), to: &output)
        }
    }
}
