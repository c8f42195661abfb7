import AuditCore
import History

/// What an apply or rollback does to who can assume what.
extension ApplyPipeline {
    /// A plan that was made with exports is not applied without: what it takes away may have changed since.
    func checkExports(of plan: Plan) throws(CommandFailure) {
        guard access == nil else { return }
        if plan.access != nil {
            throw .usage(
                "the plan was made with --trust, so apply needs it too",
                hint: "export the roles again, and add --trust roles.json")
        }
        if allowsLostAccess {
            throw .usage(
                "--allow-lost-access is about cloud exports, and none is given", hint: "add --trust roles.json")
        }
    }

    /// By the exports of today; without any, what the plan says.
    func changedAccess(
        of left: Plan, _ work: Work, in history: HistoryStore?,
    ) async throws(CommandFailure) -> PlannedAccess? {
        guard let access else { return left.access }
        guard let history, let origin = try await origin(of: work, in: history) else {
            let message =
                "cannot compute lost access: the scan that the plan was made from is not in this history"
            guard work.mayLoseAccess else {
                throw .usage(message, hint: "name the history of the plan with --db, or make a new plan")
            }
            context.console.note("warning: \(message)")
            return left.access
        }
        let planned = left.access.map { $0.lost + $0.gained } ?? []
        return try access.access(
            of: left, after: origin.made, in: origin.snapshot, with: Set(planned.map(\.identity)))
    }

    /// Writes nothing where access is lost, unless it is allowed to be or to stop would leave things half done.
    func checkLostAccess(of left: Plan, _ work: Work) throws(CommandFailure) {
        guard let access = left.access else { return }
        func check(_ why: String, _ words: String, hint: String) throws(CommandFailure) {
            guard !work.mayLoseAccess, !allowsLostAccess else {
                context.console.note("warning: \(why): \(words)")
                return
            }
            throw .usage("\(why): \(words)", hint: hint)
        }
        func more(_ count: Int) -> String { count > 1 ? ", and \(count - 1) more" : "" }
        if let first = access.lost.first {
            let words =
                "\(first.repository.fullName) can no longer assume \(first.identity)" + more(access.lost.count)
            try check(
                work.mayLoseAccess || allowsLostAccess ? "access is lost" : "access would be lost", words,
                hint: "add the values to the roles and export them again, or add --allow-lost-access")
        }
        // What was not read may lose access as well.
        if let first = access.unread.first {
            try check(
                "access may be lost", first + more(access.unread.count),
                hint: "export all roles again, or add --allow-lost-access")
        }
    }

    // MARK: -

    private struct Origin {
        let snapshot: Snapshot
        /// What was written since, in its order.
        let made: [PlannedChange]
    }

    /// The scan that a plan was made from, behind what it undoes; `nil` if the history does not hold it.
    private func origin(of work: Work, in history: HistoryStore) async throws(CommandFailure) -> Origin? {
        // What is left is still to come, even where it may have been written.
        let closed = work.begun.map { zip($0.plan.changes, $0.entries).filter { !$1.isOpen && $1.mayBeWritten } } ?? []
        var made = closed.map(\.0)
        var (plan, undoes) = (work.plan, work.undoes)
        if plan.scanID == nil, undoes != nil {
            let all = try await Self.changesets(in: history, apiURL: apiURL)
            while plan.scanID == nil, let one = all.first(where: { $0.id == undoes }) {
                made = Self.written(one) + made
                // One undoes an earlier one alone.
                guard (one.undoes?.rawValue ?? 0) < one.id.rawValue else { break }
                (plan, undoes) = (one.plan, one.undoes)
            }
        }
        guard let id = plan.scanID else { return nil }
        let scan = try await usingHistory { () async throws(HistoryError) in
            try await history.scan(.id(id), apiURL: apiURL)
        }
        // A number is another scan in another history.
        guard let scan, plan.scannedAt ?? scan.startedAt == scan.startedAt else { return nil }
        let snapshot = try await usingHistory { () async throws(HistoryError) in try await history.snapshot(of: id) }
        return Origin(snapshot: snapshot, made: made)
    }

    private static func written(_ changeset: Changeset) -> [PlannedChange] {
        zip(changeset.plan.changes, changeset.entries).filter(\.1.mayBeWritten).map(\.0)
    }
}
