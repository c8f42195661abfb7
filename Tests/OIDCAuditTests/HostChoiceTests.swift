import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Which host is meant where none is given: without network, the only one of the history; with it, never one of a file.
@Suite(.timeLimit(.minutes(5))) struct HostChoiceTests {
    private static let token = ["GH_ENTERPRISE_TOKEN": "x"]

    private static func run(
        _ scan: EmulatedScan, _ arguments: [String], environment: [String: String] = [:],
    ) async -> CommandRun {
        await CommandRun.run(
            arguments.map { $0 == "FOLDER" ? scan.folder.path + "/evidence" : $0 } + ["--db", scan.folder.database],
            environment: environment)
    }

    private static func onDefault(_ name: String, id: Int64) -> WorldFile.Repository {
        WorldFile.Repository(
            name: name, id: id,
            setting: .init(useDefault: true, useImmutableSubject: false, subClaimPrefix: "repo:acme/\(name)"))
    }

    /// Commands that use no network, each with its exit status and a part of what it prints.
    private static let offline: [(arguments: [String], status: Int32, words: String)] = [
        (["check", "acme", "--policy", "preset:strict"], 1, "VIOLATIONS"),
        (["check", "--at", "1", "--policy", "preset:strict"], 1, "VIOLATIONS"),
        (["report", "--policy", "preset:strict"], 1, "VIOLATIONS"), (["diff"], 0, "UNCHANGED"),
        (["history", "show"], 0, "scan #2"), (["history", "trend"], 0, "acme  2 scans"),
        (["history", "at", "latest"], 0, "acme/r1"), (["history", "repository", "acme/r1"], 0, "acme/r1  id 1"),
        (
            ["history", "evidence", "--since", "1d", "--until", "2199-12-31", "--directory", "FOLDER"], 3,
            "WRITTEN WITH GAPS"
        ),
        (["history", "changes"], 0, "acme/r1"), (["history", "changes", "1"], 0, "acme/r1"),
        (["history", "prune", "--keep-days", "0"], 0, "WOULD PRUNE"),
        (["plan", "acme", "--from-scan", "latest", "--policy", "preset:strict"], 1, "PLAN  acme"),
        (["policy", "init", "acme", "--file", "-"], 0, "version: 1"),
    ]

    /// A history of two scans and one set of changes of the emulated host.
    private static func withHistory(
        _ body: @Sendable @escaping (EmulatedScan) async throws -> Void,
    ) async throws {
        try await EmulatedScan.with([onDefault("r1", id: 1), onDefault("r2", id: 2)]) { (scan) async throws -> Void in
            let host = ["--api-url", scan.address]
            for _ in 0..<2 { #expect(await scan("acme").status == 1) }
            let set = await run(
                scan, ["template", "set", "acme/r1", "--claims", "repo,ref", "--yes"] + host, environment: token)
            #expect(set.status == 0, "\(set.error)")
            try await body(scan)
        }
    }

    @Test func theOnlyHostOfAHistoryIsMeant() async throws {
        try await Self.withHistory { (scan) async throws -> Void in
            for (arguments, status, words) in Self.offline {
                let run = await Self.run(scan, arguments)
                #expect(run.status == status, "\(arguments): \(run.error)")
                #expect(run.output.contains(words), "\(arguments): \(run.output)")
            }
            let list = await Self.run(scan, ["history", "list"])
            #expect(list.output.contains("#2"))
            #expect(!list.output.contains(scan.address))
            // One that is given is the one that is meant.
            for environment in [
                ["GH_HOST": "github.com"], ["GITHUB_API_URL": "https://api.github.com"],
                ["OIDC_AUDIT_HOSTNAME": "github.com"],
            ] {
                for (arguments, _, _) in Self.offline {
                    let run = await Self.run(scan, arguments, environment: environment)
                    #expect(run.status == 2, "\(arguments)")
                    let what = arguments.contains("changes") ? "changes" : "finished scans"
                    #expect(run.error.contains("holds no \(what) of https://api.github.com"), "\(run.error)")
                    #expect(run.error.contains("it holds \(what) of \(scan.address): add --api-url \(scan.address)"))
                }
                let list = await Self.run(scan, ["history", "list"], environment: environment)
                #expect(list.status == 2)
                #expect(list.error.contains("add --api-url \(scan.address)"), "\(list.error)")
            }
        }
    }

    @Test func severalHostsAreListed() async throws {
        try await Self.withHistory { (scan) async throws -> Void in
            try await EmulatedScan.with([.good("web", id: 1)]) { (other) async throws -> Void in
                let host = ["--api-url", other.address]
                let second = await Self.run(
                    scan, ["scan", "acme", "--policy", "preset:strict"] + host, environment: Self.token)
                #expect(second.status == 0, "\(second.error)")
                let both = [scan.address, other.address].sorted()
                for (arguments, status, _) in Self.offline {
                    let run = await Self.run(scan, arguments)
                    guard !arguments.contains("changes"), !arguments.contains("1") else {
                        // There is one host of which there are changes, and one of a scan of that number.
                        #expect(run.status == status, "\(run.error)")
                        continue
                    }
                    #expect(run.status == 2, "\(arguments)")
                    #expect(
                        run.error.contains("holds finished scans of several hosts: \(both[0]), \(both[1])"),
                        "\(run.error)")
                    #expect(run.error.contains(" hint: choose one: --api-url \(both[0])\n"))
                    #expect(run.output.isEmpty)
                    let chosen = await Self.run(scan, arguments + ["--api-url", scan.address])
                    #expect(chosen.status == status, "\(arguments): \(chosen.error)")
                }
                for arguments in [
                    ["report", "3"], ["history", "show", "3"], ["diff", "3", "3"], ["history", "at", "3"],
                ] {
                    let run = await Self.run(scan, arguments)
                    #expect(run.status == 0, "\(arguments): \(run.error)")
                    #expect(run.output.contains("1 of 1") || run.output.contains("#3"), "\(run.output)")
                }
                let foreign = await Self.run(scan, ["report", "3", "--api-url", scan.address])
                #expect(foreign.status == 2)
                #expect(foreign.error.contains("no finished scan 3 at \(scan.address)"), "\(foreign.error)")
                let list = await Self.run(scan, ["history", "list", "-f", "json"])
                let scans = list.json["scans"] as? [[String: Any]]
                #expect(scans?.compactMap { $0["id"] as? Int } == [3, 2, 1])
                #expect(scans?.compactMap { $0["api_url"] as? String } == [other.address, scan.address, scan.address])
                let text = await Self.run(scan, ["history", "list", "--organization", "acme"])
                #expect(text.output.contains(scan.address) && text.output.contains(other.address), "\(text.output)")
                let one = await Self.run(scan, ["history", "list", "-f", "json"] + host)
                #expect(one.json["total"] as? Int == 1)
            }
        }
    }

    @Test func aCommandThatUsesTheNetworkTakesNoHostFromAFile() async throws {
        try await Self.withHistory { (scan) async throws -> Void in
            let plan = scan.folder.path + "/plan.json"
            let planned = await Self.run(
                scan,
                [
                    "plan", "acme", "--from-scan", "latest", "--policy", "preset:strict", "-o", "json=\(plan)",
                    "--api-url", scan.address,
                ])
            #expect(planned.status == 1, "\(planned.error)")
            let asked = await scan.world.requests.count
            let hint = "holds finished scans of \(scan.address): add --api-url \(scan.address)"
            let changes = "holds changes of \(scan.address): add --api-url \(scan.address)"
            for (arguments, status, words) in [
                (["scan", "acme", "--policy", "preset:strict"], Int32(4), hint),
                (["plan", "acme", "--policy", "preset:strict"], 4, hint),
                (["template", "set", "acme/r1", "--inherit", "--yes"], 4, hint),
                (["scan", "acme", "--policy", "preset:strict", "--baseline", "scan:1"], 2, hint),
                (["apply", plan, "--yes"], 2, "the plan is for \(scan.address), and this is https://api.github.com"),
                (["apply", plan, "--yes"], 2, "add --api-url \(scan.address)"),
                (["apply", "--continue", "--yes"], 2, changes), (["rollback", "1", "--yes"], 2, changes),
            ] {
                // A token of github.com would go there; one of the history's host must not be asked for.
                let run = await Self.run(scan, arguments)
                #expect(run.status == status, "\(arguments): \(run.error)")
                #expect(run.error.contains(words), "\(arguments): \(run.error)")
            }
            #expect(await scan.world.requests.count == asked)
        }
    }

    /// A scan that reads nothing at one host, with a history of another.
    @Test func aScanThatReadsNothingNamesTheHostOfItsHistory() async throws {
        try await Self.withHistory { (scan) async throws -> Void in
            let hint = "holds finished scans of \(scan.address): add --api-url \(scan.address)"
            try await EmulatedScan.with([]) { (other) async throws -> Void in
                for night in 1...2 {
                    let run = await Self.run(
                        scan, ["scan", "ghost", "--policy", "preset:strict", "--api-url", other.address],
                        environment: Self.token)
                    #expect(run.status == 4, "\(run.error)")
                    #expect(run.error.contains(hint), "\(night): \(run.error)")
                }
                // Where something is read, or the history is of that host too, there is nothing to say.
                let empty = await other("ghost")
                #expect(!empty.error.contains("finished scans of"), "\(empty.error)")
            }
            let lost = await Self.run(
                scan, ["scan", "ghost", "--policy", "preset:strict", "--api-url", scan.address],
                environment: Self.token)
            #expect(!lost.error.contains("finished scans of"), "\(lost.error)")
        }
    }

    @Test func whatNeedsNoHostAsksForNone() async throws {
        try await Self.withHistory { (scan) async throws -> Void in
            let environment = ["GH_HOST": "github.com"]
            for (arguments, status) in [
                (["history", "verify"], Int32(0)), (["history", "stats"], 0),
                (["history", "export", "-o", scan.folder.path + "/x"], 0),
                (["history", "import", scan.folder.path + "/x"], 0),
            ] {
                let run = await Self.run(scan, arguments, environment: environment)
                #expect(run.status == status, "\(arguments): \(run.error)")
            }
        }
    }

    @Test func ofAnEmptyHistoryNoHostIsNamed() async throws {
        let folder = try Folder()
        let export = try folder.write(
            #"{"pruned":[],"record":"history","schema":"oidc-audit.history/v1"}"# + "\n", to: "empty.ndjson")
        #expect(await CommandRun.run(["history", "import", export, "--db", folder.database]).status == 0)
        let list = await CommandRun.run(["history", "list", "--db", folder.database])
        #expect(list.output == "The history holds no finished scan.\n")
        let show = await CommandRun.run(["history", "show", "--db", folder.database])
        #expect(show.status == 2)
        #expect(await CommandRun.run(["history", "verify", "--db", folder.database]).status == 3)
    }
}
