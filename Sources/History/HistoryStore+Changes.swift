public import AuditCore
import GRDB

/// How the texts of the journal that are documents are written and read.
public struct JournalDocuments: Sendable {
    /// Reads a plan; what it throws is a damaged history.
    public var plan: @Sendable (String) throws -> Plan
    /// Reads what was read back of a target, likewise.
    public var value: @Sendable (String, PlannedChange.Target) throws -> PlannedChange.Value

    public init(
        plan: @escaping @Sendable (String) throws -> Plan,
        value: @escaping @Sendable (String, PlannedChange.Target) throws -> PlannedChange.Value,
    ) {
        self.plan = plan
        self.value = value
    }
}

/// Keeps others from applying changes by the same history, as long as it lives.
public final class ChangeLock: Sendable {
    private let lock: HistoryLock

    init(_ lock: HistoryLock) {
        self.lock = lock
    }
}

/// The journal of what was written to GitHub.
extension HistoryStore {
    /// - Throws: `.changesRunning` where another process applies changes.
    public func lockChanges() throws(HistoryError) -> ChangeLock {
        do {
            return ChangeLock(try HistoryLock(changing: path))
        } catch HistoryError.scanRunning {
            throw .changesRunning(path: path)
        } catch let error as HistoryError {
            throw error
        } catch {
            throw .cannotOpen(path: path, "\(error)")
        }
    }

