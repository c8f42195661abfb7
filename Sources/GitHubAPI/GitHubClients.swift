package import AuditCore

/// What a command asks with, where organizations have credentials of their own.
package struct GitHubClients: Sendable {
    /// For all organizations without a credential of their own.
    package let standard: GitHubClient
    /// By the organization's login in lower case; organizations with one credential have one client.
    private let own: [String: GitHubClient]
    /// What all credentials share.
    package let slots: RequestSlots

    /// - Parameter own: by the organization's login, whatever its case.
    package init(_ standard: GitHubClient, own: [String: GitHubClient] = [:], slots: RequestSlots = RequestSlots()) {
        self.standard = standard
        self.own = Dictionary(own.map { ($0.key.lowercased(), $0.value) }, uniquingKeysWith: { first, _ in first })
        self.slots = slots
    }

    package func client(for login: OrganizationLogin) -> GitHubClient {
        own[login.rawValue.lowercased()] ?? standard
    }

    /// Each once.
    private var all: [GitHubClient] {
        own.values.reduce(into: [standard]) { clients, client in
            if !clients.contains(where: { $0 === client }) { clients.append(client) }
        }
    }

    /// As of one client: what was asked so far. Of waits, the longest counts: those of several credentials pass at once.
    package var requestCounts: RequestCounts {
        all.reduce(into: RequestCounts()) { counts, client in
            let other = client.requestCounts
            counts.sent += other.sent
            counts.notModified += other.notModified
            counts.retried += other.retried
            counts.waited = max(counts.waited, other.waited)
        }
    }

    /// Whether a secondary rate limit refused a request.
    package var wasRefused: Bool { all.contains(where: \.wasRefused) }

    /// The rate limits that are waited for now, the longest first.
    package var currentWaits: [RateLimitWait] {
        all.flatMap(\.currentWaits).sorted { $0.remaining > $1.remaining }
    }

    /// How many credentials are in use at once.
    package var credentials: Int { slots.users }
}
