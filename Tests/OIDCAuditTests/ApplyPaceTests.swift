import AuditCore
import Foundation
import GitHubAPI
import Synchronization
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What is said of refused writes, of what is left, of how long it takes and of waits.
@Suite(.timeLimit(.minutes(5))) struct ApplyPaceTests {
    private static func run(
        _ scan: EmulatedScan, _ arguments: String..., writeLimits: WriteLimits = .unpaced,
        ask: (@Sendable (String) -> Bool)? = nil,
    ) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--api-url", scan.address, "--db", scan.folder.database],
            environment: ["GH_ENTERPRISE_TOKEN": "test-token"], ask: ask, writeLimits: writeLimits)
    }

    private static func withPlan(
        _ count: Int = 3, _ body: @Sendable @escaping (EmulatedScan, String) async throws -> Void,
    ) async throws {
        let repositories = (1...count).map { number in
            WorldFile.Repository(
                name: "r\(number)", id: Int64(number),
                setting: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme/r\(number)"))
        }
        try await EmulatedScan.with(repositories) { (scan) async throws -> Void in
            let plan = "\(scan.folder.path)/plan.json"
            #expect(
                await run(scan, "plan", "acme", "--policy", "preset:strict", "-o", "json=\(plan)").status == 1)
            try await body(scan, plan)
        }
    }

    private static func words(_ text: String) -> String { text.replacing(/\s+/, with: " ") }

    // MARK: - Refused

    @Test(arguments: [
        (
            422, "object is missing required key: use_default",
            "rejected: 422: object is missing required key: use_default"
        ),
        (409, "Conflict", "rejected: 409: Conflict"),
        (403, "Repository was archived so is read-only.", "skipped: the repository is archived, and so read-only"),
    ])
    func whatIsRefusedIsNotToBeSentAgain(status: Int, message: String, words: String) async throws {
        try await EmulatedScan.with([.own("x", id: 1, ["repo"])]) { (scan) async throws -> Void in
            await scan.world.change {
                $0.faults = [
                    .init(method: "PUT", kind: .body, status: status, body: #"{"message": "\#(message)"}"#)
                ]
            }
            let set = await Self.run(scan, "template", "set", "acme/x", "--claims", "repo,ref", "--yes")
            #expect(set.status == 6, "\(set.error)")
            #expect(set.error.contains("acme/x: \(words)"))
            #expect(!set.error.contains("--continue"))
            #expect(!set.error.contains("rollback"))
            #expect(await Self.run(scan, "apply", "--continue", "--yes").status == 2)
            #expect(await scan.world.requests.count { $0.hasPrefix("PUT") } == 1)
        }
    }

    @Test(arguments: [
        (nil, "acme/r1: forbidden: the token needs actions=write (403: Resource not accessible"),
        (500, "acme/r1: failed (500), nothing changed"), (503, "acme/r1: failed (503), nothing changed"),
    ])
    func aResultSaysWhatIsMissingOrFailed(status: Int?, words: String) async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            await scan.world.change { world in
                if let status {
                    world.faults = [.init(path: "/repos/acme/r1/*", method: "PUT", kind: .status, status: status)]
                } else {
                    world.organizations[0].repositories[0].writeRefusal = .forbidden
                }
            }
            let apply = await Self.run(scan, "apply", plan, "--yes")
            #expect(apply.error.contains(words), "\(apply.error)")
            // What was not written, or read back as it was, needs no way back.
            #expect(!apply.error.contains("rollback"), "\(apply.error)")
        }
    }

    // MARK: - What is left

    @Test func goingOnCountsAndShowsWhatIsLeft() async throws {
        try await Self.withPlan(4) { (scan, plan) async throws -> Void in
            await scan.world.change { $0.organizations[0].repositories[2].writeRefusal = .forbidden }
            let first = await Self.run(scan, "apply", plan, "--yes")
            #expect(first.status == 6)
            #expect(first.error.contains("3 of 4 changes were made, not acme/r3"), "\(first.error)")
            #expect(first.error.contains("1/4  acme/r1: applied\n"))
            #expect(first.error.contains("4/4  acme/r4: applied\n"))
            await scan.world.change { $0.organizations[0].repositories[2].writeRefusal = nil }
            let questions = Mutex<[String]>([])
            let rest = await Self.run(
                scan, "apply", "--continue", "--max-changes", "1",
                ask: { question in
                    questions.withLock { $0.append(question) }
                    return true
                })
            #expect(rest.status == 0, "\(rest.error)")
            #expect(rest.error.contains("resuming #1 of ") && rest.error.contains(": 1 of 4 changes are left\n"))
            #expect(rest.output.hasPrefix("PLAN  acme: 1 change, by which 1 subject changes\n"))
            #expect(rest.output.contains("acme/r3") && !rest.output.contains("acme/r2"))
            #expect(
                questions.withLock { $0.first?.hasPrefix("Write this change, by which 1 subject changes, to ") == true }
            )
            // It is the same plan, in whole.
            let digest = try #require(
                (JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: plan))) as? [String: Any])?["digest"]
                    as? String)
            #expect(rest.output.contains("digest        \(digest)\n"))
        }
    }

    // MARK: - How long it takes

    @Test func theQuestionSaysHowLongItTakes() async throws {
        try await Self.withPlan(4) { (scan, plan) async throws -> Void in
            let questions = Mutex<[String]>([])
            let no = await Self.run(
                scan, "apply", plan, writeLimits: WriteLimits(),
                ask: { question in
                    questions.withLock { $0.append(question) }
                    return false
                })
            #expect(no.status == 2)
            #expect(questions.withLock { $0.first?.hasSuffix("? It takes at least 3 s.") == true })
        }
    }

    /// As many writes an hour as were made: what is left waits, and says so; what may not wait ends at once.
    @Test func aWaitForTheHourIsSaidAndHoldsToMaxWait() async throws {
        try await Self.withPlan(4) { (scan, plan) async throws -> Void in
            var limits = WriteLimits.unpaced
            limits.hourly = 2
            let apply = await Self.run(scan, "apply", plan, "--yes", "--max-wait", "60s", writeLimits: limits)
            #expect(apply.status == 6, "\(apply.error)")
            #expect(apply.error.contains("note: it takes at least 1 h"))
            #expect(
                apply.error.contains(/ends after [^:]+ of waiting: --max-wait 2h allows all of it/), "\(apply.error)")
            #expect(apply.error.contains("the 2 writes of this hour are used; the wait would be longer than allowed"))
            #expect(apply.error.contains("2 of 4 changes were made, not acme/r3, acme/r4"))
            #expect(
                apply.error.contains(/hint: oidc-audit apply --continue --api-url .+ resumes\n hint: oidc-audit roll/))
            #expect(await scan.world.requests.count { $0.hasPrefix("PUT") } == 2)
        }
    }

    @Test func aWaitSaysUntilWhenAndHowManyAreLeft() throws {
        let wait = RateLimitWait(
            message: "the 500 writes of this hour are used", remaining: .seconds(3000), isPace: false)
        let now = try #require(Timestamp("2026-11-27T14:48:00Z"))
        #expect(
            ApplyPipeline.note(of: wait, at: now, left: 88)
                == "note: waiting until 2026-11-27T15:38:01Z: the 500 writes of this hour are used (88 left)")
    }

    @Test func progressCountsEachChangeOnce() {
        func change(_ id: Int64) -> PlannedChange {
            PlannedChange(
                target: .repository(owner: "acme", name: "r\(id)", id: RepositoryID(rawValue: id)),
                before: .repository(.init(useDefault: true)), after: .repository(.init(useDefault: false)))
        }
        let count = ChangeCount(of: 2)
        #expect(count.left == 2)
        // A limit refused it, and it was tried again.
        #expect(count.take(change(1), .refused("a rate limit")) == 1)
        #expect(count.line(now: .sample)?.hasPrefix("1/2 changes · 1 not made · ") == true)
        #expect(count.take(change(1), .applied) == 1)
        #expect(count.line(now: .sample)?.hasPrefix("1/2 changes · ") == true)
        #expect(count.line(now: .sample)?.contains("not made") == false)
        count.waits(
            RateLimitWait(message: "the 500 writes of this hour are used", remaining: .seconds(3000), isPace: false))
        #expect(count.line(now: .sample) == "1/2 · wait 50 min to 02:50Z: the 500 writes of this hour are used")
        #expect(count.take(change(2), .applied) == 2)
        #expect(count.left == 0)
        #expect(count.words(at: 2) == "2/2  ")
        #expect(ChangeCount(of: 1).words(at: 1).isEmpty)
        count.pause(true)
        #expect(count.line(now: .sample) == nil)
    }

    /// Of hundreds, a log names what went wrong, and some on the way; a terminal has a line for these.
    @Test func ofManyChangesAFewAreSaid() {
        for (onTerminal, range) in [(false, 10...30), (true, 0...0)] {
            let count = ChangeCount(of: 294)
            #expect(range.contains((1...294).count { count.isSaid(.applied, $0, onTerminal: onTerminal) }))
            // Those that fail alike are one line, and the report names them.
            #expect((1...294).count { count.isSaid(.failed("x"), $0, onTerminal: onTerminal) } == 1)
            #expect((1...294).count { count.isSaid(.failed("\($0)"), $0, onTerminal: onTerminal) } == 9)
        }
        let few = ChangeCount(of: 20)
        #expect((1...20).allSatisfy { few.isSaid(.applied, $0, onTerminal: true) })
    }

    /// An emulator's hour is shorter, and all else with it.
    @Test func allTimesOfAnEmulatorAreShorterAlike() {
        var limits = WriteLimits()
        limits.shorten(toMinuteOf: .milliseconds(600))
        #expect(limits.interval == .milliseconds(10))
        #expect(limits.minute == .milliseconds(600) && limits.hour == .seconds(36))
        #expect(limits.estimate(of: 501).duration == .seconds(36))
    }

    /// As the last request of the hour: what a rollback reads first waits, and so does what an apply asks first.
    @Test(arguments: [true, false]) func aWaitBeforeTheFirstWriteIsSaid(ofRollback: Bool) async throws {
        try await Self.withPlan { (scan, plan) async throws -> Void in
            if ofRollback { #expect(await Self.run(scan, "apply", plan, "--yes").status == 0) }
            await scan.world.change { world in
                world.faults = [.init(method: "GET", times: 1, kind: .secondaryLimit, retryAfterSeconds: 4)]
            }
            let run =
                ofRollback
                ? await Self.run(scan, "rollback", "1", "--yes") : await Self.run(scan, "apply", plan, "--yes")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.error.contains("note: waiting until "), "\(run.error)")
        }
    }

    /// Before each of the repositories is read, which can take minutes; and what is named instead works.
    @Test func aRollbackOfTooManyIsRefusedAtOnce() async throws {
        try await Self.withPlan(60) { (scan, plan) async throws -> Void in
            await scan.world.change {
                $0.faults = [.init(path: "/repos/acme/r60/*", method: "PUT", kind: .status, status: 500)]
            }
            let applied = await Self.run(scan, "apply", plan, "--yes", "--max-changes", "60")
            #expect(applied.status == 6, "\(applied.error)")
            let before = await scan.world.requests.count
            let refused = await Self.run(scan, "rollback", "1", "--yes")
            #expect(refused.status == 2)
            #expect(refused.error.contains("--max-changes allows 50"), "\(refused.error)")
            #expect(await scan.world.requests.count == before)
            for hints in [applied, refused] {
                #expect(hints.error.contains("oidc-audit rollback 1 --max-changes 60 --api-url "), "\(hints.error)")
            }
            let undone = await Self.run(scan, "rollback", "1", "--yes", "--max-changes", "60")
            #expect(undone.status == 0, "\(undone.error)")
        }
    }

    /// Many left: the command that resumes allows as many.
    @Test func goingOnWithManyAllowsAsMany() async throws {
        try await Self.withPlan(52) { (scan, plan) async throws -> Void in
            await scan.world.change {
                $0.faults = [.init(method: "PUT", times: 2, kind: .status, status: 500)]
            }
            for begun in [plan, "--continue"] {
                let canary = await Self.run(scan, "apply", begun, "--yes", "--max-changes", "52")
                #expect(canary.status == 6, "\(canary.error)")
                let hint = try #require(
                    canary.error.split(separator: "\n").first { $0.contains(" hint: oidc-audit apply") })
                #expect(
                    hint.contains(/apply --continue --max-changes 52 --api-url [^ ]+ --db [^ ]+ resumes/), "\(hint)")
            }
            let quiet = await Self.run(scan, "apply", "--continue", "--max-changes", "52", "--yes", "-q")
            #expect(quiet.status == 0 && quiet.error.isEmpty, "\(quiet.error)")
        }
    }

    /// A host without limits need not be written to as slowly as github.com.
    @Test func theHostsLimitsAreSettings() async throws {
        try await Self.withPlan(4) { (scan, plan) async throws -> Void in
            let questions = Mutex<[String]>([])
            func ask(_ arguments: String...) async -> String {
                let run = await CommandRun.run(
                    ["apply", plan, "--api-url", scan.address, "--db", scan.folder.database] + arguments,
                    environment: ["GH_ENTERPRISE_TOKEN": "test-token"],
                    ask: { question in
                        questions.withLock { $0.append(question) }
                        return false
                    }, writeLimits: WriteLimits())
                #expect(run.status == 2, "\(run.error)")
                return questions.withLock { $0.last ?? "" }
            }
            #expect(
                await ask("--writes-per-hour", "3").hasSuffix(
                    " It takes at least 1 h, and a rollback right after it at least 1 h (3 writes an hour)."))
            #expect(await ask("--writes-per-minute", "6000").hasSuffix("\(scan.address)?"))
        }
    }

    @Test func anEstimateCountsTheRollbackToo() {
        let limits = WriteLimits()
        #expect(
            limits.estimate(of: 294).words()
                == "at least 4 min 53 s, and a rollback right after it at least 56 min 35 s (500 writes an hour)")
        #expect(limits.estimate(of: 294).words(isRollback: true) == "at least 4 min 53 s")
        #expect(limits.estimate(of: 3).words() == nil)
        #expect(limits.estimate(of: 3000).words(isRollback: true)?.hasPrefix("at least 5 h ") == true)
        var free = limits
        free.allow(minutely: 60_000, hourly: 1_000_000)
        #expect(free.estimate(of: 3000).words() == nil)
    }

    @Test func durationsAreInWords() {
        let words: [(Int64, String)] = [
            (0, "0 s"), (59, "59 s"), (60, "1 min"), (293, "4 min 53 s"), (3600, "1 h"), (21_750, "6 h 2 min"),
        ]
        for (seconds, text) in words { #expect(Duration.seconds(seconds).inWords == text) }
        #expect(Duration.milliseconds(1500).inWords == "2 s")
    }
}
