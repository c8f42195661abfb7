import AuditCore
import Foundation

/// Holds one organization of one history for one scan, or a scan itself: a byte of a file beside the database, locked
/// until the scan ends or its process does, however it dies.
///
/// Two scans of one organization at once would each store only what differs from what the other has just stored.
final class HistoryLock: Sendable {
    private let descriptor: Int32

    /// - Parameter organization: the local row id, which is the byte's place.
    /// - Throws: `HistoryError.scanRunning` where another scan holds it.
    convenience init(database path: String, organization: Int64, login: String) throws {
        try self.init(database: path, byte: organization, holder: login)
    }

    /// - Parameter logins: what is being scanned, for the message.
    /// - Throws: `HistoryError.scanRunning` where another process runs this scan.
    convenience init(database path: String, scan: Int64, logins: [String]) throws {
        try self.init(database: path, byte: Self.byte(of: scan), holder: logins.joined(separator: ", "))
    }

    /// Beyond every organization's row id.
    private static func byte(of scan: Int64) -> Int64 { (1 << 40) + (scan & ((1 << 40) - 1)) }

    /// Whether some process runs a scan. A question alone: it holds nothing.
    static func isHeld(database path: String, scan: Int64) -> Bool {
        let descriptor = open(lockPath(path), O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var range = range(at: byte(of: scan), F_WRLCK)
        return fcntl(descriptor, getLock, &range) == 0 && range.l_type != Int16(F_UNLCK)
    }

    private static func range(at byte: Int64, _ type: Int32) -> flock {
        var range = flock()
        range.l_type = Int16(type)
        range.l_whence = Int16(SEEK_SET)
        range.l_start = off_t(byte)
        range.l_len = 1
        return range
    }

    /// - Throws: `HistoryError.scanRunning` where another process applies changes.
    convenience init(changing path: String) throws {
        try self.init(database: path, byte: 1 << 43, holder: "")
    }

    /// Waits until nobody else makes the file or brings it to a newer schema.
    ///
    /// - Parameter wait: how long at most.
    /// - Throws: `HistoryError.opening` where another process holds it that long.
    static func opening(_ path: String, waitingAtMost wait: Duration) throws -> HistoryLock {
        let end = ContinuousClock.now + wait
        var pause: UInt32 = 1_000
        while true {
            do {
                return try HistoryLock(database: path, byte: 1 << 42, holder: "")
            } catch HistoryError.scanRunning {
                // A lock that waits by itself would wait for ever for a process that is stopped.
                guard ContinuousClock.now < end else {
                    throw HistoryError.opening(path: path, lock: Self.lockPath(path))
                }
                usleep(pause)
                pause = min(pause * 2, 50_000)
            }
        }
    }

    private init(database path: String, byte: Int64, holder login: String) throws {
        let lockPath = Self.lockPath(path)
        descriptor = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw HistoryError.cannotOpen(path: lockPath, String(cString: strerror(errno)))
        }
        var range = Self.range(at: byte, Int32(F_WRLCK))
        while fcntl(descriptor, Self.setLock, &range) != 0 {
            let code = errno
            if code == EINTR { continue }
            // The descriptor is closed by `deinit`, which runs for an initializer that throws as well.
            guard code == EAGAIN || code == EACCES else {
                if Self.lacksLocks(code) { throw HistoryError.noLocks(path: path) }
                throw HistoryError.cannotOpen(path: lockPath, String(cString: strerror(code)))
            }
            throw HistoryError.scanRunning(path: path, organization: login)
        }
    }

    /// Finds out whether the disk of a history has locks of files. SQLite takes one that has none for one that is in use,
    /// and waits.
    ///
    /// - Throws: `HistoryError.noLocks`
    static func probe(_ path: String) throws {
        let descriptor = open(lockPath(path), O_RDONLY | O_CLOEXEC)
        // Where there is no such file, or nobody may read it, SQLite finds out.
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        var range = flock()
        range.l_type = Int16(F_RDLCK)
        range.l_whence = Int16(SEEK_SET)
        range.l_len = 1
        // A question alone, of the kind that SQLite uses: it changes no lock, and holds none.
        if fcntl(descriptor, F_GETLK, &range) != 0, lacksLocks(errno) { throw HistoryError.noLocks(path: path) }
    }

    private static func lacksLocks(_ code: Int32) -> Bool { [ENOLCK, ENOSYS, ENOTSUP, EOPNOTSUPP].contains(code) }

    private static func lockPath(_ path: String) -> String { resolved(path) + "-lock" }

    /// One file has one lock, whatever links lead to it.
    private static func resolved(_ path: String) -> String {
        func real(_ path: String) -> String? {
            guard let resolved = realpath(path, nil) else { return nil }
            defer { free(resolved) }
            return String(cString: resolved)
        }
        if let file = real(path) { return file }
        return real(path.parentFolder).map { "\($0)/\(path.fileName)" } ?? path
    }

    deinit {
        if descriptor >= 0 { close(descriptor) }
    }

    /// `F_OFD_SETLK` and `F_OFD_GETLK`: a lock of the open file, not of the process, so that two scans within one process
    /// exclude each other too. The header's macros are not imported.
    #if canImport(Darwin)
        private static let (setLock, getLock): (Int32, Int32) = (90, 92)
    #else
        private static let (setLock, getLock): (Int32, Int32) = (37, 36)
    #endif
}
