package import AuditCore

/// A plan for people, as the document that `apply` reads, or as a table of subjects for those who own the clouds.
package enum PlanPage: Page {
    package static let formats: [PageFormat] = [.text, .json, .csv]
    package static let document = PlanDocument.document

    package static func write(_ plan: Plan, to page: inout TextPage) {
        page.plan(plan, digest: PlanDocument.digest(of: plan), nil)
    }

    package static func csv(_ plan: Plan) -> String? { SubjectTable.text(plan) }

    /// A plan for people, or what is left of it.
    ///
    /// - Parameters:
    ///   - estimate: how long its writes take.
    ///   - isBrief: whether it says no more than what becomes of templates and subjects, for a screen that shows as well
    ///     what came of it.
    package static func text(
        _ left: Plan, of plan: Plan? = nil, estimate: WriteEstimate? = nil, isBrief: Bool = false, style: ReportStyle,
    ) -> String {
        var page = TextPage(style: style)
        page.plan(left, digest: PlanDocument.digest(of: plan ?? left), estimate, isBrief: isBrief)
        return page.text
    }

    /// How many subjects change, as the headline and the question say it.
    package static func subjectWords(_ plan: Plan) -> String {
        guard plan.knowsSubjects else { return "whose subject changes is not known" }
        let doubtful = plan.doubtfulSubjectCount
        let (certain, open) = (plan.subjectCount - doubtful, plan.unknownSubjectCount + doubtful)
        return "by which \(counted(certain, "subject")) \(certain == 1 ? "changes" : "change")"
            + (open > 0 ? ", and \(open) may" : "")
    }
}

extension TextPage {
    /// Of so many lines the changes of a plan are, at most; the rest is counted.
    private static let changesLinesMax = 120
    private static let manualLinesMax = 40
    /// So many repositories of those that are changed alike are named; of more, only a few.
    private static let namesMax = (all: 20, few: 3)
    /// Of so many lines the subjects of one change are, at most.
    private static let subjectsLinesMax = 60

    fileprivate mutating func plan(
        _ plan: Plan, digest: String, _ estimate: WriteEstimate?, isBrief: Bool = false,
    ) {
        let names = plan.organizations.map(\.login).joined(separator: ", ")
        line(
            plan.changes.isEmpty ? "NOTHING TO CHANGE" : "PLAN", plan.changes.isEmpty ? .good : .strong,
            "\(names): \(counted(plan.changes.count, "change")), \(PlanPage.subjectWords(plan))")
        if !isBrief, !plan.policyName.isEmpty { line("  policy", .faint, plan.policyName) }
        if !isBrief, let scan = plan.scanID { line("  scan", .faint, "#\(scan.rawValue)") }
        if let why = plan.incomplete { wrapped(why, label: "incomplete:", indent: 2, .poor) }
        if !isBrief { writes(plan, estimate) }
        cloudFirst(plan, isToBeListed: estimate != nil)
        access(of: plan)
        changes(plan.changes, organizationsFirst: plan.beginsWithOrganizations, isBrief: isBrief)
        manual(plan.manual)
        guard !isBrief else {
            blank()
            return fact("digest", digest)
        }
        counts(plan, digest: digest)
    }

    /// What is written, by kind, in which order and for how long.
    private mutating func writes(_ plan: Plan, _ estimate: WriteEstimate?) {
        let words = estimate?.words()
        guard plan.changes.count > 1 || words != nil else { return }
        blank()
        line("WRITES", .strong, plan.changes.count > 1 ? plan.orderInWords : "")
        let counts = Dictionary(plan.changes.map { ($0.kind, 1) }, uniquingKeysWith: +)
        table(
            PlannedChange.Kind.allCases.compactMap { kind in
                counts[kind].map {
                    (counted($0, kind.isOfOrganization ? "organization" : "repository"), kind.rawValue)
                }
            })
        if let words { wrapped(words, label: "time:", indent: 4) }
    }

    /// What must be done elsewhere first, where it is seen.
    ///
    /// - Parameter isToBeListed: whether the command that prints it can list the subjects.
    private mutating func cloudFirst(_ plan: Plan, isToBeListed: Bool) {
        let isMoved = plan.changes.contains { $0.subjects.contains { $0.effect != .none } }
        guard isMoved || !plan.knowsSubjects else { return }
        blank()
        line(
            "CLOUD FIRST", .strong,
            "allow the new subjects first, and drop the old ones after"
                + (isToBeListed ? ": -f csv" : ""))
    }

    // MARK: - Changes

    /// Organizations by themselves, and what most repositories have in common before the rest.
    private mutating func changes(_ changes: [PlannedChange], organizationsFirst: Bool, isBrief: Bool) {
        func rank(_ group: (offset: Int, element: [Int])) -> (Int, Int, Int) {
            let isOfOrganization = changes[group.element[0]].kind.isOfOrganization
            return (
                isOfOrganization == organizationsFirst ? 0 : 1, group.element.count > 2 ? -group.element.count : 0,
                group.offset
            )
        }
        let groups = changes.grouped(Array(changes.indices), by: \.likeness).enumerated()
            .sorted { rank($0) < rank($1) }.map(\.element)
        let start = lineCount
        for (place, alike) in groups.enumerated() {
            guard lineCount - start < Self.changesLinesMax else {
                let rest = groups[place...].map(\.count).reduce(0, +)
                blank()
                plain("and \(counted(rest, "more change")); --format json names all", indent: 2)
                return
            }
            self.changes(alike, of: changes, isBrief: isBrief)
        }
    }

