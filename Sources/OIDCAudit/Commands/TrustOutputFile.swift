import AuditCore
import Reports

/// A file that gets who can assume what in one format.
struct TrustOutputFile {
    let reporter: any TrustReporter.Type
    let path: String

    /// Reads `KIND=FILE` and checks that the file can be written.
    init(_ text: String) throws(InvalidValue) {
        let (kind, path) = try text.kindAndFile(example: "html=trust.html")
        guard let reporter = TrustReporterCatalog.reporter(named: kind) else {
            if TrustReporterCatalog.forStandardOutput.contains(where: { $0.name == kind }) {
                throw InvalidValue(text, "is not for a file: \(kind) is for standard output only", hint: "-f \(kind)")
            }
            throw .unknown(kind, among: TrustReporterCatalog.forFiles.map { $0.name })
        }
        self.reporter = reporter
        self.path = path
    }

    func write(_ audit: TrustAudit, style: ReportStyle) throws(CommandFailure) {
        try AtomicFile.write(to: path, what: "report") { output in
            reporter.init().render(audit, style: style, to: &output)
        }
    }
}

extension Console {
    /// Writes every file, then standard output; the first failure is reported after all have been tried.
    func write(
        _ audit: TrustAudit, as format: any TrustReporter.Type, _ files: [TrustOutputFile],
        _ settings: ConsoleSettings,
    ) throws(CommandFailure) {
        let style = reportStyle(settings.color)
        var first: CommandFailure?
        for file in files {
            do throws(CommandFailure) {
                try file.write(audit, style: ReportStyle(checkout: style.checkout))
            } catch {
                first = first ?? error
            }
        }
        var output = ReportOutput { bytes throws(CommandFailure) in try self.write(bytes) }
        format.init().render(audit, style: style, to: &output)
        do {
            try output.finish()
        } catch {
            first = first ?? error as? CommandFailure
        }
        if let first { throw first }
    }
}
