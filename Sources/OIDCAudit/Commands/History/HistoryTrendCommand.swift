import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryTrendCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "trend",
        abstract: "Findings, coverage, immutable subjects and the organization's template over time.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit history trend --since 90d", "oidc-audit history trend --organization acme -f json"],
            needs: [.scan], exits: CommandHelp.historyExits))

    @OptionGroup var only: OrganizationOptions
    @Option(help: ArgumentHelp("From then on: 90d, or a date.", valueName: "time"))
    var since: StartTime?
    @Option(help: ArgumentHelp("Up to then: a date, to its end.", valueName: "date"))
    var until: EndTime?
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        let moment = since?.moment(now: context.now())
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            let apiURL = try await settings.host.apiURL(in: history)
            let asked = try await context.organizations(
                only.logins, apiURL: apiURL, in: history, settings.console)
            let found = try await usingHistory { () async throws(HistoryError) in
                try await history.trend(apiURL: apiURL, of: asked.first, since: moment)
            }
            let all = found.filter { point in until.map { point.scan.startedAt <= $0.moment } ?? true }
            // What another policy found, or another scope saw, is no step of one line.
            let points = settings.format == .json ? all : TrendPoint.comparable(all)
            if points.count < all.count, !settings.console.isQuiet {
                context.console.note(
                    "note: \(all.count - points.count) of \(all.count) points are of another policy or scope than the newest; "
                        + "--format json lists all")
            }
            try settings.write(
                TrendPage.render(
                    (points, time: Timestamp.words(since: moment, until: until?.moment)), as: settings.format,
                    style: settings.style(context)), to: context)
            return ExitStatus.success.rawValue
        }
    }
}
