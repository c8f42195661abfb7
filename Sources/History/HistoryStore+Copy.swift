import AuditCore
import Foundation
import GRDB

extension HistoryStore {
    /// Copies the history as it stands now, in one file without a log, while others may write it.
    ///
    /// The file gets its name once it is whole. One that is there already is replaced only where it is an earlier copy of
    /// this history.
    ///
    /// - Parameter mode: of the new file.
    /// - Throws: `.notACopy`; the file of that name is then as it was.
    package func copy(to path: String, mode: UInt32 = 0o600) async throws(HistoryError) {
        let target = Self.resolved(path) ?? path
        do {
            if let why = try await reasonToKeep(target) { throw HistoryError.notACopy(path: path, why) }
            let draft = "\(target).\(UInt64.random(in: .min ... .max)).tmp"
            do {
                try makeDraft(draft, mode: mode_t(mode))
                // What lay beside a file of that name that is gone is none of this one's.
                for suffix in Self.suffixes { unlink(target + suffix) }
                guard rename(draft, target) == 0 else {
                    throw HistoryError.cannotOpen(path: path, String(cString: strerror(errno)))
                }
            } catch {
                for suffix in [""] + Self.suffixes { unlink(draft + suffix) }
                throw error
            }
        } catch {
            throw HistoryError(error, path: path)
        }
    }

    // MARK: -

    private static let suffixes = ["-journal", "-wal", "-shm"]

    private func makeDraft(_ draft: String, mode: mode_t) throws {
        let descriptor = open(draft, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HistoryError.cannotOpen(path: draft, String(cString: strerror(errno))) }
        defer { close(descriptor) }
        let copy = try DatabaseQueue(path: draft)
        try backUp(to: copy)
        try copy.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA journal_mode = DELETE") }
        try copy.close()
        guard fchmod(descriptor, mode) == 0, fsync(descriptor) == 0 else {
            throw HistoryError.cannotOpen(path: draft, String(cString: strerror(errno)))
        }
    }

    /// Why a file must stay as it is; `nil`: there is none, or it is a copy of this history.
    private func reasonToKeep(_ target: String) async throws -> String? {
        var (here, there) = (stat(), stat())
        guard stat(target, &there) == 0 else { return nil }
        guard there.st_mode & S_IFMT == S_IFREG else { return "it is not a regular file" }
        if stat(path, &here) == 0, here.st_dev == there.st_dev, here.st_ino == there.st_ino {
            return "it is the history itself"
        }
        let header = SQLiteHeader(target)
        guard let header, header.applicationID == Schema.applicationID else {
            return "it is not a history of oidc-audit"
        }
        // A copy is read by others, and never written: a file with a log is a history of its own.
        guard !header.hasLog else { return "it is another history, not a copy" }
        var configuration = Configuration()
        configuration.readonly = true
        let last: (place: Int64, digest: String)?
        do {
            let file = try DatabaseQueue(path: target, configuration: configuration)
            defer { try? file.close() }
            last = try await file.read { db in
                try Row.fetchOne(db, sql: "SELECT id, digest FROM seal ORDER BY id DESC LIMIT 1").map { row in
                    (place: try row.decode(Int64.self, atIndex: 0), digest: try row.decode(String.self, atIndex: 1))
                }
            }
        } catch is DatabaseError {
            return "it is not a copy of this history"
        }
        guard let last else { return nil }
        let isOurs = try await read { db in
            try Bool.fetchOne(
                db, sql: "SELECT EXISTS (SELECT 1 FROM seal WHERE id = ? AND digest = ?)",
                arguments: [last.place, last.digest])
        }
        return isOurs == true ? nil : "it is a copy of another history"
    }

    /// Where a link leads, so that the link stays.
    private static func resolved(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }
}

/// What the first bytes of a database say: SQLite's documentation, "Database File Format", section 1.3.
private struct SQLiteHeader {
    let applicationID: Int32
    /// Whether writers keep a write-ahead log.
    let hasLog: Bool

    /// - Returns: `nil` if it is not a database.
    init?(_ path: String) {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard let data = try? file.read(upToCount: 100), data.count == 100 else { return nil }
        let bytes = Array(data)
        guard bytes.starts(with: "SQLite format 3\0".utf8) else { return nil }
        hasLog = bytes[18] == 2 || bytes[19] == 2
        applicationID = bytes[68..<72].reduce(0) { $0 << 8 | Int32($1) }
    }
}
