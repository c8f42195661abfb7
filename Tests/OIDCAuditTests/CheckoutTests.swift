import Foundation
import Reports
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Where code scanning looks for the policy that a report names.
@Suite(.timeLimit(.minutes(5))) struct CheckoutTests {
    @Test(arguments: [
        ("/w/repo", "/w/repo", "p.json", "p.json"), ("/w/repo", "/w/repo/sub", "p.json", "sub/p.json"),
        ("/w/repo", "/w/repo/sub", "./../p.json", "p.json"), ("/w/repo", "/w/repo/sub", "../a//p.json", "a/p.json"),
        ("/w/repo", "/w/repo/sub", "../../p.json", nil), ("/w/repo", "/w/repo/sub", "../../repo/p.json", "p.json"),
        ("/w/repo", "/w/repo/sub", "/w/repo/sub/p.json", "sub/p.json"),
        ("/w/repo/", "/tmp", "/w/repo/p.json", "p.json"),
        ("/w/repo", "/w/repo", "/w/repository/p.json", nil), ("/w/repo", "/tmp", "p.json", nil),
        ("/w/repo", "/w/repo", "..", nil), ("/w/repo", "/w/repo", ".", nil), ("/w/repo", "/w/repo/sub", "..", nil),
        ("/w/repo", "/w/repo", "/../../p.json", nil), (nil, "/w/repo", "sub/p.json", "sub/p.json"),
        (nil, "/w/repo", "../p.json", nil), (nil, "", "a/../p.json", "p.json"), (nil, "", "/p.json", nil),
    ])
    func aPathIsRelativeToTheRoot(root: String?, directory: String, file: String, path: String?) {
        let checkout = Checkout(roots: root.map { [$0] } ?? [], workingDirectory: directory)
        #expect(checkout.path(of: file) == path)
    }

    private func folder() throws -> Folder {
        let folder = try Folder()
        try FileManager.default.createDirectory(
            atPath: folder.path + "/repo/sub/.hidden", withIntermediateDirectories: true)
        try FileManager.default.createDirectory(atPath: folder.path + "/repo/.git", withIntermediateDirectories: true)
        return folder
    }

    @Test func theRootIsTheWorkspaceElseThatOfGit() throws {
        let folder = try folder()
        let (repo, sub) = (folder.path + "/repo", folder.path + "/repo/sub")
        #expect(Checkout([:], workingDirectory: sub).path(of: "p.json") == "sub/p.json")
        #expect(Checkout([:], workingDirectory: sub).path(of: repo + "/p.json") == "p.json")
        #expect(Checkout(["GITHUB_WORKSPACE": sub], workingDirectory: sub).path(of: "p.json") == "p.json")
        #expect(
            Checkout(["GITHUB_WORKSPACE": folder.path], workingDirectory: sub).path(of: "p.json") == "repo/sub/p.json")
        #expect(Checkout(["GITHUB_WORKSPACE": sub + "/.."], workingDirectory: sub).path(of: "p.json") == "sub/p.json")
        for none in ["", "relative", folder.path + "/gone"] {
            #expect(Checkout(["GITHUB_WORKSPACE": none], workingDirectory: sub).path(of: "p.json") == "sub/p.json")
        }
        // A worktree's is a file.
        try Data("gitdir: x".utf8).write(to: URL(filePath: sub + "/.git"))
        #expect(Checkout([:], workingDirectory: sub + "/.hidden").path(of: "p.json") == ".hidden/p.json")
        // By the name that a link gives it.
        let link = folder.path + "/link"
        try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: repo)
        #expect(Checkout(["PWD": link], workingDirectory: repo).path(of: link + "/sub/p.json") == "sub/p.json")
        #expect(Checkout(["GITHUB_WORKSPACE": link], workingDirectory: sub).path(of: "p.json") == "sub/p.json")
    }

    @Test func everyFormatForAForgeNamesThePolicyFromTheRoot() async throws {
        let folder = try folder()
        let policy = try folder.write(
            """
            {"version": 1, "name": "p", "rules": [
              {"id": "claims", "rule": "require-claims", "severity": "high", "claims": ["repo", "context"]}]}
            """, to: "repo/sub/ö p#1.json")
        let outside = try folder.write(try folder.read("repo/sub/ö p#1.json"), to: "p.json")
        try await EmulatedScan.with([.own("a", id: 1, ["repo"])]) { (scan) async throws -> Void in
            let sarif = folder.path + "/r.sarif"
            let environment = ["GH_ENTERPRISE_TOKEN": "t", "GITHUB_WORKSPACE": folder.path + "/repo"]
            let run = await scan(
                "acme", "--policy", policy, "-f", "github", "-o", "sarif=\(sarif)", environment: environment)
            #expect(run.status == 1, "\(run.error)")
            #expect(run.output.contains("file=sub/ö p#1.json,line=2"), "\(run.output)")
            let text = try folder.read("r.sarif")
            #expect(text.contains(#""uri": "sub/%C3%B6%20p%231.json""#), "\(text)")
            #expect(text.contains(#""startLine": 2"#))
            let printed = await scan("acme", "--policy", policy, "-f", "sarif", environment: environment)
            #expect(printed.output.contains(#""uri": "sub/%C3%B6%20p%231.json""#))
            let elsewhere = await scan("acme", "--policy", outside, "-f", "sarif", environment: environment)
            #expect(elsewhere.output.contains(#""uri": "oidc-audit/acme/a""#), "\(elsewhere.output)")
            #expect(!elsewhere.output.contains(#""uri": """#))
        }
    }
}
