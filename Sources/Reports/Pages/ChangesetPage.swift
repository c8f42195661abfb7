package import AuditCore

/// What was written to GitHub, as the journal has it.
package enum ChangesetPage: Page {

    /// What was written, below the plan that says what is.
    ///
    /// - Parameter isBrief: whether it goes without the fields that changed, which the plan names.
    package static func text(_ changesets: [Changeset], isBrief: Bool, style: ReportStyle) -> String {
        var page = TextPage(style: style)
        write(changesets, isBrief: isBrief, to: &page)
        return page.text
    }

    /// - Parameter changesets: newest first.
    package static func write(_ changesets: [Changeset], to page: inout TextPage) {
        write(changesets, isBrief: false, to: &page)
    }

    private static func write(_ changesets: [Changeset], isBrief: Bool, to page: inout TextPage) {
        if changesets.isEmpty { page.plain("This history contains no changes.", indent: 0) }
        for (index, changeset) in changesets.enumerated() {
            if index > 0 { page.blank() }
            let undone = changeset.undoes.map { " of #\($0.rawValue)" } ?? ""
            page.line(
                "#\(changeset.id.rawValue)", .strong,
                "\(changeset.kind.rawValue)\(undone), \(changeset.startedAt), by \(changeset.actor ?? "a token of no user")"
            )
            let written = changeset.writtenChanges
            let groups = written.grouped(Array(written.indices)) { $0.likeness(withFields: !isBrief) }
            // Of many, what went wrong stands last, where it is read.
            let (done, open) = (
                groups.filter { written[$0[0]].entry.outcome?.isDone == true },
                groups.filter { written[$0[0]].entry.outcome?.isDone != true }
            )
            for alike in written.count == groups.count ? groups : done + open {
                page.written(alike, of: written, isBrief: isBrief)
            }
            if !isBrief { page.line("  plan", .faint, changeset.planDigest, column: 16) }
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
        Member("actor", .maybe(.string), "login of the token's owner; null if it is not a user's") { $0.actor }
        Member("plan_digest", .sha256) { $0.planDigest }
        Member("changes", .list(change), "in the plan's order") { $0.writtenChanges }
    }

    private static let change = Shape<WrittenChange>.object {
        Member("name", .string, "full name of the repository, or login of the organization") { $0.change.target.name }
        Member("before", .value, "as it was read") { $0.change.before }
        Member("after", .value, "as it was to be read back") { $0.change.after }
        Member("subjects", .maybe(.integer), "how many become another text; null if that is unknown of one") {
            $0.subjectCount
        }
        Member("intended_at", .maybe(.time), "when it was last about to be written") { $0.entry.intendedAt }
        Member("concluded_at", .maybe(.time)) { $0.entry.concludedAt }
        Member("outcome", .maybe(.string), "null if nobody knows") { $0.entry.outcome?.name }
        Member("message", .maybe(.string)) { $0.entry.outcome?.message }
        Member("found", .maybe(.value), "what was read back, where that is neither before nor after") {
            $0.entry.found
        }
    }
}

extension TextPage {
    /// So many repositories of those that were changed alike are named; of more, only a few.
    private static let writtenNamesMax = (all: 20, few: 3)

    fileprivate mutating func written(_ alike: [Int], of written: [WrittenChange], isBrief: Bool) {
        guard alike.count > 2 else {
            for place in alike { one(written[place], written[place].change.target.name, isBrief: isBrief) }
            return
        }
        let shown = alike.count <= Self.writtenNamesMax.all ? alike.count : Self.writtenNamesMax.few
        let names = alike.prefix(shown).map { written[$0].change.target.name }.joined(separator: ", ")
        let rest = alike.count - shown
        one(
            written[alike[0]],
            "\(alike.count) \(isBrief ? "" : "repositories ")alike: \(names)" + (rest > 0 ? " and \(rest) more" : ""),
            isBrief: isBrief)
    }

    private mutating func one(_ one: WrittenChange, _ names: String, isBrief: Bool) {
        let outcome = one.entry.outcome
        let tone: TextPage.Tone = outcome?.isDone == true ? .good : outcome == nil ? .faint : .bad
        line("  \(one.entry.displayText)", tone, names, column: 16)
        if !isBrief { for line in one.lines { wrapped(line, indent: 16, .faint) } }
        if let message = outcome?.message { wrapped(message, indent: 16) }
    }
}

/// A change of a plan, and what the journal knows of it.
private struct WrittenChange {
    let change: PlannedChange
    let entry: Changeset.Entry

    /// The fields that change.
    var lines: [String] {
        zip(change.before.lines, change.after.lines).filter { $0.value != $1.value }
            .map { "\($0.name): \($0.value) → \($1.value)" }
    }

    /// - Parameter withFields: whether those are alike alone whose fields changed alike.
    func likeness(withFields: Bool) -> Likeness {
        guard withFields else {
            return Likeness(
                organization: nil, outcome: entry.displayText, message: entry.outcome?.message, lines: [])
        }
        let organization: String? = if case .organization = change.target { change.target.name } else { nil }
        return Likeness(
            organization: organization, outcome: entry.displayText, message: entry.outcome?.message, lines: lines)
    }

    struct Likeness: Hashable {
        /// Its login, where its own template was to change: it stands alone.
        let organization: String?
        let outcome: String
        let message: String?
        let lines: [String]
    }

    var subjectCount: Int? {
        guard change.knowsSubjects, change.subjects.allSatisfy({ $0.effect != .unknown }) else { return nil }
        return change.subjects.count { $0.effect == .changes }
    }
}

extension Changeset {
    fileprivate var writtenChanges: [WrittenChange] { zip(plan.changes, entries).map(WrittenChange.init) }
}
