import AuditCore
import TestSupport
import Testing

@testable import CloudTrust

/// Rules about trusts, from roles as the cloud exports them.
@Suite struct TrustRuleTests {
    struct Place: Sendable, CustomTestStringConvertible {
        let rule: Int
        let example: Int

        var testDescription: String { "\(RuleCatalog.all[rule].name) example \(example + 1)" }
    }

    static let rules = RuleCatalog.all.indices.filter { RuleCatalog.all[$0] is any TrustRule.Type }
    static let places = rules.flatMap { rule in
        RuleCatalog.all[rule].examples.indices.map { Place(rule: rule, example: $0) }
    }

    /// The world of the examples.
    private static let world = TrustWorld(
        repositories: [
            TrustSample.repository("api", id: 1001), TrustSample.repository("new", id: 1003, isImmutable: true),
            TrustSample.repository("one", id: 1004, template: ["repository_owner", "context"]),
            TrustSample.repository("two", id: 1005, template: ["repository_owner", "context"]),
            TrustSample.repository("web", id: 1002),
        ],
        owners: [.init(login: "acme", id: 77)], formerRepositories: ["acme/old": "acme/web"],
        formerOwners: ["acme-corp": "acme"])

    private static func condition(_ conditions: [RuleExample.Condition]) -> String {
        let members = conditions.map { one in
            let values = one.values.map { "\"\($0)\"" }.joined(separator: ", ")
            return "\"\(one.condition)\": {\"KEY:\(one.claim)\": [\(values)]}"
        }
        return "{\(members.joined(separator: ", "))}"
    }

    private static func judge(
        _ trusts: [Trust], _ policy: Policy, changes: [WorldChange]? = nil, listing: Listing? = nil,
        waivers: [Waiver]? = nil, baseline: Baseline? = nil, gate: Gate = Gate(),
    ) -> TrustJudgement {
        var audit = TrustAudit(scans: [], files: [], report: AccessEngine(world).report(trusts))
        if let changes {
            let result = WhatIf(changes, in: world, trusts: trusts)
            audit.change = TrustAudit.Change(lost: result.lost, gained: result.gained)
        }
        return Evaluator(
            policy: policy, gate: gate, waivers: waivers.map { WaiverList($0, source: "w") }, baseline: baseline
        ).judge(
            audit, of: .sample([.sample(listing: listing, [.read("api", id: 1001, .gitHubDefault)])]), now: .sample)
    }

