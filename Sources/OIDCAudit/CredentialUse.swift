import AuditCore
import Foundation
import GitHubAPI
import History

/// A token as the history knows it, and the pace that follows from how it was used before: whatever asks or writes with it
/// shares its limits, one command after the other. Of an app, each installation has limits of its own.
struct CredentialUse {
    let stored: StoredCredential
    private let credential: Credential
    private let apiURL: String
    /// Of an app: how the tokens of its installations were used before, by the organization's login in lower case.
    private let installations: [String: StoredUse]
    /// Beside the history, for other processes that use the token; `nil` for an app, whose installations have limits of
    /// their own.
    private let sharedMinute: SharedMinute?

    /// Notes that the token is in use.
    ///
    /// - Parameter organizations: that it reads; `nil`: nobody knows yet which, and any may be among them.
    /// - Returns: `nil` if there is none.
    init?(
        _ connection: ConnectionSettings, of organizations: [OrganizationLogin]?, in history: HistoryStore,
        _ context: CommandContext,
    ) async throws(HistoryError) {
        guard let credential = connection.credential else { return nil }
        self.credential = credential
        apiURL = connection.endpoint.description
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
        guard case .app = credential else {
            installations = [:]
            return
        }
        let given = organizations?.map { $0.rawValue.lowercased() }
        let logins =
            if let given { given } else {
                try await history.organizations(apiURL: apiURL).map { $0.login.lowercased() }
            }
        let uses = try await history.uses(
            of: logins.map(Self.name(ofInstallation:)), apiURL: apiURL, fingerprint: credential.namedFingerprint)
        installations = Dictionary(
            logins.compactMap { login in uses[Self.name(ofInstallation: login)].map { (login, $0) } },
            uniquingKeysWith: { first, _ in first })
        // Should the command be killed, the next one knows that they were in use.
        try await noteInstallations(
            (given ?? []).reduce(into: [:]) { $0[$1] = (nil, false) }, in: history, now: context.now())
    }

    private static func name(ofInstallation login: String) -> String { "installation \(login)" }

    /// - Parameter uses: of installations, by the organization's login in lower case.
    private func noteInstallations(
        _ uses: [String: (spentPoints: Int?, wasRefused: Bool)], in history: HistoryStore, now: Timestamp,
    ) async throws(HistoryError) {
        try await history.note(
            uses.reduce(into: [:]) { $0[Self.name(ofInstallation: $1.key)] = $1.value }, at: now, apiURL: apiURL,
            fingerprint: credential.namedFingerprint)
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
        connection.limits.isPacedEvenly = Self.isOfLate(stored.refusedAt, now: now)
        connection.installationUses = installations.mapValues { use in
            UseBefore(
                isPacedEvenly: Self.isOfLate(use.refusedAt, now: now),
                spent: Self.spent(use.spentPoints, at: use.usedAt, connection.limits, now: now))
        }
        // What the shared minute holds is known for certain.
        if sharedMinute?.isKept != true {
            let before = Self.spent(stored.spentPoints, at: stored.usedAt, connection.limits, now: now)
            connection.limits.spentBefore = connection.limits.spentBefore?.adding(before) ?? before
        }
        connection.sharedMinute = sharedMinute
        return connection
    }

    /// Notes how a client used it.
    func note(_ github: GitHubClient, in history: HistoryStore, now: Timestamp) async throws(HistoryError) {
        let own = github.ownUse
        try await history.noteUse(
            of: stored.id, at: now, spentPoints: own.spentPoints, wasRefused: own.wasRefused)
        try await noteInstallations(
            github.installationUses.mapValues { ($0.spentPoints, $0.wasRefused) }, in: history, now: now)
    }

    // MARK: -

    /// What it may have spent of the last minute, as where one scan follows another: where that is not known, all of it.
    private static func spent(
        _ points: Int?, at usedAt: Timestamp?, _ limits: RateLimits, now: Timestamp,
    ) -> RateLimits.SpentPoints? {
        guard let usedAt, case let seconds = now.seconds(since: usedAt), (0...60).contains(seconds) else { return nil }
        return RateLimits.SpentPoints(points: points ?? limits.pointsPerMinute, ago: .seconds(seconds))
    }

    /// For a week after a refusal, requests are spread evenly.
    private static func isOfLate(_ refusedAt: Timestamp?, now: Timestamp) -> Bool {
        refusedAt.map { now.seconds(since: $0) < 7 * 86_400 } ?? false
    }
}

extension Credential {
    /// The fingerprint of the credential and of a name for one of its uses.
    fileprivate var namedFingerprint: @Sendable (_ salt: [UInt8], _ name: String) -> String {
        { salt, name in self.fingerprint(salt: salt, context: name) }
    }
}

/// Ways to ask for organizations other than by their names, each of which the history keeps the last scan of.
enum OrganizationSource: Hashable, CustomStringConvertible {
    case allInstallations
    case enterprise(EnterpriseSlug)

    var description: String {
        switch self {
        case .allInstallations: "all installations"
        case .enterprise(let slug): "the enterprise \(slug.text)"
        }
    }

    private var name: String { description.lowercased() }

    /// The organizations that it held at the last finished scan with the same credential; none if there was none.
    func last(
        with credential: Credential, apiURL: String, in history: HistoryStore,
    ) async throws(HistoryError) -> [OrganizationReference] {
        try await history.listed(in: name, apiURL: apiURL, fingerprint: credential.namedFingerprint)
    }

    /// Notes what it held at a scan that is finished.
    func note(
        _ organizations: [OrganizationReference], with credential: Credential, apiURL: String, in history: HistoryStore,
    ) async throws(HistoryError) {
        try await history.note(
            listed: organizations, in: name, apiURL: apiURL, fingerprint: credential.namedFingerprint)
    }
}
