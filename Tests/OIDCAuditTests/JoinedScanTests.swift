import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Organizations that several machines scan, each into a history of its own.
@Suite(.timeLimit(.minutes(5))) struct JoinedScanTests {
    private static let logins = ["acme", "globex", "initech"]

    private static func organization(
        _ login: String, id: Int64, _ repositories: [WorldFile.Repository],
    ) -> WorldFile.Organization {
        WorldFile.Organization(
            login: login, id: id, template: ["repo", "context", "job_workflow_ref"], repositories: repositories)
    }

    /// Scans everything at once into `one.sqlite`, and each organization by itself into `all.sqlite`, by way of exports.
    private static func scan(_ scan: EmulatedScan, policy: String, _ more: [String] = []) async throws {
        let folder = scan.folder
        func run(_ arguments: [String]) async -> CommandRun {
            await CommandRun.run(arguments, environment: ["GH_ENTERPRISE_TOKEN": "t"])
        }
        let rest = ["--api-url", scan.address, "--policy", policy, "-f", "none"] + more
        let whole = await run(["scan"] + logins + rest + ["--db", folder.path + "/one.sqlite"])
        #expect([0, 1, 3].contains(whole.status), "\(whole.error)")
        var files: [String] = []
        for login in logins.reversed() {
            let database = "\(folder.path)/\(login).sqlite"
            files.append("\(folder.path)/\(login).ndjson")
            #expect([0, 1, 3].contains(await run(["scan", login] + rest + ["--db", database]).status))
            #expect(await run(["history", "export", "--db", database, "-o", files[files.count - 1]]).status == 0)
        }
        let imported = await run(["history", "import"] + files + ["--db", folder.path + "/all.sqlite"])
        #expect(imported.status == 0, "\(imported.error)")
    }

    private static func ask(
        _ scan: EmulatedScan, _ database: String, _ arguments: [String], policy: String = "preset:strict",
        hours: Int64 = 0, environment: [String: String] = [:],
    ) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--api-url", scan.address, "--policy", policy]
                + ["--db", "\(scan.folder.path)/\(database).sqlite"],
            environment: environment, clockSkewSeconds: hours * 3600)
    }

    /// A report without what tells one scan from another.
    private static func judgement(_ run: CommandRun) throws -> NSDictionary {
        var json = run.json
        json["scan"] = nil
        json["warnings"] = nil
        func without(_ keys: String..., of list: String) {
            json[list] = (json[list] as? [[String: Any]])?.map { item in
                item.filter { !keys.contains($0.key) }
            }
        }
        without("since", of: "repositories")
        without("first_seen", of: "findings")
        without("scan", of: "organizations")
        #expect((json["repositories"] as? [Any])?.isEmpty == false)
        return json as NSDictionary
    }

    @Test func shardsAreJudgedAsOneScanOfTheSameWorld() async throws {
        let world = WorldFile(
            organizations: [
                Self.organization("acme", id: 77, [.good("api", id: 1), .own("bad", id: 2, ["repo"])]),
                Self.organization(
                    "globex", id: 88, [.good("a", id: 11, of: "globex"), .own("b", id: 12, ["workflow"])]),
                Self.organization("initech", id: 99, [.good("x", id: 21, of: "initech"), .own("y", id: 22, ["repo"])]),
            ], faults: [.init(path: "/repos/globex/a/*", kind: .status, status: 403)])
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            let policy = try scan.folder.write(
                """
                {"version": 1, "name": "p", "rules": [
                  {"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context"]},
                  {"id": "start", "rule": "leading-claim", "severity": "critical"},
                  {"id": "unused", "rule": "unused-waivers", "severity": "low"}]}
                """, to: "p.json")
            let waivers = try scan.folder.write(
                """
                {"version": 1, "waivers": [
                  {"rule": "claims", "repository": "y", "owner": "o", "reason": "r", "expires": "2099-05-31"},
                  {"rule": "claims", "repository": "nobody", "owner": "o", "reason": "r", "expires": "2099-05-31"}]}
                """, to: "w.json")
            try await Self.scan(scan, policy: policy, ["--waivers", waivers])
            for more in [[], ["--strict-coverage"], ["--fail-on", "none"], ["--waivers", waivers]] {
                let line = ["check"] + Self.logins + ["-f", "json"] + more
                let one = await Self.ask(scan, "one", line, policy: policy)
                let all = await Self.ask(scan, "all", line, policy: policy)
                #expect(one.status == (more.first == "--waivers" || more.isEmpty ? 1 : 3), "\(one.error)")
                #expect(all.status == one.status)
                #expect(try Self.judgement(all) == Self.judgement(one))
            }
            let report = ["report", "-f", "json"] + Self.logins.flatMap { ["--organization", $0] }
            let one = await Self.ask(scan, "one", report, policy: policy)
            let all = await Self.ask(scan, "all", report, policy: policy)
            #expect(all.status == 1 && one.status == 1)
            #expect(try Self.judgement(all) == Self.judgement(one))
            let organizations = all.json["organizations"] as? [[String: Any]] ?? []
            let scans = organizations.map { ($0["scan"] as? [String: Any])?["id"] as? Int }
            #expect(scans.compactMap(\.self).sorted() == [1, 2, 3])
            #expect((all.json["scan"] as? [String: Any])?["id"] is NSNull)
            let text = await Self.ask(
                scan, "all", ["report", "--organization", "acme", "--organization", "globex"], policy: policy)
            #expect(text.output.contains("globex is as scan 2 of 20"), "\(text.output)")
        }
    }

    @Test func aMissingOrStaleShardMakesItIncompleteByName() async throws {
        let world = WorldFile(
            organizations: Self.logins.enumerated().map { index, login in
                Self.organization(login, id: Int64(77 + index), [.good("a", id: Int64(index + 1), of: login)])
            })
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            try await Self.scan(scan, policy: "preset:strict")
            let check = ["check"] + Self.logins
            #expect(await Self.ask(scan, "all", check).status == 0)
            let missing = await Self.ask(scan, "all", check + ["hooli"])
            #expect(missing.status == 3)
            #expect(missing.error.contains("incomplete: hooli: the listing is partial: no finished scan of it"))

            #expect(await Self.ask(scan, "all", check, hours: 35).status == 0)
            let stale = await Self.ask(scan, "all", check + ["-f", "junit"], hours: 37)
            #expect(stale.status == 3)
            #expect(
                stale.error.contains("is incomplete: 3 organizations (acme, globex, initech); acme: scan 3 of 20"),
                "\(stale.error)")
            #expect(stale.output.contains("is older than 36h"))
            #expect(await Self.ask(scan, "all", check + ["--max-age", "48h"], hours: 37).status == 0)
            #expect(await Self.ask(scan, "all", check + ["--max-age", "1h"], hours: 2).status == 3)
            let ahead = await Self.ask(scan, "all", check, hours: -2)
            #expect(ahead.status == 3 && ahead.error.contains("yet to come"), "\(ahead.error)")

            // Of one scan nothing is too old unless it is asked for.
            #expect(await Self.ask(scan, "one", check, hours: 1000).status == 0)
            #expect(await Self.ask(scan, "one", check + ["--max-age", "36h"], hours: 37).status == 3)
            #expect(await Self.ask(scan, "all", ["check", "acme"], hours: 1000).status == 0)
            for line in [["check", "acme", "--at", "latest"], ["report", "latest"]] {
                let refused = await Self.ask(scan, "all", line + ["--max-age", "1h"])
                #expect(refused.status == 2 && refused.error.contains("--max-age is for the newest scans"))
                // As a setting it is meant for other commands.
                let setting = await Self.ask(
                    scan, "all", line, hours: 2, environment: ["OIDC_AUDIT_MAX_AGE": "1h"])
                #expect(setting.status == 0, "\(setting.error)")
            }
            let none = await Self.ask(scan, "all", ["check", "hooli"])
            #expect(none.status == 2 && none.error.contains("holds no finished scan of hooli"))
        }
    }

    @Test func scansOfDifferentScopesAreNotJoined() async throws {
        let world = WorldFile(
            organizations: ["acme", "globex"].enumerated().map { index, login in
                Self.organization(login, id: Int64(77 + index), [.good("a", id: Int64(index + 1), of: login)])
            })
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            #expect(await scan("globex", "--include", "a").status == 0)
            let check = await Self.ask(scan, "history", ["check", "acme", "globex"])
            #expect(check.status == 2)
            #expect(check.error.contains("scan 1 of acme and scan 2 of globex have different scopes"))
        }
    }
}
