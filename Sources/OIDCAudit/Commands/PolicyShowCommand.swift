import ArgumentParser
import AuditCore
import History
import Reports

struct PolicyShowCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Print a policy: a preset, a file, or the one that judged a stored scan.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit policy show", "oidc-audit policy show preset:strict > mine.json",
                "oidc-audit policy show scan:42",
            ],
            details: "Byte for byte, as it was read. policy init --from makes a commented copy of it."))

    @Argument(
        help: ArgumentHelp("preset:NAME, a file, or scan:ID. (default: list the presets)", valueName: "policy"),
        completion: .policy)
    var policy: String?
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var configuration: ConfigurationOptions
    @OptionGroup(title: "Console") var colors: ColorOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard let policy else {
            var presets: [(name: String, description: String)] = []
            for preset in Preset.all {
                let name = "preset:\(preset.name)"
                presets.append((name, try PolicyFile.load(name).description ?? ""))
            }
            try context.console.write(PolicyListPage.text(presets, style: colors.style(context)))
            return ExitStatus.success.rawValue
        }
        let bytes = try await Self.bytes(of: policy, host, history, context).bytes
        guard context.console.isTerminal else {
            try context.console.write(bytes)
            return ExitStatus.success.rawValue
        }
        // What stands in a file must not reach a terminal as it is.
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false) {
            try context.console.print(String(line).singleLine)
        }
        return ExitStatus.success.rawValue
    }

    /// A policy by its name, wherever it is kept.
    static func bytes(
        of policy: String, _ host: HostOptions, _ history: HistoryOptions, _ context: CommandContext,
    ) async throws(CommandFailure) -> (name: String, bytes: [UInt8]) {
        guard let reference = try ScanReference.prefixed(policy)?.get() else {
            let file = try PolicyFile.read(policy)
            _ = try PolicyFile.policy(file)
            return (file.name, file.bytes)
        }
        let choice = try HostChoice(host, context.environment)
        return try await context.withHistory(try history.path(context.environment), for: .reading) {
            (history) async throws(CommandFailure) -> (name: String, bytes: [UInt8]) in
            let scan = try await HistorySettings.scan(
                reference, of: [], apiURL: try await choice.apiURL(in: history, of: reference), in: history)
            let text = try await history.text(.policy, of: scan)
            return (text.name, text.bytes)
        }
    }
}
