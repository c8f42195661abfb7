import AuditCore
import Foundation
import GitHubAPI
import History
import Remediation
import Reports
import Synchronization

/// A plan from its file to what came of it: show, ask, write, journal, report.
struct ApplyPipeline {
    let connection: ConnectionSettings
    let historyPath: String
    let console: ConsoleSettings
    let format: PageFormat
    let change: ChangeOptions
    let context: CommandContext
    /// `nil` without cloud exports.
    var access: ChangeAccess?
    var allowsLostAccess = false

    /// What is applied.
    struct Work {
        var kind: Changeset.Kind
        var plan: Plan
        var undoes: ChangesetID?
        /// A set of changes to go on with; `nil` begins one.
        var begun: Changeset?

        /// Whether a loss of access is reported and holds nothing back: what is half done is finished, or undone.
        var mayLoseAccess: Bool { kind == .rollback || begun != nil }

        /// The plan of what is still to be written.
        var left: Plan {
            guard let begun else { return plan }
            var left = plan
            left.changes = zip(plan.changes, begun.entries).filter(\.1.isOpen).map(\.0)
            left.manual = []
            return left
        }
    }

    init(
        _ connection: ConnectionOptions, _ history: HistoryOptions, _ console: ConsoleOptions, _ page: PageOptions,
        _ change: ChangeOptions, in context: CommandContext,
    ) throws(CommandFailure) {
        var connection = try ConnectionSettings(connection, context)
        connection.permissions = AppPermission.writing
        self.connection = connection
        historyPath = try history.path(context.environment)
        self.console = console.settings
        format = page.format
        self.change = change
        self.context = context
    }

    var apiURL: String { connection.endpoint.description }

    static func changesets(
        in store: HistoryStore, apiURL: String, _ id: ChangesetID? = nil,
    ) async throws(CommandFailure) -> [Changeset] {
        try await usingHistory { () async throws(HistoryError) in
            try await store.changesets(apiURL: apiURL, id, reading: documents)
        }
    }

    /// - Parameter planDigest: of the plan that was begun; `nil`: of any.
    func unfinished(in store: HistoryStore, of planDigest: String? = nil) async throws(CommandFailure) -> Changeset? {
        try await usingHistory { () async throws(HistoryError) in
            try await store.unfinishedChangeset(apiURL: apiURL, of: planDigest, reading: Self.documents)
        }
    }

    private static let documents = JournalDocuments(
        plan: { text in
            try PlanDocument.parse(
                JSONParser.parse(Array(text.utf8), valuesMax: DocumentFile.Limits.generated.valuesMax))
        },
        value: { text, target in
            let isOfOrganization = if case .organization = target { true } else { false }
            return try PlanDocument.parse(
                found: JSONParser.parse(Array(text.utf8)), isOfOrganization: isOfOrganization)
        })

    /// Does something with a client, whose wire is closed afterwards.
    ///
    /// - Parameter body: gets the history too, where there is one.
    func withClient<Value>(
        _ body: (GitHubClient, HistoryStore?) async throws(CommandFailure) -> Value,
    ) async throws(CommandFailure) -> Value {
        guard connection.credential != nil else { throw await context.tokenMissing(connection, historyPath) }
        // Where there is no history yet, nothing is known of the token, and a mistake must not make one.
        guard FileManager.default.fileExists(atPath: historyPath) else { return try await withClient(nil, body) }
        return try await context.withHistory(historyPath, for: .changing) { history throws(CommandFailure) in
            try await withClient(history, body)
        }
    }

    private func withClient<Value>(
        _ history: HistoryStore?, _ body: (GitHubClient, HistoryStore?) async throws(CommandFailure) -> Value,
    ) async throws(CommandFailure) -> Value {
        let use = try await usingHistory { () async throws(HistoryError) -> CredentialUse? in
            guard let history else { return nil }
            return try await CredentialUse(self.connection, of: nil, in: history, context)
        }
        let connection = use?.paced(self.connection, now: context.now()) ?? self.connection
        return try await connection.withGitHub(context) { client throws(CommandFailure) in
            let result: Swift.Result<Value, CommandFailure>
            do throws(CommandFailure) {
                result = .success(try await body(client, history))
            } catch {
                result = .failure(error)
            }
            // What is lost where this fails is a pace alone, and the result of the command is to be reported anyway.
            if let history { try? await use?.note(client, in: history, now: context.now()) }
            return try result.get()
        }
    }

