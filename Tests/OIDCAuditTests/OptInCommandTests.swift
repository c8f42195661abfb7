import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// The move of an organization to immutable subjects, from the policy to the last repository.
@Suite(.timeLimit(.minutes(5))) struct OptInCommandTests {
    private static let organization = "/orgs/acme/actions/oidc/customization/sub"

    private static func run(_ scan: EmulatedScan, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--api-url", scan.address, "--db", scan.folder.database],
            environment: ["GH_ENTERPRISE_TOKEN": "test-token"])
    }

    private static func prefix(_ scan: EmulatedScan, _ place: Int) async -> String? {
        await scan.world.file.organizations[0].repositories[place].setting?.subClaimPrefix
    }

    private static func writes(_ scan: EmulatedScan) async -> [String] {
        await scan.world.requests.filter { $0.hasPrefix("PUT") }
    }

    private static func repository(_ name: String, _ id: Int64, flag: Bool?) -> WorldFile.Repository {
        WorldFile.Repository(
            name: name, id: id,
            setting: .init(useDefault: true, useImmutableSubject: flag, subClaimPrefix: "repo:acme/\(name)"))
    }

    /// Two that follow their organization, one that set `false` itself, and a plan of one write.
    private static func withPlan(
        _ body: @Sendable @escaping (EmulatedScan, _ plan: String, _ policy: String) async throws -> Void,
    ) async throws {
        let organization = WorldFile.Organization(
            login: "acme", id: 77, template: ["repo", "context"],
            repositories: [
                repository("a", 1, flag: nil), repository("b", 2, flag: nil), repository("own", 3, flag: false),
            ])
        try await EmulatedScan.with(WorldFile(organizations: [organization])) { (scan) async throws -> Void in
            let policy = scan.folder.path + "/ids.yaml"
            let made = await CommandRun.run(["policy", "init", "--for", "immutable", "--file", policy])
            #expect(made.status == 0, "\(made.error)")
            let plan = scan.folder.path + "/plan.json"
            let planned = await run(scan, "plan", "acme", "--policy", policy, "-o", "json=\(plan)")
            #expect(planned.status == 1, "\(planned.error)")
            #expect(
                planned.output.hasPrefix("PLAN  acme: 1 change, by which 2 subjects change, and 1 may"),
                "\(planned.output)")
            try await body(scan, plan, policy)
        }
    }

    @Test func oneWriteMovesWhoFollowsAndTheRestIsPlannedAfterIt() async throws {
        try await Self.withPlan { (scan, plan, policy) async throws -> Void in
            let applied = await Self.run(scan, "apply", plan, "--yes")
            #expect(applied.status == 0, "\(applied.error)")
            #expect(applied.error.contains("2 of 3 repositories read back follow it now"), "\(applied.error)")
            #expect(await Self.writes(scan) == ["PUT \(Self.organization)"])
            #expect(await Self.prefix(scan, 0) == "repo:acme@77/a@1")
            #expect(await Self.prefix(scan, 2) == "repo:acme/own")

            let rest = await Self.run(scan, "plan", "acme", "--policy", policy, "-o", "json=\(plan)")
            #expect(rest.output.hasPrefix("PLAN  acme: 1 change, by which 1 subject changes"), "\(rest.output)")
            let second = await Self.run(scan, "apply", plan, "--yes")
            #expect(second.status == 0, "\(second.error)")
            #expect(await Self.prefix(scan, 2) == "repo:acme@77/own@3")
            #expect(await Self.run(scan, "scan", "acme", "--policy", policy).status == 0)

            // The command that is named for it works as it stands.
            let uncounted = await Self.run(scan, "rollback", "1", "--yes")
            #expect(
                uncounted.error.contains(" hint: oidc-audit rollback 1 --max-changes 3 --api-url "),
                "\(uncounted.error)")
            let back = await Self.run(scan, "rollback", "1", "--yes", "--max-changes", "3")
            #expect(back.status == 0, "\(back.error)")
            #expect(back.output.contains("GitHub accepts use_immutable_subject: false"), "\(back.output)")
            #expect(await Self.prefix(scan, 0) == "repo:acme/a")
        }
    }

    /// 201, and nothing was done: it is sent once, and nothing is left of it that could be rolled back.
    @Test func anOptInThatGitHubDoesNotMakeEndsOnce() async throws {
        try await Self.withPlan { (scan, plan, _) async throws -> Void in
            await scan.world.change {
                $0.faults = [.init(path: Self.organization, method: "PUT", kind: .status, status: 201)]
            }
            let run = await Self.run(scan, "apply", plan, "--yes")
            #expect(run.status == 6)
            #expect(run.error.contains("acme: not effective: GitHub accepted it and changed nothing"), "\(run.error)")
            #expect(await Self.run(scan, "apply", "--continue", "--yes").status == 2)
            // Nothing was written, so nobody has to say how many repositories may change.
            let back = await Self.run(scan, "rollback", "1", "--yes")
            #expect(back.output.contains("NOTHING TO CHANGE"), "\(back.output)\(back.error)")
            #expect(await Self.writes(scan).count == 1)
        }
    }

    /// A repository that set `false` itself never followed: its subject does not change back.
    @Test func aRollbackCountsWhomTheOptInReached() async throws {
        try await Self.withPlan { (scan, plan, _) async throws -> Void in
            #expect(await Self.run(scan, "apply", plan, "--yes").status == 0)
            let back = await Self.run(scan, "rollback", "1", "--max-changes", "3")
            // Nobody could be asked, and what was to be read before a yes is there.
            #expect(back.status == 2 && back.error.contains("read the plan, then add --yes"), "\(back.error)")
            #expect(back.output.hasPrefix("PLAN  acme: 1 change, by which 2 subjects change"), "\(back.output)")
            #expect(!back.output.contains("acme/own"))
            #expect(!back.output.contains("are not counted here"))
            #expect(!back.output.contains("changes nothing until a repository opts in"))
        }
    }

    /// No scan shows it, so none is asked for; and a plan that can't be agreed to is shown all the same.
    @Test func theWayBackAsksForANumberAndShowsItsPlan() async throws {
        try await Self.withPlan { (scan, plan, _) async throws -> Void in
            #expect(await Self.run(scan, "apply", plan, "--yes").status == 0)
            let set = await Self.run(scan, "template", "set", "acme", "--no-immutable")
            #expect(set.status == 2)
            #expect(set.error.contains("hint: no scan shows whose subjects change: allow a number"), "\(set.error)")
            let shown = await Self.run(scan, "template", "set", "acme", "--no-immutable", "--max-changes", "3")
            #expect(shown.status == 2 && shown.output.hasPrefix("PLAN  acme: 1 change"), "\(shown.output)")
            #expect(shown.output.replacing(/\s+/, with: " ").contains("GitHub accepts use_immutable_subject: false"))
        }
    }

    @Test func aPolicyForIdsIsMadeAndNoOther() async throws {
        let made = await CommandRun.run(["policy", "init", "--for", "immutable", "--file", "-"])
        #expect(made.status == 0, "\(made.error)")
        #expect(made.output.contains("    fix: { immutable: true, organization_wide: true }\n"))
        let both = await CommandRun.run(["policy", "init", "--for", "immutable", "--from", "preset:strict"])
        #expect(both.status == 2)
        let other = await CommandRun.run(["policy", "init", "--for", "imutable"])
        #expect(other.status == 2)
    }

    /// One template is counted as a plan counts it.
    @Test func templateSetCountsWhomAnOptInReaches() async throws {
        try await Self.withPlan { (scan, _, _) async throws -> Void in
            let set = await Self.run(scan, "template", "set", "acme", "--immutable", "--yes")
            #expect(set.status == 0, "\(set.error)")
            #expect(
                set.output.hasPrefix("PLAN  acme: 1 change, by which 2 subjects change, and 1 may"), "\(set.output)")
            #expect(!set.output.contains("changes nothing until a repository opts in"), "\(set.output)")
            #expect(await Self.prefix(scan, 1) == "repo:acme@77/b@2")
        }
    }
}
