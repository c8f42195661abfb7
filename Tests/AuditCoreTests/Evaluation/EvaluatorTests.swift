import AuditCore
import TestSupport
import Testing

@Suite struct EvaluatorTests {
    private func report(
        _ organization: OrganizationSnapshot, policy: Policy? = nil, gate: Gate = Gate(), stop: ScanStop? = nil,
        scope: Scope = Scope(), known: [FindingKey: KnownFinding] = [:],
    ) throws -> AuditReport {
        let policy = try policy ?? .sample()
        return Evaluator(policy: policy, gate: gate)
            .evaluate(.sample([organization], stop: stop, scope: scope), known: known)
    }

    @Test func everythingReadAndKeptIsCompliant() throws {
        let report = try report(.sample([.read("api", id: 1, .gitHubDefault)]))
        #expect(report.verdict == .compliant)
        #expect(report.isComplete)
        #expect(report.gate.exitStatus == 0)
        #expect(report.repositories.map(\.status) == [.compliant])
    }

    @Test(arguments: UnreadableReason.Code.allCases)
    func whatWasNotReadIsNeverCompliant(code: UnreadableReason.Code) throws {
        let report = try report(
            .sample([.read("api", id: 1, .gitHubDefault), .unreadable("secret", id: 2, code, "why")]))
        #expect(report.verdict == .incomplete)
        #expect(report.repositories.map(\.status) == [.compliant, .unreadable])
        #expect(report.repositories[1].reason == "why")
        #expect(report.repositories[1].setting == nil)
        #expect(report.gate.exitStatus == 3)
    }

    @Test func anInheritingRepositoryWithoutAKnownTemplateIsUnreadable() throws {
        let report = try report(
            .sample(
                template: .unreadable(UnreadableReason(.forbidden, "forbidden")),
                [.read("api", id: 1, .inheriting), .read("web", id: 2, .own(["repo", "context"]))]))
        #expect(report.repositories.map(\.status) == [.unreadable, .compliant])
        #expect(report.repositories[0].setting != nil)
        #expect(report.repositories[0].effective?.template == nil)
        #expect(report.verdict == .incomplete)
    }

