import AuditCore
import Foundation
import TestSupport
import Testing

@testable import Reports

/// What the HTML page begins with.
@Suite struct FirstScreenTests {
    private static func daysAgo(_ days: Int64) -> Timestamp { Timestamp.sample.adding(seconds: -days * 86_400) }

    private static func side(_ id: Int64, daysAgo days: Int64) -> ScanDifference.Side {
        ScanDifference.Side(id: ScanID(rawValue: id), startedAt: daysAgo(days), digest: "")
    }

    /// Starts with what anyone who can push chooses: critical, and high.
    private static func critical(_ name: String, _ id: Int64) -> RepositorySnapshot {
        .read(name, id: id, .own(["workflow", "repo"]))
    }

    private static func high(_ name: String, _ id: Int64) -> RepositorySnapshot { .read(name, id: id, .own(["repo"])) }

    /// - Parameters:
    ///   - days: how long ago the findings of a repository were first seen; those of others are new.
    ///   - first: how long ago the first scan of the history was; `nil`: there is none.
    private func report(
        _ repositories: [RepositorySnapshot], since days: [Int64: Int64] = [:], first: Int64? = 30,
        waivers: String? = nil, policy: Policy? = nil,
    ) throws -> AuditReport {
        var known: [FindingKey: KnownFinding] = [:]
        for (id, days) in days {
            for (rule, severity) in [("required-claims", Severity.high), ("no-spoofable-start", .critical)] {
                known[FindingKey(rule: rule, subject: .repository(RepositoryID(rawValue: id)))] = KnownFinding(
                    firstSeen: Self.daysAgo(days), problems: ["missing claim: context", "starts with workflow"],
                    severity: severity, name: "acme/r\(id)", organization: OrganizationID(rawValue: 77))
            }
        }
        let list = try waivers.map { text in
            try WaiverList(
                JSONParser.parse(Array(#"{"version": 1, "waivers": [\#(text)]}"#.utf8)), source: "waivers.yaml")
        }
        var report = try Evaluator(policy: policy ?? .sample(), gate: Gate(), waivers: list)
            .evaluate(.sample([.sample(repositories)]), known: known)
        guard let first else { return report }
        var history = ReportHistory()
        let acme = OrganizationDifference(
            from: .sample([]), to: .sample([]), id: OrganizationID(rawValue: 77), [])
        history.difference = ScanDifference(
            before: Self.side(41, daysAgo: 1), after: Self.side(42, daysAgo: 0), organizations: [acme],
            policyName: report.policy.name, appeared: [], gone: [])
        history.trend = [first, 1].map { days in
            TrendPoint(
                scan: Self.side(42 - days, daysAgo: days), organization: "acme",
                organizationID: OrganizationID(rawValue: 77), isComplete: true, policyName: report.policy.name,
                tally: OrganizationTally())
        }
        report.history = history
        return report
    }

    private func list(_ name: String, of report: AuditReport) -> FirstScreen.List? {
        FirstScreen(report).lists.first { $0.className == name }
    }

    // MARK: - Since the scan before

    @Test func whatIsNewComesWorstFirstUnderItsRepository() throws {
        let fresh = try #require(
            list("fresh", of: report([Self.high("a", 1), Self.critical("b", 2), Self.high("old", 3)], since: [3: 9])))
        #expect(fresh.title == "New since #41 of 2026-11-20")
        #expect(fresh.count == "3 new")
        #expect(fresh.items.map(\.name) == ["acme/b", "acme/a"])
        #expect(fresh.items.map(\.severity) == ["critical", "high"])
        #expect(fresh.items.map(\.link) == ["#acme/b", "#acme/a"])
        #expect(fresh.items[0].lines.map(\.rule) == ["no-spoofable-start", "required-claims"])
        #expect(fresh.items[0].lines.map(\.state) == ["new", "new"])
        #expect(fresh.items[1].lines.map(\.text) == ["missing claim: context"])
    }

    @Test func longListsSayHowMuchTheyLeaveOut() throws {
        let many = (1...10).map { Self.critical("r\($0)", Int64($0)) }
        let report = try report(many)
        let fresh = try #require(list("fresh", of: report))
        #expect(fresh.items.count == 8)
        #expect(fresh.more?.text == "and 2 more")
        let critical = try #require(list("critical", of: report))
        #expect(critical.count == "10" && critical.items.count == 5)
        #expect(critical.more?.text == "and 5 more")
        #expect(critical.more?.link == "#repositories?severity=critical")
    }

    @Test func withoutAScanBeforeNothingIsCalledNew() throws {
        let report = try report([Self.critical("a", 1)], first: nil)
        let fresh = try #require(list("fresh", of: report))
        #expect(fresh.none == "There is no scan before this one to compare with.")
        #expect(fresh.items.isEmpty && fresh.count == nil)
        // What the first scan found is no newer than what it did not.
        #expect(list("recent", of: report) == nil)
        #expect(list("gone", of: report) == nil)
    }

    @Test func whatIsGoneSaysWhy() throws {
        let report = try report([.read("r1", id: 1, .own(["repo", "context"]))], since: [1: 3, 2: 3])
        let gone = try #require(list("gone", of: report))
        #expect(gone.count == "4 findings")
        #expect(gone.items.map(\.name) == ["acme/r1", "acme/r2"])
        // No link to a repository that the report does not hold.
        #expect(gone.items.map(\.link) == ["#acme/r1", nil])
        #expect(gone.items[0].lines.map(\.text) == ["fixed", "fixed"])
        #expect(
            gone.items[1].lines.map(\.text) == [
                "the repository is no longer listed", "the repository is no longer listed",
            ])
    }

    // MARK: - What should not wait

    @Test func criticalRepositoriesStandByAgeTheOldestFirst() throws {
        let critical = try #require(
            list(
                "critical",
                of: report(
                    [Self.critical("a", 1), Self.critical("b", 2), Self.critical("c", 3), Self.high("d", 4)],
                    since: [1: 1, 2: 13, 4: 20])))
        #expect(critical.items.map(\.name) == ["acme/b", "acme/a", "acme/c"])
        #expect(critical.items.map(\.age) == ["13 days", "1 day", "new"])
        let oldest = try #require(critical.foot)
        #expect(oldest.name == "acme/d" && oldest.text == "required-claims, 20 days")
    }

