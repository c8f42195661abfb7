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

    static let places = RuleCatalog.all.indices.flatMap { rule in
        RuleCatalog.all[rule].examples.indices.map { Place(rule: rule, example: $0) }
    }

    @Test(arguments: places)
    func exampleHolds(place: Place) throws {
        let type = RuleCatalog.all[place.rule]
        let example = type.examples[place.example]
        let options = try ObjectReader(
            JSONParser.parse(Array(example.options.utf8)), as: "an example", allowing: type.options)
        let rule = try type.init(options: RuleOptions(options, allowsUnknownClaims: false))
        let effective = example.setting.effectiveTemplate(organization: example.organizationTemplate)
        let verdict = rule.judge(
            RuleSubject(
                repository: .sample("api", id: 1), setting: example.setting,
                template: try #require(effective.template), source: effective.source,
                organizationTemplate: example.organizationTemplate))
        switch (example.expected, verdict) {
        case (.pass, .pass), (.undecided, .undecided): break
        case (.fail(let message), .fail(let violation)):
            #expect(violation.message == message)
            #expect(violation.remedy.hasSuffix("."))
        default: Issue.record("expected \(example.expected), got \(verdict)")
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
            .filter { $0.hasSuffix(".swift") && !["Rule.swift", "RuleCatalog.swift"].contains($0) }
        let types = RuleCatalog.all.map { "\($0).swift" }
        #expect(Set(files) == Set(types))
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

    @Test func leadingClaimAcceptsExactlyTheContractsKeys() {
        let safe: Set<ClaimKey> = [
            "repo", "repository", "repository_id", "repository_owner", "repository_owner_id", "repository_visibility",
            "enterprise", "enterprise_id", "job_workflow_ref",
        ]
        #expect(Set(ClaimCatalog.all.filter(\.isSafeFirst).map(\.key)) == safe)
        #expect(ClaimCatalog.isSafeFirst("repo_property_tier"))
        #expect(!ClaimCatalog.isSafeFirst("repo_property_"))
        #expect(!ClaimCatalog.isSafeFirst("unheard_of"))
    }
}