    @Test func aRuleThatLacksAFactIsUndecidedAndNamed() throws {
        let policy = try Policy.of(
            #"{"id": "tiered", "rule": "leading-claim", "severity": "low", "where": {"properties": {"tier": ["a"]}}}"#,
            #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["context"]}"#)
        let report = try report(
            .sample([.read("api", id: 1, .gitHubDefault), .read("web", id: 2, .own(["repo"]))]), policy: policy)
        #expect(report.repositories.map(\.status) == [.unreadable, .violating])
        #expect(report.repositories[0].reason == "rule tiered undecided: the host did not send custom properties")
        #expect(report.repositories[1].reason == report.repositories[0].reason)
        #expect(report.policy.rules.map(\.undecided) == [2, 0])
        #expect(report.policy.rules.map(\.judged) == [0, 2])
        #expect(report.warnings == ["The rule tiered judged no repository."])
        #expect(report.gate.exitStatus == 1)
        #expect(!report.isComplete)
    }

    @Test func anUndecidedRuleIsNoPassEvenOnARepositoryThatViolatesAnother() throws {
        let policy = try Policy.of(
            #"{"id": "tiered", "rule": "leading-claim", "severity": "critical", "where": {"properties": {"tier": ["a"]}}}"#,
            #"{"id": "claims", "rule": "require-claims", "severity": "low", "claims": ["context"]}"#)
        let organization = OrganizationSnapshot.sample([.read("web", id: 2, .own(["repo"]))])
        let report = try report(organization, policy: policy, gate: Gate(failOn: .high))
        #expect(report.repositories.map(\.status) == [.violating])
        #expect(!report.isComplete)
        #expect(report.gate.exitStatus == 3)
        #expect(try self.report(organization, policy: policy, gate: Gate(strictCoverage: true)).gate.exitStatus == 3)
        #expect(try self.report(organization, policy: policy).gate.exitStatus == 1)
    }

    @Test func aSnapshotThatLacksListedRepositoriesIsIncomplete() throws {
        let report = try report(
            .sample(listing: Listing(status: .complete, listed: 2, expected: 2), [.read("api", id: 1, .gitHubDefault)]))
        #expect(report.verdict == .incomplete)
        #expect(report.whyIncomplete == "the history does not hold every listed repository")
    }

    @Test func aScopeThatLacksAFactNeverPasses() throws {
        var selector = Selector()
        selector.properties = ["tier": ["production"]]
        let report = try report(
            .sample([.read("api", id: 1, .gitHubDefault)]), scope: Scope(selector: selector))
        #expect(report.repositories[0].status == .unreadable)
        #expect(report.repositories[0].reason == "scope undecided: the host did not send custom properties")
    }

    @Test func countsAddUp() throws {
        let report = try report(
            .sample([
                .read("a", id: 1, .gitHubDefault), .read("b", id: 2, .own(["repo"])), .unreadable("c", id: 3),
                .read("d", id: 4, .gitHubDefault, isArchived: true),
            ]))
        let summary = report.summary
        #expect(summary.listed == 4)
        #expect(summary.listed == summary.judged + summary.unreadable + summary.skipped)
        #expect(summary.judged == summary.compliant + summary.violating + summary.waived)
        #expect(summary.findings == [.high: 1])
        #expect(report.repositories[3].reason == "archived")
    }

    @Test func orderDoesNotDependOnTheSnapshots() throws {
        let names = ["Zeta", "alpha", "Beta", "a.b", "a-b", "a_b"]
        let repositories = names.enumerated().map {
            RepositorySnapshot.read($0.element, id: Int64($0.offset), .own(["actor"]))
        }
        let one = try report(.sample(repositories))
        let other = try report(.sample(repositories.reversed()))
        #expect(one.repositories.map(\.repository.name) == ["a-b", "a.b", "a_b", "alpha", "Beta", "Zeta"])
        #expect(one.findings == other.findings)
        #expect(one.findings.prefix(2).map(\.rule) == ["required-claims", "no-spoofable-start"])
    }

    @Test func aKnownFindingIsRecurringAndKeepsItsTime() throws {
        let since = Timestamp(secondsSince1970: 1_000_000_000)
        let key = FindingKey(rule: "required-claims", subject: .repository(RepositoryID(rawValue: 1)))
        let report = try report(
            .sample([.read("renamed", id: 1, .own(["repo"])), .read("b", id: 2, .own(["repo"]))]),
            known: [
                key: KnownFinding(firstSeen: since, problems: ["missing claim: context"], severity: .high)
            ])
        #expect(report.findings.map(\.state) == [.new, .recurring])
        #expect(report.findings.map(\.firstSeen) == [.sample, since])
        #expect(report.summary.states[.new] == 1)
    }

    @Test func aRulesFindingsDoNotDependOnOtherRules() throws {
        let organization = OrganizationSnapshot.sample([
            .read("a", id: 1, .own(["actor"])), .read("b", id: 2, .own(["repo"])), .read("c", id: 3, .gitHubDefault),
        ])
        let rules = [
            #"{"id": "one", "rule": "require-claims", "severity": "high", "claims": ["repo", "context"]}"#,
            #"{"id": "two", "rule": "leading-claim", "severity": "low"}"#,
        ]
        let both = try report(organization, policy: .of(rules[0], rules[1])).findings
        for (index, id) in ["one", "two"].enumerated() {
            let alone = try report(organization, policy: .of(rules[index])).findings
            #expect(both.filter { $0.rule == id } == alone)
        }
    }

    @Test func listingsDecideCompleteness() throws {
        func verdict(_ listing: Listing) throws -> (Verdict, Int32, Int) {
            let report = try report(.sample(listing: listing, [.read("api", id: 1, .gitHubDefault)]))
            return (report.verdict, report.gate.exitStatus, report.warnings.count { $0.contains("verified") })
        }
        #expect(try verdict(Listing(status: .complete, listed: 1, expected: 1)) == (.compliant, 0, 0))
        #expect(try verdict(Listing(status: .partial, listed: 1, expected: 2)) == (.incomplete, 3, 0))
        #expect(try verdict(Listing(status: .unverified, listed: 1, expected: nil)) == (.compliant, 0, 1))
        #expect(
            try verdict(Listing(status: .unverified, listed: 1, expected: nil, missing: ["acme/x"])) == (
                .incomplete, 3, 1
            ))
        #expect(
            try verdict(Listing(status: .complete, listed: 1, expected: 1, removed: ["acme/x"])) == (.compliant, 0, 0))
    }

    @Test func anUnreadableOrganizationTemplateIsIncompleteEvenIfNobodyInherits() throws {
        let report = try report(
            .sample(
                template: .unreadable(UnreadableReason(.serverFault, "500")), [.read("api", id: 1, .gitHubDefault)]))
        #expect(report.repositories[0].status == .compliant)
        #expect(report.verdict == .incomplete)
        #expect(report.gate.exitStatus == 3)
    }

    @Test func warnsOfAnEmptyListOfClaims() throws {
        let report = try report(.sample([.read("api", id: 1, .own([]))]))
        #expect(report.warnings.contains { $0.hasPrefix("acme/api holds an empty list of claims") })
    }
}
