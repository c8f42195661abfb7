import AuditCore
import GitHubAPI

/// How GitHub is reached, and at which pace.
struct ConnectionSettings: Sendable {
    var options: ConnectionOptions
    var endpoint: GitHubEndpoint
    /// `nil`: none was given.
    var credential: Credential?
    /// What an app's tokens are to be allowed.
    var permissions = AppPermission.reading
    /// `nil`: the system's.
    var roots: TrustedCertificates?
    /// `nil`: none.
    var proxy: ProxyServer?
    var limits: RateLimits
    /// The points of a minute, as processes with one token and one history share them; `nil`: they don't.
    var sharedMinute: SharedMinute?
    /// How the tokens of an app's installations were used before, by the organization's login in lower case.
    var installationUses: [String: UseBefore] = [:]
    /// Organizations with a credential of their own.
    var own: [OwnConnection] = []

    init(_ options: ConnectionOptions, _ context: CommandContext) throws(CommandFailure) {
        self.options = options
        endpoint = try options.host.endpoint(context.environment)
        credential = try CredentialSource(endpoint: endpoint, context: context).credential(options)
        roots = try TrustedCertificates.roots(context.environment)
        let choice = ProxyChoice(context.environment)
        proxy = try choice.proxy(for: endpoint)
        if proxy != nil, !context.isQuiet {
            for entry in choice.unknownExceptions {
                context.console.note(
                    "note: NO_PROXY: \(entry.singleLine(replacement: " ")) is neither a host nor a network")
            }
        }
        limits = options.limits
        guard options.emulatedMinute == nil || endpoint.isLoopback else {
            throw .usage("--emulated-minute is for an emulator on this machine", hint: "leave it out")
        }
        own = try ownConnections(context)
    }

    /// One for each credential that differs from the others'.
    private func ownConnections(_ context: CommandContext) throws(CommandFailure) -> [OwnConnection] {
        var context = context
        // The environment's app is for the organizations that have none of their own.
        for name in AppSource.variables { context.environment[name] = nil }
        var connections: [OwnConnection] = []
        for settings in context.organizationSettings where settings.hasCredential {
            var own = self
            own.options.tokenFile = settings.tokenFile
            own.options.appID = settings.appID
            own.options.appKeyFile = settings.appKeyFile
            do throws(CommandFailure) {
                own.credential = try CredentialSource(endpoint: endpoint, context: context).credential(own.options)
            } catch {
                throw .usage(
                    "\(settings.origin): \(settings.login): \(error.message)", hint: error.hint ?? "correct it")
            }
            guard own.credentialName != credentialName else { continue }
            if let index = connections.firstIndex(where: { $0.connection.credentialName == own.credentialName }) {
                connections[index].logins.append(settings.login)
            } else {
                connections.append(OwnConnection(logins: [settings.login], connection: own))
            }
        }
        return connections
    }

    /// Equal for equal credentials alone; never shown.
    private var credentialName: String? { credential?.identity }

    /// Whether an organization has a credential of its own.
    func isOwn(_ login: String) -> Bool {
        own.contains { $0.logins.contains { $0.rawValue.lowercased() == login.lowercased() } }
    }

    /// The connection of an organization.
    func connection(of login: OrganizationLogin) -> ConnectionSettings {
        let connection = own.first { one in
            one.logins.contains { $0.rawValue.lowercased() == login.rawValue.lowercased() }
        }
        return connection?.connection ?? self
    }

    /// Another credential with which an organization could be read, and whose it is in words; `nil` if none is set.
    func other(
        than connection: ConnectionSettings, _ context: CommandContext,
    ) -> (name: String, connection: ConnectionSettings)? {
        if let credential, connection.credentialName != credentialName {
            return ("the credential of the other organizations, a \(credential.tokenKind)", self)
        }
        guard case .app = connection.credential else { return nil }
        var context = context
        for name in AppSource.variables { context.environment[name] = nil }
        var other = self
        (other.options.appID, other.options.appKeyFile) = (nil, nil)
        // A token that is none is not used here either.
        other.credential = try? CredentialSource(endpoint: endpoint, context: context).credential(other.options)
        return other.credential.map { ("the token of the environment, a \($0.tokenKind)", other) }
    }

