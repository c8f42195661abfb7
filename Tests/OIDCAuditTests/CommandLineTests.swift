import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

@Suite struct CommandLineTests {
    @Test func helpAndVersionAreResults() async {
        let version = await CommandRun.run(["--version"])
        #expect(version.status == 0)
        #expect(version.output == "\(Tool.version)\n")
        for arguments in [["--help"], ["help", "scan"], ["scan", "--help"], []] {
            let help = await CommandRun.run(arguments)
            #expect(help.status == 0, "\(arguments)")
            #expect(help.output.contains("USAGE: oidc-audit"), "\(arguments)")
        }
        #expect(await CommandRun.run(["help", "scan"]).output.contains("--strict-coverage"))
    }

    @Test func anUnknownCommandIsTwo() async {
        let run = await CommandRun.run(["scann", "acme"])
        #expect(run.status == 2)
        #expect(run.error.hasPrefix("error: "))
        #expect(run.output == "")
    }

    @Test func theDemoNeedsNothing() async throws {
        let folder = try Folder()
        // What the caller has set for other hosts does not disturb it.
        let run = await CommandRun.run(
            ["demo", "--directory", folder.path],
            environment: ["GH_TOKEN": "real", "OIDC_AUDIT_POLICY": "none.json", "GH_HOST": "git.example.com"])
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output.hasPrefix("NIGHT  1"))
        #expect(run.output.contains("Everything is in \(folder.path)"))
        // Nights that pass, that fail and that are incomplete; `scripts/nights` holds what each prints.
        for status in 0...3 where status != 2 { #expect(run.output.contains("exit status \(status)\n")) }
        for step in ["diff", "trust", "plan", "apply", "rollback"] {
            #expect(run.output.contains("$ oidc-audit \(step) "))
        }
        let files = [
            "night-01.txt", "night-\(DemoNight.all.count).txt", "report.html", "report.json", "report.xml",
            "history.sqlite", "plan.json", "roles.json",
        ]
        for file in files { #expect(folder.exists(file), "\(file)") }
        // The history is one file.
        #expect(!folder.exists("history.sqlite-wal"))
        try await trustsReadWell(folder)

        let again = await CommandRun.run(["demo", "--directory", folder.path])
        #expect(again.status == 2)
        #expect(again.error.contains("has a history.sqlite already"), "\(again.error)")
        let date = await CommandRun.run(["demo", "--until", "yesterday"])
        #expect(date.status == 2)
        #expect(date.error.contains("--until: \"yesterday\" is not a day"), "\(date.error)")
    }

    /// Forty roles, of which one is open to anybody, one dead since a rename, and one that immutable subjects would break.
    private func trustsReadWell(_ folder: Folder) async throws {
        let trust = [
            "trust", "octo-works", "octo-research", "octo-partners", "--trust", folder.path + "/roles.json", "--db",
            folder.database,
        ]
        let page = await CommandRun.run(trust)
        #expect(page.status == 1, "\(page.error)")
        #expect(page.output.contains(" 40 roles, 33 trusts for GitHub"))
        #expect(
            page.output.contains("any account of GitHub gets in\n    arn:aws:iam::210987654321:role/artifact-upload"))
        #expect(page.output.contains("octo-works/pricing is octo-works/price-engine now"), "\(page.output)")
        // No line but one of a subject, a role or a path is wider than a terminal.
        let words = page.output.split(separator: "\n").filter { $0.contains(" ") && $0.count > 80 }
        #expect(words.allSatisfy { $0.contains("subject: ") || $0.contains(folder.path) }, "\(words)")
        let json = await CommandRun.run(trust + ["--what-if", "immutable:octo-works", "-f", "json"]).json
        let lost = (json["what_if"] as? [String: Any])?["lost"] as? [[String: Any]] ?? []
        #expect(lost.contains { ($0["identity"] as? String)?.hasSuffix("/orders-deploy") == true })
        #expect(!lost.contains { ($0["identity"] as? String)?.hasSuffix("/billing-deploy") == true })
    }

