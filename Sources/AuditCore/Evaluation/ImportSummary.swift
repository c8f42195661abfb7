/// What came of an import.
package struct ImportSummary: Hashable, Sendable {
    /// Scans that were not known, those that were, and those of which the export tells only what others build on.
    package var imported = 0
    package var known = 0
    package var pruned = 0

    package init() {}
}
