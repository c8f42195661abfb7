import ArgumentParser
import AuditCore
import GitHubAPI
import History
import Reports

struct CheckCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Judge the last stored scan again; no network.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit check acme --policy preset:strict",
                "oidc-audit check acme --policy policy.yaml --write-baseline baseline.json",
                "oidc-audit check acme --policy policy.yaml --compare stricter.yaml",
            ],
            needs: [.policy, .scan],
            exits: [(.success, "passed"), (.violations, "findings that count"), (.incomplete, "incomplete")],
            details: """
                What was read then is held against the policy as it is now. Nothing is stored. Of several \
                organizations the newest scan of each is taken, and they are judged as one. With --at, no \
                organization means all of the scan. With --at and without --policy, a scan is judged by the policy \
                and waivers of its day; --policy scan:ID takes the policy of another scan.
                """))

    @OptionGroup var targets: OrganizationsOptions
    @OptionGroup(title: "Policy") var policy: PolicyOptions
    @Option(
        help: ArgumentHelp("Report what this policy would newly flag or clear.", valueName: "file"), completion: .policy
    )
    var compare: String?
    @Option(
        help: ArgumentHelp("Write what is found as a baseline, and let it pass.", valueName: "file"), completion: .json)
    var writeBaseline: String?
    @Option(
        help: ArgumentHelp(
            "Judge a stored scan instead: \(ScanReference.forms). Waivers hold as on that day.", valueName: "date"))
    var at: ScanReference?
    @OptionGroup var age: AgeOptions
    @OptionGroup(title: "Report") var output: OutputOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let organizations = try targets.logins(context, isOptional: at != nil)
        guard !organizations.isEmpty || at != nil else {
            throw .usage(
                "no organization was named", hint: "oidc-audit check ORG --policy FILE, or --at for a whole scan")
        }
        if at != nil { try age.refuse(with: "--at", in: context) }
        let (host, path) = (try HostChoice(host, context.environment), try history.path(context.environment))
        let settings = CheckPipeline(
            organizations: organizations, host: host, historyPath: path,
            judging: try await JudgingSettings(
                policy, output.gate, judging: at, of: organizations, host, historyPath: path,
                console.settings, in: context), policy: policy.policy, moment: at,
            maxAge: at == nil ? age.maxAge : nil, console: console.settings)
        if compare != nil, writeBaseline != nil {
            throw .usage("--compare and --write-baseline exclude each other", hint: "run it once for each")
        }
        if let compare {
            // What is set for all commands is meant for reports.
            guard !context.flags.contains("output") else {
                throw .usage("--output is for reports, and --compare makes none", hint: "use --format json")
            }
            let format = ComparisonPage.formats.first { $0.rawValue == output.format.reporter.name }
            guard let format = format ?? (context.flags.contains("format") ? nil : .text) else {
                throw .usage(
                    "--format: --compare does not print \(output.format.reporter.name)", hint: "valid: text, json")
            }
            return try await settings.compare(with: compare, as: format, in: context)
        }
        let reports = try ReportSettings(output, context.environment)
        return try await settings.check(reports, baselinePath: writeBaseline, in: context)
    }
}

/// What `check` and `report` need to know, resolved.
struct CheckPipeline {
    /// Empty: whatever the scan holds.
    var organizations: [OrganizationLogin]
    var host: HostChoice
    var historyPath: String
    var judging: JudgingSettings
    /// As the person named it; `nil`: it is that of the scan.
    var policy: String?
    /// Which scan is judged; `nil`: the last one of each organization, as of today.
    var moment: ScanReference?
    /// How old the last one may be; `nil`: as old as it is, unless several are joined.
    var maxAge: Duration?
    /// Whether waivers hold as on the day of the scan, whichever it is.
    var holdsWaiversThen = false
    var console: ConsoleSettings

    func check(
        _ reports: ReportSettings, baselinePath: String?, in context: CommandContext,
    ) async throws(CommandFailure) -> Int32 {
        try await context.withHistory(historyPath, for: .reading) { history throws(CommandFailure) in
            try await check(stored(in: history, context), reports, baselinePath, context)
        }
    }

