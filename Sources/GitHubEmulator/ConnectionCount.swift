import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// Counts connections that were accepted and have not got to the task that serves them, and ends the accepting. NIO ends
/// the process over a connection that a server which ends leaves behind.
final class ConnectionCount: AvailableConnectionsDelegate {
    private let waiting = Atomic(0)
    private let isStopped = Atomic(false)
    private static let patience = Duration.seconds(5)
    private static let pause = Duration.milliseconds(1)

    /// Accepts no more connections, and lets those that were accepted get to their tasks.
    func stop(_ listener: any Channel) async {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        // A read that was asked for before is taken back.
        try? await listener.setOption(ChannelOptions.autoRead, value: false).get()
        // One that was reset on its way gets nowhere: while none gets on, the others are not waited for much longer. On a
        // machine with much else to do they may take seconds.
        var left = Int.max
        var end = ContinuousClock.now + Self.patience
        while !Task.isCancelled, ContinuousClock.now < end {
            let now = waiting.load(ordering: .sequentiallyConsistent)
            guard now > 0 else { return }
            if now < left { (left, end) = (now, ContinuousClock.now + Self.patience) }
            try? await Task.sleep(for: Self.pause)
        }
    }

    func connectionOpened() { waiting.add(1, ordering: .sequentiallyConsistent) }
    func connectionClosed() {}
    func isAcceptingNewConnections() -> Bool { !isStopped.load(ordering: .sequentiallyConsistent) }

    /// Serves connections as another one does, and counts those that have got there.
    func counting(_ channel: some ServerChildChannel) -> any ServerChildChannel {
        Counted(base: channel, count: self)
    }

    private struct Counted<Base: ServerChildChannel>: ServerChildChannel {
        let base: Base
        let count: ConnectionCount

        func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Base.Value> {
            let value = base.setup(channel: channel, logger: logger)
            value.whenFailure { _ in count.waiting.subtract(1, ordering: .sequentiallyConsistent) }
            return value
        }

        func handle(value: Base.Value, logger: Logger) async {
            count.waiting.subtract(1, ordering: .sequentiallyConsistent)
            await base.handle(value: value, logger: logger)
        }
    }
}
