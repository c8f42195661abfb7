import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What each policy of `policies/` flags and what it leaves alone, on one world of odd repositories.
@Suite(.timeLimit(.minutes(5))) struct PresetTests {
    private static let company = ["repo", "context", "job_workflow_ref"]

    /// Each repository is named after what is odd about it.
    private static let repositories: [WorldFile.Repository] = {
        var nextID: Int64 = 0
        func make(_ name: String, _ keys: [String]?, prefix: (Int64) -> String? = { _ in nil }) -> WorldFile.Repository
        {
            nextID += 1
            return WorldFile.Repository(
                name: name, id: nextID, customProperties: ["tier": "production", "team": nil],
                setting: .init(
                    useDefault: keys == nil, includeClaimKeys: keys?.isEmpty == true ? nil : keys,
                    useImmutableSubject: false, subClaimPrefix: prefix(nextID) ?? "repo:acme/\(name)"))
        }
        func immutable(_ name: String) -> (Int64) -> String? { { "repo:acme@77/\(name)@\($0)" } }
        return [
            make("default", nil), make("follows", []), make("copy", company),
            make("immutable", [], prefix: immutable("immutable")),
            make("immutable-default", nil, prefix: immutable("immutable-default")),
            make("wrong-prefix", [], prefix: { _ in "repo:acme@77/wrong-prefix@4711" }),
            make("names-only", ["repo"]), make("ids", ["repository_owner_id", "repository_id", "context"]),
            make("spoofable", ["workflow", "repo", "context"]), make("anybodys", ["environment", "ref"]),
            make("per-run", ["repo", "context", "job_workflow_ref", "run_id"]),
            make("environment", ["repo", "environment", "context", "job_workflow_ref"]),
            make("property", company + ["repo_property_tier"]), make("no-value", company + ["repo_property_team"]),
            make("not-included", company + ["repo_property_zone"]), make("misspelt", company + ["contxt"]),
            make("twice", company + ["repo"]),
            make("immutable-without-repo", ["repository", "context"], prefix: immutable("immutable-without-repo")),
        ]
    }()

    private static func world(template: [String]?) -> WorldFile {
        var organization = WorldFile.Organization(login: "acme", id: 77, template: template, repositories: repositories)
        organization.includedProperties = ["tier", "team"]
        return WorldFile(organizations: [organization])
    }

    /// Rule ids by the name of the repository, or `(organization)`.
    private func flagged(_ preset: String, template: [String]? = company) async throws -> [String: Set<String>] {
        let found = Flagged()
        try await EmulatedScan.with(Self.world(template: template)) { (scan) async throws -> Void in
            let run = await scan("acme", "--policy", "preset:\(preset)", "-f", "json")
            #expect(run.status == 1, "\(run.error)")
            await found.take(run)
        }
        return await found.rules
    }

    private actor Flagged {
        var rules: [String: Set<String>] = [:]

        func take(_ run: CommandRun) {
            for finding in run.json["findings"] as? [[String: Any]] ?? [] {
                let name = (finding["repository"] as? String)?.split(separator: "/").last.map(String.init)
                rules[name ?? "(organization)", default: []].insert(finding["rule"] as? String ?? "")
            }
        }
    }

    @Test func strict() async throws {
        let source = "follows-organization"
        #expect(
            try await flagged("strict") == [
                "default": ["required-claims", source], "immutable-default": ["required-claims", source],
                "wrong-prefix": ["prefix-is-its-own"], "names-only": ["required-claims", source],
                "ids": ["required-claims", source],
                "spoofable": ["no-spoofable-start", "required-claims", source],
                "anybodys": ["no-spoofable-start", "one-repository", "required-claims", source, "no-failing-jobs"],
                "per-run": [source, "no-per-run-claims"], "environment": [source, "no-failing-jobs"],
                "property": [source], "no-value": [source, "properties-exist"],
                "not-included": [source, "properties-exist"], "misspelt": [source, "claims-exist"],
                "twice": [source, "no-duplicates"], "immutable-without-repo": ["required-claims", source],
            ])
    }

    @Test func baseline() async throws {
        let expected: [String: Set<String>] = [
            "wrong-prefix": ["prefix-is-its-own"], "names-only": ["names-context"],
            "spoofable": ["no-spoofable-start"], "anybodys": ["no-spoofable-start", "anchored", "one-repository"],
            "per-run": ["no-per-run-claims"], "misspelt": ["claims-exist"],
        ]
        #expect(try await flagged("baseline") == expected)
        // With a template that nobody follows, following repositories fall to GitHub's default.
        #expect(
            try await flagged("baseline", template: ["repo", "ref"]).filter { $0.key == "(organization)" }.isEmpty)
    }

    @Test func baselineFlagsATemplateThatNobodyFollows() async throws {
        let file = WorldFile(organizations: [
            .init(
                login: "acme", id: 77, template: Self.company,
                repositories: [WorldFile.Repository(name: "default", id: 1)])
        ])
        try await EmulatedScan.with(file) { (scan) async throws -> Void in
            let run = await scan("acme", "--policy", "preset:baseline", "-f", "json")
            #expect(run.status == 1)
            let findings = run.json["findings"] as? [[String: Any]] ?? []
            #expect(findings.map { $0["rule"] as? String } == ["no-dormant-template"])
            #expect(findings.first?["repository"] is NSNull)
            #expect(run.repositories()["acme/default"]?["status"] as? String == "compliant")
        }
    }

    /// Each says that it is all repositories of the owner, and by which text.
    @Test(arguments: ["baseline", "strict", "organization-template"])
    func aSubjectThatStopsAtTheOwnerIsFound(preset: String) async throws {
        let templates = [
            "one": ["repository_owner"], "svc": ["repository_owner", "context"],
            "app": ["repository_owner", "repository_visibility", "workflow"],
        ]
        let repositories = templates.keys.sorted().enumerated().map { index, name in
            WorldFile.Repository.own(name, id: Int64(1001 + index), templates[name] ?? [])
        }
        try await EmulatedScan.with(repositories) { (scan) async throws -> Void in
            let run = await scan("acme", "--policy", "preset:\(preset)", "-f", "json")
            let findings = (run.json["findings"] as? [[String: Any]] ?? []).filter {
                $0["rule"] as? String == "one-repository"
            }
            #expect(findings.compactMap { $0["repository"] as? String } == ["acme/app", "acme/one", "acme/svc"])
            for finding in findings {
                let message = try #require(finding["message"] as? String)
                #expect(message.contains("all repositories of the owner share the subject"))
                #expect(finding["severity"] as? String == "high")
            }
            let app = findings.first?["message"] as? String
            #expect(app?.hasSuffix("workflow are the same; anyone who can push chooses workflow") == true)
            for name in ["app", "one", "svc"] {
                #expect(run.repositories()["acme/\(name)"]?["status"] as? String == "violating")
            }
        }
    }

    /// Who reads a report takes such an id for the rule.
    @Test func noEntryBearsTheNameOfAnotherRule() throws {
        let rules = Set(RuleCatalog.all.map { $0.name })
        for preset in Preset.all {
            let policy = try Policy(JSONParser.parse(preset.bytes), source: preset.name, sha256: "")
            for entry in policy.rules where rules.contains(entry.id) {
                #expect(type(of: entry.rule).name == entry.id, "\(preset.name): \(entry.id)")
            }
        }
    }

    @Test func immutableMigration() async throws {
        let legacy = Self.repositories.map(\.name)
            // Both ids are in the subject by the prefix, under either name of the claim, or by the template.
            .filter {
                !["immutable", "immutable-default", "wrong-prefix", "immutable-without-repo", "ids"].contains($0)
            }
        var expected = Dictionary(uniqueKeysWithValues: legacy.map { ($0, Set(["opted-in"])) })
        expected["wrong-prefix"] = ["prefix-is-its-own"]
        expected["anybodys"] = ["opted-in", "subject-carries-ids"]
        #expect(try await flagged("immutable-migration") == expected)
    }

    @Test func organizationTemplate() async throws {
        let own = [
            "names-only", "ids", "spoofable", "anybodys", "per-run", "environment", "property", "no-value",
            "not-included", "immutable-without-repo",
        ]
        var expected = Dictionary(uniqueKeysWithValues: own.map { ($0, Set(["followed"])) })
        for name in ["default", "immutable-default"] { expected[name] = ["followed"] }
        expected["spoofable"] = ["followed", "no-spoofable-start"]
        expected["anybodys"] = ["followed", "no-spoofable-start", "anchored", "one-repository"]
        expected["misspelt"] = ["followed", "claims-exist"]
        expected["twice"] = ["followed", "no-duplicates"]
        #expect(try await flagged("organization-template") == expected)

        let neverSet = try await flagged("organization-template", template: nil)
        #expect(neverSet["(organization)"] == ["template-is-set"])
        #expect(neverSet["follows"] == ["followed"])
    }
}
