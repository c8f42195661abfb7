import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryExportCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "The whole history as lines of JSON (NDJSON), to standard output or a file.",
        discussion: "The form is described in the documentation of the History target; history import reads it.")

    @Option(name: .shortAndLong, help: ArgumentHelp("Write to a file.", valueName: "file"))
    var output: String?
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let layers = try SettingLayers(environment: context.environment, configurationFile: console.config)
        let path = try Settings.historyPath(layers.value(.db, flag: history.db), context.environment)
        let store = try await usingHistory { () throws(HistoryError) in try HistoryStore(path: path, for: .reading) }
        do {
            guard let output else {
                try store.export { bytes in try context.console.write(bytes) }
                return ExitStatus.success.rawValue
            }
            try ReplacedFile.write(to: output, what: "export") { file in
                try store.export { bytes in file.write(bytes) }
            }
            return ExitStatus.success.rawValue
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
