import AuditCore
import TestSupport
import Testing

/// What must hold of every rule, whatever the repositories are: held against random ones, the same each time.
@Suite struct RulePropertyTests {
    /// An entry of each rule, with the options of its first example.
    private static let entries = RuleCatalog.all.map { rule in
        let options = rule.examples.first.map { $0.options.dropFirst().dropLast() } ?? ""
        return
            #"{"id": "\#(rule.name)", "rule": "\#(rule.name)", "severity": "low"\#(options.isEmpty ? "" : ", ")\#(options)}"#
    }

    private static let worlds = Array(0..<20)

    private func policy(_ entries: [String]) throws -> Policy {
        try .parsed(
            #"{"version": 1, "name": "all", "rules": [\#(entries.joined(separator: ","))]}"#)
    }

    private func evaluate(
        _ entries: [String], _ snapshot: Snapshot, waivers: WaiverList? = nil,
    ) throws -> AuditReport {
        Evaluator(policy: try policy(entries), gate: Gate(), waivers: waivers).evaluate(snapshot)
    }

    private func openKeys(_ report: AuditReport, of rule: String) -> Set<FindingKey> {
        Set(report.findings.filter { $0.isOpen && $0.rule == rule }.map(\.key))
    }

    @Test(arguments: worlds)
    func addingAWaiverNeverAddsAFindingOfThatRule(seed: Int) throws {
        var random = SeededGenerator(seed)
        let snapshot = Snapshot.random(&random)
        let plain = try evaluate(Self.entries, snapshot)
        for rule in RuleCatalog.all where !(rule is any WaiverRule.Type) {
            let repository =
                snapshot.organizations[0].repositories.randomElement(using: &random)?.repository.name ?? "*"
            let target: Waiver.Target =
                Bool.random(using: &random)
                ? .init(repository: .named(Glob(repository))) : .init(organization: "acme")
            let day = Day(of: snapshot.startedAt).adding(days: .random(in: -3...3, using: &random))
            let waiver = Waiver(rule: rule.name, target: target, owner: "o", reason: "r", expires: day)
            let report = try evaluate(Self.entries, snapshot, waivers: WaiverList([waiver], source: "w"))
            #expect(openKeys(report, of: rule.name).isSubset(of: openKeys(plain, of: rule.name)), "\(rule.name)")
            // And of other rules about repositories and organizations it changes nothing.
            for other in RuleCatalog.all where other.name != rule.name && !(other is any WaiverRule.Type) {
                #expect(openKeys(report, of: other.name) == openKeys(plain, of: other.name))
            }
        }
    }

    /// A claim that stands twice is named once, and each as it is written.
    @Test(arguments: [
        ["run_id", "sha"], ["foo", "a\", \"b"], ["repository", "actor", "foo"], ["environment", "head_ref"],
    ])
    func aClaimThatStandsTwiceIsNamedOnce(keys: [String]) throws {
        func findings(_ keys: [String]) throws -> [String: Violation] {
            let setting = RepositorySetting.own(keys.map { ClaimKey($0) })
            let report = try evaluate(Self.entries, .sample([.sample([.read("api", id: 1, setting)])]))
            return Dictionary(
                report.findings.filter { $0.repository != nil }.map { ($0.rule, $0.violation) },
                uniquingKeysWith: { first, _ in first })
        }
        let twice = try findings(keys + keys)
        for (rule, violation) in try findings(keys) where !["exact-template", "require-claims"].contains(rule) {
            #expect(twice[rule]?.message == violation.message, "\(rule)")
            #expect(twice[rule]?.remediation == violation.remediation, "\(rule)")
            #expect(twice[rule]?.problems == violation.problems, "\(rule)")
        }
        #expect(ClaimKey("a\", \"b").shown == #""a\", \"b""#)
    }

    @Test(arguments: worlds)
    func removingARuleNeverChangesTheFindingsOfAnother(seed: Int) throws {
        var random = SeededGenerator(seed)
        let snapshot = Snapshot.random(&random)
        let day = Day(of: snapshot.startedAt)
        // One for each rule, some of them expired or about to be.
        let waivers = WaiverList(
            RuleCatalog.all.filter { !($0 is any WaiverRule.Type) }.map { rule in
                Waiver(
                    rule: rule.name, target: .init(organization: "acme", repository: .named(Glob("r?"))),
                    owner: "o", reason: "r", expires: day.adding(days: .random(in: -2...40, using: &random)))
            }, source: "w")
        let all = try evaluate(Self.entries, snapshot, waivers: waivers)
        for removed in Self.entries.indices where !(RuleCatalog.all[removed] is any WaiverRule.Type) {
            let rest = try evaluate(
                Self.entries.enumerated().filter { $0.offset != removed }.map(\.element), snapshot, waivers: waivers)
            let name = RuleCatalog.all[removed].name
            // Whether the rule's own waiver is used is no finding of another rule.
            let isSame =
                rest.findings.filter { $0.rule != "unused-waivers" }
                == all.findings.filter { $0.rule != name && $0.rule != "unused-waivers" }
            #expect(isSame, "\(name)")
            let unused = Set(all.findings.filter { $0.rule == "unused-waivers" }.map(\.key))
            #expect(Set(rest.findings.filter { $0.rule == "unused-waivers" }.map(\.key)).isSubset(of: unused))
        }
    }

    @Test(arguments: worlds)
    func theVerdictDoesNotDependOnTheOrderOfRepositories(seed: Int) throws {
        var random = SeededGenerator(seed)
        let snapshot = Snapshot.random(&random)
        var shuffled = snapshot
        shuffled.organizations[0].repositories.shuffle(using: &random)
        let one = try evaluate(Self.entries, snapshot)
        let other = try evaluate(Self.entries, shuffled)
        let isSame = one.findings == other.findings
        #expect(isSame)
        #expect(one.summary == other.summary)
        #expect(one.repositories.map(\.outcomes) == other.repositories.map(\.outcomes))
        #expect(one.gate == other.gate)
    }

    /// GitHub limits no template, and an administrator of one repository can set any.
    @Test func aHugeTemplateTakesLittleTime() throws {
        let keys = (0..<8_000).map { ClaimKey("repo_property_\($0)") } + (0..<8_000).map { ClaimKey("odd-\($0)") }
        let snapshot = Snapshot.sample([
            .sample([.read("huge", id: 1, .own(keys)), .read("same", id: 2, .own(Array(repeating: "x", count: 8_000)))])
        ])
        let began = ContinuousClock.now
        let report = try evaluate(Self.entries, snapshot)
        #expect(ContinuousClock.now - began < .seconds(30))
        #expect(report.findings.allSatisfy { $0.violation.message.utf8.count < 5000 })
    }

    /// No rule can fail for every template: each can be satisfied by some, on github.com.
    @Test func everyRuleCanBeSatisfied() throws {
        for rule in RuleCatalog.all {
            #expect(rule.examples.contains { if case .pass = $0.expected { true } else { false } }, "\(rule.name)")
        }
    }
}

extension Snapshot {
    /// An organization of a few repositories, each of them odd in some way.
    fileprivate static func random(_ random: inout SeededGenerator) -> Snapshot {
        let keys = ClaimCatalog.all.map(\.key) + ["repo_property_tier", "invented", "repo", "context", "repo"]
        func template(_ random: inout SeededGenerator) -> [ClaimKey] {
            (0..<Int.random(in: 1...4, using: &random)).compactMap { _ in keys.randomElement(using: &random) }
        }
        let organizationKeys = template(&random)
        let repositories = (1...Int.random(in: 1...12, using: &random)).map { id -> RepositorySnapshot in
            let name = "r\(id)"
            guard Int.random(in: 0..<8, using: &random) > 0 else { return .unreadable(name, id: Int64(id)) }
            var setting: RepositorySetting =
                switch Int.random(in: 0..<4, using: &random) {
                case 0: .gitHubDefault
                case 1: .inheriting
                case 2: .own(organizationKeys)
                default: .own(template(&random))
                }
            setting.subClaimPrefix = [
                "repo:acme/\(name)", "repo:acme@77/\(name)@\(id)", "repo:acme@78/\(name)@\(id)", "odd",
            ].randomElement(using: &random)
            var snapshot = RepositorySnapshot.read(name, id: Int64(id), setting)
            snapshot.repository.customProperties = [nil, [:], ["tier": ["a"]]].randomElement(using: &random) ?? nil
            return snapshot
        }
        let templates: [OrganizationTemplate] = [
            .set(SubjectTemplate(organizationKeys), useImmutableSubject: nil), .neverSet,
            .unreadable(UnreadableReason(.forbidden, "no")),
        ]
        var organization = OrganizationSnapshot.sample(
            template: templates.randomElement(using: &random) ?? .neverSet, repositories)
        organization.includedProperties = [nil, .read(["tier"]), .read([])].randomElement(using: &random) ?? nil
        return .sample([organization], isEnterpriseServer: Int.random(in: 0..<4, using: &random) == 0)
    }
}
