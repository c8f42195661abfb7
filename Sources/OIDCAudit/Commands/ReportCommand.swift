import ArgumentParser
import AuditCore
import GitHubAPI
import Reports

struct ReportCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Render a stored scan again in any format; no network.",
        discussion: """
            The history keeps what was seen and which policy judged it, not the policy's text: the policy is given again. \
            Waivers hold as on the day of the scan.
            """)

    @Argument(help: ArgumentHelp("\(ScanReference.forms).", valueName: "scan"))
    var scan = "latest"
    @Option(help: ArgumentHelp("Only this organization.", valueName: "org"))
    var organization: String?
    @Flag(help: "Print the JSON Schema of the JSON report, and nothing else.")
    var schema = false
    @OptionGroup var policy: PolicyOptions
    @OptionGroup(title: "Report") var output: OutputOptions
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard !schema else {
            try context.console.write(Array(ReportSchema.text().utf8))
            return ExitStatus.success.rawValue
        }
        let layers = try SettingLayers(environment: context.environment, configurationFile: console.config)
        let settings = CheckSettings(
            organizations: try Settings.organizations(organization.map { [$0] } ?? []),
            host: try HostChoice(host, layers),
            historyPath: try Settings.historyPath(layers.value(.db, flag: history.db), context.environment),
            judging: try JudgingSettings(policy, Gate(output, layers), layers, now: context.now()),
            moment: try ScanReference(argument: scan), console: try ConsoleSettings(console, layers))
        return try await settings.check(try ReportSettings(output, layers), baselinePath: nil, in: context)
    }
}
