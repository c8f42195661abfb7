import AuditCore
import Foundation
import Reports

/// A file that gets the report in one format.
struct OutputFile {
    let reporter: any Reporter.Type
    let path: String
    /// Whether it is added to what the file holds.
    var isAppended = false
    /// What formats for a forge name files in.
    var checkout = Checkout()
    /// `nil`: that of the file that is there, else 644 less the umask.
    var mode: FileMode?

    /// The summary of a job of GitHub Actions, which everybody sees who sees the job.
    static func stepSummary(_ environment: [String: String]) throws(CommandFailure) -> OutputFile {
        guard let path = environment["GITHUB_STEP_SUMMARY"], !path.isEmpty else {
            throw .usage(
                "--step-summary: GITHUB_STEP_SUMMARY is not set", hint: "it is set in jobs of GitHub Actions alone")
        }
        return OutputFile(reporter: MarkdownReporter.self, path: path, isAppended: true)
    }

    /// - Returns: what a person should know of the file; `nil` if it holds the whole report.
    func write(_ report: AuditReport, junitGroup: JUnitGroup) throws(CommandFailure) -> String? {
        let hint = "the scan itself is stored"
        guard isAppended else {
            let isNew = !FileManager.default.fileExists(atPath: path)
            try AtomicFile.write(to: path, mode: mode, what: "report", hint: hint) { output in
                reporter.init().render(
                    report, style: ReportStyle(junitGroup: junitGroup, checkout: checkout), to: &output)
            }
            return isNew && mode == nil ? unreadableForOthers : nil
        }
        var note: String?
        try AtomicFile.append(to: path, what: "summary", hint: hint) { output, size in
            note = Self.add(report, to: &output, after: size)
        }
        return note
    }

    /// What to say of a file of metrics that its reader, which runs as another user, can't read; `nil`: it can.
    private var unreadableForOthers: String? {
        guard reporter == PrometheusReporter.self, let kind = FileManager.default.kindAndMode(of: path),
            kind.type == .typeRegular, kind.mode & 0o004 == 0
        else { return nil }
        let mode = String(kind.mode & 0o777, radix: 8)
        return "\(path) has the mode \(mode), by the umask: another user, such as node_exporter's, can't read it; "
            + "chmod 644 \(path) lasts, as does --output-mode 644"
    }

    /// GitHub takes as many bytes from all of a step, and of more it drops everything.
    private static let summaryBytesMax = 1 << 20

    /// Adds a report to what the step has written so far.
    ///
    /// - Parameter size: of that, in bytes; `nil` if it can't be known.
    private static func add(_ report: AuditReport, to output: inout ReportOutput, after size: Int?) -> String? {
        let size = size ?? 0
        // A heading within a line would be none.
        let separator = size > 0 ? "\n" : ""
        let summary = MarkdownSummary(report, bytesMax: summaryBytesMax - size - separator.utf8.count)
        guard !summary.text.isEmpty else {
            return "the report is not in the step summary, which holds \(size) of \(summaryBytesMax) bytes already"
        }
        output.write(separator + summary.text)
        guard !summary.isWhole else { return nil }
        return size == 0
            ? "the report is cut to what GitHub takes in a step summary"
            : "the report in the step summary is cut: the summary held \(size) of \(summaryBytesMax) bytes already"
    }
}

extension OutputFile {
    /// Reads `KIND=FILE` and checks that the file can be written, before anything is asked of GitHub.
    init(_ text: String) throws(InvalidValue) {
        let (kind, path) = try text.kindAndFile(example: "json=report.json")
        let reporter = try ReportFormat(option: kind).reporter
        guard ReporterCatalog.all.contains(where: { $0 == reporter }) else {
            throw InvalidValue(text, "is not for a file: \(kind) is for standard output only", hint: "-f \(kind)")
        }
        self.init(reporter: reporter, path: path)
    }
}

extension String {
    /// The parts of `KIND=FILE`, where the file can be written.
    func kindAndFile(example: String) throws(InvalidValue) -> (kind: String, path: String) {
        let parts = split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, !parts[1].isEmpty else {
            // The format, by what the file's name ends with.
            let ending = lastIndex(of: ".").map { self[index(after: $0)...].lowercased() } ?? ""
            let kind = ReporterCatalog.all.contains { $0.name == ending } ? ending : nil
            throw InvalidValue(
                self, "is not KIND=FILE", hint: kind.map { "\($0)=\(self)" } ?? "for example \(example)")
        }
        if let why = AtomicFile.obstacle(to: parts[1]) {
            throw InvalidValue(self, "can't be written: \(why)", hint: "make the folder first, or name another file")
        }
        return (parts[0], parts[1])
    }
}
