import HummingbirdCore
import Logging
import NIOCore
import Synchronization

/// Counts connections that were accepted and have not got to the task that serves them, and ends the accepting. NIO ends
/// the process over a connection that a server which ends leaves behind.
final class ConnectionCount: AvailableConnectionsDelegate {
    private let waiting = Atomic(0)
    private let isStopped = Atomic(false)

    /// Accepts no more connections, and lets those that were accepted get to their tasks.
    func stop(_ listener: any Channel) async {
        isStopped.store(true, ordering: .sequentiallyConsistent)
        // A read that was asked for before is taken back.
        try? await listener.setOption(ChannelOptions.autoRead, value: false).get()
        // One that was reset on its way gets nowhere, and is not waited for.
        let end = ContinuousClock.now + .seconds(1)
        while waiting.load(ordering: .sequentiallyConsistent) > 0, !Task.isCancelled, ContinuousClock.now < end {
            await Task.yield()
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
