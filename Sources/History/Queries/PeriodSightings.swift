import AuditCore
import GRDB

/// Which scans of a period saw what findings are about: what no scan looked at stands as it stood.
struct PeriodSightings {
    private let own: PeriodScans
    /// Times in which a repository could not be read, by its row id.
    private let unread: [Int64: [Range<Int64>]]
    /// Row ids of repositories that a scan had a turn for, of scans that did not come to all of them.
    private let progress: [Int64: RowIDSet]
    /// Scans that could not read the organization's template.
    private let withoutTemplate: Set<Int64>
    /// What scans saw of them, by row id, oldest first: what is archived by then is left out by its scope.
    private let repositories: [Int64: [(scan: Int64, facts: Repository)]]

    /// - Parameter repositories: row ids of those that findings are about.
    init(_ reader: PeriodReader, _ own: PeriodScans, _ repositories: Set<Int64>, upTo last: Int64) throws {
        self.own = own
        let db = reader.db
        var unread: [Int64: [Range<Int64>]] = [:]
        for (repository, _, time) in try reader.unreadTimes(own, upTo: last) {
            unread[repository, default: []].append(time.from..<time.to)
        }
        self.unread = unread
        var progress: [Int64: RowIDSet] = [:]
        for scan in own.all {
            progress[scan.id.rawValue] = try ProgressRecord.fetchOne(db, key: scan.id.rawValue)?.readRows
        }
        self.progress = progress
        withoutTemplate = Set(
            try Int64.fetchAll(
                db,
                sql: """
                    SELECT scanID FROM scanOrganization
                    WHERE organizationID = ? AND scanID <= ? AND templateStatus = 'unreadable'
                    """,
                arguments: [own.rowID, last]))
        self.repositories = try Self.known(repositories, upTo: last, db)
    }

    private static func known(
        _ repositories: Set<Int64>, upTo last: Int64, _ db: Database,
    ) throws -> [Int64: [(scan: Int64, facts: Repository)]] {
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT r.githubID, \(RepositoryRecord.selection("x")) FROM json_each(?1) e
                JOIN repositoryObservation x ON x.repositoryID = e.value AND x.scanID <= ?2
                JOIN repository r ON r.id = e.value
                ORDER BY x.repositoryID, x.scanID
                """,
            arguments: ["[" + repositories.map(String.init).joined(separator: ",") + "]", last])
        var json = JSONTextReader()
        var known: [Int64: [(scan: Int64, facts: Repository)]] = [:]
        while let row = try rows.next() {
            var columns = RowReader(row)
            let id: Int64 = try columns.next()
            let record: RepositoryRecord = try columns.next()
            known[record.repositoryRowID, default: []].append(
                (record.scanID, try record.repository(githubID: id, &json)))
        }
        return known
    }

    /// Whether a scan looked at what a finding is about, and could read it.
    func saw(_ finding: FindingRecord, by scan: StoredScan) -> Bool {
        let number = scan.id.rawValue
        if finding.scanID == number { return true }
        guard scan.holds(own.organization.id) else { return false }
        guard let repository = finding.repositoryRowID else {
            return finding.organizationRowID == nil || !withoutTemplate.contains(number)
        }
        if unread[repository]?.contains(where: { $0.contains(number) }) ?? false { return false }
        if let read = progress[number], !read.contains(repository) { return false }
        let facts = repositories[repository]?.last { $0.scan <= number }?.facts
        return facts.map { !scan.scope.decide($0).isSkipped } ?? false
    }
}
