import AuditCore
import TestSupport
import Testing

/// An acceptance accepts what it saw: baselines and waivers cover the problems that were there, and nothing worse.
@Suite struct AcceptanceTests {
    private static let claims =
        #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context", "ref"]}"#
    private let good = RepositorySnapshot.read("good", id: 2, .own(["repo", "context", "ref"]))
    private let key = FindingKey(rule: "claims", subject: .repository(RepositoryID(rawValue: 1)))

    private func evaluate(
        _ keys: [ClaimKey], _ rules: [String] = [claims], waivers: WaiverList? = nil, baseline: Baseline? = nil,
        known: [FindingKey: KnownFinding] = [:], listing: Listing? = nil, isListed: Bool = true,
    ) throws -> AuditReport {
        let policy = try Policy.parsed(
            #"{"version": 1, "name": "test", "rules": [\#(rules.joined(separator: ","))]}"#)
        return Evaluator(policy: policy, gate: Gate(newOnly: baseline != nil), waivers: waivers, baseline: baseline)
            .evaluate(
                .sample([
                    .sample(listing: listing, (isListed ? [.read("pay", id: 1, .own(keys))] : []) + [good])
                ]), known: known)
    }

    private func baseline(_ keys: [ClaimKey], scan: Int64? = nil) throws -> Baseline {
        var baseline = Baseline(accepting: try evaluate(keys), source: "b.json")
        baseline.origin.scan = scan.map(ScanID.init)
        return baseline
    }

    private func waivers(_ entries: String...) throws -> WaiverList {
        try WaiverList(
            JSONParser.parse(Array(#"{"version": 1, "waivers": [\#(entries.joined(separator: ","))]}"#.utf8)),
            source: "waivers.json")
    }

    private func waiver(_ repository: String, accepts: String? = nil, expires: String = "2026-12-31") -> String {
        let accepted = accepts.map { #""accepts": [\#($0)], "# } ?? ""
        return """
            {"rule": "claims", "repository": "\(repository)", \(accepted)"owner": "team", "reason": "later",
             "expires": "\(expires)"}
            """
    }

    private func known(
        _ problems: [String], isOpen: Bool = true, lastFix: KnownFinding.Fix? = nil,
        absences: [String: KnownFinding.Fix] = [:],
    ) -> [FindingKey: KnownFinding] {
        [
            key: KnownFinding(
                firstSeen: .sample, isOpen: isOpen, problems: problems, severity: .high, lastFix: lastFix,
                absences: absences,
                name: "acme/pay", organization: OrganizationID(rawValue: 77))
        ]
    }

    // MARK: - Baselines

    @Test func aBaselineCoversWhatItSawAndLess() throws {
        let saw = try baseline(["repo"])
        for keys in [["repo"], ["repo", "context"], ["repo", "actor"]] as [[ClaimKey]] {
            let report = try evaluate(keys, baseline: saw)
            #expect(report.findings.map(\.isInBaseline) == [true], "\(keys)")
            #expect(report.findings.map(\.state) == [.recurring])
            #expect(report.gate.exitStatus == 0)
            #expect(report.gate.verdict == .passed)
            #expect(report.verdict == .violations)
        }
    }

    @Test func aFurtherProblemIsWorsenedAndCounts() throws {
        let report = try evaluate(["context"], baseline: baseline(["repo", "context"]))
        #expect(report.findings.map(\.state) == [.worsened])
        #expect(report.findings.map(\.furtherProblems) == [["missing claim: repo"]])
        #expect(report.findings.map(\.isInBaseline) == [false])
        #expect(report.summary.states == [.worsened: 1])
        #expect(report.gate.exitStatus == 1)
        #expect(report.gate.verdict == .failed)
    }

    @Test func whatWasFixedAfterTheBaselineAndIsBackCounts() throws {
        let made = try baseline(["repo"], scan: 4)
        let fix = KnownFinding.Fix(scan: ScanID(rawValue: 5), startedAt: .sample)
        // The night when it is back, and those that follow.
        for isOpen in [false, true] {
            let report = try evaluate(
                ["repo"], baseline: made,
                known: known(["missing claim: context", "missing claim: ref"], isOpen: isOpen, lastFix: fix))
            #expect(report.findings.map(\.state) == [.reappeared])
            #expect(report.findings.map(\.change) == [isOpen ? .recurring : .reappeared])
            #expect(report.gate.exitStatus == 1)
        }
        // One that was fixed before the baseline was made is what the baseline accepts.
        let earlier = KnownFinding.Fix(scan: ScanID(rawValue: 3), startedAt: .sample.adding(seconds: 99))
        #expect(
            try evaluate(["repo"], baseline: made, known: known([], lastFix: earlier)).gate.exitStatus == 0)
    }

    /// One problem of several was fixed and is back, while the finding stood open.
    @Test func aProblemThatWasFixedAfterTheBaselineAndIsBackCounts() throws {
        let made = try baseline(["repo"], scan: 4)
        for (scan, isBack) in [(Int64(5), true), (4, false), (3, false)] {
            let absence = KnownFinding.Fix(scan: ScanID(rawValue: scan), startedAt: .sample)
            for last in [["missing claim: ref"], ["missing claim: context", "missing claim: ref"]] {
                let report = try evaluate(
                    ["repo"], baseline: made, known: known(last, absences: ["missing claim: context": absence]))
                #expect(report.findings.map(\.state) == [isBack ? .worsened : .recurring])
                #expect(report.findings.map(\.furtherProblems) == [isBack ? ["missing claim: context"] : []])
                #expect(report.gate.exitStatus == (isBack ? 1 : 0))
            }
        }
    }

    @Test func whereTheHistoryDoesNotHoldTheBaselinesScanItsTimeDecides() throws {
        let made = try baseline(["repo"])
        #expect(made.origin.startedAt == .sample)
        for (seconds, status) in [(60, 1), (-60, 0)] as [(Int64, Int32)] {
            let fix = KnownFinding.Fix(scan: ScanID(rawValue: 1), startedAt: .sample.adding(seconds: seconds))
            let report = try evaluate(
                ["repo"], baseline: made, known: known(["missing claim: context", "missing claim: ref"], lastFix: fix))
            #expect(report.gate.exitStatus == status)
        }
    }

    @Test func anEntryWhoseFindingIsGoneIsStale() throws {
        let saw = try baseline(["repo"])
        let fixed = try evaluate(["repo", "context", "ref"], baseline: saw)
        #expect(fixed.staleBaseline.map(\.key) == [key])
        #expect(fixed.staleBaseline.map(\.reason) == [.fixed])
        #expect(fixed.staleBaseline.map(\.entry.name) == ["acme/pay"])
        #expect(try evaluate(["repo"], baseline: saw).staleBaseline.isEmpty)
        let gone = try evaluate(["repo"], baseline: saw, isListed: false)
        #expect(gone.staleBaseline.map(\.reason) == [.removed])
        // A listing that may lack it says nothing.
        let partial = try evaluate(
            ["repo"], baseline: saw, listing: Listing(status: .partial, listed: 1, expected: 2), isListed: false)
        #expect(partial.staleBaseline.isEmpty)
        let other = #"{"id": "other", "rule": "known-claims", "severity": "low"}"#
        #expect(try evaluate(["repo"], [other], baseline: saw).staleBaseline.map(\.reason) == [.ruleRemoved])
    }

    @Test func severalRulesAreCoveredEachByItself() throws {
        let start = #"{"id": "start", "rule": "leading-claim", "severity": "critical"}"#
        let saw = Baseline(accepting: try evaluate(["workflow", "repo"], [Self.claims, start]), source: "b")
        let report = try evaluate(["head_ref", "workflow", "repo"], [Self.claims, start], baseline: saw)
        // Another claim in front is another problem, though the rule is the same.
        #expect(report.findings.map(\.rule) == ["claims", "start"])
        #expect(report.findings.map(\.state) == [.recurring, .worsened])
        #expect(report.gate.exitStatus == 1)
    }

    // MARK: - Waivers

    @Test func aWaiverThatNamesProblemsCoversThoseAlone() throws {
        let list = try waivers(waiver("pay", accepts: #""missing claim: ref""#))
        let covered = try evaluate(["repo", "context"], waivers: list)
        #expect(covered.findings.map(\.isOpen) == [false])
        #expect(covered.gate.exitStatus == 0)
        let worse = try evaluate(["repo"], waivers: list)
        #expect(worse.findings.map(\.isOpen) == [true])
        #expect(worse.findings.map(\.state) == [.worsened])
        #expect(worse.findings.map(\.furtherProblems) == [["missing claim: context"]])
        #expect(worse.gate.exitStatus == 1)
        #expect(worse.repositories.first?.status == .compliant)
        // It speaks of the finding still, and so is not unused.
        #expect(!worse.findings.contains { $0.rule == "unused-waivers" })
    }

    @Test func aWaiverThatNamesNothingCoversTheRule() throws {
        let list = try waivers(waiver("pay"))
        #expect(try evaluate(["workflow"], waivers: list).gate.exitStatus == 0)
        #expect(list.waivers[0].acceptsAnything)
    }

    @Test func severalWaiversCoverTogetherWhatEachNames() throws {
        let list = try waivers(
            waiver("pay", accepts: #""missing claim: ref""#, expires: "2027-01-31"),
            waiver("p*", accepts: #""missing claim: context""#, expires: "2026-12-01"))
        let findings = try evaluate(["repo"], waivers: list).findings.filter { $0.rule == "claims" }
        #expect(findings.map(\.isOpen) == [false])
        // When it must be looked at again is the day on which the first of them ends.
        #expect(findings[0].waiver?.expires.description == "2026-12-01")
        // One that has expired helps no more.
        let late = try waivers(
            waiver("pay", accepts: #""missing claim: ref""#),
            waiver("p*", accepts: #""missing claim: context""#, expires: "2026-11-01"))
        let open = try evaluate(["repo"], waivers: late).findings.filter { $0.rule == "claims" }
        #expect(open.map(\.furtherProblems) == [["missing claim: context"]])
    }

    @Test func aPolicyCanDemandThatWaiversNameProblems() throws {
        let policy = try Policy.parsed(
            #"{"version": 1, "name": "test", "waivers_name_problems": true, "rules": [\#(Self.claims)]}"#)
        let named = try waivers(waiver("pay", accepts: #""missing claim: ref""#))
        #expect(throws: Never.self) { try named.check(against: policy, now: .sample) }
        let error = #expect(throws: DocumentError.self) {
            try waivers(waiver("pay")).check(against: policy, now: .sample)
        }
        #expect(error?.message.contains("accepts") == true)
        #expect(try waivers(waiver("pay")).problems(under: policy, now: .sample).count == 1)
    }

    @Test func textsThatOnlyLookAlikeAreOtherProblems() throws {
        // é as one scalar, and as two.
        let list = try waivers(
            waiver("pay", accepts: #""unknown claim: \"caf\u00e9\"""#)
                .replacing("\"claims\"", with: "\"known\""))
        let known = #"{"id": "known", "rule": "known-claims", "severity": "high"}"#
        #expect(try evaluate(["caf\u{E9}"], [known], waivers: list).findings.map(\.isOpen) == [false])
        #expect(try evaluate(["cafe\u{301}"], [known], waivers: list).findings.map(\.isOpen) == [true])
    }

    @Test func aNarrowWaiverSaysWhatItAcceptsAndWhatNot() throws {
        let narrow = try waivers(waiver("pay", accepts: #""missing claim: ref""#))
        let report = try evaluate(["repo"], waivers: narrow)
        #expect(report.findings.map(\.acceptedProblems) == [["missing claim: ref"]])
        #expect(report.findings.map(\.furtherProblems) == [["missing claim: context"]])
        #expect(report.findings.map(\.isOpen) == [true])
        // None of what it accepts is there any more.
        let other = try evaluate(["repo", "ref"], waivers: narrow)
        #expect(other.findings.map(\.acceptedProblems) == [["missing claim: ref"]])
        #expect(other.findings.map(\.furtherProblems) == [["missing claim: context"]])
        #expect(try evaluate(["repo"]).findings.map(\.acceptedProblems) == [[]])
    }

    // MARK: - From night to night

    @Test func withoutAnAcceptanceTheScanBeforeSaysWhatIsWorse() throws {
        let report = try evaluate(["context"], known: known(["missing claim: ref"]))
        #expect(report.findings.map(\.state) == [.worsened])
        #expect(report.findings.map(\.furtherProblems) == [["missing claim: repo"]])
        #expect(try evaluate(["context"], known: known([], isOpen: false)).findings.map(\.state) == [.reappeared])
        #expect(
            try evaluate(["repo", "context"], known: known(["missing claim: ref", "missing claim: repo"])).findings
                .map(\.state) == [.recurring])
    }

    @Test func whatStoodOpenAndIsNotFoundIsGoneWithItsReason() throws {
        let before = known(["missing claim: ref"])
        let good: [ClaimKey] = ["repo", "context", "ref"]
        #expect(try evaluate(good, known: before).gone.map(\.reason) == [.fixed])
        #expect(try evaluate(good, known: before, isListed: false).gone.map(\.reason) == [.removed])
        #expect(try evaluate(["repo"], known: before).gone.isEmpty)
        let other = #"{"id": "other", "rule": "known-claims", "severity": "low"}"#
        #expect(try evaluate(good, [other], known: before).gone.map(\.reason) == [.ruleRemoved])
        // What was fixed before is not gone again, and what is another organization's is no matter of this report.
        #expect(try evaluate(good, known: known([], isOpen: false)).gone.isEmpty)
        var elsewhere = before
        elsewhere[key]?.organization = OrganizationID(rawValue: 99)
        #expect(try evaluate(good, known: elsewhere, isListed: false).gone.isEmpty)
    }

    @Test func whatWasNotReadIsCarriedOn() throws {
        let policy = try Policy.parsed(#"{"version": 1, "name": "test", "rules": [\#(Self.claims)]}"#)
        let report = Evaluator(policy: policy, gate: Gate()).evaluate(
            .sample([.sample([.unreadable("pay", id: 1)])]), known: known(["missing claim: ref"]))
        #expect(report.gone.isEmpty)
    }

    // MARK: - What can't be read

    private func unread(
        _ code: UnreadableReason.Code, waivers list: WaiverList?, stop: ScanStop? = nil,
    ) throws -> AuditReport {
        let policy = try Policy.parsed(#"{"version": 1, "name": "test", "rules": [\#(Self.claims)]}"#)
        return Evaluator(policy: policy, gate: Gate(), waivers: list).evaluate(
            .sample([.sample([.unreadable("secret", id: 1, code, "no"), good])], stop: stop))
    }

    @Test func aWaiverOfReadableAcceptsThatARepositoryCannotBeRead() throws {
        let list = try waivers(
            #"{"rule": "readable", "repository": "secret", "owner": "o", "reason": "r", "expires": "2026-12-31"}"#)
        let report = try unread(.forbidden, waivers: list)
        #expect(report.gate.exitStatus == 0)
        #expect(report.isComplete)
        #expect(report.verdict == .incomplete && report.gate.verdict == .passed)
        #expect(report.repositories.map(\.status) == [.compliant, .unreadable])
        #expect(report.summary.unreadable == 1 && report.summary.acceptedUnread == 1)
        #expect(report.warnings.isEmpty)
        #expect(!report.findings.contains { $0.rule == "unused-waivers" })
        #expect(try unread(.forbidden, waivers: nil).gate.exitStatus == 3)
        // Expired, it accepts nothing more.
        let late = try waivers(
            #"{"rule": "readable", "repository": "secret", "owner": "o", "reason": "r", "expires": "2026-11-01"}"#)
        #expect(try unread(.forbidden, waivers: late).isComplete == false)
        #expect(list.problems(under: try .of(Self.claims), now: .sample).isEmpty)
    }

    @Test func whatTheScanDidNotGetToIsNotAccepted() throws {
        let list = try waivers(
            #"{"rule": "readable", "repository": "*", "owner": "o", "reason": "r", "expires": "2026-12-31"}"#)
        #expect(try unread(.notRead, waivers: list).gate.exitStatus == 3)
        #expect(try unread(.changed, waivers: list).gate.exitStatus == 3)
        #expect(try unread(.forbidden, waivers: list, stop: .waitExhausted).gate.exitStatus == 3)
        // Nor what a rule could not decide.
        let tiered =
            #"{"id": "t", "rule": "leading-claim", "severity": "low", "where": {"properties": {"t": ["a"]}}}"#
        let policy = try Policy.parsed(#"{"version": 1, "name": "test", "rules": [\#(tiered)]}"#)
        let report = Evaluator(policy: policy, gate: Gate(), waivers: list).evaluate(.sample([.sample([good])]))
        #expect(!report.isComplete)
        #expect(report.repositories.map(\.acceptedUnread) == [nil])
    }

    @Test func aWaiverOfReadableCanNameTheKindOfTrouble() throws {
        let list = try waivers(
            """
            {"rule": "readable", "repository": "secret", "accepts": ["unreadable: not_found"], "owner": "o", "reason": "r",
             "expires": "2026-12-31"}
            """)
        #expect(try unread(.notFound, waivers: list).gate.exitStatus == 0)
        let other = try unread(.serverFault, waivers: list)
        #expect(other.gate.exitStatus == 3)
        #expect(other.repositories.map(\.unreadProblem) == [nil, "unreadable: server_fault"])
        #expect(other.repositories.map(\.otherwiseAccepted) == [[], ["unreadable: not_found"]])
    }

    @Test func anUnusedWaiverOfReadableSaysWhatItWaitsFor() throws {
        let list = try waivers(
            #"{"rule": "readable", "repository": "pay", "owner": "o", "reason": "r", "expires": "2026-12-31"}"#)
        let policy = try Policy.of(Self.claims)
        let report = Evaluator(policy: policy, gate: Gate(), waivers: list).evaluate(
            .sample([.sample([.read("pay", id: 1, .gitHubDefault)])]))
        let violation = try #require(report.findings.first { $0.rule == "unused-waivers" }?.violation)
        #expect(violation.message == "waiver of readable on pay covers no unread repository")
        #expect(violation.expected == ["an unread repository"])
    }

    // MARK: - Problems

    /// A record from before rules named what narrows a subject is not news, and a claim that came fixes nothing.
    @Test func whatARecordDidNotNameYetIsNotBetter() throws {
        let entry = #"{"id": "claims", "rule": "names-repository", "severity": "high"}"#
        let evaluator = Evaluator(policy: try .of(entry), gate: Gate())
        let lastNight = Timestamp.sample.adding(seconds: -86_400)
        func fixed(_ since: Timestamp, _ template: OrganizationTemplate = .neverSet) -> [String] {
            var known = known(["no claim names the repository", "repositories of the same owner share the subject"])
            known[key]?.judging = .init(policySHA256: "other", finishedAt: lastNight, template: template)
            var repository = RepositorySnapshot.read("pay", id: 1, .own(["repository_owner", "context"]))
            repository.since = since
            return evaluator.evaluate(.sample([.sample([repository])]), known: known).findings.flatMap(\.fixedProblems)
        }
        #expect(fixed(lastNight).isEmpty)
        // Nor is a claim that came a fix of what the rule found.
        #expect(!fixed(.sample).contains("not narrowed by context"))
    }

    @Test func whatIsNamedIsAccepted() {
        let now = ["no claim names the repository", "narrowed by context"]
        let accepted = ["no claim names the repository", "narrowed by ref", "narrowed by context"]
        #expect(now.beyond(accepted) == ["not narrowed by ref"])
        #expect(now.beyond(accepted + ["not narrowed by ref"]).isEmpty)
    }

    @Test func whatIsBetterHasFewerProblems() throws {
        let rules: [(String, worse: [ClaimKey], better: [ClaimKey])] = [
            ("anchored-subject", ["actor"], ["enterprise", "actor"]),
            ("bound-context", ["repo"], ["repo", "event_name"]),
            ("stable-identity", ["repo"], ["repo", "repository_id"]),
            ("known-claims", ["repo", "x", "y"], ["repo", "y"]),
        ]
        for (rule, worse, better) in rules {
            let entry = #"{"id": "claims", "rule": "\#(rule)", "severity": "high"}"#
            let (one, other) = (try evaluate(worse, [entry]), try evaluate(better, [entry]))
            let problems = [one, other].map { report in
                report.findings.first { $0.repository == "acme/pay" }?.violation.problems ?? []
            }
            #expect(!problems[1].isEmpty && problems[1].beyond(problems[0]).isEmpty, "\(rule): \(problems)")
            #expect(!problems[0].beyond(problems[1]).isEmpty, "\(rule): \(problems)")
        }
    }
}
