import ArgumentParser
import AuditCore
import GitHubAPI
import History
import Reports

struct ScanCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "scan", abstract: "Crawl, remember, judge and report organizations.",
        discussion: "The nightly line: oidc-audit scan ORG --policy strict.json")

    @Argument(help: ArgumentHelp("Logins of organizations.", valueName: "org"))
    var organizations: [String]
    @OptionGroup var policy: PolicyOptions
    @OptionGroup(title: "Scope") var scope: ScopeOptions
    @OptionGroup(title: "Report") var output: OutputOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var connection: ConnectionOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try Settings(self, in: context)
        let pipeline = Pipeline(settings: settings, context: context)
        say(settings, context.console)
        var report: AuditReport
        var failure: CommandFailure?
        if settings.token == nil {
            failure = .tokenMissing(for: settings.endpoint.hostname)
            report = pipeline.emptyReport(.tokenMissing, "no token was given")
        } else {
            do throws(HistoryError) {
                report = try await pipeline.audit()
                failure = CommandFailure(report)
            } catch {
                failure = CommandFailure(error)
                report = pipeline.emptyReport(.historyFailed, error.description)
            }
        }
        // A dashboard never keeps yesterday's green: every run that got this far writes its reports.
        try write(report, settings, context.console)
        if let failure, !(settings.console.isQuiet && failure.status == .incomplete) {
            context.console.fail(failure, settings.console)
        }
        return report.gate.exitStatus
    }

    // MARK: -

    private func say(_ settings: Settings, _ console: Console) {
        guard settings.console.isVerbose else { return }
        console.note("API \(settings.endpoint), version \(settings.apiVersion)")
        console.note("policy \(settings.policy.source), history \(settings.historyPath)")
    }

    /// Writes every file, then standard output; the first failure is told after all have been tried.
    private func write(_ report: AuditReport, _ settings: Settings, _ console: Console) throws(CommandFailure) {
        var first: CommandFailure?
        for output in settings.outputs {
            do throws(CommandFailure) {
                try output.write(report)
            } catch {
                first = first ?? error
            }
        }
        do throws(CommandFailure) {
            try console.write(report, as: settings.format, settings.console)
        } catch {
            first = first ?? error
        }
        if let first { throw first }
    }
}

extension Console {
    /// Renders a report on standard output.
    func write(
        _ report: AuditReport, as reporter: any Reporter.Type, _ settings: ConsoleSettings,
    ) throws(CommandFailure) {
        var failure: CommandFailure?
        var output = ReportOutput { bytes throws(CommandFailure) in try self.write(bytes) }
        reporter.init().render(report, style: reportStyle(settings.color), to: &output)
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
            hint: "set \(isGitHub ? "GH_TOKEN" : "GH_ENTERPRISE_TOKEN"), or use --token-file", status: .permission)
    }

    /// What to say of a report whose exit status speaks neither of success nor of violations alone.
    init?(_ report: AuditReport) {
        guard let status = ExitStatus(rawValue: report.gate.exitStatus) else { return nil }
        let why = report.organizations.lazy.compactMap { organization in
            organization.listing.failure.map { ($0, organization.listing.error ?? "unknown", organization.login) }
        }.first
        let unread = report.repositories.first { $0.status == .unreadable && $0.reason != nil }
        switch status {
        case .success, .violations, .usage:
            return nil
        case .incomplete:
            self.init(message: "the scan is incomplete: \(report.whyIncomplete)", status: status)
        case .permission, .failure:
            let cause = why.map { "\($0.2): \($0.1)" } ?? unread.map { "\($0.repository.fullName): \($0.reason ?? "")" }
            self.init(
                message: "nothing could be read: \(cause ?? report.whyIncomplete)",
                hint: status == .permission
                    ? "check the name and the token: it needs to read the organization's administration and its "
                        + "repositories' actions"
                    : "check the network and the address of the API, then run again",
                status: status)
        case .interrupted, .terminated:
            self.init(
                message: "the scan was stopped; what was read is stored", hint: "run it again to read the rest",
                status: status)
        }
    }
}

extension AuditReport {
    /// The first reason why the scan can't speak of everything.
    fileprivate var whyIncomplete: String {
        if stop == .waitExhausted { return "a rate limit would have held longer than --max-wait" }
        for organization in organizations {
            if organization.listing.status == .partial {
                return "the listing of \(organization.login) is partial: \(organization.listing.error ?? "unknown")"
            }
            if case .unreadable(let reason) = organization.template {
                return "the template of \(organization.login) could not be read: \(reason.message)"
            }
            if let missing = organization.listing.missing.first {
                return "\(missing) was listed last time and is not now"
            }
        }
        if summary.unreadable > 0 {
            return "\(summary.unreadable) of \(summary.listed) repositories could not be read or decided"
        }
        return summary.listed == 0 ? "no repository is listed" : "no repository is in scope"
    }
}
