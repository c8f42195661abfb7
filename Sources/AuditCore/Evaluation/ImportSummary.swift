/// What came of an import.
package struct ImportSummary: Hashable, Sendable {
    /// New scans, scans that were here already, and pruned scans, of which the export holds only what later scans build on.
    package var imported = 0
    package var known = 0
    package var pruned = 0

    package init() {}
}
