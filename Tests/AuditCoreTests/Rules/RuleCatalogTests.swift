import AuditCore
import Foundation
import TestSupport
import Testing

@Suite struct RuleCatalogTests {
    /// One example of one rule, by its place, since rule types are no test arguments.
    struct Place: Sendable, CustomTestStringConvertible {
        let rule: Int
        let example: Int

        var testDescription: String { "\(RuleCatalog.all[rule].name) example \(example + 1)" }
    }

    /// Those about trusts are held against the engine that decides them, in its own tests.
    static let places = RuleCatalog.all.indices.filter { !(RuleCatalog.all[$0] is any TrustRule.Type) }.flatMap {
        rule in
        RuleCatalog.all[rule].examples.indices.map { Place(rule: rule, example: $0) }
    }

    @Test(arguments: places)
    func exampleHolds(place: Place) throws {
        let type = RuleCatalog.all[place.rule]
        let example = type.examples[place.example]
        let entry = try Policy.of(
            #"{"id": "it", "rule": "\#(type.name)", "severity": "low"\#(example.entryOptions)}"#
        ).rules[0]
        guard let waiver = example.waiver else { return try expect(example, entry) }
        let rule = try #require(entry.rule as? any WaiverRule)
        let verdict = rule.judge(WaiverSubject(waiver: waiver, use: example.waiverUse, now: RuleExample.today))
        switch (example.expected, verdict) {
        case (.pass, .pass), (.notApplicable, .notApplicable): break
        case (.fail(let message), .fail(let violation)): #expect(violation.message == message)
        default: Issue.record("expected \(example.expected), got \(verdict)")
        }
    }

    /// Judges the example as a whole scan would.
    private func expect(_ example: RuleExample, _ entry: RuleEntry) throws {
        let repositories = example.settings.enumerated().map { index, setting in
            RepositorySnapshot(repository: example.repository(index), reading: .read(setting), since: nil)
        }
        let organization = OrganizationSnapshot(
            login: RuleExample.login, id: OrganizationID(rawValue: 77), template: example.organizationTemplate,
            includedProperties: example.includedProperties.map { .read($0) }
                ?? .unreadable(UnreadableReason(.forbidden, "forbidden")),
            listing: Listing(status: .complete, listed: repositories.count, expected: repositories.count),
            repositories: repositories)
        let policy = Policy(name: "example", description: nil, rules: [entry], source: "example", sha256: "")
        let report = Evaluator(policy: policy, gate: Gate())
            .evaluate(.sample([organization], isEnterpriseServer: example.isEnterpriseServer))
        let outcomes =
            entry.subject == .organization ? report.organizations.map(\.outcomes) : report.repositories.map(\.outcomes)
        let outcome = try #require(outcomes.first?.first)
        switch (example.expected, outcome) {
        case (.pass, .pass), (.undecided, .undecided), (.notApplicable, .notApplicable): break
        case (.fail(let message), .fail):
            #expect(report.findings.first?.violation.message == message)
            #expect(report.findings.first?.violation.remediation.hasSuffix(".") == true)
            // An acceptance keeps them: each once, in one order, and without counts of the day.
            let problems = report.findings.first?.violation.problems ?? []
            #expect(!problems.isEmpty && problems == Array(Set(problems)).sorted())
            #expect(problems.allSatisfy { !$0.isEmpty && !$0.hasSuffix(".") })
        default:
            Issue.record("expected \(example.expected), got \(outcome) \(report.findings.map(\.violation.message))")
        }
    }

    @Test func everyRuleShowsAPassAndAFailure() {
        for type in RuleCatalog.all {
            #expect(type.examples.contains { if case .pass = $0.expected { true } else { false } }, "\(type.name)")
            #expect(type.examples.contains { if case .fail = $0.expected { true } else { false } }, "\(type.name)")
        }
    }

    @Test func everyFileOfRulesIsInTheCatalog() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Sources/AuditCore/Rules")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".swift") && !$0.hasPrefix("Rule") }
        let types = RuleCatalog.all.map { "\($0).swift" }
        #expect(Set(files) == Set(types))
        #expect(Set(RuleCatalog.all.map { $0.name }).count == RuleCatalog.all.count)
    }

    @Test func requireClaimsRefusesWhatItCannotJudge() {
        #expect(throws: DocumentError.self) {
            try Policy.of(#"{"id": "a", "rule": "require-claims", "severity": "low"}"#)
        }
        #expect(throws: DocumentError.self) {
            try Policy.of(
                #"{"id": "a", "rule": "require-claims", "severity": "low", "any_of": [["repo"]], "ordered": true}"#)
        }
    }

    @Test func bracesInAValueDoNotMakeASubjectShorter() throws {
        let policy = try Policy.of(#"{"id": "a", "rule": "subject-length", "severity": "low", "max": 40}"#)
        var repository = RepositorySnapshot.read("api", id: 1, .own(["repo", "repo_property_x"]))
        repository.repository.customProperties = ["x": ["{" + String(repeating: "a", count: 60)]]
        let report = Evaluator(policy: policy, gate: Gate()).evaluate(.sample([.sample([repository])]))
        #expect(report.findings.map(\.violation.message) == ["at least 91 characters"])
    }

    @Test func leadingClaimAcceptsExactlyTheContractsKeys() {
        let safe: Set<ClaimKey> = [
            "repo", "repository", "repository_id", "repository_owner", "repository_owner_id", "repository_visibility",
            "enterprise", "enterprise_id", "job_workflow_ref",
        ]
        #expect(Set(ClaimCatalog.all.filter(\.isSafeFirst).map(\.key)) == safe)
        #expect(ClaimCatalog.isSafeFirst("repo_property_tier"))
        #expect(!ClaimCatalog.isSafeFirst("repo_property_"))
        #expect(!ClaimCatalog.isSafeFirst("repo_property_ x"))
        #expect(ClaimCatalog.claim(for: "repo_property_\u{1B}[31m") == nil)
        #expect(ClaimCatalog.claim(for: "repo_property_*") == nil)
        #expect(!ClaimCatalog.isSafeFirst("unheard_of"))
    }
}

extension RuleExample {
    /// The options as they follow the other keys of an entry.
    fileprivate var entryOptions: String {
        let inner = options.dropFirst().dropLast()
        return inner.isEmpty ? "" : ", \(inner)"
    }
}
