import AuditCore
import Foundation
import UnixSignals

@main
enum Main {
    static func main() async {
        // A reader that has gone shows as an error of the write, which is dealt with there.
        signal(SIGPIPE, SIG_IGN)
        let context = CommandContext.process(stopRequests: stopRequests)
        exit(await RootCommand.run(Array(CommandLine.arguments.dropFirst()), in: context))
    }

    /// SIGINT and SIGTERM, trapped from now until the process ends, so that reports are written whenever one comes; a
    /// second one ends the process at once.
    private static func stopRequests() async -> AsyncStream<ScanStop> {
        let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
        return AsyncStream { continuation in
            Task {
                var isSecond = false
                for await signal in signals {
                    let stop: ScanStop = signal == .sigterm ? .terminated : .interrupted
                    if isSecond { exit(stop == .terminated ? 143 : 130) }
                    isSecond = true
                    continuation.yield(stop)
                }
                continuation.finish()
            }
        }
    }
}