    /// Begins a set of changes, before any of them is made.
    ///
    /// - Parameter document: of the plan, whose digest it states.
    public func beginChangeset(
        _ kind: Changeset.Kind, planDigest: String, document: String, apiURL: String, actor: String?,
        undoes: ChangesetID? = nil, toolVersion: String, at now: Timestamp,
    ) async throws(HistoryError) -> ChangesetID {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO changeset (hostID, kind, startedAt, actor, planDigest, plan, undoes, toolVersion)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    Self.hostID(apiURL, db), kind.rawValue, now.description, actor, planDigest, document,
                    undoes?.rawValue, toolVersion,
                ])
            return ChangesetID(rawValue: db.lastInsertedRowID)
        }
    }

    /// Notes that a change is about to be written. It is on the disk when this returns.
    public func noteIntent(_ place: Int, of changeset: ChangesetID, at now: Timestamp) async throws(HistoryError) {
        try await write { db in
            try db.execute(
                sql: "INSERT INTO changeIntent (changesetID, place, intendedAt) VALUES (?, ?, ?)",
                arguments: [changeset.rawValue, place, now.description])
        }
    }

    /// - Parameter found: the document of `outcome.found`.
    public func noteOutcome(
        _ outcome: ChangeOutcome, found: String? = nil, _ place: Int, of changeset: ChangesetID, at now: Timestamp,
    ) async throws(HistoryError) {
        try await write { db in
            try db.execute(
                sql: """
                    INSERT INTO changeOutcome (changesetID, place, concludedAt, outcome, message, found, lastIntentID)
                    VALUES (?1, ?2, ?3, ?4, ?5, ?6, (
                        SELECT coalesce(max(id), 0) FROM changeIntent WHERE changesetID = ?1 AND place = ?2))
                    """,
                arguments: [changeset.rawValue, place, now.description, outcome.name, outcome.message, found])
        }
    }

    /// What the journal holds of a host's changes, the newest first.
    ///
    /// - Parameter id: of one alone; `nil`: all.
    public func changesets(
        apiURL: String, _ id: ChangesetID? = nil, reading documents: JournalDocuments,
    ) async throws(HistoryError) -> [Changeset] {
        try await self.read { db in
            try Row.fetchAll(
                db, sql: "\(Changeset.selection) AND (?2 IS NULL OR c.id = ?2) ORDER BY c.id DESC",
                arguments: [apiURL, id?.rawValue]
            ).map { row in try Changeset(row, db, documents) }
        }
    }

    /// The newest changes that are not done, and were not rolled back.
    ///
    /// - Parameter planDigest: of the plan that they are of; `nil`: of any.
    public func unfinishedChangeset(
        apiURL: String, of planDigest: String? = nil, reading documents: JournalDocuments,
    ) async throws(HistoryError) -> Changeset? {
        try await self.read { db in
            // Plans can be large: one is read after another, until there is an unfinished one.
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    \(Changeset.selection) AND (?2 IS NULL OR c.planDigest = ?2)
                        AND NOT EXISTS (SELECT 1 FROM changeset WHERE undoes = c.id) ORDER BY c.id DESC
                    """,
                arguments: [apiURL, planDigest])
            while let row = try rows.next() {
                let changeset = try Changeset(row, db, documents)
                if changeset.entries.contains(where: \.isOpen) { return changeset }
            }
            return nil
        }
    }

    /// When changes were about to be written since a moment, oldest first.
    public func writes(apiURL: String, since moment: Timestamp) async throws(HistoryError) -> [Timestamp] {
        try await read { db in
            try String.fetchAll(
                db,
                sql: """
                    SELECT i.intendedAt FROM changeIntent i JOIN changeset c ON c.id = i.changesetID
                    JOIN host h ON h.id = c.hostID WHERE h.apiURL = ? AND i.intendedAt >= ? ORDER BY i.intendedAt
                    """,
                arguments: [apiURL, moment.description]
            ).map { try timestamp($0) }
        }
    }
}

extension Changeset {
    /// The columns that `init` reads; `?1` is the host.
    fileprivate static let selection = """
        SELECT c.id, c.kind, c.startedAt, c.actor, c.planDigest, c.plan, c.undoes
        FROM changeset c JOIN host h ON h.id = c.hostID WHERE h.apiURL = ?1
        """

    fileprivate init(_ row: Row, _ db: Database, _ documents: JournalDocuments) throws {
        let id: Int64 = try row.decode(atIndex: 0)
        let plan = try documents.plan(row.decode(atIndex: 5))
        var entries = [Entry](repeating: Entry(), count: plan.changes.count)
        func place(_ row: Row) throws -> Int {
            let place: Int = try row.decode(atIndex: 0)
            guard entries.indices.contains(place) else {
                throw DatabaseError(
                    resultCode: .SQLITE_CORRUPT, message: "the journal tells of a change that is in no plan")
            }
            return place
        }
        var lastIntents = [Int64](repeating: 0, count: entries.count)
        let intents = try Row.fetchCursor(
            db, sql: "SELECT place, intendedAt, id FROM changeIntent WHERE changesetID = ? ORDER BY id", arguments: [id]
        )
        while let row = try intents.next() {
            let place = try place(row)
            entries[place].intendedAt = try timestamp(row.decode(atIndex: 1))
            lastIntents[place] = try row.decode(atIndex: 2)
        }
        let outcomes = try Row.fetchCursor(
            db,
            sql: """
                SELECT place, concludedAt, outcome, message, lastIntentID, found FROM changeOutcome
                WHERE changesetID = ? ORDER BY id
                """,
            arguments: [id])
        while let row = try outcomes.next() {
            let place = try place(row)
            entries[place].concludedAt = try timestamp(row.decode(atIndex: 1))
            let name: String = try row.decode(atIndex: 2)
            // Another word is a later version's: what it means is not known.
            let found = try row.decode(String?.self, atIndex: 5).map {
                try documents.value($0, plan.changes[place].target)
            }
            let outcome = try ChangeOutcome(name: name, message: row.decode(atIndex: 3), found: found) ?? .unknown(name)
            if outcome.mayBeWritten { entries[place].wasWritten = true }
            if let found { entries[place].found = found }
            // An intent after the last outcome has none of its own.
            let concluded: Int64 = try row.decode(atIndex: 4)
            entries[place].outcome = concluded >= lastIntents[place] ? outcome : nil
        }
        self.init(
            id: ChangesetID(rawValue: id), kind: Kind(rawValue: try row.decode(atIndex: 1)) ?? .apply,
            startedAt: try timestamp(row.decode(atIndex: 2)), actor: try row.decode(atIndex: 3),
            planDigest: try row.decode(atIndex: 4), plan: plan, entries: entries,
            undoes: try row.decode(Int64?.self, atIndex: 6).map(ChangesetID.init))
    }
}
