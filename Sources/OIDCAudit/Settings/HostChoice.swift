import AuditCore
import Foundation
import GitHubAPI
import History

/// The host of a command that uses no network: the one that was given, or the only one of which the history holds what the
/// command looks for.
///
/// A command that uses the network never takes its host from a history: whoever can write the file would choose where the
/// token goes.
struct HostChoice {
    /// What a command looks for.
    enum Content {
        case scans
        /// Scans that run or were interrupted too.
        case anyScans
        case changes

        func isHeld(of host: StoredHost) -> Bool {
            switch self {
            case .scans: host.scans > 0
            case .anyScans: host.scans + host.openScans > 0
            case .changes: host.changesets > 0
            }
        }

        var words: String {
            switch self {
            case .scans: "finished scans"
            case .anyScans: "scans"
            case .changes: "changes"
            }
        }
    }

    /// `nil`: none was given.
    let given: String?

    init(_ options: HostOptions, _ environment: [String: String]) throws(CommandFailure) {
        given = try options.given(environment)?.description
    }

    /// - Parameter reference: the scan that is meant; one that is named by its number says its host too.
    /// - Throws: where none was given and the history holds several; where it holds nothing of the one that was given, but
    ///   something of another.
    func apiURL(
        in history: HistoryStore, holding content: Content = .scans, of reference: ScanReference? = nil,
    ) async throws(CommandFailure) -> String {
        let hosts = try await Self.hosts(of: content, in: history)
        if let given {
            guard hosts.isEmpty || hosts.contains(given) else {
                throw .usage(
                    "the history \(history.path) holds no \(content.words) of \(given)",
                    hint: Self.hint(hosts, holding: content))
            }
            return given
        }
        guard hosts.count > 1 else { return hosts.first ?? GitHubEndpoint.gitHub.description }
        if case .id(let id) = reference,
            let host = try await usingHistory({ () async throws(HistoryError) in try await history.apiURL(of: id) })
        {
            return host
        }
        // Nobody means a mistyped host, of which nothing was ever read.
        let read = try await Self.hosts(of: content, in: history, wasRead: true)
        if read.count == 1 { return read[0] }
        throw .usage(
            "the history \(history.path) holds \(content.words) of several hosts: \(hosts.joined(separator: ", "))",
            hint: "choose one: --api-url \(hosts[0].shellQuoted)")
    }

    /// Addresses of the hosts of which a history holds something.
    ///
    /// - Parameter wasRead: whether only those count of which something was ever read or written.
    static func hosts(
        of content: Content, in history: HistoryStore, wasRead: Bool = false,
    ) async throws(CommandFailure) -> [String] {
        try await usingHistory { () async throws(HistoryError) in try await history.hosts() }
            .filter { content.isHeld(of: $0) && ($0.wasRead || $0.changesets > 0 || !wasRead) }.map(\.apiURL)
    }

    /// What to say where the host that was given is not among some others.
    static func hint(_ hosts: [String], holding content: Content) -> String {
        "it holds \(content.words) of \(hosts.joined(separator: ", ")): add --api-url \(hosts.first?.shellQuoted ?? "URL")"
    }
}

extension CommandContext {
    /// A hint at the hosts that a history holds, for a command that uses the network and failed at another one.
    ///
    /// - Returns: `nil` if it holds something of that one, or nothing, or can't be read, or is not there.
    func hintAtOtherHosts(
        than apiURL: String, holding content: HostChoice.Content, in path: String,
    ) async -> String? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let hosts = try? await withHistory(path, for: .reading) { history throws(CommandFailure) in
            try await HostChoice.hosts(of: content, in: history)
        }
        guard let hosts, !hosts.isEmpty, !hosts.contains(apiURL) else { return nil }
        return
            "the history \(path) holds \(content.words) of \(hosts.joined(separator: ", ")): add --api-url \(hosts[0].shellQuoted)"
    }

    /// That no token was given for a host; names others of which the history holds scans.
    func tokenMissing(_ connection: ConnectionSettings, _ historyPath: String) async -> CommandFailure {
        var failure = CommandFailure.tokenMissing(for: connection.endpoint.hostname)
        let source = CredentialSource(endpoint: connection.endpoint, context: self)
        failure.add(hint: AppSource(source: source, options: connection.options).hint)
        failure.add(
            hint: await hintAtOtherHosts(than: connection.endpoint.description, holding: .scans, in: historyPath))
        return failure
    }
}
