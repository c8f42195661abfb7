import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryRepositoryCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "repository",
        abstract: "One repository's timeline: what was seen of it, and between which scans it changed.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit history repository acme/api", "oidc-audit history repository acme/api -f json",
            ],
            needs: [.scan], exits: CommandHelp.historyExits,
            details: """
                A repository is found by any name that it had, and its timeline spans renames. For each change of a \
                template it prints whether this program wrote it, or where to look for who did.
                """))

    @Argument(
        help: ArgumentHelp("OWNER/NAME.", valueName: "repository"),
        transform: reading { text throws(InvalidValue) in
            guard text.split(separator: "/", omittingEmptySubsequences: false).count == 2 else {
                throw InvalidValue(
                    text, "is not a repository's full name", hint: "use OWNER/NAME, such as octo-org/octo-repo")
            }
            return text
        })
    var repository: String
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            let apiURL = try await settings.host.apiURL(in: history)
            let found = try await usingHistory { () async throws(HistoryError) in
                try await history.timeline(of: repository, apiURL: apiURL)
            }
            guard var timeline = found else {
                throw .usage(
                    "the history \(settings.path) never saw \(repository) at \(apiURL)",
                    hint: "check the name; oidc-audit history at latest -f json lists all")
            }
            timeline.attribute(to: try await ApplyPipeline.changesets(in: history, apiURL: apiURL))
            try settings.write(
                TimelinePage.render(timeline, as: settings.format, style: settings.style(context)), to: context)
            return ExitStatus.success.rawValue
        }
    }
}
