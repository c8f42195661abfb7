import ArgumentParser
import AuditCore
import GitHubAPI
import History
import Reports

/// Options of every command that asks the history and nothing else.
struct HistoryQueryOptions: ParsableArguments {
    @OptionGroup var page: PageOptions
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

    func withHistory<Value>(
        _ context: CommandContext, for access: HistoryStore.Access = .reading,
        _ body: (HistoryStore) async throws(CommandFailure) -> Value,
    ) async throws(CommandFailure) -> Value {
        try await context.withHistory(path, for: access, saying: console, body)
    }

    /// The scan that a person names.
    ///
    /// - Parameter organizations: of which; empty: any.
    func scan(
        _ reference: ScanReference, of organizations: [OrganizationReference] = [], apiURL: String,
        in store: HistoryStore,
    ) async throws(CommandFailure) -> StoredScan {
        try await Self.scan(reference, of: organizations, apiURL: apiURL, in: store)
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
                    hint: "oidc-audit history list shows what is left; export before you prune")
            }
            if case .id(let id) = reference,
                try await usingHistory({ () async throws(HistoryError) in try await store.isOpen(id) })
            {
                throw .usage(
                    "scan \(id.rawValue) is not finished: it is running, or was interrupted",
                    hint:
                        "oidc-audit scan --resume continues an interrupted scan; oidc-audit history list shows the finished"
                )
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
                hint: "see oidc-audit history list; or use --api-url or --db")
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

extension HistorySettings {
    init(_ options: HistoryQueryOptions, in context: CommandContext) throws(CommandFailure) {
        self.init(
            host: try HostChoice(options.host, context.environment),
            path: try options.history.path(context.environment),
            format: options.page.format, console: options.console.settings)
    }
}
