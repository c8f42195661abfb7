import ArgumentParser
import AuditCore
import GitHubAPI
import History
import Reports

struct ScanCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Crawl, remember, judge and report organizations.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit scan acme --policy preset:strict",
                "oidc-audit scan acme --policy policy.yaml --waivers waivers.yaml -o html=report.html",
                "oidc-audit scan --organizations-file organizations.txt --policy preset:strict",
            ],
            needs: [.policy, .token],
            exits: [
                (.success, "passed"), (.violations, "findings that count"), (.incomplete, "incomplete"),
                (.permission, "no token, or no permission"),
            ]))

    @OptionGroup var organizations: OrganizationsOptions
    @OptionGroup var targets: TargetOptions
    @OptionGroup(title: "Policy") var policy: PolicyOptions
    @Flag(help: "Resume the interrupted scan of these organizations, if it began less than 24 h ago.")
    var resume = false
    @OptionGroup(title: "Scope") var scope: ScopeOptions
    @OptionGroup(title: "Report") var output: OutputOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var connection: ConnectionOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        // First of all: from here on a signal is a wish to stop, and reports are written all the same.
        let stopRequests = await context.stopRequests()
        var settings = try settings(in: context)
        let evaluator = try await settings.judging.evaluator(
            apiURL: settings.connection.endpoint.description, historyPath: settings.historyPath, context)
        say(settings, context.console)
        var report: AuditReport
        var advice: [Advice] = []
        var failure: CommandFailure?
        do throws(CommandFailure) {
            try await settings.addOrganizations(of: targets, context)
        } catch {
            failure = error
        }
        let pipeline = Pipeline(settings: settings, evaluator: evaluator, context: context)
        if settings.connection.lacksCredential(for: settings.organizations) {
            failure = await context.tokenMissing(settings.connection, settings.historyPath)
            report = pipeline.emptyReport(.tokenMissing, "no token was given")
            report.history = await context.past(of: report, for: settings)
        } else if let failure {
            report = pipeline.emptyReport(nil, failure.message)
            report.gate.exitStatus = failure.status.rawValue
            report.history = await context.past(of: report, for: settings)
        } else {
            // Asked before this scan stands in the history as well.
            let otherHosts = await context.hintAtOtherHosts(
                than: settings.connection.endpoint.description, holding: .scans, in: settings.historyPath)
            do throws(CommandFailure) {
                (report, advice) = try await pipeline.audit(until: stopRequests)
                failure = CommandFailure(report, advice: &advice, token: settings.connection.credential?.tokenKind)
                if report.hasReadNothing { failure?.add(hint: otherHosts) }
            } catch {
                failure = error
                report = pipeline.emptyReport(.historyFailed, error.message)
                report.history = await context.past(of: report, for: settings)
            }
        }
        // A dashboard never keeps yesterday's green: every run that got this far writes its reports.
        try context.console.write(report, settings.reports, settings.console)
        for text in advice.words(ofSeveral: report.organizations.count > 1) { context.note("note: \(text)") }
        if let failure {
            context.console.fail(failure, settings.console)
        } else if let why = report.whyIncomplete, !settings.console.isQuiet {
            context.console.note("note: the scan is incomplete: \(why)")
        }
        if failure == nil {
            let apiURL = settings.connection.endpoint.description
            let steps = report.nextSteps(
                isStored: report.scanID != nil, policy: policy.policy,
                offline: { context.options(for: $0, apiURL: nil, except: ScopeOptions.names.union(["policy"])) },
                online: { context.options(for: $0, apiURL: apiURL, except: ["policy"]) })
            context.suggest(steps, settings.console)
        }
        return report.gate.exitStatus
    }

    func settings(in context: CommandContext) throws(CommandFailure) -> Settings {
        let named = try targets.named(context)
        let logins = try (organizations.logins(context) + named.owners).distinct
        guard targets.asksForOrganizations || !logins.isEmpty else {
            throw .usage("no organization was named", hint: "\(Tool.name) scan ORG; see \(Tool.name) scan --help")
        }
        let connection = try ConnectionSettings(connection, context)
        if case .token = connection.credential { try targets.refuseToken() }
        return Settings(
            organizations: logins,
            judging: try JudgingSettings(policy, output.gate, in: context), scope: scope.scope(named: named),
            connection: connection, resumes: resume,
            historyPath: try history.path(context.environment),
            reports: try ReportSettings(output, context.environment), console: console.settings)
    }

    // MARK: -

    private func say(_ settings: Settings, _ console: Console) {
        guard settings.console.isVerbose else { return }
        console.note("API \(settings.connection.endpoint), version \(settings.connection.apiVersion)")
        console.note("policy \(settings.judging.policy.source), history \(settings.historyPath)")
    }
}

extension Console {
    /// Writes every file, then standard output; the first failure is reported after all have been tried.
    func write(
        _ report: AuditReport, _ reports: ReportSettings, _ settings: ConsoleSettings,
    ) throws(CommandFailure) {
        var first: CommandFailure?
        for output in reports.outputs {
            do throws(CommandFailure) {
                if let text = try output.write(report, junitGroup: reports.junitGroup) { note("warning: \(text)") }
            } catch {
                first = first ?? error
            }
        }
        // On a terminal the error says all that such a report would.
        let saysNothing = report.hasReadNothing && isTerminal && reports.format is TextReporter.Type
        do throws(CommandFailure) {
            if !saysNothing { try write(toStandardOutput: report, reports, settings) }
        } catch {
            first = first ?? error
        }
        if let first { throw first }
    }

