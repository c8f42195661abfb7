import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Who changed a template: the journal where it knows, else where to look.
@Suite(.timeLimit(.minutes(5))) struct WhoTests {
    private static func run(_ scan: EmulatedScan, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(
            arguments + ["--db", scan.folder.database, "--api-url", scan.address],
            environment: ["GH_ENTERPRISE_TOKEN": "test-token"])
    }

    @Test func aTimelineSaysWhoOrWhereToLook() async throws {
        try await EmulatedScan.with([.own("api", id: 1, ["repo"]), .own("web", id: 2, ["repo"])]) {
            (scan) async throws -> Void in
            await scan.world.change { $0.user = "octocat" }
            #expect(await scan("acme").status == 1)
            #expect(
                await Self.run(scan, "template", "set", "acme/api", "--claims", "repo,ref", "--yes").status == 0)
            await scan.world.change {
                $0.organizations[0].repositories[1].setting?.includeClaimKeys = ["repo", "actor"]
            }
            #expect(await scan("acme").status == 1)

            let ours = await Self.run(scan, "history", "repository", "acme/api").output
            #expect(ours.contains("    who: written from here by set #1, "), "\(ours)")
            #expect(ours.replacing(/\s+/, with: " ").contains("by octocat"))
            #expect(!ours.contains("WHO COULD"))
            let theirs = await Self.run(scan, "history", "repository", "acme/web").output
            #expect(theirs.contains("    who: not by this history's journal; audit log of acme:\n"), "\(theirs)")
            #expect(theirs.contains(/\n         repo:acme\/web created:\S+Z\.\.\S+Z\n/))
            #expect(theirs.contains("WHO COULD  change a repository's template: its administrators"))
            let words = theirs.replacing(/\s+/, with: " ")
            #expect(words.contains("GitHub documents no audit-log event for these changes"))
            #expect(!theirs.contains("octocat"))

            let json = await Self.run(scan, "history", "repository", "acme/api", "-f", "json").json
            let events = try #require(json["events"] as? [[String: Any]])
            let written = try #require(events.compactMap { $0["written_by"] as? [[String: Any]] }.first)
            #expect(written.map { $0["actor"] as? String } == ["octocat"])
            #expect(written.map { $0["changeset"] as? Int } == [1])
        }
    }

    /// What a write left decides, and not that there was one.
    @Test(arguments: [false, true]) func whatWasFoundIsWhatAWriteLeft(echoes: Bool) async throws {
        try await EmulatedScan.with([.own("ours", id: 1, ["repo", "ref"]), .own("theirs", id: 2, ["repo", "ref"])]) {
            (scan) async throws -> Void in
            await scan.world.change { $0.organizations[0].echoesTemplate = echoes }
            #expect(await scan("acme").status == 1)
            for name in ["acme/ours", "acme/theirs"] {
                #expect(await Self.run(scan, "template", "set", name, "--inherit", "--yes").status == 0)
            }
            await scan.world.change {
                $0.organizations[0].repositories[1].setting?.includeClaimKeys = ["repo", "actor"]
            }
            #expect(await scan("acme").status == 1)
            let ours = await Self.run(scan, "history", "repository", "acme/ours").output
            #expect(ours.contains("    who: written from here by set #1, "), "\(ours)")
            let theirs = await Self.run(scan, "history", "repository", "acme/theirs").output
            #expect(theirs.contains("    who: not by this history's journal; audit log of acme:\n"), "\(theirs)")
            #expect(!theirs.contains("written from here by") && theirs.contains("WHO COULD"))
        }
    }

    /// A repository that follows its organization changed by what the organization's template became.
    @Test func whoFollowsChangedWithTheOrganization() async throws {
        let follower = WorldFile.Repository(
            name: "api", id: 1, setting: .init(useDefault: false, subClaimPrefix: "repo:acme/api"))
        try await EmulatedScan.with([follower], template: ["repo", "context"]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 1)
            #expect(
                await Self.run(
                    scan, "template", "set", "acme", "--claims", "repo,context,job_workflow_ref", "--yes",
                    "--max-changes", "9"
                ).status == 0)
            #expect(await scan("acme").status == 0)
            let output = await Self.run(scan, "history", "repository", "acme/api").output
            #expect(output.contains("written from here by set #1"), "\(output)")
            #expect(!output.contains("audit log"), "\(output)")
        }
    }
}
