import ArgumentParser
import AuditCore
import History

struct HistoryCopyCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "copy", abstract: "A consistent copy in one file, for Datasette, Grafana or an auditor.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit history copy copy.sqlite", "oidc-audit history copy copy.sqlite --mode 644"],
            needs: [.scan], exits: CommandHelp.historyExits,
            details: """
                Scans may run meanwhile. The copy has no log beside it and is replaced as a whole. A file of that name is \
                replaced only where it is an earlier copy of this history.
                """))

    @Argument(help: ArgumentHelp("Where the copy goes.", valueName: "file"))
    var file: String
    @Option(help: ArgumentHelp("Mode of the copy, such as 644. (default: 600)", valueName: "mode"))
    var mode: FileMode?
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        if let why = AtomicFile.obstacle(to: file) {
            throw .usage("cannot write the copy \(file): \(why)", hint: "make the folder first, or name another file")
        }
        let path = try history.path(context.environment)
        return try await context.withHistory(path, for: .reading) { history throws(CommandFailure) in
            try await usingHistory { () async throws(HistoryError) in
                try await history.copy(to: file, mode: mode.map { UInt32($0.bits) } ?? 0o600)
            }
            return ExitStatus.success.rawValue
        }
    }
}
