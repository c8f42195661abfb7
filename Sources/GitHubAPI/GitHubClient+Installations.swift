package import AuditCore
import Foundation
import Synchronization

/// Who speaks in a client's requests.
enum Authority: Sendable {
    case nobody
    case token(AccessToken)
    /// An app itself, by what it signs: it may look for its installations and ask for their tokens, and nothing else.
    case app(AppCredential)
    case installation(InstallationToken)

    init(_ credential: Credential?) {
        switch credential {
        case nil: self = .nobody
        case .token(let token): self = .token(token)
        case .app(let app): self = .app(app)
        }
    }

    /// The newest token.
    var token: AccessToken? {
        switch self {
        case .nobody: nil
        case .token(let token): token
        case .app(let app): app.newestToken
        case .installation(let token): token.newest
        }
    }

    /// The token to send now; of an installation it is asked for otherwise.
    func token(at now: Timestamp) -> AccessToken? {
        if case .app(let app) = self { app.token(at: now) } else { token }
    }

    /// Whether the token is another one from time to time.
    var isRenewed: Bool {
        switch self {
        case .nobody, .token: false
        case .app, .installation: true
        }
    }
}

/// The clients of an app's installations, by their organizations' logins in lower case.
final class InstallationClients: Sendable {
    private let state = Mutex<[String: Task<Result<GitHubClient, GitHubError>, Never>]>([:])
    private let made = Mutex<[String: GitHubClient]>([:])

    /// All that there are, by their organizations' logins in lower case.
    var byLogin: [String: GitHubClient] { made.withLock { $0 } }

    /// The one of an organization, made once; what keeps it from being made is not asked again.
    func client(
        for login: String, make: @escaping @Sendable () async throws(GitHubError) -> GitHubClient,
    ) async throws(GitHubError) -> GitHubClient {
        let task = state.withLock { clients in
            if let known = clients[login.lowercased()] { return known }
            let task = Task {
                let result: Result<GitHubClient, GitHubError>
                do throws(GitHubError) { result = .success(try await make()) } catch { result = .failure(error) }
                if case .success(let client) = result { self.made.withLock { $0[login.lowercased()] = client } }
                return result
            }
            clients[login.lowercased()] = task
            return task
        }
        return try await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            task.cancel()
        }.get()
    }
}

extension GitHubClient {
    /// The client that speaks for an organization: this one; of an app, the one of its installation there.
    ///
    /// - Throws: `.appRefused` where the app may do nothing there.
    package func client(for login: String) async throws(GitHubError) -> GitHubClient {
        guard case .app(let app) = authority else { return self }
        return try await installations.client(for: login) { () async throws(GitHubError) in
            let client = GitHubClient(
                of: self, try await self.installationToken(of: login, app),
                usedBefore: self.settings.installationUses[login.lowercased()])
            try await client.prepare()
            return client
        }
    }

    /// Whether everything is asked with one credential; an app has one in each organization.
    package var isOneCredential: Bool {
        if case .app = authority { false } else { true }
    }

    /// The installation that the client speaks for.
    package var installation: Installation? {
        if case .installation(let token) = authority { token.installation } else { nil }
    }

    /// What the installation was not granted of what is asked for, in words.
    package var missingPermissions: [String] { installation?.missing(settings.permissions) ?? [] }

    /// All installations of an app, found once; `client(for:)` needs no request then to find one.
    ///
    /// - SeeAlso: `GET /app/installations`
    package func allInstallations() async throws(GitHubError) -> [Installation] {
        guard case .app(let app) = authority else { return [] }
        let installations = try await allPages(from: "/app/installations?per_page=100", as: Installation.self)
        for installation in installations where installation.isOfOrganization {
            if let login = installation.account { app.keep(installation, of: login) }
        }
        return installations
    }

