import AuditCore
import Foundation
import Testing

@testable import OIDCAudit

@Suite struct WaiverCommandTests {
    /// Whoever reads a day reads it as one of their own zone, unless it says which.
    @Test func aDayIsReportedWithItsZone() async throws {
        let folder = try Folder()
        func days(_ count: Int) -> String {
            Day(of: Timestamp(secondsSince1970: Int64(Date().timeIntervalSince1970))).adding(days: count).description
        }
        let (past, next) = (days(-3), days(40))
        let file = try folder.write(
            """
            version: 1
            waivers:
              - { rule: a, repository: x, owner: o, reason: r, expires: \(past) }
              - { rule: b, repository: x, owner: o, reason: r, expires: \(next) }
            """, to: "w.yaml")
        for format in ["text", "markdown"] {
            let list = await CommandRun.run(["waiver", "list", file, "-f", format]).output.replacing("\\", with: "")
            #expect(list.contains("expired after \(past), UTC: "), "\(list)")
            #expect(list.contains("holds through \(next), UTC: "), "\(list)")
        }
        for line in [["waiver", "add", "--help"], ["waiver", "list", "--help"], ["explain", "expired-waivers"]] {
            let help = await CommandRun.run(line).output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(help.contains("holds through the day that it names, in UTC"), "\(help)")
        }
    }

    private func add(
        _ path: String, rule: String = "required-claims", _ target: [String] = ["--repository", "new"],
        expires: String = "2099-01-31", more: [String] = [],
    ) async -> CommandRun {
        await CommandRun.run(
            ["waiver", "add", path, "--rule", rule] + target
                + ["--owner", "o", "--reason", "a \"reason\": # with marks", "--expires", expires] + more)
    }

    private static let added = """
        rule: "required-claims"
            repository: "new"
            owner: "o"
            reason: "a \\"reason\\": # with marks"
            expires: "2099-01-31"
        """

