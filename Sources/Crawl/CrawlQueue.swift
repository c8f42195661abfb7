import AuditCore
import Synchronization

/// Where the workers of a crawl take their next request, and bring what came of it.
///
/// There are as many workers as requests may be in flight, each a task that goes from request to request: a task for
/// each request would cost as much as sending it.
final class CrawlQueue: Sendable {
    private struct State {
        var crawl: OrganizationCrawl
        /// Workers for whom there is nothing to do before an answer comes.
        var waiting: [CheckedContinuation<CrawlWork?, Never>] = []
    }

    private let state: Mutex<State>
    private let outbox: ObservationBatcher
    private let emit: @Sendable (CrawlEvent) -> Void
    private let now: @Sendable () -> Timestamp

    /// - Parameter emit: gets events in order; must not block.
    init(
        _ crawl: OrganizationCrawl, _ outbox: ObservationBatcher, now: @escaping @Sendable () -> Timestamp,
        emit: @escaping @Sendable (CrawlEvent) -> Void,
    ) {
        state = Mutex(State(crawl: crawl))
        self.outbox = outbox
        self.now = now
        self.emit = emit
    }

    /// The next request; waits for what other answers may lead to.
    ///
    /// - Returns: `nil` once nothing more is to be asked.
    func next() async -> CrawlWork? {
        if let work = state.withLock({ $0.crawl.next() }) { return work }
        return await withCheckedContinuation { continuation in
            state.withLock { state in
                state.waiting.append(continuation)
                handOut(&state)
            }
        }
    }

    /// Takes what came of a request.
    ///
    /// - Returns: whether the token was refused, for everything. Then what is queued must not be sent: GitHub locks an account out after
    ///   several refusals.
    func take(_ output: CrawlWork.Output) -> Bool {
        state.withLock { state in
            state.crawl.take(output, now: now())
            outbox.add(state.crawl.takeObservations())
            for event in state.crawl.takeNews() { emit(event) }
            handOut(&state)
            return state.crawl.stop == .unauthorized || state.crawl.stop?.refusal != nil
        }
    }

    /// Ends the crawl, after the last worker is done.
    ///
    /// - Returns: what was seen of the organization itself, and why nothing more could be asked.
    func finish() -> (OrganizationObservation, ScanStop?) {
        state.withLock { state in
            state.crawl.finish(now: now())
            outbox.add(state.crawl.takeObservations())
            outbox.flush()
            return (state.crawl.observation, state.crawl.stop)
        }
    }

    // MARK: -

    private func handOut(_ state: inout State) {
        while !state.waiting.isEmpty, let work = state.crawl.next() {
            state.waiting.removeLast().resume(returning: work)
        }
        guard state.crawl.isIdle else { return }
        for worker in state.waiting { worker.resume(returning: nil) }
        state.waiting = []
    }
}
