import AuditCore
import GitHubAPI
import TestSupport
import Testing

@testable import Remediation

/// In which order things are put back, and what is left to a person.
@Suite struct RollbackPlannerTests {
    private static let organizationPath = "/orgs/acme/actions/oidc/customization/sub"

    private static func path(_ id: Int) -> String { "/repos/acme/r\(id)/actions/oidc/customization/sub" }

    private static let organization = PlannedChange(
        target: .organization(login: "acme", id: OrganizationID(rawValue: 77)),
        before: .organization(.set(["repo"], useImmutableSubject: nil)),
        after: .organization(.set(["repo", "ref"], useImmutableSubject: nil)))

    private static func repository(
        _ id: Int, from before: RepositorySetting, to after: RepositorySetting, inheritedBefore: [ClaimKey]? = nil,
    ) -> PlannedChange {
        PlannedChange(
            target: .repository(owner: "acme", name: "r\(id)", id: RepositoryID(rawValue: Int64(id))),
            before: .repository(before), after: .repository(after), inheritedBefore: inheritedBefore)
    }

    private static let inheriting = RepositorySetting(useDefault: false)
    private static let own = RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "context"])

    private func plan(
        undoing changes: [PlannedChange], _ repositories: [Int: [ScriptedTransport.Answer]],
        template: String = #"{"include_claim_keys": ["repo", "ref"]}"#, outcome: ChangeOutcome = .applied,
    ) async throws -> Plan {
        var answers: [String: [ScriptedTransport.Answer]] = [
            "/orgs/acme": [.ok(#"{"id": 77, "login": "acme", "public_repos": 0}"#)],
            Self.organizationPath: [.ok(template)],
        ]
        for (id, settings) in repositories {
            answers["/repositories/\(id)"] = [
                .ok(#"{"id": \#(id), "name": "r\#(id)", "owner": {"login": "acme", "id": 77}, "archived": false}"#)
            ]
            answers[Self.path(id)] = settings
        }
        let client = GitHubClient(
            .init(
                endpoint: try GitHubEndpoint(apiURL: "https://api.github.com"), token: AccessToken("t"),
                userAgent: "test"),
            transport: ScriptedTransport(answers), clock: ManualClock()
        ) { .sample }
        let plan = Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false,
            organizations: [.init(login: "acme", id: OrganizationID(rawValue: 77))], createdAt: .sample, scanID: nil,
            policyName: "", policySHA256: "", changes: changes, manual: [])
        let changeset = Changeset(
            id: ChangesetID(rawValue: 1), kind: .apply, startedAt: .sample, actor: nil, planDigest: "", plan: plan,
            entries: changes.map { _ in .init(intendedAt: .sample, outcome: outcome) })
        return try await RollbackPlanner(client: client).plan(undoing: changeset, now: .sample)
    }

    private static func setting(_ keys: String?) -> ScriptedTransport.Answer {
        .ok(#"{"use_default": false\#(keys.map { #", "include_claim_keys": \#($0)"# } ?? "")}"#)
    }

    /// Nobody ever inherits a template that no plan knew: not the new one by whom is put back, nor the old one by whom is not.
    @Test func whoStopsInheritingComesFirstAndWhoIsToInheritLast() async throws {
        let plan = try await plan(
            undoing: [
                Self.organization,
                Self.repository(1, from: Self.inheriting, to: Self.own, inheritedBefore: ["repo"]),
                Self.repository(2, from: Self.own, to: Self.inheriting),
            ], [1: [Self.setting(#"["repo", "context"]"#)], 2: [Self.setting(nil)]])
        #expect(plan.changes.map(\.target.name) == ["acme/r2", "acme", "acme/r1"])
        #expect(plan.changes.last?.inherited == ["repo"])
        #expect(plan.manual.isEmpty)
    }

    @Test func whatInheritedSomethingUnknownIsLeftToAPerson() async throws {
        let plan = try await plan(
            undoing: [Self.repository(1, from: Self.inheriting, to: Self.own)],
            [1: [Self.setting(#"["repo", "context"]"#)]])
        #expect(plan.changes.isEmpty)
        #expect(plan.manual.first?.why.hasPrefix("it inherited a template that is unknown") == true)
    }

    @Test func anOrganizationStaysWhereOneStillInheritsItAndGoesWhereNoneDoes() async throws {
        let changes = [Self.organization, Self.repository(2, from: Self.own, to: Self.inheriting)]
        // It could not be read: it may inherit.
        let unread = try await plan(undoing: changes, [2: [.response(status: 403, body: "{}")]])
        #expect(unread.changes.isEmpty)
        #expect(unread.manual.map(\.name) == ["acme/r2", "acme"])
        // Somebody gave it claims of its own meanwhile.
        let moved = try await plan(undoing: changes, [2: [Self.setting(#"["repo", "actor"]"#)]])
        #expect(moved.changes.map(\.target.name) == ["acme"])
        #expect(moved.manual.map(\.name) == ["acme/r2"])
    }

    @Test func whoWouldInheritWhatIsNotPutBackIsLeft() async throws {
        let plan = try await plan(
            undoing: [
                Self.organization,
                Self.repository(1, from: Self.inheriting, to: Self.own, inheritedBefore: ["repo"]),
            ], [1: [Self.setting(#"["repo", "context"]"#)]], template: #"{"include_claim_keys": ["actor"]}"#)
        #expect(plan.changes.isEmpty)
        #expect(plan.manual.map(\.name) == ["acme", "acme/r1"])
    }

    private static func immutable(_ keys: [ClaimKey]?, flag: Bool?, prefix: String = "repo:acme@77/r1@1")
        -> RepositorySetting
    {
        RepositorySetting(
            useDefault: keys == nil, includeClaimKeys: keys, useImmutableSubject: flag, subClaimPrefix: prefix)
    }

    /// Keys that were taken and a flag that was not: what was read back is ours, whatever was planned.
    @Test func whatWasReadBackIsUndoneAndWhatIsNeitherIsNot() async throws {
        let change = Self.repository(
            1, from: Self.immutable(nil, flag: true),
            to: Self.immutable(["repo", "ref"], flag: false, prefix: "repo:acme/r1"))
        let found = Self.immutable(["repo", "ref"], flag: true)
        func answer(_ keys: String) -> ScriptedTransport.Answer {
            .ok(
                #"{"use_default": false, "include_claim_keys": \#(keys), "use_immutable_subject": true, "sub_claim_prefix": "repo:acme@77/r1@1"}"#
            )
        }
        let outcome = ChangeOutcome.partial("", found: .repository(found))
        let ours = try await plan(undoing: [change], [1: [answer(#"["repo", "ref"]"#)]], outcome: outcome)
        #expect(ours.changes.map(\.before) == [.repository(found)])
        #expect(ours.changes.map(\.after) == [.repository(Self.immutable(nil, flag: true))])
        #expect(ours.changes.first?.subjects.first?.before == "repo:acme@77/r1@1:ref:{ref}")
        #expect(ours.changes.first?.subjects.first?.after == "repo:acme@77/r1@1:{context}")
        #expect(ours.changes.first?.warnings == [])
        let other = try await plan(undoing: [change], [1: [answer(#"["repo", "actor"]"#)]], outcome: outcome)
        #expect(other.changes.isEmpty)
        #expect(other.manual.map(\.why) == ["it is neither what was written nor what it was before"])
    }

    /// To undo an opt-in is a way back that GitHub does not always go.
    @Test func anOptInIsUndoneWithAWarning() async throws {
        let change = Self.repository(
            1, from: Self.immutable(nil, flag: false, prefix: "repo:acme/r1"), to: Self.immutable(nil, flag: true))
        let plan = try await plan(
            undoing: [change],
            [
                1: [
                    .ok(
                        #"{"use_default": true, "use_immutable_subject": true, "sub_claim_prefix": "repo:acme@77/r1@1"}"#
                    )
                ]
            ])
        let undone = try #require(plan.changes.first)
        #expect(undone.warnings.contains(PlannedChange.idsMayStay))
        #expect(undone.warnings.contains("the subject's format changes from immutable to legacy"))
        #expect(undone.subjects.map(\.afterKeepingIDs) == ["repo:acme@77/r1@1:{context}"])
        let organization = PlannedChange(
            target: Self.organization.target,
            before: .organization(.set(["repo"], useImmutableSubject: false)),
            after: .organization(.set(["repo"], useImmutableSubject: true)))
        let all = try await self.plan(
            undoing: [organization], [:],
            template: #"{"include_claim_keys": ["repo"], "use_immutable_subject": true}"#)
        #expect(all.changes.first?.warnings.contains(PlannedChange.idsMayStay) == true)
    }

    /// To send `false` again would not bring back the ids that it took away.
    @Test(arguments: [false, nil]) func lostIDsAreGivenBack(flag: Bool?) async throws {
        let change = Self.repository(
            1, from: Self.immutable(nil, flag: flag), to: Self.immutable(["repo", "ref"], flag: false))
        let found = Self.immutable(["repo", "ref"], flag: false, prefix: "repo:acme/r1")
        let answer = ScriptedTransport.Answer.ok(
            #"{"use_default": false, "include_claim_keys": ["repo", "ref"], "use_immutable_subject": false, "sub_claim_prefix": "repo:acme/r1"}"#
        )
        let plan = try await plan(
            undoing: [change], [1: [answer]], outcome: .different("", found: .repository(found)))
        let undone = try #require(plan.changes.first)
        #expect(undone.after == .repository(Self.immutable(nil, flag: true)))
        #expect(undone.subjects.map(\.after) == ["repo:acme@77/r1@1:{context}"])
        #expect(undone.warnings.contains { $0.contains("nothing else brings the ids back") })
    }

    /// What they present is read, not taken from the plan: one did not follow, one was changed since, one is unreadable.
    @Test func followersOfAnOrganizationAreReadAnew() async throws {
        var optIn = PlannedChange(
            target: Self.organization.target,
            before: .organization(.set(["repo", "context"], useImmutableSubject: nil)),
            after: .organization(.set(["repo", "context"], useImmutableSubject: true)))
        optIn.subjects = (1...4).map { id in
            .init(
                repository: "acme/r\(id)", repositoryID: RepositoryID(rawValue: Int64(id)),
                before: "repo:acme/r\(id):{context}", after: "repo:acme@77/r\(id)@\(id):{context}")
        }
        func answer(_ prefix: String, _ keys: String = "") -> [ScriptedTransport.Answer] {
            [.ok(#"{"use_default": \#(keys.isEmpty)\#(keys), "sub_claim_prefix": "\#(prefix)"}"#)]
        }
        let plan = try await plan(
            undoing: [optIn],
            [
                1: answer("repo:acme@77/r1@1"), 2: answer("repo:acme/r2"),
                3: answer("repo:acme@77/r3@3", #", "include_claim_keys": ["repo", "ref"]"#),
                4: [.response(status: 404, body: #"{"message": "Not Found"}"#)],
            ], template: #"{"include_claim_keys": ["repo", "context"], "use_immutable_subject": true}"#)
        let undone = try #require(plan.changes.first)
        #expect(undone.subjects.map(\.repository) == ["acme/r1", "acme/r3", "acme/r4"])
        #expect(
            undone.subjects.map(\.before) == [
                "repo:acme@77/r1@1:{context}", "repo:acme@77/r3@3:ref:{ref}", "repo:acme@77/r4@4:{context}",
            ])
        #expect(undone.subjects.map(\.after) == ["repo:acme/r1:{context}", nil, "repo:acme/r4:{context}"])
        #expect(plan.subjectCount == 2 && plan.unknownSubjectCount == 1)
        #expect(!undone.warnings.contains { $0.contains("are not counted here") || $0.contains("opts in;") })
    }

    /// Sixteen at a time, each heard of; the order of the plan is the same.
    @Test func targetsAreReadBesideEachOther() async throws {
        let changes = (1...40).map { Self.repository($0, from: .gitHubDefault, to: Self.own) }
        let answers = Dictionary(
            uniqueKeysWithValues: (1...40).map { ($0, [Self.setting(#"["repo", "context"]"#)]) })
        let plan = try await plan(undoing: changes, answers)
        #expect(plan.changes.map(\.target.name) == (1...40).reversed().map { "acme/r\($0)" })
    }

    @Test func oneThatFailsKeepsNoOtherFromBeingUndone() async throws {
        let plan = try await plan(
            undoing: [
                Self.repository(1, from: .gitHubDefault, to: Self.own),
                Self.repository(2, from: .gitHubDefault, to: Self.own),
            ], [1: [Self.setting(#"["repo", "context"]"#)], 2: [.response(status: 500)]])
        #expect(plan.changes.map(\.target.name) == ["acme/r1"])
        #expect(plan.manual.map(\.name) == ["acme/r2"])
    }
}