    @Test func emptyListsSaySo() throws {
        let good = RepositorySnapshot.read("a", id: 1, .own(["repo", "context"]))
        let report = try report([good])
        #expect(list("fresh", of: report)?.none == "No finding is new, worse or back.")
        #expect(list("critical", of: report)?.none == "None is open.")
        #expect(list("critical", of: report)?.foot == nil)
        #expect(list("unread", of: report)?.none == "Everything in scope was read and decided.")
        #expect(list("waivers", of: report) == nil)
        let mild = try Policy.of(#"{"id": "a", "rule": "leading-claim", "severity": "low"}"#)
        #expect(
            try list("critical", of: self.report([good], policy: mild))?.none == "The policy has no critical rule.")
    }

    @Test func recentIsWhatASevenDayOldScanDidNotSee() throws {
        let repositories = [Self.high("a", 1), Self.high("b", 2), Self.high("c", 3), Self.critical("d", 4)]
        let recent = try #require(list("recent", of: report(repositories, since: [1: 8, 2: 7, 3: 0, 4: 2])))
        #expect(recent.items.map(\.name) == ["acme/d", "acme/c", "acme/b"])
        #expect(recent.items.map(\.age) == ["2 days", "new", "7 days"])
        // Of what the first scan found nobody knows how old it is.
        let young = try #require(list("recent", of: report(repositories, since: [1: 2, 2: 2, 3: 2, 4: 1], first: 2)))
        #expect(young.items.map(\.name) == ["acme/d"])
    }

    @Test func whatCouldNotBeReadSaysSinceWhen() throws {
        var report = try report([
            .unreadable("lost", id: 1), .unreadable("never", id: 2), .unreadable("omitted", id: 3), Self.high("a", 4),
        ])
        let reason = UnreadableReason(.forbidden, "forbidden (403)")
        report.history?.timelines[RepositoryID(rawValue: 1)] = [
            Timeline.Event(
                after: Self.side(37, daysAgo: 5), seenBy: Self.side(38, daysAgo: 4),
                what: .repositoryUnread(.init(reason: reason, last: Self.side(40, daysAgo: 1))))
        ]
        report.history?.omitted = [RepositoryID(rawValue: 3)]
        let unread = try #require(list("unread", of: report))
        #expect(unread.items.map(\.name) == ["acme/lost", "acme/never", "acme/omitted"])
        #expect(unread.items.map(\.age) == ["4 days", "never read", nil])
        #expect(unread.items[0].lines.map(\.text) == ["since 2026-11-17: forbidden (403)"])
        report.history = nil
        #expect(list("unread", of: report)?.items.map(\.age) == [nil, nil, nil])
    }

