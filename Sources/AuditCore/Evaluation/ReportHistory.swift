/// What a history knows beside a report: the nights before it.
package struct ReportHistory: Sendable {
    /// What a format may ask for.
    package enum Part: Sendable, CaseIterable {
        case difference
        case trend
        case timelines
        case lastSuccess
    }

    /// What changed since the scan before, but for repositories that changed with their organization's template alone;
    /// `nil` if there is none, or it was not asked for.
    package var difference: ScanDifference?
    /// Where another policy judged one of these two scans: the newest scan before that the report's policy judged, with which
    /// its findings are compared; `nil` if there is none.
    package var judgedBefore: (scan: ScanDifference.Side, policySHA256: String)?
    /// What the scans up to this one counted in its organizations, oldest first.
    package var trend: [TrendPoint] = []
    /// What changed of each repository that is not as it was first seen, oldest first.
    package var timelines: [RepositoryID: [Timeline.Event]] = [:]
    /// Repositories that changed too, longer ago than those of very many that are listed.
    package var omitted: Set<RepositoryID> = []
    /// How the templates of the organizations themselves changed, oldest first.
    package var templateEvents: [OrganizationID: [Timeline.Event]] = [:]

    /// When the last complete scan before this one ended, by organization the earliest; `nil` if one of them never had
    /// one of this scope and policy, or it was not asked for.
    package var lastSuccess: Timestamp?

    package init() {}
}
