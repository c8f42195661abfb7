import AuditCore
import Reports
import TestSupport
import Testing

/// What the cloud side is to allow before a plan is applied, and to drop after it.
@Suite struct CloudNotesTests {
    private static func change(_ subjects: PlannedChange.Subject..., knowsSubjects: Bool = true) -> PlannedChange {
        PlannedChange(
            target: .repository(owner: "acme", name: "api", id: RepositoryID(rawValue: 1)),
            before: .repository(.gitHubDefault), after: .repository(.inheriting), subjects: subjects,
            knowsSubjects: knowsSubjects)
    }

    private static func subject(
        _ id: Int64, _ before: String?, _ after: String?, isCertain: Bool = true, keepingIDs: String? = nil,
    ) -> PlannedChange.Subject {
        .init(
            repository: "acme/r\(id)", repositoryID: RepositoryID(rawValue: id), before: before, after: after,
            isCertain: isCertain, afterKeepingIDs: keepingIDs)
    }

    private static func notes(_ changes: PlannedChange...) -> [String] {
        let plan = Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false, organizations: [], createdAt: .sample,
            scanID: nil, policyName: "", policySHA256: "", changes: changes, manual: [])
        return PlanPage.cloudNotes(plan, style: ReportStyle()).split(separator: "\n").map {
            String($0.drop { $0 == " " })
        }
    }

    @Test func theOldSubjectIsDroppedWhereTheNewOneIsKnown() {
        let notes = Self.notes(Self.change(Self.subject(1, "repo:a:{context}", "repo:a:ref:{ref}")))
        #expect(notes.suffix(3) == ["acme/r1", "allow: repo:a:ref:{ref}", "drop:  repo:a:{context}"])
    }

    /// Whatever the plan holds, no line to allow is one to drop.
    @Test(arguments: [
        [subject(1, "x", "x")], [subject(1, "x", "x", isCertain: false)], [subject(1, "x", nil)],
        [subject(1, "x", "y"), subject(2, "y", "z")], [subject(1, "x", "y", isCertain: false)],
        [subject(1, "x@1:a", "x:b", keepingIDs: "x@1:b"), subject(2, "x@1:b", "y")],
        [subject(1, "x@1:a", "x:a", keepingIDs: "x@1:a")], [subject(1, nil, "x")],
    ])
    func nothingIsDroppedThatIsAllowedOrInDoubt(subjects: [PlannedChange.Subject]) {
        var change = Self.change()
        change.subjects = subjects
        let notes = Self.notes(change)
        let allowed = notes.filter { $0.hasPrefix("allow: ") }.map { $0.dropFirst(7) }
        let dropped = notes.filter { $0.hasPrefix("drop:  ") }.map { $0.dropFirst(7) }
        #expect(Set(allowed).isDisjoint(with: dropped))
        for subject in subjects where subject.effect == .unknown || subject.afterKeepingIDs != nil {
            #expect(!dropped.contains { $0 == subject.before ?? "unknown" })
        }
        #expect(subjects.count { $0.effect != .none } == notes.count { $0.hasPrefix("acme/r") })
    }

    @Test func bothSubjectsOfAnUncertainWayBackAreAllowed() {
        let notes = Self.notes(
            Self.change(
                Self.subject(1, "repo:a@1/b@2:{context}", "repo:a/b:ref:{ref}", keepingIDs: "repo:a@1/b@2:ref:{ref}")))
        #expect(
            notes.suffix(6) == [
                "acme/r1", "allow: repo:a/b:ref:{ref}", "allow: repo:a@1/b@2:ref:{ref}",
                "(should GitHub keep the ids)", "keep:  repo:a@1/b@2:{context}",
                "(until the new one is read back: GitHub may keep the ids)",
            ])
    }

    @Test func whereNoSubjectChangesOrNoneIsKnownThatIsSaid() {
        #expect(Self.notes(Self.change()) == ["CLOUD FIRST  no subject changes: nothing is to be done there"])
        let unknown = Self.notes(Self.change(knowsSubjects: false))
        #expect(unknown.last == "whose subject changes is not known of every change: keep what is allowed now")
    }
}
