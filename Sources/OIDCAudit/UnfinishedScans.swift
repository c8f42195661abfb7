import AuditCore
import History

extension Snapshot {
    /// Marks the organizations of which a later scan read some and never came to its end: what it saw is not judged, and
    /// what was seen before does not stand for today.
    ///
    /// - Parameter scans: those that this is made of. They were asked for as the newest.
    mutating func noteUnfinished(
        after scans: [StoredScan], in history: HistoryStore,
    ) async throws(CommandFailure) {
        for index in organizations.indices {
            let organization = OrganizationReference(login: organizations[index].login, id: organizations[index].id)
            guard organizations[index].staleness == nil,
                let scan = scans.first(where: { scan in
                    scan.organizations.contains { $0.login.isExactlyIgnoringCase(organization.login) }
                })
            else { continue }
            let later = try await usingHistory { () async throws(HistoryError) in
                try await history.unfinishedScan(after: scan, of: organization)
            }
            guard let later else { continue }
            organizations[index].staleness =
                "scan #\(later.id.rawValue), which began at \(later.startedAt), was not finished: scan again, with --resume "
                + "within 24 h"
        }
    }
}
