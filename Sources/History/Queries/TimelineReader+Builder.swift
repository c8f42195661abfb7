import AuditCore

extension TimelineReader {
    /// The timeline of a repository up to a scan. Each state is compared with what was known last, also by an older scan.
    struct Builder {
        var events: [Timeline.Event] = []
        /// The last scan that looked.
        var lastScan: ScanDifference.Side?
        /// The row id of the organization that listed it then.
        var organization: Int64?
        /// The last scan of that organization that was taken, or up to which gaps of it were noted.
        var lastOrganizationScan: Int64?
        private(set) var lastRepository: Repository?
        /// As the last scan saw it; `nil` if it was not there.
        private(set) var state: RepositoryState?
        /// The same, with what scans before it knew in the place of what that one could not read.
        private var known: RepositoryState?
        /// The last scan that read the setting, and with it what decides the template.
        private var lastReading: ScanDifference.Side?
        /// The last scan by which the format of subjects is known.
        private var lastFormat: ScanDifference.Side?
        /// The last scan that listed it.
        private var lastListed: ScanDifference.Side?
        /// The index of the event of a gap that has not ended.
        private var gap: Int?

        var isListed: Bool { known != nil }

        /// The last scan that could judge it, or that did not find it there; `nil` if none has.
        var lastJudged: ScanDifference.Side? { state.map { $0.isRead ? lastScan : lastReading } ?? lastScan }

        mutating func note(_ what: Timeline.Event.What, after: ScanDifference.Side?, by scan: ScanDifference.Side) {
            events.append(Timeline.Event(after: after, seenBy: scan, what: what))
        }

        /// A later scan looked, and saw nothing else.
        mutating func advance(to scan: ScanDifference.Side?) {
            guard let scan else { return }
            lastScan = scan
            if let state { note(state, by: scan) }
        }

        mutating func add(_ seen: RepositoryState?, _ scan: ScanDifference.Side) {
            guard let seen else { return }
            switch seen.reading {
            case .read: closeGap(last: lastScan, regainedBy: scan)
            // What the scan had no turn for says nothing.
            case .unreadable(let reason) where reason.code != .notRead: openGap(reason, scan)
            case .unreadable: break
            }
            if let change = RepositoryChange(from: known, to: seen) {
                note(.repository(change), after: lastToKnow(of: change.kinds), by: scan)
            }
            known = known.map { seen.completed(by: $0) } ?? seen
            state = seen
            lastRepository = seen.repository
            note(seen, by: scan)
        }

        private mutating func note(_ seen: RepositoryState, by scan: ScanDifference.Side) {
            if seen.reading != .unreadable(.notListed) { lastListed = scan }
            if seen.isRead { lastReading = scan }
            if seen.format != .unknown { lastFormat = scan }
        }

        /// The last scan that knew all that a change is of: what was hidden may have changed at any time since then.
        private func lastToKnow(of kinds: [RepositoryChange.Kind]) -> ScanDifference.Side? {
            guard let state, let lastScan else { return lastScan }
            var sides = [lastScan]
            if kinds.contains(.setting) ? state.reading.value == nil : !state.isRead,
                kinds.contains(where: \.isOfSetting)
            {
                sides += [lastReading].compactMap(\.self)
            }
            // Its subject is known by the format.
            if state.format == .unknown, kinds.contains(.immutability) || kinds.contains(.subject) {
                sides += [lastFormat].compactMap(\.self)
            }
            return sides.min { $0.id.rawValue < $1.id.rawValue }
        }

        /// The listing does not hold it and is not known to be complete.
        mutating func addMissing(_ scan: ScanDifference.Side) {
            guard let known else { return }
            openGap(.notListed, scan)
            state = RepositoryState(
                known.repository, .unreadable(.notListed), under: .unreadable(.notListed), isEnterpriseServer: false)
        }

        mutating func addRemoved(_ scan: ScanDifference.Side) {
            closeGap(last: lastScan, regainedBy: nil)
            if let change = RepositoryChange(from: known, to: nil) {
                note(
                    .repository(change),
                    after: state?.reading == .unreadable(.notListed) ? lastListed ?? lastScan : lastScan, by: scan)
            }
            (state, known) = (nil, nil)
        }

        private mutating func openGap(_ reason: UnreadableReason, _ scan: ScanDifference.Side) {
            guard gap == nil else { return }
            gap = events.count
            note(.repositoryUnread(Timeline.Event.Gap(reason: reason, last: scan)), after: lastScan, by: scan)
        }

        /// - Parameters:
        ///   - last: the last scan of the gap.
        ///   - scan: the one that ended it; `nil` if none did.
        mutating func closeGap(last: ScanDifference.Side?, regainedBy scan: ScanDifference.Side?) {
            guard let place = gap, case .repositoryUnread(var open) = events[place].what else { return }
            open.last = last ?? open.last
            open.regainedBy = scan
            events[place].what = .repositoryUnread(open)
            gap = nil
        }
    }
}