    /// Whether nothing can be asked of some organization.
    func lacksCredential(for logins: [OrganizationLogin]) -> Bool {
        credential == nil && (logins.isEmpty || !logins.allSatisfy { isOwn($0.rawValue) })
    }

    var apiVersion: String { options.apiVersion.text }

    /// Does something with the clients of all credentials, likewise.
    func withClients<Value, Failure: Error>(
        _ context: CommandContext, _ body: (GitHubClients) async throws(Failure) -> Value,
    ) async throws(Failure) -> Value {
        let slots = RequestSlots(options.totalConcurrency.value)
        return try await withTransport(connectionsMax: hasManyCredentials ? slots.count : limits.concurrency) {
            transport throws(Failure) in
            var clients: [String: GitHubClient] = [:]
            for one in own {
                let client = one.connection.client(transport, context, slots)
                for login in one.logins { clients[login.rawValue] = client }
            }
            let standard = client(transport, context, hasManyCredentials ? slots : nil)
            return try await body(GitHubClients(standard, own: clients, slots: slots))
        }
    }

    /// Whether organizations are read beside each other.
    private var hasManyCredentials: Bool {
        if case .app = credential { return true }
        return !own.isEmpty
    }

    /// Does something with a client, and closes its connections afterwards, whatever came of it.
    func withGitHub<Value, Failure: Error>(
        _ context: CommandContext, _ body: (GitHubClient) async throws(Failure) -> Value,
    ) async throws(Failure) -> Value {
        try await withTransport(connectionsMax: limits.concurrency) { transport throws(Failure) in
            try await body(client(transport, context))
        }
    }

    /// Does something with a client before the command's own work, in whose minute what it spends counts as well.
    mutating func withGitHubBefore<Value, Failure: Error>(
        _ context: CommandContext, _ body: (GitHubClient) async throws(Failure) -> Value,
    ) async throws(Failure) -> Value {
        let (value, points) = try await withGitHub(context) { github throws(Failure) in
            (try await body(github), github.ownUse.spentPoints)
        }
        limits.spentBefore = RateLimits.SpentPoints(points: points, ago: .zero).adding(limits.spentBefore)
        return value
    }

    private func withTransport<Value, Failure: Error>(
        connectionsMax: Int, _ body: (HTTPTransport) async throws(Failure) -> Value,
    ) async throws(Failure) -> Value {
        let transport = HTTPTransport(
            connectionsMax: connectionsMax, roots: roots, trust: options.caFile, proxy: proxy)
        let result: Result<Value, Failure>
        do throws(Failure) {
            result = .success(try await body(transport))
        } catch {
            result = .failure(error)
        }
        await transport.shutDown()
        return try result.get()
    }

    /// A client over a wire, as the world around a command wants it.
    private func client(
        _ transport: any Transport, _ context: CommandContext, _ slots: RequestSlots? = nil,
    ) -> GitHubClient {
        var settings = GitHubClient.Settings(
            endpoint: endpoint, credential: credential, userAgent: "\(Tool.name)/\(Tool.version)")
        settings.apiVersion = apiVersion
        settings.timeout = context.requestTimeout
        settings.retry = context.retry
        settings.permissions = permissions
        settings.limits = limits
        settings.limits.minute = options.emulatedMinute ?? context.minute
        settings.slots = slots
        settings.sharedMinute = sharedMinute
        settings.installationUses = installationUses
        return GitHubClient(settings, transport: transport, clock: .continuous, now: context.now)
    }
}

extension HostOptions {
    /// The first of: flag, environment and configuration file of our own, `GH_HOST`, `GITHUB_API_URL`, github.com.
    func endpoint(_ environment: [String: String]) throws(CommandFailure) -> GitHubEndpoint {
        try given(environment) ?? .gitHub
    }

    /// - Returns: `nil` if neither flag nor environment nor configuration file names a host.
    func given(_ environment: [String: String]) throws(CommandFailure) -> GitHubEndpoint? {
        if let given = apiURL ?? hostname { return given }
        for (name, isHost) in [("GH_HOST", true), ("GITHUB_API_URL", false)] {
            guard let text = environment[name], !text.isEmpty else { continue }
            do throws(EndpointError) {
                return isHost ? try GitHubEndpoint(hostname: text) : try GitHubEndpoint(apiURL: text)
            } catch {
                throw .usage("\(name): \(error)", hint: error.hint)
            }
        }
        return nil
    }
}
