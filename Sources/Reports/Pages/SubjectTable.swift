import AuditCore

/// The subjects of a plan as a table: what clouds allow now, and what they must allow.
enum SubjectTable {
    private static let header = [
        "organization", "repository", "repository_id", "written", "subject_before", "subject_after", "certain",
        "subject_after_keeping_ids", "subject_before_then", "why",
    ]

    static func text(_ plan: Plan) -> String {
        var text = header.csvRow
        let allowed = PlanPage.allowed(by: plan)
        for change in plan.changes {
            if !change.knowsSubjects {
                text +=
                    [
                        change.target.owner, "", "", change.target.name, "", "", "false", "", "keep",
                        "whose subject changes is not known",
                    ].csvRow
            }
            for subject in change.subjects where subject.effect != .none {
                let why = PlanPage.reasonToKeep(subject, allowed)
                text +=
                    [
                        change.target.owner, subject.repository, "\(subject.repositoryID.rawValue)", change.target.name,
                        subject.before ?? "", subject.after ?? "", subject.isCertain ? "true" : "false",
                        subject.afterKeepingIDs ?? "", why == nil ? "drop" : "keep", why ?? "",
                    ].csvRow
            }
        }
        return text
    }
}
