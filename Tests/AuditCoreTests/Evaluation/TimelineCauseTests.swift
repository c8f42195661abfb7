import TestSupport
import Testing

@testable import AuditCore

@Suite struct TimelineCauseTests {
    private static func side(_ id: Int64, _ time: Timestamp) -> ScanDifference.Side {
        ScanDifference.Side(id: ScanID(rawValue: id), startedAt: time, digest: "")
    }

    // MARK: - Writes from here

    private static let target = PlannedChange.Target.repository(
        owner: "acme", name: "api", id: RepositoryID(rawValue: 1))
    private static let (one, two, three): (RepositorySetting, RepositorySetting, RepositorySetting) = (
        RepositorySetting(useDefault: true), RepositorySetting(useDefault: false, includeClaimKeys: ["repo", "ref"]),
        RepositorySetting(useDefault: false, includeClaimKeys: ["actor"])
    )

    private static let organization = PlannedChange.Target.organization(
        login: "Acme", id: OrganizationID(rawValue: 77))

    private static func set(_ keys: SubjectTemplate, _ flag: Bool? = nil) -> OrganizationTemplate {
        .set(keys, useImmutableSubject: flag)
    }

    private static func own(_ keys: [ClaimKey]?, flag: Bool? = nil, hasIDs: Bool? = nil) -> RepositorySetting {
        RepositorySetting(
            useDefault: false, includeClaimKeys: keys, useImmutableSubject: flag,
            subClaimPrefix: hasIDs.map { $0 ? "repo:acme@77/api@1" : "repo:acme/api" })
    }

