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

    private static func changeset(_ id: Int64, _ kind: Changeset.Kind, minute: Int64, to setting: RepositorySetting)
        -> Changeset
    {
        let at = Timestamp.sample.adding(seconds: minute * 60)
        let change = PlannedChange(target: target, before: .repository(setting), after: .repository(setting))
        let plan = Plan(
            apiURL: "https://api.github.com", isEnterpriseServer: false, organizations: [], createdAt: at, scanID: nil,
            policyName: "p", policySHA256: "", changes: [change], manual: [])
        return Changeset(
            id: ChangesetID(rawValue: id), kind: kind, startedAt: at, actor: nil, planDigest: "", plan: plan,
            entries: [.init(intendedAt: at, concludedAt: at, outcome: .applied, wasWritten: true)])
    }

    /// Writes that a change between scans of minute 0 and 100 is attributed to; `nil`: made elsewhere.
    private static func writes(
        _ changesets: [Changeset], from before: RepositorySetting, to after: RepositorySetting,
    ) throws -> [Int64]? {
        func state(_ setting: RepositorySetting) -> RepositoryState {
            RepositoryState(
                .sample("api", id: 1), .read(setting), under: .set(["repo", "environment"], useImmutableSubject: nil),
                isEnterpriseServer: false)
        }
        let change = try #require(RepositoryChange(from: state(before), to: state(after)))
        let event = Timeline.Event(
            after: side(1, .sample), seenBy: side(2, .sample.adding(seconds: 6000)), what: .repository(change))
        guard case .written(let writes)? = Journal(changesets).cause(of: event, owner: "acme") else { return nil }
        return writes.map(\.changeset.rawValue)
    }

    /// A scan reads for a while after its start: what was written then may be part of what it saw, or not.
    @Test func aChangeIsAttributedToTheWritesThatMadeIt() throws {
        let apply = Self.changeset(1, .apply, minute: 50, to: Self.two)
        let rollback = Self.changeset(2, .rollback, minute: 101, to: Self.one)
        #expect(try Self.writes([apply], from: Self.one, to: Self.two) == [1])
        // Written while the second scan ran, after it had read the repository.
        #expect(try Self.writes([apply, rollback], from: Self.one, to: Self.two) == [1])
        // Before it had.
        let late = Self.changeset(3, .apply, minute: 101, to: Self.two)
        #expect(try Self.writes([late], from: Self.one, to: Self.two) == [3])
        #expect(try Self.writes([late], from: Self.one, to: Self.three) == nil)
        // Written while the first scan ran, before that had read it, and after.
        let early = Self.changeset(4, .apply, minute: 1, to: Self.two)
        #expect(try Self.writes([early], from: Self.two, to: Self.three) == nil)
        #expect(try Self.writes([early], from: Self.one, to: Self.two) == [4])
        // Somebody else came after it.
        #expect(try Self.writes([apply], from: Self.one, to: Self.three) == [1])
        // There and back, and there again.
        let back = Self.changeset(5, .rollback, minute: 65, to: Self.one)
        let again = Self.changeset(6, .apply, minute: 70, to: Self.two)
        #expect(try Self.writes([again, apply, back], from: Self.one, to: Self.two) == [1, 5, 6])
    }

    /// A clock can be set back between two scans: the later one then began earlier.
    @Test func theSearchOfTheAuditLogNeverRunsBackwards() throws {
        let (early, late) = (Timestamp.sample, Timestamp.sample.adding(seconds: 86_400))
        for (before, after) in [(early, late), (late, early)] {
            let event = Timeline.Event(
                after: Self.side(1, before), seenBy: Self.side(2, after),
                what: .organizationTemplate(before: .neverSet, after: .set(["repo"], useImmutableSubject: nil)))
            guard case .elsewhere(let search)? = Journal([]).cause(of: event, owner: "acme") else {
                Issue.record("nobody wrote it from here")
                return
            }
            #expect(search.query == "created:\(early)..\(late)")
        }
    }
}
