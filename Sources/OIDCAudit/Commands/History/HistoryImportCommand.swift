import ArgumentParser
import AuditCore
import Foundation
import History
import Reports

struct HistoryImportCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over the scans of exports; those that are known are left out.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit history import acme.ndjson globex.ndjson --db all.sqlite",
                "oidc-audit history import old.ndjson",
            ],
            exits: CommandHelp.historyExits,
            details: """
                This is how the histories of several machines become one: give all files at once, and their scans are taken in \
                the order of time. An export may hold other organizations, or continue this history. Two histories that scanned \
                the same organization by themselves can't become one: that is refused, and nothing is stored.
                """))

    @Argument(help: ArgumentHelp("Files of history export.", valueName: "file"), completion: .export)
    var files: [String]
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        for file in files {
            var isFolder: ObjCBool = false
            let why =
                access(file, R_OK) != 0
                ? "\(SystemError(errno))"
                : FileManager.default.fileExists(atPath: file, isDirectory: &isFolder) && isFolder.boolValue
                    ? "it is a folder" : nil
            if let why {
                throw .usage("cannot read the export \(file): \(why)", hint: "name a file of history export")
            }
        }
        let exports = files.map { file in
            ExportFile(name: file) {
                let handle = try FileHandle(forReadingFrom: URL(filePath: file))
                return { Array(try handle.read(upToCount: 1 << 20) ?? Data()) }
            }
        }
        return try await settings.withHistory(context, for: .making) { history throws(CommandFailure) in
            let importing = try await usingHistory { () async throws(HistoryError) in
                try await history.importing(exports)
            }
            try settings.write(
                ImportingPage.render(importing, as: settings.format, style: settings.style(context)), to: context)
            return ExitStatus.success.rawValue
        }
    }
}
