import ArgumentParser
import AuditCore

/// The program: it parses the command line, runs one command, and turns whatever comes of it into an exit status.
struct RootCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: Tool.name,
        abstract: "Audits the subject-claim templates of GitHub Actions OIDC tokens across an organization.",
        version: Tool.version,
        subcommands: [ScanCommand.self, EmulateCommand.self, DemoCommand.self])

    /// - Returns: the exit status of the contract.
    static func run(_ arguments: [String], in context: CommandContext) async -> Int32 {
        let command: any ParsableCommand
        do {
            command = try parseAsRoot(arguments)
        } catch {
            return say(error, in: context.console).rawValue
        }
        guard let command = command as? any AuditCommand else {
            return say(CleanExit.helpRequest(), in: context.console).rawValue
        }
        do throws(CommandFailure) {
            return try await command.run(in: context)
        } catch {
            context.console.fail(error)
            return error.status.rawValue
        }
    }

    /// Help and version are results; any other word of the parser is a mistake on the command line.
    private static func say(_ error: any Error, in console: Console) -> ExitStatus {
        guard exitCode(for: error) == .success else {
            console.fail(.usage(message(for: error).split(separator: "\n").joined(separator: " "), hint: "\(Tool.name) --help lists what can be said"))
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
