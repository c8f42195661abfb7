import ArgumentParser
import AuditCore
import Foundation
import History
import Reports

struct HistoryPruneCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Remove old scans; what remains still verifies.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit history prune --keep-days 400 --keep-monthly",
                "oidc-audit history prune --keep-days 400 --keep-monthly --yes",
            ],
            needs: [.scan], exits: CommandHelp.historyExits,
            details: """
                Says what it would remove, and with --yes removes it. The newest scan of each organization always stays, and so \
                does every row that a scan that stays builds on.
                """))

    @Option(help: ArgumentHelp("Keep scans of the last days.", valueName: "n"))
    var keepDays: Number<Days>
    @Flag(help: "Keep the last scan of each month too.")
    var keepMonthly = false
    @Flag(help: .onCommandLineOnly("Remove them."))
    var yes = false
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        return try await settings.withHistory(context, for: .changing) { history throws(CommandFailure) in
            let apiURL = try await settings.host.apiURL(in: history)
            let moment = context.now().adding(seconds: -Int64(keepDays.value) * 86_400)
            let pruning = try await usingHistory { () async throws(HistoryError) in
                try await history.prune(
                    apiURL: apiURL, before: moment, keepsMonthly: keepMonthly, isRehearsal: !yes)
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
}

enum Days: NumberBounds {
    static let range = 0...100_000
    static let hint = "for example 365"
}
