import ArgumentParser
import AuditCore
import GitHubAPI
import History
import Reports

struct PlanCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Plan the changes that fix the findings of a policy; writes nothing to GitHub.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit plan acme --policy policy.yaml -o json=plan.json",
                "oidc-audit plan acme --policy policy.yaml --from-scan latest",
                "oidc-audit plan acme --policy policy.yaml --trust roles.json --update-cloud-first",
            ],
            needs: [.policy, .token],
            exits: [
                (.success, "nothing to change"), (.violations, "something to change"), (.incomplete, "incomplete"),
            ],
            details: """
                Crawls the organizations, or takes a stored scan with --from-scan and no network. The plan, a JSON \
                file, is what apply takes. With --trust it also holds who then can no longer assume what, and who can \
                in addition, by exports of a cloud; see oidc-audit help trust-files.
                """))

    @OptionGroup var targets: OrganizationsOptions
    @Flag(help: "Print the JSON Schema of a plan, and nothing else.")
    var schema = false
    @OptionGroup(title: "Policy") var policy: PolicyOptions
    @Option(
        help: ArgumentHelp("Plan from a stored scan, without network: \(ScanReference.forms).", valueName: "scan"))
    var fromScan: ScanReference?
    @OptionGroup(title: "Trust") var exports: TrustFileOptions
    @Flag(help: "Print the subjects that the cloud side must allow before, and with --trust the values for each role.")
    var updateCloudFirst = false
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "What standard output gets; csv: the subjects, for those who own the clouds.", valueName: "kind"))
    var format = PlanFormat.text
    // As a setting it means reports.
    @Option(
        name: .shortAndLong,
        help: .onCommandLineOnly("Also write a format to a file; repeatable.", valueName: "kind=file"),
        transform: reading { text throws(InvalidValue) in try PageFile(text) })
    var output: [PageFile] = []
    @OptionGroup(title: "Scope") var scope: ScopeOptions
    @OptionGroup(title: "Change") var pace: WritePaceOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var connection: ConnectionOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard !schema else {
            try context.console.write(Array(PlanDocument.document.schemaText.utf8))
            return ExitStatus.success.rawValue
        }
        let logins = try targets.logins(context)
        guard !logins.isEmpty else {
            throw .usage("no organization was named", hint: "oidc-audit plan ORG --policy FILE -o json=plan.json")
        }
        let settings = PageSettings(console: console.settings, format: format.page, outputs: output)
        guard settings.format == .text || !updateCloudFirst else {
            throw .usage("--update-cloud-first prints text", hint: "write the plan to a file: -o json=plan.json")
        }
        let judging = try JudgingSettings(policy, Gate(), in: context)
        let path = try history.path(context.environment)
        let access = ChangeAccess(exports, settings.console, context)
        try access?.check()
        let began = ContinuousClock.now
        let read: Reading
        if let fromScan {
            let snapshot = try await stored(
                fromScan, logins, try HostChoice(connection.host, context.environment), path, settings.console, context)
            let report = Evaluator(policy: judging.policy, gate: Gate(), waivers: judging.waivers).evaluate(snapshot)
            read = Reading(snapshot: snapshot, whyIncomplete: report.whyIncomplete)
        } else {
            let crawl = Settings(
                organizations: logins, judging: judging, scope: scope.scope(),
                connection: try ConnectionSettings(connection, context), resumes: false, historyPath: path,
                reports: ReportSettings(format: JSONReporter.self, outputs: []), console: settings.console)
            do throws(CommandFailure) {
                read = try await crawled(crawl, context)
            } catch {
                // Yesterday's plan must not stand where today's could not be made.
                let nothing = Plan(
                    apiURL: crawl.connection.endpoint.description, isEnterpriseServer: false, organizations: [],
                    createdAt: context.now(), scanID: nil, policyName: judging.policy.name,
                    policySHA256: judging.policy.sha256, changes: [], manual: [], incomplete: error.message)
                if error.status != .usage {
                    try settings.writeFiles { format, style in PlanPage.render(nothing, as: format, style: style) }
                }
                throw error
            }
        }
        let evaluator = try await judging.evaluator(apiURL: read.snapshot.apiURL, historyPath: path, context)
        let loaded = ContinuousClock.now
        var plan = Planner(evaluator).plan(read.snapshot, now: context.now())
        plan.incomplete = read.whyIncomplete ?? read.failure?.message
        plan.access = try access?.access(of: plan, in: read.snapshot)
        if settings.console.isVerbose {
            context.console.note("read in \(loaded - began), planned in \(ContinuousClock.now - loaded)")
        }
        let limits = pace.limits(context.writeLimits, emulatedMinute: connection.emulatedMinute)
        let estimate = await context.estimate(
            of: plan.changes.count, limits, apiURL: plan.apiURL, historyPath: path)
        try settings.write(context) { format, style in
            format == .text
                ? PlanPage.text(plan, estimate: estimate, style: style)
                : PlanPage.render(plan, as: format, style: style)
        }
        if updateCloudFirst {
            let style = context.console.reportStyle(settings.console.color)
            try context.console.write(Array(("\n" + PlanPage.cloudNotes(plan, style: style)).utf8))
        }
        // Whoever asks must be able to distinguish a plan of everything from one that was cut short.
        if let failure = read.failure, failure.status != .incomplete { throw failure }
        guard plan.changes.isEmpty else {
            suggest(plan, logins, waiting: estimate.waitMax(beyond: connection.maxWait, limits), context)
            return ExitStatus.violations.rawValue
        }
        if let why = plan.incomplete {
            throw CommandFailure(
                message: "nothing is to change in what was read, but the scan is incomplete: \(why)",
                hint: read.failure?.hint ?? "what could not be read is not planned", status: .incomplete)
        }
        return ExitStatus.success.rawValue
    }

    /// The plan's file is what apply takes; without one, it is to be made first.
    private func suggest(
        _ plan: Plan, _ logins: [OrganizationLogin], waiting: String?, _ context: CommandContext,
    ) {
        let names = logins.map(\.rawValue).joined(separator: " ")
        let policy = self.policy.policy.map { " --policy \($0.shellQuoted)" } ?? ""
        let scan = context.given.last { $0.option.name == "from-scan" }?.text ?? "latest"
        let again = "plan \(names)\(policy) --from-scan \(scan.shellQuoted)"
        let same = context.options(
            for: PlanCommand.self, apiURL: plan.apiURL, except: ScopeOptions.names.union(["policy", "from-scan"]))
        guard let file = output.first(where: { $0.format == .json })?.path else {
            return context.suggest(["\(again) -o json=plan.json\(same)"], console.settings)
        }
        let count = plan.repositoryCount
        let most = count > ChangeOptions.changesMaxUnlessSaid ? " --max-changes \(count)" : ""
        let wait = waiting.map { " --max-wait \($0)" } ?? ""
        let options = context.options(
            for: ApplyCommand.self, writingTo: plan.apiURL, except: waiting == nil ? [] : ["max-wait"])
        // With access to lose apply refuses, until the roles have the values.
        let losesAccess = plan.access?.lost.isEmpty == false && !updateCloudFirst
        context.suggest(
            (losesAccess ? ["\(again)\(same) --update-cloud-first"] : [])
                + ["apply \(file.shellQuoted)\(most)\(wait)\(options)"], console.settings)
    }

    /// What is planned from.
    private struct Reading {
        var snapshot: Snapshot
        /// `nil` if everything was read.
        var whyIncomplete: String?
        /// How the scan failed beside it: a plan of what was read is shown all the same.
        var failure: CommandFailure?
    }

    // MARK: -

    private func stored(
        _ reference: ScanReference, _ logins: [OrganizationLogin], _ host: HostChoice, _ path: String,
        _ settings: ConsoleSettings, _ context: CommandContext,
    ) async throws(CommandFailure) -> Snapshot {
        try await context.withHistory(path, for: .reading) { history throws(CommandFailure) in
            let apiURL = try await host.apiURL(in: history, of: reference)
            let asked = try await context.organizations(logins, apiURL: apiURL, in: history, settings)
            let scan = try await HistorySettings.scan(reference, of: asked, apiURL: apiURL, in: history)
            try await context.sayNewNames(of: [scan], asked: logins, in: history, settings)
            var snapshot = try await usingHistory { () async throws(HistoryError) in
                try await history.snapshot(of: scan.id, organizations: asked)
            }
            if reference == .latest { try await snapshot.noteUnfinished(after: [scan], in: history) }
            return snapshot
        }
    }

    private func crawled(_ settings: Settings, _ context: CommandContext) async throws(CommandFailure) -> Reading {
        guard !settings.connection.lacksCredential(for: settings.organizations) else {
            throw await context.tokenMissing(settings.connection, settings.historyPath)
        }
        let stopRequests = await context.stopRequests()
        let evaluator = try await settings.judging.evaluator(
            apiURL: settings.connection.endpoint.description, historyPath: settings.historyPath, context)
        var (report, advice) = try await Pipeline(settings: settings, evaluator: evaluator, context: context)
            .audit(until: stopRequests)
        for text in advice.words(ofSeveral: report.organizations.count > 1) { context.note("note: \(text)") }
        var failure = CommandFailure(report, advice: &advice)
        if failure?.hint?.contains("--resume") == true { failure?.hint = "run it again" }
        guard let scanID = report.scanID, report.summary.judged > 0 || failure == nil else {
            throw failure ?? CommandFailure(message: "nothing could be read", status: .failure)
        }
        let snapshot = try await context.withHistory(settings.historyPath, for: .reading) {
            history throws(CommandFailure) in
            try await usingHistory { () async throws(HistoryError) in try await history.snapshot(of: scanID) }
        }
        return Reading(snapshot: snapshot, whyIncomplete: report.whyIncomplete, failure: failure)
    }
}
