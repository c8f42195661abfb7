import Foundation
import GitHubAPI
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Scans of repositories that are named one by one.
@Suite(.timeLimit(.minutes(5))) struct NamedRepositoryTests {
    private static let repositories =
        (0..<5).map { WorldFile.Repository.good("r\($0)", id: 100 + Int64($0)) } + [.own("lax", id: 200, ["workflow"])]

    private static func scope(_ run: CommandRun) -> [String]? {
        (run.json["scope"] as? [String: Any])?["repositories"] as? [String]
    }

    private static func organization(_ run: CommandRun) -> [String: Any] {
        (run.json["organizations"] as? [[String: Any]])?.first ?? [:]
    }

    private static func listing(_ run: CommandRun) -> [String: Any] {
        organization(run)["listing"] as? [String: Any] ?? [:]
    }

    @Test func onlyWhatIsNamedIsAskedFor() async throws {
        try await EmulatedScan.with(Self.repositories) { scan in
            let run = await scan("--repository", "acme/r1", "--repository", "ACME/R2", "-f", "json")
            #expect(run.status == 0, "\(run.error)")
            #expect(Set(run.repositories().keys) == ["acme/r1", "acme/r2"])
            #expect(Self.scope(run) == ["acme/r1", "ACME/R2"])
            #expect(Self.listing(run)["status"] as? String == "complete")
            #expect(Self.listing(run)["expected"] as? Int == 2)
            let paths = await scan.world.requests
            #expect(!paths.contains { $0.contains("/orgs/acme/repos") })
            #expect(paths.count { $0 == "GET /orgs/acme/actions/oidc/customization/sub" } == 2)
            let text = await scan("--repository", "acme/r1", "-o", "html=\(scan.folder.path)/r.html")
            #expect(text.status == 0, "\(text.error)")
            let page = try scan.folder.read("r.html")
            #expect(page.contains("repository acme/r1"))
        }
    }

    @Test func othersAreOutOfScopeAndNeverRemoved() async throws {
        try await EmulatedScan.with(Self.repositories) { scan in
            let whole = await scan("acme", "-f", "json")
            #expect(whole.status == 1, "\(whole.error)")
            let narrow = await scan("--repository", "acme/r1", "-f", "json")
            #expect(narrow.status == 0, "\(narrow.error)")
            #expect(Self.listing(narrow)["removed"] as? [String] == [])
            let gone = narrow.json["gone"] as? [[String: Any]] ?? []
            #expect(!gone.isEmpty)
            #expect(
                gone.allSatisfy { $0["why"] as? String == "out_of_scope" && $0["repository"] as? String == "acme/lax" })
            let again = await scan("acme", "-f", "json")
            #expect(again.repositories().count == 6)
            for pair in [["1", "2"], ["2", "3"], ["1", "3"]] {
                let diff = await CommandRun.run(["diff"] + pair + ["--db", scan.folder.database, "-f", "json"])
                let organizations = diff.json["organizations"] as? [[String: Any]] ?? []
                #expect(organizations.count == 1, "\(diff.error)")
                #expect((organizations.first?["repositories"] as? [Any])?.isEmpty == true, "\(pair): \(diff.output)")
            }
            let history = await CommandRun.run(["history", "verify", "--db", scan.folder.database])
            #expect(history.status == 0, "\(history.error)")
        }
    }

    @Test func anExportKeepsWhatWasNamed() async throws {
        try await EmulatedScan.with(Self.repositories) { scan in
            _ = await scan("--repository", "acme/r1", "-f", "none")
            let export = scan.folder.path + "/e.ndjson"
            _ = await CommandRun.run(["history", "export", "--db", scan.folder.database, "-o", export])
            let other = scan.folder.path + "/other.sqlite"
            let imported = await CommandRun.run(["history", "import", export, "--db", other])
            #expect(imported.status == 0, "\(imported.error)")
            let report = await CommandRun.run(
                ["report", "--policy", "preset:strict", "--db", other, "-f", "json"])
            #expect(Self.scope(report) == ["acme/r1"], "\(report.error)")
            #expect(Set(report.repositories().keys) == ["acme/r1"])
        }
    }

    @Test(arguments: [["acme/r1", "acme/typo"], ["acme/typo"]]) func oneThatIsNotFoundMakesItIncomplete(
        names: [String],
    ) async throws {
        try await EmulatedScan.with(Self.repositories) { scan in
            let run = await scan.run(
                names.flatMap { ["--repository", $0] } + ["-f", "json"],
                environment: ["GH_ENTERPRISE_TOKEN": "test-token"], isTerminal: false)
            #expect(run.status == 3, "\(run.error)")
            #expect(Self.listing(run)["status"] as? String == "partial")
            #expect((Self.listing(run)["error"] as? String)?.contains("acme/typo could not be read") == true)
            #expect(run.repositories().count == names.count - 1)
        }
    }

    @Test func oneThatWasRenamedIsNamedAnew() async throws {
        var repositories = Self.repositories
        repositories[0].renamedTo = "fresh"
        try await EmulatedScan.with(repositories) { scan in
            let run = await scan("--repository", "acme/r0", "-f", "json")
            #expect(run.status == 3, "\(run.error)")
            #expect((Self.listing(run)["error"] as? String)?.contains("acme/r0 was renamed: use acme/fresh") == true)
        }
    }

    @Test func anotherOrganizationIsReadWhole() async throws {
        let organizations = ["acme", "beta"].enumerated().map { number, login in
            WorldFile.Organization(
                login: login, id: Int64(77 + number), template: ["repo", "context", "job_workflow_ref"],
                repositories: (0..<3).map { .good("r\($0)", id: Int64(number * 100 + $0 + 1), of: login) })
        }
        try await EmulatedScan.with(WorldFile(organizations: organizations)) { scan in
            let run = await scan("beta", "--repository", "acme/r1", "-f", "json")
            #expect(run.status == 0, "\(run.error)")
            #expect(Set(run.repositories().keys) == ["acme/r1", "beta/r0", "beta/r1", "beta/r2"])
            let line = await scan("beta", "--repository", "acme/r1", "-f", "line")
            #expect(line.output.contains("; only repository acme/r1; all of beta; "), "\(line.output)")
        }
    }

    @Test func aUsersAccountNeverSetATemplate() async throws {
        let user = WorldFile.Organization(
            login: "octocat", id: 5, type: "User", template: nil,
            repositories: [.init(name: "hello", id: 9, visibility: "public"), .init(name: "other", id: 10)])
        try await EmulatedScan.with(WorldFile(organizations: [user])) { scan in
            let run = await scan("--repository", "octocat/hello", "-f", "json")
            let template = Self.organization(run)["template"] as? [String: Any]
            #expect(template?["status"] as? String == "never_set", "\(run.error)")
            let effective = run.repositories()["octocat/hello"]?["effective"] as? [String: Any]
            #expect(effective?["source"] as? String == "github_default", "\(run.output)")
            let requests = await scan.world.requests
            #expect(!requests.contains { $0.contains("/orgs/octocat/actions") })
            // A name that is gone hides none that is there.
            let some = await scan("--repository", "octocat/gone", "--repository", "octocat/hello", "-f", "json")
            #expect(some.repositories().keys.sorted() == ["octocat/hello"], "\(some.error)")
            #expect((Self.listing(some)["error"] as? String)?.contains("octocat/gone could not be read") == true)
            let whole = await scan("octocat", "-f", "json")
            #expect(whole.status == 4)
        }
    }

    @Test func aFaultOfANamedRepositoryIsAskedOnceMore() async throws {
        let faults = [WorldFile.Fault(path: "/repos/acme/r1", times: 4, kind: .status, status: 502)]
        try await EmulatedScan.with(Self.repositories, faults: faults) { scan in
            let run = await scan("--repository", "acme/r1", "--repository", "acme/r2", "-f", "json")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.repositories().count == 2)
        }
    }
}
