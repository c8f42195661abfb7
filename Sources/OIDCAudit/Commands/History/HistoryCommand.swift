import ArgumentParser

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "What the history holds: scans, timelines, trends, evidence; no network.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit history list", "oidc-audit history repository acme/api",
                "oidc-audit history trend --since 90d",
            ],
            needs: [.scan], exits: []),
        subcommands: [
            HistoryListCommand.self, HistoryShowCommand.self, HistoryRepositoryCommand.self, HistoryTrendCommand.self,
            HistoryAtCommand.self, HistoryChangesCommand.self, HistoryVerifyCommand.self, HistoryPruneCommand.self,
            HistoryCopyCommand.self, HistoryExportCommand.self,
            HistoryImportCommand.self, HistoryEvidenceCommand.self, HistoryStatisticsCommand.self,
        ])
}