    // MARK: -

    /// The host is never taken from the plan: whoever can write the file would choose where the token goes.
    func checkHost(of plan: Plan) throws(CommandFailure) {
        guard plan.apiURL == apiURL else {
            throw .usage(
                "the plan is for \(plan.apiURL), and this is \(apiURL)",
                hint: "if that is the host you mean, add --api-url \(plan.apiURL.shellQuoted)")
        }
    }

    /// Applies a plan, as far as whoever is asked agrees.
    ///
    /// - Parameter history: where it is journaled; `nil` makes one.
    func apply(
        _ work: Work, by client: GitHubClient, in history: HistoryStore?,
    ) async throws(CommandFailure) -> Int32 {
        let plan = work.plan
        try checkHost(of: plan)
        if let why = plan.incomplete, plan.changes.isEmpty {
            throw .usage("the plan is incomplete and empty: \(why)", hint: "make a new one with oidc-audit plan")
        }
        // Of what was begun, only what is left is shown, counted and asked for.
        var left = work.left
        let count = left.repositoryCount
        guard count <= change.changesMax else {
            let what = count == left.subjectCount ? "changes the subjects" : "concerns the settings or subjects"
            try show(left, of: work)
            throw .usage(
                "\(work.begun == nil ? "the plan" : "what is left") \(what) of \(count) repositories, and --max-changes allows \(change.changesMax)",
                hint: "read the plan, then allow as many: --max-changes \(count)")
        }
        try checkFollowers(of: left)
        if let history, work.begun == nil { try await checkNotBegun(plan, in: history) }
        left.access = try await changedAccess(of: left, work, in: history)
        let entries = work.begun?.entries ?? plan.changes.map { _ in Changeset.Entry() }
        let open = entries.indices.filter { entries[$0].isOpen }
        let duration = await durationInWords(of: open.count, work.kind)
        try show(left, of: work)
        guard !open.isEmpty else {
            context.console.note("there is nothing to change")
            return ExitStatus.success.rawValue
        }
        guard change.yes || context.ask != nil else {
            throw .usage("no terminal to confirm on", hint: "read the plan, then add --yes")
        }
        try checkLostAccess(of: left, work)
        let question = "Write \(open.count == 1 ? "this change" : "these \(open.count) changes")"
        guard agree("\(question), \(PlanPage.subjectWords(left)), to \(apiURL)?\(duration.map { " \($0)." } ?? "")")
        else {
            throw CommandFailure(
                message: "nothing was changed",
                hint: "a change is written only after a yes; oidc-audit plan makes another plan", status: .usage)
        }
        if change.yes, let duration, !console.isQuiet {
            context.console.note("note: \(duration.prefix(1).lowercased())\(duration.dropFirst())")
        }
        guard let history else {
            return try await context.withHistory(historyPath, for: .making, saying: console) {
                history throws(CommandFailure) in
                try await write(work, open, after: entries, by: client, in: history)
            }
        }
        return try await write(work, open, after: entries, by: client, in: history)
    }

    /// Prints what is to be written; of many changes, how each kind of them is changed.
    private func show(_ left: Plan, of work: Work) throws(CommandFailure) {
        let page = PlanPage.text(
            left, of: work.plan, isBrief: isBrief(work), style: context.console.reportStyle(console.color))
        if format == .text {
            try context.console.write(Array(page.utf8))
        } else if !change.yes {
            // Nobody agrees to what they have not seen.
            for line in page.split(separator: "\n") { context.console.note(String(line)) }
        }
    }

    /// Whether a plan, and what came of it, is shown in few words, so that both fit a screen.
    private func isBrief(_ work: Work) -> Bool { work.plan.changes.count > ChangeCount.fewMax }

