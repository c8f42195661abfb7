import AuditCore
import Foundation
import GitHubAPI

/// The world around a command. A test hands it another one.
struct CommandContext: Sendable {
    var environment: [String: String]
    /// Names of the options that the command line itself gives: what else is set may be meant for other commands.
    var flags: Set<String> = []
    /// The options that the command line itself gives, in its order.
    var given: [GivenOption] = []
    /// Whether nothing but errors is wanted on standard error.
    var isQuiet = false
    /// What the configuration file says of single organizations.
    var organizationSettings: [OrganizationSettings] = []
    var console: Console
    /// The calendar's time.
    var now: @Sendable () -> Timestamp
    var readStandardInput: @Sendable () -> String?
    /// Listens for requests to stop, each named by what it leads to; from its return on, none is lost.
    var stopRequests: @Sendable () async -> AsyncStream<ScanStop>
    /// Says that somebody has heard a request to stop, and will end the command in good order.
    var stopHeard: @Sendable () -> Void = {}
    /// Keeps what a command has printed until the process ends: to free tens of thousands of values one by one takes as long
    /// as to print them.
    var keepUntilExit: @Sendable (any Sendable) -> Void = { _ in }
    /// Asks a question that is answered with yes or no; `nil` if nobody can be asked.
    var ask: (@Sendable (String) -> Bool)?
    var writeLimits = WriteLimits()
    /// How long a pipe may take to hand out a secret: whoever asks a password manager for it may have to unlock that first.
    var secretWait: Duration = .seconds(30)
    /// For one try of a request.
    var requestTimeout: Duration = .seconds(30)
    var retry = RetryPolicy()
    /// How long a command waits for others that make the history, or bring it to a newer schema.
    var openingWait: Duration = .seconds(10)
    /// How long a command that has written the history waits at its end for others that use it.
    var logWait: Duration = .seconds(5)
    /// How long the minute of rate limits is.
    var minute = RateLimits().minute

    /// This process's own world, apart from signals.
    static func process(stopRequests: @escaping @Sendable () async -> AsyncStream<ScanStop>) -> CommandContext {
        let environment = ProcessInfo.processInfo.environment
        return CommandContext(
            environment: environment,
            console: Console(
                output: .descriptor(STDOUT_FILENO), error: .descriptor(STDERR_FILENO), environment: environment),
            now: { Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970)) },
            readStandardInput: {
                // Longer than any token: what follows is not a token either.
                (try? FileHandle.standardInput.read(upToCount: 1 << 16)).map { String(decoding: $0, as: UTF8.self) }
            },
            stopRequests: stopRequests, ask: isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1 ? ask : nil)
    }

    /// Says what a person should know of the settings.
    func warn(_ text: String) { note("warning: \(text)") }

    /// Says one line on standard error, but to those who asked for errors alone.
    func note(_ text: String) {
        if !isQuiet { console.note(text) }
    }

    /// Asks on the terminal. Nothing but a clear yes is one.
    @Sendable private static func ask(_ question: String) -> Bool {
        FileHandle.standardError.write(Data("\(question) [y/N] ".utf8))
        return ["y", "yes"].contains((readLine() ?? "").lowercased())
    }
}
