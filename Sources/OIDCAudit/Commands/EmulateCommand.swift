import ArgumentParser
import AuditCore
import Foundation
import GitHubEmulator

struct EmulateCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "emulate", abstract: "Serve a GitHub emulator on loopback.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit emulate", "oidc-audit emulate --repositories 3000 --latency 20ms"],
            details: "Without --world or --repositories it serves the world of the demo."))

    @Option(help: ArgumentHelp("World file (JSON).", valueName: "file"), completion: .json)
    var world: String?
    @Option(help: "Port on 127.0.0.1; 0 lets the system pick one.")
    var port: Number<Ports> = 0
    @Option(help: "Serve one organization, acme, with this many generated repositories.")
    var repositories: Number<FromZero>?
    @Option(help: "Seed of the generated repositories.")
    var seed: Number<Seeds> = 1
    @Option(help: ArgumentHelp("Delay before each response, such as 20ms.", valueName: "duration"))
    var latency: Duration?
    @Option(
        help: .onCommandLineOnly("Refuse requests beyond this many in any minute.", valueName: "n"))
    var pointsPerMinute: Number<PointsPerMinute>?
    @Option(
        help: ArgumentHelp("Change this many settings at each request for the organization.", valueName: "n"))
    var changesPerNight: Number<FromZero>?
    @Option(help: ArgumentHelp("Serve over TLS with this certificate.", valueName: "pem"), completion: .certificates)
    var certificate: String?
    @Option(help: ArgumentHelp("The certificate's key.", valueName: "pem"), completion: .certificates)
    var key: String?

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let file = try worldFile()
        let identity = try identity()
        let stopRequests = await context.stopRequests()
        do {
            let emulator = Emulator(file, port: port.value, identity: identity, isAlone: true)
            return try await emulator.run { address in
                try context.console.print(address)
                let logins = file.organizations.map(\.login).joined(separator: ", ")
                // Where there are apps, no token is known but those of the world and those that an app is given.
                let token = file.tokens.first ?? (file.apps.isEmpty ? "any" : nil)
                context.console.note(
                    "serving \(logins) until it is interrupted; "
                        + (token.map { "token: \($0)" }
                            ?? "app: \(file.apps.map { "\($0.id)" }.joined(separator: ", "))"))
                if let token, let login = file.organizations.first?.login {
                    let trusted = certificate.map { " --ca-file \($0.shellQuoted)" } ?? ""
                    context.suggest(
                        ["scan \(login.shellQuoted) --policy preset:strict --api-url \(address)\(trusted)"],
                        environment: "GH_ENTERPRISE_TOKEN=\(token.shellQuoted) ")
                }
                for await _ in stopRequests { break }
                context.stopHeard()
                if file.secondaryLimit != nil {
                    context.console.note("refused \(await emulator.world.refused) requests")
                }
                return ExitStatus.success.rawValue
            }
        } catch let error as EmulatorError {
            throw .usage("--port: \(error)", hint: "choose another port; 0 lets the system choose")
        } catch let error as CommandFailure {
            throw error
        } catch {
            throw CommandFailure(message: "the emulator failed: \(error)", status: .failure)
        }
    }

    // MARK: -

    private func identity() throws(CommandFailure) -> ServerIdentity? {
        guard certificate != nil || key != nil else { return nil }
        guard let certificate, let key else {
            throw .usage("--certificate and --key belong together", hint: "give both, in PEM")
        }
        func bytes(of path: String) throws(CommandFailure) -> [UInt8] {
            guard let data = FileManager.default.contents(atPath: path) else {
                throw .usage("cannot read \(path)", hint: "check the path and its permissions")
            }
            return Array(data)
        }
        let files = try (certificate: bytes(of: certificate), key: bytes(of: key))
        do {
            return try ServerIdentity(certificatePEM: files.certificate, keyPEM: files.key)
        } catch {
            throw .usage("\(certificate) and \(key) are not a certificate and its key", hint: "give files in PEM")
        }
    }

    private func worldFile() throws(CommandFailure) -> WorldFile {
        var file: WorldFile
        switch (world, repositories) {
        case (.some, .some):
            throw .usage("--world and --repositories exclude each other", hint: "give one of them")
        case (let path?, nil):
            file = try WorldFile(path: path)
        case (nil, let count?):
            file = .generated(repositories: count.value, seed: UInt64(seed.value))
        case (nil, nil):
            file = .demo
        }
        if let latency { file.latencyMilliseconds = Int(latency / .milliseconds(1)) }
        if let changesPerNight { file.changesPerNight = changesPerNight.value }
        if let pointsPerMinute {
            file.secondaryLimit = WorldFile.SecondaryLimit(points: pointsPerMinute.value)
            // Responses report a secondary limit only with an hourly limit.
            file.rateLimit = file.rateLimit ?? WorldFile.RateLimit(limit: 15_000, windowSeconds: 3600)
        }
        return file
    }
}

enum Ports: NumberBounds {
    static let range = 0...65_535
    static let hint = "0 lets the system pick one"
}

enum Seeds: NumberBounds {
    static let range = 0...Int.max
    static let hint = "the same seed makes the same repositories"
}