    /// Writes what was agreed to, and reports the result.
    ///
    /// - Parameter open: which changes were open when it began.
    private func write(
        _ work: Work, _ open: [Int], after known: [Changeset.Entry], by client: GitHubClient, in store: HistoryStore,
    ) async throws(CommandFailure) -> Int32 {
        var entries = known
        let stopRequests = await context.stopRequests()
        let lock = try await usingHistory { () throws(HistoryError) in try store.lockChanges() }
        defer { withExtendedLifetime(lock) {} }
        if let begun = work.begun { entries = try await current(begun, in: store).entries }
        let actor = try await asked(client) { () async throws(GitHubError) in try await client.tokenLogin() }
        let id = try await begin(work, actor, in: store)
        let before = try await usingHistory { () async throws(HistoryError) in
            try await context.earlierWrites(apiURL: apiURL, in: store)
        }
        let writer = GitHubWriter(client, limits: writeLimits, after: before, waitMax: connection.limits.waitMax)
        let applier = Applier(
            client: client, writer: writer, journal: Journal(store: store, changeset: id, now: context.now))

        let stop = Mutex<ScanStop?>(nil)
        let listener = Task { [context] in
            for await asked in stopRequests {
                context.stopHeard()
                stop.withLock { $0 = asked }
            }
        }
        defer { listener.cancel() }
        let progress = ChangeCount(of: entries.count(where: \.isOpen), writeLimits, after: before)
        let result = await whileSayingWaits(of: client, progress) {
            await applier.apply(
                work.plan, after: entries, canaries: change.canary.value,
                confirm: {
                    progress.pause(true)
                    defer { progress.pause(false) }
                    return await confirmAfterCanary { stop.withLock { $0 != nil } }
                },
                shouldStop: { stop.withLock { $0 != nil } },
                report: { change, outcome in say(change, outcome, progress) },
                waiting: { wait in sayWait(wait, progress) })
        }
        do throws(CommandFailure) {
            let changesets = try await Self.changesets(in: store, apiURL: apiURL, id)
            let style = context.console.reportStyle(console.color)
            let page =
                format == .text
                ? "\n" + ChangesetPage.text(changesets.map { $0.only(open) }, isBrief: isBrief(work), style: style)
                : ChangesetPage.render(changesets, as: format, style: style)
            try context.console.write(Array(page.utf8))
            let exitStatus = try status(of: result, changesets.first, id, stop.withLock { $0 })
            let journal = "history changes \(id.rawValue)\(options(for: HistoryChangesCommand.self))"
            let rollback =
                work.kind == .rollback
                ? nil : changesets.first?.rollback(options: options(for: RollbackCommand.self))
            context.suggest([rollback, journal].compactMap(\.self), console)
            return exitStatus
        } catch {
            // 5 says that nothing was written.
            guard result.hasWritten, error.status == .failure else { throw error }
            throw CommandFailure(
                message: "\(error.message); changes of #\(id.rawValue) were written", hint: error.hint, status: .partial
            )
        }
    }

    /// Why an organization's template is not written by whoever did not say how many repositories may change with it.
    ///
    /// - Parameter hint: how to allow a number.
    static func followersUnknown(hint: String) -> CommandFailure {
        .usage("repositories that follow the organization's template are not counted here", hint: hint)
    }

    /// Who follows an organization is known from a scan of late alone.
    private func checkFollowers(of plan: Plan) throws(CommandFailure) {
        guard plan.changesOrganizations, change.maxChanges == nil else { return }
        guard plan.scanID != nil, plan.knowsSubjects else {
            throw Self.followersUnknown(hint: "allow a number with --max-changes N")
        }
        // A plan can be made today of a scan of long ago.
        guard let scannedAt = plan.scannedAt, context.now().seconds(since: scannedAt) <= 86_400 else {
            throw .usage(
                "the plan is of a scan of \(plan.scannedAt?.description ?? "another day"): who has followed the "
                    + "organization's template since is not counted",
                hint: "make a new plan, or allow a number with --max-changes N")
        }
    }