    private mutating func changes(_ alike: [Int], of changes: [PlannedChange], isBrief: Bool) {
        guard alike.count > 2, let first = alike.first.map({ changes[$0] }) else {
            for place in alike { change(changes[place], isBrief: isBrief) }
            return
        }
        blank()
        // Of so many one name says as much as a few.
        let isMany = alike.count > Self.namesMax.all
        line(
            "REPOSITORIES", .strong, "\(alike.count) alike" + (isMany ? ", \(first.target.name) for example" : ""))
        details(of: first, example: isMany ? nil : first.target.name, isBrief: isBrief)
        if !isMany { names(alike.map { changes[$0].target.name }) }
    }

    private mutating func names(_ names: [String]) {
        let shown = names.count <= Self.namesMax.all ? names.count : Self.namesMax.few
        let rest = names.count - shown
        wrapped(
            names.prefix(shown).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : ""), label: "of:",
            indent: 4)
    }

    /// One change: what is written, and what becomes of subjects.
    private mutating func change(_ change: PlannedChange, isBrief: Bool) {
        blank()
        line(change.kind.isOfOrganization ? "ORGANIZATION" : "REPOSITORY", .strong, change.target.name)
        details(of: change, isBrief: isBrief)
    }

    /// - Parameters:
    ///   - example: the repository whose subject stands for that of others, where it is still to be named.
    ///   - isBrief: whether it goes without the entries of the policy.
    private mutating func details(
        of change: PlannedChange, example: String? = nil, isBrief: Bool,
    ) {
        for (before, after) in zip(change.before.lines, change.after.lines) where before.value != after.value {
            wrapped("- \(before.name): \(before.value)", indent: 2, .bad)
            wrapped("+ \(after.name): \(after.value)", indent: 2, .good)
        }
        if let example, !change.subjects.isEmpty { wrapped("subjects, \(example) for example:", indent: 4) }
        subjects(of: change)
        if !change.knowsSubjects {
            wrapped("whose subject changes is not known", indent: 4, .poor)
        } else if change.subjects.allSatisfy({ $0.effect == .none }) {
            wrapped("the setting changes, and no subject", indent: 4, .faint)
        }
        if !isBrief, !change.rules.isEmpty { wrapped(change.rules.joined(separator: ", "), label: "fixes:", indent: 4) }
        for warning in change.warnings { wrapped(warning, label: "warning:", indent: 4, .poor) }
    }

    /// What most have in common before the rest, where they are many.
    private mutating func subjects(of change: PlannedChange) {
        let subjects = change.subjects
        let groups = subjects.grouped(Array(subjects.indices), by: \.likeness).enumerated()
            .sorted { one, other in
                let counts = (
                    one.element.count > 2 ? one.element.count : 0, other.element.count > 2 ? other.element.count : 0
                )
                return counts.0 != counts.1 ? counts.0 > counts.1 : one.offset < other.offset
            }.map(\.element)
        let start = lineCount
        for (place, alike) in groups.enumerated() {
            guard lineCount - start < Self.subjectsLinesMax else {
                let rest = groups[place...].map(\.count).reduce(0, +)
                return plain("and \(counted(rest, "more subject")); --format json names all", indent: 4)
            }
            self.subjects(alike, of: subjects, isOwn: !change.kind.isOfOrganization)
        }
    }

    /// - Parameter isOwn: whether they are of the repository that is written.
    private mutating func subjects(_ alike: [Int], of subjects: [PlannedChange.Subject], isOwn: Bool) {
        guard alike.count > 2, let first = alike.first.map({ subjects[$0] }) else {
            for place in alike { subject(subjects[place], isOwn: isOwn) }
            return
        }
        wrapped("\(alike.count) repositories alike, \(first.repository) for example:", indent: 4)
        subject(first, isOwn: true)
        names(alike.map { subjects[$0].repository })
    }

    private mutating func subject(_ subject: PlannedChange.Subject, isOwn: Bool) {
        if !isOwn { plain(subject.repository, indent: 4) }
        plain("subject: \(subject.before ?? "unknown")", indent: 4)
        let doubt = subject.after == nil || subject.isCertain ? "" : " (not certain)"
        plain("      →  \(subject.after ?? "unknown")\(doubt)", indent: 4)
        if let text = subject.afterKeepingIDs { plain("     or  \(text), should GitHub keep the ids", indent: 4) }
    }

    // MARK: - The rest

    private mutating func manual(_ manual: [Plan.Manual]) {
        guard !manual.isEmpty else { return }
        blank()
        line("MANUAL", .poor, "\(counted(manual.count, "finding")) that this plan does not fix")
        struct Likeness: Hashable {
            let rule: String
            let why: String
        }
        let start = lineCount
        let groups = manual.grouped(Array(manual.indices)) { Likeness(rule: $0.rule, why: $0.why) }
        for (place, group) in groups.enumerated() {
            blank()
            let room = Self.manualLinesMax - (lineCount - start)
            guard room > 0 else {
                let rest = groups[place...].map(\.count).reduce(0, +)
                return plain("and \(counted(rest, "more finding")); --format json names all", indent: 2)
            }
            let first = manual[group[0]]
            wrapped("\(first.rule) (\(group.count)): \(first.why)", indent: 2, .strong)
            let shown = min(20, max(room / 2, 4))
            for finding in group.prefix(shown) {
                wrapped("\(manual[finding].name): \(manual[finding].message)", indent: 4)
            }
            if group.count > shown { plain("and \(group.count - shown) more", indent: 4) }
        }
    }

    private mutating func counts(_ plan: Plan, digest: String) {
        blank()
        let organizations = plan.changes.count(where: \.kind.isOfOrganization)
        let repositories = plan.changes.count - organizations
        facts(
            "changes",
            [
                (organizations, organizations == 1 ? "organization" : "organizations"),
                (repositories, repositories == 1 ? "repository" : "repositories"),
            ])
        if plan.knowsSubjects {
            let doubtful = plan.doubtfulSubjectCount
            facts(
                "subjects",
                [
                    (plan.subjectCount - doubtful, "changed"), (doubtful, "may change"),
                    (plan.unknownSubjectCount, "unknown"),
                ])
        } else {
            fact("subjects", "unknown")
        }
        facts("findings", [(plan.changes.map(\.findingCount).reduce(0, +), "fixed"), (plan.manual.count, "left")])
        fact("digest", digest)
    }
}

