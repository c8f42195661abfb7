import ArgumentParser
import AuditCore

/// Options of every command that writes.
struct ChangeOptions: ParsableArguments {
    @Flag(help: "Don't ask. Without it, a terminal is needed to ask on.")
    var yes = false
    @Option(
        name: .customLong("max-changes"),
        help: ArgumentHelp("Most repositories whose subject may change. (default: 50)", valueName: "n"))
    var maxChanges: String?
    @Option(
        help: ArgumentHelp("Ask again after the first changes were read back, so many. (default: 1)", valueName: "n"))
    var canary: String?
    @Option(
        name: .customLong("canary-wait"),
        help: ArgumentHelp("With --yes: how long to wait after the canary. (default: 0s)", valueName: "duration"))
    var canaryWait: String?
}

/// What they say, resolved. Never from the environment or a file: who writes says so each time.
struct ChangeSettings {
    var asks: Bool
    var changesMax: Int
    /// Whether somebody said so.
    var namesChangesMax: Bool
    var canaries: Int
    var canaryWait: Duration

    init(_ options: ChangeOptions) throws(CommandFailure) {
        asks = !options.yes
        namesChangesMax = options.maxChanges != nil
        changesMax = try Self.number(options.maxChanges, "--max-changes", default: 50)
        canaries = try Self.number(options.canary, "--canary", default: 1)
        guard let text = options.canaryWait else {
            canaryWait = .zero
            return
        }
        guard let wait = Duration(text: text) else {
            throw SettingValue(text: text, origin: "--canary-wait")
                .invalid("is no duration", hint: "for example 90s, 30m or 2h")
        }
        canaryWait = wait
    }

    private static func number(
        _ text: String?, _ origin: String, default value: Int,
    ) throws(CommandFailure) -> Int {
        guard let text else { return value }
        guard let number = Int(text), (1...1_000_000).contains(number) else {
            throw SettingValue(text: text, origin: origin).invalid("is no number above 0", hint: "for example \(value)")
        }
        return number
    }
}