    /// What the journal knows of changes that are gone on with, now that nobody else can go on with them: those that later
    /// changes were about is over.
    private func current(_ begun: Changeset, in store: HistoryStore) async throws(CommandFailure) -> Changeset {
        let all = try await Self.changesets(in: store, apiURL: apiURL)
        guard var changeset = all.first(where: { $0.id == begun.id }) else { return begun }
        for later in all where later.id.rawValue > begun.id.rawValue {
            let written = Set(zip(later.plan.changes, later.entries).filter(\.1.mayBeWritten).map(\.0.target))
            for (place, change) in changeset.plan.changes.enumerated()
            where changeset.entries[place].isOpen && written.contains(change.target) {
                let why = "#\(later.id.rawValue) has written it since"
                // What may have been written before that is still to be undone.
                let outcome =
                    changeset.entries[place].isInDoubt ? ChangeOutcome.different(why) : ChangeOutcome.moved(why)
                changeset.entries[place].outcome = outcome
                say(change, outcome)
                try await usingHistory { () async throws(HistoryError) in
                    try await store.noteOutcome(outcome, place, of: begun.id, at: context.now())
                }
            }
        }
        return changeset
    }

    /// - Returns: the plan's digest.
    @discardableResult
    private func checkNotBegun(_ plan: Plan, in store: HistoryStore) async throws(CommandFailure) -> String {
        let digest = PlanDocument.digest(of: plan)
        guard let other = try await unfinished(in: store, of: digest) else { return digest }
        throw .usage(
            "this plan was started as #\(other.id.rawValue) and is not finished",
            hint: other.resumption(options: options(for: ApplyCommand.self)).map { "\(Tool.name) \($0)" }
                ?? "see \(Tool.name) history changes \(other.id.rawValue)")
    }

    /// What a further command of the same host and history needs.
    func options(for command: any AuditCommand.Type) -> String { context.options(for: command, writingTo: apiURL) }

    private func begin(
        _ work: Work, _ actor: String?, in store: HistoryStore,
    ) async throws(CommandFailure) -> ChangesetID {
        if let begun = work.begun { return begun.id }
        let digest = try await checkNotBegun(work.plan, in: store)
        return try await usingHistory { () async throws(HistoryError) in
            try await store.beginChangeset(
                work.kind, planDigest: digest, document: PlanDocument.render(work.plan), apiURL: apiURL, actor: actor,
                undoes: work.undoes, toolVersion: Tool.version, at: context.now())
        }
    }

    /// What GitHub answers, or why the command ends. Says meanwhile what it waits for.
    ///
    /// - Parameter count: how much of it is done; `nil`: it is a request or two.
    func asked<Value>(
        _ client: GitHubClient, _ count: ChangeCount? = nil, _ body: () async throws(GitHubError) -> Value,
    ) async throws(CommandFailure) -> Value {
        let result = await whileSayingWaits(of: client, count) { () async -> Result<Value, GitHubError> in
            do throws(GitHubError) { return .success(try await body()) } catch { return .failure(error) }
        }
        do throws(GitHubError) { return try result.get() } catch { throw CommandFailure(error) }
    }

    // MARK: - Asking

    func agree(_ question: String) -> Bool {
        guard !change.yes, let ask = context.ask else { return true }
        return ask(question)
    }

    /// - Parameter shouldStop: whether the wait is to end; what comes after it is not begun then.
    private func confirmAfterCanary(_ shouldStop: () -> Bool) async -> Bool {
        context.console.clearProgress()
        if !change.yes { return agree("The first was read back as planned. Continue?") }
        guard change.canaryWait > .zero else { return true }
        context.console.note("note: the first was read back as planned; waiting \(change.canaryWait)")
        let end = ContinuousClock.now + change.canaryWait
        while ContinuousClock.now < end, !shouldStop() {
            do { try await Task.sleep(until: min(end, .now + Applier.attention)) } catch { return false }
        }
        return true
    }
}

/// The history as the journal of an apply.
private struct Journal: ChangeJournal {
    let store: HistoryStore
    let changeset: ChangesetID
    let now: @Sendable () -> Timestamp

    func noteIntent(_ place: Int) async throws {
        try await store.noteIntent(place, of: changeset, at: now())
    }

    func noteOutcome(_ outcome: ChangeOutcome, _ place: Int) async throws {
        try await store.noteOutcome(
            outcome, found: outcome.found.map(PlanDocument.render(found:)), place, of: changeset, at: now())
    }
}

extension CommandFailure {
    init(_ error: GitHubError) {
        let status: ExitStatus =
            switch error {
            case .rateLimited, .unavailable: .incomplete
            default: error.reason.code.isPermission ? .permission : .failure
            }
        self.init(message: "\(error)", hint: error.hint, status: status)
    }
}