    /// What the app is.
    ///
    /// - Returns: `nil` if no app asks.
    /// - SeeAlso: `GET /app`
    package func appDescription() async throws(GitHubError) -> AppDescription? {
        guard case .app(let app) = authority else { return nil }
        let name = try await get("/app", as: Wire.App.self).name
        return AppDescription(name: name.harmless(without: token), givenID: app.appID)
    }

    /// The client that speaks for an enterprise. Its token can't be limited to some permissions, and has no access to
    /// repositories.
    ///
    /// Source: GitHub's OpenAPI description of 2026-10-21, "Create an installation access token for an app".
    func enterpriseClient(_ installation: Installation) async throws(GitHubError) -> GitHubClient {
        guard installation.targetType == "Enterprise" else {
            throw .malformed("the installation is not an enterprise's")
        }
        guard !installation.isSuspended else { throw .appRefused(.suspended) }
        let client = GitHubClient(
            of: self,
            InstallationToken(installation) { () async throws(GitHubError) in
                try await self.mint(installation.id, Array("{}".utf8))
            })
        try await client.prepare()
        return client
    }

    // MARK: -

    /// Gets the first token: who has none can do nothing.
    private func prepare() async throws(GitHubError) {
        if case .installation(let token) = authority { try await token.renew(at: elapsed()) }
    }

    private func installationToken(
        of login: String, _ app: AppCredential,
    ) async throws(GitHubError) -> InstallationToken {
        let installation = try await installation(of: login, app)
        guard !installation.isSuspended else { throw .appRefused(.suspended) }
        let granted = installation.granted(settings.permissions)
        // Never without a list: such a token may do all that the installation was granted.
        guard !granted.isEmpty else {
            throw .appRefused(.noPermission, installation.missing(settings.permissions).joined(separator: ", "))
        }
        let body = Self.request(for: granted)
        return InstallationToken(installation) { () async throws(GitHubError) in
            do throws(GitHubError) {
                return try await self.mint(installation.id, body)
            } catch .rejected(let status, let message) {
                // What was listed as granted can be taken away meanwhile.
                let wanted = granted.sorted { $0.key < $1.key }.map { "\($0.key.title): \($0.value)" }
                throw .appRefused(
                    .permissionRefused, status: status,
                    (["\(message)"] + wanted).joined(separator: "; "))
            }
        }
    }

    private func installation(of login: String, _ app: AppCredential) async throws(GitHubError) -> Installation {
        if let known = app.installation(of: login) { return known }
        let installation: Installation
        do throws(GitHubError) {
            if let id = app.installationID {
                installation = try await get("/app/installations/\(id)", as: Installation.self)
            } else {
                installation = try await lookUpInstallation(of: login)
            }
        } catch .notFound(let message) {
            throw .appRefused(.notInstalled, status: 404, message)
        }
        // Of a given one, GitHub was not asked whose it is.
        guard app.installationID == nil || installation.account?.lowercased() == login.lowercased() else {
            let account = installation.account?.harmless(without: token) ?? "no account"
            throw .appRefused(.otherAccount, "\(installation.id) is of \(account)")
        }
        return installation
    }

    /// - SeeAlso: `GET /orgs/{org}/installation`, `GET /users/{username}/installation`
    private func lookUpInstallation(of login: String) async throws(GitHubError) -> Installation {
        do throws(GitHubError) {
            return try await get("/orgs/\(login.pathEncoded)/installation", as: Installation.self)
        } catch .notFound {
            // A user's account is none of the organizations.
            return try await get("/users/\(login.pathEncoded)/installation", as: Installation.self)
        }
    }

