public import AuditCore

/// What was written to GitHub, as the journal tells it.
public enum ChangesetPage {
    /// - Parameter changesets: newest first.
    public static func render(_ changesets: [Changeset], as format: PageFormat, style: ReportStyle) -> String {
        switch format {
        case .text: text(changesets, style)
        case .json: json(changesets)
        }
    }

    // MARK: -

    private static func text(_ changesets: [Changeset], _ style: ReportStyle) -> String {
        var page = TextPage(style: style)
        if changesets.isEmpty { page.plain("Nothing was ever changed from here.", indent: 0) }
        for (place, changeset) in changesets.enumerated() {
            if place > 0 { page.blank() }
            let undone = changeset.undoes.map { " of #\($0.rawValue)" } ?? ""
            page.line(
                "#\(changeset.id.rawValue)", .strong,
                "\(changeset.kind.rawValue)\(undone), \(changeset.startedAt), by \(changeset.actor ?? "a token of no user")"
            )
            for (change, entry) in zip(changeset.plan.changes, changeset.entries) {
                let word = entry.word
                let tone: TextPage.Tone = entry.outcome?.isDone == true ? .good : entry.outcome == nil ? .faint : .bad
                page.line("  \(word)", tone, change.target.name, column: 16)
                for (before, after) in zip(change.before.lines, change.after.lines) where before.value != after.value {
                    page.wrapped("\(before.name): \(before.value) → \(after.value)", indent: 16, .faint)
                }
                if let message = entry.outcome?.message { page.wrapped(message, indent: 16) }
            }
            page.line("  plan", .faint, changeset.planDigest, column: 16)
        }
        return page.text
    }

    private static func json(_ changesets: [Changeset]) -> String {
        CatalogPage.json { json in
            json.object { json in
                json.string("schema", "oidc-audit.changes/v1")
                json.array("changesets", of: changesets) { json, changeset in
                    json.object { json in
                        json.number("id", changeset.id.rawValue)
                        json.string("kind", changeset.kind.rawValue)
                        json.number("undoes", changeset.undoes?.rawValue)
                        json.string("started_at", changeset.startedAt.description)
                        json.string("actor", changeset.actor)
                        json.string("plan_digest", changeset.planDigest)
                        json.array("changes", of: zip(changeset.plan.changes, changeset.entries)) { json, pair in
                            let (change, entry) = pair
                            json.object { json in
                                json.string("name", change.target.name)
                                json.value("before", change.before)
                                json.value("after", change.after)
                                // How many become another text; null where that is not known of each.
                                let isKnown =
                                    change.knowsSubjects && change.subjects.allSatisfy { $0.effect != .unknown }
                                let count = Int64(change.subjects.count { $0.effect == .changes })
                                json.number("subjects", isKnown ? count : nil)
                                json.string("intended_at", entry.intendedAt?.description)
                                json.string("concluded_at", entry.concludedAt?.description)
                                json.string("outcome", entry.outcome?.name)
                                json.string("message", entry.outcome?.message)
                                if let found = entry.found { json.value("found", found) } else { json.null("found") }
                            }
                        }
                    }
                }
            }
        }
    }
}

extension Changeset.Entry {
    /// In one word what is known of it.
    fileprivate var word: String {
        outcome?.words ?? (intendedAt == nil ? "not begun" : "begun")
    }
}
