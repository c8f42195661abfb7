import AuditCore
import Foundation
import UnixSignals

@main
enum Main {
    static func main() async {
        let context = CommandContext.process(stopRequests: stopRequests)
        exit(await RootCommand.run(Array(CommandLine.arguments.dropFirst()), in: context))
    }

    /// SIGINT and SIGTERM, trapped only while a command listens; a second one ends the process at once.
    private static func stopRequests() async -> AsyncStream<ScanStop> {
        let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
        return AsyncStream { continuation in
            let listener = Task {
                var isSecond = false
                for await signal in signals {
                    let stop: ScanStop = signal == .sigterm ? .terminated : .interrupted
                    if isSecond { exit(stop == .terminated ? 143 : 130) }
                    isSecond = true
                    continuation.yield(stop)
                }
                continuation.finish()
            }
            continuation.onTermination = { _ in listener.cancel() }
        }
    }
}
