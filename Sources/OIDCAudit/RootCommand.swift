import ArgumentParser
import AuditCore

/// The program: it parses the command line, runs one command, and turns whatever comes of it into an exit status.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Tool.name,
        abstract: "Audits the subject-claim templates of GitHub Actions OIDC tokens across an organization.",
        discussion: "Articles: \(Tool.name) help TOPIC prints one, and \(Tool.name) help \(HelpTopic.list) lists them.",
        version: Tool.version,
        subcommands: [
            ScanCommand.self, CheckCommand.self, ReportCommand.self, DiffCommand.self, HistoryCommand.self,
            TemplateCommand.self, PlanCommand.self, ApplyCommand.self, RollbackCommand.self, PolicyCommand.self,
            WaiverCommand.self, ExplainCommand.self, ClaimsCommand.self, TrustCommand.self,
            DoctorCommand.self, EmulateCommand.self,
            DemoCommand.self, CompletionsCommand.self,
        ])

    /// - Returns: the exit status of the contract.
    static func run(_ arguments: [String], in context: CommandContext) async -> Int32 {
        do throws(CommandFailure) {
            if let text = try HelpTopic.answer(to: arguments, style: context.console.reportStyle(.auto)) {
                try context.console.write(text)
                return ExitStatus.success.rawValue
            }
            let invocation = try Invocation(arguments, context.environment)
            switch try invocation.outcome() {
            case .answer(let text):
                try context.console.print(text)
                return ExitStatus.success.rawValue
            case .command(let command):
                for warning in invocation.warnings { context.console.note("warning: \(warning)") }
                var context = context
                context.flags = invocation.flagNames
                context.given = invocation.flags
                context.isQuiet = invocation.isQuiet
                context.organizationSettings = invocation.organizations
                return try await command.run(in: context)
            }
        } catch {
            context.console.fail(error)
            return error.status.rawValue
        }
    }
}

/// A command that runs in a given world.
protocol AuditCommand: ParsableCommand {
    /// - Returns: the exit status of the contract.
    func run(in context: CommandContext) async throws(CommandFailure) -> Int32
}
