import AuditCore
import GRDB

/// Writes records as rows of a scan.
final class RecordWriter {
    private let db: Database
    let scanID: Int64
    let hostID: Int64
    private var rows: [EvidenceField.Identity: [Int64: Int64]] = [:]
    private var listed = RowIDSet()
    private var read = RowIDSet()
    private var hasProgress = false

    /// - Parameter scan: the record of the scan itself, of which a row is made.
    init(_ db: Database, _ scan: EvidenceRecord, hostID: Int64) throws {
        self.db = db
        self.hostID = hostID
        let row = try Self.row(scan) { _ in hostID.databaseValue }
        try Self.insert(row.columns, row.values, into: scan.kind, db)
        scanID = db.lastInsertedRowID
    }

    func write(_ record: EvidenceRecord) throws {
        guard record.kind.name != EvidenceKind.progress.name else { return try note(record) }
        var row = try Self.row(record) { field in
            try field.identity.map { try rowID($0, record.integer(field.name)) } ?? .null
        }
        row.columns.append("scanID")
        row.values.append(scanID.databaseValue)
        if record.kind.hasHost {
            row.columns.append("hostID")
            row.values.append(hostID.databaseValue)
        }
        try Self.insert(row.columns, row.values, into: record.kind, db)
    }

    /// Stores which repositories the scan met, where it recorded that.
    func finish() throws {
        if hasProgress { try ProgressRecord(scanID: scanID, listed: listed, read: read).insert(db) }
    }

    /// The row of an organization or repository, made where there is none.
    func rowID(_ identity: EvidenceField.Identity, _ githubID: Int64?) throws -> DatabaseValue {
        guard let githubID else { return .null }
        if let known = rows[identity]?[githubID] { return known.databaseValue }
        let table = identity.rawValue
        let arguments: StatementArguments = [hostID, githubID]
        try db.cachedStatement(sql: "INSERT OR IGNORE INTO \(table) (hostID, githubID) VALUES (?, ?)")
            .execute(arguments: arguments)
        let row = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM \(table) WHERE hostID = ? AND githubID = ?"), arguments: arguments)
        rows[identity, default: [:]][githubID] = row
        return row?.databaseValue ?? .null
    }

    // MARK: -

    private func note(_ record: EvidenceRecord) throws {
        hasProgress = true
        guard let id = try Int64.fromDatabaseValue(rowID(.repository, record.integer("repository_id"))) else { return }
        if record["was_listed"] == true.databaseValue { listed.insert(try RowIDSet.checked(id)) }
        if record["was_read"] == true.databaseValue { read.insert(try RowIDSet.checked(id)) }
    }

    /// - Parameter reference: gives the row id that stands in the column of an identity.
    private static func row(
        _ record: EvidenceRecord, _ reference: (EvidenceField) throws -> DatabaseValue,
    ) throws -> (columns: [String], values: [DatabaseValue]) {
        // What an earlier version of the records has not is left to the column's default.
        let fields = record.kind.fields.prefix(record.values.count)
        return try (
            fields.map(\.column),
            zip(fields, record.values).map { field, value in field.identity == nil ? value : try reference(field) }
        )
    }

    private static func insert(
        _ columns: [String], _ values: [DatabaseValue], into kind: EvidenceKind, _ db: Database,
    ) throws {
        let places = columns.map { _ in "?" }.joined(separator: ", ")
        try db.cachedStatement(
            sql: "INSERT INTO \(kind.table) (\(columns.joined(separator: ", "))) VALUES (\(places))"
        ).execute(arguments: StatementArguments(values))
    }
}