    /// Renders a report on standard output.
    private func write(
        toStandardOutput report: AuditReport, _ reports: ReportSettings, _ settings: ConsoleSettings,
    ) throws(CommandFailure) {
        var failure: CommandFailure?
        var style = reportStyle(settings.color)
        style.junitGroup = reports.junitGroup
        var output = ReportOutput { bytes throws(CommandFailure) in try self.write(bytes) }
        reports.format.init().render(report, style: style, to: &output)
        do {
            try output.finish()
        } catch {
            failure = error as? CommandFailure
        }
        if let failure { throw failure }
    }
}

extension CommandFailure {
    static func tokenMissing(for host: String) -> CommandFailure {
        let isGitHub = host == "api.github.com" || host.hasSuffix(".ghe.com")
        return CommandFailure(
            message: "no token was given for \(host)",
            hint: isGitHub
                ? "set GH_TOKEN, such as GH_TOKEN=$(gh auth token), or use --token-file, or --app-id and --app-key-file"
                : "set GH_ENTERPRISE_TOKEN, or use --token-file", status: .permission)
    }

    /// What to say of a report whose exit status speaks of more than violations.
    ///
    /// - Parameters:
    ///   - advice: what the crawl advised; the hint for what the message is about is taken from it.
    ///   - token: the kind of the token that read what there is.
    init?(_ report: AuditReport, advice: inout [Advice], token: AccessToken.Kind? = nil) {
        guard let status = ExitStatus(rawValue: report.gate.exitStatus) else { return nil }
        // It is the hint, with what comes after it.
        if let hint = report.stop?.refusal?.hint { advice.removeAll { $0.text == hint } }
        let message: String
        switch status {
        case .success, .violations, .usage, .partial:
            return nil
        case .failure where report.stop == .historyFailed:
            // Told where it happened, in the history's own words.
            return nil
        case .interrupted, .terminated, .incomplete:
            message = "the scan is incomplete: \(report.whyIncomplete ?? "unknown")"
        case .permission where report.stop == .unauthorized || report.stop?.refusal != nil:
            message = report.firstTrouble ?? "GitHub refused the token"
        case .permission, .failure:
            message = "nothing could be read: \(report.firstTrouble ?? "unknown")"
        }
        let hint = report.isResumable ? nil : advice.takeHint(of: report.firstTroubledLogin)
        self.init(message: message, hint: hint ?? report.nextStep(token), status: status)
    }
}

extension AuditReport {
    /// Whether the run ended before it knew of any repository, so that its error is all there is to report.
    fileprivate var hasReadNothing: Bool {
        summary.listed == 0
            && [ExitStatus.permission, .failure].contains { $0.rawValue == gate.exitStatus }
    }

    /// Whether the next thing to do is to go on with it, whatever else GitHub advised.
    fileprivate var isResumable: Bool {
        switch stop {
        case .interrupted, .terminated, .waitExhausted: true
        case .installationSuspended, .accountSuspended, .accountLocked, .addressBlocked, .addressRefused, .ssoRequired,
            .tokenNotAllowed,
            .versionRefused, .foreignPages:
            true
        case .historyFailed, .tokenMissing, .unauthorized, nil: false
        }
    }

    /// What a person can do about an incomplete scan that GitHub gave no advice on.
    fileprivate func nextStep(_ token: AccessToken.Kind?) -> String {
        switch stop {
        case .interrupted, .terminated:
            return scanID == nil ? "run it again" : "run it again with --resume to read the rest"
        case .waitExhausted:
            return "run it again later\(scanID == nil ? "" : " with --resume"), or allow more with --max-wait"
        case .installationSuspended, .accountSuspended, .accountLocked, .addressBlocked, .addressRefused, .ssoRequired,
            .tokenNotAllowed,
            .versionRefused, .foreignPages:
            let hint = stop?.refusal?.hint ?? "GitHub refused the token"
            return summary.judged > 0 ? "\(hint); then --resume reads the rest" : hint
        case .historyFailed, .tokenMissing, .unauthorized, nil: break
        }
        let listings = organizations.map(\.listing)
        if listings.contains(where: { $0.failure?.isFault == true }) {
            return "GitHub or the network failed: run it again later"
        }
        if listings.contains(where: { $0.status == .partial }) || summary.listed == 0 {
            let short = organizations.first { $0.listing.status == .partial } ?? organizations.first
            guard let token, let short, [.fineGrained, .installation, .appUser].contains(token) else {
                return "check that the token may see every repository of the organization"
            }
            return token.wayToRepositories(of: short.login)
        }
        if listings.contains(where: { !$0.missing.isEmpty }) {
            return "check whether it was deleted, or the token lost its access"
        }
        if summary.judged == 0, summary.unreadable == 0 { return "check --include, --exclude and the like" }
        return "the report gives the reason for each; run the scan again"
    }

    /// Of which organization the first thing went wrong; `nil` if that is none's.
    fileprivate var firstTroubledLogin: String? {
        let organization =
            organizations.first { $0.listing.failure != nil } ?? organizations.first { !$0.troubles.isEmpty }
        return organization?.login ?? repositories.first { $0.status == .unreadable }?.repository.owner
    }

    /// The first thing that went wrong, for people: an organization's trouble before a repository's.
    fileprivate var firstTrouble: String? {
        for organization in organizations where organization.listing.failure != nil {
            return organization.listing.error.map { "\(organization.login): \($0)" }
        }
        if let whyStopped { return whyStopped }
        let unread = repositories.first { $0.status == .unreadable }
        return unread.flatMap { repository in
            repository.reason.map { "\(repository.repository.fullName): \($0)" }
        }
    }
}
