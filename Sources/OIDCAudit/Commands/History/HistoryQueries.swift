import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryListCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Scans, newest first: coverage, verdict, duration.")

    @Option(help: ArgumentHelp("Only scans of this organization.", valueName: "org"))
    var organization: String?
    @Option(help: ArgumentHelp("How many. (default: 30 as text, all as JSON)", valueName: "n"))
    var limit: Int?
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        let logins = try Settings.organizations(organization.map { [$0] } ?? []).map(\.rawValue)
        if let limit, limit < 1 { throw .usage("--limit: \(limit) is no number of scans", hint: "say 1 or more") }
        let history = try settings.store()
        let scans = try await usingHistory { () async throws(HistoryError) in
            try await history.scans(apiURL: settings.apiURL, of: logins)
        }
        let most = limit ?? (settings.format == .text ? 30 : scans.count)
        try settings.write(
            ScanListPage.render(
                Array(scans.prefix(most)), of: scans.count, as: settings.format, style: settings.style(context)),
            to: context)
        return ExitStatus.success.rawValue
    }
}

struct HistoryShowCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One scan: what it covered, by which policy, and its digest.")

    @Argument(help: ArgumentHelp("\(ScanReference.forms). (default: latest)", valueName: "scan"))
    var scan = "latest"
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        let history = try settings.store()
        let scan = try await settings.scan(scan, in: history)
        let snapshot = try await usingHistory { () async throws(HistoryError) in
            try await history.snapshot(of: scan.id, withRepositories: false)
        }
        try settings.write(
            ScanPage.render(scan, snapshot.organizations, as: settings.format, style: settings.style(context)),
            to: context)
        return ExitStatus.success.rawValue
    }
}

struct HistoryRepositoryCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "repository",
        abstract: "One repository's timeline: what was seen of it, and between which scans it changed.",
        discussion: "A repository is found by any name that it had, and told across renames.")

    @Argument(help: ArgumentHelp("OWNER/NAME.", valueName: "repository"))
    var repository: String
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        guard repository.split(separator: "/", omittingEmptySubsequences: false).count == 2 else {
            throw .usage("\"\(repository)\" is no repository", hint: "say OWNER/NAME, such as octo-org/octo-repo")
        }
        let history = try settings.store()
        let timeline = try await usingHistory { () async throws(HistoryError) in
            try await history.timeline(of: repository, apiURL: settings.apiURL)
        }
        guard let timeline else {
            throw .usage(
                "the history \(settings.path) never saw \(repository) at \(settings.apiURL)",
                hint: "check the name; oidc-audit history at latest --format json tells every repository")
        }
        try settings.write(
            TimelinePage.render(timeline, as: settings.format, style: settings.style(context)), to: context)
        return ExitStatus.success.rawValue
    }
}

struct HistoryTrendCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "trend",
        abstract: "Findings, coverage, immutable subjects and the organization's template over time.")

    @Option(help: ArgumentHelp("Only this organization.", valueName: "org"))
    var organization: String?
    @Option(help: ArgumentHelp("From then on: 90d, or a date.", valueName: "time"))
    var since: String?
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        let login = try Settings.organizations(organization.map { [$0] } ?? []).first?.rawValue
        let moment = try since.map { text throws(CommandFailure) in try Timestamp(since: text, now: context.now()) }
        let history = try settings.store()
        let points = try await usingHistory { () async throws(HistoryError) in
            try await history.trend(apiURL: settings.apiURL, of: login, since: moment)
        }
        try settings.write(
            TrendPage.render(points, as: settings.format, style: settings.style(context)), to: context)
        return ExitStatus.success.rawValue
    }
}

struct HistoryAtCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "at", abstract: "An organization's state at a time.",
        discussion:
            "A date means the last scan that had begun by the end of that day. Whether it kept a policy then: check --at."
    )

    @Argument(help: ArgumentHelp("\(ScanReference.forms).", valueName: "date"))
    var date: String
    @Option(help: ArgumentHelp("Only this organization.", valueName: "org"))
    var organization: String?
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        let logins = try Settings.organizations(organization.map { [$0] } ?? []).map(\.rawValue)
        let history = try settings.store()
        let scan = try await settings.scan(date, of: logins, in: history)
        let snapshot = try await usingHistory { () async throws(HistoryError) in
            try await history.snapshot(of: scan.id, organizations: logins.isEmpty ? nil : logins)
        }
        try settings.write(
            StatePage.render(scan, snapshot, as: settings.format, style: settings.style(context)), to: context)
        return ExitStatus.success.rawValue
    }
}

struct HistoryStatisticsCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "stats", abstract: "How large the history is: rows and bytes of each table.")

    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        let history = try settings.store()
        let statistics = try await usingHistory { () async throws(HistoryError) in try await history.statistics() }
        try settings.write(
            StatisticsPage.render(statistics, as: settings.format, style: settings.style(context)), to: context)
        return ExitStatus.success.rawValue
    }
}
