import ArgumentParser
import AuditCore
import Foundation
import GitHubEmulator

struct DemoCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Scan an emulated GitHub: no token and no network needed.",
        discussion: "Leaves the report as HTML, JSON and JUnit, and the history, in a folder that it names.")

    @Option(help: "Folder for reports and history. (default: a new one in the temporary folder)")
    var directory: String?

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let folder = if let directory { directory } else { try Self.temporaryFolder() }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .usage("the folder \(folder) can't be made", hint: "choose another with --directory")
        }
        let world = WorldFile.demo
        let status: Int32
        do {
            status = try await Emulator(world).run { address in
                await RootCommand.run(
                    ["scan"] + world.organizations.map(\.login) + [
                        "--policy", "preset:strict", "--api-url", address, "--db", "\(folder)/history.sqlite",
                        "--output", "html=\(folder)/report.html", "--output", "json=\(folder)/report.json",
                        "--output", "junit=\(folder)/report.xml",
                    ],
                    in: context.forDemo)
            }
        } catch {
            throw CommandFailure(message: "the emulator failed: \(error)", status: .failure)
        }
        try context.console.print("")
        try context.console.print("The scan's exit status is \(status). Reports and history are in \(folder):")
        for file in ["report.html", "report.json", "report.xml", "history.sqlite"] {
            try context.console.print("  \(folder)/\(file)")
        }
        // Findings are what the demo is there to show.
        return status == ExitStatus.violations.rawValue ? ExitStatus.success.rawValue : status
    }

    private static func temporaryFolder() throws(CommandFailure) -> String {
        var template = Array(
            (NSTemporaryDirectory() as NSString).appendingPathComponent("oidc-audit-demo-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw CommandFailure(message: "no temporary folder: \(SystemError(errno))", status: .failure)
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

extension CommandContext {
    /// The same world with the emulator's token and none of the caller's settings.
    fileprivate var forDemo: CommandContext {
        var context = self
        context.environment = environment.filter { name, _ in
            !name.hasPrefix("OIDC_AUDIT_") && !name.hasPrefix("GH_") && !name.hasPrefix("GITHUB_")
        }
        context.environment["XDG_CONFIG_HOME"] = "/nonexistent"
        context.environment["GH_ENTERPRISE_TOKEN"] = WorldFile.demoToken
        return context
    }
}
