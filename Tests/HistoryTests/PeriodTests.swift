import AuditCore
import Foundation
import TestSupport
import Testing

@testable import History

/// What belongs to an organization in a period: by when it was so, whatever is so by now.
@Suite struct PeriodTests {
    private static let api = "https://api.github.com"
    private static let day: Int64 = 86_400
    private static let acme = OrganizationReference(login: "acme", id: OrganizationID(rawValue: 77))
    private static let umbrella = OrganizationReference(login: "umbrella", id: OrganizationID(rawValue: 88))

    private let folder = Folder()

    private func policy() throws -> Policy {
        try .of(#"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context"]}"#)
    }

    private func read(_ name: String, id: Int64, _ keys: [ClaimKey] = ["repo"]) -> Observation {
        let parts = name.split(separator: "/").map(String.init)
        return Observation(
            repository: .sample(parts[1], id: id, owner: parts[0]), reading: .read(.own(keys)), observedAt: .sample)
    }

    private func unread(_ name: String, id: Int64) -> Observation {
        Observation(
            repository: read(name, id: id).repository, reading: .unreadable(UnreadableReason(.forbidden, "no")),
            observedAt: .sample)
    }

    private func scan(
        _ store: HistoryStore, night: Int64, _ organization: OrganizationReference, _ observations: Observation...,
        template: OrganizationTemplate = .neverSet, scope: Scope = Scope(), hour: Int64 = 0, policy other: Policy? = nil,
    ) async throws {
        try await store.scan(
            observations, at: night * Self.day + hour * 3600, template: template, scope: scope,
            policy: other ?? policy(),
            isWhole: !scope.isNarrow, login: organization.login, id: try #require(organization.id).rawValue)
    }

    /// A scan to which an organization was not found.
    private func scanNobody(_ store: HistoryStore, night: Int64, login: String) async throws {
        let time = Timestamp.sample.adding(seconds: night * Self.day)
        let recorder = try await store.beginScan(
            ScanStart(
                apiURL: Self.api, isEnterpriseServer: false, startedAt: time, toolVersion: "test", requested: [login],
                scope: Scope()))
        let reason = UnreadableReason(.notFound, "not found")
        try await recorder.record(
            OrganizationObservation(
                login: login, id: nil, template: .unreadable(reason),
                listing: Listing(status: .partial, listed: 0, expected: nil, error: "not found", failure: .notFound)))
        try await recorder.finish(at: time, stop: nil, requests: RequestCounts())
        let snapshot = try await store.snapshot(of: recorder.scanID)
        try await recorder.seal(Evaluator(policy: policy(), gate: Gate()).evaluate(snapshot))
    }

    private func evidence(
        _ store: HistoryStore, from first: Int64 = 0, to last: Int64, of organizations: OrganizationReference...,
    ) async throws -> PeriodEvidence {
        let until = Timestamp.sample.adding(seconds: last * Self.day + 3600)
        return try #require(
            try await store.evidence(
                of: organizations, apiURL: Self.api, since: .sample.adding(seconds: first * Self.day), until: until,
                now: until))
    }

    private func findings(_ evidence: PeriodEvidence) -> [String] {
        evidence.findings.map { found in
            "\(found.finding.name) of \(found.finding.organization?.rawValue ?? 0): \(found.state.rawValue), "
                + "\(found.lastSeen.id.rawValue) to \(found.goneBy?.id.rawValue ?? 0)"
        }
    }

    private func gaps(_ evidence: PeriodEvidence, _ kinds: PeriodGap.Kind...) -> [String] {
        evidence.gaps.filter { kinds.contains($0.kind) }.map { gap in
            "\(gap.organization ?? ""): \(gap.first?.id.rawValue ?? 0)-\(gap.last?.id.rawValue ?? 0) "
                + gap.repositories.joined(separator: " ")
        }
    }

    private func changes(_ evidence: PeriodEvidence) -> [String] {
        evidence.changes.map { change in
            let name =
                if case .repository(let what) = change.event.what { what.repository.fullName } else {
                    change.organization
                }
            return "\(name) \(change.event.after?.id.rawValue ?? 0)-\(change.event.seenBy.id.rawValue)"
        }
    }

    // MARK: - Repositories that are transferred

    @Test(arguments: [false, true])
    func aFindingStaysWithTheOrganizationInWhichItStood(newOwnerIsReadFirst: Bool) async throws {
        let store = try HistoryStore(path: folder.file)
        for night in 0...1 as ClosedRange<Int64> {
            try await scan(
                store, night: night, Self.acme, read("acme/api", id: 1, ["repo", "context"]), read("acme/web", id: 2))
            try await scan(store, night: night, Self.umbrella, read("umbrella/ok", id: 3, ["repo", "context"]))
        }
        let night: [(OrganizationReference, [Observation])] = [
            (Self.acme, [read("acme/api", id: 1, ["repo", "context"])]),
            (Self.umbrella, [read("umbrella/ok", id: 3, ["repo", "context"]), read("umbrella/web", id: 2)]),
        ]
        for (organization, observations) in newOwnerIsReadFirst ? night.reversed() : night {
            try await store.scan(
                observations, at: 2 * Self.day, policy: policy(), login: organization.login,
                id: try #require(organization.id).rawValue)
        }
        let (left, came): (Int64, Int64) = newOwnerIsReadFirst ? (6, 5) : (5, 6)
        let stood = "acme/web of 77: gone, 3 to \(left)"
        let stands = "umbrella/web of 88: open, \(came) to 0"
        #expect(findings(try await evidence(store, to: 2, of: Self.acme)) == [stood])
        #expect(findings(try await evidence(store, to: 2, of: Self.umbrella)) == [stands])
        #expect(findings(try await evidence(store, to: 2)) == [stood, stands])
        // Before it was transferred nobody knew of it.
        #expect(findings(try await evidence(store, to: 1)) == ["acme/web of 77: open, 3 to 0"])
        #expect(try await evidence(store, to: 1, of: Self.umbrella).findings.isEmpty)
    }

    @Test func anOrganizationThatIsNoLongerScannedHasWhatStoodThere() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, night: 0, Self.acme, read("acme/web", id: 2))
        try await scan(store, night: 1, Self.acme, read("acme/web", id: 2))
        try await scan(store, night: 2, Self.umbrella, read("umbrella/web", id: 2))
        #expect(
            findings(try await evidence(store, to: 2)) == [
                "acme/web of 77: gone, 2 to 3", "umbrella/web of 88: open, 3 to 0",
            ])
    }

    @Test func aGapStaysWithTheOrganizationInWhichItWas() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, night: 0, Self.acme, read("acme/web", id: 2), read("acme/api", id: 1))
        try await scan(store, night: 0, Self.umbrella, read("umbrella/ok", id: 3))
        try await scan(store, night: 1, Self.acme, unread("acme/web", id: 2), read("acme/api", id: 1))
        try await scan(store, night: 1, Self.umbrella, read("umbrella/ok", id: 3))
        // Still not readable where it comes to.
        try await scan(store, night: 2, Self.umbrella, read("umbrella/ok", id: 3), unread("umbrella/web", id: 2))
        try await scan(store, night: 2, Self.acme, read("acme/api", id: 1))
        try await scan(store, night: 3, Self.umbrella, read("umbrella/ok", id: 3), read("umbrella/web", id: 2))
        try await scan(store, night: 3, Self.acme, read("acme/api", id: 1))
        let lost = "acme: 3-3 acme/web"
        let taken = "umbrella: 5-5 umbrella/web"
        #expect(gaps(try await evidence(store, to: 3, of: Self.acme), .repositories) == [lost])
        #expect(gaps(try await evidence(store, to: 3, of: Self.umbrella), .repositories) == [taken])
        #expect(gaps(try await evidence(store, to: 3), .repositories) == [lost, taken])
    }

    // MARK: - Organizations that can't be read

    /// What follows a template that was not read is as little known as what was not read itself.
    @Test func whoFollowsATemplateThatWasNotReadIsInAGap() async throws {
        let store = try HistoryStore(path: folder.file)
        let unreadable = OrganizationTemplate.unreadable(UnreadableReason(.forbidden, "no"))
        let all = ["acme/a", "acme/b", "acme/c"].enumerated().map { place, name in
            read(name, id: Int64(place) + 1, [])
        }
        for (night, template) in [
            (0, .set(["repo"], useImmutableSubject: nil)), (1, unreadable), (2, unreadable), (3, .neverSet),
        ]
            as [(Int64, OrganizationTemplate)]
        {
            try await scan(
                store, night: night, Self.acme, all[0], all[1], read("acme/own", id: 8, ["repo", "ref"]),
                night == 1 ? unread("acme/c", id: 3) : all[2], template: template)
        }
        let evidence = try await evidence(store, to: 3)
        #expect(gaps(evidence, .organizationTemplate) == ["acme: 2-3 "])
        #expect(
            Set(gaps(evidence, .repositories)) == ["acme: 2-2 acme/c", "acme: 2-3 acme/a acme/b acme/c"])
        #expect(evidence.openGaps.count == 3)
    }

    // MARK: - Logins that change hands

    @Test func aLoginThatWasNotFoundIsAGapOfWhoBoreIt() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, night: 0, Self.acme, read("acme/api", id: 1))
        let renamed = OrganizationReference(login: "umbrella", id: Self.acme.id)
        let heir = OrganizationReference(login: "acme", id: Self.umbrella.id)
        try await scanNobody(store, night: 1, login: "acme")
        try await scan(store, night: 2, renamed, read("umbrella/api", id: 1))
        try await scan(store, night: 2, heir, read("acme/ok", id: 3))
        try await scanNobody(store, night: 3, login: "acme")
        try await scanNobody(store, night: 3, login: "umbrella")
        let first = try await evidence(store, to: 3, of: renamed)
        #expect(gaps(first, .organization) == ["acme: 2-2 ", "umbrella: 6-6 "])
        #expect(first.scans.map(\.id.rawValue) == [2, 3, 6])
        let second = try await evidence(store, to: 3, of: heir)
        #expect(gaps(second, .organization) == ["acme: 5-5 "])
        #expect(second.scans.map(\.id.rawValue) == [4, 5])
    }

    @Test func whatIsSaidOfAnOrganizationBearsItsLoginOfThen() async throws {
        let store = try HistoryStore(path: folder.file)
        let unreadable = OrganizationTemplate.unreadable(UnreadableReason(.forbidden, "no"))
        let policy = try Policy.of(
            #"{"id": "set", "rule": "organization-template", "severity": "high"}"#,
            #"{"id": "old", "rule": "expired-waivers", "severity": "low"}"#)
        let waiver = Waiver(
            rule: "set", target: .init(organization: "acme"), owner: "o", reason: "r",
            expires: try #require(Day("2026-01-01")))
        func night(_ night: Int64, _ login: String, _ id: Int64, _ template: OrganizationTemplate) async throws {
            try await store.scan(
                [], at: night * Self.day, template: template, policy: policy,
                waivers: WaiverList([waiver], source: "w"),
                login: login, id: id)
        }
        let set = OrganizationTemplate.set(["repo"], useImmutableSubject: nil)
        try await night(0, "acme", 77, .neverSet)
        try await night(1, "acme", 77, unreadable)
        try await night(2, "umbrella", 77, set)
        try await night(2, "acme", 88, .neverSet)
        let evidence = try await evidence(store, to: 2)
        #expect(evidence.organizations.map(\.login) == ["acme", "umbrella"])
        #expect(gaps(evidence, .organizationTemplate) == ["acme: 2-2 "])
        let found = evidence.findings.map {
            "\($0.finding.name) of \($0.finding.organization?.rawValue ?? 0) \($0.state)"
        }
        let expired = "acme: set on acme until 2026-01-01"
        #expect(found == ["acme of 77 gone", "acme of 88 open", "\(expired) of 77 gone", "\(expired) of 88 open"])
    }

    @Test func aWaiverHeldUnderTheLoginOfItsDay() async throws {
        let store = try HistoryStore(path: folder.file)
        let other = OrganizationReference(login: "acme-two", id: Self.acme.id)
        try await scan(store, night: 0, Self.acme, read("acme/web", id: 2))
        try await scan(store, night: 1, other, read("acme-two/web", id: 2))
        try await scan(store, night: 1, Self.umbrella, read("umbrella/ok", id: 3))
        let found = try await evidence(store, from: -1, to: 2, of: other)
        func waiver(_ target: Waiver.Target) throws -> Waiver {
            Waiver(rule: "claims", target: target, owner: "o", reason: "r", expires: try #require(Day("2027-01-01")))
        }
        let waivers = try [
            Waiver.Target(organization: "acme"), .init(repository: .named(Glob("Acme/web"))),
            .init(organization: "acme-two", repository: .named(Glob("web"))), .init(repository: .named(Glob("web"))),
            .init(organization: "umbrella"), .init(repository: .named(Glob("umbrella/ok"))),
        ].map(waiver)
        let scans = found.scans.map { scan in
            var scan = scan
            scan.waiversSHA256 = "a"
            return scan
        }
        let held = PeriodEvidence.waivers(
            ["a": WaiverList(waivers, source: "w")], by: scans, of: found.organizations)
        #expect(
            held.map { "\($0.waiver.target) \($0.first.id.rawValue)-\($0.last.id.rawValue)" } == [
                "acme 1-1", "Acme/web 1-1", "web 1-2", "acme-two/web 2-2",
            ])
    }

    // MARK: - Scans of some repositories

    private static let named = Scope(named: NamedRepositories([RepositoryName("acme/web")].compactMap(\.self)))
    private static var filtered: Scope {
        var scope = Scope()
        scope.selector.names = [Glob("web")]
        return scope
    }

    @Test(arguments: [Self.named, Self.filtered])
    func narrowScansDoNotMakeAPeriodKnown(scope: Scope) async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, night: 0, Self.acme, read("acme/web", id: 2), read("acme/api", id: 1))
        for night in 1...3 as ClosedRange<Int64> {
            try await scan(store, night: night, Self.acme, read("acme/web", id: 2), scope: scope)
        }
        // Neither where the period begins with the last whole scan, nor where it has narrow ones alone.
        for first in [0, 1, 2] as [Int64] {
            let evidence = try await evidence(store, from: first, to: 3)
            #expect(gaps(evidence, .listing) == ["acme: \(max(first, 1) + 1)-4 "], "from \(first)")
            #expect(!evidence.openGaps.isEmpty)
        }
        // With a whole scan every night, what narrow ones leave out is known.
        for night in 4...6 as ClosedRange<Int64> {
            try await scan(store, night: night, Self.acme, read("acme/web", id: 2), read("acme/api", id: 1))
            try await scan(store, night: night, Self.acme, read("acme/web", id: 2), scope: scope)
        }
        #expect(try await evidence(store, from: 4, to: 6).openGaps.isEmpty)
    }

    /// Between two nights somebody looked at one repository, and saw what neither night did.
    @Test(arguments: [Self.named, Self.filtered])
    func whatNarrowScansSawIsNotDropped(scope: Scope) async throws {
        let store = try HistoryStore(path: folder.file)
        let good: [ClaimKey] = ["repo", "context"]
        for night in 0...2 as ClosedRange<Int64> {
            try await scan(
                store, night: night, Self.acme, read("acme/web", id: 2, good), read("acme/api", id: 1, good))
        }
        try await scan(store, night: 2, Self.acme, read("acme/web", id: 2), scope: scope, hour: 10)
        // Unchanged since, and what the narrow scan did not look at has changed.
        try await scan(store, night: 2, Self.acme, read("acme/web", id: 2), scope: scope, hour: 12)
        try await scan(store, night: 3, Self.acme, read("acme/web", id: 2, good), read("acme/api", id: 1))
        let evidence = try await evidence(store, to: 3)
        #expect(changes(evidence) == ["acme/web 3-4", "acme/api 3-6", "acme/web 5-6"])
        #expect(findings(evidence) == ["acme/api of 77: open, 6 to 0", "acme/web of 77: gone, 5 to 6"])
        #expect(evidence.openGaps.isEmpty, "\(evidence.gaps)")
        let before = try await self.evidence(store, from: 1, to: 2)
        #expect(before.end.map(\.scan.id.rawValue) == [3] && changes(before).isEmpty)
    }

    /// Of a template that a narrow scan saw first, the next whole scan finds who else follows it.
    @Test(arguments: [Self.named, Self.filtered])
    func whoFollowsATemplateThatANarrowScanSawFirstHasChanged(scope: Scope) async throws {
        let store = try HistoryStore(path: folder.file)
        let (old, new): (OrganizationTemplate, OrganizationTemplate) = (
            .set(["repo"], useImmutableSubject: nil), .set(["repo", "ref"], useImmutableSubject: nil)
        )
        let (web, api) = (read("acme/web", id: 2, []), read("acme/api", id: 1, []))
        for night in 0...1 as ClosedRange<Int64> {
            try await scan(store, night: night, Self.acme, web, api, template: old)
        }
        try await scan(store, night: 1, Self.acme, web, template: new, scope: scope, hour: 10)
        try await scan(store, night: 2, Self.acme, web, api, template: new)
        #expect(Set(changes(try await evidence(store, to: 2))) == ["acme 2-3", "acme/web 2-3", "acme/api 2-4"])
    }

    @Test func nightsOfSomeRepositoriesBetweenWholeOnesAreAGapAndSaySo() async throws {
        let store = try HistoryStore(path: folder.file)
        let good: [ClaimKey] = ["repo", "context"]
        func all(_ night: Int64) async throws {
            try await scan(
                store, night: night, Self.acme, read("acme/web", id: 2, night > 5 ? ["repo"] : good),
                read("acme/api", id: 1, good))
        }
        for night in 0...2 as ClosedRange<Int64> { try await all(night) }
        for night in 3...8 as ClosedRange<Int64> {
            try await scan(
                store, night: night, Self.acme, read("acme/web", id: 2, night > 5 ? ["repo"] : good),
                scope: Self.filtered)
        }
        for night in 9...10 as ClosedRange<Int64> { try await all(night) }
        let evidence = try await evidence(store, to: 10)
        #expect(changes(evidence) == ["acme/web 6-7"])
        #expect(findings(evidence) == ["acme/web of 77: open, 11 to 0"])
        #expect(
            evidence.gaps.map(\.reason) == ["scans of some repositories only: nothing is known of the others"])
        #expect(gaps(evidence, .listing) == ["acme: 4-9 "])
        let middle = try await self.evidence(store, to: 8)
        #expect(changes(middle) == ["acme/web 6-7"] && findings(middle) == ["acme/web of 77: open, 9 to 0"])
    }

    // MARK: - Findings

    private static func policy(_ name: String, _ rules: String...) throws -> Policy {
        try .parsed(#"{"version": 1, "name": "\#(name)", "rules": [\#(rules.joined(separator: ","))]}"#)
    }

    @Test func eachPolicyIsHeldAgainstItsOwnLastScan() async throws {
        let store = try HistoryStore(path: folder.file)
        let rule = #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context"]}"#
        for night in 0...4 as ClosedRange<Int64> {
            for (hour, name) in [(0, "first"), (1, "second")] as [(Int64, String)] {
                try await scan(
                    store, night: night, Self.acme, read("acme/web", id: 2), hour: hour,
                    policy: Self.policy(night == 4 && hour == 0 ? "third" : name, rule))
            }
        }
        let evidence = try await evidence(store, to: 4)
        let states = evidence.findings.map { "\($0.policyName) \($0.state.rawValue) \($0.lastSeen.id.rawValue)" }
        #expect(Set(states) == ["first open 7", "second open 10", "third open 9"])
        for night in 5...7 as ClosedRange<Int64> {
            try await scan(store, night: night, Self.acme, read("acme/web", id: 2), policy: Self.policy("third", rule))
        }
        let later = try await self.evidence(store, to: 7).findings.map { "\($0.policyName) \($0.state.rawValue)" }
        #expect(Set(later) == ["first not_judged", "second not_judged", "third open"])
    }

    @Test func whatWentWithItsRuleIsNotFixed() async throws {
        let store = try HistoryStore(path: folder.file)
        let claims = #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context"]}"#
        let other = #"{"id": "other", "rule": "require-claims", "severity": "low", "claims": ["repo"]}"#
        let good: [ClaimKey] = ["repo", "context"]
        try await scan(
            store, night: 0, Self.acme, read("acme/web", id: 2), read("acme/api", id: 1),
            policy: Self.policy("p", claims, other))
        try await scan(
            store, night: 1, Self.acme, read("acme/web", id: 2), read("acme/api", id: 1, good),
            policy: Self.policy("p", claims, other))
        try await scan(
            store, night: 2, Self.acme, read("acme/web", id: 2), read("acme/api", id: 1, good),
            policy: Self.policy("p", other))
        let reasons = try await evidence(store, to: 2).findings.map { found in
            "\(found.finding.name) \(found.state.rawValue) \(found.goneBy?.id.rawValue ?? 0) "
                + (found.goneReason?.rawValue ?? "")
        }
        #expect(reasons == ["acme/api gone 2 fixed", "acme/web gone 3 rule_removed"])
        // The rule is back, and finds it fixed.
        try await scan(
            store, night: 3, Self.acme, read("acme/web", id: 2, good), read("acme/api", id: 1, good),
            policy: Self.policy("p", claims, other))
        #expect(try await evidence(store, to: 3).findings.map(\.goneReason) == [.fixed, .fixed])
    }

    @Test func theLastDayIsOneOnWhichItWasRead() async throws {
        let store = try HistoryStore(path: folder.file)
        for night in 0...1 as ClosedRange<Int64> {
            try await scan(store, night: night, Self.acme, read("acme/web", id: 2), read("acme/api", id: 1))
        }
        try await scan(store, night: 2, Self.acme, read("acme/web", id: 2), unread("acme/api", id: 1))
        try await scanNobody(store, night: 3, login: "acme")
        #expect(
            findings(try await evidence(store, to: 3)) == [
                "acme/api of 77: open, 2 to 0", "acme/web of 77: open, 3 to 0",
            ])
    }

    // MARK: - Times without a scan

    @Test func aPeriodWithoutAScanIsAGap() async throws {
        let store = try HistoryStore(path: folder.file)
        try await scan(store, night: 0, Self.acme, read("acme/web", id: 2))
        // Less than a day and a half after the scan.
        let until = Timestamp.sample.adding(seconds: 20 * 3600)
        let evidence = try #require(
            try await store.evidence(
                of: [], apiURL: Self.api, since: .sample.adding(seconds: 3600), until: until, now: until))
        #expect(evidence.scans.isEmpty && evidence.openGaps.map(\.reason) == ["no scan in the period"])
        #expect(evidence.frequencies.map(\.daysWithoutScan) == evidence.frequencies.map(\.days))
    }

    // MARK: - The journal

    @Test func writesOfThePeriodAreListedWhetherSeenOrNot() async throws {
        let store = try HistoryStore(path: folder.file)
        for night in 0...2 as ClosedRange<Int64> {
            try await scan(store, night: night, Self.acme, read("acme/web", id: 2))
            try await scan(store, night: night, Self.umbrella, read("umbrella/ok", id: 3))
        }
        try await scan(store, night: 2, Self.acme, read("acme/web", id: 2), scope: Self.named, hour: 20)
        func change(_ target: PlannedChange.Target) -> PlannedChange {
            PlannedChange(
                target: target, before: .repository(.own(["repo"])), after: .repository(.own(["repo", "ref"])),
                rules: [])
        }
        let targets: [PlannedChange.Target] = [
            .repository(owner: "Acme", name: "web", id: RepositoryID(rawValue: 2)),
            .repository(owner: "acme", name: "late", id: RepositoryID(rawValue: 4)),
            .repository(owner: "acme", name: "never", id: RepositoryID(rawValue: 5)),
            .repository(owner: "umbrella", name: "ok", id: RepositoryID(rawValue: 3)),
        ]
        let plan = Plan(
            apiURL: Self.api, isEnterpriseServer: false,
            organizations: [Self.acme, Self.umbrella].compactMap { one in
                one.id.map { Plan.Organization(login: one.login, id: $0) }
            }, createdAt: .sample, scanID: nil, policyName: "", policySHA256: "", changes: targets.map(change),
            manual: [])
        let times: [Int64?] = [Self.day + 3600, 2 * Self.day + 7200, nil, 3600]
        let changeset = Changeset(
            id: ChangesetID(rawValue: 7), kind: .apply, startedAt: .sample, actor: "octocat", planDigest: "",
            plan: plan,
            entries: times.enumerated().map { place, seconds in
                Changeset.Entry(
                    intendedAt: seconds.map { Timestamp.sample.adding(seconds: $0) },
                    outcome: place == 1 ? nil : .applied)
            })
        func writes(_ organizations: OrganizationReference..., from first: Int64) async throws -> [String] {
            let until = Timestamp.sample.adding(seconds: 3 * Self.day)
            var evidence = try #require(
                try await store.evidence(
                    of: organizations, apiURL: Self.api, since: .sample.adding(seconds: first), until: until, now: until
                ))
            evidence.addWrites(of: [changeset])
            return evidence.writes.map { write in
                "\(write.write.target) \(write.outcome?.name ?? "-") \(write.seenBy?.id.rawValue ?? 0)"
            }
        }
        #expect(try await writes(Self.acme, from: 0) == ["Acme/web applied 5", "acme/late - 0"])
        #expect(
            try await writes(Self.acme, Self.umbrella, from: 0) == [
                "umbrella/ok applied 4", "Acme/web applied 5", "acme/late - 0",
            ])
        #expect(try await writes(Self.umbrella, from: Self.day).isEmpty)
    }

    /// Who is named elsewhere narrows nothing here.
    @Test func repositoriesOfOthersThatAreNamedNarrowNothing() async throws {
        let store = try HistoryStore(path: folder.file)
        let others = Scope(named: NamedRepositories([RepositoryName("umbrella/ok")].compactMap(\.self)))
        for night in 0...2 as ClosedRange<Int64> {
            try await scan(store, night: night, Self.acme, read("acme/web", id: 2), scope: others)
        }
        #expect(try await evidence(store, to: 2).openGaps.isEmpty)
    }
}
