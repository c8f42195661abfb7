import AuditCore
import Foundation
import GitHubAPI
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Limits, validators and interrupted scans, as somebody sees them who runs the program night after night.
@Suite(.timeLimit(.minutes(5))) struct PaceTests {
    private func world(_ count: Int) -> WorldFile {
        WorldFile(organizations: [
            WorldFile.Organization(
                login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"],
                repositories: (1...count).map { .good("r\($0)", id: Int64($0)) })
        ])
    }

    /// Scans by a policy that needs nothing beyond listing and templates.
    private func withScan(
        _ world: WorldFile, _ body: @Sendable @escaping (EmulatedScan) async throws -> Void,
    ) async throws {
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            let policy = """
                version: 1
                name: pace
                rules:
                  - { id: workflow, rule: require-claims, severity: low, claims: [repo, context, job_workflow_ref] }
                """
            var scan = scan
            scan.policy = try scan.folder.write(policy, to: "policy.yaml")
            try await body(scan)
        }
    }

    private func requests(_ run: CommandRun) -> [String: Int] {
        let scan = run.json["scan"] as? [String: Any]
        return (scan?["requests"] as? [String: Any] ?? [:]).compactMapValues { $0 as? Int }
    }

    // MARK: - Limits

    /// The reason of a wait and its end stand on a terminal of 80 columns, however large the organization.
    @Test(arguments: [
        "the limit of 15000 requests is spent", "900 points a minute are spread evenly",
        "You have exceeded a secondary rate limit.",
    ])
    func aWaitFitsTheLine(message: String) {
        let wait = RateLimitWait(message: message, remaining: .seconds(3000), isPace: false)
        let line = ProgressLine.line(done: 98_765, of: 100_000, wait, now: .sample)
        #expect(line == "98765/100000 · wait 50 min to 02:50Z: \(message)")
        #expect(line.count <= 80)
    }

    @Test func theMinutesPointsAreSpentAndNoneIsRefused() async throws {
        var world = world(150)
        world.secondaryLimit = .init(points: 90, windowMilliseconds: 500)
        world.rateLimit = .init(limit: 15_000, windowSeconds: 3600)
        try await withScan(world) { (scan) async throws -> Void in
            // A minute that is much longer than the emulator's: where all tests run at once, a request may take seconds to
            // arrive, and those that were sent later less.
            let run = await scan(
                "acme", "-f", "json", "--points-per-minute", "90", "--concurrency", "100", minute: .seconds(20))
            #expect(run.status == 0, "\(run.error)")
            #expect(run.repositories().count == 150)
            #expect(requests(run)["sent"] == 1 + 2 + 2 + 150)
            #expect(await scan.world.refused == 0)
            #expect(await scan.world.inFlightMax <= 100)
        }
    }

    @Test func oneScanAfterTheOtherKeepsToTheSameMinute() async throws {
        var world = world(60)
        world.secondaryLimit = .init(points: 90, windowMilliseconds: 500)
        world.rateLimit = .init(limit: 15_000, windowSeconds: 3600)
        try await withScan(world) { (scan) async throws -> Void in
            for _ in 0..<2 {
                let run = await scan(
                    "acme", "-f", "json", "--points-per-minute", "90", minute: .seconds(10))
                #expect(run.status == 0, "\(run.error)")
            }
            #expect(await scan.world.refused == 0)
        }
    }

    /// Two processes that scan different organizations with one token, as two timers may: neither is refused.
    @Test func scansAtOnceShareTheMinuteOfTheirToken() async throws {
        var world = world(60)
        var other = world.organizations[0]
        (other.login, other.id) = ("other", 78)
        other.repositories = (1...60).map { .good("o\($0)", id: Int64(1_000 + $0), of: "other") }
        world.organizations.append(other)
        world.secondaryLimit = .init(points: 90, windowMilliseconds: 500)
        world.rateLimit = .init(limit: 15_000, windowSeconds: 3600)
        try await withScan(world) { (scan) async throws -> Void in
            // The history is there, as on every night but the first.
            _ = await scan("acme", "-f", "none", "--include", "r1", "--points-per-minute", "90", minute: .seconds(10))
            async let one = scan("acme", "-f", "json", "--points-per-minute", "90", minute: .seconds(10))
            async let two = scan("other", "-f", "json", "--points-per-minute", "90", minute: .seconds(10))
            let runs = await [one, two]
            for run in runs { #expect(run.status == 0, "\(run.error)") }
            #expect(runs.map { $0.repositories().count } == [60, 60])
            #expect(await scan.world.refused == 0)
            let files = try FileManager.default.contentsOfDirectory(atPath: scan.folder.path)
            #expect(files.contains { $0.contains("-minute-") })
            #expect(!files.contains { $0.contains("test-token") })
        }
    }

    /// Whatever uses the token shares its minute, one command after the other.
    @Test func aWriteAfterAScanKeepsToTheSameMinute() async throws {
        var world = world(60)
        world.organizations[0].repositories[0].setting?.useDefault = true
        world.secondaryLimit = .init(points: 90, windowMilliseconds: 500)
        world.rateLimit = .init(limit: 15_000, windowSeconds: 3600)
        try await withScan(world) { (scan) async throws -> Void in
            let minute = Duration.seconds(10)
            let first = await scan("acme", "-f", "json", "--points-per-minute", "90", minute: minute)
            #expect(first.status == 1, "\(first.error)")
            for claims in ["repo,ref", "repo,context", "repo,ref", "repo,context"] {
                let set = await CommandRun.run(
                    [
                        "template", "set", "acme/r1", "--claims", claims, "--yes", "--points-per-minute", "90",
                        "--api-url", scan.address, "--db", scan.folder.database,
                    ], environment: ["GH_ENTERPRISE_TOKEN": "test-token"], minute: minute)
                #expect(set.status == 0, "\(set.error)")
            }
            #expect(await scan.world.refused == 0)
        }
    }

    @Test func aRefusalTeachesTheNextNights() async throws {
        var world = world(30)
        world.rateLimit = .init(limit: 15_000, windowSeconds: 3600)
        world.faults = [.init(path: "/repos/*", after: 5, times: 1, kind: .secondaryLimit, retryAfterSeconds: 0)]
        try await withScan(world) { (scan) async throws -> Void in
            // 600 points in 1.2 seconds: one each 2 ms.
            let first = await scan(
                "acme", "-f", "json", "--points-per-minute", "600", minute: .milliseconds(1200))
            #expect(first.status == 0, "\(first.error)")
            await scan.world.change { $0.faults = [] }
            let second = await scan(
                "acme", "-f", "json", "--points-per-minute", "600", minute: .milliseconds(1200))
            let waited = ((second.json["scan"] as? [String: Any])?["requests"] as? [String: Any])?["waited_seconds"]
            #expect((waited as? Double ?? 0) > 0)
            // Another token was never refused.
            let other = await scan(
                "acme", "-f", "json", "--points-per-minute", "600", environment: ["GH_ENTERPRISE_TOKEN": "other-token"],
                minute: .milliseconds(1200))
            let others = ((other.json["scan"] as? [String: Any])?["requests"] as? [String: Any])?["waited_seconds"]
            #expect(others as? Double == 0)
        }
    }

    /// A budget that is too small for all is enough for what the scope leaves.
    @Test func nobodyIsAlarmedForWhatIsOutOfScope() async throws {
        var world = world(50)
        world.rateLimit = .init(limit: 30, windowSeconds: 3600)
        try await withScan(world) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json", "--include", "r7", "--max-wait", "10m")
            #expect(run.status == 0, "\(run.error)")
            #expect(!run.error.contains("needs up to"))
        }
        world.rateLimit = .init(limit: 10, windowSeconds: 3600)
        try await withScan(world) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json", "--exclude", "r7", "--max-wait", "10m")
            #expect(run.status == 3)
            #expect(run.error.contains("needs up to"))
        }
    }

    @Test func aBudgetThatIsTooSmallIsSaidAtTheStartAndCoversEverythingOverSomeNights() async throws {
        var world = world(50)
        world.rateLimit = .init(limit: 30, windowSeconds: 3600)
        try await withScan(world) { (scan) async throws -> Void in
            // Each night has a token of its own, of which nothing is known: no answer is spared.
            func night(_ number: Int, _ arguments: String...) async -> CommandRun {
                await CommandRun.run(
                    [
                        "scan", "acme", "--api-url", scan.address, "--db", scan.folder.database, "--policy",
                        scan.policy, "-f", "json", "--max-wait", "10m", "--concurrency", "1",
                    ] + arguments, environment: ["GH_ENTERPRISE_TOKEN": "ghs_token-\(number)"])
            }
            let first = await night(1)
            #expect(first.status == 3)
            #expect(first.error.contains("acme needs up to 53 requests; 29 of 30 are left until"))
            #expect(first.error.contains("longer than --max-wait allows"))
            #expect(first.error.contains("run it again later with --resume"))
            func read(_ run: CommandRun) -> Set<String> {
                Set(run.repositories().filter { $0.value["status"] as? String == "compliant" }.keys)
            }
            #expect(read(first).count == 27)
            await scan.world.turnWindow()
            // A day later it is a scan of its own, and begins with what was not read.
            let second = await night(2)
            #expect(second.status == 3)
            #expect(read(first).union(read(second)).count == 50)
            #expect(await scan.world.refused == 0)
            // Going on needs no more than the rest.
            await scan.world.turnWindow()
            let third = await night(3, "--resume")
            #expect(third.status == 0, "\(third.error)")
            #expect(third.error.contains("note: resuming scan #2"))
        }
    }

    @Test func aSmallBudgetReachesEachOrganizationInItsTurn() async throws {
        var world = world(30)
        var small = world.organizations[0]
        small.login = "small"
        small.id = 78
        small.repositories = [.good("only", id: 100, of: "small")]
        world.organizations.append(small)
        world.rateLimit = .init(limit: 20, windowSeconds: 3600)
        try await withScan(world) { (scan) async throws -> Void in
            for night in 1...2 {
                let run = await scan(
                    "acme", "small", "-f", "json", "--max-wait", "10m",
                    environment: ["GH_ENTERPRISE_TOKEN": "ghs_token-\(night)"])
                #expect(run.status == 3)
                // Whatever is read first, the report keeps the order in which they were named.
                let organizations = run.json["organizations"] as? [[String: Any]] ?? []
                #expect(organizations.map { $0["login"] as? String } == ["acme", "small"])
                let status = run.repositories()["small/only"]?["status"] as? String
                #expect(status == (night == 1 ? nil : "compliant"))
                await scan.world.turnWindow()
            }
        }
    }

    @Test func theRestIsReadAfterTheWindowHasTurned() async throws {
        var world = world(20)
        world.rateLimit = .init(limit: 15, windowSeconds: 4)
        try await withScan(world) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.error.contains("the rest is read from then on"))
            #expect(requests(run)["retried"] == 0)
            #expect(run.repositories().count == 20)
        }
    }

    // MARK: - Validators

    @Test func anUnchangedNightCostsThreeRequests() async throws {
        var world = world(150)
        world.rateLimit = .init(limit: 5000, windowSeconds: 3600)
        try await withScan(world) { (scan) async throws -> Void in
            let cold = await scan("acme", "-f", "json")
            #expect(requests(cold) == ["sent": 155, "not_modified": 0, "retried": 0, "waited_seconds": 0])
            let left = await scan.world.remaining
            let warm = await scan("acme", "-f", "json")
            #expect(warm.status == 0)
            #expect(requests(warm) == ["sent": 155, "not_modified": 152, "retried": 0, "waited_seconds": 0])
            #expect(await scan.world.remaining == left - 3)
            #expect(
                warm.repositories().mapValues { $0["status"] as? String }
                    == cold.repositories().mapValues { $0["status"] as? String })
            // What changes is seen.
            await scan.world.change { $0.organizations[0].repositories[7].setting?.includeClaimKeys = ["actor"] }
            let changed = await scan("acme", "-f", "json")
            #expect(changed.status == 1)
            #expect(changed.repositories()["acme/r8"]?["status"] as? String == "violating")
            #expect(requests(changed)["not_modified"] == 151)
        }
    }

    @Test func anotherTokenBeginsColdAndSaysSo() async throws {
        try await withScan(world(3)) { (scan) async throws -> Void in
            let first = await scan("acme", "-f", "json")
            #expect(!first.error.contains("does not know"))
            let other = await scan(
                "acme", "-f", "json", environment: ["GH_ENTERPRISE_TOKEN": "another-token"])
            #expect(
                other.error.contains(
                    "note: new token or API version: this scan reads everything in full"))
            #expect(requests(other)["not_modified"] == 0)
            let again = await scan("acme", "-f", "json")
            #expect(requests(again)["not_modified"] == 4)
            let version = await scan("acme", "-f", "json", "--api-version", "2026-03-10")
            #expect(requests(version)["not_modified"] == 0)
            // No token is in the history, and none of an hour's life is known there at all.
            let hourly = await scan("acme", "-f", "json", environment: ["GH_ENTERPRISE_TOKEN": "ghs_hourly-token"])
            #expect(!hourly.error.contains("does not know"))
            let bytes = try Data(contentsOf: URL(filePath: scan.folder.database))
            for token in ["test-token", "another-token", "ghs_hourly-token"] {
                #expect(bytes.range(of: Data(token.utf8)) == nil)
            }
        }
    }

    // MARK: - Going on

    @Test func goingOnReadsNoTemplateTwice() async throws {
        var world = world(40)
        world.faults = [.init(path: "/repos/*", after: 15, kind: .primaryLimit, resetInSeconds: 3000)]
        try await withScan(world) { (scan) async throws -> Void in
            let first = await scan("acme", "-f", "json", "--max-wait", "10s", "--concurrency", "1")
            #expect(first.status == 3)
            #expect(first.error.contains("with --resume"))
            let asked = await scan.world.requests.count
            await scan.world.change { $0.faults = [] }
            let second = await scan("acme", "-f", "json", "--resume")
            #expect(second.status == 0, "\(second.error)")
            #expect(second.error.hasPrefix("note: resuming scan #1, which began at "))
            let templates = await scan.world.requests.filter { $0.contains("/repos/acme/") }
            #expect(await scan.world.requests.count == asked + 1 + 2 + 1 + 25)
            // Fifteen before, one that was refused, and the rest.
            #expect(templates.count == 15 + 1 + 25)
            let ids = [first, second].map { ($0.json["scan"] as? [String: Any])?["id"] as? Int }
            #expect(ids == [1, 1])
            #expect(requests(second)["sent"] == asked + 29)
            let third = await scan("acme", "-f", "json", "--resume")
            #expect(third.error.hasPrefix("note: there is no interrupted scan to resume: a new scan begins"))
        }
    }

    /// Why everything is read again is told, not that there was nothing to go on with.
    @Test func whyAScanCannotGoOnIsSaid() async throws {
        var world = world(4)
        world.faults = [.init(path: "/repos/*", after: 2, kind: .primaryLimit, resetInSeconds: 3000)]
        try await withScan(world) { (scan) async throws -> Void in
            let first = await scan("acme", "--max-wait", "10s", "--concurrency", "1")
            #expect(first.status == 3)
            #expect(first.error.contains("note: nothing more until 20"))
            await scan.world.change { $0.faults = [] }
            let narrow = await scan("acme", "--resume", "--include", "r1*")
            #expect(narrow.error.hasPrefix("note: scan #1 has another scope and can't be resumed: a new scan begins"))
            let whole = await scan("acme", "--resume")
            #expect(whole.error.hasPrefix("note: scan #1 can't be resumed since scan #2 began: a new scan begins"))
        }
    }

    /// SIGKILL, which nobody hears: the history is all there is to go on with.
    @Test func aKilledProgramGoesOn() async throws {
        var world = world(300)
        world.faults = [.init(path: "/repos/*", after: 100, kind: .hang)]
        try await withScan(world) { (scan) async throws -> Void in
            let arguments = [
                "scan", "acme", "--api-url", scan.address, "--db", scan.folder.database, "--policy", scan.policy,
            ]
            let killed = Process()
            killed.executableURL = BinaryTests.program
            killed.arguments = arguments
            killed.environment = ["GH_ENTERPRISE_TOKEN": "test-token"]
            killed.standardOutput = FileHandle.nullDevice
            killed.standardError = FileHandle.nullDevice
            try killed.run()
            while try BinaryTests.sqlite(scan.folder.database, "SELECT count(*) FROM settingObservation") < 100 {
                try #require(killed.isRunning)
                await Task.yield()
            }
            kill(killed.processIdentifier, SIGKILL)
            while killed.isRunning { await Task.yield() }
            await scan.world.change { $0.faults = [] }
            let run = await scan("acme", "-f", "json", "--resume")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.error.contains("note: resuming scan #1"))
            #expect(run.repositories().count == 300)
            // What hung when the program was killed may reach the emulator at any time after that, so each
            // repository is counted for itself: the hundred that were answered are asked for once.
            let templates = await scan.world.requests.filter { $0.contains("/repos/acme/") }
            let times = Dictionary(templates.map { ($0, 1) }, uniquingKeysWith: +)
            #expect(times.count == 300)
            #expect(Set(templates.prefix(100)).count == 100)
            #expect(templates.prefix(100).allSatisfy { times[$0] == 1 })
        }
    }

    @Test func aTemplateThatChangesWhileTheScanRunsLeavesWhatFollowsItUndecided() async throws {
        var world = world(4)
        // One echoes the organization's keys, as GitHub does for what is inherited; one has GitHub's default.
        world.organizations[0].repositories[0] = .own("echo", id: 1, ["repo", "context", "job_workflow_ref"])
        world.organizations[0].repositories[1] = WorldFile.Repository(name: "default", id: 2)
        // The second reading finds other keys.
        world.faults = [
            .init(
                path: "/orgs/acme/actions/oidc/customization/sub", after: 1, kind: .body,
                body: #"{"include_claim_keys": ["repo", "context"]}"#)
        ]
        try await withScan(world) { (scan) async throws -> Void in
            let run = await scan("acme", "-f", "json", "--strict-coverage")
            #expect(run.status == 3)
            let statuses = run.repositories().mapValues { $0["status"] as? String }
            #expect(
                statuses == [
                    "acme/echo": "unreadable", "acme/default": "violating", "acme/r3": "unreadable",
                    "acme/r4": "unreadable",
                ])
        }
    }

    @Test func goingOnWithTwoOrganizationsReadsEachToItsEnd() async throws {
        var world = world(10)
        var beta = world.organizations[0]
        beta.login = "beta"
        beta.id = 78
        beta.repositories = (1...10).map { .good("b\($0)", id: 100 + Int64($0), of: "beta") }
        world.organizations.append(beta)
        world.faults = [.init(path: "/repos/beta/*", after: 5, kind: .primaryLimit, resetInSeconds: 3000)]
        try await withScan(world) { (scan) async throws -> Void in
            let first = await scan("acme", "beta", "-f", "json", "--max-wait", "10s", "--concurrency", "1")
            #expect(first.status == 3)
            await scan.world.change { file in
                file.faults = []
                // Gone and renamed meanwhile.
                file.organizations[0].repositories.removeLast()
                file.organizations[0].repositories[0].name = "renamed"
            }
            let asked = await scan.world.requests.count
            let second = await scan("acme", "beta", "-f", "json", "--resume")
            #expect(second.status == 0, "\(second.error)")
            #expect(second.repositories().count == 19)
            #expect(second.repositories()["acme/renamed"]?["status"] as? String == "compliant")
            #expect(await scan.world.requests.count == asked + 2 * 4 + 1 + 5)
            let listing = (second.json["organizations"] as? [[String: Any]])?.first?["listing"] as? [String: Any]
            #expect(listing?["removed"] as? [String] == ["acme/r10"])
            // What is judged again from the history is the same.
            let check = await CommandRun.run([
                "check", "acme", "beta", "--api-url", scan.address, "--db", scan.folder.database, "--policy",
                scan.policy, "-f", "json",
            ])
            #expect(check.status == 0)
            #expect(check.repositories().count == 19)
        }
    }

    @Test func aListingThatGrowsBeyondAFullPageIsSeen() async throws {
        var world = world(100)
        world.organizations[0].showsPrivateCount = false
        try await withScan(world) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            await scan.world.change { file in
                file.organizations[0].repositories.append(.own("new", id: 1000, ["actor"]))
            }
            #expect(await scan("acme").status == 1)
        }
    }

    @Test func aLongWaitIsSaidWhereThereIsNoTerminal() async throws {
        var world = world(20)
        world.rateLimit = .init(limit: 15, windowSeconds: 40)
        try await withScan(world) { (scan) async throws -> Void in
            let run = await scan("acme", "--max-wait", "1h")
            #expect(run.error.contains("note: waiting until "))
            #expect(run.error.contains("the limit of 15 requests is spent"))
            #expect(!(await scan("acme", "--quiet")).error.contains("note:"))
        }
    }

    @Test func aTemplateThatChangesWhileTheScanWaitsLeavesNothingDecidedByTheOldOne() async throws {
        var world = world(10)
        world.faults = [.init(path: "/repos/*", after: 5, kind: .primaryLimit, resetInSeconds: 3000)]
        try await withScan(world) { (scan) async throws -> Void in
            _ = await scan("acme", "--max-wait", "10s", "--concurrency", "1")
            await scan.world.change { file in
                file.faults = []
                file.organizations[0].template = ["repo", "context", "job_workflow_ref", "actor"]
            }
            let run = await scan("acme", "-f", "json", "--resume")
            #expect(run.error.contains("every repository was read again"))
            #expect(
                run.repositories().values.allSatisfy { repository in
                    let effective = repository["effective"] as? [String: Any]
                    return effective?["include_claim_keys"] as? [String] == [
                        "repo", "context", "job_workflow_ref", "actor",
                    ]
                })
        }
    }
}
