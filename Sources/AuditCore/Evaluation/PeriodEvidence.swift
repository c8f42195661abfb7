/// What a history holds of a period, for somebody who was not there.
package struct PeriodEvidence: Sendable {
    package var apiURL: String
    /// By the logins that they bore last.
    package var organizations: [OrganizationReference]
    package var since: Timestamp
    package var until: Timestamp
    package var madeAt: Timestamp
    /// What was known when the period began, by scans from before it: one for each set of organizations that one scan read.
    package var start: [State]
    /// What was known when it ended, likewise.
    package var end: [State]
    /// Those that began in the period, oldest first.
    package var scans: [StoredScan]
    /// In the order of the scans that saw them.
    package var changes: [Change]
    package var gaps: [PeriodGap]
    /// What was written to GitHub in the period by the history's journal, in the order of time.
    package var writes: [Write]
    /// Those that stood open at a time of the period, worst first.
    package var findings: [PeriodFinding]
    /// How often each organization was scanned.
    package var frequencies: [Frequency]
    /// Policies and waiver files that judged scans of the period, in the order of their use.
    package var texts: [Text]
    package var waivers: [WaiverInForce]
    package var verification: VerificationResult

    package init(
        apiURL: String, organizations: [OrganizationReference], since: Timestamp, until: Timestamp, madeAt: Timestamp,
        start: [State] = [], end: [State] = [], scans: [StoredScan] = [], changes: [Change] = [],
        gaps: [PeriodGap] = [],
        findings: [PeriodFinding] = [], texts: [Text] = [], waivers: [WaiverInForce] = [],
        verification: VerificationResult = VerificationResult(), writes: [Write] = [], frequencies: [Frequency] = [],
    ) {
        self.writes = writes
        self.frequencies = frequencies
        self.apiURL = apiURL
        self.organizations = organizations
        self.since = since
        self.until = until
        self.madeAt = madeAt
        self.start = start
        self.end = end
        self.scans = scans
        self.changes = changes
        self.gaps = gaps
        self.findings = findings
        self.texts = texts
        self.waivers = waivers
        self.verification = verification
    }

    /// What one scan saw of some organizations.
    package struct State: Sendable {
        package var scan: StoredScan
        package var snapshot: Snapshot

        package init(scan: StoredScan, snapshot: Snapshot) {
            self.scan = scan
            self.snapshot = snapshot
        }
    }

    /// A change of a template, or of a repository, and between which scans it was made.
    package struct Change: Sendable {
        package var organization: String
        /// `.repository` or `.organizationTemplate`.
        package var event: Timeline.Event

        package init(organization: String, event: Timeline.Event) {
            self.organization = organization
            self.event = event
        }
    }

    /// One write of the journal, or one that was about to be made.
    package struct Write: Hashable, Sendable {
        /// Login of the organization.
        package var organization: String
        package var write: Timeline.Write
        /// `nil` if it was not concluded: nobody knows whether it was written.
        package var outcome: ChangeOutcome?
        /// The first scan of the period that began after it and read the whole organization; `nil` if none did.
        package var seenBy: ScanDifference.Side?

        package init(
            organization: String, write: Timeline.Write, outcome: ChangeOutcome?, seenBy: ScanDifference.Side?,
        ) {
            self.organization = organization
            self.write = write
            self.outcome = outcome
            self.seenBy = seenBy
        }
    }

    /// How often an organization was scanned in the period.
    package struct Frequency: Hashable, Sendable {
        package var organization: String
        /// How often a scan is usual, such as `every day`; `nil` if the scans do not show it.
        package var usual: String?
        /// Days of the period that have come, in UTC.
        package var days: Int
        package var daysWithoutScan: Int

        package init(organization: String, usual: String?, days: Int, daysWithoutScan: Int) {
            self.organization = organization
            self.usual = usual
            self.days = days
            self.daysWithoutScan = daysWithoutScan
        }
    }

    /// A policy or a waiver file, by the scans of the period that it judged.
    package struct Text: Hashable, Sendable {
        package enum Kind: String, Sendable, CaseIterable {
            case policy
            case waivers
        }

        package var kind: Kind
        package var name: String
        package var sha256: String
        package var first: ScanDifference.Side
        package var last: ScanDifference.Side
        package var scans: Int
        /// The file beside the evidence that holds it; `nil` if the history does not hold its text.
        package var file: String?

        package init(
            kind: Kind, name: String, sha256: String, first: ScanDifference.Side, last: ScanDifference.Side, scans: Int,
            file: String?,
        ) {
            self.kind = kind
            self.name = name
            self.sha256 = sha256
            self.first = first
            self.last = last
            self.scans = scans
            self.file = file
        }
    }

    /// A waiver, by the scans of the period in which it held.
    package struct WaiverInForce: Hashable, Sendable {
        package var waiver: Waiver
        package var first: ScanDifference.Side
        package var last: ScanDifference.Side
        package var scans: Int

        package init(waiver: Waiver, first: ScanDifference.Side, last: ScanDifference.Side, scans: Int) {
            self.waiver = waiver
            self.first = first
            self.last = last
            self.scans = scans
        }
    }

    /// Writes that no whole scan of the period has seen yet.
    package var unseenWrites: [Write] { writes.filter { $0.seenBy == nil } }

    /// Adds what the journal holds of the period and of the organizations.
    package mutating func addWrites(of changesets: [Changeset]) {
        let ids = Set(organizations.compactMap(\.id))
        for changeset in changesets {
            let owners = Dictionary(
                changeset.plan.organizations.map { ($0.login.lowercased(), $0) },
                uniquingKeysWith: { first, _ in first })
            for (change, entry) in zip(changeset.plan.changes, changeset.entries) {
                guard let at = entry.intendedAt, at >= since, at <= until,
                    let owner = owners[change.target.owner.lowercased()], ids.contains(owner.id)
                else { continue }
                let write = Timeline.Write(
                    changeset: changeset.id, kind: changeset.kind, target: change.target.name, actor: changeset.actor,
                    at: at)
                writes.append(
                    Write(
                        organization: owner.login, write: write, outcome: entry.outcome,
                        // Of one that could not read everything it is not known whether it read this.
                        seenBy: scans.first { $0.startedAt >= at && $0.isComplete && $0.isWhole(of: owner.id) }?.side))
            }
        }
        writes.sort {
            ($0.write.at, $0.write.changeset.rawValue, $0.write.target)
                < ($1.write.at, $1.write.changeset.rawValue, $1.write.target)
        }
    }

    /// The gaps that nothing accepts: with one, the period is not wholly known.
    package var openGaps: [PeriodGap] { gaps.filter { !$0.isAccepted } }

    /// Waivers that held, from the files of scans.
    ///
    /// - Parameters:
    ///   - lists: by digest.
    ///   - scans: oldest first.
    ///   - organizations: whose.
    package static func waivers(
        _ lists: [String: WaiverList], by scans: [StoredScan], of organizations: [OrganizationReference],
    ) -> [WaiverInForce] {
        var held: [WaiverInForce] = []
        var places: [Waiver: Int] = [:]
        let ids = Set(organizations.compactMap(\.id))
        let found = scans.flatMap(\.organizations).filter { $0.id.map(ids.contains) ?? false }
        let known = Set((found + organizations).map { $0.login.lowercased() })
        for scan in scans {
            guard let list = scan.waiversSHA256.flatMap({ lists[$0] }) else { continue }
            // By the logins of its day.
            let logins = scan.organizations.filter { one in
                one.id.map(ids.contains) ?? known.contains(one.login.lowercased())
            }.map(\.login)
            for waiver in list.waivers {
                // Its position in the file does not make it another waiver.
                let waiver = waiver.placed(at: .start)
                guard !waiver.isExpired(at: scan.startedAt),
                    logins.contains(where: waiver.isAbout)
                else { continue }
                if let place = places[waiver] {
                    held[place].last = scan.side
                    held[place].scans += 1
                } else {
                    places[waiver] = held.count
                    held.append(WaiverInForce(waiver: waiver, first: scan.side, last: scan.side, scans: 1))
                }
            }
        }
        return held
    }

    /// Adds what scans call incomplete and no gap explains: rules and scopes that could not be decided.
    package mutating func addUnexplainedGaps() {
        for scan in scans where !scan.isComplete {
            let isExplained = gaps.contains { gap in
                guard let first = gap.first, let last = gap.last else { return false }
                return first.id.rawValue <= scan.id.rawValue && scan.id.rawValue <= last.id.rawValue && !gap.isAccepted
            }
            guard !isExplained else { continue }
            gaps.append(
                PeriodGap(
                    .scan, nil, reason: "not everything could be decided", from: scan.startedAt, first: scan.side,
                    last: scan.side, to: scans.first { $0.link > scan.link }?.startedAt))
        }
        gaps.sort { ($0.from, $0.kind.rawValue) < ($1.from, $1.kind.rawValue) }
    }
}