    /// Files before, and what they are after a waiver was added.
    static let files: [(name: String, before: String, after: String)] = [
        (
            "comments.yaml",
            """
            # Ours.
            version: 1
            waivers: # newest last
              # for Ann
              - rule: a   # why
                repository: x
                owner: o
                reason: >-
                  folded
                  text
                expires: 2099-01-01

            # the end
            """,
            """
            # Ours.
            version: 1
            waivers: # newest last
              # for Ann
              - rule: a   # why
                repository: x
                owner: o
                reason: >-
                  folded
                  text
                expires: 2099-01-01

            # the end
              - \(added)

            """
        ),
        (
            "first.yml",
            """
            waivers:
            - {rule: a, repository: x, owner: o, reason: r, expires: "2099-01-01"}
            # about the version
            version: 1
            """,
            """
            waivers:
            - {rule: a, repository: x, owner: o, reason: r, expires: "2099-01-01"}
            - \(added.replacing("\n    ", with: "\n  "))
            # about the version
            version: 1

            """
        ),
        (
            "windows.yaml",
            "version: 1\r\nwaivers:\r\n  - {rule: a, repository: x, owner: o, reason: r, expires: 2099-01-01}\r\n",
            "version: 1\r\nwaivers:\r\n  - {rule: a, repository: x, owner: o, reason: r, expires: 2099-01-01}\r\n"
                + "  - \(added)\r\n".replacing(/\r?\n/, with: "\r\n")
        ),
        (
            // YAML ends lines in more ways than most; what is there stays as it is.
            "mixed.yaml",
            "version: 1 # a\u{2028}waivers:\n  - {rule: a, repository: x, owner: o, reason: r, expires: 2099-01-01}\r\n# end",
            "version: 1 # a\u{2028}waivers:\n  - {rule: a, repository: x, owner: o, reason: r, expires: 2099-01-01}\r\n# end\r\n"
                + "  - \(added)\n".replacing("\n", with: "\u{2028}")
        ),
        (
            "kept-blanks.yaml",
            "version: 1\nwaivers:\n  - rule: a\n    repository: x\n    owner: o\n    expires: 2099-01-01\n    reason: |+\n      r\n\n\n",
            "version: 1\nwaivers:\n  - rule: a\n    repository: x\n    owner: o\n    expires: 2099-01-01\n    reason: |+\n      r\n\n\n  - \(added)\n"
        ),
        (
            "lone-dash.yaml",
            "---\nversion: 1\nwaivers:\n -\n   rule: a\n   repository: x\n   owner: o\n   reason: r\n   expires: 2099-01-01\n...\n",
            "---\nversion: 1\nwaivers:\n -\n   rule: a\n   repository: x\n   owner: o\n   reason: r\n   expires: 2099-01-01\n"
                + " - \(added.replacing("\n    ", with: "\n   "))\n...\n"
        ),
        ("empty.yaml", "version: 1\nwaivers: [] # none yet\n", "version: 1\nwaivers: # none yet\n  - \(added)\n"),
        ("null.yaml", "version: 1\nwaivers:\n", "version: 1\nwaivers:\n  - \(added)\n"),
        (
            "list.json",
            """
            {
              "version": 1,
              "waivers": [
                { "rule": "a", "repository": "[x]", "owner": "o]", "reason": "\\"}", "expires": "2099-01-01" }
              ]
            }

            """,
            """
            {
              "version": 1,
              "waivers": [
                { "rule": "a", "repository": "[x]", "owner": "o]", "reason": "\\"}", "expires": "2099-01-01" },
                { "rule": "required-claims", "repository": "new", "owner": "o", "reason": "a \\"reason\\": # with marks", "expires": "2099-01-31" }
              ]
            }

            """
        ),
        (
            "empty.json", #"{"waivers": [], "version": 1}"#,
            """
            {"waivers": [
                { "rule": "required-claims", "repository": "new", "owner": "o", "reason": "a \\"reason\\": # with marks", "expires": "2099-01-31" }
              ], "version": 1}
            """
        ),
    ]

    @Test(arguments: files.indices)
    func addKeepsCommentsAndOrder(index: Int) async throws {
        let file = Self.files[index]
        let folder = try Folder()
        let path = try folder.write(file.before, to: file.name)
        let run = await add(path)
        #expect(run.status == 0, "\(run.error)")
        #expect(try folder.read(file.name) == file.after)
        // Once more, and what was there is still there.
        #expect(await add(path, ["--repository", "4711", "--organization", "acme"]).status == 0)
        let list = await CommandRun.run(["waiver", "list", path, "-f", "json"])
        let waivers = list.json["waivers"] as? [[String: Any]] ?? []
        #expect(waivers.suffix(2).map { $0["on"] as? String } == ["new", "acme repository 4711"])
        #expect(waivers.suffix(2).first?["reason"] as? String == "a \"reason\": # with marks")
    }

    @Test func addMakesTheFileWhereThereIsNone() async throws {
        let folder = try Folder()
        for name in ["new.yaml", "new.json"] {
            let path = folder.path + "/" + name
            #expect(await add(path).status == 0)
            #expect(await add(path, ["--organization", "acme"]).status == 0)
            let lint = await CommandRun.run(["waiver", "lint", path])
            #expect(lint.status == 0)
            #expect(lint.output == "\(path): 2 waivers, all in order\n")
        }
    }

    @Test func addKeepsTheFilesMode() async throws {
        let folder = try Folder()
        let path = try folder.write("version: 1\nwaivers: []\n", to: "w.yaml")
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(await add(path).status == 0)
        #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
    }

