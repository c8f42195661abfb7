package import AuditCore
import Foundation
import GRDB

/// The memory of all scans: one SQLite file in WAL mode, readable by its owner alone.
package final class HistoryStore: Sendable {
    package let path: String
    private let pool: DatabasePool

    /// What the file is opened for.
    package enum Access: Sendable {
        /// Nothing is written, but that an older file is brought to the newest schema.
        case reading
        /// There must be a file.
        case changing
        /// It is made where there is none.
        case making
    }

    /// Opens the file and brings it to the newest schema.
    ///
    /// - Parameter wait: how long, at most, for another process that makes the file or brings it to a newer schema.
    /// - Throws: `HistoryError`; the file is left as it was.
    package init(
        path: String, for access: Access = .making, waitingAtMost wait: Duration = .seconds(10),
    ) throws(HistoryError) {
        self.path = path
        do {
            if access == .making { try Self.makeFolder(of: path) }
            guard access == .making || FileManager.default.fileExists(atPath: path) else {
                throw HistoryError.missing(path: path)
            }
            try HistoryLock.probe(path)
            if access == .reading, let reader = try? Self.currentReader(path) {
                pool = reader
                return
            }
            // Whoever else opens it for the first time waits, or would find it half made.
            let lock = try Self.lockOpening(path, for: access, wait)
            defer { withExtendedLifetime(lock) {} }
            // Now there is a file of which it can be asked.
            try HistoryLock.probe(path)
            if access == .making { try Self.makeFile(at: path) }
            // Looked at before it is opened for writing: another program's file must stay as it is.
            let reader = try Self.currentReader(path)
            if access == .reading, let reader {
                pool = reader
                return
            }
            try reader?.close()
            let writer = try DatabasePool(path: path, configuration: Self.configuration)
            try Schema.migrator.migrate(writer)
            pool = writer
        } catch {
            throw HistoryError(error, path: path)
        }
    }

    /// Begins a scan: a row that stays `running` until the recorder ends it.
    ///
    /// - Parameter resuming: whether to go on with the newest scan of the same organizations and scope, where that was
    ///   interrupted and began less than a day ago. Where there is none, a new one begins.
    /// - Throws: `.scanRunning` where the scan to go on with is still running.
    package func beginScan(_ start: ScanStart, resuming: Bool = false) async throws(HistoryError) -> ScanRecorder {
        let path = path
        let begun = try await write { db in
            let host = try Self.hostID(start.apiURL, db)
            guard resuming else { return try OpenScan.new(start, hostID: host, path: path, db) }
            switch try OpenScan.interrupted(like: start, hostID: host, path: path, db) {
            case .success(let interrupted): return interrupted
            case .failure(let why):
                var begun = try OpenScan.new(start, hostID: host, path: path, db)
                begun.notResumed = why
                return begun
            }
        }
        return ScanRecorder(store: self, begun, start)
    }

    /// What scans made of a policy's findings on a host, waived and fixed ones too.
    ///
    /// - Parameter scanID: the scan before which that was known; `nil`: now.
    package func knownFindings(
        apiURL: String, policyName: String, before scanID: ScanID? = nil,
    ) async throws(HistoryError) -> [FindingKey: KnownFinding] {
        try await read { db in
            guard let host = try Self.knownHostID(apiURL, db) else { return [:] }
            return try LastFinding.all(hostID: host, policyName: policyName, before: scanID?.rawValue ?? .max, db)
                .mapValues(\.known)
        }
    }

    /// The findings of a policy that stood open on a host after a scan and that no waiver covered, as a baseline holds
    /// them: with the problems that they had then.
    package func baselineEntries(
        after scanID: ScanID, apiURL: String, policyName: String,
    ) async throws(HistoryError) -> [FindingKey: Baseline.Entry] {
        try await read { db in
            guard let host = try Self.knownHostID(apiURL, db) else { return [:] }
            let findings = try LastFinding.all(
                hostID: host, policyName: policyName, before: scanID.rawValue + 1, db
            ).filter { $0.value.row.isOpen && !$0.value.row.isWaived }
            return try LastFinding.baselineEntries(findings, at: scanID.rawValue, db)
        }
    }

    /// The scan whose link in a chain has the digest: this chain, or the one that an import came from; `nil` if
    /// this history does not hold it.
    package func scan(withDigest digest: String) async throws(HistoryError) -> ScanID? {
        try await read { db in
            try Int64.fetchOne(
                db,
                sql: "SELECT scanID FROM seal WHERE scanID NOT NULL AND (digest = ?1 OR originDigest = ?1) ORDER BY id",
                arguments: [digest]
            ).map(ScanID.init)
        }
    }

    /// Organizations in the order in which a scan should read them: those first that no scan has found, then by the newest
    /// scan that did, so that a budget that is too small for all reaches each in its turn.
    ///
    /// - Parameter logins: without case.
    package func leastRecentlyFound(_ logins: [String], apiURL: String) async throws(HistoryError) -> [String] {
        try await read { db in
            let scans = try Int64?.fetchAll(
                db,
                sql: """
                    SELECT (
                        SELECT max(so.scanID) FROM scanOrganization so
                        JOIN scan s ON s.id = so.scanID JOIN host h ON h.id = s.hostID
                        WHERE h.apiURL = ?2 AND so.login = wanted.value COLLATE NOCASE AND so.organizationID IS NOT NULL)
                    FROM json_each(?1) wanted ORDER BY wanted.key
                    """,
                arguments: [JSONColumn.of(logins), apiURL])
            return zip(logins, scans).enumerated()
                .sorted { ($0.element.1 ?? 0, $0.offset) < ($1.element.1 ?? 0, $1.offset) }
                .map(\.element.0)
        }
    }

    /// The scan as it was observed.
    ///
    /// - Parameters:
    ///   - organizations: which, in the scan's order; `nil`: all.
    ///   - withRepositories: whether the repositories are wanted too.
    package func snapshot(
        of scanID: ScanID, organizations: [OrganizationReference]? = nil, withRepositories: Bool = true,
    ) async throws(HistoryError) -> Snapshot {
        try await read { db in
            var reader = SnapshotReader(
                db, scanID: scanID.rawValue, organizations: organizations, withRepositories: withRepositories)
            return try reader.snapshot()
        }
    }

    /// Moves what was written from the log (`-wal`) into the file, so that the file alone can be copied, and closes it.
    ///
    /// - Parameter wait: how long other programs that read or write are waited for.
    /// - Returns: why the newest records are still in the log alone; `nil` if the file holds everything.
    package func shutDown(waitingAtMost wait: Duration) async -> LogObstacle? {
        var obstacle: LogObstacle?
        if !pool.configuration.readonly {
            // The last to close takes the log away, which one that only reads can't.
            pool.invalidateReadOnlyConnections()
            obstacle = await withCheckedContinuation { continuation in
                pool.asyncWriteWithoutTransaction { db in
                    continuation.resume(returning: Self.moveLog(of: db, waitingAtMost: wait))
                }
            }
        }
        // What keeps a connection open keeps no record from the file.
        try? pool.close()
        return obstacle
    }

    // MARK: -

    static func moveLog(of db: Database, waitingAtMost wait: Duration) -> LogObstacle? {
        do {
            let (seconds, attoseconds) = wait.components
            try db.execute(sql: "PRAGMA busy_timeout = \(seconds * 1000 + attoseconds / 1_000_000_000_000_000)")
            try db.checkpoint(.truncate)
            return nil
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {
            // Somebody who reads the newest records keeps the log from being emptied, not the records from the file.
            if let log = try? db.checkpoint(.passive), log.walFrameCount == log.checkpointedFrameCount { return nil }
            return .otherProgram
        } catch {
            return .failed("\((error as? DatabaseError)?.message ?? "\(error)")")
        }
    }

    /// Writes in one transaction, in a task that was cancelled too: an interrupted scan keeps what it saw.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(HistoryError)
        -> Value
    {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                pool.asyncWrite(body) { _, result in continuation.resume(with: result) }
            }
        } catch {
            throw HistoryError(error, path: path)
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws(HistoryError)
        -> Value
    {
        do {
            return try await withCheckedThrowingContinuation { continuation in
                pool.asyncRead { result in continuation.resume(with: Result { try body(result.get()) }) }
            }
        } catch {
            throw HistoryError(error, path: path)
        }
    }

    /// Reads in the calling thread, for what is more than memory should hold.
    func readNow(_ body: (Database) throws -> Void) throws {
        try pool.read(body)
    }

    /// Writes a copy of all pages into another database, at one moment of this one.
    func backUp(to other: DatabaseQueue) throws {
        try pool.backup(to: other)
    }

    /// Rewrites the file without the room of what was removed; the disk gets that room back when it is closed.
    func vacuum() async throws(HistoryError) {
        do {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                pool.asyncWriteWithoutTransaction { db in
                    continuation.resume(with: Result { try db.execute(sql: "VACUUM") })
                }
            }
        } catch {
            throw HistoryError(error, path: path)
        }
    }

    /// - Returns: `nil` if somebody who only reads has no place for a lock.
    private static func lockOpening(_ path: String, for access: Access, _ wait: Duration) throws -> HistoryLock? {
        do {
            return try HistoryLock.opening(path, waitingAtMost: wait)
        } catch HistoryError.cannotOpen where access == .reading {
            return nil
        }
    }

    private static func makeFolder(of path: String) throws {
        let folder = path.parentFolder
        if !FileManager.default.fileExists(atPath: folder) {
            do {
                try FileManager.default.createDirectory(
                    atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            } catch {
                throw HistoryError.cannotOpen(path: path, "the folder \(folder) cannot be made")
            }
        }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
            throw HistoryError.cannotOpen(path: path, "it is a folder")
        }
    }

    /// Makes the file where there is none. It gets its name once it is whole: an empty file of that name is one that was
    /// damaged, never one that is being made.
    private static func makeFile(at path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let draft = path + "-new"
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(draft + suffix) }
        // SQLite gives a new file the process's umask; the journals beside it follow the file.
        let descriptor = open(draft, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HistoryError.cannotOpen(path: path, String(cString: strerror(errno))) }
        close(descriptor)
        do {
            let writer = try DatabaseQueue(path: draft, configuration: configuration)
            try Schema.migrator.migrate(writer)
            try writer.close()
            // What lay beside a file of that name that is gone is none of this one's.
            for suffix in ["-journal", "-wal", "-shm"] { unlink(path + suffix) }
            guard rename(draft, path) == 0 else {
                throw HistoryError.cannotOpen(path: path, String(cString: strerror(errno)))
            }
        } catch {
            for suffix in ["", "-journal", "-wal", "-shm"] { unlink(draft + suffix) }
            throw error
        }
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            // What was read must outlast a loss of power too; a batch a second is few enough to wait for the disk.
            try db.execute(sql: "PRAGMA synchronous = FULL")
            // A year of ten thousand repositories, of which a question reads a third in no order.
            if db.configuration.readonly { try db.execute(sql: "PRAGMA cache_size = -8000") }
        }
        return configuration
    }

    private static func reader(_ path: String) throws -> DatabasePool {
        var configuration = configuration
        configuration.readonly = true
        do {
            let reader = try DatabasePool(path: path, configuration: configuration)
            // Some of what can be wrong shows with the first question.
            _ = try reader.read { db in try Int.fetchOne(db, sql: "PRAGMA schema_version") }
            return reader
        } catch let error as DatabaseError
            where [.SQLITE_CANTOPEN, .SQLITE_READONLY].contains(error.resultCode)
        {
            // On a disk that can't be written there is no place for the files beside it, and nobody who could change it.
            guard access(path.parentFolder, W_OK) != 0,
                !FileManager.default.fileExists(atPath: path + "-wal")
            else { throw error }
            let address = URL(filePath: path).absoluteString + "?immutable=1"
            return try DatabasePool(path: address, configuration: configuration)
        }
    }

    /// - Returns: `nil` if the file has not the newest schema.
    /// - Throws: `.notAHistory`, `.newerVersion`
    private static func currentReader(_ path: String) throws -> DatabasePool? {
        let reader = try reader(path)
        let isCurrent = try reader.read { db in
            guard try Int32.fetchOne(db, sql: "PRAGMA application_id") == Schema.applicationID else {
                throw HistoryError.notAHistory(path: path)
            }
            let migrator = Schema.migrator
            let unknown = try migrator.appliedIdentifiers(db).subtracting(migrator.migrations)
            guard unknown.isDisjoint(with: Schema.unreleased) else { throw HistoryError.unreleasedVersion(path: path) }
            if let schema = unknown.max(by: { $0.compare($1, options: .numeric) == .orderedAscending }) {
                throw HistoryError.newerVersion(
                    path: path, schema: Schema.version(schema), known: Schema.version(migrator.migrations.last ?? ""))
            }
            return try migrator.hasCompletedMigrations(db)
        }
        guard isCurrent else {
            try reader.close()
            return nil
        }
        return reader
    }

    static func hostID(_ apiURL: String, _ db: Database) throws -> Int64 {
        try db.execute(sql: "INSERT OR IGNORE INTO host (apiURL) VALUES (?)", arguments: [apiURL])
        return try knownHostID(apiURL, db) ?? 0
    }

    static func knownHostID(_ apiURL: String, _ db: Database) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT id FROM host WHERE apiURL = ?", arguments: [apiURL])
    }
}

/// Why the newest records of a history are in its log (`-wal`) alone.
package enum LogObstacle: Hashable, Sendable {
    /// Another program holds a transaction that began before them.
    case otherProgram
    /// They could not be written to the file, as on a full disk.
    case failed(String)
}
