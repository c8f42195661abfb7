import ArgumentParser
import AuditCore

/// Options of every command that writes. Who consents says so each time.
struct ChangeOptions: ParsableArguments {
    @Flag(help: .onCommandLineOnly("Write without confirmation. Without it, a terminal is needed."))
    var yes = false
    @Option(
        help: .onCommandLineOnly(
            "Most repositories whose subject may change. (default: \(changesMaxUnlessSaid))", valueName: "n"))
    var maxChanges: Number<FromOne>?
    @Option(help: ArgumentHelp("Number of first changes after which to confirm again.", valueName: "n"))
    var canary: Number<FromOne> = 1
    @Option(help: ArgumentHelp("With --yes: how long to wait after the canary.", valueName: "duration"))
    var canaryWait = Duration.zero
    @OptionGroup var pace: WritePaceOptions

    static let changesMaxUnlessSaid = 50

    var changesMax: Int { maxChanges?.value ?? Self.changesMaxUnlessSaid }
}
