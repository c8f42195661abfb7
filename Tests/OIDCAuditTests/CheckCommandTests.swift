import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

@Suite(.timeLimit(.minutes(5))) struct CheckCommandTests {
    private static let repositories: [WorldFile.Repository] = [
        .good("api", id: 1), .own("bad", id: 2, ["repo"]), .own("worse", id: 3, ["workflow"]),
    ]

    /// Scans once, then runs `check` as often as is wanted.
    private func afterAScan(
        _ repositories: [WorldFile.Repository] = repositories, _ more: String...,
        body: @escaping @Sendable (@escaping Check, EmulatedScan) async throws -> Void,
    ) async throws {
        let arguments = more
        try await EmulatedScan.with(repositories) { (scan) async throws -> Void in
            _ = await CommandRun.run(
                ["scan", "acme", "--api-url", scan.address, "--db", scan.folder.database, "--policy", "preset:strict"]
                    + arguments, environment: ["GH_ENTERPRISE_TOKEN": "t"])
            try await body(
                { arguments in
                    let asked = await scan.world.requests.count
                    let run = await CommandRun.run(
                        ["check", "--api-url", scan.address, "--db", scan.folder.database] + arguments)
                    #expect(await scan.world.requests.count == asked)
                    return run
                }, scan)
        }
    }

    private typealias Check = @Sendable ([String]) async -> CommandRun

    @Test func itJudgesTheLastScanAgain() async throws {
        try await afterAScan { (check, scan) async throws -> Void in
            let same = await check(["acme", "--policy", "preset:strict", "-f", "json"])
            #expect(same.status == 1)
            let findings = same.json["findings"] as? [[String: Any]] ?? []
            // As the scan told them: nothing is new for being judged twice.
            #expect(Set(findings.compactMap { $0["state"] as? String }) == ["new"])
            #expect(same.repositories().count == 3)
            #expect((same.json["scan"] as? [String: Any])?["id"] as? Int == 1)
            let other = try scan.folder.write(
                """
                version: 1
                name: mild
                rules: [{ id: a, rule: anchored-subject, severity: low }]
                """, to: "mild.yaml")
            let mild = await check(["ACME", "--policy", other])
            #expect(mild.status == 1)
            #expect(mild.output.contains("acme/worse"))
            #expect(!mild.output.contains("acme/bad"))
            let outputs = await check([
                "acme", "--policy", other, "-o", "junit=\(scan.folder.path)/r.xml", "--fail-on", "high",
            ])
            #expect(outputs.status == 0)
            #expect(scan.folder.exists("r.xml"))
        }
    }

    @Test func aBaselineAdoptsWhatIsThere() async throws {
        try await afterAScan { (check, scan) async throws -> Void in
            let file = scan.folder.path + "/baseline.json"
            let written = await check(["acme", "--policy", "preset:strict", "--write-baseline", file])
            #expect(written.status == 0)
            #expect(written.error.contains("findings to \(file)"))
            let text = try scan.folder.read("baseline.json")
            #expect(text.contains("/repositories/2/required-claims"))
            #expect(await check(["acme", "--policy", "preset:strict", "--baseline", file]).status == 1)
            #expect(await check(["acme", "--policy", "preset:strict", "--baseline", file, "--new-only"]).status == 0)
            // The same night over: a finding that the baseline does not hold still fails.
            await scan.world.change { $0.organizations[0].repositories.append(.own("new", id: 4, ["repo"])) }
            let run = await CommandRun.run(
                [
                    "scan", "acme", "--api-url", scan.address, "--db", scan.folder.database, "--policy",
                    "preset:strict", "--baseline", file, "--new-only", "-f", "json",
                ], environment: ["GH_ENTERPRISE_TOKEN": "t"])
            #expect(run.status == 1)
            let findings = run.json["findings"] as? [[String: Any]] ?? []
            #expect(
                Set(findings.filter { $0["in_baseline"] as? Bool == false }.compactMap { $0["repository"] as? String })
                    == ["acme/new"])
            // The first scan itself, as a baseline, holds the same.
            let byScan = await check([
                "acme", "--policy", "preset:strict", "--baseline", "scan:1", "--new-only", "-f", "json",
            ])
            #expect(byScan.status == 1)
            let older = byScan.json["findings"] as? [[String: Any]] ?? []
            #expect(older.map { $0["in_baseline"] as? Bool } == findings.map { $0["in_baseline"] as? Bool })
            #expect(
                await check(["acme", "--policy", "preset:strict", "--baseline", "scan:2", "--new-only"]).status == 0)
        }
    }

    @Test func aComparisonSaysWhatWouldChange() async throws {
        try await afterAScan { (check, scan) async throws -> Void in
            let run = await check(["acme", "--policy", "preset:baseline", "--compare", "preset:strict", "-f", "json"])
            #expect(run.status == 1)
            #expect(run.json["schema"] as? String == "oidc-audit.comparison/v1")
            let flagged = run.json["newly_flagged"] as? [[String: Any]] ?? []
            #expect(flagged.contains { $0["rule"] as? String == "required-claims" })
            let cleared = run.json["cleared"] as? [[String: Any]] ?? []
            #expect(cleared.contains { $0["rule"] as? String == "names-context" })
            let text = await check(["acme", "--policy", "preset:baseline", "--compare", "preset:strict"])
            #expect(text.output.contains("NEWLY FLAGGED"))
            for line in text.output.split(separator: "\n") { #expect(line.count <= 80, "\(line)") }
            #expect(await check(["acme", "--policy", "preset:strict", "--compare", "preset:strict"]).status == 0)
            _ = scan
        }
    }

    @Test func waiversHoldFromScanToScan() async throws {
        try await EmulatedScan.with([.good("api", id: 1), .own("bad", id: 2, ["repo"])]) {
            (scan) async throws -> Void in
            let path = scan.folder.path + "/waivers.yaml"
            let day = Day(of: Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))).adding(days: 90)
            for rule in ["required-claims", "follows-organization"] {
                let run = await CommandRun.run([
                    "waiver", "add", path, "--rule", rule, "--repository", "b?d", "--owner", "o", "--reason", "r",
                    "--expires", "\(day)",
                ])
                #expect(run.status == 0, "\(run.error)")
            }
            let first = await scan("acme", "--waivers", path, "-f", "json")
            #expect(first.status == 0, "\(first.error)")
            #expect(first.repositories()["acme/bad"]?["status"] as? String == "waived")
            // What was waived is in no baseline: the waiver's end must be felt.
            let checked = await CommandRun.run([
                "check", "acme", "--api-url", scan.address, "--db", scan.folder.database, "--policy", "preset:strict",
                "--baseline", "scan:1", "--new-only",
            ])
            #expect(checked.status == 1)
            // Without the waivers the findings count, and were known before.
            let second = await scan("acme", "-f", "json")
            #expect(second.status == 1)
            let states = (second.json["findings"] as? [[String: Any]] ?? []).compactMap { $0["state"] as? String }
            #expect(Set(states) == ["recurring"])
            // By the environment, as any option.
            let third = await scan(
                "acme", environment: ["GH_ENTERPRISE_TOKEN": "t", "OIDC_AUDIT_WAIVERS": path])
            #expect(third.status == 0)
        }
    }

    @Test func mistakesAreTwoAndNothingIsStored() async throws {
        try await afterAScan { (check, scan) async throws -> Void in
            let folder = scan.folder
            let odd = try folder.write("{}", to: "odd.json")
            let far = try folder.write(
                """
                version: 1
                waivers:
                  - { rule: a, repository: x, owner: o, reason: r, expires: 2099-01-01 }
                """, to: "far.yaml")
            let elsewhere = try folder.write(
                #"{"schema": "oidc-audit.baseline/v1", "api_url": "https://other", "policy": "strict", "scan": {"started_at": "2026-11-21T02:00:00Z"}, "findings": {}}"#,
                to: "elsewhere.json")
            let other = try folder.write(
                #"{"schema": "oidc-audit.baseline/v1", "api_url": "\#(scan.address)", "policy": "strict", "scan": {"started_at": "2026-11-21T02:00:00Z"}, "findings": {}}"#,
                to: "other.json")
            let nameless = try folder.write(
                #"{"schema": "oidc-audit.baseline/v1", "api_url": "a", "policy": "strict", "scan": {"started_at": "2026-11-21T02:00:00Z"}, "findings": {"a": {"severity": "low", "organization": "o", "problems": ["p"]}}}"#,
                to: "nameless.json")
            let mild = try folder.write(
                "version: 1\nname: mild\nrules: [{ id: a, rule: anchored-subject, severity: low }]\n", to: "mild.yaml")
            for (arguments, words) in [
                (["acme"], "no policy was given"),
                (["other", "--policy", "preset:strict"], "no finished scan of other"),
                (["acme", "--policy", "preset:strict", "--new-only"], "--new-only needs a baseline"),
                (["acme", "--policy", "preset:strict", "--baseline", odd], "a baseline has no \"schema\""),
                (["acme", "--policy", "preset:strict", "--baseline", "scan:9"], "no finished scan 9"),
                (["acme", "--policy", "preset:baseline", "--baseline", "scan:1"], "judged by the policy \"strict\""),
                (
                    ["acme", "--policy", "preset:strict", "--baseline", "scan:x"],
                    "--baseline: \"scan:x\" is not a scan"
                ),
                (["acme", "--policy", "preset:strict", "--baseline", elsewhere], "is of https://other, and this is"),
                (["acme", "--policy", "preset:baseline", "--baseline", other], "is of the policy \"strict\", not of"),
                (
                    ["acme", "--policy", "preset:strict", "--baseline", nameless],
                    "\"a\" is not the fingerprint of a finding at a"
                ),
                (
                    ["acme", "--policy", mild, "--compare", "preset:strict", "--waivers", far],
                    "and the policy strict allows 180"
                ),
                (
                    ["acme", "--policy", "preset:strict", "--waivers", far],
                    "far.yaml:3:5: the waiver of a on x holds for"
                ),
                (["acme", "--policy", "preset:strict", "--waivers", odd], "a waiver file has no \"version\""),
                (["acme", "--policy", "preset:strict", "--waivers", folder.path], "it is a folder"),
                (
                    ["acme", "--policy", "preset:strict", "--compare", "preset:x", "--write-baseline", "b"],
                    "exclude each other"
                ),
                (
                    ["acme", "--policy", "preset:strict", "--compare", "preset:strict", "-f", "junit"],
                    "--format: --compare does not print junit"
                ),
            ] {
                let run = await check(arguments)
                #expect(run.status == 2, "\(arguments) \(run.error)")
                #expect(run.error.contains(words), "\(run.error)")
                #expect(run.error.contains(" hint: "))
                #expect(run.output == "")
            }
            let nowhere = await CommandRun.run([
                "check", "acme", "--policy", "preset:strict", "--db", folder.path + "/none/h.sqlite",
            ])
            #expect(nowhere.status == 2)
            #expect(nowhere.error.contains("there is no history"))
            #expect(!folder.exists("none"))
            let empty = try folder.write("", to: "empty.sqlite")
            let run = await CommandRun.run(["check", "acme", "--policy", "preset:strict", "--db", empty])
            #expect(run.status == 5)
            #expect(try folder.read("empty.sqlite") == "")
        }
    }

    @Test func organizationsOfTwoScansAreJudgedAsOne() async throws {
        let file = WorldFile(organizations: [
            .init(login: "acme", id: 77, repositories: [.init(name: "a", id: 1)]),
            .init(login: "beta", id: 88, repositories: [.init(name: "b", id: 2)]),
        ])
        try await EmulatedScan.with(file) { (scan) async throws -> Void in
            _ = await scan("acme", "beta", "--policy", "preset:baseline")
            let both = ["--api-url", scan.address, "--db", scan.folder.database, "--policy", "preset:baseline"]
            #expect(await CommandRun.run(["check", "acme", "beta"] + both).status == 0)
            let one = await CommandRun.run(["check", "beta", "-f", "json"] + both)
            #expect(one.status == 0)
            #expect(one.repositories().count == 1)
            _ = await scan("beta", "--policy", "preset:baseline")
            let split = await CommandRun.run(["check", "acme", "beta"] + both)
            #expect(split.status == 0)
            #expect(
                split.output.contains("acme is as scan 1 of 20") && split.output.contains("beta is as scan 2 of 20"))
        }
    }

    @Test func whatTheScanDidNotAskLeavesARuleUndecided() async throws {
        try await afterAScan(
            [.own("tier", id: 1, ["repo", "repo_property_tier", "context"])], "--policy", "preset:baseline"
        ) {
            (check, scan) async throws -> Void in
            let policy = try scan.folder.write(
                #"{"version": 1, "name": "p", "rules": [{"id": "a", "rule": "custom-property-claims", "severity": "low"}]}"#,
                to: "p.json")
            let run = await check(["acme", "--policy", policy])
            #expect(run.status == 3)
            #expect(run.output.contains("the scan did not ask"))
        }
    }
}
