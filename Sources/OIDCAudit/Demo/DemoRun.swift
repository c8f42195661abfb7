import AuditCore
import Foundation
import GitHubEmulator
import Synchronization

/// Plays the nights of the demo against an emulator, each on its own day, and shows them.
struct DemoRun: Sendable {
    let folder: String
    /// The emulator's.
    let address: String
    let world: World
    /// What the person who watches sees.
    let console: Console
    /// The demo's environment, without a clock of its own.
    let context: CommandContext
    let lastDay: Day

    /// What one command printed.
    struct Outcome: Sendable {
        let status: Int32
        let output: String
        let error: String
    }

    private static let policy = "preset:strict"

    // MARK: - Nights

    /// Plays all nights; the report of each is kept as `night-01.txt`, of the last one also as HTML, JSON and JUnit.
    ///
    /// - Returns: what the last night printed.
    func playNights() async throws(CommandFailure) -> Outcome {
        let nights = DemoNight.all
        var day = lastDay.adding(days: -nights.dropFirst().reduce(0) { $0 + $1.days })
        var last: Outcome?
        var hasBaseline = false
        for (index, night) in nights.enumerated() {
            if index > 0 { day = day.adding(days: night.days) }
            await world.change(night.change)
            let scan = try await scan(night, number: index + 1, on: day, hasBaseline: hasBaseline)
            try show(night, number: index + 1, on: day, scan)
            for task in night.morning {
                try await perform(task, on: day, night)
                if case .writeBaseline = task { hasBaseline = true }
            }
            last = scan
        }
        guard let last else { throw CommandFailure(message: "the demo has no nights", status: .failure) }
        return last
    }

    private func scan(
        _ night: DemoNight, number: Int, on day: Day, hasBaseline: Bool,
    ) async throws(CommandFailure) -> Outcome {
        var arguments = ["scan"] + night.organizations + ["--policy", Self.policy, "--api-url", address]
        if hasBaseline { arguments += ["--baseline", path("baseline.json"), "--new-only"] }
        if FileManager.default.fileExists(atPath: path("waivers.yaml")) {
            arguments += ["--waivers", path("waivers.yaml")]
        }
        let digits = number < 10 ? "0\(number)" : "\(number)"
        arguments += ["--output", "text=" + path("night-\(digits).txt")]
        if number == DemoNight.all.count {
            for (kind, name) in Self.reports { arguments += ["--output", "\(kind)=" + path(name)] }
        }
        return try await succeed(arguments + history, on: day)
    }

    private func perform(_ task: DemoNight.Task, on day: Day, _ night: DemoNight) async throws(CommandFailure) {
        switch task {
        case .writeBaseline:
            let outputs = ["--write-baseline", path("baseline.json")]
            _ = try await succeed(
                ["check"] + night.organizations + ["--policy", Self.policy] + outputs + history, on: day)
        case .waive(let repository, let owner, let days, let reason):
            let waiver = [
                "--rule", "readable", "--repository", repository, "--owner", owner, "--reason", reason,
                "--expires", "\(day.adding(days: days))",
            ]
            _ = try await succeed(["waiver", "add", path("waivers.yaml")] + waiver + history, on: day)
        case .renewWaivers(let days):
            try renewWaivers(to: day.adding(days: days), on: day)
        }
    }

    /// Edits the file as a person would.
    private func renewWaivers(to newDay: Day, on day: Day) throws(CommandFailure) {
        let file = path("waivers.yaml")
        let field = "expires: "
        do {
            let lines = try String(contentsOfFile: file, encoding: .utf8).components(separatedBy: "\n").map { line in
                guard let start = line.range(of: field)?.upperBound,
                    let expires = Day(line[start...].trimmingCharacters(in: CharacterSet(charactersIn: " \"'"))),
                    expires < day
                else { return line }
                return line[..<start] + "\(newDay)"
            }
            try lines.joined(separator: "\n").write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
            throw CommandFailure(message: "cannot renew the waivers in \(file): \(error)", status: .failure)
        }
    }

    /// What happened, and what the scan made of it.
    private func show(
        _ night: DemoNight, number: Int, on day: Day, _ outcome: Outcome,
    ) throws(CommandFailure) {
        let title = "NIGHT \(number < 10 ? " " : "")\(number)  \(day)  \(night.title)"
        try console.print(title)
        let header = outcome.output.components(separatedBy: "\n").prefix { !$0.isEmpty }
        for line in header { try console.print("    \(line)") }
        try console.print("    exit status \(outcome.status)")
    }

