import Foundation
import GRDB

/// Closes the evidence of scans, each with a link of the chain.
struct Sealer {
    private let db: Database
    /// Of the file, beside which the locks are.
    private let path: String

    init(_ db: Database, path: String) {
        self.db = db
        self.path = path
    }

    /// Closes a scan, and before it those that ended early and on whose rows it builds: nobody goes on with them now.
    ///
    /// - Parameters:
    ///   - version: of the records.
    ///   - origin: what another history first sealed the scan by.
    /// - Returns: the scan's link.
    @discardableResult
    func seal(
        _ scanID: Int64, version: Int = EvidenceKind.version, origin: SealRecord.Origin? = nil,
    ) throws -> SealRecord {
        for foundation in try foundations(of: scanID) {
            if isRunning(foundation) {
                try copyRows(of: foundation, to: scanID)
            } else {
                _ = try append(foundation, version: EvidenceKind.version, origin: nil)
            }
        }
        return try append(scanID, version: version, origin: origin)
    }

    /// - Parameter scanID: `nil` for a checkpoint.
    @discardableResult
    func append(
        _ scanID: Int64?, version: Int = EvidenceKind.version, content: String, origin: SealRecord.Origin? = nil,
    ) throws -> SealRecord {
        let seal = try SealRecord(
            scanID: scanID, version: version, content: content, origin: origin, previous: SealRecord.head(db))
        try seal.insert(db)
        return seal
    }

    // MARK: -

    private func append(_ scanID: Int64, version: Int, origin: SealRecord.Origin?) throws -> SealRecord {
        var lines = EvidenceLines(db)
        let (content, checks) = try lines.content(of: scanID, version: version)
        let seal = try append(scanID, version: version, content: content, origin: origin)
        try db.execute(
            sql: "INSERT INTO sealChecks (sealID, checks) VALUES (?, ?)",
            arguments: [db.lastInsertedRowID, Data(checks)])
        return seal
    }

    /// Scans without a link on whose rows the state of a scan rests.
    private func foundations(of scanID: Int64) throws -> [Int64] {
        let hasRows = Self.observations.map { "EXISTS (SELECT 1 FROM \($0) WHERE scanID = scan.id)" }
        let open = try Int64.fetchAll(
            db,
            sql: """
                SELECT id FROM scan WHERE id < ? AND id NOT IN (SELECT scanID FROM seal WHERE scanID NOT NULL)
                    AND (\(hasRows.joined(separator: " OR ")))
                ORDER BY id
                """,
            arguments: [scanID])
        return try open.filter { scan in
            try Self.observations.contains { table in
                try Bool.fetchOne(
                    db, sql: "SELECT EXISTS (\(Self.lastRows(of: table)))", arguments: [scan, scanID]) == true
            }
        }
    }

    /// Tables that say how a repository stood.
    static let observations = [
        RepositoryRecord.databaseTableName, SettingRecord.databaseTableName, CoverageRecord.databaseTableName,
    ]

    /// Rows of scan `?1` that give the state at the later scan `?2` of repositories of its organizations.
    static func lastRows(of table: String) -> String {
        """
        SELECT x.id FROM \(table) x WHERE x.scanID = ?1
            AND x.id = \(LastRow.sql(in: table, of: "x.repositoryID", upTo: "?2"))
            AND \(RepositoryRecord.last("organizationID", of: "x.repositoryID", upTo: "?2"))
                IN (SELECT organizationID FROM scanOrganization WHERE scanID = ?2)
        """
    }

    private func isRunning(_ scanID: Int64) -> Bool {
        (try? HistoryLock(database: path, scan: scanID, logins: [])) == nil
    }

    /// So that the scan rests on rows of its own where those of a scan that runs yet would not be sealed.
    private func copyRows(of foundation: Int64, to scanID: Int64) throws {
        for table in Self.observations {
            let columns = try db.columns(in: table).map(\.name).filter { $0 != "id" && $0 != "scanID" }
                .joined(separator: ", ")
            try db.execute(
                sql: """
                    INSERT INTO \(table) (scanID, \(columns))
                    SELECT ?2, \(columns) FROM \(table) WHERE id IN (\(Self.lastRows(of: table))) ORDER BY id
                    """,
                arguments: [foundation, scanID])
        }
    }
}
