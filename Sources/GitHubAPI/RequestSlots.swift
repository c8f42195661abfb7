import Synchronization

/// How many requests a whole process may have in flight, whoever sends them. GitHub does not say whether its limit of 100 is
/// a token's or an app's, so the credentials of a process share it.
///
/// A lock and not an actor, as the governor's.
package final class RequestSlots: Sendable {
    private struct State {
        var inFlight = 0
        var inFlightMost = 0
        /// How many credentials are in use at once.
        var users = 1
        var nextID = 0
        var waiting: [Waiter] = []
    }

    private struct Waiter {
        let id: Int
        /// What is left of the credential's budget.
        let left: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    /// What GitHub allows.
    package static let standard = 100

    package let count: Int
    private let state = Mutex(State())

    /// - Parameter count: requests in flight at once, at least one.
    package init(_ count: Int = standard) {
        self.count = max(1, count)
    }

    /// The most that were in flight at once.
    package var inFlightMost: Int { state.withLock { $0.inFlightMost } }

    var waitingCount: Int { state.withLock { $0.waiting.count } }

    /// How many credentials are in use at once.
    var users: Int { state.withLock { $0.users } }

    /// How many of them one credential may have: where it hangs, it keeps none from the others.
    package var share: Int { state.withLock { max(1, count / $0.users) } }

    /// Says how many credentials are in use at once.
    package func setUsers(_ users: Int) {
        state.withLock { $0.users = max(1, users) }
    }

    /// Waits for a slot, or for cancellation. Where several wait, the one whose credential has most left goes first.
    ///
    /// - Parameter left: what is left of the credential's budget; `nil` if nobody knows yet.
    /// - Returns: whether there is one, to be given back; not after cancellation.
    func take(left: Int?) async -> Bool {
        if state.withLock({ occupy(&$0) }) { return true }
        let id = state.withLock { state in
            state.nextID += 1
            return state.nextID
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let taken = state.withLock { state -> Bool? in
                    if Task.isCancelled { return false }
                    // One may have become free in between.
                    if occupy(&state) { return true }
                    state.waiting.append(Waiter(id: id, left: left ?? .max, continuation: continuation))
                    return nil
                }
                if let taken { continuation.resume(returning: taken) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiting.firstIndex { $0.id == id }.map { state.waiting.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
    }

    /// Gives a slot to whoever waits, or back.
    func giveBack() {
        let next = state.withLock { state -> Waiter? in
            guard let first = state.waiting.indices.max(by: { state.waiting[$0].left < state.waiting[$1].left }) else {
                state.inFlight -= 1
                return nil
            }
            return state.waiting.remove(at: first)
        }
        next?.continuation.resume(returning: true)
    }

    private func occupy(_ state: inout State) -> Bool {
        guard state.inFlight < count else { return false }
        state.inFlight += 1
        state.inFlightMost = max(state.inFlightMost, state.inFlight)
        return true
    }
}
