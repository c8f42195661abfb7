import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryExportCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "The whole history as lines of JSON (NDJSON), to standard output or a file.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit history export -o history.ndjson",
                "oidc-audit history export --db acme.sqlite | gzip > acme.ndjson.gz",
            ],
            needs: [.scan], exits: CommandHelp.historyExits,
            details: """
                The form is described in the documentation of the History target; history import reads it. An export holds the \
                scans, and neither the journal of apply, set and rollback nor the texts of policies: history copy holds them.
                """))

    @Option(name: .shortAndLong, help: .onCommandLineOnly("Write to a file.", valueName: "file"), completion: .export)
    var output: String?
    @Option(
        help: ArgumentHelp(
            "Only records of that kind; repeatable. Such an export is not for import.", valueName: "kind"))
    var only: [RecordKind] = []
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let path = try history.path(context.environment)
        return try await context.withHistory(path, for: .reading) { history throws(CommandFailure) in
            try export(history, context.console)
            return ExitStatus.success.rawValue
        }
    }

    private func export(_ history: HistoryStore, _ console: Console) throws(CommandFailure) {
        let kinds = only.isEmpty ? nil : Set(only.map(\.name))
        do {
            guard let output else {
                try history.export(only: kinds) { bytes in try console.write(bytes) }
                return
            }
            try AtomicFile.write(to: output, what: "export") { file in
                try history.export(only: kinds) { bytes in file.write(bytes) }
            }
        } catch let error as HistoryError {
            throw CommandFailure(error)
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(
                message: "cannot write the export: \(error)", hint: "name another file", status: .failure)
        }
    }
}

/// A kind of the export's lines.
struct RecordKind: OptionValue {
    let name: String

    init(option text: String) throws(InvalidValue) {
        guard HistoryStore.recordKinds.contains(text) else { throw .unknown(text, among: Self.allValueStrings) }
        name = text
    }

    static var allValueStrings: [String] { HistoryStore.recordKinds }
}