    private static func changeset(
        _ id: Int64, _ kind: Changeset.Kind = .apply, minute: Int64, outcome: ChangeOutcome = .applied,
        _ changes: PlannedChange...,
    ) -> Changeset {
        let at = Timestamp.sample.adding(seconds: minute * 60)
        let plan = Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false, organizations: [], createdAt: at, scanID: nil,
            policyName: "p", policySHA256: "", changes: changes, manual: [])
        return Changeset(
            id: ChangesetID(rawValue: id), kind: kind, startedAt: at, actor: nil, planDigest: "", plan: plan,
            entries: changes.map { _ in .init(intendedAt: at, concludedAt: at, outcome: outcome, wasWritten: true) })
    }

    private static func change(
        _ before: RepositorySetting, _ after: RepositorySetting, inheriting keys: [ClaimKey]? = nil,
    ) -> PlannedChange {
        PlannedChange(target: target, before: .repository(before), after: .repository(after), inherited: keys)
    }

    private static func change(_ before: OrganizationTemplate, _ after: OrganizationTemplate) -> PlannedChange {
        PlannedChange(target: organization, before: .organization(before), after: .organization(after))
    }

    private typealias State = (setting: RepositorySetting, organization: OrganizationTemplate)
    private static let elsewhere = ["elsewhere"]

    /// Writes to which a change between scans of minute 0 and 100 is attributed, such as `1 acme/api`.
    private static func writes(_ changesets: [Changeset], from before: State, to after: State) throws -> [String] {
        func state(_ state: State) -> RepositoryState {
            RepositoryState(
                .sample("api", id: 1), .read(state.setting), under: state.organization, isEnterpriseServer: false)
        }
        let change = try #require(RepositoryChange(from: state(before), to: state(after)))
        return writes(changesets, .repository(change))
    }

    private static func writes(
        _ changesets: [Changeset], _ what: Timeline.Event.What, of owner: OrganizationID? = OrganizationID(rawValue: 77),
    ) -> [String] {
        let event = Timeline.Event(
            after: side(1, .sample), seenBy: side(2, .sample.adding(seconds: 6000)), what: what,
            organization: OrganizationReference(login: "acme", id: owner))
        guard let cause = Journal(changesets).cause(of: event) else { return ["none"] }
        return cause.writes.map { "\($0.changeset.rawValue) \($0.target)" } + (cause.search == nil ? [] : elsewhere)
    }

    /// What was written after a scan ended is no part of what it saw, and of two that left the same the earlier is.
    @Test func aWriteAfterTheScanIsNoCause() throws {
        func causes(_ changesets: Changeset..., finished: Int64) throws -> Timeline.Cause? {
            func state(_ setting: RepositorySetting) -> RepositoryState {
                RepositoryState(
                    .sample("api", id: 1), .read(setting), under: Self.set(["repo"]), isEnterpriseServer: false)
            }
            var scan = Self.side(2, .sample.adding(seconds: 6000))
            scan.finishedAt = .sample.adding(seconds: finished)
            let change = try #require(RepositoryChange(from: state(Self.one), to: state(Self.two)))
            return Journal(changesets).cause(
                of: Timeline.Event(after: Self.side(1, .sample), seenBy: scan, what: .repository(change)))
        }
        func ids(_ cause: Timeline.Cause?) -> [Int64] {
            (cause?.writes ?? []).map(\.changeset.rawValue)
        }
        let late = Self.changeset(3, minute: 110, Self.change(Self.one, Self.two))
        #expect(try ids(causes(late, finished: 6010)) == [])
        #expect(try ids(causes(late, finished: 6601)) == [3])
        let early = Self.changeset(1, minute: 50, Self.change(Self.one, Self.two))
        #expect(try ids(causes(early, late, finished: 6601)) == [1])
    }

    /// A scan reads for a while after its start: what was written then may be part of what it saw, or not.
    @Test func aChangeIsAttributedToTheWriteThatLeftWhatWasFound() throws {
        let other = Self.set(["repo", "environment"])
        func writes(_ changesets: Changeset..., from before: RepositorySetting, to after: RepositorySetting) throws
            -> [String]
        {
            try Self.writes(changesets, from: (before, other), to: (after, other))
        }
        let apply = Self.changeset(1, minute: 50, Self.change(Self.one, Self.two))
        let rollback = Self.changeset(2, .rollback, minute: 101, Self.change(Self.two, Self.one))
        #expect(try writes(apply, from: Self.one, to: Self.two) == ["1 acme/api"])
        // Written while the second scan ran, after it had read the repository.
        #expect(try writes(apply, rollback, from: Self.one, to: Self.two) == ["1 acme/api"])
        // Before it had.
        let late = Self.changeset(3, minute: 101, Self.change(Self.one, Self.two))
        #expect(try writes(late, from: Self.one, to: Self.two) == ["3 acme/api"])
        #expect(try writes(late, from: Self.one, to: Self.three) == Self.elsewhere)
        // Written while the first scan ran, before that had read it, and after.
        let early = Self.changeset(4, minute: 1, Self.change(Self.one, Self.two))
        #expect(try writes(early, from: Self.two, to: Self.three) == Self.elsewhere)
        #expect(try writes(early, from: Self.one, to: Self.two) == ["4 acme/api"])
        // Somebody else came after it.
        #expect(try writes(apply, from: Self.one, to: Self.three) == Self.elsewhere)
        // There and back, and there again: the first two left something else, or were undone.
        let back = Self.changeset(5, .rollback, minute: 65, Self.change(Self.two, Self.one))
        let again = Self.changeset(6, minute: 70, Self.change(Self.one, Self.two))
        #expect(try writes(again, apply, back, from: Self.one, to: Self.two) == ["6 acme/api"])
        // Undone by us, and set again by somebody else.
        #expect(try writes(apply, back, from: Self.one, to: Self.two) == Self.elsewhere)
        // Before the first scan began, and long after the second.
        for minute in [-1, 161] as [Int64] {
            let outside = Self.changeset(7, minute: minute, Self.change(Self.one, Self.two))
            #expect(try writes(outside, from: Self.one, to: Self.two) == Self.elsewhere)
        }
        // Read back as it was before, and as half of what was planned.
        let without = Self.changeset(8, minute: 50, outcome: .ineffective("no"), Self.change(Self.one, Self.two))
        #expect(try writes(without, from: Self.one, to: Self.two) == Self.elsewhere)
        // Failed and read back unchanged: whoever wrote it since.
        let failed = Self.changeset(10, minute: 50, outcome: .failed("(500)"), Self.change(Self.one, Self.two))
        #expect(try writes(failed, from: Self.one, to: Self.two) == Self.elsewhere)
        let half = Self.changeset(
            9, minute: 50, outcome: .partial("half", found: .repository(Self.three)), Self.change(Self.one, Self.two))
        #expect(try writes(half, from: Self.one, to: Self.three) == ["9 acme/api"])
        #expect(try writes(half, from: Self.one, to: Self.two) == Self.elsewhere)
    }

    /// GitHub reports inherited claims as the repository's own.
    @Test func whoInheritsNowHasTheClaimsOfTheOrganization() throws {
        let template = Self.set(["repo", "context"])
        let keys: [ClaimKey] = ["repo", "context"]
        for before in [Self.own(["repo", "ref"]), Self.own(["repo", "actor"]), Self.one] {
            let apply = Self.changeset(1, minute: 2, Self.change(before, Self.own(nil), inheriting: keys))
            for found in [Self.own(nil), Self.own(keys)] {
                #expect(
                    try Self.writes([apply], from: (before, template), to: (found, template)) == ["1 acme/api"])
            }
            // Somebody else wrote claims of its own after it.
            #expect(
                try Self.writes([apply], from: (before, template), to: (Self.own(["repo", "sha"]), template))
                    == Self.elsewhere)
        }
    }

    @Test func bothWritesAreNamedWhereBothMadeTheChange() throws {
        let (old, new) = (Self.set(["repo", "actor"]), Self.set(["repo", "context"]))
        let before = Self.own(["repo", "ref"])
        let own = Self.change(before, Self.own(nil), inheriting: ["repo", "context"])
        let found = (Self.own(["repo", "context"]), new)
        let both = Self.changeset(1, minute: 2, Self.change(old, new), own)
        #expect(try Self.writes([both], from: (before, old), to: found) == ["1 Acme", "1 acme/api"])
        // The organization's template was written by somebody else: that the repository follows it is ours.
        let repository = Self.changeset(1, minute: 2, own)
        #expect(try Self.writes([repository], from: (before, old), to: found) == ["1 acme/api"])
        // The other way round the repository came to follow by somebody else.
        let organization = Self.changeset(1, minute: 2, Self.change(old, new))
        #expect(try Self.writes([organization], from: (before, old), to: found) == Self.elsewhere)
    }

    @Test func whoFollowsItsOrganizationChangesWithIt() throws {
        let (old, new) = (Self.set(["repo", "actor"]), Self.set(["repo", "context"]))
        let set = Self.changeset(1, .set, minute: 50, Self.change(old, new))
        let (was, echo) = (Self.own(["repo", "actor"]), Self.own(["repo", "context"]))
        for (before, after) in [(Self.own(nil), Self.own(nil)), (was, echo)] {
            #expect(try Self.writes([set], from: (before, old), to: (after, new)) == ["1 Acme"])
            #expect(
                try Self.writes([set], from: (before, old), to: (Self.own(nil), Self.set(["repo", "sha"])))
                    == Self.elsewhere)
        }
        // A copy stays what it was, and is the repository's own by that.
        #expect(try Self.writes([set], from: (was, old), to: (was, new)) == ["1 Acme"])
        #expect(try Self.writes([], from: (was, old), to: (was, new)) == Self.elsewhere)
        // Before the first scan had read it, whose answer says the same.
        let inherit = Self.changeset(2, minute: 1, Self.change(Self.one, Self.own(nil), inheriting: ["repo", "actor"]))
        #expect(try Self.writes([inherit], from: (was, old), to: (echo, new)) == Self.elsewhere)
        #expect(try Self.writes([inherit, set], from: (was, old), to: (echo, new)) == ["1 Acme"])
    }

    @Test func anOptInIsItsOwnPart() throws {
        let template = Self.set(["repo", "context"], false)
        let opted = Self.set(["repo", "context"], true)
        let before = Self.own(["repo", "ref"], flag: false, hasIDs: false)
        let after = Self.own(["repo", "ref"], flag: true, hasIDs: true)
        let own = Self.changeset(1, minute: 50, Self.change(before, after))
        #expect(try Self.writes([own], from: (before, template), to: (after, template)) == ["1 acme/api"])
        // With claims that somebody else wrote it is not ours alone, and the reverse.
        var others = after
        others.includeClaimKeys = ["actor"]
        #expect(
            try Self.writes([own], from: (before, template), to: (others, template)) == ["1 acme/api"] + Self.elsewhere)
        var claimsAlone = before
        claimsAlone.includeClaimKeys = ["actor"]
        let ofClaims = Self.changeset(4, minute: 50, Self.change(before, claimsAlone))
        #expect(
            try Self.writes([ofClaims], from: (before, template), to: (others, template))
                == ["4 acme/api"] + Self.elsewhere)
        let claims = Self.changeset(2, .set, minute: 60, Self.change(after, others))
        #expect(
            try Self.writes([own, claims], from: (before, template), to: (others, template))
                == ["1 acme/api", "2 acme/api"])
        // An organization's reaches whoever says nothing, GitHub's default too.
        let all = Self.changeset(3, minute: 1, Self.change(template, opted))
        var follower = (before: before, after: before)
        follower.after.subClaimPrefix = after.subClaimPrefix
        #expect(try Self.writes([all], from: (follower.before, template), to: (follower.after, opted)) == ["3 Acme"])
        (follower.before.useDefault, follower.after.useDefault) = (true, true)
        #expect(try Self.writes([all], from: (follower.before, template), to: (follower.after, opted)) == ["3 Acme"])
        #expect(
            try Self.writes([all], from: (follower.after, opted), to: (follower.before, opted)) == Self.elsewhere)
    }

    @Test func anOrganizationsTemplateIsComparedByItsParts() {
        let (old, new) = (Self.set(["repo"], false), Self.set(["repo", "ref"], false))
        // What is not written is not compared.
        let claims = Self.changeset(1, minute: 50, Self.change(old, Self.set(["repo", "ref"])))
        let flag = Self.changeset(2, minute: 60, Self.change(new, Self.set(["repo", "ref"], true)))
        #expect(Self.writes([claims], .organizationTemplate(before: old, after: new)) == ["1 Acme"])
        let both = Timeline.Event.What.organizationTemplate(before: old, after: Self.set(["repo", "ref"], true))
        #expect(Self.writes([claims, flag], both) == ["1 Acme", "2 Acme"])
        #expect(Self.writes([claims], both) == ["1 Acme"] + Self.elsewhere)
        #expect(Self.writes([flag], both) == ["2 Acme"] + Self.elsewhere)
        let first = Self.changeset(3, minute: 50, Self.change(.neverSet, Self.set(["repo"])))
        let begun = Timeline.Event.What.organizationTemplate(before: .neverSet, after: old)
        #expect(Self.writes([first], begun) == ["3 Acme"])
        // An organization that bears the login now is not the one that was written to.
        #expect(Self.writes([first], begun, of: OrganizationID(rawValue: 78)) == Self.elsewhere)
        #expect(Self.writes([first], begun, of: nil) == ["3 Acme"])
    }

    /// A clock can be set back between two scans: the later one then began earlier.
    @Test func theSearchOfTheAuditLogNeverRunsBackwards() throws {
        let (early, late) = (Timestamp.sample, Timestamp.sample.adding(seconds: 86_400))
        for (before, after) in [(early, late), (late, early)] {
            let event = Timeline.Event(
                after: Self.side(1, before), seenBy: Self.side(2, after),
                what: .organizationTemplate(before: .neverSet, after: .set(["repo"], useImmutableSubject: nil)),
                organization: "acme")
            let cause = try #require(Journal([]).cause(of: event))
            #expect(cause.writes.isEmpty)
            let search = try #require(cause.search, "nobody wrote it from here")
            #expect(search.query == "created:\(early)..\(late)")
        }
    }

    /// What happened before a transfer or a rename stands in the log under the names of then.
    @Test func theSearchNamesWhatItWasCalledBefore() throws {
        func search(from before: String, to after: String) throws -> [String] {
            func state(_ fullName: String, _ setting: RepositorySetting) -> RepositoryState {
                var repository = Repository.sample("api", id: 1)
                let names = fullName.split(separator: "/").map(String.init)
                (repository.owner, repository.name) = (names[0], names[1])
                return RepositoryState(
                    repository, .read(setting), under: Self.set(["repo"]), isEnterpriseServer: false)
            }
            let change = try #require(RepositoryChange(from: state(before, Self.one), to: state(after, Self.two)))
            let cause = try #require(
                Journal([]).cause(
                    of: Timeline.Event(
                        after: Self.side(1, .sample), seenBy: Self.side(2, .sample), what: .repository(change))))
            return [cause.search, cause.searchBefore].compactMap { search in
                search.map { "\($0.organization): \($0.query.split(separator: " ")[0])" }
            }
        }
        #expect(try search(from: "acme/api", to: "acme/api") == ["acme: repo:acme/api"])
        #expect(try search(from: "acme/old", to: "acme/api") == ["acme: repo:acme/api", "acme: repo:acme/old"])
        #expect(try search(from: "acme/api", to: "beta/api") == ["beta: repo:beta/api", "acme: repo:acme/api"])
    }
}
