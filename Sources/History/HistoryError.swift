import GRDB

/// Why the history can't be used. Nothing is ever repaired by deletion.
package enum HistoryError: Error, Hashable, Sendable, CustomStringConvertible {
    case cannotOpen(path: String, String)
    /// There is no file, and none should be made.
    case missing(path: String)
    /// A file of another kind, or another program's database.
    case notAHistory(path: String)
    /// - Parameter schema: the newest one that was written, and the newest that is known here.
    case newerVersion(path: String, schema: String, known: String)
    /// The file is of a version before the first release.
    case unreleasedVersion(path: String)
    case corrupt(path: String, String)
    case full(path: String)
    case busy(path: String)
    /// Another process has been making the file, or bringing it to a newer schema, for as long as is waited.
    case opening(path: String, lock: String)
    /// The disk has no locks of files.
    case noLocks(path: String)
    case scanRunning(path: String, organization: String)
    /// Another process applies changes by this history.
    case changesRunning(path: String)
    /// A scan that began later has been through the organization.
    case overtaken(path: String, organization: String)
    /// Something is not what was sealed.
    case altered(path: String, String)
    /// A line of an export that can't be imported.
    case badExport(file: String, line: Int, String)
    /// A scan of an export does not follow the last one of its organization here: both scanned it by themselves.
    ///
    /// - Parameter last: the number of that one; 0 if there is none.
    case overlap(file: String, organization: String, scan: Int64, startedAt: String, last: Int64)
    /// A file that a copy must not replace.
    case notACopy(path: String, String)
    case failed(path: String, String)

    package var description: String {
        switch self {
        case .cannotOpen(let path, let why): "cannot open the history \(path): \(why)"
        case .missing(let path): "there is no history \(path)"
        case .notAHistory(let path): "\(path) is not a history of oidc-audit"
        case .newerVersion(let path, let schema, let known):
            "the history \(path) was written by a newer version of oidc-audit: its schema is \(schema), and this one knows "
                + "up to \(known)"
        case .unreleasedVersion(let path):
            "the history \(path) was written by a version of oidc-audit from before its first release, and is not read"
        case .corrupt(let path, let why): "the history \(path) is damaged: \(why)"
        case .full(let path): "no space is left to write the history \(path)"
        case .scanRunning(let path, let organization): "another scan of \(organization) is running into \(path)"
        case .changesRunning(let path): "changes are being applied already, by the history \(path)"
        case .overtaken(let path, let organization):
            "a scan that began later has already read \(organization) into \(path)"
        case .busy(let path): "the history \(path) stayed locked by another program"
        case .opening(let path, let lock):
            "cannot open the history \(path): another process holds its lock \(lock)"
        case .noLocks(let path): "the disk of \(path) has no file locks (a network disk?)"
        case .altered(let path, let what): "the history \(path) is not what was sealed: \(what)"
        case .badExport(let file, let line, let why): "\(file), line \(line): \(why)"
        case .overlap(let file, let organization, let scan, let startedAt, let last):
            "\(file): scan \(scan) of \(organization) (\(startedAt)) does not continue this history, whose last scan of it "
                + "is \(last)"
        case .notACopy(let path, let why): "cannot replace \(path) by a copy: \(why)"
        case .failed(let path, let why): "the history \(path) failed: \(why)"
        }
    }

    package var hint: String {
        switch self {
        case .cannotOpen: "check the folder and its permissions, or choose another file with --db"
        case .missing: "oidc-audit scan makes one; --db names another file"
        case .notAHistory: "choose another file with --db"
        case .newerVersion: "use that version, or another file with --db"
        case .unreleasedVersion: "keep the file, and choose another with --db: a new history begins there"
        case .corrupt: "keep the file for recovery (sqlite3 .recover) and choose another with --db"
        case .full: "free some space and run again; what was stored before is safe"
        case .scanRunning, .changesRunning: "wait until it has ended"
        case .overtaken: "run it again; without --resume, if that was given"
        case .busy: "run again when it is free"
        case .opening(_, let lock): "end the process that holds it, which fuser \(lock) names, and run again"
        case .noLocks: "choose another place with --db"
        case .altered: "oidc-audit history verify names the record; keep the file, and compare it with a copy"
        case .badExport: "nothing was imported; export again where the file came from"
        case .overlap(let file, _, _, _, _):
            "nothing was imported; keep it apart: oidc-audit history import \(file) --db OTHER.sqlite"
        case .notACopy: "name another file; nothing was written"
        case .failed: "run again, or choose another file with --db"
        }
    }

    init(_ error: any Error, path: String) {
        switch error {
        case let error as HistoryError:
            self = error
        case let error as DatabaseError:
            let why = error.message ?? "SQLite error \(error.resultCode.rawValue)"
            switch error.resultCode {
            case .SQLITE_NOTADB: self = .notAHistory(path: path)
            case .SQLITE_CORRUPT: self = .corrupt(path: path, why)
            case .SQLITE_FULL: self = .full(path: path)
            case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
            case .SQLITE_CANTOPEN, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
                self = .cannotOpen(path: path, why)
            default: self = .failed(path: path, why)
            }
        case is RowDecodingError, is DecodingError:
            self = .corrupt(path: path, "a stored value is not of the form that this program writes")
        default:
            self = .failed(path: path, String(describing: error))
        }
    }
}
