extension Snapshot {
    /// Scans of several organizations as one: each organization as its own scan saw it, and coverage summed.
    ///
    /// It is as old as the oldest of them, by start and by end.
    ///
    /// - Parameters:
    ///   - parts: at least one, all of one host and one scope; of each the organizations that are taken from it.
    ///   - missing: logins of organizations without a scan; with any of them the whole is incomplete.
    ///   - logins: the order of the organizations.
    package init(
        joining parts: [(scan: StoredScan, snapshot: Snapshot)], missing: [String] = [], inOrderOf logins: [String],
    ) {
        precondition(!parts.isEmpty, "something must be joined")
        self = parts[0].snapshot
        scanID = nil
        stop = nil
        startedAt = parts.map(\.snapshot.startedAt).min() ?? startedAt
        finishedAt = parts.map(\.snapshot.finishedAt).min() ?? finishedAt
        requests = parts.reduce(into: RequestCounts()) { sum, part in
            sum.sent += part.snapshot.requests.sent
            sum.notModified += part.snapshot.requests.notModified
            sum.retried += part.snapshot.requests.retried
            sum.waited += part.snapshot.requests.waited
        }
        let seen = parts.flatMap { part in
            part.snapshot.organizations.map { organization in
                var organization = organization
                organization.scan = part.scan.side
                return organization
            }
        }
        let unseen = missing.map { login in
            let why = "no finished scan of it is in the history"
            return OrganizationSnapshot(
                login: login, id: nil, template: .unreadable(UnreadableReason(.notRead, why)),
                listing: Listing(status: .partial, listed: 0, expected: nil, error: why), repositories: [])
        }
        let places = Dictionary(
            logins.enumerated().map { ($1.lowercased(), $0) }, uniquingKeysWith: { first, _ in first })
        organizations = (seen + unseen).enumerated()
            .map { (place: places[$1.login.lowercased()] ?? $0, organization: $1) }
            .enumerated().sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
            .map(\.element.organization)
    }
}

extension OrganizationSnapshot {
    /// Of which scan it is, where a report is of several; without a final stop.
    package var provenance: String? {
        scan.map { "\(login) is as scan \($0.id.rawValue) of \($0.startedAt) saw it" }
    }
}
