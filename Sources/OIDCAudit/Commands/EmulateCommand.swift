import ArgumentParser
import AuditCore
import Foundation
import GitHubEmulator

struct EmulateCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulate", abstract: "Serve a GitHub emulator on loopback.",
        discussion: "Without --world or --repositories it serves the world of the demo.")

    @Option(help: ArgumentHelp("World file (JSON).", valueName: "file"))
    var world: String?
    @Option(help: "Port on 127.0.0.1; 0 lets the system pick one.")
    var port = 0
    @Option(help: "Serve one organization, acme, with as many generated repositories.")
    var repositories: Int?
    @Option(help: "Seed of the generated repositories.")
    var seed: UInt64 = 1
    @Option(help: ArgumentHelp("Wait before each answer, such as 20ms.", valueName: "duration"))
    var latency: String?

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let file = try worldFile()
        guard (0...65_535).contains(port) else {
            throw .usage("--port: \(port) is no port", hint: "0 lets the system pick one")
        }
        let stopRequests = await context.stopRequests()
        do {
            return try await Emulator(file, port: port).run { address in
                try context.console.print(address)
                let logins = file.organizations.map(\.login).joined(separator: ", ")
                context.console.note("serving \(logins) until it is interrupted; token: \(file.tokens.first ?? "any")")
                for await _ in stopRequests { break }
                context.stopHeard()
                return ExitStatus.success.rawValue
            }
        } catch let error as EmulatorError {
            throw .usage("--port: \(error)", hint: "choose another one, or 0")
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(message: "the emulator failed: \(error)", status: .failure)
        }
    }

    // MARK: -

    private func worldFile() throws(CommandFailure) -> WorldFile {
        var file: WorldFile
        switch (world, repositories) {
        case (.some, .some):
            throw .usage("--world and --repositories exclude each other", hint: "give one of them")
        case (let path?, nil):
            guard let data = FileManager.default.contents(atPath: path) else {
                throw .usage("cannot read the world \(path)", hint: "name a JSON file")
            }
            do {
                file = try WorldFile(json: data)
            } catch {
                throw .usage("\(path): no world: \(error)", hint: "the emulator's documentation shows one")
            }
        case (nil, let count?):
            guard (0...1_000_000).contains(count) else {
                throw .usage("--repositories: \(count) is no number from 0 to 1000000", hint: "for example 10000")
            }
            file = .generated(repositories: count, seed: seed)
        case (nil, nil):
            file = .demo
        }
        if let latency {
            guard let duration = Duration(text: latency) else {
                throw .usage("--latency: \"\(latency)\" is no duration", hint: "for example 20ms")
            }
            file.latencyMilliseconds = Int(duration / .milliseconds(1))
        }
        return file
    }
}
