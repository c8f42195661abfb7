import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryShowCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show one scan: its coverage, policy and digest.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit history show", "oidc-audit history show 42 -f json"],
            needs: [.scan], exits: CommandHelp.historyExits))

    @Argument(help: ArgumentHelp("\(ScanReference.forms).", valueName: "scan"))
    var scan = ScanReference.latest
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            let apiURL = try await settings.host.apiURL(in: history, of: scan)
            let scan = try await settings.scan(scan, apiURL: apiURL, in: history)
            try await context.sayNewNames(of: [scan], in: history, settings.console)
            let snapshot = try await usingHistory { () async throws(HistoryError) in
                try await history.snapshot(of: scan.id, withRepositories: false)
            }
            try settings.write(
                ScanPage.render((scan, snapshot.organizations), as: settings.format, style: settings.style(context)),
                to: context)
            return ExitStatus.success.rawValue
        }
    }
}