    // MARK: - The morning after

    /// Shows what a person can do next, each step with the command to type.
    func walk() async throws(CommandFailure) {
        let organizations = DemoNight.all.last?.organizations ?? []
        try await show(["diff"], because: "what changed between the last two nights")
        try await show(
            ["history", "repository", "octo-works/infrastructure"], because: "one repository through all nights")
        try await show(["history", "trend"], because: "the organizations through all nights")
        try await showTrusts(organizations)
        try await show(
            ["plan"] + organizations
                + ["--policy", Self.policy, "--from-scan", "latest", "--output", "json=" + path("plan.json")],
            because: "what would fix it; nothing is written")
        try await show(
            ["apply", path("plan.json"), "--api-url", address, "--yes", "--canary", "1"],
            because: "write it, the first change as a canary")
        try await show(["rollback", "1", "--api-url", address, "--yes"], because: "and take it back")
    }

    /// Who can assume the roles of the company's account.
    private func showTrusts(_ organizations: [String]) async throws(CommandFailure) {
        let file = path("roles.json")
        let export = try DemoAccount(.demo).export(on: lastDay)
        do {
            try export.write(toFile: file, atomically: true, encoding: .utf8)
        } catch {
            throw CommandFailure(message: "cannot write \(file): \(error)", status: .failure)
        }
        let trust = ["trust"] + organizations + ["--trust", file]
        try await show(trust, because: "who can assume the roles of the company's AWS account")
        try await show(
            trust + ["--what-if", "immutable:octo-works", "--identity", "*/orders-deploy"],
            because: "what a move to immutable subjects would break")
    }

    private func show(_ arguments: [String], because reason: String) async throws(CommandFailure) {
        let (first, last) = (12, 4)
        let outcome = try await succeed(arguments + history, on: lastDay)
        try console.print("")
        try console.print("# \(reason)")
        try console.print("$ \(Tool.name) " + (arguments + history).joined(separator: " "))
        let lines = outcome.output.trimmingCharacters(in: .newlines).components(separatedBy: "\n")
        guard lines.count > first + last + 1 else { return try console.print(lines.joined(separator: "\n")) }
        try console.print(lines.prefix(first).joined(separator: "\n"))
        try console.print("[\(lines.count - first - last) more lines]")
        try console.print(lines.suffix(last).joined(separator: "\n"))
    }

    // MARK: -

    static let reports = [("html", "report.html"), ("json", "report.json"), ("junit", "report.xml")]

    private var history: [String] { ["--db", path("history.sqlite")] }

    private func path(_ name: String) -> String { (folder as NSString).appendingPathComponent(name) }

    /// Runs a command that may find violations, or that something could not be read, and must not fail otherwise.
    private func succeed(_ arguments: [String], on day: Day) async throws(CommandFailure) -> Outcome {
        let outcome = await run(arguments, on: day)
        guard [ExitStatus.success, .violations, .incomplete].contains(where: { $0.rawValue == outcome.status }) else {
            throw CommandFailure(
                message: "\(arguments.joined(separator: " ")) ended with \(outcome.status): \(outcome.error)",
                status: .failure)
        }
        return outcome
    }

    /// Runs a command of this program at two in the morning of a day.
    private func run(_ arguments: [String], on day: Day) async -> Outcome {
        let sinks = Sinks()
        var context = context
        context.now = { day.start.adding(seconds: 2 * 3600) }
        context.console = Console(
            output: .init(isTerminal: false, width: nil) { sinks.write($0, isError: false) },
            error: .init(isTerminal: false, width: nil) { sinks.write($0, isError: true) },
            environment: context.environment)
        let status = await RootCommand.run(arguments, in: context)
        return Outcome(status: status, output: sinks.text(isError: false), error: sinks.text(isError: true))
    }

    private final class Sinks: Sendable {
        private let bytes = Mutex<(output: [UInt8], error: [UInt8])>(([], []))

        func write(_ more: [UInt8], isError: Bool) {
            bytes.withLock { if isError { $0.error += more } else { $0.output += more } }
        }

        func text(isError: Bool) -> String {
            bytes.withLock { String(decoding: isError ? $0.error : $0.output, as: UTF8.self) }
        }
    }
}
