import ArgumentParser
import AuditCore
import Foundation
import GitHubEmulator

struct DemoCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Play some weeks of nights against an emulated GitHub: no token, no network.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit demo", "oidc-audit demo --keep --directory demo"],
            details: """
                Prints what happened in each night and what the scan made of it, the report of the last one, and the \
                way from a finding to its fix. Leaves the history, the reports, the baseline and the waivers in a \
                folder that it names.
                """))

    @Option(
        help: "Folder for reports and history. (default: a new one in the temporary folder)", completion: .directory)
    var directory: String?
    @Option(help: ArgumentHelp("Day of the last night, such as 2026-09-30. (default: today)", valueName: "day"))
    var until: String?
    @Flag(help: "Leave the emulated GitHub running until it is interrupted, and print how to scan it.")
    var keep = false

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let lastDay = try lastDay(context)
        let folder = if let directory { directory } else { try Self.temporaryFolder() }
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        } catch {
            throw .usage("the folder \(folder) can't be made", hint: "choose another with --directory")
        }
        for name in ["history.sqlite", "baseline.json", "waivers.yaml"] {
            guard !FileManager.default.fileExists(atPath: "\(folder)/\(name)") else {
                throw .usage("\(folder) has a \(name) already", hint: "choose an empty folder with --directory")
            }
        }
        let emulator = Emulator(.demo)
        do {
            try await emulator.run { address in
                let demo = DemoRun(
                    folder: folder, address: address, world: emulator.world, console: context.console,
                    context: context.forDemo, lastDay: lastDay)
                let last = try await demo.playNights()
                try context.console.print("\nThe report of the last night:\n")
                try context.console.print(last.output)
                try await demo.walk()
                try context.console.print(
                    "\nEverything is in \(folder): night-01.txt and on, report.html, report.json,")
                try context.console.print(
                    "report.xml, history.sqlite, baseline.json, waivers.yaml, roles.json, plan.json")
                if keep { try await serve(address, folder: folder, context) }
            }
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(message: "the emulator failed: \(error)", status: .failure)
        }
        return ExitStatus.success.rawValue
    }

    private func lastDay(_ context: CommandContext) throws(CommandFailure) -> Day {
        guard let until else { return Day(of: context.now()) }
        guard let day = Day(until) else {
            throw .usage("--until: \"\(until)\" is not a day", hint: "for example 2026-09-30")
        }
        return day
    }

    private func serve(_ address: String, folder: String, _ context: CommandContext) async throws {
        let stopRequests = await context.stopRequests()
        try context.console.print("\nThe emulated GitHub runs until it is interrupted. In another terminal:\n")
        try context.console.print("export GH_ENTERPRISE_TOKEN=\(WorldFile.demoToken)")
        try context.console.print(
            "\(Tool.name) scan octo-works --policy preset:strict --api-url \(address) --db \(folder)/history.sqlite")
        for await _ in stopRequests { break }
        context.stopHeard()
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
            !name.hasPrefix(DeclaredOption.environmentPrefix) && !name.hasPrefix("GH_") && !name.hasPrefix("GITHUB_")
        }
        context.environment["XDG_CONFIG_HOME"] = "/nonexistent"
        context.environment["GH_ENTERPRISE_TOKEN"] = WorldFile.demoToken
        return context
    }
}
