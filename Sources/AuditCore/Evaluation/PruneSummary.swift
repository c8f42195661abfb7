/// What a pruning removes from a history.
public struct PruneSummary: Hashable, Sendable {
    /// Scans that go, oldest first, and those that stay.
    public var scans: [ScanID]
    public var keptScans: Int
    /// Rows that no scan that stays builds on.
    public var rows: Int
    /// The size of the file before; and after, once it is done.
    public var bytesBefore: Int
    public var bytesAfter: Int?
    /// Whether they were removed, not only looked at.
    public var isDone = false
    /// Why the file did not shrink, where it could not.
    public var whyNotSmaller: String?
    /// The digest of the checkpoint, once it is done.
    public var checkpoint: String?

    public init(scans: [ScanID], keptScans: Int, rows: Int, bytesBefore: Int) {
        self.scans = scans
        self.keptScans = keptScans
        self.rows = rows
        self.bytesBefore = bytesBefore
    }
}
