/// What a pruning removes from a history.
package struct PruneSummary: Hashable, Sendable {
    /// Scans that go, oldest first, and those that stay.
    package var scans: [ScanID]
    package var keptScans: Int
    /// Rows that no scan that stays builds on.
    package var rows: Int
    /// The size of the file before; and after, once it is done.
    package var bytesBefore: Int
    package var bytesAfter: Int?
    /// Whether they were removed, not only looked at.
    package var isDone = false
    /// Why the file did not shrink, where it could not.
    package var whyNotSmaller: String?
    /// The digest of the checkpoint, once it is done.
    package var checkpoint: String?

    package init(scans: [ScanID], keptScans: Int, rows: Int, bytesBefore: Int) {
        self.scans = scans
        self.keptScans = keptScans
        self.rows = rows
        self.bytesBefore = bytesBefore
    }
}
