import ArgumentParser
import AuditCore
import Foundation
import Synchronization
import UnixSignals

@main
enum Main {
    static func main() async {
        reserveStandardStreams()
        // Before there is a second thread, which would get a heap of its own. What reads the history on several threads at
        // once is faster with one for each.
        if CommandLine.arguments.dropFirst().first == ScanCommand.configuration.commandName { useOneHeap() }
        // A reader that has gone shows as an error of the write, which is dealt with there.
        signal(SIGPIPE, SIG_IGN)
        var context = CommandContext.process(stopRequests: stopRequests)
        context.stopHeard = { isStopHeard.store(true, ordering: .relaxed) }
        context.keepUntilExit = { value in kept.withLock { $0.append(value) } }
        exit(await RootCommand.run(Array(CommandLine.arguments.dropFirst()), in: context))
    }

    /// Lets all threads take memory from one heap. By default, what one gave back is of no use to another: a scan of 100,000
    /// repositories took 65 MiB more.
    ///
    /// NOTE: glibc's `mallopt`, which Swift's module of glibc leaves out; where there is none, nothing happens.
    private static func useOneHeap() {
        #if os(Linux)
            guard let symbol = dlsym(nil, "mallopt") else { return }
            let mallopt = unsafeBitCast(symbol, to: (@convention(c) (_ parameter: Int32, _ value: Int32) -> Int32).self)
            let arenasMax: Int32 = -8
            _ = mallopt(arenasMax, 1)
        #endif
    }

    /// Fills the places of streams that the caller has closed, before the first file or socket takes one and gets the
    /// report. Reading from standard input then ends at once, and writing to the others fails as it did.
    private static func reserveStandardStreams() {
        for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] where fcntl(descriptor, F_GETFD) < 0 {
            // The lowest that is free, and so this one.
            _ = open("/dev/null", O_RDONLY)
        }
    }

    private static let kept = Mutex<[any Sendable]>([])

    private static let isStopHeard = Atomic(false)

    /// How long a command has to hear a request to stop, outside of a crawl: while it waits for standard input, say.
    private static let hearingSeconds = 2.0

    /// SIGINT and SIGTERM, trapped from now until the process ends, so that reports are written whenever one comes. A
    /// second one ends the process at once, and so does the first where nobody hears it.
    private static func stopRequests() async -> AsyncStream<ScanStop> {
        let signals = await UnixSignalsSequence(trapping: [.sigint, .sigterm])
        return AsyncStream { continuation in
            Task {
                var isSecond = false
                for await signal in signals {
                    let stop: ScanStop = signal == .sigterm ? .terminated : .interrupted
                    let status: ExitStatus = stop == .terminated ? .terminated : .interrupted
                    if isSecond { exit(status.rawValue) }
                    isSecond = true
                    continuation.yield(stop)
                    // A thread of its own: whoever blocks the pool, as a read from standard input does, can't hold it.
                    Thread.detachNewThread {
                        Thread.sleep(forTimeInterval: hearingSeconds)
                        if !isStopHeard.load(ordering: .relaxed) { exit(status.rawValue) }
                    }
                }
                continuation.finish()
            }
        }
    }
}
