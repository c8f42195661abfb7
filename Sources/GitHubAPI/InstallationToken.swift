import AuditCore
import Synchronization

/// The token of an installation: one at a time, renewed before it expires.
final class InstallationToken: Sendable {
    let installation: Installation
    private let mint: @Sendable () async throws(GitHubError) -> Minted

    /// A token with its times on the client's own clock, which no clock of GitHub's moves.
    struct Minted: Sendable {
        var token: AccessToken
        var mintedAt: Duration
        var life: Duration

        /// A request that is sent a moment before the end may arrive after it.
        var endsAt: Duration { mintedAt + life - min(.seconds(60), life / 5) }
    }

    private struct State {
        var current: Minted?
        var renewal: Task<Result<Minted, GitHubError>, Never>?
    }

    private let state = Mutex(State())

    init(_ installation: Installation, mint: @escaping @Sendable () async throws(GitHubError) -> Minted) {
        self.installation = installation
        self.mint = mint
    }

    /// The newest token, for cutting it out of texts.
    var newest: AccessToken? { state.withLock { $0.current?.token } }

    /// The token.
    ///
    /// - Returns: `nil` if it is to be renewed first.
    func token(at now: Duration) -> AccessToken? {
        state.withLock { state in state.current.flatMap { $0.endsAt > now ? $0.token : nil } }
    }

    /// Whether a refusal says nothing of the next try: GitHub may not know the token everywhere yet, or it ended while the
    /// request was under way.
    func isFreshOrOver(at now: Duration) -> Bool {
        state.withLock { state in
            state.current.map { now - $0.mintedAt < Self.freshness || $0.endsAt <= now } ?? false
        }
    }

    private static let freshness: Duration = .seconds(10)

    /// Gets another token, unless somebody else just did. Whoever asks meanwhile waits for the same one.
    func renew(at now: Duration) async throws(GitHubError) {
        let renewal = state.withLock { state -> Task<Result<Minted, GitHubError>, Never>? in
            if let running = state.renewal { return running }
            if let current = state.current, current.endsAt > now { return nil }
            let renewal = Task { await self.minted() }
            state.renewal = renewal
            return renewal
        }
        guard let renewal else { return }
        // The task is nobody's child: a request to stop must reach it.
        let result = await withTaskCancellationHandler {
            await renewal.value
        } onCancel: {
            renewal.cancel()
        }
        _ = try result.get()
    }

    private func minted() async -> Result<Minted, GitHubError> {
        let result: Result<Minted, GitHubError>
        do throws(GitHubError) { result = .success(try await mint()) } catch { result = .failure(error) }
        state.withLock { state in
            state.renewal = nil
            guard case .success(var minted) = result else { return }
            minted.token = minted.token.after(state.current?.token)
            state.current = minted
        }
        return result
    }
}
