import AuditCore
import Foundation
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

@Suite(.timeLimit(.minutes(5))) struct TemplateCommandTests {
    private func get(
        _ target: String, _ world: WorldFile, _ arguments: String..., isTerminal: Bool = false,
    ) async throws -> CommandRun {
        try await Emulator(world).run { address in
            await CommandRun.run(
                ["template", "get", target, "--api-url", address] + arguments,
                environment: ["GH_ENTERPRISE_TOKEN": "github_pat_of-a-test"], isTerminal: isTerminal)
        }
    }

    private func world(_ template: [String]?, _ body: String? = nil) -> WorldFile {
        var world = WorldFile(
            organizations: [.init(login: "acme", id: 77, template: template, repositories: [.good("x", id: 1)])])
        if let body { world.faults = [.init(path: "*/actions/oidc/customization/sub", kind: .body, body: body)] }
        return world
    }

    @Test(arguments: [
        "{\n  \"use_default\": true,\n  \"sub_claim_prefix\": \"repo:acme/x\"\n}\n",
        "{\r\n\t\"use_default\":\ttrue\r\n}\r\n\r\n", "{\"use_default\":true}",
        "{\"use_default\": true, \"later\": \"\u{202E}\u{7F}é\"}\n", "\u{FEFF}[]", "",
    ])
    func rawIsByteForByteUnlessATerminalReadsIt(_ body: String) async throws {
        for target in ["acme", "acme/x"] {
            let raw = try await get(target, world(["repo"], body), "--raw")
            #expect(raw.status == 0, "\(raw.error)")
            #expect(Array(raw.output.utf8) == Array(body.utf8))
            let shown = try await get(target, world(["repo"], body), "--raw", isTerminal: true)
            #expect(shown.output == body.singleLine + "\n")
        }
    }

    @Test func rawHoldsNoToken() async throws {
        let body = "{\n\t\"authorization\": \"Bearer github_pat_of-a-test\"\n}\n"
        let raw = try await get("acme/x", world(["repo"], body), "--raw")
        #expect(raw.output == "{\n\t\"authorization\": \"Bearer [token]\"\n}\n")
    }

    private static let effect =
        "an organization's template changes nothing until a repository opts in; only a repository's own setting shows "
        + "whether its subjects are immutable"

    private func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }

    @Test func whatAnOrganizationsTemplateMeansIsSaid() async throws {
        for template in [["repo", "context"], nil, []] {
            #expect(words(try await get("acme", world(template)).output).contains(Self.effect))
        }
        #expect(!words(try await get("acme/x", world(["repo"])).output).contains(Self.effect))
        #expect(words(await CommandRun.run(["template", "get", "--help"]).output).contains(Self.effect))
        let folder = try Folder()
        try await Emulator(world(["repo"])).run { address in
            // An opt-in is followed without further ado.
            for (change, isSaid) in [(["--claims", "repo,context"], true), (["--immutable"], false)] {
                let set = await CommandRun.run(
                    ["template", "set", "acme", "--api-url", address, "--db", folder.database, "--max-changes", "5"]
                        + change, environment: ["GH_ENTERPRISE_TOKEN": "t"], ask: { _ in false })
                #expect(words(set.output).contains(Self.effect) == isSaid, "\(set.output)\(set.error)")
            }
        }
    }

    @Test func aTemplateThatWasNeverSetOrIsEmptyIsSaid() async throws {
        let never = try await get("acme/x", world(nil)).output
        #expect(never.contains("  template: the organization's, inherited, but it never set one\n"), "\(never)")
        let set = try await get("acme/x", world(["repo", "ref"])).output
        #expect(set.contains("  template: the organization's, inherited\n"))
        let empty = try await get("acme", world([])).output
        #expect(empty.contains("  template: no claim (an empty list)\n"))
        #expect(try await get("acme/x", world([])).output.contains("  effective: unknown (unknown)\n"))
    }
}
