package import AuditCore
import Crypto
import Foundation
import GRDB

extension HistoryStore {
    /// Says what a pruning would remove, or removes it.
    ///
    /// The newest scan of each organization and scope always stays, and the newest that was complete.
    ///
    /// - Parameters:
    ///   - apiURL: of the host whose scans go.
    ///   - moment: scans that began before it go.
    ///   - keepsMonthly: whether the last scan of each month and organization stays all the same.
    ///   - isRehearsal: whether everything is put back in the end.
    package func prune(
        apiURL: String, before moment: Timestamp, keepsMonthly: Bool, isRehearsal: Bool,
    ) async throws(HistoryError) -> PruneSummary {
        let size = try await read(Self.fileBytes)
        let path = path
        // A rehearsal is the real thing, taken back: what it says is what would happen.
        var pruning = try await write { db in
            var pruning: PruneSummary?
            try db.inSavepoint {
                pruning = try Pruner(db, path: path).prune(
                    apiURL: apiURL, before: moment, keepsMonthly: keepsMonthly, bytesBefore: size)
                return isRehearsal ? .rollback : .commit
            }
            return pruning ?? PruneSummary(scans: [], keptScans: 0, rows: 0, bytesBefore: size)
        }
        guard !isRehearsal, !pruning.scans.isEmpty else { return pruning }
        pruning.isDone = true
        // What is removed is removed, whether or not the file can shrink now.
        do throws(HistoryError) {
            try await vacuum()
            pruning.bytesAfter = try await read(Self.fileBytes)
        } catch {
            pruning.whyNotSmaller = error.description
        }
        return pruning
    }
}

/// Removes scans, but for the rows on which later ones build, and seals what remains of them by a checkpoint.
struct Pruner {
    private let db: Database
    private let path: String

    init(_ db: Database, path: String) {
        self.db = db
        self.path = path
    }

    func prune(apiURL: String, before moment: Timestamp, keepsMonthly: Bool, bytesBefore: Int) throws -> PruneSummary {
        let scans = try Int64.fetchAll(
            db,
            sql: """
                SELECT s.id FROM scan s JOIN seal l ON l.scanID = s.id JOIN host h ON h.id = s.hostID
                WHERE h.apiURL = ?3 AND s.startedAt < ?1 AND s.id NOT IN (SELECT scanID FROM prunedScan)
                    AND s.id NOT IN (\(Self.newest(by: "so.organizationID, so.login")))
                    AND NOT (?2 AND s.id IN (\(Self.newest(by: "so.organizationID, so.login, substr(k.startedAt, 1, 7)"))))
                ORDER BY s.id
                """,
            arguments: [moment.description, keepsMonthly, apiURL])
        let kept = try Int.fetchOne(
            db, sql: "SELECT count(*) FROM seal WHERE scanID NOT NULL AND scanID NOT IN (SELECT scanID FROM prunedScan)"
        )
        var pruning = PruneSummary(
            scans: scans.map(ScanID.init), keptScans: (kept ?? 0) - scans.count, rows: 0, bytesBefore: bytesBefore)
        guard !scans.isEmpty else { return pruning }

        // A checkpoint signs what remains: what was altered must not become what was sealed.
        if let problem = try Verifier(db, path: path).verification(expected: nil).problem {
            throw HistoryError.altered(path: path, problem.description)
        }
        try db.execute(sql: "INSERT INTO pruning DEFAULT VALUES")
        // The checkpoint's content names them, and its link comes last.
        let place = try (Int64.fetchOne(db, sql: "SELECT max(id) FROM seal") ?? 0) + 1
        try db.execute(sql: "PRAGMA defer_foreign_keys = TRUE")
        for scan in scans {
            try db.execute(sql: "INSERT INTO prunedScan (scanID, sealID) VALUES (?, ?)", arguments: [scan, place])
        }
        pruning.rows = try removeRows()
        guard let content = try Self.checkpointContent(db) else {
            throw HistoryError.altered(path: path, "what is to remain is not of its form")
        }
        pruning.checkpoint = try Sealer(db, path: path).append(nil, content: content).digest
        try db.execute(sql: "DELETE FROM pruning")
        return pruning
    }

