package import AuditCore

/// What was written to GitHub, as the journal has it.
package enum ChangesetPage: Page {

    /// - Parameter changesets: newest first.
    package static func write(_ changesets: [Changeset], to page: inout TextPage) {
        if changesets.isEmpty { page.plain("Nothing was ever changed from here.", indent: 0) }
        for (index, changeset) in changesets.enumerated() {
            if index > 0 { page.blank() }
            let undone = changeset.undoes.map { " of #\($0.rawValue)" } ?? ""
            page.line(
                "#\(changeset.id.rawValue)", .strong,
                "\(changeset.kind.rawValue)\(undone), \(changeset.startedAt), by \(changeset.actor ?? "a token of no user")"
            )
            for one in changeset.writtenChanges {
                let outcome = one.entry.outcome
                let tone: TextPage.Tone = outcome?.isDone == true ? .good : outcome == nil ? .faint : .bad
                page.line("  \(one.entry.displayText)", tone, one.change.target.name, column: 16)
                for (before, after) in zip(one.change.before.lines, one.change.after.lines)
                where before.value != after.value {
                    page.wrapped("\(before.name): \(before.value) → \(after.value)", indent: 16, .faint)
                }
                if let message = outcome?.message { page.wrapped(message, indent: 16) }
            }
            page.line("  plan", .faint, changeset.planDigest, column: 16)
        }
    }

    package static let document = JSONDocument<[Changeset]>("changes") {
        Member("changesets", .list(changeset), "newest first") { $0 }
    }

    private static let changeset = Shape<Changeset>.object {
        Member("id", .id, "the journal's number") { $0.id }
        Member("kind", .word) { $0.kind }
        Member("undoes", .maybe(.id), "the changes that it rolls back") { $0.undoes }
        Member("started_at", .time) { $0.startedAt }
        Member("actor", .maybe(.string), "login of the token's owner; null where it is not a user's") { $0.actor }
        Member("plan_digest", .sha256) { $0.planDigest }
        Member("changes", .list(change), "in the plan's order") { $0.writtenChanges }
    }

    private static let change = Shape<WrittenChange>.object {
        Member("name", .string, "full name of the repository, or login of the organization") { $0.change.target.name }
        Member("before", .value, "as it was read") { $0.change.before }
        Member("after", .value, "as it was to be read back") { $0.change.after }
        Member("subjects", .maybe(.integer), "how many become another text; null where that is unknown of one") {
            $0.subjectCount
        }
        Member("intended_at", .maybe(.time), "when it was last about to be written") { $0.entry.intendedAt }
        Member("concluded_at", .maybe(.time)) { $0.entry.concludedAt }
        Member("outcome", .maybe(.string), "null where nobody knows") { $0.entry.outcome?.name }
        Member("message", .maybe(.string)) { $0.entry.outcome?.message }
        Member("found", .maybe(.value), "what was read back, where that is neither before nor after") {
            $0.entry.found
        }
    }
}

/// A change of a plan, and what the journal knows of it.
private struct WrittenChange {
    let change: PlannedChange
    let entry: Changeset.Entry

    var subjectCount: Int? {
        guard change.knowsSubjects, change.subjects.allSatisfy({ $0.effect != .unknown }) else { return nil }
        return change.subjects.count { $0.effect == .changes }
    }
}

extension Changeset {
    fileprivate var writtenChanges: [WrittenChange] { zip(plan.changes, entries).map(WrittenChange.init) }
}
