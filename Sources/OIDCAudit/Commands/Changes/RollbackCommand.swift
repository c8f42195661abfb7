import ArgumentParser
import AuditCore
import GitHubAPI
import History
import Remediation
import Reports

struct RollbackCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Restore what was there before a set of changes.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit history changes", "oidc-audit rollback 3", "oidc-audit rollback 3 --trust roles.json",
            ],
            needs: [.changes, .writingToken],
            exits: [(.success, "done"), (.permission, "no token, or no permission"), (.partial, "partly done")],
            details: """
                oidc-audit history changes lists the sets. The same checks hold as for apply: a target that changed \
                since is not written. A rollback can be rolled back. With --trust it reports what access is lost, and \
                writes all the same.
                """))

    @Argument(help: ArgumentHelp("Number of the set of changes.", valueName: "changeset"))
    var changeset: ChangesetID?
    @OptionGroup(title: "Trust") var exports: TrustFileOptions
    @OptionGroup(title: "Change") var change: ChangeOptions
    @OptionGroup var page: PageOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var connection: ConnectionOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard let id = changeset else {
            throw .usage(
                "no set of changes was named", hint: "oidc-audit history changes lists them; name one by its number")
        }
        let pipeline = try self.pipeline(context)
        let number = id.rawValue
        let found = try await context.withHistory(pipeline.historyPath, for: .reading) {
            history throws(CommandFailure) in
            try await ApplyPipeline.changesets(in: history, apiURL: pipeline.apiURL, id)
        }
        guard let changeset = found.first else {
            throw .usage(
                "the journal holds no changes #\(number) at \(pipeline.apiURL)",
                hint: await context.hintAtOtherHosts(than: pipeline.apiURL, holding: .changes, in: pipeline.historyPath)
                    ?? "see oidc-audit history changes")
        }
        // Before GitHub is asked. Whatever is to be written in the end is checked again.
        try check(changeset, pipeline)
        let unwritten = zip(changeset.plan.changes, changeset.entries).filter { !$0.1.mayBeWritten }
            .map { (name: $0.target.name, why: "not written by #\(number) (\($1.outcome?.name ?? "not begun"))") }
        for line in ApplyPipeline.names(ofAlike: unwritten) { context.note("note: \(line)") }
        let written = changeset.written
        let followers = written.changes.filter { $0.target.isOrganization }.map(\.subjects.count).reduce(0, +)
        let count = ChangeCount(of: written.changes.count + followers, isOfReading: true)
        return try await pipeline.withClient { client, history throws(CommandFailure) in
            let plan = try await pipeline.asked(client, count) { () async throws(GitHubError) in
                try await RollbackPlanner(client: client)
                    .plan(undoing: changeset, now: context.now()) { count.takeReading() }
            }
            let status = try await pipeline.apply(
                ApplyPipeline.Work(kind: .rollback, plan: plan, undoes: changeset.id), by: client, in: history)
            guard plan.manual.isEmpty else {
                throw CommandFailure(
                    message: "\(plan.manual.count) of the changes could not be rolled back; see the plan",
                    hint: "oidc-audit template set writes one template", status: .partial)
            }
            return status
        }
    }

    /// Refuses what was not allowed before GitHub is asked for each target, which can take minutes.
    private func check(_ changeset: Changeset, _ pipeline: ApplyPipeline) throws(CommandFailure) {
        let again =
            changeset.rollback(options: pipeline.options(for: RollbackCommand.self))
            .map { "\(Tool.name) \($0)" } ?? "allow a number with --max-changes N"
        guard !changeset.mayRollBackOrganizations || change.maxChanges != nil else {
            throw ApplyPipeline.followersUnknown(hint: again)
        }
        let count = changeset.written.repositoryCount
        guard count <= change.changesMax else {
            throw .usage(
                "#\(changeset.id.rawValue) may have written \(count) repositories, and --max-changes allows \(change.changesMax)",
                hint: again)
        }
    }

    private func pipeline(_ context: CommandContext) throws(CommandFailure) -> ApplyPipeline {
        var pipeline = try ApplyPipeline(connection, history, console, page, change, in: context)
        pipeline.access = ChangeAccess(exports, console.settings, context)
        try pipeline.access?.check()
        return pipeline
    }
}

extension Changeset {
    /// The plan of what was written, or may have been.
    fileprivate var written: Plan {
        var written = plan
        written.changes = zip(plan.changes, entries).filter(\.1.isWorthRollback).map(\.0)
        return written
    }
}

extension PlannedChange.Target {
    fileprivate var isOrganization: Bool { if case .organization = self { true } else { false } }
}