    @Test func addRefusesAndLeavesTheFileAlone() async throws {
        let folder = try Folder()
        let text = "version: 1\nwaivers: [{rule: a, repository: x, owner: o, reason: r, expires: 2099-01-01}]\n"
        let path = try folder.write(text, to: "flow.yaml")
        let broken = try folder.write("version: 1\nwaiver: []\n", to: "broken.yaml")
        let spread = try folder.write("version: 1\nwaivers: [\n]\n", to: "spread.yaml")
        let capped = try folder.write(
            """
            {"version": 1, "name": "p", "max_waiver_days": 10,
             "rules": [{"id": "required-claims", "rule": "leading-claim", "severity": "low"}]}
            """, to: "capped.json")
        for (run, words) in [
            (await add(path), "not written as a list of lines"), (await add(spread), "can't be put into the file"),
            (await add(broken), "did you mean \"waivers\"?"),
            (await add(path, expires: "2020-01-01"), "has passed"), (await add(path, expires: "soon"), "is not a day"),
            (await add(path, rule: "Not An Id"), "is not the id of a rule"),
            (await add(path, []), "needs a repository"),
            (await add(path, ["--organization", "a/b"]), "is not an organization's name"),
            (await add(path, ["--repository", " "]), "--repository: \" \" is empty"),
            (await add(path, ["--repository", "007"]), "\"007\" is not a repository's id"),
            (await add(path, ["--repository", "99999999999999999999"]), "is not a repository's id"),
            (await add(folder.path + "/x.yaml", more: ["--policy", "preset:baseline"]), "has no entry"),
            (await add(folder.path + "/x.yaml", more: ["--policy", capped]), "allows 10"),
            (await add(folder.path + "/no/x.yaml"), "cannot write the waiver file"),
        ] {
            #expect(run.status == 2 || (words.hasPrefix("cannot write") && run.status == 5), "\(run.error)")
            #expect(run.error.contains(words), "\(run.error)")
        }
        #expect(try folder.read("flow.yaml") == text)
        #expect(!folder.exists("x.yaml"))
        let twice = try folder.write("version: 1\nwaivers:\n", to: "twice.yaml")
        #expect(await add(twice).status == 0)
        let again = await add(twice)
        #expect(again.status == 2)
        #expect(again.error.contains("there already is a waiver of"))
    }

    @Test func lintSaysWhatIsWrong() async throws {
        let folder = try Folder()
        let path = try folder.write(
            """
            version: 1
            waivers:
              - { rule: required-claims, repository: x, owner: o, reason: r, expires: 2020-01-01 }
              - { rule: required-claim, repository: y, owner: o, reason: r, expires: 2099-01-01 }
            """, to: "w.yaml")
        let run = await CommandRun.run(["waiver", "lint", path, "--policy", "preset:strict"])
        #expect(run.status == 1)
        #expect(run.output.contains("w.yaml:3:5: the waiver of required-claims on x expired on 2020-01-01"))
        #expect(run.output.contains("w.yaml:4:5: the policy strict has no entry \"required-claim\""))
        #expect(run.output.contains("more days, and the policy strict allows 180"))
        let list = await CommandRun.run(["waiver", "list"], environment: ["OIDC_AUDIT_WAIVERS": path])
        #expect(list.status == 0)
        #expect(list.output.contains("expired "))
        for line in list.output.split(separator: "\n") { #expect(line.count <= 80) }
        let hostile = try folder.write(
            """
            version: 1
            waivers: [{ rule: a, repository: "||x", owner: "<img src=x>", reason: "[c](javascript:x) `d`", expires: 2099-01-01 }]
            """, to: "hostile.yaml")
        let markdown = await CommandRun.run(["waiver", "list", hostile, "-f", "markdown"])
        #expect(markdown.output.contains(#"\|\|x | whatever a finds | \<img src\=x\> |"#))
        #expect(markdown.output.contains(#"\[c\]\(javascript\:x\) \`d\`"#))
        #expect(await CommandRun.run(["waiver", "list"]).status == 2)
        #expect(await CommandRun.run(["waiver", "lint", folder.path + "/none.yaml"]).status == 2)
    }
}
