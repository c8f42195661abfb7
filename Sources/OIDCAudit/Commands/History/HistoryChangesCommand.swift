import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryChangesCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "changes", abstract: "What was written to GitHub from here: who, when, what, by which plan.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit history changes", "oidc-audit history changes 3 -f json"],
            exits: CommandHelp.historyExits, details: "oidc-audit rollback N restores what was there before a set."))

    @Argument(help: ArgumentHelp("Number of one set of changes. (default: all)", valueName: "changeset"))
    var changeset: ChangesetID?
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            let apiURL = try await settings.host.apiURL(in: history, holding: .changes)
            let all = try await ApplyPipeline.changesets(in: history, apiURL: apiURL)
            let changesets = all.filter { changeset == nil || $0.id == changeset }
            if let changeset, changesets.isEmpty {
                throw .usage(
                    "the journal holds no changes #\(changeset.rawValue) at \(apiURL)",
                    hint: "see oidc-audit history changes")
            }
            try settings.write(
                ChangesetPage.render(changesets, as: settings.format, style: settings.style(context)), to: context)
            let options: NextOptions = { context.options(for: $0, writingTo: apiURL) }
            context.suggest(
                all.isEmpty
                    ? ["plan ORG --policy preset:strict -o json=plan.json\(options(PlanCommand.self))"]
                    : all.nextSteps(of: changeset, options: options),
                settings.console)
            return ExitStatus.success.rawValue
        }
    }
}
