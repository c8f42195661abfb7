import ArgumentParser
import AuditCore
import Foundation
import History
import Reports

struct HistoryVerifyCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recompute the digest of every scan, and name the first record that differs.",
        discussion: """
            Each scan's link of the chain covers the scan's records and the link before it. A digest that a report or \
            another place has kept pins everything up to that scan: give it as --expect.
            """)

    @Option(help: ArgumentHelp("A digest that must be in the chain, as a report tells it.", valueName: "digest"))
    var expect: String?
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        let expected = expect?.lowercased()
        if let expected, expected.utf8.count != 64 || !expected.allSatisfy(\.isHexDigit) {
            throw .usage(
                "--expect: \"\(expected)\" is no SHA-256", hint: "say the 64 digits of scan.digest in a JSON report")
        }
        let history = try settings.store()
        let verification = try await usingHistory { () async throws(HistoryError) in
            try await history.verify(expected: expected)
        }
        try settings.write(
            VerificationPage.render(verification, as: settings.format, style: settings.style(context)), to: context)
        guard let problem = verification.problem else { return ExitStatus.success.rawValue }
        throw CommandFailure(
            message: "the history \(settings.path) is not what was sealed: \(problem)",
            hint: "keep the file, and compare it with a copy or an export of an earlier day", status: .failure)
    }
}

struct HistoryPruneCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove old scans; what remains still verifies.",
        discussion: """
            Says what it would remove, and with --yes removes it. The newest scan of each organization always stays, and so \
            does every row that a scan that stays builds on.
            """)

    @Option(name: .customLong("keep-days"), help: ArgumentHelp("Keep scans of the last days.", valueName: "n"))
    var keepDays: Int
    @Flag(name: .customLong("keep-monthly"), help: "Keep the last scan of each month too.")
    var keepMonthly = false
    @Flag(help: "Remove them.")
    var yes = false
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        guard (0...100_000).contains(keepDays) else {
            throw .usage("--keep-days: \(keepDays) is no number of days", hint: "say 0 or more")
        }
        let history = try settings.store(for: .changing)
        let moment = context.now().adding(seconds: -Int64(keepDays) * 86_400)
        let pruning = try await usingHistory { () async throws(HistoryError) in
            try await history.prune(
                apiURL: settings.apiURL, before: moment, keepsMonthly: keepMonthly, isRehearsal: !yes)
        }
        try settings.write(
            PruningPage.render(pruning, as: settings.format, style: settings.style(context)), to: context)
        if let why = pruning.whyNotSmaller {
            context.console.note("note: the scans are removed, but the file did not shrink: \(why)")
        }
        if !yes, !pruning.scans.isEmpty, !settings.console.isQuiet {
            context.console.note("note: nothing was removed; --yes removes it")
        }
        return ExitStatus.success.rawValue
    }
}

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

struct HistoryImportCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "import", abstract: "Take over the scans of exports; those that are known are left out.",
        discussion: """
            This is how the histories of several machines become one: give all files at once, and their scans are taken in \
            the order of time. Every file is checked before anything is stored.
            """)

    @Argument(help: ArgumentHelp("Files of history export.", valueName: "file"))
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
        let history = try settings.store(for: .making)
        let importing = try await usingHistory { () async throws(HistoryError) in
            try await history.importing(exports)
        }
        try settings.write(
            ImportingPage.render(importing, as: settings.format, style: settings.style(context)), to: context)
        return ExitStatus.success.rawValue
    }
}
