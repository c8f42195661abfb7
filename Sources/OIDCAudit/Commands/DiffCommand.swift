import ArgumentParser
import AuditCore
import History
import Reports

struct DiffCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "What changed between two stored scans; no network.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit diff", "oidc-audit diff 41 42", "oidc-audit diff --since 7d --exit-code"],
            needs: [.scan],
            exits: [
                (.success, "compared"), (.violations, "with --exit-code: something changed"),
                (.incomplete, "with --exit-code: not known"),
            ],
            details: """
                A scan is named by its number, latest, previous, or a date, which means the last scan that had begun \
                by the end of that day. Scans are ordered as they were made, not by their clocks. Without names, the \
                latest scan is compared with the one before it of the same organizations and scope. What the earlier \
                scan could not read is compared with the last scan before it that could; what the later one could not \
                read is a gap of coverage and no change.
                """))

    @Argument(help: ArgumentHelp("The earlier scan. (default: previous)", valueName: "a"))
    var before: ScanReference?
    @Argument(help: ArgumentHelp("The later scan. (default: latest)", valueName: "b"))
    var after: ScanReference?
    @Option(
        help: ArgumentHelp("Compare with the state at that time: 7d, or a date, from its start.", valueName: "time"))
    var since: StartTime?
    @OptionGroup var only: OrganizationOptions
    @Flag(help: "Exit 1 when anything changed, 3 when what could not be read hides whether it did.")
    var exitCode = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("What standard output gets; markdown has at most 60 KB.", valueName: "kind"))
    var format = CatalogFormat.text
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = HistorySettings(
            host: try HostChoice(host, context.environment), path: try history.path(context.environment),
            format: format.page, console: console.settings)
        guard since == nil || (before == nil && after == nil) else {
            throw .usage("--since and the name of a scan exclude each other", hint: "give one of them")
        }
        let moment = since?.moment(now: context.now())
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            let apiURL = try await settings.host.apiURL(in: history, of: after ?? before)
            let asked = try await context.organizations(
                only.logins, apiURL: apiURL, in: history, settings.console)
            let later = try await settings.scan(after ?? .latest, of: asked, apiURL: apiURL, in: history)
            let earlier = try await earlierScan(later, moment, asked, settings, history, context)
            try await context.sayNewNames(of: [earlier, later], asked: only.logins, in: history, settings.console)
            let difference = try await usingHistory { () async throws(HistoryError) in
                try await history.difference(from: earlier, to: later, of: asked.isEmpty ? nil : asked)
            }
            context.keepUntilExit(difference)
            if earlier.link > later.link, !settings.console.isQuiet {
                context.console.note(
                    "note: scan #\(earlier.id.rawValue) was made after #\(later.id.rawValue): this is the way back, from the "
                        + "later to the earlier")
            }
            guard !difference.organizations.isEmpty || !difference.lost.isEmpty || !difference.found.isEmpty else {
                throw .usage(
                    "scan \(earlier.id.rawValue) of \(earlier.logins.joined(separator: ", ")) and scan "
                        + "\(later.id.rawValue) of \(later.logins.joined(separator: ", ")) have no organization in common",
                    hint: "name two scans of one organization; see oidc-audit history list")
            }
            try settings.write(
                DifferencePage.render(difference, as: settings.format, style: settings.style(context)), to: context)
            guard exitCode else { return ExitStatus.success.rawValue }
            // Silence is no answer: what could not be read may have changed.
            let silence: ExitStatus = difference.isWhole ? .success : .incomplete
            return (difference.isEmpty ? silence : .violations).rawValue
        }
    }

    // MARK: -

    private func earlierScan(
        _ later: StoredScan, _ moment: Timestamp?, _ asked: [OrganizationReference], _ settings: HistorySettings,
        _ history: HistoryStore, _ context: CommandContext,
    ) async throws(CommandFailure) -> StoredScan {
        let organizations = asked.isEmpty ? later.organizations : asked
        let names = organizations.map(\.login).joined(separator: ", ")
        if let before, before != .previous {
            return try await settings.scan(before, of: asked, apiURL: later.apiURL, in: history)
        }
        if let moment, later.startedAt <= moment {
            throw .usage(
                "no scan of \(names) has begun since \(moment)",
                hint: "the latest is #\(later.id.rawValue) of \(later.startedAt)")
        }
        // One of the same scope, so that nothing is lost or found by that; else any.
        let found = try await usingHistory { () async throws(HistoryError) -> StoredScan? in
            if let like = try await history.scan(before: later, of: organizations, sameScope: true, at: moment) {
                return like
            }
            return try await history.scan(before: later, of: organizations, at: moment)
        }
        if let found { return found }
        guard moment != nil else {
            throw .usage(
                "the history \(settings.path) holds no scan before \(later.id.rawValue) of \(names)",
                hint: "there is something to compare after the next scan")
        }
        // The history does not reach back so far: what is known is reported from its start.
        let first = try await usingHistory { () async throws(HistoryError) in
            try await history.firstScan(of: organizations, apiURL: later.apiURL)
        }
        if let first, !settings.console.isQuiet {
            context.console.note("note: the history begins with scan #\(first.id.rawValue) of \(first.startedAt)")
        }
        return first ?? later
    }
}