    @Test(arguments: places)
    func exampleHolds(place: Place) throws {
        let type = RuleCatalog.all[place.rule]
        let example = type.examples[place.example]
        let options = example.options.dropFirst().dropLast()
        let policy = try Policy.of(
            "{\"id\": \"it\", \"rule\": \"\(type.name)\", \"severity\": \"low\"\(options.isEmpty ? "" : ", ")\(options)}"
        )
        let trust = try TrustSample.trust(Self.condition(#require(example.role)))
        let changes: [WorldChange]? = example.planned.map { planned in
            switch planned {
            case .apiBecomesImmutable: [.immutable(RepositoryID(rawValue: 1001))]
            }
        }
        let judgement = Self.judge([trust], policy, changes: changes)
        let findings = judgement.report.findings
        switch (example.expected, judgement.identities[0].outcomes[0]) {
        case (.pass, .pass), (.undecided, .undecided), (.notApplicable, .notApplicable): break
        case (.fail(let message), .fail):
            #expect(findings.map(\.violation.message) == [message])
            #expect(findings[0].violation.remediation.hasSuffix(".") && findings[0].identity == trust.identity.name)
            #expect(findings[0].violation.problems.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") })
        case (_, let outcome):
            Issue.record(
                "expected \(example.expected), got \(outcome) \(findings.map(\.violation.message)) \(judgement.identities[0].undecided)"
            )
        }
    }

    // MARK: - Roles of several statements

    private static let policy = try? Policy.of(
        #"{"id": "open", "rule": "trust-anyone", "severity": "critical"}"#,
        #"{"id": "names", "rule": "trust-by-name", "severity": "medium"}"#,
        #"{"id": "former", "rule": "trust-former-name", "severity": "high"}"#)

    private static func statements() -> [String] {
        ["repo:acme*", "repo:acme/old:*", "repo:acme-corp/*", "repo:acme@77/new@1003:*"].map {
            TrustSample.statement("{\"StringLike\": {\"KEY:sub\": \"\($0)\"}}")
        }
    }

    @Test func theOrderOfStatementsDoesNotMatter() throws {
        let policy = try #require(Self.policy)
        var random = SeededGenerator(7)
        let first = Self.judge(try TrustSample.file(Self.statements()).trusts, policy).report.findings
        #expect(first.map(\.rule) == ["open", "names", "former"])
        #expect(
            first[2].violation.problems == [
                "that name is acme now, in repo:acme-corp/*", "that name is acme/web now, in repo:acme/old:*",
            ])
        for _ in 0..<10 {
            let shuffled = Self.statements().shuffled(using: &random)
            let findings = Self.judge(try TrustSample.file(shuffled).trusts, policy).report.findings
            #expect(findings.map(\.key) == first.map(\.key))
            #expect(findings.map(\.violation.problems) == first.map(\.violation.problems))
        }
    }

    // MARK: - What is accepted

    @Test func waiversAndBaselinesAcceptFindingsOfARole() throws {
        let policy = try #require(Self.policy)
        let trusts = [try TrustSample.subject("repo:acme*")]
        func waiver(_ name: String) -> Waiver {
            Waiver(
                rule: "open", target: .init(identity: Glob(name)), owner: "o", reason: "r",
                expires: Day(of: .sample).adding(days: 30))
        }
        let waived = Self.judge(trusts, policy, waivers: [waiver("deploy"), waiver("other")])
        #expect(
            waived.report.findings.map(\.violation.message) == [
                "waiver of open on identity other covers no finding", "any account of GitHub gets in",
                "anyone who holds the names gets in",
            ])
        #expect(waived.report.findings.map(\.isOpen) == [true, false, true])

        let all = Self.judge(trusts, policy).report
        let baseline = Baseline(accepting: all, source: "b")
        let known = Self.judge(trusts, policy, baseline: baseline, gate: Gate(newOnly: true))
        #expect(known.report.findings.allSatisfy { $0.isInBaseline == true } && known.report.gate.exitStatus == 0)
        let further = [try TrustSample.subject("repo:acme*", "repo:acme-corp/*")]
        let worse = Self.judge(further, policy, baseline: baseline, gate: Gate(newOnly: true))
        #expect(worse.report.findings.filter(worse.report.gate.counts).map(\.rule) == ["open", "names", "former"])
        #expect(worse.report.findings[0].furtherProblems == ["any account of GitHub gets in [repo:acme-corp/*]"])
        let fixed = Self.judge([try TrustSample.subject("repo:acme@77/new@1003:*")], policy, baseline: baseline)
        #expect(fixed.report.staleBaseline.map(\.key.rule) == ["names", "open"])
        #expect(fixed.report.staleBaseline.map(\.reason) == [.fixed, .fixed])
    }

    /// What lets more in than was accepted counts, whatever the rule.
    @Test(arguments: [
        (["repo:acme/api:*"], ["repo:acme/api:*", "repo:acme/web:*"]),
        (["repo:acme/*:ref:refs/heads/main"], ["repo:acme/*"]),
        (["repo:*:environment:prod"], ["repo:*:environment:prod", "repo:*"]),
        (["repository_owner:acme:ref:refs/heads/main"], ["repository_owner:acme:ref:refs/heads/main", "repo:acme/*"]),
    ])
    func aFurtherSubjectIsNotAccepted(before: [String], after: [String]) throws {
        func trust(_ subjects: [String], _ environment: Bool = true) throws -> Trust {
            let values = subjects.map { "\"\($0)\"" }.joined(separator: ", ")
            let other = environment ? ", \"StringEquals\": {\"KEY:environment\": \"prod\"}" : ""
            return try TrustSample.trust("{\"StringLike\": {\"KEY:sub\": [\(values)]}\(other)}")
        }
        for rule in Self.rules.map({ RuleCatalog.all[$0].name }) {
            let policy = try Policy.of("{\"id\": \"it\", \"rule\": \"\(rule)\", \"severity\": \"low\"}")
            let found = Self.judge([try trust(before)], policy)
            guard !found.report.findings.isEmpty, rule != "trust-matches-nothing" else { continue }
            let baseline = Baseline(accepting: found, source: "b")
            let waiver = Waiver(
                rule: "it", target: .init(identity: Glob("*")), owner: "o", reason: "r",
                expires: Day(of: .sample).adding(days: 30), accepts: found.report.findings[0].violation.problems)
            func status(_ trust: Trust, _ waivers: [Waiver]? = nil) -> Int32 {
                Self.judge(
                    [trust], policy, waivers: waivers, baseline: waivers == nil ? baseline : nil,
                    gate: Gate(newOnly: true)
                ).report.findings.contains { $0.isOpen && $0.isInBaseline != true } ? 1 : 0
            }
            #expect(try status(trust(before)) == 0 && status(trust(before), [waiver]) == 0, "\(rule)")
            guard !Self.judge([try trust(after)], policy).report.findings.isEmpty else { continue }
            #expect(try status(trust(after)) == 1 && status(trust(after), [waiver]) == 1, "\(rule)")
            // Likewise where it is no longer demanded what narrowed it.
            #expect(try status(trust(before, false)) == 1, "\(rule)")
            // What a version before accepted knew no subjects.
            let old = Baseline(
                baseline.entries.mapValues { entry in
                    var entry = entry
                    entry.problems = entry.problems.filter { !$0.contains(": ") && !$0.contains(" [") }
                    return entry
                }, apiURL: baseline.apiURL, policy: baseline.policy, source: "b", origin: baseline.origin)
            guard old.entries.values.allSatisfy({ !$0.problems.isEmpty }) else { continue }
            let isKnown = Self.judge([try trust(after)], policy, baseline: old).report.findings.map(\.isInBaseline)
            if before.allSatisfy(after.contains), rule != "trust-pull-request" { #expect(isKnown == [true], "\(rule)") }
        }
    }

    /// What is fixed leaves a baseline that is written anew, and counts when it is back.
    @Test func aBaselineThatIsWrittenAnewDropsWhatIsFixed() throws {
        let policy = try #require(Self.policy)
        let open = [try TrustSample.subject("repo:acme*")]
        let first = Baseline(accepting: Self.judge(open, policy), source: "b")
        #expect(first.entries.count == 2)
        let fixed = Self.judge([try TrustSample.subject("repo:acme@77/new@1003:*")], policy)
        #expect(Baseline(accepting: fixed, source: "b", carrying: first).entries.isEmpty)
    }

    // MARK: - What is not known

    @Test func aPartialListingLeavesMissingNamesOpen() throws {
        let policy = try Policy.of(
            #"{"id": "free", "rule": "trust-name-free", "severity": "high"}"#,
            #"{"id": "dead", "rule": "trust-matches-nothing", "severity": "medium"}"#,
            #"{"id": "ids", "rule": "trust-foreign-id", "severity": "critical"}"#)
        let trusts = [try TrustSample.subject("repo:acme@77/nothing@9:*")]
        let whole = Self.judge(trusts, policy)
        #expect(whole.report.findings.map(\.rule) == ["dead", "ids"] && whole.report.gate.exitStatus == 1)
        let partial = Self.judge(
            trusts, policy, listing: Listing(status: .partial, listed: 1, expected: 9, error: "lost a page"))
        #expect(partial.report.findings.isEmpty && partial.identities[0].undecided.count == 2)
        #expect(partial.report.gate.exitStatus == 3)
    }

    @Test func rulesAboutSubjectsAreNamedOnce() throws {
        let policy = try Policy.of(
            #"{"id": "open", "rule": "trust-anyone", "severity": "critical"}"#,
            #"{"id": "known", "rule": "known-claims", "severity": "low"}"#)
        let judgement = Self.judge([try TrustSample.subject("repo:acme/api:*")], policy)
        #expect(judgement.report.warnings == ["Rules about subjects are judged by oidc-audit check alone: known."])
        #expect(judgement.report.gate.exitStatus == 0)
    }
}
