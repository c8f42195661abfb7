import AuditCore
import GRDB

/// What a scan looked at: the rows that hold at its time say what was known, which it may not have asked about.
struct ScanView {
    let scanID: Int64
    let scope: Scope
    /// Why it ended before its end; `nil` if it did not.
    private var stop: ScanStop?
    /// Row ids of repositories that it listed, and had a turn for; `nil` if it was sealed with whole listings, and met
    /// all that are in scope.
    private let progress: (listed: RowIDSet, read: RowIDSet)?

    init(_ db: Database, scanID: Int64, scope: Scope, stop: ScanStop? = nil) throws {
        self.stop = stop
        self.scanID = scanID
        self.scope = scope
        progress = try ProgressRecord.fetchOne(db, key: scanID).map { ($0.listedRows, $0.readRows) }
    }

    init(scanID: Int64, scope: Scope, progress: (listed: RowIDSet, read: RowIDSet)?) {
        stop = nil
        self.scanID = scanID
        self.scope = scope
        self.progress = progress
    }

    /// The same of one organization, that it may have left before its end.
    func of(organizationStoppedBy stop: ScanStop?) -> ScanView {
        var view = self
        view.stop = self.stop ?? stop
        return view
    }

    /// Whether it looked at a repository: of what was out of its scope, or had no turn, it saw nothing.
    func looked(at rowID: Int64, _ repository: Repository) -> Bool {
        progress?.read.contains(rowID) ?? !scope.decide(repository).isSkipped
    }

    /// Whether it listed the repository of a row that says so.
    func lists(_ rowID: Int64) -> Bool { progress?.listed.contains(rowID) ?? true }

    /// What it knew of a repository's setting.
    ///
    /// - Parameters:
    ///   - setting: the last that was read; `nil` if none was.
    ///   - trouble: why it could not be read, where that was the last that was seen.
    func reading(
        of repository: Repository, rowID: Int64, _ setting: RepositorySetting?, _ trouble: UnreadableReason?,
    ) -> Reading<RepositorySetting> {
        // What was out of scope was not read; the last rows may be of a scan long ago.
        let isInScope = !scope.decide(repository).isSkipped
        guard progress?.read.contains(rowID) ?? isInScope else {
            return .unreadable(isInScope ? .notRead(after: stop) : .outOfScope)
        }
        if let trouble { return .unreadable(trouble) }
        return setting.map { .read($0) } ?? .unreadable(isInScope ? .notRead : .outOfScope)
    }
}
