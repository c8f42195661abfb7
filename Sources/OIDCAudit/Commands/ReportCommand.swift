import ArgumentParser
import AuditCore
import GitHubAPI
import Reports

struct ReportCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Render a stored scan again in any format; no network.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit report -f html -o html=report.html", "oidc-audit report 42 -f json",
                "oidc-audit report 42 --policy preset:strict",
            ],
            needs: [.scan],
            exits: [(.success, "passed"), (.violations, "findings that count"), (.incomplete, "incomplete")],
            details: """
                Without --policy a scan is judged by the policy and waivers of its day, which the history keeps; --policy \
                scan:ID takes the policy of another scan. Waivers hold as on the day of the scan. The newest scans of several \
                organizations are judged as one, by a policy that is given.
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
        let moment = isOfEach ? nil : scan ?? .latest
        let (host, path) = (try HostChoice(host, context.environment), try history.path(context.environment))
        let settings = CheckPipeline(
            organizations: organization.distinct, host: host, historyPath: path,
            judging: try await JudgingSettings(
                policy, output.gate, judging: moment, of: organization.distinct, host, historyPath: path,
                console.settings, in: context),
            policy: policy.policy, moment: moment, maxAge: scan == nil ? age.maxAge : nil, holdsWaiversThen: true,
            console: console.settings)
        return try await settings.check(
            try ReportSettings(output, context.environment), baselinePath: nil, in: context)
    }
}