    @Test func theEmulatorReportsItsMistakes() async throws {
        let folder = try Folder()
        let huge = try folder.write(
            #"{"organizations": [], "faults": [{"kind": "hang", "after": 9223372036854775807}]}"#, to: "huge.json")
        let broken = try folder.write("{\"organizations\": 1}", to: "world.json")
        for (arguments, words) in [
            (["--world", folder.path + "/none.json"], "cannot read the world"),
            (["--world", broken], "world.json:1:19: organizations must be a list, not a number"),
            (["--world", huge], "a number is below 0"),
            (["--world", broken, "--repositories", "3"], "exclude each other"),
            (["--port", "70000"], "--port: \"70000\" is not a number from 0 to 65535"),
            (["--latency", "20"], "is not a duration"), (["--repositories", "2000000"], "is not a number"),
        ] {
            let run = await CommandRun.run(["emulate"] + arguments)
            #expect(run.status == 2, "\(arguments)")
            #expect(run.error.contains(words), "\(run.error)")
        }
        try await Emulator(.demo).run { address in
            let port = try #require(address.split(separator: ":").last)
            let run = await CommandRun.run(["emulate", "--port", String(port)])
            #expect(run.status == 2)
            #expect(run.error.contains("port \(port) is in use"))
        }
    }

    @Test(arguments: [
        ("organizations:\n- login: acme\n", ":1:1: "),
        (#"{"organizations": [}"#, ":1:20: "),
        ("", ":1:1: "),
        ("[]", ":1:1: the world must be an object, not a list"),
        ("{}", #":1:1: the world has no "organizations""#),
        (#"{"organizations": [{"login": "a", "repositories": []}]}"#, #":1:20: organizations[0] has no "id""#),
        (
            "{\"organizations\": [\n{\"login\": \"a\", \"id\": \"x\", \"repositories\": []}]}",
            ":2:22: organizations[0].id must be a whole number, not a string"
        ),
        (
            #"{"organizations": [], "rate_limit": {"limit": 5}}"#, #":1:37: rate_limit has no "window_seconds""#
        ),
        (
            #"{"organizations": [{"login": "a", "id": 1, "echoes_template": 1, "repositories": []}]}"#,
            ":1:63: organizations[0].echoes_template must be true or false, not a number"
        ),
        (
            #"{"organizations": [], "faults": [{"kind": "hagn"}]}"#, #":1:43: "hagn" is not a value of faults[0].kind"#
        ),
        (
            #"{"organizations": [{"login": "a", "id": 1.5, "repositories": []}]}"#,
            ":1:41: organizations[0].id must be a"
        ),
        (#"{"organizations": [], "latency_milliseconds": 1e30}"#, ":1:47: latency_milliseconds must be a whole number"),
        (#"{"organizations": [], "tokens": [null]}"#, ":1:34: tokens[0] must be a string, not null"),
    ])
    func whatIsWrongWithAWorldIsReportedWithItsPosition(_ text: String, words: String) async throws {
        let folder = try Folder()
        let file = try folder.write(text, to: "mine.yaml")
        let run = await CommandRun.run(["emulate", "--world", file])
        #expect(run.status == 2)
        #expect(run.error.hasPrefix("error: \(file)\(words)"), "\(run.error)")
        #expect(!run.error.contains("DecodingError"))
        #expect(run.error.contains("hint: a world is a JSON file"))
    }

    @Test func theEmulatorServesUntilItIsStopped() async {
        let run = await CommandRun.run(
            ["emulate", "--repositories", "2"],
            stopRequests: {
                AsyncStream { continuation in
                    continuation.yield(.interrupted)
                    continuation.finish()
                }
            })
        #expect(run.status == 0)
        #expect(run.output.hasPrefix("http://127.0.0.1:"))
    }
}