    /// The newest scans by some columns of `so` and `k`: those of each scope, so that a narrow one does not stand for the
    /// organization, and those that were complete, where the newest was not. Newest by the chain, whatever clocks said.
    private static func newest(by columns: String) -> String {
        let scans = """
            scanOrganization so JOIN scan k ON k.id = so.scanID JOIN seal n ON n.scanID = k.id WHERE k.state = 'sealed'
            """
        return """
            SELECT scanID FROM seal WHERE id IN (
                SELECT max(n.id) FROM \(scans) GROUP BY k.scope, \(columns)
                UNION SELECT max(n.id) FROM \(scans) AND k.isComplete GROUP BY k.scope, \(columns))
            """
    }

    /// In the order of the chain.
    static func prunedScans(_ db: Database) throws -> [Int64] {
        try Int64.fetchAll(
            db, sql: "SELECT p.scanID FROM prunedScan p LEFT JOIN seal l ON l.scanID = p.scanID ORDER BY l.id, p.scanID"
        )
    }

    /// SHA-256 of the pruned scans' numbers and of what remains of them; `nil` if that could be taken for other records.
    static func checkpointContent(_ db: Database) throws -> String? {
        let scans = try prunedScans(db)
        var hash = SHA256()
        hash.update(data: Data(checkpointLine(scans.map(String.init).joined(separator: ",")).utf8))
        var lines = EvidenceLines(db)
        for scan in scans {
            let link = try SealRecord.filter(Column("scanID") == scan).fetchOne(db)
            _ = try lines.content(of: scan, version: link?.version ?? EvidenceKind.version) { hash.update(data: $0) }
        }
        guard lines.malformed == nil else { return nil }
        return hash.finalize().hexadecimal
    }

    /// What a checkpoint's content begins with.
    ///
    /// - Parameter scans: numbers in the order of the chain, with commas between them.
    static func checkpointLine(_ scans: String) -> String {
        #"{"record":"checkpoint","pruned":[\#(scans)]}"# + "\n"
    }

    // MARK: -

    /// - Returns: how many rows of evidence went.
    private func removeRows() throws -> Int {
        var removed = 0
        for table in ["scanOrganization", "organizationTally", "scanProgress"] {
            try db.execute(sql: "DELETE FROM \(table) WHERE scanID IN (SELECT scanID FROM prunedScan)")
            removed += db.changesCount
        }
        // What is open may yet be sealed, and stands on what is below it.
        try db.execute(
            sql: """
                CREATE TEMP TABLE keptScan AS
                SELECT id FROM scan WHERE id NOT IN (SELECT scanID FROM prunedScan);
                CREATE UNIQUE INDEX temp.keptScan_id ON keptScan(id);
                """)
        for (table, identity, state, end) in [
            ("settingObservation", "repositoryID", nil, "<"), ("repositoryObservation", "repositoryID", nil, "<"),
            ("coverage", "repositoryID", nil, "<"),
            // What stood open just before a scan is asked for too, and what was fixed once and is back.
            ("finding", "hostID, policyName, ruleID, repositoryID, organizationID, waiver", "isOpen, problems", "<="),
        ] as [(String, String, String?, String)] {
            let order = "ORDER BY scanID, id"
            let nextSame = state.map { "lead(scanID) OVER (PARTITION BY \(identity), \($0) \(order))" } ?? "0"
            let obsolete = """
                SELECT id FROM (
                    SELECT id, scanID, lead(scanID) OVER (PARTITION BY \(identity) \(order)) AS nextScanID,
                        \(nextSame) AS nextSame
                    FROM \(table)) row
                WHERE scanID IN (SELECT scanID FROM prunedScan) AND nextScanID NOT NULL AND nextSame NOT NULL
                    AND NOT EXISTS (SELECT 1 FROM keptScan k WHERE k.id >= row.scanID AND k.id \(end) row.nextScanID)
                """
            if table == "settingObservation" {
                try db.execute(sql: "DELETE FROM settingValidator WHERE settingObservationID IN (\(obsolete))")
            }
            try db.execute(sql: "DELETE FROM \(table) WHERE id IN (\(obsolete))")
            removed += db.changesCount
        }
        try db.execute(sql: "DROP TABLE temp.keptScan")
        try db.execute(
            sql: """
                DELETE FROM sealChecks WHERE sealID IN (
                    SELECT id FROM seal WHERE scanID IN (SELECT scanID FROM prunedScan))
                """)
        return removed
    }
}
