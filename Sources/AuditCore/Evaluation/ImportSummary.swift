/// What came of an import.
public struct ImportSummary: Hashable, Sendable {
    /// Scans that were not known, those that were, and those of which the export tells only what others build on.
    public var imported = 0
    public var known = 0
    public var pruned = 0

    public init() {}
}
