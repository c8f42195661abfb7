import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Plans, from the command line.
@Suite(.timeLimit(.minutes(5))) struct PlanCommandTests {
    private static let token = ["GH_ENTERPRISE_TOKEN": "test-token"]

    private static func run(_ scan: EmulatedScan, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--db", scan.folder.database, "--api-url", scan.address], environment: token)
    }

    private static func onDefault(_ name: String, id: Int64) -> WorldFile.Repository {
        WorldFile.Repository(
            name: name, id: id, setting: .init(useDefault: true, subClaimPrefix: "repo:acme/\(name)"))
    }

    @Test func aPlanIsADiffAndADocument() async throws {
        try await EmulatedScan.with(
            [.good("api", id: 1), Self.onDefault("web", id: 2), .own("odd", id: 3, ["actor", "repo"])]
        ) { (scan) async throws -> Void in
            let file = "\(scan.folder.path)/plan.json"
            let run = await Self.run(scan, "plan", "acme", "--policy", "preset:strict", "-o", "json=\(file)")
            #expect(run.status == 1, "\(run.error)")
            for line in [
                "PLAN  acme: 2 changes, by which 2 subjects change\n", "REPOSITORY  acme/web\n",
                "  - template: GitHub's default (use_default: true)\n  + template: the organization's, inherited\n",
                "    subject: repo:acme/web:{context}\n",
                "          →  repo:acme/web:{context}:job_workflow_ref:{job_workflow_ref}\n",
                "    fixes: required-claims, follows-organization\n",
            ] { #expect(run.output.contains(line), "\(line)\n\(run.output)") }
            #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
            let json = try #require(
                JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file))) as? [String: Any])
            #expect(json["schema"] as? String == "oidc-audit.plan/v1")
            #expect(json["api_url"] as? String == scan.address)
            let changes = try #require(json["changes"] as? [[String: Any]])
            #expect(changes.map { $0["repository"] as? String } == ["odd", "web"])
            // From what is stored the same plan comes, without asking anything.
            let asked = await scan.world.requests.count
            let stored = await Self.run(
                scan, "plan", "acme", "--policy", "preset:strict", "--from-scan", "latest",
                "--update-cloud-first")
            #expect(stored.status == 1)
            #expect(stored.output.contains("allow: repo:acme/web:{context}:job_workflow_ref:{job_workflow_ref}"))
            #expect(await scan.world.requests.count == asked)
            // Planning writes nothing.
            #expect(await !scan.world.requests.contains { !$0.hasPrefix("GET") })
        }
    }

    /// Whoever asks must be able to tell a plan of everything from one that was cut short, or could not be made.
    @Test func aPlanThatWasCutShortSaysSo() async throws {
        let repositories = (1...12).map { Self.onDefault("r\($0)", id: Int64($0)) }
        try await EmulatedScan.with(repositories) { (scan) async throws -> Void in
            let file = "\(scan.folder.path)/plan.json"
            func plan() throws -> [String: Any] {
                try #require(
                    JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file))) as? [String: Any])
            }
            await scan.world.change {
                $0.faults = [.init(path: "/repos/*", after: 6, kind: .status, status: 401)]
            }
            let arguments = ["plan", "acme", "--policy", "preset:strict", "-o", "json=\(file)", "--concurrency", "1"]
            let refused = await CommandRun.run(
                arguments + ["--db", scan.folder.database, "--api-url", scan.address], environment: Self.token)
            #expect(refused.status == 4)
            #expect(try plan()["incomplete"] as? String != nil)
            // What was known is planned, and no plan is taken for the whole.
            #expect(try (plan()["changes"] as? [Any])?.isEmpty == false)
            // Nothing at all: no plan of another day is left.
            await scan.world.change { $0.faults = [.init(kind: .status, status: 401)] }
            #expect(
                await CommandRun.run(
                    arguments + ["--db", scan.folder.database, "--api-url", scan.address], environment: Self.token
                ).status == 4)
            #expect(try (plan()["changes"] as? [Any])?.isEmpty == true)
            await scan.world.change { $0.faults = [] }
            let empty = await CommandRun.run(
                ["apply", file, "--yes", "--db", scan.folder.database, "--api-url", scan.address],
                environment: Self.token)
            #expect(empty.status == 2)
            #expect(empty.error.contains("the plan is incomplete and empty"))
        }
    }

    /// What could not be read is in the document too, and where nothing is to change in the rest, that is no 0.
    @Test func aPlanOfAPartSaysSo() async throws {
        let secret = WorldFile.Repository(name: "secret", id: 9, refusal: .forbidden)
        // The one is fixed by opting in; no rule knows a single way to fix the other.
        for (repository, status) in [
            (Self.onDefault("web", id: 1), Int32(1)), (.own("odd", id: 1, ["actor", "repo"]), 3),
        ] {
            try await EmulatedScan.with([repository, secret]) { (scan) async throws -> Void in
                let file = "\(scan.folder.path)/plan.json"
                let policy = try scan.folder.write(
                    """
                    {"version": 1, "name": "p", "rules": [
                      {"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["job_workflow_ref"]}]}
                    """, to: "p.json")
                for source in [[], ["--from-scan", "latest"]] {
                    let run = await CommandRun.run(
                        ["plan", "acme", "--policy", policy, "-o", "json=\(file)"] + source
                            + ["--db", scan.folder.database, "--api-url", scan.address], environment: Self.token)
                    #expect(run.status == status, "\(run.output)\(run.error)")
                    let plan = try #require(
                        JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file))) as? [String: Any])
                    #expect((plan["incomplete"] as? String)?.isEmpty == false)
                    #expect((plan["changes"] as? [Any])?.count == (status == 1 ? 1 : 0))
                }
            }
        }
    }

    @Test func anInterruptedPlanEndsAsAScanDoes() async throws {
        let repositories = (1...30).map { Self.onDefault("r\($0)", id: Int64($0)) }
        try await EmulatedScan.with(repositories) { (scan) async throws -> Void in
            let world = scan.world
            let run = await CommandRun.run(
                [
                    "plan", "acme", "--policy", "preset:strict", "--concurrency", "1", "--db", scan.folder.database,
                    "--api-url", scan.address,
                ], environment: Self.token,
                stopRequests: {
                    AsyncStream { continuation in
                        Task {
                            while await world.requests.count < 12 { await Task.yield() }
                            continuation.yield(.interrupted)
                        }
                    }
                })
            #expect(run.status == 130, "\(run.error)")
            #expect(!run.error.contains("--resume"))
        }
    }

    @Test func theSchemaIsPrinted() async {
        let run = await CommandRun.run(["plan", "--schema"])
        #expect(run.status == 0)
        #expect(run.json["$id"] as? String == "urn:oidc-audit.plan:v1")
        let nobody = await CommandRun.run(["plan", "--policy", "preset:strict"])
        #expect(nobody.status == 2)
        #expect(nobody.error.contains("no organization was named"))
    }

    @Test func aCompliantOrganizationNeedsNoPlan() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            let run = await Self.run(scan, "plan", "acme", "--policy", "preset:strict")
            #expect(run.status == 0)
            #expect(run.output.hasPrefix("NOTHING TO CHANGE  acme: 0 changes"))
        }
    }

    @Test func whatCouldNotBeReadIsNoPlanOfNothing() async throws {
        var secret = WorldFile.Repository.good("secret", id: 2)
        secret.refusal = .forbidden
        try await EmulatedScan.with([.good("api", id: 1), secret]) { (scan) async throws -> Void in
            let run = await Self.run(scan, "plan", "acme", "--policy", "preset:strict")
            #expect(run.status == 3)
            #expect(run.error.contains("the scan is incomplete"))
        }
    }

    @Test func mistakesAreTwo() async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            for (arguments, message) in [
                (["-o", "html=plan.html"], "--output: \"html\" is unknown"),
                (["--from-scan", "latest"], "there is no history"),
                (["-f", "junit"], "--format: \"junit\" is unknown"),
            ] {
                let run = await CommandRun.run(
                    [
                        "plan", "acme", "--policy", "preset:strict", "--db", scan.folder.database, "--api-url",
                        scan.address,
                    ]
                        + arguments, environment: Self.token)
                #expect(run.status == 2)
                #expect(run.error.contains(message), "\(run.error)")
            }
            #expect(await scan.world.requests.isEmpty)
        }
    }
}
