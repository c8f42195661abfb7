import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What is reported as new, gone, worse or not known, night after night.
@Suite(.timeLimit(.minutes(5))) struct NewsCommandTests {
    private static let bad = WorldFile.Repository.own("pay", id: 1, ["workflow", "repo"])

    private func night(_ scan: EmulatedScan, _ arguments: String..., policy: String = "preset:strict") async
        -> CommandRun
    {
        await CommandRun.run(
            [
                "scan", "acme", "--api-url", scan.address, "--db", scan.folder.database, "--policy", policy,
            ] + arguments, environment: ["GH_ENTERPRISE_TOKEN": "t"])
    }

    /// The last scan, judged again.
    private func report(_ scan: EmulatedScan, _ format: String, policy: String = "preset:strict") async -> String {
        await CommandRun.run([
            "report", "--api-url", scan.address, "--db", scan.folder.database, "--policy", policy, "-f", format,
        ]).output
    }

    private func diff(_ scan: EmulatedScan, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(["diff"] + arguments + ["--api-url", scan.address, "--db", scan.folder.database])
    }

    private func words(_ run: CommandRun) -> String { run.output.replacing(/\s+/, with: " ") }

    private func values(_ run: CommandRun, _ list: String, _ member: String) -> Set<String> {
        Set((run.json[list] as? [[String: Any]] ?? []).compactMap { $0[member] as? String })
    }

    private func waivers(of repository: String, in scan: EmulatedScan) throws -> String {
        let day = Day(of: Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))).adding(days: 90)
        return try scan.folder.write(
            """
            {"version": 1, "waivers": [{"rule": "readable", "repository": "\(repository)", "owner": "o", "reason": "sealed",
              "expires": "\(day)"}]}
            """, to: "w.json")
    }

    // MARK: - Two policies

    @Test func aPolicyIsComparedWithTheLastScanThatItJudged() async throws {
        try await EmulatedScan.with([.good("pay", id: 1), .good("web", id: 2)]) { (scan) async throws -> Void in
            _ = await night(scan)
            _ = await night(scan, policy: "preset:baseline")
            await scan.world.change { $0.organizations[0].repositories[0] = Self.bad }
            let text = await night(scan)
            #expect(text.output.contains("NEW "), "\(text.output)")
            #expect(words(text).contains("another policy judged #2; findings since #1: "), "\(text.output)")
            #expect(await report(scan, "markdown").contains("New since scan 1 of "))
            #expect(await report(scan, "html").contains("New since #1 of "))
            // A policy that judged no scan before has nothing to compare with.
            let first = await report(scan, "html", policy: "preset:immutable-migration")
            #expect(first.contains("Other policies judged the scans before"))
        }
    }

    @Test func whatIsGoneIsSaidWhereNothingIsLeft() async throws {
        try await EmulatedScan.with([Self.bad, .good("web", id: 2)]) { (scan) async throws -> Void in
            for _ in 0..<2 {
                for policy in ["preset:strict", "preset:baseline"] { _ = await night(scan, policy: policy) }
            }
            await scan.world.change { $0.organizations[0].repositories[0] = .good("pay", id: 1) }
            _ = await night(scan)
            let fixed = await night(scan, policy: "preset:baseline")
            #expect(fixed.status == 0)
            #expect(fixed.output.contains("GONE "), "\(fixed.output)")
            let again = await night(scan, policy: "preset:baseline")
            #expect(!again.output.contains("GONE "))
        }
    }

    // MARK: - In and out of scope

    @Test func whatComesBackIntoScopeIsNews() async throws {
        try await EmulatedScan.with([Self.bad, .good("web", id: 2)]) { (scan) async throws -> Void in
            for policy in ["preset:strict", "preset:baseline"] { _ = await night(scan, policy: policy) }
            await scan.world.change { $0.organizations[0].repositories[0].archived = true }
            // Each policy says so once.
            for isGone in [true, false] {
                for policy in ["preset:strict", "preset:baseline"] {
                    let run = await night(scan, policy: policy)
                    #expect(run.status == 0)
                    #expect(run.output.contains("out of scope now") == isGone, "\(policy): \(run.output)")
                }
            }
            await scan.world.change { $0.organizations[0].repositories[0].archived = false }
            for policy in ["preset:strict", "preset:baseline"] {
                let back = await night(scan, policy: policy)
                #expect(back.status == 1)
                #expect(back.output.contains("NEW "), "\(back.output)")
                #expect(back.output.contains("in scope again"), "\(back.output)")
            }
            let json = await report(scan, "json", policy: "preset:baseline")
            #expect(json.contains(#""since_last_scan": "new""#) && !json.contains(#""since_last_scan": "recurring""#))
            #expect(await report(scan, "html", policy: "preset:baseline").contains("<b>in scope again</b>"))
            // Nobody fixed it: it is as old as it is, and old the night after.
            let after = await night(scan, "-f", "json", policy: "preset:baseline")
            #expect(values(after, "findings", "since_last_scan") == ["recurring"])
            #expect(values(after, "findings", "first_seen").allSatisfy { $0 < after.scanStartText })
        }
    }

    // MARK: - Severity

    @Test func aSeverityThatRoseIsNewsOnce() async throws {
        @Sendable func policy(_ severity: String) -> String {
            #"{"version": 1, "name": "own", "rules": [{"id": "b", "rule": "require-claims", "severity": "\#(severity)", "#
                + #""claims": ["context"]}]}"#
        }
        try await EmulatedScan.with([.own("app", id: 1, ["repo"])]) { (scan) async throws -> Void in
            let file = try scan.folder.write(policy("low"), to: "p.json")
            _ = await night(scan, policy: file)
            _ = await night(scan, policy: file)
            _ = try scan.folder.write(policy("critical"), to: "p.json")
            let baseline = ["--baseline", "scan:1", "--new-only"]
            let worse = await night(scan, baseline[0], baseline[1], baseline[2], policy: file)
            #expect(worse.status == 1)
            #expect(words(worse).contains("NEW 1 worsened since #2"), "\(worse.output)")
            #expect(words(worse).contains("worsened: was low"), "\(worse.output)")
            #expect(await report(scan, "html", policy: file).contains("was low"))
            let json = await report(scan, "json", policy: file)
            #expect(json.contains(#""severity_before": "low""#) && json.contains(#""since_last_scan": "worsened""#))
            let difference = await diff(scan, "2", "3")
            #expect(difference.output.contains("WORSENED"), "\(difference.output)")
            #expect(words(difference).contains("b, critical: was low"), "\(difference.output)")
            let timeline = await CommandRun.run([
                "history", "repository", "acme/app", "--api-url", scan.address, "--db", scan.folder.database,
            ])
            #expect(timeline.output.contains("worsened: b (own)\n    was low\n"), "\(timeline.output)")
            let after = await night(scan, baseline[0], baseline[1], baseline[2], policy: file)
            #expect(after.status == 1 && !after.output.contains("NEW "), "\(after.output)")
            // A baseline of that night accepts it as it was then.
            let accepted = await night(scan, "--baseline", "scan:3", "--new-only", policy: file)
            #expect(accepted.status == 0, "\(accepted.output)")
            // Lowered, it is no news, and worse again once it rises.
            _ = try scan.folder.write(policy("medium"), to: "p.json")
            let lowered = await night(scan, policy: file)
            #expect(!lowered.output.contains("NEW ") && !lowered.output.contains("BETTER"), "\(lowered.output)")
            #expect(await !diff(scan).output.contains("1 finding"))
            _ = try scan.folder.write(policy("high"), to: "p.json")
            #expect(await words(night(scan, policy: file)).contains("worsened: was medium"))
        }
    }

    // MARK: - What is not known

    @Test func anAcceptedGapHidesNoOtherOne() async throws {
        try await EmulatedScan.with([.good("a", id: 1), .good("b", id: 2)]) { (scan) async throws -> Void in
            _ = await night(scan)
            let file = try waivers(of: "secret*", in: scan)
            await scan.world.change { world in
                world.organizations[0].repositories[1].refusal = .forbidden
                var secret = WorldFile.Repository.good("secret", id: 3)
                secret.refusal = .forbidden
                world.organizations[0].repositories.append(secret)
            }
            let run = await night(scan, "--waivers", file)
            #expect(run.status == 3)
            #expect(words(run).contains("1 added; not known of 1 repository "), "\(run.output)")
            let json = await diff(scan, "-f", "json")
            #expect(json.json["complete"] as? Bool == false)
            #expect(await diff(scan, "--exit-code").status == 1)
        }
    }

    @Test func theFirstNightOfAnAcceptedGapIsSaid() async throws {
        try await EmulatedScan.with([Self.bad, .good("web", id: 2)]) { (scan) async throws -> Void in
            _ = await night(scan)
            let file = try waivers(of: "pay", in: scan)
            await scan.world.change { $0.organizations[0].repositories[0].refusal = .forbidden }
            let first = await night(scan, "--waivers", file)
            #expect(first.status == 0)
            #expect(words(first).contains(": nothing known; not known of 1 repository (accepted)"), "\(first.output)")
            // What nobody could compare is not called unchanged; that is accepted.
            let difference = await diff(scan, "--exit-code")
            #expect(difference.status == 0)
            #expect(difference.output.hasPrefix("NO CHANGE KNOWN"), "\(difference.output)")
            let second = await night(scan, "--waivers", file)
            #expect(words(second).contains(/changed since #2 of \S+: nothing [A-Z]/), "\(second.output)")
        }
    }

    @Test func whatIsNewAfterAGapNamesTheScanThatKnewIt() async throws {
        try await EmulatedScan.with([
            .own("pay", id: 1, ["repo", "context"]), .own("web", id: 2, ["repo", "context"]),
        ]) {
            (scan) async throws -> Void in
            _ = await night(scan)
            await scan.world.change { $0.organizations[0].repositories[0].refusal = .forbidden }
            _ = await night(scan)
            await scan.world.change { world in
                world.organizations[0].repositories = [.own("pay", id: 1, ["repo"]), .own("web", id: 2, ["repo"])]
            }
            let text = await night(scan)
            #expect(words(text).contains("since #2 of "), "\(text.output)")
            let after = "now also missing claim: context · since scan 1, the last that knew it"
            #expect(words(text).contains(after), "\(text.output)")
            // Of the one repository, and of each of its two findings.
            #expect(text.output.ranges(of: "since scan 1").count == 2, "\(text.output)")
            #expect(await report(scan, "markdown").contains("since scan 1, the last that knew it"))
            #expect(await report(scan, "html").contains(after))
        }
    }

    // MARK: - Explanations

    @Test func aPresetsExplanationPromisesNothingBelow() async throws {
        let both = await CommandRun.run(["explain", "organization-template"])
        #expect(both.output.contains("oidc-audit explain preset:organization-template"), "\(both.output)")
        let preset = await CommandRun.run(["explain", "strict"])
        #expect(preset.status == 0 && !preset.output.contains("below"), "\(preset.output)")
        #expect(preset.output.contains(": oidc-audit explain require-claims"))
        #expect(await CommandRun.run(["explain", "required-claims"]).output.contains("which is explained below"))
        let folder = try Folder()
        let file = try folder.write(
            #"{"version": 1, "name": "p", "rules": [{"id": "k", "rule": "known-claims", "severity": "low"}]}"#,
            to: "p.json")
        let run = await CommandRun.run(["explain", "strict", "--policy", file])
        #expect(run.status == 2)
        #expect(run.error.contains("\"strict\" is a preset, and no entry of "), "\(run.error)")
        #expect(run.error.contains("oidc-audit explain strict"))
    }
}

extension CommandRun {
    /// When the scan of a JSON report began.
    fileprivate var scanStartText: String { (json["scan"] as? [String: Any])?["started_at"] as? String ?? "" }
}
