import ArgumentParser
import AuditCore
import GitHubAPI
import Reports

struct ReportCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Render a stored scan again in any format; no network.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit report --policy preset:strict -f html -o html=report.html",
                "oidc-audit report 42 --policy preset:strict -f json",
            ],
            exits: [(.success, "passed"), (.violations, "findings that count"), (.incomplete, "incomplete")],
            details: """
                The history keeps what was seen and which policy judged it, not the policy's text: the policy is given again. \
                Waivers hold as on the day of the scan. The newest scans of several organizations are judged as one.
                """))

    @Argument(help: ArgumentHelp("\(ScanReference.forms). (default: latest)", valueName: "scan"))
    var scan: ScanReference?
    @Option(
        help: ArgumentHelp(
            "Only this organization; repeatable: without a scan's name, the newest scan of each.", valueName: "org"))
    var organization: [OrganizationLogin] = []
    @OptionGroup var age: AgeOptions
    @Flag(help: "Print the JSON Schema of the JSON report, and nothing else.")
    var schema = false
    @OptionGroup(title: "Policy") var policy: PolicyOptions
    @OptionGroup(title: "Report") var output: OutputOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard !schema else {
            try context.console.write(Array(ReportDocument.document.schemaText.utf8))
            return ExitStatus.success.rawValue
        }
        if scan != nil { try age.refuse(with: "the argument", in: context) }
        let isOfEach = scan == nil && !organization.isEmpty
        let settings = CheckPipeline(
            organizations: organization.distinct, host: try HostChoice(host, context.environment),
            historyPath: try history.path(context.environment),
            judging: try JudgingSettings(policy, output.gate, now: context.now()),
            moment: isOfEach ? nil : scan ?? .latest, maxAge: scan == nil ? age.maxAge : nil, holdsWaiversThen: true,
            console: console.settings)
        return try await settings.check(
            try ReportSettings(output, context.environment), baselinePath: nil, in: context)
    }
}
