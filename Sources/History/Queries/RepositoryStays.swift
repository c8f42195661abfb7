import GRDB

/// In which organizations repositories were, and from which scan to before which.
struct RepositoryStays {
    /// A time in one organization.
    struct Stay {
        let organization: Int64
        /// As it was called last in that time.
        var fullName: String
        /// Ids of scans, of its own and of others.
        var scans: Range<Int64>
    }

    /// By the repository's row id, in the order of time.
    private var all: [Int64: [Stay]] = [:]

    /// - Parameters:
    ///   - repositories: their row ids.
    ///   - scan: the last scan that counts.
    init(_ db: Database, of repositories: [Int64], upTo scan: Int64) throws {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT x.repositoryID, x.organizationID, x.owner || '/' || x.name, x.scanID
                FROM json_each(?1) e JOIN repositoryObservation x ON x.repositoryID = e.value
                WHERE x.scanID <= ?2 AND x.scanID IN (SELECT scanID FROM seal)
                ORDER BY x.repositoryID, x.scanID, x.id
                """,
            arguments: ["[" + Set(repositories).map(String.init).joined(separator: ",") + "]", scan])
        while let row = try rows.next() {
            let repository: Int64 = try row.decode(atIndex: 0)
            let organization: Int64 = try row.decode(atIndex: 1)
            let (name, scan): (String, Int64) = try (row.decode(atIndex: 2), row.decode(atIndex: 3))
            var stays = all.removeValue(forKey: repository) ?? []
            if let last = stays.indices.last {
                if stays[last].organization == organization {
                    stays[last].fullName = name
                } else {
                    stays[last].scans = stays[last].scans.lowerBound..<scan
                    stays.append(Stay(organization: organization, fullName: name, scans: scan..<Int64.max))
                }
            } else {
                stays.append(Stay(organization: organization, fullName: name, scans: scan..<Int64.max))
            }
            all[repository] = stays
        }
    }

    /// Row ids of the organizations in which it was, each once.
    func organizations(of repository: Int64) -> Set<Int64> { Set((all[repository] ?? []).map(\.organization)) }

    /// - Parameters: row ids.
    func of(_ repository: Int64, in organization: Int64) -> [Stay] {
        (all[repository] ?? []).filter { $0.organization == organization && !$0.scans.isEmpty }
    }
}
