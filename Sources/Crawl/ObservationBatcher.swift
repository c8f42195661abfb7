import AuditCore
import Synchronization

/// Observations on their way out: handed on in full batches, and once in a while whatever there is, so that a scan that
/// is killed while GitHub does not answer has lost almost nothing.
final class ObservationBatcher: Sendable {
    private let waiting = Mutex<[Observation]>([])
    private let organization: OrganizationID
    private let limits: CrawlLimits
    private let emit: @Sendable (CrawlEvent) -> Void

    init(_ organization: OrganizationID, _ limits: CrawlLimits, emit: @escaping @Sendable (CrawlEvent) -> Void) {
        self.organization = organization
        self.limits = limits
        self.emit = emit
    }

    func add(_ observations: [Observation]) {
        waiting.withLock { waiting in
            waiting += observations
            while waiting.count >= limits.batchSize { handOn(limits.batchSize, of: &waiting) }
        }
    }

    func flush() {
        waiting.withLock { waiting in
            if !waiting.isEmpty { handOn(waiting.count, of: &waiting) }
        }
    }

    /// Flushes until it is cancelled.
    func flushRegularly() async {
        while !Task.isCancelled {
            try? await Task.sleep(for: limits.flushInterval)
            flush()
        }
    }

    private func handOn(_ count: Int, of waiting: inout [Observation]) {
        emit(.observations(Array(waiting.prefix(count)), of: organization))
        waiting.removeFirst(count)
    }
}
