package import AuditCore
import GRDB

/// Why there is no interrupted scan to resume.
package enum NotResumable: Error, Hashable, Sendable {
    /// The last one came to its end, or is too old, or there was none.
    case none
    case otherScope(ScanID)
    /// Another one, which began later, has been through with one of its organizations.
    case overtaken(ScanID, by: ScanID)
}

/// A scan that has just begun, or goes on.
struct OpenScan {
    let scanID: Int64
    let hostID: Int64
    let lock: HistoryLock
    var resumedFrom: Timestamp?
    /// Why it does not go on with an interrupted one, where it was to.
    var notResumed: NotResumable?
    /// Row ids of repositories whose setting it has asked for.
    var read = RowIDSet()
    var requests = RequestCounts()

    /// A row that stays `running` until the scan ends.
    static func new(_ start: ScanStart, hostID: Int64, path: String, _ db: Database) throws -> OpenScan {
        try ScanRecord(start, hostID: hostID).insert(db)
        let scan = db.lastInsertedRowID
        try ProgressRecord(scanID: scan).insert(db)
        return OpenScan(
            scanID: scan, hostID: hostID, lock: try HistoryLock(database: path, scan: scan, logins: start.requested))
    }

    /// The newest scan of the same organizations that read anything, where it has the same scope, was never sealed and is
    /// not too old.
    ///
    /// - Returns: it is running again then; or why there is none.
    static func interrupted(
        like start: ScanStart, hostID: Int64, path: String, _ db: Database,
    ) throws -> Result<OpenScan, NotResumable> {
        let scans =
            try ScanRecord
            .filter(Column("hostID") == hostID)
            .filter(Column("startedAt") > start.startedAt.adding(seconds: -Self.resumableSeconds).description)
            .order(Column("id").desc)
            .fetchCursor(db)
        let wanted = Set(start.requested.map { $0.lowercased() })
        var json = JSONTextReader()
        while let found = try scans.next() {
            guard let scan = found.id, try Set(json.strings(found.requested).map { $0.lowercased() }) == wanted else {
                continue
            }
            let read = try ProgressRecord.fetchOne(db, key: scan)?.readRows ?? RowIDSet()
            // One that was refused, as while another one ran, leaves nothing to go on with, and hides none that does.
            if found.state != "sealed", read == RowIDSet() { continue }
            let id = ScanID(rawValue: scan)
            let hasScope = found.scope == JSONColumn.of(start.scope)
            guard found.state != "sealed" else {
                // One of another scope stands in the way of an older one, which is to be reported.
                if hasScope { return .failure(.none) } else { continue }
            }
            guard hasScope else { return .failure(.otherScope(id)) }
            // One that began later has been through an organization: what this one wrote now would change what it saw.
            let younger = try Int64.fetchOne(
                db,
                sql: """
                    SELECT min(so.scanID) FROM scanOrganization so JOIN scan s ON s.id = so.scanID, json_each(?1) wanted
                    WHERE so.scanID > ?2 AND s.hostID = ?3 AND so.login = wanted.value COLLATE NOCASE
                    """,
                arguments: [JSONColumn.of(start.requested), scan, hostID])
            if let younger { return .failure(.overtaken(id, by: ScanID(rawValue: younger))) }
            // The chain has gone on without it.
            guard try SealRecord.filter(Column("scanID") == scan).fetchOne(db) == nil else { return .failure(.none) }
            let begun = OpenScan(
                scanID: scan, hostID: hostID,
                lock: try HistoryLock(database: path, scan: scan, logins: start.requested),
                resumedFrom: try timestamp(found.startedAt), read: read, requests: found.requests)
            try begun.reopen(db)
            return .success(begun)
        }
        return .failure(.none)
    }

    /// An interrupted scan goes on for a day: what it read first must not be older than that beside what it reads last.
    private static let resumableSeconds: Int64 = 86_400

    /// What the scan recorded of organizations will be recorded again; the settings that it read stay.
    private func reopen(_ db: Database) throws {
        try db.execute(
            sql: "UPDATE scan SET state = 'running', stop = NULL, finishedAt = NULL WHERE id = ?", arguments: [scanID])
        try db.execute(sql: "DELETE FROM scanOrganization WHERE scanID = ?", arguments: [scanID])
    }
}
