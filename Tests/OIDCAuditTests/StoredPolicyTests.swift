import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Policies and waivers that the history keeps, and copies of presets.
@Suite(.timeLimit(.minutes(5))) struct StoredPolicyTests {
    private static func run(_ scan: EmulatedScan, _ arguments: String...) async -> CommandRun {
        await CommandRun.run(arguments + ["--db", scan.folder.database, "--api-url", scan.address])
    }

    private static func policy(_ claims: String) -> String {
        """
        version: 1
        name: own
        rules:
          - { id: claims, rule: require-claims, severity: high, claims: [\(claims)] }

        """
    }

    private static let waivers = """
        version: 1
        waivers:
          - { rule: claims, repository: web, owner: o, reason: r, expires: 2099-01-01 }

        """

    private static func statuses(_ run: CommandRun) -> [String: String] {
        run.repositories().compactMapValues { $0["status"] as? String }
    }

    /// What the files say today does not matter to what was judged by them once.
    @Test func aStoredScanIsJudgedAsItWas() async throws {
        try await EmulatedScan.with([.own("api", id: 1, ["repo", "ref"]), .own("web", id: 2, ["repo"])]) {
            (scan) async throws -> Void in
            let folder = scan.folder
            let policy = try folder.write(Self.policy("repo, ref"), to: "p.yaml")
            let waivers = try folder.write(Self.waivers, to: "w.yaml")
            #expect(await scan("acme", "--policy", policy, "--waivers", waivers).status == 0)
            let then = Self.policy("repo, ref")
            _ = try folder.write(Self.policy("actor"), to: "p.yaml")
            _ = try folder.write("version: 1\nwaivers: []\n", to: "w.yaml")
            #expect(await scan("acme", "--policy", policy).status == 1)

            for arguments in [["report", "1"], ["check", "acme", "--at", "1"], ["check", "--at", "1"]] {
                let run = await CommandRun.run(
                    arguments + ["-f", "json", "--db", folder.database, "--api-url", scan.address])
                #expect(run.status == 0, "\(run.error)")
                #expect(Self.statuses(run) == ["acme/api": "compliant", "acme/web": "waived"])
                #expect(
                    run.error.contains("note: judged by the files of scan #1: \(policy), \(waivers)\n"), "\(run.error)")
                #expect(!run.error.contains("was then, by"))
            }
            // The newest by its own, without waivers.
            let newest = await Self.run(scan, "report", "-f", "json")
            #expect(Self.statuses(newest) == ["acme/api": "violating", "acme/web": "violating"])
            // The policy of another scan comes alone.
            let mixed = await Self.run(scan, "report", "2", "--policy", "scan:1", "-f", "json")
            #expect(Self.statuses(mixed) == ["acme/api": "compliant", "acme/web": "violating"])
            let waived = await Self.run(scan, "check", "acme", "--policy", "scan:1", "--waivers", waivers, "-f", "json")
            #expect(Self.statuses(waived) == ["acme/api": "compliant", "acme/web": "violating"])
            #expect(await Self.run(scan, "policy", "show", "scan:1").output == then)
            // A check of today needs a policy of today.
            let without = await Self.run(scan, "check", "acme")
            #expect(without.status == 2 && without.error.contains("no policy was given"))
            #expect(await Self.run(scan, "history", "verify").status == 0)
        }
    }

    /// An export does not hold the texts; a preset that the program still carries is known by its digest.
    @Test func aTextThatIsNotKeptIsNamed() async throws {
        try await EmulatedScan.with([.own("api", id: 1, ["repo"])]) { (scan) async throws -> Void in
            let policy = try scan.folder.write(Self.policy("ref"), to: "p.yaml")
            #expect(await scan("acme", "--policy", policy).status == 1)
            #expect(await scan("acme").status == 1)
            let export = scan.folder.path + "/e.ndjson"
            let exported = await CommandRun.run(["history", "export", "-o", export, "--db", scan.folder.database])
            #expect(exported.status == 0, "\(exported.error)")
            let other = scan.folder.path + "/other.sqlite"
            func there(_ arguments: String...) async -> CommandRun {
                await CommandRun.run(arguments + ["--db", other, "--api-url", scan.address])
            }
            #expect(await there("history", "import", export).status == 0)
            let unknown = await there("report", "1")
            #expect(unknown.status == 2)
            #expect(unknown.error.contains("does not hold the text of the policy \"own\" (SHA-256 "))
            #expect(unknown.error.contains(" hint: give it with --policy FILE\n"))
            #expect(await there("report", "1", "--policy", policy).status == 1)
            #expect(await there("report", "2").status == 1)
        }
    }

    @Test(arguments: [
        (["scan", "acme", "--policy", "scan:1"], "scan:1 is a stored scan's policy"),
        (["report", "--policy", "scan:x"], "\"scan:x\" is not a scan"),
        (["policy", "show", "scan:7"], "holds no finished scan 7"),
        (["policy", "show", "preset:strct"], "there is no preset \"strct\""),
        (["policy", "init", "acme", "--from", "preset:strict", "--file", "-"], "--from copies a policy"),
    ])
    func mistakesAreTwo(arguments: [String], message: String) async throws {
        try await EmulatedScan.with([.good("api", id: 1)]) { (scan) async throws -> Void in
            #expect(await scan("acme").status == 0)
            let run = await CommandRun.run(
                arguments + ["--db", scan.folder.database, "--api-url", scan.address],
                environment: ["GH_ENTERPRISE_TOKEN": "test-token"])
            #expect(run.status == 2)
            #expect(run.error.contains(message), "\(run.error)")
        }
    }

    // MARK: - Presets

    @Test func presetsAreListedAndShown() async throws {
        let list = await CommandRun.run(["policy", "show"])
        #expect(list.status == 0)
        for preset in Preset.all {
            #expect(list.output.contains("preset:\(preset.name)\n  "))
            let shown = await CommandRun.run(["policy", "show", "preset:\(preset.name)"])
            #expect(Array(shown.output.utf8) == preset.bytes)
        }
        #expect(list.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        // A file could say anything to a terminal.
        let folder = try Folder()
        let hostile = try folder.write(Self.policy("repo") + "# \u{202E}\n", to: "p.yaml")
        let shown = await CommandRun.run(["policy", "show", hostile], isTerminal: true)
        #expect(shown.status == 0 && shown.output.unicodeScalars.allSatisfy { $0 == "\n" || $0.isHarmless })
    }

    @Test(arguments: Preset.all.map(\.name))
    func aCopyOfAPresetIsTheSamePolicy(preset: String) async throws {
        let folder = try Folder()
        let file = folder.path + "/mine.yaml"
        let run = await CommandRun.run(["policy", "init", "--from", "preset:\(preset)", "--file", file])
        #expect(run.status == 0, "\(run.error)")
        #expect(try folder.read("mine.yaml").hasPrefix("# A copy of preset:\(preset), which oidc-audit "))
        func shape(_ source: String) throws -> String {
            try Self.canonical(PolicyFile.read(source).document)
        }
        #expect(try shape(file) == shape("preset:\(preset)"))
    }

    /// Whatever a policy says, its copy says the same.
    @Test func oddTextsAreCopied() async throws {
        let folder = try Folder()
        for text in ["a: b", "# no comment", "true", "é😀", "\"\\", "- x", "line\nline\t", "{x}", " y "] {
            let policy = try folder.write(
                """
                {"version": 1, "name": "p", "allow_unknown_claims": true, "description": \(try Self.json(text)), "rules": [
                  {"id": "a", "rule": "require-claims", "severity": "low", "any_of": [["repo"], ["ref", "Ünknown"]],
                   "where": {"properties": {"yes": ["no"]}, "fork": false}}]}
                """, to: "p.json")
            let copy = await CommandRun.run(["policy", "init", "--from", policy, "--file", "-"])
            #expect(copy.status == 0, "\(text): \(copy.error)")
            let written = try folder.write(copy.output, to: "copy.yaml")
            #expect(
                try Self.canonical(PolicyFile.read(written).document)
                    == Self.canonical(PolicyFile.read(policy).document), "\(text)")
        }
    }

    private static func json(_ text: String) throws -> String {
        String(decoding: try JSONEncoder().encode(text), as: UTF8.self)
    }

    /// A document without its places.
    private static func canonical(_ document: Document) -> String {
        switch document.value {
        case .null: "null"
        case .bool(let flag): "\(flag)"
        case .number(let text): text
        case .string(let text): "\"" + text.unicodeScalars.map { "\($0.value)" }.joined(separator: " ") + "\""
        case .array(let items): "[" + items.map(canonical).joined(separator: ",") + "]"
        case .object(let members): "{" + members.map { "\($0.key):\(canonical($0.value))" }.joined(separator: ",") + "}"
        }
    }
}