extension Plan {
    /// A plan of a policy does, and what undoes it ends with them.
    fileprivate var beginsWithOrganizations: Bool { changes.first?.kind.isOfOrganization ?? true }

    fileprivate var orderInWords: String {
        guard changesOrganizations else { return "one after another" }
        return beginsWithOrganizations
            ? "organizations first, then repositories" : "repositories first, then organizations"
    }
}

// MARK: - What changes have in common

extension PlannedChange {
    /// What is done, for a summary.
    fileprivate enum Kind: String, CaseIterable {
        case organizationTemplate = "a template is set"
        case organizationFlag = "use_immutable_subject of its template is set"
        case inherits = "follows its organization's template"
        case ownClaims = "has its own template"
        case gitHubDefault = "uses GitHub's default"
        case flag = "use_immutable_subject is set"

        var isOfOrganization: Bool { self == .organizationTemplate || self == .organizationFlag }
    }

    fileprivate var kind: Kind {
        switch (before, after) {
        case (.organization(.set(let old, _)), .organization(.set(let new, _))) where old == new:
            return .organizationFlag
        case (.organization, _), (_, .organization): return .organizationTemplate
        case (.repository(let before), .repository(let after)):
            if before.useDefault == after.useDefault,
                before.useDefault || (before.includeClaimKeys ?? []) == (after.includeClaimKeys ?? [])
            {
                return .flag
            }
            return after.inherits ? .inherits : after.useDefault ? .gitHubDefault : .ownClaims
        }
    }

    fileprivate var likeness: Likeness {
        func values(_ value: Value) -> Value {
            guard case .repository(var setting) = value else { return value }
            // It names the repository, or holds its ids.
            setting.subClaimPrefix = setting.subClaimPrefix.map { $0.contains("@") ? "@" : "" }
            return .repository(setting)
        }
        return Likeness(
            owner: target.owner, isOrganization: kind.isOfOrganization, before: values(before), after: values(after),
            rules: rules, warnings: warnings, knowsSubjects: knowsSubjects, subjects: subjects.map(\.likeness))
    }

    fileprivate struct Likeness: Hashable {
        let owner: String
        let isOrganization: Bool
        let before: Value
        let after: Value
        let rules: [String]
        let warnings: [String]
        let knowsSubjects: Bool
        let subjects: [Subject.Likeness]
    }
}

extension PlannedChange.Subject {
    /// The subjects without what names the repository.
    fileprivate var likeness: Likeness {
        func pattern(_ text: String?) -> String? {
            guard let text else { return nil }
            let plain = "repo:" + repository
            if text.hasPrefix(plain) { return "repo:*" + text.dropFirst(plain.count) }
            let name = repository.split(separator: "/").last ?? ""
            return text.replacing(repository, with: "*").replacing("/\(name)@\(repositoryID.rawValue)", with: "/*@*")
                .replacing(":\(repositoryID.rawValue)", with: ":*")
        }
        return Likeness(
            before: pattern(before), after: pattern(after), afterKeepingIDs: pattern(afterKeepingIDs),
            isCertain: isCertain)
    }

    fileprivate struct Likeness: Hashable {
        let before: String?
        let after: String?
        let afterKeepingIDs: String?
        let isCertain: Bool
    }
}
