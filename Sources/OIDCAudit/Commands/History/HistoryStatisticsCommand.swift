import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryStatisticsCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "How large the history is: rows and bytes of each table.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit history stats", "oidc-audit history stats -f json"],
            needs: [.scan], exits: CommandHelp.historyExits))

    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            let statistics = try await usingHistory { () async throws(HistoryError) in try await history.statistics() }
            try settings.write(
                StatisticsPage.render(statistics, as: settings.format, style: settings.style(context)), to: context)
            return ExitStatus.success.rawValue
        }
    }
}
