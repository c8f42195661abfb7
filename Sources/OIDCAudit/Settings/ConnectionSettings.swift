import AuditCore
import Foundation
import GitHubAPI

/// How GitHub is reached, and at which pace.
struct ConnectionSettings {
    var endpoint: GitHubEndpoint
    /// `nil`: none was given.
    var token: AccessToken?
    var apiVersion: String
    /// `nil`: the system's certificates alone.
    var trust: TrustedCertificates?
    /// `nil`: none.
    var proxy: ProxyServer?
    var limits: RateLimits
}

extension ConnectionSettings {
    init(
        _ options: ConnectionOptions, _ layers: SettingLayers, _ context: CommandContext,
    ) throws(CommandFailure) {
        endpoint = try Self.endpoint(options.host, layers)
        token = try TokenSource(endpoint: endpoint, context: context)
            .token(file: layers.value(.tokenFile, flag: options.tokenFile))
        apiVersion = try Self.apiVersion(layers.value(.apiVersion, flag: options.apiVersion))
        trust = try layers.value(.caFile, flag: options.caFile)
            .map { value throws(CommandFailure) in try Self.trust(value) }
        proxy = try ProxyChoice(context.environment).proxy(for: endpoint)
        limits = RateLimits()
        limits.concurrency = try Self.concurrency(layers.value(.concurrency, flag: options.concurrency))
        let points = layers.value(.pointsPerMinute, flag: options.pointsPerMinute)
        limits.pointsPerMinute = try Self.pointsPerMinute(points)
        limits.holdsFromTheStart = points != nil
        limits.waitMax = try Self.waitMax(layers.value(.maxWait, flag: options.maxWait))
    }

    /// Does something with a client, and closes its connections afterwards, whatever came of it.
    func withGitHub<Value, Failure: Error>(
        _ context: CommandContext, _ body: (GitHubClient) async throws(Failure) -> Value,
    ) async throws(Failure) -> Value {
        let transport = HTTPTransport(connectionsMax: limits.concurrency, trust: trust, proxy: proxy)
        let result: Result<Value, Failure>
        do throws(Failure) {
            result = .success(try await body(client(transport, context)))
        } catch {
            result = .failure(error)
        }
        await transport.shutDown()
        return try result.get()
    }

    /// A client over a wire, as the world around a command wants it.
    private func client(_ transport: any Transport, _ context: CommandContext) -> GitHubClient {
        var settings = GitHubClient.Settings(
            endpoint: endpoint, token: token, userAgent: "\(Tool.name)/\(Tool.version)")
        settings.apiVersion = apiVersion
        settings.timeout = context.requestTimeout
        settings.retry = context.retry
        settings.limits = limits
        settings.limits.minute = context.minute
        return GitHubClient(settings, transport: transport, clock: .continuous, now: context.now)
    }

    static func endpoint(
        _ options: HostOptions, _ layers: SettingLayers,
    ) throws(CommandFailure) -> GitHubEndpoint {
        try givenEndpoint(options, layers) ?? .gitHub
    }

    /// - Returns: `nil` where neither flag nor environment nor configuration file names a host.
    static func givenEndpoint(
        _ options: HostOptions, _ layers: SettingLayers,
    ) throws(CommandFailure) -> GitHubEndpoint? {
        let addresses = layers.layers(.apiURL, flags: options.apiURL.map { [$0] } ?? [])
        let hosts = layers.layers(.hostname, flags: options.hostname.map { [$0] } ?? [])
        for (address, host) in zip(addresses, hosts) {
            if let address = address.first {
                guard host.isEmpty else {
                    throw address.invalid("and a hostname exclude each other", hint: "give one of them")
                }
                return try endpoint(apiURL: address)
            }
            if let host = host.first { return try endpoint(hostname: host) }
        }
        if let host = layers.environment["GH_HOST"], !host.isEmpty {
            return try endpoint(hostname: SettingValue(text: host, origin: "GH_HOST"))
        }
        if let address = layers.environment["GITHUB_API_URL"], !address.isEmpty {
            return try endpoint(apiURL: SettingValue(text: address, origin: "GITHUB_API_URL"))
        }
        return nil
    }

    // MARK: -

    private static func endpoint(apiURL value: SettingValue) throws(CommandFailure) -> GitHubEndpoint {
        do throws(EndpointError) { return try GitHubEndpoint(apiURL: value.text) } catch { throw value.refused(error) }
    }

    private static func endpoint(hostname value: SettingValue) throws(CommandFailure) -> GitHubEndpoint {
        do throws(EndpointError) { return try GitHubEndpoint(hostname: value.text) } catch {
            throw value.refused(error)
        }
    }

    private static func apiVersion(_ value: SettingValue?) throws(CommandFailure) -> String {
        guard let value else { return "2022-11-28" }
        guard value.text.count == 10, Timestamp(value.text + "T00:00:00Z") != nil else {
            throw value.invalid("is no API version", hint: "for example 2022-11-28")
        }
        return value.text
    }

    private static func concurrency(_ value: SettingValue?) throws(CommandFailure) -> Int {
        // Fewer than GitHub allows: others may use the token, and a third is as fast as a minute's points permit.
        guard let value else { return 32 }
        guard let number = Int(value.text), (1...100).contains(number) else {
            throw value.invalid("is no number from 1 to 100", hint: "GitHub allows 100 requests in flight")
        }
        return number
    }

    private static func pointsPerMinute(_ value: SettingValue?) throws(CommandFailure) -> Int {
        guard let value else { return RateLimits().pointsPerMinute }
        guard let number = Int(value.text), (1...1_000_000).contains(number) else {
            throw value.invalid("is no number from 1 to 1000000", hint: "GitHub allows 900 a minute")
        }
        return number
    }

    private static func waitMax(_ value: SettingValue?) throws(CommandFailure) -> Duration {
        guard let value else { return RateLimits().waitMax }
        guard let duration = Duration(text: value.text) else {
            throw value.invalid("is no duration", hint: "for example 90s, 30m or 2h")
        }
        return duration
    }

    private static func trust(_ value: SettingValue) throws(CommandFailure) -> TrustedCertificates {
        guard let pem = FileManager.default.contents(atPath: value.text) else {
            throw value.invalid("can't be read", hint: "name a file of certificates, in PEM")
        }
        guard let trust = TrustedCertificates(pem: Array(pem)) else {
            throw value.invalid("holds no certificate", hint: "it must hold one or more, in PEM")
        }
        return trust
    }
}

extension SettingValue {
    fileprivate func refused(_ error: EndpointError) -> CommandFailure {
        .usage("\(origin): \(error)", hint: error.hint)
    }
}
