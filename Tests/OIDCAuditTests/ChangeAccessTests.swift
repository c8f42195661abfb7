import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Plans and their writes, held against cloud exports.
@Suite(.timeLimit(.minutes(5))) struct ChangeAccessTests {
    private static let key = "token.actions.githubusercontent.com"
    private static let token = ["GH_ENTERPRISE_TOKEN": "test-token"]
    private static let before = "repo:acme/r1:ref:refs/heads/main"
    private static let after = before + ":job_workflow_ref:*/*/.github/workflows/*@*"
    private static let role = "arn:aws:iam::111122223333:role/"

    /// Roles by name, each with the subjects that it trusts.
    private static func export(_ roles: [(name: String, subjects: [String])], more: String = "") -> String {
        let texts = roles.map { name, subjects in
            let values = subjects.map { "\"\($0)\"" }.joined(separator: ", ")
            return """
                {"Arn": "\(role)\(name)", "RoleName": "\(name)", "AssumeRolePolicyDocument":
                  {"Version": "2012-10-17", "Statement": [{"Effect": "Allow",
                    "Principal": {"Federated": "arn:aws:iam::111122223333:oidc-provider/\(key)"},
                    "Action": "sts:AssumeRoleWithWebIdentity",
                    "Condition": {"StringLike": {"\(key):sub": [\(values)]},
                                  "StringEquals": {"\(key):aud": "sts.amazonaws.com"}}}]}}
                """
        }
        return "{\"Roles\": [\(texts.joined(separator: ",\n"))]\(more)}"
    }

    private struct World: Sendable {
        let scan: EmulatedScan
        let plan: String
        let exports: String

        var trust: [String] { ["--trust", exports] }

        func run(
            _ arguments: [String], isTerminal: Bool = false, ask: (@Sendable (String) -> Bool)? = nil,
        ) async -> CommandRun {
            await CommandRun.run(
                arguments + ["--db", scan.folder.database, "--api-url", scan.address], environment: token,
                isTerminal: isTerminal, ask: ask)
        }

        /// The exports as they are from now on.
        func export(_ roles: (name: String, subjects: [String])..., more: String = "") throws {
            _ = try scan.folder.write(ChangeAccessTests.export(roles, more: more), to: "roles.json")
        }

        var writes: Int { get async { await scan.world.requests.count { !$0.hasPrefix("GET ") } } }
    }

    /// Three repositories are to follow their organization's template; a role names the branch of one, another any job of
    /// a second one.
    private static func withPlan(_ body: @Sendable @escaping (World, CommandRun) async throws -> Void) async throws {
        let organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context", "job_workflow_ref"],
            repositories: (1...3).map { number in
                WorldFile.Repository(
                    name: "r\(number)", id: Int64(number),
                    setting: .init(
                        useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme/r\(number)"))
            })
        try await EmulatedScan.with(WorldFile(organizations: [organization])) { (scan) async throws -> Void in
            let folder = scan.folder
            let world = World(scan: scan, plan: "\(folder.path)/plan.json", exports: "\(folder.path)/roles.json")
            try world.export(("deploy", [before]), ("all", ["repo:acme/r2:*"]))
            let planned = await world.run(
                ["plan", "acme", "--policy", "preset:strict", "-o", "json=\(world.plan)"] + world.trust)
            #expect(planned.status == 1, "\(planned.output)\(planned.error)")
            try await body(world, planned)
        }
    }

    @Test func aPlanSaysWhatItTakesAwayAndWhatKeepsIt() async throws {
        try await Self.withPlan { (world, planned) async throws -> Void in
            for line in [
                "LOST  1 row of access that the plan takes away\n  \(Self.role)deploy\n    acme/r1: branch\n",
                "    subject: \(Self.before)\n",
                "    add to StringLike \(Self.key):sub:\n      \"\(Self.after)\"\n", "GAINED  nothing\n",
            ] { #expect(planned.output.contains(line), "\(line)\n\(planned.output)") }
            let file = try Data(contentsOf: URL(filePath: world.plan))
            let json = try #require(JSONSerialization.jsonObject(with: file) as? [String: Any])
            let access = try #require(json["access"] as? [String: Any])
            let lost = try #require(access["lost"] as? [[String: Any]])
            #expect(lost.map { $0["repository_id"] as? Int } == [1])
            #expect(lost.map { $0["contexts"] as? [String] } == [["branch"]])
            #expect(
                (lost[0]["add"] as? [[String: Any]])?.map { $0.mapValues { $0 as? String } }
                    == [
                        [
                            "claim": "sub", "value": Self.after, "key": Self.key + ":sub", "operator": "StringLike",
                            "instead_of": nil,
                        ]
                    ])
            // From what is stored, with what to do in the roles.
            let first = await world.run(
                ["plan", "acme", "--policy", "preset:strict", "--from-scan", "latest", "--update-cloud-first"]
                    + world.trust)
            #expect(
                first.output.contains(
                    """
                    ROLES  add these values before the plan is applied
                      \(Self.role)deploy
                        add to StringLike \(Self.key):sub:
                          "\(Self.after)"

                    """), "\(first.output)")
            #expect(await world.writes == 0)
        }
    }

    @Test func applyComputesLostAccessAgain() async throws {
        try await Self.withPlan { (world, _) async throws -> Void in
            let apply = ["apply", world.plan, "--yes"]
            let without = await world.run(apply)
            #expect(without.status == 2 && without.error.contains("the plan was made with --trust"), "\(without.error)")
            let refused = await world.run(apply + world.trust)
            #expect(refused.status == 2, "\(refused.error)")
            #expect(refused.error.contains("acme/r1 can no longer assume \(Self.role)deploy"), "\(refused.error)")
            #expect(refused.output.contains("LOST  1 row"))
            #expect(await world.writes == 0)
            // What was lost when the plan was made is not lost by the roles of today.
            try world.export(("deploy", [Self.before, Self.after]))
            let applied = await world.run(apply + world.trust)
            #expect(applied.status == 0, "\(applied.error)")
            #expect(applied.output.contains("LOST  nothing\n"))
            #expect(await world.writes == 3)
        }
    }

    /// What can't be read may lose access as well.
    @Test func applyWritesNothingOnExportsWithGaps() async throws {
        try await Self.withPlan { (world, _) async throws -> Void in
            let apply = ["apply", world.plan, "--yes"]
            func refuses(_ words: String) async {
                let run = await world.run(apply + world.trust)
                #expect(run.status == 2 && run.error.contains(words), "\(run.error)")
                #expect(!run.output.contains("LOST  nothing\n"), "\(run.output)")
                #expect(await world.writes == 0)
            }
            // One page of several.
            try world.export(more: ", \"Marker\": \"x\"")
            await refuses("access may be lost")
            // A role of the plan that no file holds.
            try world.export(("all", ["repo:acme/r2:*"]))
            await refuses("\(Self.role)deploy: the plan was made with this role, and no file holds it")
            // A role that can't be read.
            let broken = """
                {"Roles": [{"Arn": "\(Self.role)deploy", "AssumeRolePolicyDocument": {"Statement": [{"Effect": "Maybe"}]}}]}
                """
            _ = try world.scan.folder.write(broken, to: "roles.json")
            await refuses("\(Self.role)deploy: its trust policy cannot be read")
            let plan = await world.run(
                ["plan", "acme", "--policy", "preset:strict", "--from-scan", "latest"] + world.trust)
            #expect(plan.output.contains("LOST  nothing in what was read and decided\n"), "\(plan.output)")
            let allowed = await world.run(apply + world.trust + ["--allow-lost-access"])
            #expect(allowed.status == 0, "\(allowed.error)")
            #expect(allowed.error.contains("warning: access may be lost"), "\(allowed.error)")
        }
    }

    /// What is suggested holds the exports, and a plan that takes access away begins with the roles.
    @Test func theNextStepsOfAPlanLeadToAnApply() async throws {
        try await Self.withPlan { (world, _) async throws -> Void in
            func run(_ step: [String]?) async -> (run: CommandRun, next: [[String]]) {
                // Each suggestion names the history and the API itself.
                let run = await CommandRun.run(
                    (step ?? []).map { $0 == "json=plan.json" ? "json=\(world.plan)" : $0 }, environment: Self.token,
                    isTerminal: true, ask: { _ in true })
                return (run, NextStepTests.next(run))
            }
            let asked = await world.run(
                ["plan", "acme", "--policy", "preset:strict", "--from-scan", "latest"] + world.trust, isTerminal: true)
            let write = NextStepTests.next(asked)
            #expect(write.map(\.first) == ["plan"], "\(asked.error)")
            let written = await run(write.first)
            #expect(written.next.map(\.first) == ["plan", "apply"], "\(written.run.error)")
            for step in write + written.next { #expect(step.contains("--trust"), "\(step)") }
            let roles = await run(written.next.first)
            #expect(roles.run.output.contains("add these values before the plan is applied"), "\(roles.run.error)")
            #expect(await run(written.next.last).run.status == 2)
            try world.export(("deploy", [Self.before, Self.after]), ("all", ["repo:acme/r2:*"]))
            let applied = await run(written.next.last)
            #expect(applied.run.status == 0, "\(applied.run.error)")
        }
    }

    /// What a plan says equals what `trust` finds once it is applied and scanned.
    @Test func whatIsPlannedIsWhatComes() async throws {
        try await Self.withPlan { (world, _) async throws -> Void in
            try world.export(
                ("deploy", [Self.before]), ("all", ["repo:acme/r2:*"]), ("next", ["repo:acme/r3:*:job_workflow_ref:*"]),
                ("third", ["repo:acme/r3:ref:refs/heads/main", "repo:acme/r3:pull_request"]))
            func rows(_ json: Any?) -> Set<String> {
                Set(
                    (json as? [[String: Any]] ?? []).compactMap { row in
                        (row["repository"] as? String).map { "\($0) \(row["identity"] as? String ?? "")" }
                    })
            }
            let before = world.scan.folder.path + "/before.json"
            let trust = ["trust", "acme"] + world.trust
            #expect(await world.run(trust + ["-o", "json=\(before)"]).status != 2)
            let asked = await world.run(trust + ["--plan", world.plan, "-f", "json"]).json["what_if"] as? [String: Any]
            let lost = rows(asked?["lost"])
            #expect(lost == ["acme/r1 \(Self.role)deploy", "acme/r3 \(Self.role)third"])
            #expect(rows(asked?["gained"]) == ["acme/r3 \(Self.role)next"])
            let applied = await world.run(["apply", world.plan, "--yes", "--allow-lost-access"] + world.trust)
            #expect(applied.status == 0, "\(applied.error)")
            #expect(await world.run(["scan", "acme", "--policy", "preset:strict"]).status == 0)
            let since =
                await world.run(trust + ["--since-report", before, "-f", "json"]).json["since"] as? [String: Any]
            #expect(rows(since?["gone_access"]) == lost)
            #expect(rows(since?["new_access"]) == rows(asked?["gained"]))
        }
    }

    /// To undo, or to finish what is half done, is never held back.
    @Test func whatIsBegunReportsLostAccessAndGoesOn() async throws {
        try await Self.withPlan { (world, _) async throws -> Void in
            let canary = await world.run(
                ["apply", world.plan, "--allow-lost-access"] + world.trust, ask: { $0.hasPrefix("Write") })
            #expect(canary.status == 6, "\(canary.error)")
            #expect(canary.error.contains("warning: access is lost: acme/r1 can no longer"))
            #expect(await world.writes == 1)
            // The first is written already, and takes nothing away any more.
            try world.export(("deploy", [Self.before]), ("third", ["repo:acme/r3:pull_request"]))
            let rest = await world.run(["apply", "--continue", "--yes"] + world.trust)
            #expect(rest.status == 0, "\(rest.error)")
            #expect(rest.error.contains("access is lost: acme/r3 can no longer assume \(Self.role)third\n"))
            #expect(await world.writes == 3)
            // Roles that know the new subjects alone.
            try world.export(("deploy", [Self.after]))
            let undone = await world.run(["rollback", "1", "--yes"] + world.trust)
            #expect(undone.status == 0, "\(undone.error)")
            #expect(undone.error.contains("access is lost: acme/r1 can no longer assume"), "\(undone.error)")
            #expect(await world.writes == 6)
            // And the rollback of that gives it back.
            let redone = await world.run(["rollback", "2", "--yes"] + world.trust)
            #expect(redone.status == 0, "\(redone.error)")
            #expect(redone.output.contains("LOST  nothing\n") && redone.output.contains("GAINED  1 row"))
        }
    }

    @Test func exportsThatAreOldOrNotWholeAreSaid() async throws {
        try await Self.withPlan { (world, _) async throws -> Void in
            let plan = ["plan", "acme", "--policy", "preset:strict", "--from-scan", "latest"] + world.trust
            #expect(await !world.run(plan).error.contains("days old"))
            try world.export(("deploy", [Self.before]), more: ", \"IsTruncated\": true, \"Marker\": \"x\"")
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -9.5 * 86_400)], ofItemAtPath: world.exports)
            let old = await world.run(plan)
            #expect(old.error.contains("warning: \(world.exports) is 9 days old"), "\(old.error)")
            #expect(old.output.contains("UNREAD  what could not be read\n"), "\(old.output)")
            // What is no export ends it before anything is requested.
            let asked = await world.scan.world.requests.count
            _ = try world.scan.folder.write("{}", to: "roles.json")
            for command in [["plan", "acme", "--policy", "preset:strict"], ["apply", world.plan, "--yes"]] {
                #expect(await world.run(command + world.trust).status == 2)
            }
            #expect(await world.scan.world.requests.count == asked)
        }
    }

    @Test func anotherHistoryCannotSayWhatIsLost() async throws {
        try await Self.withPlan { (world, _) async throws -> Void in
            let elsewhere = world.scan.folder.path + "/other.sqlite"
            let run = await CommandRun.run(
                ["apply", world.plan, "--yes", "--db", elsewhere, "--api-url", world.scan.address] + world.trust,
                environment: Self.token)
            #expect(run.status == 2 && run.error.contains("not in this history"), "\(run.error)")
            let idle = await world.run(["apply", world.plan, "--yes", "--allow-lost-access"])
            #expect(idle.status == 2)
            #expect(await world.writes == 0)
        }
    }
}
