import AuditCore
import GitHubAPI
import Synchronization

/// Organizations that are read one after the other, since one credential reads them all.
struct OrganizationQueue: Sendable {
    let github: GitHubClient
    var logins: [OrganizationLogin]

    /// One for each credential, in the order of their first organizations. An app has a credential in each organization.
    static func all(of logins: [OrganizationLogin], _ clients: GitHubClients) -> [OrganizationQueue] {
        var queues: [OrganizationQueue] = []
        var indexes: [ObjectIdentifier: Int] = [:]
        for login in logins {
            let github = clients.client(for: login)
            if github.isOneCredential, let index = indexes[ObjectIdentifier(github)] {
                queues[index].logins.append(login)
            } else {
                indexes[ObjectIdentifier(github)] = queues.count
                queues.append(OrganizationQueue(github: github, logins: [login]))
            }
        }
        return queues
    }

    /// What came of it.
    struct End: Sendable {
        /// Why not everything was asked; `nil` if it was.
        private(set) var stop: ScanStop?
        /// Whether nothing more can be asked, of any organization.
        private(set) var isOver = false
        private var count = 0
        /// Of its organizations, those that were stopped in the middle or never begun for that.
        private var stopped = 0

        mutating func note(_ stop: ScanStop?) {
            count += 1
            guard let stop else { return }
            stopped += 1
            let isOfOrganization = stop.refusal?.isOfOrganization == true
            // What ends all of it says more than what ended one organization.
            if self.stop == nil || (!isOver && !isOfOrganization) { self.stop = stop }
            if !isOfOrganization { isOver = true }
        }

        fileprivate var isWhole: Bool { stopped == count }
    }

    /// What the ends of all mean for the whole: what waits can be resumed, and if all were stopped nothing more could be
    /// read. What stops some of several credentials, or some of several organizations alone, leaves these incomplete.
    static func stop(_ ends: [End]) -> ScanStop? {
        if ends.count == 1 { return ends[0].isOver || ends[0].isWhole ? ends[0].stop : nil }
        if ends.contains(where: { $0.stop == .waitExhausted }) { return .waitExhausted }
        return ends.allSatisfy(\.isWhole) ? ends.first?.stop : nil
    }
}

/// Which organizations were met, whatever names they were asked for by.
final class CrawledOrganizations: Sendable {
    private let known = Mutex<Set<OrganizationID>>([])

    /// - Returns: false if it was met before.
    func insert(_ id: OrganizationID) -> Bool { known.withLock { $0.insert(id).inserted } }
}
