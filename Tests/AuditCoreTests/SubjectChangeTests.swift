import AuditCore
import TestSupport
import Testing

/// What a plan says of subjects that change, by the text that clouds compare.
@Suite struct SubjectChangeTests {
    private static let legacy = "repo:acme/api"
    private static let immutable = "repo:acme@77/api@1"

    private func change(
        _ before: [ClaimKey], _ after: [ClaimKey], from prefix: String = legacy, to newPrefix: String? = nil,
    ) -> PlannedChange {
        func setting(_ keys: [ClaimKey], _ prefix: String) -> RepositorySetting {
            RepositorySetting(
                useDefault: false, includeClaimKeys: keys, useImmutableSubject: prefix.contains("@"),
                subClaimPrefix: prefix)
        }
        return PlannedChange.of(
            RepositorySnapshot.read("api", id: 1, .gitHubDefault).repository, from: setting(before, prefix),
            to: setting(after, newPrefix ?? prefix), under: .neverSet, isEnterpriseServer: false)
    }

    /// Ids in the template make a subject immutable, and the prefix beside them is part of its text all the same.
    @Test(arguments: [
        ["repo", "repository_owner_id", "repository_id", "context"],
        ["repository_owner_id", "repository", "repository_id"],
    ])
    func aPrefixThatGainsIdsChangesTheSubject(keys: [String]) throws {
        let keys = keys.map { ClaimKey($0) }
        let there = change(keys, keys, to: Self.immutable)
        let subject = try #require(there.subjects.first)
        #expect(subject.effect == .changes)
        #expect(subject.before?.contains(Self.legacy) == true && subject.after?.contains(Self.immutable) == true)
        let back = change(keys, keys, from: Self.immutable, to: Self.legacy)
        #expect(back.subjects.first?.afterKeepingIDs == subject.after)
        #expect(back.warnings.contains(PlannedChange.idsMayStay))
    }

    /// Jobs of some contexts may present what they presented before: a cloud that drops it refuses them.
    @Test(arguments: [
        (["repo", "environment"], ["repo", "context"], [JobContext.Kind.environment]),
        (["repo", "context"], ["repo", "environment"], [.environment]),
        (["repo", "ref"], ["repo", "context"], [.branch, .tag, .mergeQueue, .other]),
        (["repo", "context"], ["repo", "ref"], [.branch, .tag, .mergeQueue, .other]),
        (["repo", "context"], ["repo", "workflow"], []),
    ])
    func contextsWhoseSubjectStaysAreNamed(before: [String], after: [String], same: [JobContext.Kind]) {
        let change = change(before.map { ClaimKey($0) }, after.map { ClaimKey($0) })
        #expect(change.subjects.map { Set($0.sameIn) } == [Set(same)], "\(change.subjects.map(\.sameIn))")
    }

    /// Of one repository alone nobody knows who else presents a subject that names none.
    @Test func aSubjectWithoutARepositoryMayBeOfOthers() {
        #expect(change(["repository_owner", "context"], ["repo"]).subjects.first?.alsoOf != nil)
        #expect(change(["repo", "context"], ["repo"]).subjects.first?.alsoOf == nil)
    }

    @Test(arguments: [true, false])
    func whoElsePresentsASubjectIsNamed(isUnread: Bool) throws {
        let policy = try Policy.parsed(
            #"""
            {"version": 1, "name": "test", "rules": [{"id": "a", "rule": "require-claims", "severity": "high",
             "claims": ["repo"], "fix": {"template": ["repo", "context"]}, "where": {"names": ["a"]}}]}
            """#)
        let shared = RepositorySetting.own(["repository_owner", "context"])
        let other: RepositorySnapshot = isUnread ? .unreadable("b", id: 2) : .read("b", id: 2, shared)
        let snapshot = Snapshot.sample([.sample([.read("a", id: 1, shared), other])])
        let plan = Planner(Evaluator(policy: policy, gate: Gate())).plan(snapshot, now: .sample)
        let subject = try #require(plan.changes.first?.subjects.first)
        #expect(subject.before == "repository_owner:acme:{context}")
        #expect(
            subject.alsoOf
                == (isUnread ? "acme/b may present it too" : "acme/b presents it too"))
    }

    // MARK: - What a subject is without a prefix

    /// Where the template names the repository, only the prefix tells what GitHub makes of that.
    @Test(arguments: [nil, "", "repo:acme@77/api", "repository/acme"] as [String?])
    func withoutAUsablePrefixTheSubjectIsUnknown(prefix: String?) {
        func state(_ keys: [ClaimKey], isEnterpriseServer: Bool = false) -> RepositoryState {
            RepositoryState(
                RepositorySnapshot.read("api", id: 1, .gitHubDefault).repository,
                .read(
                    RepositorySetting(
                        useDefault: false, includeClaimKeys: keys, useImmutableSubject: nil, subClaimPrefix: prefix)),
                under: .neverSet, isEnterpriseServer: isEnterpriseServer)
        }
        let both: [ClaimKey] = ["repo", "repository_owner_id", "repository_id", "context"]
        #expect(state(both).format == .unknown)
        #expect(state(both).preview.subject == nil)
        // Ids alone make it immutable; what may stand in front of them is not known.
        #expect(state(["repository_owner_id", "repository_id"]).format == .immutable)
        #expect(!state(["repository_owner_id", "repository_id"]).preview.isCertain)
        #expect((state(both, isEnterpriseServer: true).format == .immutable) == (prefix == nil))
    }
}
