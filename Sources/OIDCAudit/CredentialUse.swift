import AuditCore
import Foundation
import GitHubAPI
import History

/// A token as the history knows it, and the pace that follows from how it was used before: whatever asks or writes with it
/// shares its limits, one command after the other.
struct CredentialUse {
    let stored: StoredCredential
    /// Beside the history, for other processes that use the token; `nil` for an app, whose installations have limits of
    /// their own.
    private let sharedMinute: SharedMinute?

    /// Notes that the token is in use.
    ///
    /// - Returns: `nil` if there is none.
    init?(
        _ connection: ConnectionSettings, in history: HistoryStore, _ context: CommandContext,
    ) async throws(HistoryError) {
        guard let credential = connection.credential else { return nil }
        // Another version may answer otherwise. The number is to be raised where more of an answer is kept than before:
        // what was not kept would never be read otherwise.
        let version = "1 \(connection.apiVersion)"
        let stored = try await history.credential(apiURL: connection.endpoint.description, at: context.now()) { salt in
            credential.fingerprint(salt: salt, context: version)
        }
        self.stored = stored
        sharedMinute =
            if case .token = credential {
                SharedMinute(
                    path: "\(history.path)-minute-\(stored.fingerprint.prefix(16))", milliseconds: Self.clock(context))
            } else {
                nil
            }
    }

    /// The context's calendar, by the milliseconds of the machine's clock: nights that are played are days apart.
    private static func clock(_ context: CommandContext) -> @Sendable () -> Int64 {
        let ahead = context.now().secondsSince1970 * 1_000 - machineClock()
        // A calendar counts whole seconds.
        let offset = abs(ahead) < 2_000 ? 0 : ahead
        return { machineClock() + offset }
    }

    private static func machineClock() -> Int64 { Int64(Date().timeIntervalSince1970 * 1_000) }

    /// The connection with limits that know what the token has spent, and whether it was refused of late.
    func paced(_ connection: ConnectionSettings, now: Timestamp) -> ConnectionSettings {
        var connection = connection
        connection.limits.isPacedEvenly = wasRefusedLately(now: now)
        // What the shared minute holds is known for certain.
        if sharedMinute?.isKept != true {
            let before = spentBefore(connection.limits, now: now)
            connection.limits.spentBefore = connection.limits.spentBefore?.adding(before) ?? before
        }
        connection.sharedMinute = sharedMinute
        return connection
    }

    /// Notes how a client used it.
    func note(_ github: GitHubClient, in history: HistoryStore, now: Timestamp) async throws(HistoryError) {
        try await history.noteUse(
            of: stored.id, at: now, spentPoints: github.spentPoints, wasRefused: github.wasRefused)
    }

    // MARK: -

    /// What it may have spent of the last minute, as where one scan follows another: where that is not known, all of it.
    private func spentBefore(_ limits: RateLimits, now: Timestamp) -> RateLimits.SpentPoints? {
        guard let usedAt = stored.usedAt, case let seconds = now.seconds(since: usedAt), (0...60).contains(seconds)
        else { return nil }
        return RateLimits.SpentPoints(points: stored.spentPoints ?? limits.pointsPerMinute, ago: .seconds(seconds))
    }

    /// For a week after a refusal, requests are spread evenly.
    private func wasRefusedLately(now: Timestamp) -> Bool {
        stored.refusedAt.map { now.seconds(since: $0) < 7 * 86_400 } ?? false
    }
}
