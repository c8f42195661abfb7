import ArgumentParser
import AuditCore
import GitHubAPI
import History
import Reports

/// Options of every command that asks the history and nothing else.
struct HistoryQueryOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("text or json.", valueName: "kind"))
    var format: String?
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions
}

/// What such a command needs to know, resolved.
struct HistorySettings {
    let host: HostChoice
    let path: String
    let format: PageFormat
    let console: ConsoleSettings

    init(_ options: HistoryQueryOptions, in context: CommandContext) throws(CommandFailure) {
        let layers = try SettingLayers(environment: context.environment, configurationFile: options.console.config)
        host = try HostChoice(options.host, layers)
        path = try Settings.historyPath(layers.value(.db, flag: options.history.db), context.environment)
        format = try PageFormat(layers.value(.format, flag: options.format))
        console = try ConsoleSettings(options.console, layers)
    }

    func withHistory<Value>(
        _ context: CommandContext, for access: HistoryStore.Access = .reading,
        _ body: (HistoryStore) async throws(CommandFailure) -> Value,
    ) async throws(CommandFailure) -> Value {
        try await context.withHistory(path, for: access, body)
    }

    /// The scan that a person names.
    ///
    /// - Parameter organizations: of which; empty: any.
    func scan(
        _ text: String, of organizations: [OrganizationReference] = [], apiURL: String, in store: HistoryStore,
    ) async throws(CommandFailure) -> StoredScan {
        try await Self.scan(ScanReference(argument: text), of: organizations, apiURL: apiURL, in: store)
    }

    static func scan(
        _ reference: ScanReference, of organizations: [OrganizationReference], apiURL: String, in store: HistoryStore,
    ) async throws(CommandFailure) -> StoredScan {
        let scan = try await usingHistory { () async throws(HistoryError) in
            try await store.scan(reference, apiURL: apiURL, of: organizations)
        }
        guard let scan else {
            if case .id(let id) = reference,
                try await usingHistory({ () async throws(HistoryError) in try await store.isPruned(id) })
            {
                throw .usage(
                    "scan \(id.rawValue) was pruned from the history \(store.path)",
                    hint: "oidc-audit history list tells what it holds; history export keeps what a pruning removes")
            }
            let of = organizations.isEmpty ? "" : " of \(organizations.map(\.login).joined(separator: ", "))"
            let which =
                switch reference {
                case .latest: "finished scan"
                case .previous: "finished scan before the latest"
                case .id(let id): "finished scan \(id.rawValue)"
                case .at(let moment): "finished scan that had begun by \(moment)"
                }
            throw .usage(
                "the history \(store.path) holds no \(which)\(of) at \(apiURL)",
                hint: "oidc-audit history list tells what it holds; --api-url and --db choose another")
        }
        if case .at(let moment) = reference,
            let pruned = try await usingHistory({ () async throws(HistoryError) in
                try await store.prunedScan(after: scan, by: moment, of: organizations)
            })
        {
            throw .usage(
                "scan \(pruned.id.rawValue) of \(pruned.startedAt), which would answer, was pruned from the history \(store.path)",
                hint: "name the one before it, \(scan.id.rawValue) of \(scan.startedAt), if that will do")
        }
        return scan
    }

    func write(_ page: String, to context: CommandContext) throws(CommandFailure) {
        try context.console.write(Array(page.utf8))
    }

    func style(_ context: CommandContext) -> ReportStyle { context.console.reportStyle(console.color) }
}

extension PageFormat {
    init(_ value: SettingValue?) throws(CommandFailure) {
        guard let value else {
            self = .text
            return
        }
        guard let format = PageFormat(rawValue: value.text) else {
            // What is set for every command is meant for reports.
            if value.origin != "--format", ReporterCatalog.reporter(named: value.text) != nil {
                self = .text
                return
            }
            throw value.invalid("is no format of this command", hint: "valid: text, json")
        }
        self = format
    }
}

extension ScanReference {
    init(argument text: String) throws(CommandFailure) {
        guard let reference = ScanReference(text) else {
            throw .usage("\"\(text)\" names no scan", hint: "say \(Self.forms)")
        }
        self = reference
    }
}

extension Timestamp {
    /// Reads a time since when something is asked for: `7d`, `12h`, `2026-09-01` (from the start of that day) or a moment.
    init(since text: String, now: Timestamp) throws(CommandFailure) {
        let units: [(suffix: String, seconds: Int64)] = [("d", 86_400), ("h", 3600), ("w", 604_800)]
        if let moment = Timestamp(text) ?? Timestamp(dayOf: text) {
            self = moment
        } else if let unit = units.first(where: { text.hasSuffix($0.suffix) }),
            let count = Int64(text.dropLast()), (1...100_000).contains(count)
        {
            self = now.adding(seconds: -count * unit.seconds)
        } else {
            throw .usage("\"\(text)\" is no time", hint: "say 7d, 12h, or a date such as 2026-09-01")
        }
    }
}
