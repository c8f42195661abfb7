/// What the history saw of one repository, from first to last.
package struct Timeline: Sendable {
    /// Something that one scan saw otherwise than the one before, or could not see.
    package struct Event: Sendable {
        package enum What: Sendable {
            /// Compared with what was known last.
            case repository(RepositoryChange)
            /// A gap of coverage, not a change.
            case repositoryUnread(Gap)
            /// The template of the organization to which it belonged then, compared with the last that was read.
            case organizationTemplate(before: OrganizationTemplate, after: OrganizationTemplate)
            /// A gap of coverage, not a change.
            case organizationTemplateUnread(Gap)
            /// Likewise: scans asked for the organization to which it belonged, and did not find it.
            case organizationNotFound(Gap)
            case findingAppeared(StoredFinding, policyName: String)
            /// Its problems are others than before; `further` are those that it did not have, if any.
            case findingChanged(StoredFinding, further: [String], policyName: String)
            case findingWaived(StoredFinding, policyName: String)
            case findingGone(StoredFinding, policyName: String)
        }

        /// Scans that could not read something, the first of which is `seenBy`.
        package struct Gap: Sendable {
            /// Why the first one could not.
            package var reason: UnreadableReason
            package var last: ScanDifference.Side
            /// The scan that read it again; `nil` if none has yet.
            package var regainedBy: ScanDifference.Side?

            package init(reason: UnreadableReason, last: ScanDifference.Side, regainedBy: ScanDifference.Side? = nil) {
                self.reason = reason
                self.last = last
                self.regainedBy = regainedBy
            }
        }

        /// The last scan that saw it as it was; `nil` if none had looked.
        package var after: ScanDifference.Side?
        /// The first scan that saw it.
        package var seenBy: ScanDifference.Side
        package var what: What
        /// Whose template it is, as it was called then; `nil` of what became of a repository.
        package var organization: OrganizationReference?
        /// Who made it; `nil` if it does not change a template, or if nobody looked it up.
        package var cause: Cause?

        package init(
            after: ScanDifference.Side?, seenBy: ScanDifference.Side, what: What,
            organization: OrganizationReference? = nil,
        ) {
            self.after = after
            self.seenBy = seenBy
            self.what = what
            self.organization = organization
        }
    }

    /// That scans left the repository out by their scope, up to the last one of its organization: no change, and not gone.
    package struct LeftOut: Hashable, Sendable {
        package var first: ScanDifference.Side
        package var last: ScanDifference.Side
        /// Why the last one did, for people: `archived`.
        package var why: String

        package init(first: ScanDifference.Side, last: ScanDifference.Side, why: String) {
            self.first = first
            self.last = last
            self.why = why
        }
    }

    package var repository: Repository
    /// Oldest first.
    package var events: [Event]
    /// `nil` if the last scan of its organization did not leave it out.
    package var leftOut: LeftOut?
    /// The last scan of its organization, and what is known of it; `nil` if it is no longer listed.
    package var lastScan: ScanDifference.Side?
    package var state: RepositoryState?
    package var since: Timestamp?

    package init(
        repository: Repository, events: [Event], lastScan: ScanDifference.Side?, state: RepositoryState?,
        since: Timestamp?,
    ) {
        self.repository = repository
        self.events = events
        self.lastScan = lastScan
        self.state = state
        self.since = since
    }
}

/// What one scan counted in one organization.
package struct TrendPoint: Hashable, Sendable {
    package var scan: ScanDifference.Side
    package var organization: String
    package var organizationID: OrganizationID
    package var isComplete: Bool
    package var policyName: String
    package var scope: Scope
    /// `nil`: the scan asked for the organization and could not find it, so that nothing was counted.
    package var tally: OrganizationTally?

    package init(
        scan: ScanDifference.Side, organization: String, organizationID: OrganizationID, isComplete: Bool,
        policyName: String, scope: Scope = Scope(), tally: OrganizationTally?,
    ) {
        self.scope = scope
        self.scan = scan
        self.organization = organization
        self.organizationID = organizationID
        self.isComplete = isComplete
        self.policyName = policyName
        self.tally = tally
    }

    /// Of each organization the points that are like its newest: of its policy's name and of its scope.
    ///
    /// - Parameter points: oldest first.
    package static func comparable(_ points: [TrendPoint]) -> [TrendPoint] {
        let newest = Dictionary(points.map { ($0.organizationID, $0) }, uniquingKeysWith: { $1 })
        return points.filter { point in
            guard let last = newest[point.organizationID] else { return false }
            return point.policyName == last.policyName && point.scope == last.scope
        }
    }
}

/// How large a history is.
package struct HistoryStatistics: Hashable, Sendable {
    package struct Table: Hashable, Sendable {
        package var name: String
        package var rows: Int
        /// With its indexes; `nil` if SQLite was built without the means to measure it.
        package var bytes: Int?

        package init(name: String, rows: Int, bytes: Int?) {
            self.name = name
            self.rows = rows
            self.bytes = bytes
        }
    }

    package var path: String
    package var bytes: Int
    package var scans: Int
    /// Scans that a pruning reduced to what later ones build on.
    package var prunedScans: Int
    /// Repositories listed, summed over all sealed scans.
    package var repositoryNights: Int
    package var tables: [Table]

    package init(path: String, bytes: Int, scans: Int, prunedScans: Int, repositoryNights: Int, tables: [Table]) {
        self.path = path
        self.bytes = bytes
        self.scans = scans
        self.prunedScans = prunedScans
        self.repositoryNights = repositoryNights
        self.tables = tables
    }

    package var bytesPerRepositoryNight: Double? {
        repositoryNights > 0 ? Double(bytes) / Double(repositoryNights) : nil
    }
}
