import ArgumentParser
import AuditCore
import Foundation
import GRDB
import GitHubAPI
import Synchronization
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Writing, from the command line, against the emulator's answers.
@Suite(.timeLimit(.minutes(5))) struct ApplyCommandTests {
    private static let token = ["GH_ENTERPRISE_TOKEN": "test-token"]
    private static let path = "/repos/acme/%@/actions/oidc/customization/sub"

    private static func put(_ name: String) -> String { "PUT " + String(format: path, name) }

    private static func onDefault(_ name: String, id: Int64) -> WorldFile.Repository {
        WorldFile.Repository(
            name: name, id: id,
            setting: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme/\(name)"))
    }

    /// A world in which three repositories are to opt in, and a plan for it.
    private static func withPlan(
        _ repositories: [WorldFile.Repository] = (1...3).map { onDefault("r\($0)", id: Int64($0)) },
        echoes: Bool = true, _ body: @Sendable @escaping (EmulatedScan, String) async throws -> Void,
    ) async throws {
        var organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"], repositories: repositories)
        organization.echoesTemplate = echoes
        var world = WorldFile(organizations: [organization])
        world.user = "octocat"
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            let plan = "\(scan.folder.path)/plan.json"
            let run = await Self.run(scan, "plan", "acme", "--policy", "preset:strict", "-o", "json=\(plan)")
            #expect(run.status == 1, "\(run.output)\(run.error)")
            try await body(scan, plan)
        }
    }

    private static func run(
        _ scan: EmulatedScan, _ arguments: String..., ask: (@Sendable (String) -> Bool)? = nil,
        timeout: Duration = .seconds(240),
        stopRequests: @escaping @Sendable () -> AsyncStream<ScanStop> = { AsyncStream { _ in } },
    ) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--api-url", scan.address]
                + (arguments.starts(with: ["template", "get"]) ? [] : ["--db", scan.folder.database]),
            environment: token,
            requestTimeout: timeout, ask: ask, stopRequests: stopRequests)
    }

    private static func writes(_ scan: EmulatedScan) async -> [String] {
        await scan.world.requests.filter { !$0.hasPrefix("GET ") }
    }

    private static func setting(_ scan: EmulatedScan, _ place: Int) async -> WorldFile.Setting? {
        await scan.world.file.organizations[0].repositories[place].setting
    }

    private static func outcomes(_ scan: EmulatedScan) async -> [String?] {
        let json = await run(scan, "history", "changes", "-f", "json").json
        let newest = (json["changesets"] as? [[String: Any]])?.first
        return (newest?["changes"] as? [[String: Any]] ?? []).map { $0["outcome"] as? String }
    }

    // MARK: - The whole way

    @Test(arguments: [true, false])
    func whatIsPlannedIsWrittenReadBackAndUndone(echoes: Bool) async throws {
        try await Self.withPlan(echoes: echoes) { (scan, plan) async throws -> Void in
            let before = await scan.world.file.organizations[0].repositories.map(\.setting?.useDefault)
            let applied = await Self.run(scan, "apply", plan, "--yes")
            #expect(applied.status == 0, "\(applied.error)")
            #expect(await Self.writes(scan) == ["r1", "r2", "r3"].map(Self.put))
            #expect(await Self.setting(scan, 0)?.useDefault == false)
            #expect(await Self.setting(scan, 0)?.includeClaimKeys == nil)
            let changes = await Self.run(scan, "history", "changes")
            #expect(changes.output.contains(/#1  apply, .*, by octocat\n  applied       3 repositories alike/))
            // A compliant organization has nothing left to plan.
            #expect(await Self.run(scan, "plan", "acme", "--policy", "preset:strict").status == 0)

            let undone = await Self.run(scan, "rollback", "1", "--yes")
            #expect(undone.status == 0, "\(undone.error)")
            #expect(await scan.world.file.organizations[0].repositories.map(\.setting?.useDefault) == before)
            // And back again: what inherited inherits, and is no copy.
            let redone = await Self.run(scan, "rollback", "2", "--yes")
            #expect(redone.status == 0, "\(redone.error)")
            #expect(await Self.setting(scan, 0)?.useDefault == false)
            #expect(await Self.setting(scan, 0)?.includeClaimKeys == nil)
            // What was undone and done again is undone again; then there is nothing left to undo.
            #expect(await Self.run(scan, "rollback", "3", "--yes").status == 0)
            let again = await Self.run(scan, "rollback", "1", "--yes")
            #expect(again.status == 0)
            #expect(again.output.contains("NOTHING TO CHANGE"))
            #expect(await Self.run(scan, "history", "verify").status == 0)
        }
    }

    @Test func anOrganizationIsSetFirstAndBackToTheDefault() async throws {
        var world = WorldFile(
            organizations: [
                .init(
                    login: "acme", id: 77, template: nil,
                    repositories: [.good("api", id: 1), Self.onDefault("web", id: 2)])
            ])
        world.user = nil
        try await EmulatedScan.with(world) { (scan) async throws -> Void in
            let policy = try scan.folder.write(
                """
                {"version": 1, "name": "p", "rules": [
                  {"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "ref"]]},
                  {"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["ref"], "fix": "inherit"}]}
                """, to: "p.json")
            let plan = "\(scan.folder.path)/plan.json"
            let planned = await Self.run(scan, "plan", "acme", "--policy", policy, "-o", "json=\(plan)")
            #expect(planned.output.contains("warning: it can't be undone wholly"), "\(planned.output)\(planned.error)")
            let applied = await Self.run(scan, "apply", plan, "--yes")
            #expect(applied.status == 0, "\(applied.error)")
            #expect(
                await Self.writes(scan) == ["PUT /orgs/acme/actions/oidc/customization/sub", Self.put("web")])
            #expect(await scan.world.file.organizations[0].template == ["repo", "ref"])
            let uncounted = await Self.run(scan, "rollback", "1", "--yes")
            #expect(uncounted.status == 2)
            #expect(uncounted.error.contains("are not counted here"))
            let undone = await Self.run(scan, "rollback", "1", "--yes", "--max-changes", "9")
            #expect(undone.status == 0, "\(undone.error)")
            #expect(undone.output.replacing(/\s+/, with: " ").contains("it becomes repo, context"))
            #expect(!undone.output.contains("fixes:"))
            #expect(await scan.world.file.organizations[0].template == ["repo", "context"])
            #expect(await Self.setting(scan, 1)?.useDefault == true)
            let changes = await Self.run(scan, "history", "changes").output
            #expect(changes.contains("by a token of no user"))
        }
    }

    // MARK: - Asking

    @Test func nothingIsWrittenUnaskedAndTheCanaryIsAskedAfter() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            let unasked = await Self.run(scan, "apply", plan)
            #expect(unasked.status == 2)
            #expect(unasked.error.contains("no terminal to confirm on"))
            #expect(await Self.run(scan, "apply", plan, ask: { _ in false }).status == 2)
            #expect(await Self.writes(scan).isEmpty)

            let questions = Mutex<[String]>([])
            let stopped = await Self.run(
                scan, "apply", plan,
                ask: { question in
                    questions.withLock {
                        $0.append(question); return $0.count == 1
                    }
                })
            #expect(stopped.status == 6)
            #expect(stopped.error.contains("stopped after the canary; 1 of 3 changes were made"))
            #expect(questions.withLock { $0.map { $0.prefix(5) } } == ["Write", "The f"])
            #expect(await Self.writes(scan) == [Self.put("r1")])
            // It is begun, and is gone on with rather than begun again.
            let twice = await Self.run(scan, "apply", plan, "--yes")
            #expect(twice.status == 2)
            #expect(twice.error.contains("was started as #1"))
            let rest = await Self.run(scan, "apply", "--continue", "--yes")
            #expect(rest.status == 0, "\(rest.error)")
            #expect(await Self.writes(scan) == ["r1", "r2", "r3"].map(Self.put))
        }
    }

    @Test func aPlanOfAnotherHostOrTooLargeOrChangedIsRefused() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            let large = await Self.run(scan, "apply", plan, "--yes", "--max-changes", "2")
            #expect(large.status == 2)
            #expect(large.error.contains("the subjects of 3 repositories, and --max-changes allows 2"))
            let other = await CommandRun.run(
                ["apply", plan, "--yes", "--db", scan.folder.database, "--api-url", "http://127.0.0.1:1"],
                environment: Self.token)
            #expect(other.status == 2)
            #expect(other.error.contains("the plan is for \(scan.address)"))
            let text = try scan.folder.read("plan.json")
            let changed = try scan.folder.write(text.replacing("\"acme\"", with: "\"evil\""), to: "changed.json")
            let refused = await Self.run(scan, "apply", changed, "--yes")
            #expect(refused.status == 2)
            #expect(refused.error.contains("it was changed since it was made"))
            #expect(await Self.writes(scan).isEmpty)
        }
    }

    // MARK: - What moved, what GitHub refuses

    @Test func whatIsNoLongerAsItWasIsLeftAlone() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change { world in
                world.organizations[0].repositories[0].setting?.useDefault = false
                world.organizations[0].repositories[0].setting?.includeClaimKeys = ["repo", "actor"]
                world.organizations[0].repositories[1].archived = true
            }
            let run = await Self.run(scan, "apply", plan, "--yes")
            #expect(run.status == 6)
            #expect(await Self.outcomes(scan) == ["moved", "skipped", "applied"])
            #expect(await Self.writes(scan) == [Self.put("r3")])
        }
    }

    @Test func aRenamedRepositoryIsFoundByItsIdAndLeftAlone() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change { world in
                world.organizations[0].repositories[0].name = "other"
                // Another one took its name.
                world.organizations[0].repositories.append(Self.onDefault("r1", id: 99))
            }
            #expect(await Self.run(scan, "apply", plan, "--yes").status == 6)
            #expect(await Self.outcomes(scan) == ["moved", "applied", "applied"])
            #expect(await Self.setting(scan, 3)?.useDefault == true)
        }
    }

    /// A fault of the second repository's write, or of all, and what comes of it.
    struct Case: Sendable {
        var kind: WorldFile.Fault.Kind
        var status: Int?
        var isOfAll = false
        var times: Int?
        var outcomes: [String?]
        var exit: Int32

        var fault: WorldFile.Fault {
            WorldFile.Fault(
                path: isOfAll ? nil : "/repos/acme/r2/*", method: "PUT", times: times, kind: kind, status: status,
                retryAfterSeconds: 1, location: "/repositories/1/x")
        }
    }

    static let answers = [
        Case(kind: .status, status: 400, isOfAll: true, outcomes: ["rejected", nil, nil], exit: 6),
        Case(kind: .status, status: 404, outcomes: ["applied", "forbidden", "applied"], exit: 6),
        Case(kind: .status, status: 409, outcomes: ["applied", "rejected", "applied"], exit: 6),
        Case(kind: .status, status: 422, isOfAll: true, outcomes: ["rejected", nil, nil], exit: 6),
        Case(kind: .status, status: 422, outcomes: ["applied", "rejected", "applied"], exit: 6),
        // Looked up by its id, it is where it was.
        Case(kind: .redirect, outcomes: ["applied", "refused", "applied"], exit: 6),
        // It may yet be made.
        Case(kind: .status, status: 500, outcomes: ["applied", "failed", "applied"], exit: 6),
        // Made, and the answer lost: reading tells.
        Case(kind: .lostAnswer, outcomes: ["applied", "applied", "applied"], exit: 0),
        Case(kind: .reset, outcomes: ["applied", "failed", "applied"], exit: 6),
        // 201, and nothing was done.
        Case(kind: .status, status: 201, outcomes: ["applied", "not_effective", "applied"], exit: 6),
        Case(kind: .secondaryLimit, isOfAll: true, times: 1, outcomes: ["applied", "applied", "applied"], exit: 0),
        Case(kind: .status, status: 401, isOfAll: true, outcomes: ["refused", nil, nil], exit: 4),
    ]

    @Test(arguments: answers)
    func eachAnswerIsReported(one: Case) async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change { $0.faults = [one.fault] }
            let run = await Self.run(scan, "apply", plan, "--yes")
            #expect(run.status == one.exit, "\(run.error)")
            #expect(await Self.outcomes(scan) == one.outcomes)
        }
    }

    @Test func aWriteThatTimesOutIsFoundOutByReading() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change {
                $0.faults = [.init(path: "/repos/acme/r2/*", method: "PUT", kind: .hang)]
            }
            let run = await Self.run(scan, "apply", plan, "--yes", timeout: .seconds(5))
            #expect(run.status == 6)
            #expect(await Self.outcomes(scan) == ["applied", "failed", "applied"])
            // Once the trouble is over, the rest is made.
            await scan.world.change { $0.faults = [] }
            #expect(await Self.run(scan, "apply", "--continue", "--yes").status == 0)
            #expect(await Self.outcomes(scan) == ["applied", "applied", "applied"])
        }
    }

    @Test func withoutThePermissionItIsFourAndNothingIsWritten() async throws {
        let locked = (1...2).map { number in
            var repository = Self.onDefault("r\(number)", id: Int64(number))
            repository.writeRefusal = .forbidden
            return repository
        }
        try await Self.withPlan(locked) { (scan, plan) async throws -> Void in
            let run = await Self.run(scan, "apply", plan, "--yes")
            #expect(run.status == 4)
            #expect(run.error.contains("acme/r1: forbidden: "))
            #expect(run.error.contains("; 0 of 2 changes were made"))
            #expect(!run.error.contains("rollback"))
            #expect(await Self.setting(scan, 0)?.useDefault == true)
        }
    }

    @Test func anUnreachableHostIsFive() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change { $0.faults = [.init(path: "/repositories/*", kind: .status, status: 502)] }
            let run = await Self.run(scan, "apply", plan, "--yes")
            #expect(run.status == 5, "\(run.error)")
            #expect(await Self.writes(scan).isEmpty)
        }
    }

    @Test func aPrefixThatWasNotPlannedStopsIt() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            // GitHub turns the subject into an immutable one with the write.
            await scan.world.change {
                $0.faults = [
                    .init(
                        path: "/repos/acme/r1/*", method: "GET", after: 1, kind: .body,
                        body:
                            #"{"use_default":false,"use_immutable_subject":false,"sub_claim_prefix":"repo:acme@77/r1@1"}"#
                    )
                ]
            }
            let run = await Self.run(scan, "apply", plan, "--yes")
            #expect(run.status == 6)
            #expect(run.error.contains("the prefix of acme/r1 became repo:acme@77/r1@1, which was not planned"))
            #expect(await Self.outcomes(scan) == ["different", nil, nil])
            // Nor does one go on with the others who types what was not offered.
            let rest = await Self.run(scan, "apply", "--continue", "--yes")
            #expect(rest.status == 2)
            #expect(
                rest.error.contains("#1 ended at acme/r1 (different: the prefix of acme/r1 became"), "\(rest.error)")
            #expect(await Self.writes(scan) == [Self.put("r1")])
        }
    }

    /// Twenty writes a minute, and a minute that lasts a second there and three here: machines that run tests are busy.
    @Test func sixtyChangesArePacedAndNoneIsRefused() async throws {
        let repositories = (1...60).map { Self.onDefault("r\($0)", id: Int64($0)) }
        try await Self.withPlan(repositories) { (scan, plan) async throws -> Void in
            await scan.world.change {
                $0.secondaryLimit = .init(points: 900, windowMilliseconds: 1000, writes: 20)
                $0.rateLimit = .init(limit: 15_000, windowSeconds: 3600)
            }
            var limits = WriteLimits.unpaced
            (limits.minutely, limits.minute) = (20, .seconds(3))
            let run = await CommandRun.run(
                [
                    "apply", plan, "--yes", "--max-changes", "60", "--api-url", scan.address, "--db",
                    scan.folder.database,
                ],
                environment: Self.token, writeLimits: limits)
            #expect(run.status == 0, "\(run.error)")
            #expect(await Self.writes(scan).count == 60)
            #expect(await scan.world.refused == 0)
        }
    }

    // MARK: - Stops

    @Test(arguments: [(ScanStop.interrupted, Int32(130)), (.terminated, 143)])
    func aStopEndsItAfterTheChangeThatIsBeingMade(stop: ScanStop, status: Int32) async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            let world = scan.world
            let run = await Self.run(
                scan, "apply", plan, "--yes", "--canary-wait", "1s",
                stopRequests: {
                    AsyncStream { continuation in
                        Task {
                            while await !world.requests.contains(where: { $0.hasPrefix("PUT") }) { await Task.yield() }
                            continuation.yield(stop)
                        }
                    }
                })
            #expect(run.status == status)
            #expect(run.error.contains("interrupted; 1 of 3 changes were made"))
            #expect(await Self.run(scan, "apply", "--continue", "--yes").status == 0)
            #expect(await Self.writes(scan) == ["r1", "r2", "r3"].map(Self.put))
        }
    }

    /// As after kill -9 between the write and the journal: the intent is there, the outcome is not.
    @Test(arguments: [true, false])
    func whatWasBegunIsFoundOut(wasWritten: Bool) async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            #expect(await Self.run(scan, "apply", plan, ask: { $0.hasPrefix("Write") }).status == 6)
            try await DatabaseQueue(path: scan.folder.database).write { db in
                try db.execute(
                    sql:
                        "INSERT INTO changeIntent (changesetID, place, intendedAt) VALUES (1, 1, '2026-11-21T02:00:00Z')"
                )
            }
            if wasWritten {
                await scan.world.change { $0.organizations[0].repositories[1].setting?.useDefault = false }
            }
            let run = await Self.run(scan, "apply", "--continue", "--yes")
            #expect(run.status == 0, "\(run.error)")
            #expect(await Self.outcomes(scan) == ["applied", "applied", "applied"])
            #expect(await Self.writes(scan).count == (wasWritten ? 2 : 3))
        }
    }

    @Test func theJournalIsNeverChanged() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            #expect(await Self.run(scan, "apply", plan, "--yes").status == 0)
            let database = try DatabaseQueue(path: scan.folder.database)
            for statement in [
                "UPDATE changeset SET actor = 'x'", "DELETE FROM changeIntent",
                "UPDATE changeOutcome SET outcome = 'x'",
                "INSERT OR REPLACE INTO changeOutcome SELECT * FROM changeOutcome",
            ] {
                await #expect(throws: DatabaseError.self) {
                    try await database.write { try $0.execute(sql: statement) }
                }
            }
            let rows = try await database.read {
                try Int.fetchOne($0, sql: "SELECT count(*) FROM v1_change WHERE outcome = 'applied'")
            }
            #expect(rows == 3)
        }
    }

    @Test func aBadCanaryStopsIt() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            // 201, and nothing was done.
            await scan.world.change {
                $0.faults = [.init(path: "/repos/acme/r1/*", method: "PUT", kind: .status, status: 201)]
            }
            let run = await Self.run(scan, "apply", plan, "--yes")
            #expect(run.status == 6)
            #expect(run.error.contains("acme/r1: not effective: GitHub accepted it and changed nothing; 0 of 3"))
            #expect(await Self.writes(scan) == [Self.put("r1")])
        }
    }

    @Test func whatInheritsWaitsForItsOrganization() async throws {
        var organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo"], repositories: [Self.onDefault("api", id: 1)])
        organization.writeRefusal = .forbidden
        try await EmulatedScan.with(WorldFile(organizations: [organization])) { (scan) async throws -> Void in
            let policy = try scan.folder.write(
                """
                {"version": 1, "name": "p", "rules": [
                  {"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "ref"]]},
                  {"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["ref"], "fix": "inherit"}]}
                """, to: "p.json")
            let plan = "\(scan.folder.path)/plan.json"
            #expect(await Self.run(scan, "plan", "acme", "--policy", policy, "-o", "json=\(plan)").status == 1)
            let run = await Self.run(scan, "apply", plan, "--yes", "--canary", "5")
            #expect(run.status == 4, "\(run.error)")
            #expect(await Self.setting(scan, 0)?.useDefault == true)
            #expect(await Self.writes(scan) == ["PUT /orgs/acme/actions/oidc/customization/sub"])
            // With the permission it goes on.
            await scan.world.change { $0.organizations[0].writeRefusal = nil }
            #expect(await Self.run(scan, "apply", "--continue", "--yes").status == 0)
            #expect(await Self.setting(scan, 0)?.useDefault == false)
        }
    }

    @Test func followersAreCountedWhereGitHubReportsTheirClaimsAsTheirOwn() async throws {
        var organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo"], repositories: [.good("api", id: 1), .good("web", id: 2)])
        organization.echoesTemplate = true
        try await EmulatedScan.with(WorldFile(organizations: [organization])) { (scan) async throws -> Void in
            let policy = try scan.folder.write(
                """
                {"version": 1, "name": "p", "rules": [
                  {"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "ref"]]}]}
                """, to: "p.json")
            let plan = await Self.run(scan, "plan", "acme", "--policy", policy)
            #expect(plan.output.contains("PLAN  acme: 1 change, by which 2 subjects change"), "\(plan.output)")
            // Of a part of the organization nobody knows who else follows.
            let part = await Self.run(scan, "plan", "acme", "--policy", policy, "--include", "api")
            #expect(part.output.contains("NOTHING TO CHANGE"))
            #expect(
                part.output.replacing(/\s+/, with: " ").contains(
                    "not every repository that may follow it was read"))
            let set = await Self.run(scan, "template", "set", "acme", "--claims", "repo,ref", "--yes")
            #expect(set.status == 2)
            #expect(set.error.contains("are not counted here"))
        }
    }

    @Test func rollbackDoesNotGuess() async throws {
        var odd = Self.onDefault("odd", id: 1)
        odd.setting?.subClaimPrefix = "repo:acme@77/odd@1"
        var echo = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context"], repositories: [odd, .good("copy", id: 2)])
        echo.echoesTemplate = true
        try await EmulatedScan.with(WorldFile(organizations: [echo])) { (scan) async throws -> Void in
            // Nobody had opted in: the prefix has its ids whatever is written.
            #expect(
                await Self.run(scan, "template", "set", "acme/odd", "--use-default", "--immutable", "--yes").status == 0
            )
            let first = await Self.run(scan, "rollback", "1", "--yes")
            #expect(first.status == 0, "\(first.output)\(first.error)")
            #expect(await Self.setting(scan, 0)?.subClaimPrefix == "repo:acme@77/odd@1")
            // It may have inherited: to write its claims back would make a copy.
            #expect(await Self.run(scan, "template", "set", "acme/copy", "--claims", "repo,ref", "--yes").status == 0)
            let second = await Self.run(scan, "rollback", "3", "--yes")
            #expect(second.status == 6)
            #expect(second.output.replacing(/\s+/, with: " ").contains("held a copy of them is unknown"))
            #expect(await Self.setting(scan, 1)?.includeClaimKeys == ["repo", "ref"])
        }
    }

    @Test func whatIsACopyIsMadeToInherit() async throws {
        var echo = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context"],
            repositories: [.own("copy", id: 1, ["repo", "context"])])
        echo.echoesTemplate = true
        try await EmulatedScan.with(WorldFile(organizations: [echo])) { (scan) async throws -> Void in
            #expect(await Self.run(scan, "template", "set", "acme/copy", "--inherit", "--yes").status == 0)
            #expect(await Self.setting(scan, 0)?.includeClaimKeys == nil)
        }
    }

    @Test func whatWasRolledBackIsNotGoneOnWith() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            #expect(await Self.run(scan, "apply", plan, ask: { $0.hasPrefix("Write") }).status == 6)
            #expect(await Self.run(scan, "rollback", "1", "--yes").status == 0)
            let run = await Self.run(scan, "apply", "--continue", "--yes")
            #expect(run.status == 2)
            #expect(run.error.contains("no unfinished changes to resume"))
            #expect(await Self.setting(scan, 0)?.useDefault == true)
        }
    }

    /// As after kill -9 between the write and the journal.
    @Test func whatWasWrittenAndNotConcludedIsUndoneToo() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            #expect(await Self.run(scan, "apply", plan, ask: { $0.hasPrefix("Write") }).status == 6)
            try await DatabaseQueue(path: scan.folder.database).write { db in
                try db.execute(
                    sql:
                        "INSERT INTO changeIntent (changesetID, place, intendedAt) VALUES (1, 1, '2026-11-21T02:00:00Z')"
                )
            }
            await scan.world.change { $0.organizations[0].repositories[1].setting?.useDefault = false }
            #expect(await Self.run(scan, "rollback", "1", "--yes").status == 0)
            #expect(await scan.world.file.organizations[0].repositories.allSatisfy { $0.setting?.useDefault == true })
        }
    }

    /// A write that failed and came true after it was read back is known as one that may have been made.
    @Test func aLateWriteIsUndoneToo() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change {
                $0.faults = [.init(path: "/repos/acme/r2/*", method: "PUT", kind: .status, status: 500)]
            }
            #expect(await Self.run(scan, "apply", plan, "--yes").status == 6)
            await scan.world.change { world in
                world.faults = []
                world.organizations[0].repositories[1].setting?.useDefault = false
            }
            #expect(await Self.run(scan, "apply", "--continue", "--yes").status == 0)
            #expect(await Self.run(scan, "rollback", "1", "--yes").status == 0)
            #expect(await scan.world.file.organizations[0].repositories.allSatisfy { $0.setting?.useDefault == true })
        }
    }

    @Test func whatWasNotWrittenIsReportedWhereTheRestIsUndone() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change {
                $0.faults = [.init(path: "/repos/acme/r2/*", method: "PUT", kind: .status, status: 409)]
            }
            #expect(await Self.run(scan, "apply", plan, "--yes").status == 6)
            let undone = await Self.run(scan, "rollback", "1", "--yes")
            #expect(undone.status == 0)
            #expect(undone.error.contains("note: acme/r2: not written by #1 (rejected)"))
        }
    }

    /// What it would inherit by now no plan ever showed.
    @Test func whatInheritedIsNotUndoneUnderAnotherTemplate() async throws {
        let organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context"], repositories: [.good("r1", id: 1)])
        try await EmulatedScan.with(WorldFile(organizations: [organization])) { (scan) async throws -> Void in
            #expect(await Self.run(scan, "template", "set", "acme/r1", "--claims", "repo,ref", "--yes").status == 0)
            await scan.world.change { $0.organizations[0].template = ["actor"] }
            let undone = await Self.run(scan, "rollback", "1", "--yes")
            #expect(undone.status == 6, "\(undone.error)")
            #expect(await Self.setting(scan, 0)?.includeClaimKeys == ["repo", "ref"])
            #expect(await Self.outcomes(scan) == ["moved"])
            await scan.world.change { $0.organizations[0].template = ["repo", "context"] }
            #expect(await Self.run(scan, "rollback", "1", "--yes").status == 0)
            #expect(await Self.setting(scan, 0)?.includeClaimKeys == nil)
        }
    }

    @Test func oneThatFailsKeepsNoOtherFromBeingWritten() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change { $0.faults = [.init(path: "/repositories/2", kind: .status, status: 502)] }
            let run = await Self.run(scan, "apply", plan, "--yes")
            #expect(run.status == 6, "\(run.error)")
            #expect(await Self.outcomes(scan) == ["applied", "refused", "applied"])
        }
    }

    @Test func theCanaryIsAskedAfterOnce() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change {
                $0.faults = [.init(path: "/repos/acme/r2/*", method: "PUT", kind: .status, status: 409)]
            }
            let questions = Mutex(0)
            let run = await Self.run(
                scan, "apply", plan,
                ask: { _ in
                    questions.withLock { $0 += 1 }
                    return true
                })
            #expect(run.status == 6)
            #expect(questions.withLock { $0 } == 2)
        }
    }

    /// Of a scan of the day before yesterday nobody knows who follows by now.
    @Test func anOrganizationIsNotWrittenByAnOldScan() async throws {
        let organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo"], repositories: [.good("api", id: 1)])
        try await EmulatedScan.with(WorldFile(organizations: [organization])) { (scan) async throws -> Void in
            let policy = try scan.folder.write(
                """
                {"version": 1, "name": "p", "rules": [
                  {"id": "template", "rule": "organization-template", "severity": "high", "templates": [["repo", "ref"]]}]}
                """, to: "p.json")
            let plan = "\(scan.folder.path)/plan.json"
            #expect(await Self.run(scan, "plan", "acme", "--policy", policy).status == 1)
            func later(_ arguments: String...) async -> CommandRun {
                await CommandRun.run(
                    arguments + ["--api-url", scan.address, "--db", scan.folder.database], environment: Self.token,
                    clockSkewSeconds: 200_000)
            }
            #expect(
                await later("plan", "acme", "--policy", policy, "--from-scan", "latest", "-o", "json=\(plan)").status
                    == 1)
            let run = await later("apply", plan, "--yes")
            #expect(run.status == 2)
            #expect(run.error.contains("the plan is of a scan of "))
            #expect(await Self.writes(scan).isEmpty)
            #expect(await later("apply", plan, "--yes", "--max-changes", "9").status == 0)
        }
    }

    /// In doubt when a later set wrote the same: what was written before that is still to be undone.
    @Test func whatWasInDoubtAndWrittenSinceIsNotForgotten() async throws {
        try await Self.withPlan(echoes: false) { (scan, plan) async throws -> Void in
            #expect(await Self.run(scan, "apply", plan, ask: { $0.hasPrefix("Write") }).status == 6)
            try await DatabaseQueue(path: scan.folder.database).write { db in
                try db.execute(
                    sql:
                        "INSERT INTO changeIntent (changesetID, place, intendedAt) VALUES (1, 1, '2026-11-21T02:00:00Z')"
                )
            }
            await scan.world.change { $0.organizations[0].repositories[1].setting?.useDefault = false }
            #expect(await Self.run(scan, "template", "set", "acme/r2", "--claims", "repo,ref", "--yes").status == 0)
            #expect(await Self.run(scan, "rollback", "2", "--yes").status == 0)
            #expect(await Self.run(scan, "apply", "--continue", "--yes").status == 6)
            let undone = await Self.run(scan, "rollback", "1", "--yes")
            #expect(undone.status == 0, "\(undone.error)")
            #expect(await scan.world.file.organizations[0].repositories.allSatisfy { $0.setting?.useDefault == true })
        }
    }

    @Test func asManyCanariesAsAreAskedFor() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            let run = await Self.run(scan, "apply", plan, "--canary", "2", ask: { $0.hasPrefix("Write") })
            #expect(run.status == 6)
            #expect(run.error.contains("stopped after the canary; 2 of 3 changes were made"))
            #expect(await Self.writes(scan) == ["r1", "r2"].map(Self.put))
        }
    }

    @Test func whatLaterChangesWroteIsNotGoneOnWith() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change {
                $0.faults = [.init(path: "/repos/acme/r3/*", method: "PUT", kind: .status, status: 404)]
            }
            #expect(await Self.run(scan, "apply", plan, "--yes").status == 6)
            await scan.world.change { $0.faults = [] }
            #expect(
                await Self.run(scan, "template", "set", "acme/r3", "--claims", "repo,ref", "--yes").status == 0)
            #expect(await Self.run(scan, "rollback", "2", "--yes").status == 0)
            let run = await Self.run(scan, "apply", "--continue", "--yes")
            #expect(run.status == 6)
            #expect(run.error.contains("acme/r3: moved: #"))
            #expect(await Self.setting(scan, 2)?.useDefault == true)
        }
    }

    @Test func anOrganizationsFlagIsUndone() async throws {
        let organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context"], repositories: [.good("api", id: 1)])
        try await EmulatedScan.with(WorldFile(organizations: [organization])) { (scan) async throws -> Void in
            let set = await Self.run(scan, "template", "set", "acme", "--immutable", "--yes", "--max-changes", "9")
            #expect(set.status == 0, "\(set.error)")
            #expect(await scan.world.file.organizations[0].useImmutableSubject == true)
            let undone = await Self.run(scan, "rollback", "1", "--yes", "--max-changes", "9")
            #expect(undone.status == 0, "\(undone.error)")
            #expect(await scan.world.file.organizations[0].useImmutableSubject == false)
            #expect(await scan.world.file.organizations[0].template == ["repo", "context"])
        }
    }

    @Test func whoAgreesHasSeenThePlan() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            let run = await Self.run(scan, "apply", plan, "-f", "json", ask: { _ in false })
            #expect(run.status == 2)
            #expect(run.error.contains("PLAN  acme: 3 changes"))
            #expect(run.output.isEmpty)
        }
    }

    @Test func oneTemplateIsWarnedOfLikeAPlan() async throws {
        try await Self.withPlan { (scan, _) async throws -> Void in
            let run = await Self.run(
                scan, "template", "set", "acme/r1", "--claims", "environment", ask: { _ in false })
            let text = run.output.replacing(/\s+/, with: " ")
            #expect(text.contains("warning: the subject no longer names the repository"), "\(run.output)")
            #expect(text.contains("warning: ") && text.contains("environment"))
            #expect(await Self.writes(scan).isEmpty)
        }
    }

    @Test func twoCantApplyAtOnce() async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            // The second one begins while the first waits after its canary.
            async let first = Self.run(scan, "apply", plan, "--yes", "--canary-wait", "3s")
            while await Self.writes(scan).isEmpty { await Task.yield() }
            let second = await Self.run(scan, "apply", "--continue", "--yes")
            #expect(second.status == 5, "\(second.error)")
            #expect(second.error.contains("changes are being applied already"))
            #expect(await first.status == 0)
            #expect(await Self.writes(scan) == ["r1", "r2", "r3"].map(Self.put))
        }
    }

    // MARK: - One template

    @Test func oneTemplateIsSetWithTheSameCare() async throws {
        try await Self.withPlan { (scan, _) async throws -> Void in
            let run = await Self.run(scan, "template", "set", "acme/r1", "--claims", "repo,ref", "--yes")
            #expect(run.status == 0, "\(run.error)")
            #expect(await Self.setting(scan, 0)?.includeClaimKeys == ["repo", "ref"])
            let json = await Self.run(scan, "template", "get", "acme/r1", "-f", "json").json["state"] as? [String: Any]
            #expect((json?["effective"] as? [String: Any])?["subject"] as? String == "repo:acme/r1:ref:{ref}")
            #expect(await Self.run(scan, "template", "set", "acme/r1", "--immutable", "--yes").status == 0)
            #expect(await Self.setting(scan, 0)?.subClaimPrefix == "repo:acme@77/r1@1")
            #expect(
                await Self.run(
                    scan, "template", "set", "acme", "--claims", "repo,context", "--yes", "--max-changes", "9"
                ).status == 0)
            #expect(await scan.world.file.organizations[0].template == ["repo", "context"])
            #expect(await Self.run(scan, "rollback", "2", "--yes").status == 0)
            #expect(await Self.setting(scan, 0)?.subClaimPrefix == "repo:acme/r1")
            let raw = await Self.run(scan, "template", "get", "acme", "--raw")
            #expect(raw.output == "{\"include_claim_keys\":[\"repo\",\"context\"]}")
            for (arguments, message) in [
                (["acme/r1"], "nothing was said to change"),
                (["acme", "--inherit", "--max-changes", "9"], "can only be claims"),
                (["acme/r1", "--claims", "repo,rref"], "unknown claim \"rref\""),
                (["acme/r1", "--claims", "repo", "--inherit"], "exclude each other"),
                (["a/b/c", "--inherit"], "is neither ORG"),
            ] {
                let bad = await CommandRun.run(
                    ["template", "set"] + arguments
                        + ["--yes", "--db", scan.folder.database, "--api-url", scan.address],
                    environment: Self.token)
                #expect(bad.status == 2)
                #expect(bad.error.contains(message), "\(bad.error)")
            }
        }
    }

    /// Every command but those that are there to write; one that is new must say here what it does.
    private static func others(_ folder: Folder) throws -> [[String]] {
        let policy = try folder.write(
            """
            {"version": 1, "name": "p", "rules": [{"id": "r", "rule": "leading-claim", "severity": "low"}]}
            """, to: "p.json")
        _ = try folder.write(
            #"{"version": 1, "cases": [{"name": "c", "template": "default", "expect": []}]}"#, to: "p.test.json")
        let waivers = try folder.write(#"{"version": 1, "waivers": []}"#, to: "waivers.json")
        let export = folder.path + "/export.ndjson"
        let roles = try folder.write(
            #"""
            {"Roles": [{"Path": "/", "RoleName": "r", "RoleId": "AROA1", "Arn": "arn:aws:iam::111122223333:role/r",
              "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                "Principal": {"Federated":
                  "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"},
                "Action": "sts:AssumeRoleWithWebIdentity", "Condition": {"StringEquals": {
                  "token.actions.githubusercontent.com:aud": "sts.amazonaws.com",
                  "token.actions.githubusercontent.com:sub": "repo:acme/r1:ref:refs/heads/main"}}}]}}]}
            """#, to: "roles.json")
        return [
            ["scan", "acme", "--policy", "preset:strict"], ["check", "acme", "--policy", "preset:strict"],
            ["plan", "acme", "--policy", "preset:strict"],
            ["plan", "acme", "--policy", "preset:strict", "--from-scan", "latest"],
            ["plan", "acme", "--policy", "preset:strict", "--trust", roles, "--update-cloud-first"],
            ["report", "--policy", "preset:strict"], ["diff"], ["doctor", "acme"], ["template", "get", "acme/r1"],
            ["template", "get", "acme"], ["history", "list"], ["history", "show"], ["history", "at", "latest"],
            ["history", "repository", "acme/r1"], ["history", "trend"], ["history", "verify"], ["history", "changes"],
            ["history", "stats"], ["history", "prune", "--keep-days", "1"], ["history", "export", "-o", export],
            ["history", "import", export], ["history", "copy", folder.path + "/copy.sqlite"],
            // Of days to come: what was known before them is their state, and nothing is missing yet.
            [
                "history", "evidence", "--since", "2199-01-01", "--until", "2199-01-02", "--directory",
                folder.path + "/evidence",
            ],
            ["trust", "acme", "--trust", roles], ["completions", "bash"], ["policy", "init", "acme", "--file", "-"],
            ["policy", "show", "preset:strict"], ["policy", "show", "scan:latest"],
            ["policy", "validate", policy],
            ["policy", "schema"], ["policy", "rules"], ["policy", "test", policy],
            [
                "waiver", "add", waivers, "--rule", "r", "--repository", "r1", "--owner", "o", "--reason", "r",
                "--expires", "2099-01-01", "--accepts-anything",
            ], ["waiver", "list", waivers], ["waiver", "lint", waivers], ["explain", "leading-claim"], ["claims"],
        ]
    }

    private static func leaves(_ command: any ParsableCommand.Type, _ path: [String] = []) -> [[String]] {
        let subcommands = command.configuration.subcommands
        guard !subcommands.isEmpty else { return [path] }
        return subcommands.flatMap { leaves($0, path + [$0.configuration.commandName ?? ""]) }
    }

    @Test func noOtherCommandWrites() async throws {
        try await Self.withPlan { (scan, _) async throws -> Void in
            let others = try Self.others(scan.folder)
            let writing = [["apply"], ["rollback"], ["template", "set"]]
            // The emulator is what is written to, and the demo has one of its own.
            for leaf in Self.leaves(RootCommand.self) where !([["emulate"], ["demo"]] + writing).contains(leaf) {
                #expect(others.contains { $0.starts(with: leaf) }, "\(leaf) is not run here")
            }
            let environment = Self.token.merging(
                ["OIDC_AUDIT_API_URL": scan.address, "OIDC_AUDIT_DB": scan.folder.database]) { $1 }
            for arguments in others {
                let run = await CommandRun.run(arguments, environment: environment)
                // 3: evidence of a time without a scan is not whole.
                #expect([0, 1, 3].contains(run.status), "\(arguments): \(run.error)")
            }
            #expect(await Self.writes(scan).isEmpty)
        }
    }
}
