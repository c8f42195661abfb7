package import AuditCore

extension PlanPage {
    /// The subjects that the cloud side must allow before the plan is applied, and which may go after it.
    package static func cloudNotes(_ plan: Plan, style: ReportStyle) -> String {
        var page = TextPage(style: style)
        let subjects = plan.changes.flatMap { change in
            change.subjects.filter { $0.effect != .none }.map { (change, $0) }
        }
        guard !subjects.isEmpty || !plan.knowsSubjects else {
            page.line("CLOUD FIRST", .strong, "no subject changes: nothing is to be done there")
            if let access = plan.access { page.patches(access) }
            return page.text
        }
        page.line(
            "CLOUD FIRST", .strong, "allow these subjects before the plan is applied, and drop the old ones after")
        if !plan.knowsSubjects {
            page.wrapped(
                "whose subject changes is not known of every change: keep what is allowed now", indent: 2, .poor)
        }
        let allowed = allowed(by: plan)
        for (_, subject) in subjects {
            page.blank()
            page.plain(subject.repository, indent: 2)
            page.plain("allow: \(subject.after ?? "unknown until it is read back")", indent: 4)
            if let text = subject.afterKeepingIDs, text != subject.before {
                page.plain("allow: \(text)", indent: 4)
                page.plain("       (should GitHub keep the ids)", indent: 4)
            }
            let before = subject.before ?? "unknown"
            if let why = reasonToKeep(subject, allowed) {
                page.plain("keep:  \(before)", indent: 4)
                page.wrapped("(\(why))", indent: 11)
            } else {
                page.plain("drop:  \(before)", indent: 4)
            }
        }
        if let access = plan.access { page.patches(access) }
        return page.text
    }

    /// What must be allowed. Repositories can have one subject in common: what one no longer presents another may begin to.
    static func allowed(by plan: Plan) -> Set<String> {
        let subjects = plan.changes.flatMap(\.subjects).filter { $0.effect != .none }
        return Set(subjects.flatMap { [$0.after, $0.afterKeepingIDs].compactMap(\.self) })
    }

    /// Why the old subject stays allowed; `nil` if it may go once the plan is applied.
    static func reasonToKeep(_ subject: PlannedChange.Subject, _ allowed: Set<String>) -> String? {
        if subject.afterKeepingIDs != nil { return "until the new one is read back: GitHub may keep the ids" }
        if subject.effect == .unknown || !subject.isCertain {
            return "until the new one is read back: it is not known for certain"
        }
        if subject.before.map(allowed.contains) ?? false { return "it is among those to be allowed" }
        if let alsoOf = subject.alsoOf { return alsoOf }
        guard !subject.sameIn.isEmpty else { return nil }
        let contexts = subject.sameIn.map { $0.rawValue.replacing("_", with: " ") }.joined(separator: ", ")
        return "jobs of these contexts present it as before: \(contexts)"
    }
}
