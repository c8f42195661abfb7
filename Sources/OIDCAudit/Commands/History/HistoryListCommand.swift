import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryListCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Scans, newest first: coverage, verdict, duration.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit history list", "oidc-audit history list --organization acme --limit 5"],
            needs: [.scan], exits: CommandHelp.historyExits))

    @OptionGroup var only: OrganizationOptions
    @Option(help: ArgumentHelp("How many. (default: 30 as text, all as JSON)", valueName: "n"))
    var limit: Number<FromOne>?
    @Option(help: ArgumentHelp("From then on: 90d, or a date.", valueName: "time"))
    var since: StartTime?
    @Option(help: ArgumentHelp("Up to then: a date, to its end.", valueName: "date"))
    var until: EndTime?
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            // Of all hosts, unless one was given.
            let hosts =
                settings.host.given == nil
                ? try await HostChoice.hosts(of: .anyScans, in: history)
                : [try await settings.host.apiURL(in: history, holding: .anyScans)]
            var scans: [StoredScan] = []
            var open = 0
            for apiURL in hosts {
                let asked = try await context.organizations(only.logins, apiURL: apiURL, in: history, settings.console)
                let (own, ownOpen) = try await usingHistory { () async throws(HistoryError) in
                    (
                        try await history.scans(apiURL: apiURL, of: asked),
                        try await history.openScanCount(apiURL: apiURL)
                    )
                }
                scans += own
                open += ownOpen
            }
            let start = since?.moment(now: context.now())
            scans.removeAll { scan in
                start.map { scan.startedAt < $0 } ?? false || until.map { scan.startedAt > $0.moment } ?? false
            }
            scans.sort { $0.link > $1.link }
            let most = limit?.value ?? (settings.format == .text ? 30 : scans.count)
            try settings.write(
                ScanListPage.render(
                    (
                        Array(scans.prefix(most)), total: scans.count, open: open,
                        time: Timestamp.words(since: start, until: until?.moment)
                    ), as: settings.format, style: settings.style(context)),
                to: context)
            if scans.isEmpty, start == nil, until == nil {
                let options = context.options(for: ScanCommand.self, apiURL: settings.host.given)
                context.suggest(["scan ORG --policy preset:strict\(options)"], settings.console)
            }
            return ExitStatus.success.rawValue
        }
    }
}