    private func check(
        _ stored: StoredSnapshot, _ reports: ReportSettings, _ baselinePath: String?, _ context: CommandContext,
    ) async throws(CommandFailure) -> Int32 {
        for scan in stored.scans where !console.isQuiet {
            if scan.policySHA256 != judging.policy.sha256, moment != nil {
                context.console.note(
                    "note: judged by \(judging.policy.source), and not as scan #\(scan.id.rawValue) was then, by "
                        + "\(scan.policyName) (SHA-256 \(scan.policySHA256.prefix(12))…)")
            }
            if scan.isNarrow {
                context.console.note(
                    "note: scan \(scan.id.rawValue) was limited to a scope: repositories outside it are not judged")
            }
        }
        var evaluator = try await judging.evaluator(
            apiURL: stored.snapshot.apiURL, historyPath: historyPath, context)
        let began = ContinuousClock.now
        var report = stored.report(by: evaluator, now: today(context))
        let past = await context.past(of: report, for: reports, in: stored.history)
        if console.isVerbose { context.console.note("judged in \(ContinuousClock.now - began)") }
        if let baselinePath {
            let before =
                if let given = evaluator.baseline { given } else { try BaselineSource.file(at: baselinePath) }
            let accepted = Baseline(accepting: report, source: baselinePath, carrying: before)
            try AtomicFile.write(to: baselinePath, what: "baseline") { output in
                BaselineDocument.document.write(accepted, to: &output)
            }
            if !console.isQuiet {
                let count = accepted.entries.count
                let found = Set(report.findings.map(\.key))
                let carried = accepted.entries.keys.count { !found.contains($0) }
                context.console.note(
                    "wrote \(count) finding\(count == 1 ? "" : "s") to \(baselinePath)"
                        + (carried > 0 ? ", \(carried) of them carried on: they were not judged this time" : ""))
            }
            // They are accepted now: what is left to fail is what could not be read.
            var gate = judging.gate
            gate.newOnly = true
            evaluator = Evaluator(
                policy: judging.policy, gate: gate, waivers: judging.waivers, baseline: accepted)
            report = stored.report(by: evaluator, now: today(context))
        }
        report.history = past
        try context.console.write(report, reports, console)
        if let why = report.whyIncomplete, !console.isQuiet {
            context.console.note("note: the scan is incomplete: \(why)")
        }
        // Of a day that is past there is nothing to fix.
        if moment == nil {
            let apiURL = stored.snapshot.apiURL
            let steps = report.nextSteps(
                isStored: true, policy: policy,
                offline: { context.options(for: $0, apiURL: apiURL, except: ScopeOptions.names.union(["policy"])) },
                online: { context.options(for: $0, writingTo: apiURL, except: ["policy"]) })
            context.suggest(steps, console)
        } else {
            let apiURL = stored.snapshot.apiURL
            context.suggest(
                report.explanation(policy: policy) { context.options(for: $0, apiURL: apiURL, except: ["policy"]) },
                console)
        }
        return report.gate.exitStatus
    }

    func compare(
        with source: String, as format: PageFormat, in context: CommandContext,
    ) async throws(CommandFailure) -> Int32 {
        let other = try PolicyFile.policy(PolicyFile.read(source), ofTrusts: false)
        if let waivers = judging.waivers { try WaiverFile.check(waivers, against: other, now: context.now()) }
        let stored = try await context.withHistory(historyPath, for: .reading) { history throws(CommandFailure) in
            try await self.stored(in: history, context)
        }
        let evaluator = try await judging.evaluator(
            apiURL: stored.snapshot.apiURL, historyPath: historyPath, context)
        let comparison = PolicyComparison(
            of: stored.snapshot, by: evaluator,
            and: Evaluator(policy: other, gate: judging.gate, waivers: judging.waivers), known: stored.known,
            now: today(context) ?? stored.snapshot.startedAt)
        try context.console.write(
            ComparisonPage.render(comparison, as: format, style: context.console.reportStyle(console.color)))
        return comparison.after.gate.exitStatus
    }

    // MARK: -

    /// When waivers must hold; `nil`: when the scan began.
    private func today(_ context: CommandContext) -> Timestamp? {
        moment == nil && !holdsWaiversThen ? context.now() : nil
    }
}