    @Test func whatBreaksARuleAndIsUndecidedOfAnotherIsNamedToo() throws {
        var report = try report([.unreadable("lost", id: 1), Self.high("a", 2)])
        #expect(list("unread", of: report)?.items.map(\.name) == ["acme/lost"])
        let place = try #require(report.repositories.firstIndex { $0.status == .violating })
        report.repositories[place].reason = "rule r undecided: the format of the subject is unknown"
        let unread = try #require(list("unread", of: report))
        #expect(unread.items.map(\.name) == ["acme/lost", "acme/a"])
        #expect(unread.items.map(\.age) == ["never read", nil])
    }

    @Test func anUnreadTemplateSaysSinceWhen() throws {
        var report = try report([Self.high("a", 1)])
        let id = OrganizationID(rawValue: 77)
        let unread = OrganizationTemplate.unreadable(UnreadableReason(.forbidden, "forbidden (403)"))
        report.organizations[0].template = unread
        let trouble = "the organization's template could not be read: forbidden (403)"
        func item() throws -> FirstScreen.Item { try #require(list("unread", of: report)?.items.first) }
        #expect(try item().age == "never read" && item().lines.map(\.text) == [trouble])
        report.history?.templateEvents[id] = [
            Timeline.Event(
                after: Self.side(34, daysAgo: 9), seenBy: Self.side(35, daysAgo: 8),
                what: .organizationTemplateUnread(
                    .init(
                        reason: UnreadableReason(.serverFault, "GitHub failed (502)"), last: Self.side(35, daysAgo: 8),
                        regainedBy: Self.side(36, daysAgo: 6)))),
            Timeline.Event(
                after: Self.side(36, daysAgo: 6), seenBy: Self.side(37, daysAgo: 5),
                what: .organizationTemplateUnread(
                    .init(reason: UnreadableReason(.forbidden, "forbidden (403)"), last: Self.side(40, daysAgo: 1)))),
        ]
        #expect(try item().age == "5 days" && item().lines.map(\.text) == ["since 2026-11-16: \(trouble)"])
        #expect(try item().name == "acme" && item().link == nil)
    }

    @Test func waiversThatEndSoonStandByTheirDay() throws {
        func waiver(_ name: String, _ day: String, _ more: String = "") -> String {
            #"{"rule": "required-claims", "repository": "\#(name)", "owner": "web", "reason": "r", "expires": "\#(day)"\#(more)}"#
        }
        let waivers = [
            waiver("a", "2026-12-21"), waiver("b", "2026-11-21"), waiver("c", "2026-11-20"), waiver("d", "2026-12-22"),
            waiver("e", "2026-11-25", #", "organization": "other""#),
        ].joined(separator: ",")
        let soon = try #require(list("waivers", of: report([Self.high("a", 1)], waivers: waivers)))
        #expect(soon.items.map(\.name) == ["c", "b", "a"])
        #expect(soon.items.map(\.age) == ["expired 2026-11-20", "last day", "ends in 30 days"])
        let late = try #require(list("waivers", of: report([Self.high("a", 1)], waivers: waiver("a", "2027-01-30"))))
        #expect(late.none == "None ends within 30 days.")
    }

    @Test func fragmentsHoldNothingThatEndsThem() {
        #expect("acme/site.github_io-1".fragment == "acme/site.github_io-1")
        #expect("a b/\"ü?#%".fragment == "a%20b/%22%C3%BC%3F%23%25")
    }

    // MARK: - Former names

    @Test func aFormerNameLeadsToItsRepositoryUnlessAnotherHasItNow() throws {
        var report = try report([Self.high("hub", 1), Self.high("taken", 2)])
        func renamed(_ id: Int64, _ before: String, _ after: String, by scan: Int64) throws -> Timeline.Event {
            let states = [before, after].map { name in
                let snapshot = Self.high(name, id)
                return RepositoryState(
                    snapshot.repository, snapshot.reading, under: .neverSet, isEnterpriseServer: false)
            }
            return Timeline.Event(
                after: nil, seenBy: Self.side(scan, daysAgo: 42 - scan),
                what: .repository(try #require(RepositoryChange(from: states[0], to: states[1]))))
        }
        report.history?.timelines = [
            RepositoryID(rawValue: 1): [
                try renamed(1, "events", "taken", by: 36), try renamed(1, "taken", "hub", by: 37),
            ],
            RepositoryID(rawValue: 2): [try renamed(2, "events", "taken", by: 38)],
        ]
        // The last that was called so; and no link is taken from a repository that is called so now.
        #expect(report.formerNames == [RepositoryID(rawValue: 2): ["acme/events"]])
        let page = try SampleReport.render(report, as: HTMLReporter.self)
        #expect(page.contains(#""former":{"acme/events":1}"#))
        #expect(page.contains(#"<span id="acme/events"></span>acme/taken"#))
    }
}
