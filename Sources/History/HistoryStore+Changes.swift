package import AuditCore
import GRDB

/// How the texts of the journal that are documents are written and read.
package struct JournalDocuments: Sendable {
    /// Reads a plan; what it throws is a damaged history.
    package var plan: @Sendable (String) throws -> Plan
    /// Reads what was read back of a target, likewise.
    package var value: @Sendable (String, PlannedChange.Target) throws -> PlannedChange.Value

    package init(
        plan: @escaping @Sendable (String) throws -> Plan,
        value: @escaping @Sendable (String, PlannedChange.Target) throws -> PlannedChange.Value,
    ) {
        self.plan = plan
        self.value = value
    }
}

/// Keeps others from applying changes by the same history, as long as it lives.
package final class ChangeLock: Sendable {
    private let lock: HistoryLock

    init(_ lock: HistoryLock) {
        self.lock = lock
    }
}

/// The journal of what was written to GitHub.
extension HistoryStore {
    /// - Throws: `.changesRunning` where another process applies changes.
    package func lockChanges() throws(HistoryError) -> ChangeLock {
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
    package func beginChangeset(
        _ kind: Changeset.Kind, planDigest: String, document: String, apiURL: String, actor: String?,
        undoes: ChangesetID? = nil, toolVersion: String, at now: Timestamp,
    ) async throws(HistoryError) -> ChangesetID {
        try await write { db in
            var record = try ChangesetRecord(
                hostID: Self.hostID(apiURL, db), kind: kind.rawValue, startedAt: now.description, actor: actor,
                planDigest: planDigest, plan: document, undoes: undoes?.rawValue, toolVersion: toolVersion)
            try record.insert(db)
            return ChangesetID(rawValue: record.id ?? 0)
        }
    }

    /// Notes that a change is about to be written. It is on the disk when this returns.
    package func noteIntent(_ place: Int, of changeset: ChangesetID, at now: Timestamp) async throws(HistoryError) {
        try await write { db in
            try ChangeIntentRecord(changesetID: changeset.rawValue, place: place, intendedAt: now.description).insert(
                db)
        }
    }

    /// - Parameter found: the document of `outcome.found`.
    package func noteOutcome(
        _ outcome: ChangeOutcome, found: String? = nil, _ place: Int, of changeset: ChangesetID, at now: Timestamp,
    ) async throws(HistoryError) {
        try await write { db in
            let last =
                try ChangeIntentRecord
                .filter(Column("changesetID") == changeset.rawValue && Column("place") == place)
                .order(Column("id").desc).fetchOne(db)
            try ChangeOutcomeRecord(
                changesetID: changeset.rawValue, place: place, concludedAt: now.description, outcome: outcome.name,
                message: outcome.message, found: found, lastIntentID: last?.id ?? 0
            ).insert(db)
        }
    }

    /// What the journal holds of a host's changes, the newest first.
    ///
    /// - Parameter id: of one alone; `nil`: all.
    package func changesets(
        apiURL: String, _ id: ChangesetID? = nil, reading documents: JournalDocuments,
    ) async throws(HistoryError) -> [Changeset] {
        try await self.read { db in
            try ChangesetRecord.fetchAll(
                db, sql: "\(Changeset.selection) AND (?2 IS NULL OR c.id = ?2) ORDER BY c.id DESC",
                arguments: [apiURL, id?.rawValue]
            ).map { record in try Changeset(record, db, documents) }
        }
    }

    /// The newest changes that are not done, and were not rolled back.
    ///
    /// - Parameter planDigest: of the plan that they are of; `nil`: of any.
    package func unfinishedChangeset(
        apiURL: String, of planDigest: String? = nil, reading documents: JournalDocuments,
    ) async throws(HistoryError) -> Changeset? {
        try await self.read { db in
            // Plans can be large: one is read after another, until there is an unfinished one.
            let records = try ChangesetRecord.fetchCursor(
                db,
                sql: """
                    \(Changeset.selection) AND (?2 IS NULL OR c.planDigest = ?2)
                        AND NOT EXISTS (SELECT 1 FROM changeset WHERE undoes = c.id) ORDER BY c.id DESC
                    """,
                arguments: [apiURL, planDigest])
            while let record = try records.next() {
                let changeset = try Changeset(record, db, documents)
                if changeset.entries.contains(where: \.isOpen) { return changeset }
            }
            return nil
        }
    }

    /// When changes were about to be written since a moment, oldest first.
    package func writes(apiURL: String, since moment: Timestamp) async throws(HistoryError) -> [Timestamp] {
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
    /// Records of a host, `?1`.
    fileprivate static let selection = """
        SELECT c.* FROM changeset c JOIN host h ON h.id = c.hostID WHERE h.apiURL = ?1
        """

    fileprivate init(_ record: ChangesetRecord, _ db: Database, _ documents: JournalDocuments) throws {
        let plan = try documents.plan(record.plan)
        var entries = [Entry](repeating: Entry(), count: plan.changes.count)
        func checked(_ place: Int) throws -> Int {
            guard entries.indices.contains(place) else {
                throw DatabaseError(
                    resultCode: .SQLITE_CORRUPT,
                    message: "the journal holds change \(place + 1) of a plan that does not have it")
            }
            return place
        }
        let own = Column("changesetID") == record.id
        var lastIntents = [Int64](repeating: 0, count: entries.count)
        let intents = try ChangeIntentRecord.filter(own).order(Column("id")).fetchCursor(db)
        while let intent = try intents.next() {
            let place = try checked(intent.place)
            entries[place].intendedAt = try timestamp(intent.intendedAt)
            lastIntents[place] = intent.id ?? 0
        }
        let outcomes = try ChangeOutcomeRecord.filter(own).order(Column("id")).fetchCursor(db)
        while let concluded = try outcomes.next() {
            let place = try checked(concluded.place)
            entries[place].concludedAt = try timestamp(concluded.concludedAt)
            let found = try concluded.found.map { try documents.value($0, plan.changes[place].target) }
            // Another word is a later version's: what it means is not known.
            let outcome =
                ChangeOutcome(name: concluded.outcome, message: concluded.message, found: found)
                ?? .unknown(concluded.outcome)
            if outcome.mayBeWritten { entries[place].wasWritten = true }
            if let found { entries[place].found = found }
            // An intent after the last outcome has none of its own.
            entries[place].outcome = concluded.lastIntentID >= lastIntents[place] ? outcome : nil
        }
        self.init(
            id: ChangesetID(rawValue: record.id ?? 0), kind: Kind(rawValue: record.kind) ?? .apply,
            startedAt: try timestamp(record.startedAt), actor: record.actor, planDigest: record.planDigest, plan: plan,
            entries: entries, undoes: record.undoes.map(ChangesetID.init))
    }
}
