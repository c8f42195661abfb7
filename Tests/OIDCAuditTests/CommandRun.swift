import AuditCore
import Foundation
import Synchronization

@testable import GitHubAPI
@testable import GitHubEmulator
@testable import OIDCAudit

/// One run of the program within the test's process.
struct CommandRun: Hashable, Sendable {
    var status: Int32
    var output: String
    var error: String

    /// The JSON report on standard output.
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(output.utf8)) as? [String: Any]) ?? [:]
    }

    func repositories() -> [String: [String: Any]] {
        let list = json["repositories"] as? [[String: Any]] ?? []
        return Dictionary(list.map { ($0["full_name"] as? String ?? "", $0) }) { first, _ in first }
    }

    static func run(
        _ arguments: [String], environment: [String: String] = [:], standardInput: String? = nil,
        requestTimeout: Duration = .seconds(240), isTerminal: Bool = false, clockSkewSeconds: Int64 = 0,
        minute: Duration = RateLimits().minute, ask: (@Sendable (String) -> Bool)? = nil,
        writeLimits: WriteLimits = .unpaced, openingWait: Duration = .seconds(10),
        logWait: Duration = .milliseconds(20),
        stopRequests: @escaping @Sendable () -> AsyncStream<ScanStop> = { AsyncStream { _ in } },
    ) async -> CommandRun {
        let sinks = Sinks()
        let context = CommandContext(
            environment: environment,
            console: Console(
                output: .init(isTerminal: isTerminal, width: isTerminal ? 80 : nil) {
                    sinks.append($0, isError: false)
                },
                error: .init(isTerminal: isTerminal, width: isTerminal ? 80 : nil) { sinks.append($0, isError: true) },
                environment: environment),
            now: { Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970) + clockSkewSeconds) },
            readStandardInput: { standardInput }, stopRequests: stopRequests, ask: ask, writeLimits: writeLimits,
            requestTimeout: requestTimeout,
            retry: RetryPolicy(baseDelay: .milliseconds(1)), openingWait: openingWait, logWait: logWait, minute: minute)
        let status = await RootCommand.run(arguments, in: context)
        let texts = sinks.texts
        return CommandRun(status: status, output: texts.output, error: texts.error)
    }

    final class Sinks: Sendable {
        struct Texts {
            var output: [UInt8] = []
            var error: [UInt8] = []
        }

        private let state = Mutex(Texts())

        func append(_ bytes: [UInt8], isError: Bool) {
            state.withLock { texts in
                if isError { texts.error += bytes } else { texts.output += bytes }
            }
        }

        var texts: (output: String, error: String) {
            let texts = state.withLock { $0 }
            return (String(decoding: texts.output, as: UTF8.self), String(decoding: texts.error, as: UTF8.self))
        }
    }
}

extension CommandContext {
    /// The world around one step of a command, and what that says on standard error.
    static func recording(
        _ environment: [String: String] = [:], isQuiet: Bool = false, secretWait: Duration = .seconds(20),
    ) -> (context: CommandContext, said: @Sendable () -> String) {
        let sinks = CommandRun.Sinks()
        var context = CommandContext(
            environment: environment,
            console: Console(
                output: .init(isTerminal: false, width: nil) { _ in },
                error: .init(isTerminal: false, width: nil) { sinks.append($0, isError: true) },
                environment: environment), now: { Timestamp(secondsSince1970: 0) },
            readStandardInput: { nil }, stopRequests: { AsyncStream { $0.finish() } })
        context.isQuiet = isQuiet
        context.secretWait = secretWait
        return (context, { sinks.texts.error })
    }
}

extension ConnectionSettings {
    /// The token's secret; `nil` without one, or for an app.
    var token: String? {
        if case .token(let token) = credential { token.secret } else { nil }
    }
}

extension WriteLimits {
    /// No second between writes, for tests that are about something else.
    static var unpaced: WriteLimits {
        var limits = WriteLimits()
        limits.interval = .zero
        return limits
    }
}

