import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What a night makes of the findings of the night before, where neither a fix nor a worsening is the whole story.
@Suite(.timeLimit(.minutes(5))) struct DriftCommandTests {
    private static let policy = ["--policy", "preset:strict"]
    /// Within what the policy lets a waiver last.
    private static let day = Day(of: Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))).adding(days: 90)
        .description
    private static let template = ["repo", "context", "job_workflow_ref"]

    private func command(_ scan: EmulatedScan, _ arguments: [String]) async -> CommandRun {
        await CommandRun.run(arguments + ["--api-url", scan.address, "--db", scan.folder.database])
    }

    private func night(_ scan: EmulatedScan, _ arguments: [String]) async -> CommandRun {
        await CommandRun.run(
            ["scan"] + arguments + ["--api-url", scan.address, "--db", scan.folder.database] + Self.policy,
            environment: ["GH_ENTERPRISE_TOKEN": "t"])
    }

    private func states(_ run: CommandRun, of repository: String) -> Set<String> {
        Set(
            (run.json["findings"] as? [[String: Any]] ?? []).filter { $0["repository"] as? String == repository }
                .compactMap { $0["state"] as? String })
    }

    /// Moves `acme/mv` to `beta`, as it is.
    private static func transfer(_ world: inout WorldFile) {
        var moved = world.organizations[0].repositories.removeFirst()
        moved.setting?.subClaimPrefix = "repo:beta/mv"
        world.organizations[1].repositories.append(moved)
    }

    private static func world() -> WorldFile {
        WorldFile(
            tokens: [],
            organizations: [
                .init(
                    login: "acme", id: 77, template: template,
                    repositories: [.own("mv", id: 1002, ["repo", "context"]), .good("stays", id: 1003)]),
                .init(
                    login: "beta", id: 88, template: template, repositories: [.good("one", id: 2001, of: "beta")]),
            ], faults: [])
    }

    @Test(arguments: [true, false])
    func aTransferIsNeitherAFixNorARelapse(inOneScan: Bool) async throws {
        try await EmulatedScan.with(Self.world()) { (scan) async throws -> Void in
            let baseline = scan.folder.path + "/b.json"
            let scans = inOneScan ? [["acme", "beta"]] : [["acme"], ["beta"]]
            for organizations in scans { _ = await night(scan, organizations) }
            _ = await command(scan, ["check", "acme", "--write-baseline", baseline] + Self.policy)
            await scan.world.change { Self.transfer(&$0) }
            for _ in 0..<3 {
                for organizations in scans {
                    let run = await night(scan, organizations + ["-f", "json", "--baseline", baseline, "--new-only"])
                    #expect(run.status == 0, "\(run.error)")
                    guard organizations.contains("beta") else { continue }
                    #expect(states(run, of: "beta/mv") == ["recurring"])
                    let first = (run.json["findings"] as? [[String: Any]] ?? []).compactMap {
                        $0["first_seen"] as? String
                    }
                    #expect(Set(first).count == 1)
                }
            }
            if inOneScan {
                let difference = await command(scan, ["diff", "1", "2", "-f", "json"])
                let findings = difference.json["findings"] as? [String: Any]
                #expect((findings?["gone"] as? [Any])?.isEmpty == true, "\(difference.output)")
                let timeline = await command(scan, ["history", "repository", "beta/mv"])
                #expect(!timeline.output.contains("no longer found"), "\(timeline.output)")
            }
        }
    }

    /// A repository that is not listed for a night, and back, was not fixed in between.
    @Test func aRepositoryThatWasAwayWasNotFixed() async throws {
        try await EmulatedScan.with(Self.world()) { (scan) async throws -> Void in
            _ = await night(scan, ["acme"])
            let whole = await scan.world.file
            await scan.world.change { $0.organizations[0].repositories.removeFirst() }
            let away = await night(scan, ["acme", "-f", "json"])
            #expect((away.json["gone"] as? [[String: Any]])?.compactMap { $0["why"] as? String }.first == "removed")
            // It is gone once, not each night.
            let still = await night(scan, ["acme", "-f", "json"])
            #expect((still.json["gone"] as? [Any])?.isEmpty == true)
            await scan.world.change { $0 = whole }
            let back = await night(scan, ["acme", "-f", "json", "--baseline", "scan:1", "--new-only"])
            #expect(back.status == 0, "\(back.error)")
            #expect(states(back, of: "acme/mv") == ["recurring"])
        }
    }

    @Test func aRuleThatLeftThePolicyAndIsBackWasNotFixed() async throws {
        try await EmulatedScan.with(Self.world()) { (scan) async throws -> Void in
            func policy(_ entries: String) throws -> [String] {
                let text = #"{"version": 1, "name": "own", "rules": [\#(entries)]}"#
                return ["--policy", try scan.folder.write(text, to: "p.json"), "-f", "json"]
            }
            let claims =
                #"{"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["job_workflow_ref"]}"#
            let source = #"{"id": "source", "rule": "template-source", "severity": "low", "allowed": ["organization"]}"#
            func night(_ entries: String) async throws -> CommandRun {
                let policy = try policy(entries)
                return await CommandRun.run(
                    ["scan", "acme", "--api-url", scan.address, "--db", scan.folder.database] + policy,
                    environment: ["GH_ENTERPRISE_TOKEN": "t"])
            }
            let both = try await night("\(claims), \(source)")
            #expect(both.status == 1, "\(both.error)")
            let without = try await night(source)
            let gone = without.json["gone"] as? [[String: Any]] ?? []
            #expect(gone.compactMap { $0["why"] as? String } == ["rule_removed"])
            let difference = await command(scan, ["diff", "1", "2", "-f", "json"])
            let found = (difference.json["findings"] as? [String: Any])?["gone"] as? [[String: Any]] ?? []
            #expect(found.compactMap { $0["rule"] as? String } == ["claims"])
            let again = try await night("\(claims), \(source)")
            // Gone was told, and so is that it is there again; nobody fixed it in between.
            #expect(states(again, of: "acme/mv") == ["recurring", "new"])
        }
    }

    @Test func theNewFindingIsAnnotatedBeforeOlderAndWorseOnes() async throws {
        let old = (1...12).map { WorldFile.Repository.own("c\($0)", id: Int64(3000 + $0), ["head_ref", "repo"]) }
        try await EmulatedScan.with(old + [.good("zz", id: 4000)]) { (scan) async throws -> Void in
            _ = await night(scan, ["acme"])
            await scan.world.change { $0.organizations[0].repositories[12] = .own("zz", id: 4000, ["repo"]) }
            for baseline in [[], ["--baseline", "scan:1"]] {
                let run = await night(scan, ["acme", "-f", "github"] + baseline)
                #expect(run.output.contains("high%3A required-claims::acme/zz"), "\(run.output)")
            }
        }
    }

    @Test func aBaselineHoldsWhatCouldNotBeReadThatNight() async throws {
        try await EmulatedScan.with([.own("lock", id: 1, ["repo"]), .own("pay", id: 2, ["repo"])]) {
            (scan) async throws -> Void in
            _ = await night(scan, ["acme"])
            await scan.world.change { $0.organizations[0].repositories[0].refusal = .forbidden }
            let unread = await night(scan, ["acme", "-f", "json"])
            let carried = unread.json["carried_on"] as? [[String: Any]] ?? []
            #expect(Set(carried.compactMap { $0["repository"] as? String }) == ["acme/lock"])
            let text = await command(scan, ["report"] + Self.policy)
            #expect(text.output.contains("\(carried.count) known and not judged this time"), "\(text.output)")
            let file = scan.folder.path + "/b.json"
            let written = await command(scan, ["check", "acme", "--write-baseline", file] + Self.policy)
            #expect(written.error.contains("\(carried.count) of them carried on"), "\(written.error)")
            await scan.world.change { $0.organizations[0].repositories[0].refusal = nil }
            let again = await night(scan, ["acme", "-f", "json", "--baseline", file, "--new-only"])
            #expect(again.status == 0, "\(again.error)")
        }
    }

    @Test func aWaiverThatEndedIsNews() async throws {
        try await EmulatedScan.with([.own("pay", id: 1, ["repo", "context"])]) { (scan) async throws -> Void in
            let waivers = try scan.folder.write(
                """
                version: 1
                waivers:
                  - {rule: required-claims, repository: pay, owner: sec, reason: r, expires: \(Self.day)}
                  - {rule: follows-organization, repository: pay, owner: sec, reason: r, expires: \(Self.day)}

                """, to: "w.yaml")
            let waived = await night(scan, ["acme", "--waivers", waivers])
            #expect(waived.status == 0, "\(waived.error)")
            #expect(waived.output.contains("whatever required-claims finds"))
            let sarif = await command(scan, ["report", "1", "-f", "sarif"])
            #expect(sarif.output.contains("(accepts whatever required-claims finds)"), "\(sarif.error)")
            let ended = await night(scan, ["acme"])
            #expect(ended.status == 1)
            #expect(
                ended.output.replacing(/\s+/, with: " ").contains("NEW 2 no longer accepted since #1"),
                "\(ended.output)")
            #expect(ended.output.contains("findings: 2 no longer accepted"), "\(ended.output)")
            #expect(!ended.output.contains("KNOWN"))
            let difference = await command(scan, ["diff"])
            #expect(difference.output.contains("NO LONGER ACCEPTED  2 findings"), "\(difference.output)")
            // The night after, nothing is new of it.
            #expect(await night(scan, ["acme"]).output.contains("changed  since #2") == true)
        }
    }

    @Test func fewerProblemsAreSaid() async throws {
        try await EmulatedScan.with([.own("pay", id: 1, ["repo"])]) { (scan) async throws -> Void in
            _ = await night(scan, ["acme"])
            await scan.world.change { $0.organizations[0].repositories = [.own("pay", id: 1, ["repo", "context"])] }
            let better = await night(scan, ["acme"])
            #expect(better.output.contains("BETTER"), "\(better.output)")
            #expect(better.output.contains("required-claims: no longer missing claim: context"), "\(better.output)")
            let difference = await command(scan, ["diff", "--exit-code"])
            #expect(difference.status == 1)
            #expect(difference.output.contains("no longer missing claim: context"), "\(difference.output)")
        }
    }

    @Test func anAcceptedUnreadRepositoryLeavesANightWhole() async throws {
        try await EmulatedScan.with([.good("api", id: 1), .good("lock", id: 2), .good("web", id: 3)]) {
            (scan) async throws -> Void in
            await scan.world.change { $0.organizations[0].repositories[1].refusal = .forbidden }
            let waivers = try scan.folder.write(
                """
                version: 1
                waivers:
                  - {rule: readable, repository: lock, owner: sec, reason: secret, expires: \(Self.day)}

                """, to: "w.yaml")
            for _ in 0..<2 {
                let run = await night(scan, ["acme", "--waivers", waivers])
                #expect(run.status == 0, "\(run.error)")
                #expect(
                    run.output.replacing(/\s+/, with: " ").contains("accepts whatever keeps it from being read"),
                    "\(run.output)")
            }
            #expect(await command(scan, ["diff", "--exit-code"]).status == 0)
            #expect(await command(scan, ["history", "list"]).output.contains("passed"))
            #expect(await command(scan, ["history", "show"]).output.hasPrefix("PASSED"))
            // Another one that nobody accepts is a gap.
            await scan.world.change { $0.organizations[0].repositories[0].refusal = .forbidden }
            #expect(await night(scan, ["acme", "--waivers", waivers]).status == 3)
            #expect(await command(scan, ["diff", "--exit-code"]).status == 3)
        }
    }

    @Test func noWaiverCoversAnUnreadableOrganization() async throws {
        let folder = try Folder()
        let add = await CommandRun.run([
            "waiver", "add", folder.path + "/w.yaml", "--rule", "readable", "--organization", "acme", "--owner", "sec",
            "--reason", "r", "--expires", Self.day, "--db", folder.database,
        ])
        #expect(add.status == 2)
        #expect(add.error.contains("a waiver of readable needs a repository"), "\(add.error)")
        #expect(!folder.exists("w.yaml"))
        let file = try folder.write(
            """
            version: 1
            waivers:
              - {rule: readable, organization: acme, owner: sec, reason: r, expires: \(Self.day)}

            """, to: "v.yaml")
        let lint = await CommandRun.run(["waiver", "lint", file])
        #expect(lint.status == 2)
        #expect(lint.error.contains("v.yaml:3:"), "\(lint.error)")
        #expect(lint.error.contains("a waiver of readable has no \"repository\""), "\(lint.error)")
    }
}
