import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryAtCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "at", abstract: "An organization's state at a time.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit history at 2026-11-21", "oidc-audit history at latest --organization acme -f json"],
            needs: [.scan], exits: CommandHelp.historyExits,
            details:
                "A date means the last scan that had begun by the end of that day. To judge it by a policy: check --at."
        ))

    @Argument(help: ArgumentHelp("\(ScanReference.forms).", valueName: "date"))
    var date: ScanReference
    @OptionGroup var only: OrganizationOptions
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            let apiURL = try await settings.host.apiURL(in: history, of: date)
            let asked = try await context.organizations(
                only.logins, apiURL: apiURL, in: history, settings.console)
            let scan = try await settings.scan(date, of: asked, apiURL: apiURL, in: history)
            try await context.sayNewNames(of: [scan], asked: only.logins, in: history, settings.console)
            let snapshot = try await usingHistory { () async throws(HistoryError) in
                try await history.snapshot(of: scan.id, organizations: asked.isEmpty ? nil : asked)
            }
            let others = try await usingHistory { () async throws(HistoryError) in
                try await history.organizations(apiURL: apiURL)
            }.filter { other in !scan.organizations.contains { $0.id == other.id } }
            if only.logins.isEmpty, !others.isEmpty, !settings.console.isQuiet {
                context.console.note(
                    "note: it is of \(scan.logins.joined(separator: ", ")) alone; --organization shows "
                        + others.map(\.login).joined(separator: ", "))
            }
            try settings.write(
                StatePage.render((scan, snapshot), as: settings.format, style: settings.style(context)), to: context)
            return ExitStatus.success.rawValue
        }
    }
}