/// A folder of its own for one test, gone with it.
final class Folder: Sendable {
    let path: String
    var database: String { path + "/history.sqlite" }

    init() throws {
        path = NSTemporaryDirectory() + "oidc-audit-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws -> String {
        try Data(text.utf8).write(to: URL(filePath: path + "/" + name))
        return path + "/" + name
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: URL(filePath: path + "/" + name)), as: UTF8.self)
    }

    func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: path + "/" + name)
    }
}

extension ScanCommand {
    /// `scan acme` with more arguments, as the program reads it.
    static func parsed(_ arguments: [String], environment: [String: String] = [:]) throws -> ScanCommand {
        guard case .command(let command) = try Invocation(["scan", "acme"] + arguments, environment).outcome(),
            let scan = command as? ScanCommand
        else { throw CommandFailure(message: "no scan was parsed", status: .failure) }
        return scan
    }
}

/// Scans of an emulated world.
struct EmulatedScan: Sendable {
    let address: String
    let world: World
    let folder: Folder
    var policy = "preset:strict"

    /// Runs `scan` against the world; the token, the policy and the database are given unless the arguments name one.
    func callAsFunction(
        _ arguments: String..., environment: [String: String] = ["GH_ENTERPRISE_TOKEN": "test-token"],
        requestTimeout: Duration = .seconds(240), isTerminal: Bool = false, clockSkewSeconds: Int64 = 0,
        minute: Duration = RateLimits().minute,
        stopRequests: @escaping @Sendable () -> AsyncStream<ScanStop> = { AsyncStream { _ in } },
    ) async -> CommandRun {
        await CommandRun.run(
            completed(arguments), environment: environment, requestTimeout: requestTimeout, isTerminal: isTerminal,
            clockSkewSeconds: clockSkewSeconds, minute: minute, stopRequests: stopRequests)
    }

    /// The same of a list of arguments.
    func run(_ arguments: [String], environment: [String: String], isTerminal: Bool) async -> CommandRun {
        await CommandRun.run(completed(arguments), environment: environment, isTerminal: isTerminal)
    }

    private func completed(_ arguments: [String]) -> [String] {
        var all = ["scan", "--api-url", address] + arguments
        if !arguments.contains("--db") { all += ["--db", folder.database] }
        if !arguments.contains("--policy") { all += ["--policy", policy] }
        return all
    }

    static func with(
        _ file: WorldFile, identity: ServerIdentity? = nil,
        _ body: @Sendable @escaping (EmulatedScan) async throws -> Void,
    ) async throws {
        let emulator = Emulator(file, identity: identity)
        try await emulator.run { address in
            try await body(EmulatedScan(address: address, world: emulator.world, folder: Folder()))
        }
    }

    static func with(
        _ repositories: [WorldFile.Repository], template: [String]? = ["repo", "context", "job_workflow_ref"],
        faults: [WorldFile.Fault] = [], tokens: [String] = [],
        _ body: @Sendable @escaping (EmulatedScan) async throws -> Void,
    ) async throws {
        let organization = WorldFile.Organization(login: "acme", id: 77, template: template, repositories: repositories)
        try await with(WorldFile(tokens: tokens, organizations: [organization], faults: faults), body)
    }
}

extension WorldFile.Repository {
    /// Opted in to the organization's template.
    static func good(_ name: String, id: Int64, of login: String = "acme") -> WorldFile.Repository {
        WorldFile.Repository(
            name: name, id: id, setting: .init(useDefault: false, subClaimPrefix: "repo:\(login)/\(name)"))
    }

    static func own(_ name: String, id: Int64, _ keys: [String]) -> WorldFile.Repository {
        WorldFile.Repository(
            name: name, id: id,
            setting: .init(useDefault: false, includeClaimKeys: keys, subClaimPrefix: "repo:acme/\(name)"))
    }
}
