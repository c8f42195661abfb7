import ArgumentParser
import GitHubAPI

/// How fast templates may be written: an Enterprise Server can have other limits than github.com, or none.
struct WritePaceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Most writes in any minute. (default: \(WriteLimits().minutely), a second apart)", valueName: "n"))
    var writesPerMinute: Number<FromOne>?
    @Option(help: ArgumentHelp("Most writes in any hour. (default: \(WriteLimits().hourly))", valueName: "n"))
    var writesPerHour: Number<FromOne>?

    /// - Parameters:
    ///   - limits: what holds unless they say otherwise.
    ///   - emulatedMinute: how long an emulator's minute is, and a sixtieth of its hour.
    func limits(_ limits: WriteLimits, emulatedMinute: Duration?) -> WriteLimits {
        var limits = limits
        limits.allow(minutely: writesPerMinute?.value, hourly: writesPerHour?.value)
        if let emulatedMinute { limits.shorten(toMinuteOf: emulatedMinute) }
        return limits
    }
}
