import ArgumentParser
import AuditCore

/// The program: it parses the command line, runs one command, and turns whatever comes of it into an exit status.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Tool.name,
        abstract: "Audits the subject-claim templates of GitHub Actions OIDC tokens across an organization.",
        version: Tool.version,
        subcommands: [
            ScanCommand.self, CheckCommand.self, ReportCommand.self, DiffCommand.self, HistoryCommand.self,
            TemplateCommand.self, PlanCommand.self, ApplyCommand.self, RollbackCommand.self, PolicyCommand.self,
            WaiverCommand.self, ExplainCommand.self, ClaimsCommand.self,
            DoctorCommand.self, EmulateCommand.self,
            DemoCommand.self,
        ])

    /// - Returns: the exit status of the contract.
    static func run(_ arguments: [String], in context: CommandContext) async -> Int32 {
        var command: any ParsableCommand
        do {
            command = try parseAsRoot(arguments)
        } catch {
            return say(error, in: context.console).rawValue
        }
        guard let auditCommand = command as? any AuditCommand else {
            // The parser's own commands, such as help, throw what they have to say.
            do { try command.run() } catch { return say(error, in: context.console).rawValue }
            return ExitStatus.success.rawValue
        }
        do throws(CommandFailure) {
            return try await auditCommand.run(in: context)
        } catch {
            context.console.fail(error)
            return error.status.rawValue
        }
    }

    /// Help and version are results; any other word of the parser is a mistake on the command line.
    private static func say(_ error: any Error, in console: Console) -> ExitStatus {
        guard exitCode(for: error) == .success else {
            console.fail(
                .usage(
                    message(for: error).split(separator: "\n").joined(separator: " "),
                    hint: "\(Tool.name) --help lists what can be said"))
            return .usage
        }
        do throws(CommandFailure) {
            try console.print(fullMessage(for: error))
            return .success
        } catch {
            return error.status
        }
    }
}

/// A command that runs in a given world.
protocol AuditCommand: ParsableCommand {
    /// - Returns: the exit status of the contract.
    func run(in context: CommandContext) async throws(CommandFailure) -> Int32
}