extension StoredScan {
    /// Whether it found an organization and read all of its repositories that scans read.
    package func isWhole(of organization: OrganizationID) -> Bool {
        organizations.first { $0.id == organization }.map { !scope.isNarrow(of: $0.login) } ?? false
    }
}

/// A time of which a history does not know everything.
package struct PeriodGap: Hashable, Sendable {
    package enum Kind: String, Sendable, CaseIterable {
        /// No scan had begun when the period did.
        case noStart = "no_starting_state"
        /// No scan on a day, or at another time, at which one is usual.
        case missingScans = "missing_scans"
        case prunedScan = "pruned_scan"
        /// A scan ended early, or could not decide everything.
        case scan = "scan_incomplete"
        case organization = "organization_unread"
        case organizationTemplate = "organization_template_unread"
        case listing = "listing_incomplete"
        case repositories = "repositories_unread"
    }

    package var kind: Kind
    /// The login that it bore then; `nil` if it is of all.
    package var organization: String?
    /// For people, without a final stop.
    package var reason: String
    package var from: Timestamp
    /// `nil` if it lasts to the end of the period.
    package var to: Timestamp?
    /// The first and the last scan that could not read it; `nil` if there was no scan.
    package var first: ScanDifference.Side?
    package var last: ScanDifference.Side?
    /// Full names.
    package var repositories: [String]
    /// Whether each scan counted as complete nevertheless, as waivers of `readable` let it.
    package var isAccepted: Bool

    package init(
        _ kind: Kind, _ organization: String?, reason: String, from: Timestamp, first: ScanDifference.Side? = nil,
        last: ScanDifference.Side? = nil, to: Timestamp? = nil, repositories: [String] = [], isAccepted: Bool = false,
    ) {
        self.kind = kind
        self.organization = organization
        self.reason = reason
        self.from = from
        self.to = to
        self.first = first
        self.last = last
        self.repositories = repositories
        self.isAccepted = isAccepted
    }

    /// Why there is a gap where scans chose some repositories.
    package static let narrowScans = "scans of some repositories only: nothing is known of the others"

    /// Times without a scan where one is usual, and times with scans of some repositories only.
    ///
    /// - Parameters:
    ///   - starts: of the whole scans of one organization, oldest first: the one before the period, and those in it.
    ///   - narrow: its scans of some repositories, oldest first.
    ///   - end: of the period, or of what has come of it.
    package static func missingScans(
        of organization: String, between starts: [Timestamp], narrow: [ScanDifference.Side] = [],
        andUntil end: Timestamp,
    ) -> [PeriodGap] {
        let rhythm = ScanRhythm(starts)
        var gaps: [PeriodGap] = []
        for (place, start) in starts.enumerated() {
            let next = place + 1 < starts.count ? starts[place + 1] : nil
            guard rhythm.gap(from: start, to: next ?? end) != nil else { continue }
            let within = narrow.filter { $0.startedAt >= start && $0.startedAt < next ?? end }
            if let first = within.first, let last = within.last {
                gaps.append(
                    PeriodGap(
                        .listing, organization, reason: narrowScans, from: start, first: first, last: last, to: next))
            }
            let moments = [start] + within.map(\.startedAt)
            for (place, moment) in moments.enumerated() {
                let following = place + 1 < moments.count ? moments[place + 1] : next
                guard let reason = rhythm.gap(from: moment, to: following ?? end) else { continue }
                gaps.append(PeriodGap(.missingScans, organization, reason: reason, from: moment, to: following))
            }
        }
        return gaps
    }
}

/// A finding that stood open at a time of a period.
package struct PeriodFinding: Hashable, Sendable {
    package enum State: String, Sendable, CaseIterable {
        case open
        case waived
        /// Fixed, or no longer found for another reason.
        case gone
        /// Its policy has not judged the last scans.
        case notJudged = "not_judged"
    }

    /// As it stood last.
    package var finding: StoredFinding
    package var policyName: String
    /// When the period ended.
    package var state: State
    /// The last scan of the period, or before it, that found it.
    package var lastSeen: ScanDifference.Side
    /// The scan that no longer did; `nil` if none has.
    package var goneBy: ScanDifference.Side?
    /// Why it is gone; `nil` if it is not, or if it stood in an organization that no longer has its repository.
    package var goneReason: GoneFinding.Reason?

    package init(
        finding: StoredFinding, policyName: String, state: State, lastSeen: ScanDifference.Side,
        goneBy: ScanDifference.Side?, goneReason: GoneFinding.Reason? = nil,
    ) {
        self.goneReason = goneReason
        self.finding = finding
        self.policyName = policyName
        self.state = state
        self.lastSeen = lastSeen
        self.goneBy = goneBy
    }
}
