import ArgumentParser
import AuditCore
import GitHubAPI
import History
import Reports

struct ApplyCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply", abstract: "Write the changes of a plan one by one, and read each back.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit apply plan.json",
                "oidc-audit apply plan.json --trust roles.json --yes --max-changes 20",
                "oidc-audit apply --continue",
            ],
            needs: [.plan, .writingToken],
            exits: [(.success, "done"), (.permission, "no token, or no permission"), (.partial, "partly done")],
            details: """
                A target that changed since the plan was made is skipped. The first change is a canary. Each write is \
                in the history's journal, with the values before and after; oidc-audit rollback restores them. A plan \
                that was made with --trust needs it again: apply computes from today's exports what access is lost, \
                and writes nothing where any is.
                """))

    @Argument(help: ArgumentHelp("A plan, as plan -o json=FILE writes it.", valueName: "plan"), completion: .json)
    var plan: String?
    @Flag(name: .customLong("continue"), help: "Resume the changes that were started last and are not finished.")
    var continues = false
    @OptionGroup(title: "Trust") var exports: TrustFileOptions
    @Flag(help: .onCommandLineOnly("Write the plan although repositories lose access to roles."))
    var allowLostAccess = false
    @OptionGroup(title: "Change") var change: ChangeOptions
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var connection: ConnectionOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        var pipeline = try ApplyPipeline(connection, history, console, page, change, in: context)
        pipeline.access = ChangeAccess(exports, console.settings, context)
        pipeline.allowsLostAccess = allowLostAccess
        try pipeline.access?.check()
        let work: ApplyPipeline.Work
        if continues {
            guard plan == nil else {
                throw .usage("--continue takes the plan from the journal", hint: "leave out the plan")
            }
            let unfinished = try await context.withHistory(pipeline.historyPath, for: .reading) {
                [pipeline] history throws(CommandFailure) in
                try await pipeline.unfinished(in: history)
            }
            guard let last = unfinished else {
                throw .usage(
                    "no unfinished changes to resume",
                    hint: await context.hintAtOtherHosts(
                        than: pipeline.apiURL, holding: .changes, in: pipeline.historyPath)
                        ?? "see oidc-audit history changes")
            }
            if let change = last.unplannedPrefix {
                throw .usage(
                    "#\(last.id.rawValue) ended at \(change.name) (\(change.why)): what is left would go the same way",
                    hint: ApplyPipeline.afterUnplannedPrefix)
            }
            let left = last.entries.count(where: \.isOpen)
            context.note(
                "resuming #\(last.id.rawValue) of \(last.startedAt): \(left) of \(last.entries.count) changes are left"
            )
            // What was tried, and why it is left; what is left for the same reason together.
            let failed = zip(last.plan.changes, last.entries).filter { $0.1.isOpen }
                .compactMap { change, entry in entry.outcome.map { (name: change.target.name, why: $0.sentence) } }
            for line in ApplyPipeline.names(ofAlike: failed) { context.note(line) }
            work = ApplyPipeline.Work(kind: last.kind, plan: last.plan, undoes: last.undoes, begun: last)
        } else {
            guard let plan else {
                throw .usage("no plan was given", hint: "oidc-audit plan ORG --policy FILE -o json=plan.json makes one")
            }
            work = ApplyPipeline.Work(kind: .apply, plan: try PlanFile.load(plan))
            // Before a token of another host is asked for.
            try pipeline.checkHost(of: work.plan)
            try pipeline.checkExports(of: work.plan)
        }
        return try await pipeline.withClient { [pipeline] client, history throws(CommandFailure) in
            try await pipeline.apply(work, by: client, in: history)
        }
    }
}

/// A plan's file.
enum PlanFile {
    static func load(_ path: String) throws(CommandFailure) -> Plan {
        let file = try DocumentFile(path: path, what: "plan", limits: .generated)
        do throws(DocumentError) { return try PlanDocument.parse(file.document) } catch {
            throw DocumentFile.failure(error, in: path)
        }
    }
}
