import AuditCore
import Foundation
import Reports
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

@Suite(.timeLimit(.minutes(5))) struct PolicyCommandTests {
    // MARK: - Catalogs

    @Test func claimsAreListedInEveryFormat() async throws {
        let text = await CommandRun.run(["claims"])
        #expect(text.status == 0)
        for line in text.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
        let json = await CommandRun.run(["claims", "-f", "json"])
        let claims = json.json["claims"] as? [[String: Any]] ?? []
        #expect(claims.count == ClaimCatalog.listed.count)
        #expect(claims.allSatisfy { ($0["source"] as? String)?.hasPrefix("https://") == true })
        let family = try #require(claims.first { $0["key"] as? String == "repo_property_*" })
        #expect((family["hosts"] as? [String: Any])?["enterprise_server"] is NSNull)
        #expect((family["hosts"] as? [String: Any])?["since"] as? String == "2026-03-12")
        let markdown = await CommandRun.run(["claims", "--format", "markdown"])
        #expect(markdown.output.split(separator: "\n").count == ClaimCatalog.listed.count + 2)
        let one = await CommandRun.run(["claims", "repo_property_tier", "check_run_id"])
        #expect(one.output.contains("github.com since 2025-11-13; not on Enterprise Server"))
        #expect(await CommandRun.run(["claims", "repo_property_*"]).status == 0)
        let escape = await CommandRun.run(["claims", "repo_property_\u{1B}[31m"])
        #expect(escape.status == 2)
        #expect(!(escape.output + escape.error).contains("\u{1B}"))
        let none = await CommandRun.run(["claims", "repositry"])
        #expect(none.status == 2)
        #expect(none.error.contains("did you mean \"repository\"?"))
        #expect(await CommandRun.run(["claims", "-f", "junit"]).status == 2)
    }

    @Test func explainListsRulesAndKnowsWhatCouldNotBeRead() async {
        let list = await CommandRun.run(["explain"])
        #expect(list.status == 0)
        for rule in RuleCatalog.all { #expect(list.output.contains(rule.name)) }
        let readable = await CommandRun.run(["explain", "readable"])
        #expect(readable.status == 0)
        #expect(readable.output.contains("waiver add FILE --rule readable"))
    }

    @Test func everyRuleIsExplained() async {
        for rule in RuleCatalog.all {
            let run = await CommandRun.run(["explain", rule.name])
            #expect(run.status == 0)
            for line in run.output.split(separator: "\n") where !line.contains("\"rule\"") {
                #expect(line.count <= 80, "\(line)")
            }
            for section in ["WHY", "FIX", "EXAMPLES", "IN A POLICY"] { #expect(run.output.contains(section)) }
            for option in rule.options { #expect(run.output.contains("\(option.name):")) }
            // The entry that it shows is one that a policy can hold.
            let entry = run.output.split(separator: "\n").last { $0.contains("\"rule\"") } ?? ""
            let policy = Array(#"{"version": 1, "name": "p", "rules": [\#(entry)]}"#.utf8)
            #expect(throws: Never.self, "\(rule.name)") {
                try Policy(JSONParser.parse(policy), source: "", sha256: "")
            }
        }
        let unknown = await CommandRun.run(["explain", "leading-clam"])
        #expect(unknown.status == 2)
        #expect(unknown.error.contains("did you mean \"leading-claim\"?"))
    }

    /// The first word that a reader of a report types is the id of an entry.
    @Test func everyEntryOfAPresetIsExplained() async throws {
        for preset in Preset.all {
            let policy = try PolicyFile.load("preset:\(preset.name)")
            for entry in policy.rules {
                let run = await CommandRun.run(["explain", entry.id])
                #expect(run.status == 0, "\(entry.id) \(run.error)")
                let rule = type(of: entry.rule)
                #expect(run.output.replacing(/\s+/, with: " ").contains(rule.summary), "\(entry.id)")
            }
        }
        let folder = try Folder()
        let own = try folder.write(
            """
            version: 1
            name: mine
            rules: [{ id: company-start, rule: leading-claim, severity: high, reason: Because of the audit. }]
            """, to: "mine.yaml")
        let run = await CommandRun.run(["explain", "company-start", "--policy", own])
        #expect(run.status == 0)
        #expect(run.output.replacing(/\s+/, with: " ").hasPrefix("company-start high, an entry of \(own) "))
        #expect(run.output.contains("Because of the audit."))
        #expect(run.output.contains("\nleading-claim  about repositories"))
        let misspelt = await CommandRun.run(["explain", "company-star", "--policy", own])
        #expect(misspelt.status == 2)
        #expect(misspelt.error.contains("did you mean \"company-start\"?"))
    }

    @Test func rulesAreListedInEveryFormat() async {
        let json = await CommandRun.run(["policy", "rules", "-f", "json"])
        #expect((json.json["rules"] as? [Any])?.count == RuleCatalog.all.count)
        let text = await CommandRun.run(["policy", "rules"])
        let markdown = await CommandRun.run(["policy", "rules", "-f", "markdown"])
        for rule in RuleCatalog.all {
            #expect(text.output.contains("\n\(rule.name) ") || text.output.hasPrefix(rule.name))
            #expect(markdown.output.contains("| `\(rule.name)` |"))
        }
    }

    // MARK: - Validate

    @Test func validateReportsEachFile() async throws {
        let folder = try Folder()
        let good = try folder.write(
            """
            version: 1
            name: mine # a comment
            rules:
              - { id: a, rule: require-claims, severity: high, claims: [repo, context] }
            """, to: "good.yaml")
        let bad = try folder.write(
            """
            version: 1
            name: mine
            rules:
              - id: a
                rule: require-claims
                severity: hgih
                claims: [repo, contxt]
            """, to: "bad.yml")
        let run = await CommandRun.run(["policy", "validate", good, bad, "preset:strict"])
        #expect(run.status == 2)
        #expect(run.output.contains("\(good): valid: policy mine, 1 rule\n"))
        #expect(run.output.contains("preset:strict: valid"))
        #expect(run.error.contains("\(bad):7:20: unknown claim \"contxt\"") || run.error.contains("\(bad):6:15:"))
        #expect(run.error.contains("did you mean"))
    }

    // MARK: - Schema

    @Test func theSchemaHasABranchForEachRule() async throws {
        let run = await CommandRun.run(["policy", "schema"])
        #expect(run.status == 0)
        #expect(run.json["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
        let rule = (run.json["$defs"] as? [String: [String: Any]])?["rule"]
        #expect((rule?["allOf"] as? [Any])?.count == RuleCatalog.all.count)
    }

    // MARK: - Test

    @Test func casesBesideAPolicyAreHeldAgainstIt() async throws {
        let folder = try Folder()
        let entry = #"{"id": "it", "rule": "leading-claim", "severity": "low"}"#
        let policy = try folder.write(#"{"version": 1, "name": "p", "rules": [\#(entry)]}"#, to: "mine.json")
        _ = try folder.write(
            """
            version: 1
            cases:
              - { name: the default is fine, template: default, expect: [] }
              - { name: a workflow is not, template: [workflow], expect: [it] }
            """, to: "mine.test.yaml")
        let good = await CommandRun.run(["policy", "test", policy])
        #expect(good.status == 0, "\(good.error)")
        #expect(good.output.contains("ok   the default is fine\n"))
        let miss = try folder.write(
            """
            version: 1
            policy: mine.json
            cases:
              - name: wrong
                template: [workflow]
                expect: []
            """, to: "other.yaml")
        let bad = await CommandRun.run(["policy", "test", miss])
        #expect(bad.status == 1)
        #expect(bad.output.contains("MISS wrong\n"))
        #expect(bad.output.contains("other.yaml:4:5: it failed and was not expected"))
        let preset = try folder.write(
            """
            version: 1
            policy: preset:strict
            cases: [{ name: a, template: [repo], expect: [required-claim] }]
            """, to: "preset.yaml")
        let unknown = await CommandRun.run(["policy", "test", preset])
        #expect(unknown.status == 2)
        #expect(unknown.error.contains("did you mean \"required-claims\"?"))
        let alone = await CommandRun.run(["policy", "test", "preset:strict"])
        #expect(alone.status == 2)
        #expect(alone.error.contains("there are no cases"))
    }

    // MARK: - Init

    @Test func initWritesAPolicyThatIsValid() async throws {
        let folder = try Folder()
        let file = folder.path + "/policy.yaml"
        #expect(await CommandRun.run(["policy", "init", "--file", file]).status == 0)
        #expect(await CommandRun.run(["policy", "validate", file]).status == 0)
        #expect(try folder.read("policy.yaml").contains("\n  # - id: immutable-subjects\n"))
        let again = await CommandRun.run(["policy", "init", "--file", file])
        #expect(again.status == 2)
        #expect(again.error.contains("is there already"))
        #expect(await CommandRun.run(["policy", "init", "--file", folder.path + "/policy.json"]).status == 2)
    }

    @Test func initWritesAPolicyWhateverTheOrganizationHas() async throws {
        let keys = (0..<60).map { "repo_property_p\($0)" }
        try await EmulatedScan.with([.own("many", id: 1, keys), .own("also", id: 2, keys)]) {
            (scan) async throws -> Void in
            let place = ["--api-url", scan.address, "--db", scan.folder.database]
            for (index, scope) in [["--include", "none*"], []].enumerated() {
                _ = await CommandRun.run(
                    ["scan", "acme", "--policy", "preset:baseline"] + place + scope,
                    environment: ["GH_ENTERPRISE_TOKEN": "t"])
                let file = scan.folder.path + "/p\(index).yaml"
                let run = await CommandRun.run(["policy", "init", "acme", "--file", file] + place)
                #expect(run.status == 0, "\(run.error)")
                #expect(await CommandRun.run(["policy", "validate", file]).status == 0)
            }
            #expect(try scan.folder.read("p1.yaml").contains("repo_property_p59"))
        }
    }

    @Test func initLeavesNoRuleOutThatAllMeetAndFailsNobodyOverAMigration() async throws {
        let keys = ["repo", "context", "job_workflow_ref"]
        for isImmutable in [false, true] {
            let prefix = isImmutable ? "repo:acme@77/a@1" : "repo:acme/a"
            let repository = WorldFile.Repository(
                name: "a", id: 1,
                setting: .init(
                    useDefault: false, includeClaimKeys: keys, useImmutableSubject: isImmutable, subClaimPrefix: prefix)
            )
            try await EmulatedScan.with([repository]) { (scan) async throws -> Void in
                _ = await scan("acme")
                let place = ["--api-url", scan.address, "--db", scan.folder.database]
                let file = scan.folder.path + "/p.yaml"
                #expect(await CommandRun.run(["policy", "init", "acme", "--file", file] + place).status == 0)
                #expect(try scan.folder.read("p.yaml").contains("\n  - id: immutable-subjects\n") == isImmutable)
                #expect(await CommandRun.run(["check", "acme", "--policy", file] + place).status == 0)
            }
        }
    }

    @Test func initCountsWhatTheOrganizationHas() async throws {
        let odd = WorldFile.Repository.own("odd", id: 4, ["repo", "evil\n- id: x"])
        try await EmulatedScan.with([.good("a", id: 1), .good("b", id: 2), .own("c", id: 3, ["repo"]), odd]) {
            (scan) async throws -> Void in
            let place = ["--api-url", scan.address, "--db", scan.folder.database]
            let before = await CommandRun.run(["policy", "init", "acme", "--file", "-"] + place)
            #expect(before.status == 0)
            #expect(before.error.contains("no stored scan of acme"))
            _ = await scan("acme")
            let file = scan.folder.path + "/p.yaml"
            #expect(await CommandRun.run(["policy", "init", "acme", "--file", file] + place).status == 0)
            let text = try scan.folder.read("p.yaml")
            #expect(text.contains("2 of 4 repositories have the template repo, context, job_workflow_ref."))
            #expect(text.contains("claims: [repo, context, job_workflow_ref]"))
            #expect(text.contains("Broken today by 2 of 4 repositories."))
            // Nobody meets it, and nobody should have to on the first day.
            #expect(text.contains("  # Broken today by 4 of 4 repositories.\n  # Left out until"))
            #expect(
                text.contains("\n  # - id: immutable-subjects\n  #   rule: immutable-subject\n  #   severity: low\n"))
            #expect(await CommandRun.run(["policy", "validate", file]).status == 0)
            #expect(await CommandRun.run(["check", "acme", "--policy", file] + place).status == 1)
        }
    }
}
