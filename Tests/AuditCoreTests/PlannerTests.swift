import AuditCore
import Foundation
import TestSupport
import Testing

/// What is planned to fix a finding, and what is left to a person.
@Suite struct PlannerTests {
    private static let claims: OrganizationTemplate = .set(
        ["repo", "context", "job_workflow_ref"], useImmutableSubject: nil)

    private func plan(
        _ rules: [String], _ repositories: [RepositorySnapshot], template: OrganizationTemplate = claims,
        waivers: WaiverList? = nil,
    ) throws -> Plan {
        let policy = try Policy.parsed(
            #"{"version": 1, "name": "test", "rules": [\#(rules.joined(separator: ","))]}"#)
        let snapshot = Snapshot.sample([.sample(template: template, repositories)])
        return Planner(Evaluator(policy: policy, gate: Gate(), waivers: waivers)).plan(snapshot, now: .sample)
    }

    private func setting(_ value: PlannedChange.Value?) -> RepositorySetting? {
        if case .repository(let setting)? = value { setting } else { nil }
    }

    // MARK: - What a rule knows by itself

    @Test func aRepositoryOnTheDefaultOptsIn() throws {
        let plan = try plan(
            [
                #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "job_workflow_ref"]}"#,
                #"{"id": "source", "rule": "template-source", "severity": "low", "allowed": ["organization"]}"#,
            ], [.read("api", id: 1, .gitHubDefault), .read("web", id: 2, .inheriting)])
        #expect(plan.changes.map(\.target.name) == ["acme/api"])
        let change = try #require(plan.changes.first)
        #expect(setting(change.after)?.useDefault == false)
        #expect(setting(change.after)?.includeClaimKeys == nil)
        #expect(setting(change.after)?.subClaimPrefix == "repo:acme/api")
        #expect(change.rules == ["claims", "source"])
        #expect(change.subjects.map(\.before) == ["repo:acme/api:{context}"])
        #expect(change.subjects.map(\.after) == ["repo:acme/api:{context}:job_workflow_ref:{job_workflow_ref}"])
        #expect(plan.manual.isEmpty)
        #expect(plan.subjectCount == 1)
    }

    @Test func whatIsOneTooManyIsTakenOut() throws {
        let plan = try plan(
            [
                #"{"id": "forbid", "rule": "forbid-claims", "severity": "high", "claims": ["actor"]}"#,
                #"{"id": "run", "rule": "per-run-claims", "severity": "low"}"#,
            ],
            [.read("api", id: 1, .own(["repo", "actor", "ref"])), .read("run", id: 2, .own(["repo", "run_id"]))])
        #expect(plan.changes.map { setting($0.after)?.includeClaimKeys } == [["repo", "ref"], ["repo"]])
        // Without the run's id, every job of the repository has one and the same subject: nothing that was kept breaks.
        #expect(plan.manual.isEmpty)
    }

    @Test func whatSeveralRulesTakeOutIsTakenOutTogether() throws {
        let plan = try plan(
            [
                #"{"id": "forbid", "rule": "forbid-claims", "severity": "high", "claims": ["actor"]}"#,
                #"{"id": "once", "rule": "duplicate-claims", "severity": "low"}"#,
                #"{"id": "run", "rule": "per-run-claims", "severity": "low"}"#,
            ], [.read("api", id: 1, .own(["repo", "actor", "repo", "run_id", "ref"]))])
        #expect(plan.changes.map { setting($0.after)?.includeClaimKeys } == [["repo", "ref"]])
        #expect(plan.changes.first?.rules.sorted() == ["forbid", "once", "run"])
        #expect(plan.manual.isEmpty)
    }

    @Test func immutableSubjectsAreOptedInTo() throws {
        let plan = try plan(
            [#"{"id": "immutable", "rule": "immutable-subject", "severity": "high"}"#],
            [
                .read("api", id: 1001, .own(["repo", "context"])),
                .read("same", id: 1002, .own(["repo", "context", "job_workflow_ref"])),
            ])
        let change = try #require(plan.changes.first)
        #expect(setting(change.after)?.useImmutableSubject == true)
        #expect(setting(change.after)?.includeClaimKeys == ["repo", "context"])
        #expect(change.subjects.first?.after == "repo:acme@77/api@1001:{context}")
        #expect(change.warnings == ["the subject's format changes from legacy to immutable"])
        // Told with the organization's claims: which it is, the policy has to say.
        #expect(plan.manual.map(\.name) == ["acme/same"])
        #expect(plan.manual.first?.why.contains("where: {names: [...]} for such repositories alone") == true)
    }

    /// Who follows the organization goes on following it.
    @Test func whoInheritsMovesToImmutableSubjects() throws {
        let entry = #"{"id": "immutable", "rule": "immutable-subject", "severity": "high", "fix": "#
        let repositories: [RepositorySnapshot] = [
            .read("follows", id: 1001, .inheriting),
            .read("same", id: 1002, .own(["repo", "context", "job_workflow_ref"])),
        ]
        let both = try plan([entry + #"{"inherit": true, "immutable": true}}"#], repositories)
        #expect(both.manual.isEmpty)
        #expect(both.changes.map(\.after.inherits) == [true, true])
        #expect(both.changes.map { setting($0.after)?.useImmutableSubject } == [true, true])
        #expect(both.changes.allSatisfy { !$0.warnings.contains(PlannedChange.becomesItsOwn) })
        #expect(both.changes.allSatisfy { !$0.warnings.contains(PlannedChange.beginsToFollow) })
        // What did not follow would begin to, which nobody asked for by the name of the rule.
        let others = try plan(
            [entry + #"{"inherit": true, "immutable": true}}"#],
            [.read("plain", id: 1003, .gitHubDefault), .read("own", id: 1004, .own(["repo", "actor"]))])
        #expect(others.changes.map { $0.warnings.contains(PlannedChange.beginsToFollow) } == [true, true])
        let own = try plan(
            [entry + #"{"template": ["repo", "context", "job_workflow_ref"], "immutable": true}}"#], repositories)
        #expect(own.changes.map { $0.warnings.contains(PlannedChange.becomesItsOwn) } == [true, true])
    }

    @Test(arguments: [
        (#"{"inherit": true, "template": ["repo"]}"#, "exclude each other"),
        (#"{"inherit": false}"#, "changes nothing"),
    ])
    func aFixSaysOneThing(fix: String, message: String) {
        let error = #expect(throws: DocumentError.self) {
            try plan([#"{"id": "a", "rule": "immutable-subject", "severity": "low", "fix": \#(fix)}"#], [])
        }
        #expect(error.map { "\($0)".contains(message) } == true)
    }

    // MARK: - What a policy says

    @Test func aFixDecidesWhereTheRuleDoesNot() throws {
        let entry = #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["ref"]"#
        let repositories: [RepositorySnapshot] = [.read("api", id: 1, .own(["repo"]))]
        let without = try plan([entry + "}"], repositories)
        #expect(without.changes.isEmpty)
        #expect(without.manual.map(\.rule) == ["claims"])
        #expect(without.manual.first?.why.contains("no single way") == true)
        let with = try plan([entry + #", "fix": {"template": ["repo", "ref"]}}"#], repositories)
        #expect(setting(with.changes.first?.after)?.includeClaimKeys == ["repo", "ref"])
        // A fix that would not fix is not a fix.
        let wrong = try plan([entry + #", "fix": "inherit"}"#], repositories)
        #expect(wrong.changes.isEmpty)
        #expect(wrong.manual.first?.why == "it would not fix claims: missing claim: ref")
    }

    @Test func contradictingFixesAreLeft() throws {
        let plan = try plan(
            [
                #"{"id": "one", "rule": "require-claims", "severity": "high", "claims": ["ref"], "fix": {"template": ["repo", "ref"]}}"#,
                #"{"id": "two", "rule": "require-claims", "severity": "high", "claims": ["environment"], "fix": {"template": ["repo", "environment"]}}"#,
            ], [.read("api", id: 1, .own(["repo"]))])
        #expect(plan.manual.contains { $0.rule == "two" && $0.why == "another rule asks for another template" })
        #expect(plan.changes.first?.rules == ["one"])
    }

    @Test func whatWouldBreakAnotherRuleIsLeft() throws {
        let plan = try plan(
            [
                #"{"id": "forbid", "rule": "forbid-claims", "severity": "high", "claims": ["repo"]}"#,
                #"{"id": "anchored", "rule": "anchored-subject", "severity": "high"}"#,
            ], [.read("api", id: 1, .own(["repo", "ref"]))])
        #expect(plan.changes.isEmpty)
        #expect(plan.manual.first?.why.hasPrefix("it would break anchored: ") == true)
    }

    // MARK: - Organizations

    @Test func anOrganizationIsPlannedWithThoseThatFollowIt() throws {
        let rules = [
            #"{"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "context"]]}"#
        ]
        let plan = try plan(
            rules,
            [.read("api", id: 1, .inheriting), .read("web", id: 2, .inheriting), .read("own", id: 3, .own(["repo"]))])
        #expect(plan.changes.map(\.target) == [.organization(login: "acme", id: OrganizationID(rawValue: 77))])
        #expect(plan.changes.first?.subjects.map(\.repository) == ["acme/api", "acme/web"])
        #expect(plan.subjectCount == 2)
        let neverSet = try self.plan(rules, [.read("api", id: 1, .gitHubDefault)], template: .neverSet)
        #expect(neverSet.changes.first?.warnings.first?.hasPrefix("it can't be undone wholly") == true)
    }

    @Test func organizationsComeBeforeWhatInheritsThem() throws {
        let plan = try plan(
            [
                #"{"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "ref"]]}"#,
                #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["ref"], "fix": "inherit"}"#,
            ], [.read("api", id: 1, .gitHubDefault)], template: .neverSet)
        #expect(plan.changes.map(\.target.name) == ["acme", "acme/api"])
        #expect(plan.changes.last?.subjects.first?.after == "repo:acme/api:ref:{ref}")
    }

    /// A fix that asks for what a follower has already changes nothing there, and its subject changes all the same.
    @Test func whoeverFollowsIsCountedWhateverIsWantedOfIt() throws {
        let plan = try plan(
            [
                #"{"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "ref"]]}"#,
                #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["ref"], "fix": "inherit"}"#,
            ],
            [.read("api", id: 1, .inheriting), .read("own", id: 2, .own(["repo"])), .read("web", id: 3, .inheriting)],
            template: .set(["repo"], useImmutableSubject: nil))
        #expect(plan.changes.map(\.target.name) == ["acme", "acme/own"])
        #expect(plan.changes.first?.subjects.map(\.repository) == ["acme/api", "acme/web"])
        #expect(plan.changes.first?.rules == ["template", "claims"])
        #expect(plan.subjectCount == 3)
    }

    @Test func anOrganizationsFixOfItsFollowersIsReported() throws {
        let plan = try plan(
            [
                #"{"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "ref"]]}"#,
                #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["ref"]}"#,
            ], [.read("api", id: 1, .inheriting), .read("web", id: 2, .inheriting)],
            template: .set(["repo"], useImmutableSubject: nil))
        #expect(plan.changes.map(\.rules) == [["template", "claims"]])
        #expect(plan.manual.isEmpty)
    }

    @Test func aTemplateThatWouldBreakFollowersIsLeft() throws {
        let plan = try plan(
            [
                #"{"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "ref"]]}"#,
                #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["context"]}"#,
            ], [.read("api", id: 1, .inheriting)])
        #expect(plan.changes.isEmpty)
        #expect(plan.manual.first?.why == "repositories that follow it would break claims: acme/api")
    }

    // MARK: - What can't be known

    @Test func aFlagThatContradictsThePrefixIsLeft() throws {
        var odd = RepositorySetting.own(["repo", "actor"])
        odd.useImmutableSubject = true
        odd.subClaimPrefix = "repo:acme/api"
        let entry = #"{"id": "forbid", "rule": "forbid-claims", "severity": "high", "claims": ["actor"]"#
        let left = try plan([entry + "}"], [.read("api", id: 1, odd)])
        #expect(left.changes.isEmpty)
        #expect(left.manual.first?.why.contains("use_immutable_subject is true beside the prefix") == true)
        let named = try plan(
            [entry + #", "fix": {"template": ["repo"], "immutable": true}}"#], [.read("api", id: 1, odd)])
        #expect(setting(named.changes.first?.after)?.useImmutableSubject == true)
        #expect(setting(named.changes.first?.after)?.subClaimPrefix == "repo:acme@77/api@1")
    }

    /// The prefix has ids, and nobody opted in: the commonest answer since July 2026.
    @Test(arguments: [false, nil])
    func aFlagBesideAPrefixWithIDsIsWrittenAsItWasRead(flag: Bool?) throws {
        var born = RepositorySetting.own(["repo", "actor"])
        born.useImmutableSubject = flag
        born.subClaimPrefix = "repo:acme@77/api@1"
        let plan = try plan(
            [#"{"id": "forbid", "rule": "forbid-claims", "severity": "high", "claims": ["actor"]}"#],
            [.read("api", id: 1, born)])
        let after = try #require(setting(plan.changes.first?.after))
        #expect(after.useImmutableSubject == flag)
        #expect(after.subClaimPrefix == "repo:acme@77/api@1")
        #expect(plan.changes.first?.subjects.first?.after == "repo:acme@77/api@1")
        #expect(plan.changes.first?.warnings.contains(PlannedChange.idsMayStay) == false)
    }

    // MARK: - Which subjects change

    private static let wayBack =
        #"{"id": "a", "rule": "require-claims", "severity": "low", "claims": ["ref"], "fix": {"template": ["repo", "ref"], "immutable": false}}"#

    @Test(arguments: [true, false, nil])
    func theWayBackFromImmutableSubjectsIsNotPromised(flag: Bool?) throws {
        var born = RepositorySetting.gitHubDefault
        born.useImmutableSubject = flag
        born.subClaimPrefix = "repo:acme@77/born@1001"
        let plan = try plan([Self.wayBack], [.read("born", id: 1001, born)])
        let change = try #require(plan.changes.first)
        #expect(change.dropsIDs)
        #expect(change.warnings.contains(PlannedChange.idsMayStay))
        let subject = try #require(change.subjects.first)
        #expect(subject.after == "repo:acme/born:ref:{ref}")
        #expect(subject.afterKeepingIDs == "repo:acme@77/born@1001:ref:{ref}")
        // Where there are no ids there is no such way.
        let legacy = try self.plan([Self.wayBack], [.read("old", id: 1002, .gitHubDefault)])
        #expect(legacy.changes.first?.dropsIDs == false)
        #expect(legacy.changes.first?.subjects.first?.afterKeepingIDs == nil)
    }

    /// Ids of the template go with it, whatever GitHub makes of the prefix.
    @Test func idsOfTheTemplateAloneAreNotKept() throws {
        var setting = RepositorySetting.own(["repository_owner_id", "repository_id", "context"])
        setting.subClaimPrefix = "repo:acme/warehouse"
        let plan = try plan([Self.wayBack], [.read("warehouse", id: 1003, setting)])
        let change = try #require(plan.changes.first)
        let subject = try #require(change.subjects.first)
        #expect(subject.after == "repo:acme/warehouse:ref:{ref}")
        #expect(subject.afterKeepingIDs == nil)
        #expect(!change.warnings.contains(PlannedChange.idsMayStay))
    }

    /// What GitHub puts in front of such a subject is not documented.
    @Test(arguments: [
        ["context", "workflow_ref"], ["repository_owner_id", "environment"], ["job_workflow_ref"],
    ])
    func immutabilityWithoutRepoIsLeftToAPerson(keys: [String]) throws {
        let plan = try plan(
            [#"{"id": "a", "rule": "immutable-subject", "severity": "high"}"#],
            [.read("logic", id: 1003, .own(keys.map { ClaimKey($0) }))])
        #expect(plan.changes.isEmpty)
        #expect(plan.subjectCount == 0)
        #expect(
            plan.manual.first?.why.hasPrefix("GitHub does not document what an immutable subject begins with") == true)
    }

    @Test func aSettingThatChangesNoSubjectIsCountedAsNone() {
        let repository = RepositorySnapshot.read("api", id: 1, .own(["repo"])).repository
        func effects(_ before: [ClaimKey]?, _ after: [ClaimKey], _ prefix: String) -> [PlannedChange.Subject.Effect] {
            PlannedChange.of(
                repository,
                from: RepositorySetting(
                    useDefault: before == nil, includeClaimKeys: before, useImmutableSubject: false,
                    subClaimPrefix: "repo:acme/api"),
                to: RepositorySetting(
                    useDefault: false, includeClaimKeys: after, useImmutableSubject: prefix.contains("@"),
                    subClaimPrefix: prefix),
                under: .neverSet, isEnterpriseServer: false
            ).subjects.map(\.effect)
        }
        // The same text, by a template of its own.
        #expect(effects(nil, ["repo", "context"], "repo:acme/api") == [])
        #expect(effects(nil, ["repo", "ref"], "repo:acme/api") == [.changes])
        #expect(effects(["repo"], ["repo"], "repo:acme@77/api@1") == [.changes])
        // The same text, of which it is not documented whether it stays so.
        #expect(
            effects(["context", "workflow_ref"], ["context", "workflow_ref"], "repo:acme@77/api@1") == [.unknown])
    }

    @Test func archivedUnreadAndWaivedRepositoriesAreNotChanged() throws {
        let entry = #"{"id": "forbid", "rule": "forbid-claims", "severity": "high", "claims": ["actor"]}"#
        let policy = try Policy.of(entry)
        var scope = Scope()
        scope.includesArchived = true
        let snapshot = Snapshot.sample(
            [
                .sample([
                    .read("old", id: 1, .own(["repo", "actor"]), isArchived: true), .unreadable("secret", id: 2),
                    .read("known", id: 3, .own(["repo", "actor"])),
                ])
            ], scope: scope)
        let waivers = try WaiverList(
            JSONParser.parse(
                Array(
                    #"{"version": 1, "waivers": [{"rule": "forbid", "repository": "known", "owner": "o", "reason": "r", "expires": "2027-01-01"}]}"#
                        .utf8)), source: "waivers.json")
        let plan = Planner(Evaluator(policy: policy, gate: Gate(), waivers: waivers)).plan(snapshot, now: .sample)
        #expect(plan.changes.isEmpty)
        #expect(plan.manual.map(\.why) == ["the repository is archived, and so read-only"])
    }

    @Test func dangersAreReported() throws {
        let plan = try plan(
            [
                #"{"id": "exact", "rule": "exact-template", "severity": "high", "templates": [["repository_owner_id", "environment"]]}"#,
                #"{"id": "pypi", "rule": "consumer-compatibility", "severity": "low", "consumers": ["pypi"], "where": {"names": ["other"]}}"#,
            ], [.read("api", id: 1, .own(["repo", "context"]))])
        let warnings = plan.changes.first?.warnings ?? []
        #expect(warnings.count == 2, "\(warnings)")
        #expect(warnings.contains("the subject no longer names the repository"))
        #expect(warnings.contains { $0.contains("environment") })
        #expect(!warnings.contains { $0.contains("service") })
    }

    @Test func whoeverTrustsTheSubjectAsItIsIsNamed() throws {
        let plan = try plan(
            [
                #"{"id": "immutable", "rule": "immutable-subject", "severity": "high"}"#,
                #"{"id": "pypi", "rule": "consumer-compatibility", "severity": "low", "consumers": ["pypi"], "where": {"names": ["api"]}}"#,
            ], [.read("api", id: 1, .gitHubDefault)])
        #expect(
            plan.changes.flatMap(\.warnings).contains(
                "a service that the policy names logs in with the subject as it is"), "\(plan)")
    }

    /// What is planned is what fix: the world after it is judged anew, whatever the world was.
    @Test(arguments: 1...20)
    func whateverThePlanTheWorldAfterItIsNoWorse(seed: Int) throws {
        var generator = SeededGenerator(seed)
        let keys: [ClaimKey] = [
            "repo", "context", "ref", "actor", "environment", "run_id", "job_workflow_ref", "repository_id",
        ]
        let repositories = (1...40).map { number -> RepositorySnapshot in
            var setting: RepositorySetting
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: setting = .gitHubDefault
            case 1: setting = .inheriting
            default:
                setting = .own(Array(keys.shuffled(using: &generator).prefix(Int.random(in: 1...4, using: &generator))))
            }
            if Bool.random(using: &generator) {
                setting.useImmutableSubject = Bool.random(using: &generator)
                setting.subClaimPrefix =
                    Bool.random(using: &generator) ? "repo:acme@77/r\(number)@\(number)" : "repo:acme/r\(number)"
            }
            return .read("r\(number)", id: Int64(number), setting)
        }
        let policy = try Policy.of(
            #"{"id": "forbid", "rule": "forbid-claims", "severity": "high", "claims": ["actor"]}"#,
            #"{"id": "run", "rule": "per-run-claims", "severity": "low"}"#,
            #"{"id": "anchored", "rule": "anchored-subject", "severity": "high", "fix": "inherit"}"#,
            #"{"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "context", "job_workflow_ref"]]}"#,
            #"{"id": "immutable", "rule": "immutable-subject", "severity": "low"}"#)
        let template: OrganizationTemplate =
            seed % 3 == 0 ? .neverSet : seed % 3 == 1 ? Self.claims : .set(["ref"], useImmutableSubject: nil)
        var snapshot = Snapshot.sample([.sample(template: template, repositories)])
        let evaluator = Evaluator(policy: policy, gate: Gate())
        let before = Set(evaluator.evaluate(snapshot).findings.map(\.key))
        let plan = Planner(evaluator).plan(snapshot, now: .sample)
        for change in plan.changes {
            switch (change.target, change.after) {
            case (.organization, .organization(let template)): snapshot.organizations[0].template = template
            case (.repository(_, _, let id), .repository(let setting)):
                let place = try #require(snapshot.organizations[0].repositories.firstIndex { $0.repository.id == id })
                #expect(
                    change.before
                        == .repository(try #require(snapshot.organizations[0].repositories[place].reading.value)))
                snapshot.organizations[0].repositories[place].reading = .read(setting)
            default: Issue.record("a target with the other's value")
            }
        }
        let after = Set(evaluator.evaluate(snapshot).findings.map(\.key))
        #expect(after.isSubset(of: before))
        let fixed = plan.changes.map(\.rules.count).reduce(0, +)
        #expect(before.count - after.count >= fixed)
        // Whatever is not left to a person is fixed, be it with the organization's template.
        let left = Set(plan.manual.map { "\($0.rule) \($0.name)" })
        for finding in evaluator.evaluate(snapshot).findings {
            #expect(left.contains("\(finding.rule) \(finding.repository ?? finding.organization)"))
        }
        #expect(fixed > 0)
    }
}
