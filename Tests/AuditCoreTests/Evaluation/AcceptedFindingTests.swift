import AuditCore
import TestSupport
import Testing

/// Waivers and baselines: what they let through, and what never.
@Suite struct AcceptedFindingTests {
    private static let claims =
        #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context"]}"#
    private static let start = #"{"id": "start", "rule": "leading-claim", "severity": "critical"}"#

    private func waivers(_ entries: (rule: String, repository: String, expires: String)...) throws -> WaiverList {
        let texts = entries.map { entry in
            """
            {"rule": "\(entry.rule)", "repository": "\(entry.repository)", "owner": "team", "reason": "later",
             "expires": "\(entry.expires)"}
            """
        }
        return try WaiverList(
            JSONParser.parse(Array(#"{"version": 1, "waivers": [\#(texts.joined(separator: ","))]}"#.utf8)),
            source: "waivers.json")
    }

    private func evaluate(
        _ repositories: [RepositorySnapshot], _ rules: [String] = [claims, start], waivers: WaiverList? = nil,
        baseline: Baseline? = nil, gate: Gate = Gate(), listing: Listing? = nil, stop: ScanStop? = nil,
        known: [FindingKey: KnownFinding] = [:], template: OrganizationTemplate = .neverSet,
    ) throws -> AuditReport {
        let policy = try Policy.parsed(
            #"{"version": 1, "name": "test", "rules": [\#(rules.joined(separator: ","))]}"#)
        return Evaluator(policy: policy, gate: gate, waivers: waivers, baseline: baseline)
            .evaluate(
                .sample([.sample(template: template, listing: listing, repositories)], stop: stop), known: known)
    }

    private let bad = RepositorySnapshot.read("bad", id: 1, .own(["repo"]))

    @Test func aWaivedFindingDoesNotCount() throws {
        let report = try evaluate([bad], waivers: waivers(("claims", "b*", "2026-12-31")))
        #expect(report.repositories.map(\.status) == [.waived])
        #expect(report.verdict == .compliant)
        #expect(report.gate.exitStatus == 0)
        #expect(report.findings.map(\.isOpen) == [false])
        #expect(report.findings[0].waiver?.owner == "team")
        #expect(report.summary.waived == 1)
        #expect(report.summary.judged == 1)
        #expect(report.summary.waivedFindings == 1)
        #expect(report.summary.findings.isEmpty)
        #expect(report.summary.states.isEmpty)
        // The policy has no rules about waivers, so that it got them.
        #expect(
            report.policy.rules.map(\.id) == [
                "claims", "start", "expired-waivers", "expiring-waivers", "unused-waivers",
            ])
        #expect(report.policy.rules[0].violations == 1)
    }

    @Test func anotherFindingOfTheRepositoryStillCounts() throws {
        let worse = RepositorySnapshot.read("bad", id: 1, .own(["workflow"]))
        let report = try evaluate([worse], waivers: waivers(("claims", "bad", "2026-12-31")))
        #expect(report.repositories.map(\.status) == [.violating])
        #expect(report.findings.map(\.isOpen) == [false, true])
        #expect(report.gate.exitStatus == 1)
    }

    @Test func anExpiredWaiverWaivesNothingAndIsAFinding() throws {
        let report = try evaluate([bad], waivers: waivers(("claims", "bad", "2026-11-20")))
        #expect(report.repositories.map(\.status) == [.violating])
        #expect(report.findings.map(\.rule) == ["expired-waivers", "claims"])
        #expect(report.findings[0].repository == nil)
        #expect(report.findings[0].organization == "acme")
        #expect(
            report.findings[0].violation.message == "waiver of claims on bad expired on 2026-11-20, UTC")
        #expect(report.findings[0].severity == .low)
    }

    @Test func onItsLastDayItHoldsAndIsAboutToExpire() throws {
        let report = try evaluate([bad], waivers: waivers(("claims", "bad", "2026-11-21")))
        #expect(report.repositories.map(\.status) == [.waived])
        #expect(report.findings.map(\.rule) == ["expiring-waivers", "claims"])
    }

    @Test func thePolicysOwnEntriesSayHowSevere() throws {
        let own = #"{"id": "rot", "rule": "unused-waivers", "severity": "critical"}"#
        let report = try evaluate(
            [.read("good", id: 1, .gitHubDefault)], [Self.claims, own],
            waivers: waivers(("claims", "good", "2026-12-31")))
        #expect(report.policy.rules.map(\.id) == ["claims", "rot", "expired-waivers", "expiring-waivers"])
        #expect(report.findings.map(\.rule) == ["rot"])
        #expect(report.findings[0].severity == .critical)
        #expect(report.organizations[0].outcomes[1] == .fail)
        #expect(report.gate.exitStatus == 1)
        // Without a waiver file there is nothing to tell.
        #expect(try evaluate([.read("good", id: 1, .gitHubDefault)], [Self.claims, own]).warnings.isEmpty)
    }

    @Test func aWaiverIsUnusedOnlyWhereAllThatItCouldCoverWasJudged() throws {
        let good = RepositorySnapshot.read("good", id: 1, .gitHubDefault)
        let list = try waivers(("claims", "*", "2026-12-31"))
        #expect(try evaluate([good], waivers: list).findings.map(\.rule) == ["unused-waivers"])
        // Unreadable, out of scope, a listing that is partial, a repository that is missing, a scan that was stopped.
        #expect(try evaluate([good, .unreadable("x", id: 2)], waivers: list).findings.isEmpty)
        #expect(
            try evaluate([good, .read("old", id: 2, .gitHubDefault, isArchived: true)], waivers: list).findings.isEmpty)
        #expect(
            try evaluate([good], waivers: list, listing: Listing(status: .partial, listed: 1, expected: 2))
                .findings.isEmpty)
        #expect(
            try evaluate(
                [good], waivers: list,
                listing: Listing(status: .complete, listed: 1, expected: 1, missing: ["acme/gone"])
            ).findings.isEmpty)
        #expect(try evaluate([good], waivers: list, stop: .interrupted).findings.isEmpty)
        // A rule that could not decide leaves it open, too.
        let undecided =
            #"{"id": "claims", "rule": "leading-claim", "severity": "low", "where": {"properties": {"t": ["a"]}}}"#
        #expect(try evaluate([good], [undecided], waivers: list).findings.isEmpty)
    }

    @Test func aWaiverOfAnotherOrganizationIsNotThisScansMatter() throws {
        let good = RepositorySnapshot.read("good", id: 1, .gitHubDefault)
        #expect(try evaluate([good], waivers: waivers(("claims", "other/good", "2026-12-31"))).findings.isEmpty)
        #expect(
            try evaluate([good], waivers: waivers(("claims", "ACME/good", "2026-12-31"))).findings.map(\.rule)
                == ["unused-waivers"])
    }

    @Test func theOneThatHoldsLongestIsShownAndBothAreUsed() throws {
        let report = try evaluate(
            [bad],
            waivers: waivers(
                ("claims", "bad", "2027-01-01"), ("claims", "b*", "2027-03-01"), ("claims", "*", "2020-01-01"))
        )
        #expect(report.findings.map(\.rule) == ["expired-waivers", "claims"])
        #expect(report.findings[1].waiver?.expires.description == "2027-03-01")
    }

    @Test func aWaiverNeverMakesWhatIsUndecidedCompliant() throws {
        let undecided =
            #"{"id": "tiered", "rule": "leading-claim", "severity": "low", "where": {"properties": {"t": ["a"]}}}"#
        let report = try evaluate(
            [bad], [Self.claims, undecided],
            waivers: waivers(("claims", "*", "2026-12-31"), ("tiered", "*", "2026-12-31")))
        #expect(report.repositories.map(\.status) == [.unreadable])
        #expect(report.gate.exitStatus == 3)
        #expect(!report.isComplete)
    }

    @Test func aFindingAboutTheOrganizationIsWaivedByName() throws {
        let rule = #"{"id": "set", "rule": "organization-template", "severity": "high"}"#
        let good = RepositorySnapshot.read("good", id: 1, .gitHubDefault)
        let open = try evaluate([good], [rule])
        #expect(open.findings.map(\.key.subject) == [.organization(OrganizationID(rawValue: 77))])
        #expect(open.verdict == .violations)
        #expect(open.repositories.map(\.status) == [.compliant])
        let list = try WaiverList(
            JSONParser.parse(
                Array(
                    """
                    {"version": 1, "waivers": [{"rule": "set", "organization": "acme", "owner": "o", "reason": "r",
                     "expires": "2026-12-31"}]}
                    """.utf8)), source: "w")
        let waived = try evaluate([good], [rule], waivers: list)
        #expect(waived.findings.map(\.isOpen) == [false])
        #expect(waived.verdict == .compliant)
        // A waiver on repositories, however wide, is none on their organization.
        #expect(try evaluate([good], [rule], waivers: waivers(("set", "*", "2026-12-31"))).verdict == .violations)
    }

    @Test func anUndecidedRuleAboutTheOrganizationIsIncomplete() throws {
        let rule =
            #"{"id": "dormant", "rule": "dormant-organization-template", "severity": "low", "min_repositories": 2}"#
        let report = try evaluate(
            [.read("a", id: 1, .inheriting), .unreadable("b", id: 2)], [rule],
            template: .set(["repo", "ref"], useImmutableSubject: nil))
        #expect(report.policy.rules[0].undecided == 1)
        #expect(!report.isComplete)
        #expect(
            report.organizations[0].undecided == [
                "rule dormant undecided: whether enough repositories follow the template hangs on what could not be read"
            ])
        // Whatever the unread one does, none follows where ten must.
        let sure = try evaluate(
            [.read("a", id: 1, .inheriting), .unreadable("b", id: 2)],
            [rule.replacing("2}", with: "10}")],
            template: .set(["repo", "ref"], useImmutableSubject: nil))
        #expect(sure.findings.map(\.rule) == ["dormant"])
    }

    @Test func aTemplateIsNotCalledDormantByAChoiceOfRepositories() throws {
        let rule = #"{"id": "dormant", "rule": "dormant-organization-template", "severity": "low"}"#
        let policy = try Policy.of(rule)
        var selector = Selector()
        selector.names = [Glob("a")]
        func outcomes(_ repositories: [RepositorySnapshot], _ scope: Scope) -> [RepositoryReport.Outcome] {
            Evaluator(policy: policy, gate: Gate()).evaluate(
                .sample([.sample(template: .set(["repo"], useImmutableSubject: nil), repositories)], scope: scope)
            ).organizations[0].outcomes
        }
        let both = [RepositorySnapshot.read("a", id: 1, .gitHubDefault), .read("b", id: 2, .gitHubDefault)]
        #expect(outcomes(both, Scope()) == [.fail])
        #expect(outcomes(both, Scope(selector: selector)) == [.notApplicable])
        #expect(outcomes([], Scope()) == [.notApplicable])
        // Nor is one of few, by them, called alive.
        let percent = try Policy.of(rule.replacing("\"low\"}", with: "\"low\", \"min_percent\": 90}"))
        let follower = [RepositorySnapshot.read("a", id: 1, .inheriting), .read("b", id: 2, .gitHubDefault)]
        let organization = OrganizationSnapshot.sample(template: .set(["repo"], useImmutableSubject: nil), follower)
        let scoped = Evaluator(policy: percent, gate: Gate())
            .evaluate(.sample([organization], scope: Scope(selector: selector)))
        #expect(scoped.organizations[0].outcomes == [.notApplicable])
        // And a waiver of it is not called unused.
        let waiver = Waiver(
            rule: "dormant", target: .init(organization: "acme"), owner: "o", reason: "r",
            expires: Day(of: .sample).adding(days: 90))
        let waived = Evaluator(policy: policy, gate: Gate(), waivers: WaiverList([waiver], source: "w"))
            .evaluate(
                .sample(
                    [.sample(template: .set(["repo"], useImmutableSubject: nil), both)],
                    scope: Scope(selector: selector)))
        #expect(waived.findings.isEmpty)
        let archived = [
            RepositorySnapshot.read("a", id: 1, .gitHubDefault), .read("b", id: 2, .inheriting, isArchived: true),
        ]
        #expect(outcomes(archived, Scope()) == [.fail])
    }

    @Test func aWaiverOfARuleThatThePolicyDoesNotHaveIsWarnedOf() throws {
        let report = try evaluate(
            [.read("good", id: 1, .gitHubDefault)], waivers: waivers(("clams", "good", "2026-12-31")))
        #expect(report.findings.isEmpty)
        #expect(report.warnings == ["The waiver of clams on good does not name an entry of the policy."])
    }

    @Test func manyWaiversCostLittle() throws {
        let many = WaiverList(
            (0..<20_000).map { index in
                Waiver(
                    rule: "claims", target: .init(repository: .named(Glob("r\(index)"))), owner: "o", reason: "r",
                    expires: Day(of: .sample).adding(days: 100))
            }, source: "w")
        let repositories = (0..<2000).map { RepositorySnapshot.read("R\($0)", id: Int64($0 + 1), .own(["repo"])) }
        let report = try evaluate(repositories, [Self.claims], waivers: many)
        #expect(report.summary.waived == 2000)
    }

    @Test func aBaselineLetsThroughWhatItHoldsWithNewOnly() throws {
        let before = try evaluate([bad])
        let baseline = Baseline(accepting: before, source: "b.json")
        let renamed = RepositorySnapshot.read("renamed", id: 1, .own(["repo"]))
        let other = RepositorySnapshot.read("other", id: 2, .own(["repo"]))
        let gate = Gate(newOnly: true)
        let kept = try evaluate([renamed], baseline: baseline, gate: gate)
        #expect(kept.gate.exitStatus == 0)
        #expect(kept.verdict == .violations)
        #expect(kept.findings.map(\.isInBaseline) == [true])
        #expect(try evaluate([renamed], baseline: baseline).gate.exitStatus == 1)
        let more = try evaluate([renamed, other], baseline: baseline, gate: gate)
        #expect(more.gate.exitStatus == 1)
        #expect(more.findings.map(\.isInBaseline) == [false, true])
        // One that weighs more than it did is not let through.
        let raised = Self.claims.replacing("\"high\"", with: "\"critical\"")
        #expect(try evaluate([renamed], [raised], baseline: baseline, gate: gate).gate.exitStatus == 1)
        // What could not be read is no less unread for it.
        #expect(
            try evaluate([renamed, .unreadable("x", id: 3)], baseline: baseline, gate: gate).gate.exitStatus == 3)
    }

    @Test func aFingerprintNamesHostAndIdsAlone() {
        let key = FindingKey(rule: "claims", subject: .repository(RepositoryID(rawValue: 1001)))
        #expect(key.fingerprint(apiURL: "https://api.github.com") == "api.github.com/repositories/1001/claims")
        #expect(
            FindingKey(rule: "set", subject: .organization(OrganizationID(rawValue: 7)))
                .fingerprint(apiURL: "https://git.example.com/api/v3")
                == "git.example.com/api/v3/organizations/7/set")
    }

    @Test func aComparisonReportsWhatIsNewAndWhatIsCleared() throws {
        let snapshot = Snapshot.sample([
            .sample([
                .read("a", id: 1, .own(["repo"])), .read("b", id: 2, .own(["workflow", "repo", "context"])),
                .read("c", id: 3, .gitHubDefault),
            ])
        ])
        let first = Evaluator(policy: try .of(Self.claims), gate: Gate())
        let second = Evaluator(policy: try .of(Self.start), gate: Gate())
        let comparison = PolicyComparison(of: snapshot, by: first, and: second, known: [:], now: .sample)
        #expect(comparison.newlyFlagged.map(\.repository) == ["acme/b"])
        #expect(comparison.cleared.map(\.repository) == ["acme/a"])
        #expect(comparison.unchanged == 0)
        #expect(comparison.after.gate.exitStatus == 1)
        // What the other policy can't decide is not cleared, and what it takes for more severe is newly flagged.
        let undecided = try Evaluator(
            policy: .of(
                #"{"id": "x", "rule": "leading-claim", "severity": "low", "where": {"properties": {"t": ["a"]}}}"#),
            gate: Gate())
        let unclear = PolicyComparison(of: snapshot, by: first, and: undecided, known: [:], now: .sample)
        // It has no entry of that id, and so does not find it.
        #expect(unclear.cleared.map(\.repository) == ["acme/a"])
        #expect(unclear.undecided.isEmpty)
        let sameID = try Evaluator(
            policy: .of(
                #"{"id": "claims", "rule": "leading-claim", "severity": "low", "where": {"properties": {"t": ["a"]}}}"#),
            gate: Gate())
        let unknown = PolicyComparison(of: snapshot, by: first, and: sameID, known: [:], now: .sample)
        #expect(unknown.cleared.isEmpty)
        #expect(unknown.undecided.map(\.repository) == ["acme/a"])
        // Waivers that both find wrong are nothing new.
        let expired = try waivers(("claims", "b", "2020-01-01"))
        let waiving = Evaluator(policy: first.policy, gate: Gate(), waivers: expired)
        let both = PolicyComparison(of: snapshot, by: waiving, and: waiving, known: [:], now: .sample)
        #expect(both.unchanged == 2)
        #expect(both.after.gate.exitStatus == 0)
        let raised = Evaluator(
            policy: try .of(Self.claims.replacing("\"high\"", with: "\"critical\"")), gate: Gate())
        #expect(
            PolicyComparison(of: snapshot, by: first, and: raised, known: [:], now: .sample).newlyFlagged.map(
                \.severity)
                == [.critical])
        #expect(PolicyComparison(of: snapshot, by: raised, and: first, known: [:], now: .sample).unchanged == 1)
        let same = PolicyComparison(of: snapshot, by: first, and: first, known: [:], now: .sample)
        #expect(same.newlyFlagged.isEmpty && same.cleared.isEmpty)
        #expect(same.unchanged == 1)
        #expect(same.after.gate.exitStatus == 0)
    }
}