    private static func request(for permissions: [AppPermission: AppPermission.Level]) -> [UInt8] {
        let members = permissions.sorted { $0.key < $1.key }.map { "\"\($0.key.rawValue)\":\"\($0.value.rawValue)\"" }
        return Array(#"{"permissions":{\#(members.joined(separator: ","))}}"#.utf8)
    }

    /// - SeeAlso: `POST /app/installations/{installation_id}/access_tokens`
    private func mint(_ id: Int64, _ body: [UInt8]) async throws(GitHubError) -> InstallationToken.Minted {
        let answer: APIResponse
        do throws(GitHubError) {
            answer = try await post("/app/installations/\(id)/access_tokens", body)
        } catch .notFound(let message) {
            throw .appRefused(.notInstalled, status: 404, message)
        }
        let minted: MintedToken
        do throws(GitHubError) {
            minted = try MintedToken(AnswerDocument(answer.body))
        } catch {
            // The reader's words quote what stands there, which may be the token.
            throw .malformed("the answer to a request for a token holds none that can be read")
        }
        let clock = answer.headers["date"].flatMap(Timestamp.init(httpDate:)) ?? now()
        let life = min(minted.expiresAt.seconds(since: clock), 86_400)
        // Such a token would be replaced before each request, without end.
        guard life > 0 else { throw .appRefused(.tokenExpired) }
        return InstallationToken.Minted(token: minted.token, mintedAt: elapsed(), life: .seconds(life))
    }
}

extension AppCredential {
    /// What a refusal means of a request that the app signed.
    func meaning(of error: GitHubError, _ response: APIResponse, now: Timestamp) -> AnswerKind {
        switch error {
        case .unauthorized(let message) where Self.speaksOfTime(message):
            let server = response.headers["date"].flatMap(Timestamp.init(httpDate:))
            if let server, setClock(to: server, at: now) { return .notKnownYet(error) }
            return .refusal(.appRefused(.clock, status: 401, message))
        case .unauthorized(let message):
            return .refusal(.appRefused(.signature, status: 401, message))
        // "Integration not found"
        case .notFound(let message) where message.lowercased().contains("integration"):
            return .refusal(.appRefused(.signature, status: 404, message))
        // Of one installation, and no other.
        case .credentialRefused(.installationSuspended, let status, let message):
            return .refusal(.appRefused(.suspended, status: status, message))
        default:
            return .refusal(error)
        }
    }

    /// Source: octokit/auth-app.js, `src/hook.ts` of March 2026, and the issues that quote the texts:
    /// "'Expiration time' claim ('exp') is too far in the future", "… must be a numeric value representing the future time …",
    /// "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued".
    private static func speaksOfTime(_ message: String) -> Bool {
        message.contains("'Expiration time' claim ('exp')") || message.contains("'Issued at' claim ('iat')")
    }
}

// MARK: - What all of a client's credentials did

extension GitHubClient {
    /// This client, and those of installations.
    private var all: [GitHubClient] { [self] + installations.byLogin.values }

    /// What was asked so far. Of waits, the longest counts: those of several credentials pass at once.
    package var requestCounts: RequestCounts {
        let now = elapsed()
        return all.reduce(into: RequestCounts()) { counts, client in
            let other = client.governor.counts(at: now)
            counts.sent += other.sent
            counts.notModified += other.notModified
            counts.retried += other.retried
            counts.waited = max(counts.waited, other.waited)
        }
    }

    /// What this client asked itself: of an app, by what it signs, and not by the tokens of its installations.
    package var ownUse: RecentUse {
        RecentUse(spentPoints: governor.spentPoints(at: elapsed()), wasRefused: governor.wasRefused)
    }

    /// What each installation's client asked, by the organization's login in lower case.
    package var installationUses: [String: RecentUse] { installations.byLogin.mapValues(\.ownUse) }

    /// Whether a secondary rate limit refused a request.
    package var wasRefused: Bool { all.contains { $0.governor.wasRefused } }

    /// The rate limit that is waited for now, and how long it still holds; of several, the longest.
    package var currentWait: RateLimitWait? { currentWaits.max { $0.remaining < $1.remaining } }

    /// One for each credential that waits.
    var currentWaits: [RateLimitWait] {
        let now = elapsed()
        return all.compactMap { client in
            client.governor.note(at: now).map {
                RateLimitWait(
                    message: $0.message, remaining: $0.until - now, isPace: $0.isPace,
                    account: client.installation?.account?.harmless(without: nil))
            }
        }
    }
}
