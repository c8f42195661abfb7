import AuditCore
import Reports
import TestSupport
import Testing

/// Plans of very many changes, as a person reads them.
@Suite struct PlanPageTests {
    private static func change(_ id: Int64, from keys: [ClaimKey] = ["actor"], rules: [String] = ["r"]) -> PlannedChange
    {
        PlannedChange(
            target: .repository(owner: "acme", name: "r\(id)", id: RepositoryID(rawValue: id)),
            before: .repository(.own(keys)), after: .repository(.inheriting), rules: rules,
            subjects: [
                .init(
                    repository: "acme/r\(id)", repositoryID: RepositoryID(rawValue: id), before: "actor:{actor}",
                    after: "repo:acme/r\(id):{context}")
            ])
    }

    /// An organization's template that all follow, and what is left for a person.
    private static func plan(_ changes: [PlannedChange], followers: Int64 = 0, manual: [Plan.Manual] = []) -> Plan {
        let organization = OrganizationID(rawValue: 77)
        let template = PlannedChange(
            target: .organization(login: "acme", id: organization),
            before: .organization(.set(["repo", "context"], useImmutableSubject: nil)),
            after: .organization(.set(["repo", "ref"], useImmutableSubject: nil)),
            subjects: (0..<followers).map { place in
                .init(
                    repository: "acme/f\(place)", repositoryID: RepositoryID(rawValue: 100_000 + place),
                    before: "repo:acme/f\(place):{context}", after: "repo:acme/f\(place):ref:{ref}")
            })
        return Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false,
            organizations: [Plan.Organization(login: "acme", id: organization)], createdAt: .sample, scanID: nil,
            policyName: "p", policySHA256: "", changes: (followers > 0 ? [template] : []) + changes, manual: manual)
    }

    private static func lines(_ plan: Plan, _ estimate: WriteEstimate? = nil) -> [String] {
        PlanPage.text(plan, estimate: estimate, style: ReportStyle()).split(
            separator: "\n", omittingEmptySubsequences: false
        ).map(String.init)
    }

    @Test func whatChangesAlikeIsSaidOnce() {
        let changes = (1...294).map { Self.change($0) } + [Self.change(300, from: ["repo", "ref"])]
        let lines = Self.lines(
            Self.plan(changes, followers: 40),
            WriteEstimate(writes: 296, duration: .seconds(295), rollback: .seconds(3400), hourly: 500))
        for line in [
            "PLAN  acme: 296 changes, by which 335 subjects change",
            "WRITES  organizations first, then repositories",
            "    1 organization    a template is set",
            "    295 repositories  follows its organization's template",
            "    time: at least 4 min 55 s, and a rollback right after it at least 56 min 40",
            "CLOUD FIRST  allow the new subjects first, and drop the old ones after: -f csv",
            "ORGANIZATION  acme", "    40 repositories alike, acme/f0 for example:",
            "    of: acme/f0, acme/f1, acme/f2 and 37 more",
            "REPOSITORIES  294 alike, acme/r1 for example",
            "    subject: actor:{actor}", "          →  repo:acme/r1:{context}", "REPOSITORY  acme/r300",
        ] { #expect(lines.contains(line), "\(line)\n\(lines.joined(separator: "\n"))") }
        #expect(lines.count < 60)
        #expect(lines.allSatisfy { $0.count <= 80 })
    }

    /// Ten thousand, of which none is like another, are no more than a person can read.
    @Test(arguments: [Int64(1), 3, 50, 10_000])
    func aPlanOfTenThousandIsTwoHundredLines(kinds: Int64) throws {
        let changes = (1...10_000).map { Self.change($0, rules: ["rule \($0 % kinds)"]) }
        let manual = (1...3000).map { place in
            Plan.Manual(
                rule: "r\(place % Int(kinds))", name: "acme/m\(place)", message: "missing claim: ref", why: "two ways")
        }
        let plan = Self.plan(changes, followers: 500, manual: manual)
        var lines: [String] = []
        let duration = ContinuousClock().measure { lines = Self.lines(plan) }
        #expect(lines.count <= 200)
        #expect(lines.contains("    10000 repositories  follows its organization's template"))
        if kinds > 50 { #expect(lines.contains { $0.hasPrefix("  and ") && $0.contains(" more changes; ") }) }
        // A debug build takes a while; that it does not take the square of it shows here.
        #expect(duration < .seconds(60))
    }

    /// What went wrong stands last, where it is read.
    @Test func whatWasWrittenAlikeIsReportedOnce() {
        let plan = Self.plan((1...294).map { Self.change($0) }, followers: 40)
        var entries = plan.changes.map { _ in Changeset.Entry(intendedAt: .sample, outcome: .applied) }
        entries[150].outcome = .failed("failed (500), nothing changed")
        let changeset = Changeset(
            id: ChangesetID(rawValue: 3), kind: .apply, startedAt: .sample, actor: "octocat",
            planDigest: String(repeating: "a", count: 64), plan: plan, entries: entries)
        let lines = ChangesetPage.render([changeset], as: .text, style: ReportStyle()).split(separator: "\n")
        #expect(lines.count < 20, "\(lines.joined(separator: "\n"))")
        #expect(lines[1] == "  applied       acme")
        #expect(lines.contains { $0.hasPrefix("  applied       293 repositories alike: acme/r1, acme/r2, ") })
        #expect(lines.joined(separator: " ").replacing(/\s+/, with: " ").contains("acme/r3 and 290 more"))
        #expect(lines.suffix(4).first == "  failed        acme/r150")
        #expect(lines.suffix(2).first == "                failed (500), nothing changed")
    }

    /// One write, and two hundred and fifty followers of which none is like another.
    @Test func anOrganizationsChangeIsNoLongerThanAScreenOrTwo() {
        var plan = Self.plan([], followers: 250)
        for place in plan.changes[0].subjects.indices {
            plan.changes[0].subjects[place].before = "repo:acme/f\(place):claim\(place):{x}"
        }
        let lines = Self.lines(plan)
        #expect(lines.count < 100)
        #expect(lines.contains { $0.contains(/and \d+ more subjects; --format json names all/) })
        // What most have in common comes before what is cut off.
        for place in 200..<250 { plan.changes[0].subjects[place].before = "repo:acme/f\(place):{context}" }
        #expect(Self.lines(plan).contains("    50 repositories alike, acme/f200 for example:"))
    }

    /// A plan and what came of it fit one screen, five failures included.
    @Test func aScreenOfAnApplyShowsThePlanAndItsResult() {
        let changes = (1...2700).map { Self.change($0) } + (2701...3000).map { Self.change($0, from: ["repo", "ref"]) }
        let plan = Self.plan(changes, followers: 1)
        var entries = plan.changes.map { _ in Changeset.Entry(intendedAt: .sample, outcome: .applied) }
        let failed = ChangeOutcome.failed("failed (500), nothing changed")
        for place in [500, 1000, 1500, 2000, 2500] { entries[place].outcome = failed }
        let changeset = Changeset(
            id: ChangesetID(rawValue: 3), kind: .apply, startedAt: .sample, actor: "octocat",
            planDigest: String(repeating: "a", count: 64), plan: plan, entries: entries)
        let text =
            PlanPage.text(plan, isBrief: true, style: ReportStyle())
            + ChangesetPage.text([changeset], isBrief: true, style: ReportStyle())
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 34, "\(text)")
        for line in [
            "REPOSITORIES  2700 alike, acme/r1 for example",
            "  applied       2996 alike: acme, acme/r1, acme/r2 and 2993 more",
            "                failed (500), nothing changed", "digest        ",
        ] { #expect(lines.contains { $0.hasPrefix(line) }, "\(line)\n\(text)") }
        let journal = ChangesetPage.render([changeset], as: .text, style: ReportStyle())
        #expect(journal.count { $0 == "\n" } <= 16, "\(journal)")
    }

    @Test func theTableIsForWhoeverOwnsTheClouds() {
        var keeping = Self.change(2)
        keeping.subjects[0].afterKeepingIDs = "repo:acme@77/r2@2:{context}"
        var unknown = Self.change(3)
        (unknown.subjects, unknown.knowsSubjects) = ([], false)
        var formula = Self.change(4)
        formula.subjects[0].before = "=cmd()"
        let table = PlanPage.render(
            Self.plan([Self.change(1), keeping, unknown, formula]), as: .csv, style: ReportStyle())
        #expect(
            table.split(separator: "\r\n") == [
                "organization,repository,repository_id,written,subject_before,subject_after,certain,subject_after_keeping_ids,subject_before_then,why",
                "acme,acme/r1,1,acme/r1,actor:{actor},repo:acme/r1:{context},true,,drop,",
                #"acme,acme/r2,2,acme/r2,actor:{actor},repo:acme/r2:{context},true,repo:acme@77/r2@2:{context},keep,"until the new one is read back: GitHub may keep the ids""#,
                #"acme,,,acme/r3,,,false,,keep,"whose subject changes is not known""#,
                "acme,acme/r4,4,acme/r4,'=cmd(),repo:acme/r4:{context},true,,drop,",
            ])
    }
}
