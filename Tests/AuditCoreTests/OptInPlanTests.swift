import AuditCore
import TestSupport
import Testing

/// An organization's opt-in to immutable subjects: one write, with its reach counted.
@Suite struct OptInPlanTests {
    private static let keys: SubjectTemplate = ["repo", "context", "job_workflow_ref"]
    private static let entry =
        #"{"id": "ids", "rule": "immutable-subject", "severity": "high", "fix": {"immutable": true, "organization_wide": true}}"#

    private func plan(
        _ repositories: [RepositorySnapshot], _ rules: [String] = [entry], flag: Bool? = nil, listing: Listing? = nil,
        template: OrganizationTemplate? = nil, scope: Scope = Scope(),
    ) throws -> Plan {
        let policy = try Policy.parsed(
            #"{"version": 1, "name": "test", "rules": [\#(rules.joined(separator: ","))]}"#)
        let template = template ?? .set(Self.keys, useImmutableSubject: flag)
        let snapshot = Snapshot.sample([.sample(template: template, listing: listing, repositories)], scope: scope)
        return Planner(Evaluator(policy: policy, gate: Gate())).plan(snapshot, now: .sample)
    }

    private func answering(_ flag: Bool?, prefix: String? = nil) -> RepositorySetting {
        RepositorySetting(useDefault: true, useImmutableSubject: flag, subClaimPrefix: prefix)
    }

    @Test func itIsOneWriteAndSaysWhomItReaches() throws {
        let plan = try plan([
            .read("api", id: 1001, .own(["repo", "ref"])), .read("follows", id: 1002, .inheriting),
            .read("says-false", id: 1003, answering(false)),
            .read("born", id: 1004, answering(false, prefix: "repo:acme@77/born@1004")),
            .read("nameless", id: 1005, .own(["ref"])),
        ])
        let change = try #require(plan.changes.first)
        #expect(plan.changes.count == 1)
        #expect(change.target.name == "acme")
        #expect(change.after == .organization(.set(Self.keys, useImmutableSubject: true)))
        #expect(change.rules == ["ids"])
        #expect(
            change.subjects.filter { $0.effect == .changes }.map(\.after) == [
                "repo:acme@77/api@1001:ref:{ref}",
                "repo:acme@77/follows@1002:{context}:job_workflow_ref:{job_workflow_ref}",
                "repo:acme@77/says-false@1003:{context}",
            ])
        // Whether one follows is known when it is read back: until then a cloud keeps what it presents today.
        #expect(change.subjects.filter { $0.effect == .changes }.allSatisfy { $0.alsoOf != nil })
        #expect(change.warnings.contains("the subject's format changes from legacy to immutable (3 repositories)"))
        #expect(change.warnings.contains { $0.contains("set false itself") && $0.contains("(1 repository)") })
        // Of a template without repo nobody knows what becomes of it, with the write as without.
        #expect(plan.manual.map(\.name) == ["acme/nameless"])
        #expect(plan.manual.first?.why.hasPrefix("GitHub does not document") == true)
        #expect(plan.unknownSubjectCount == 1)
        let follower = try #require(change.subjects.first)
        #expect(change.plannedPrefix(of: follower) == "repo:acme@77/api@1001")
    }

    @Test func anOrganizationWithoutATemplateOptsInWithGitHubsOwn() throws {
        let plan = try plan([.read("api", id: 1001, .gitHubDefault)], template: .neverSet)
        #expect(
            plan.changes.map(\.after) == [.organization(.set(.gitHubDefault, useImmutableSubject: true))])
        #expect(plan.changes.first?.warnings.contains(PlannedChange.cannotBeUnset) == true)
        #expect(plan.subjectCount == 1)
    }

    @Test func whatDoesNotFollowIsOptedInAlone() throws {
        let plan = try plan([.read("api", id: 1001, answering(false))], flag: true)
        #expect(plan.changes.map(\.target.name) == ["acme/api"])
        #expect(plan.subjectCount == 1)
    }

    /// A repository's own write would send back the flag that was read, and no longer follow.
    @Test func anotherFixOfAFollowerWaits() throws {
        let claims =
            #"{"id": "claims", "rule": "require-claims", "severity": "low", "claims": ["ref"], "fix": {"template": ["repo", "ref"]}}"#
        let plan = try plan([.read("api", id: 1001, .gitHubDefault)], [Self.entry, claims])
        #expect(plan.changes.map(\.target.name) == ["acme"])
        #expect(plan.manual.map(\.rule) == ["claims"])
        #expect(plan.manual.first?.why.contains("plan it again after that write") == true)
    }

    @Test func itIsNotPlannedFromAPartOfTheListing() throws {
        let plan = try plan(
            [.read("api", id: 1001, .gitHubDefault)], listing: Listing(status: .partial, listed: 1, expected: 2))
        #expect(plan.changes.isEmpty)
        #expect(plan.manual.first?.why.contains("not every repository") == true)
    }

    /// What a scan of some repositories did not look at follows the organization all the same.
    @Test func itIsNotPlannedFromAScanOfSomeRepositories() throws {
        var filtered = Scope()
        filtered.selector.names = [Glob("api")]
        let named = Scope(named: NamedRepositories([RepositoryName("acme/api")].compactMap(\.self)))
        for scope in [named, filtered] {
            let plan = try plan([.read("api", id: 1001, .gitHubDefault)], scope: scope)
            #expect(plan.changes.isEmpty)
            #expect(plan.manual.first?.why.contains("not every repository") == true)
        }
    }

    @Test func itCountsTheFindingsThatItFixes() throws {
        let plan = try plan([
            .read("api", id: 1001, .own(["repo", "ref"])), .read("follows", id: 1002, .inheriting),
            .read("web", id: 1003, .gitHubDefault),
        ])
        #expect(plan.changes.map(\.rules) == [["ids"]])
        #expect(plan.changes.map(\.findingCount) == [3])
    }

    @Test(arguments: [
        (#"{"organization_wide": true}"#, "changes nothing"),
        (#"{"immutable": false, "organization_wide": true}"#, "is for"),
        (#"{"inherit": true, "immutable": true, "organization_wide": true}"#, "is for"),
    ])
    func itStandsAlone(fix: String, message: String) {
        let error = #expect(throws: DocumentError.self) {
            try plan([], [#"{"id": "a", "rule": "immutable-subject", "severity": "low", "fix": \#(fix)}"#])
        }
        #expect(error.map { "\($0)".contains(message) } == true, "\(error.map { "\($0)" } ?? "")")
    }
}
