import ArgumentParser
import AuditCore
import Foundation
import Reports
import Testing

@testable import OIDCAudit

/// README and the articles say what is so.
@Suite struct DocumentationTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../..").standardizedFileURL
    private static let catalog = root.appending(path: "Sources/OIDCAudit/OIDCAudit.docc")

    private static let files: [String] = {
        let articles = try? FileManager.default.contentsOfDirectory(atPath: catalog.path + "/Articles")
        return ["README.md", "Sources/README.md", "Sources/OIDCAudit/OIDCAudit.docc/OIDCAudit.md"]
            + (articles ?? []).sorted().map { "Sources/OIDCAudit/OIDCAudit.docc/Articles/\($0)" }
    }()

    private static func text(_ file: String) throws -> String {
        try String(contentsOf: root.appending(path: file), encoding: .utf8)
    }

    private static func blocks(_ article: String) throws -> [String] {
        try text("Sources/OIDCAudit/OIDCAudit.docc/Articles/\(article).md")
            .matches(of: /```yaml\n((?:[^`]|`[^`])*?)```/).map { String($0.output.1) }
    }

    // MARK: - Files

    @Test func theReadmeIsShort() throws {
        let lines = try Self.text("README.md").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count <= 131)
    }

    @Test(arguments: files) func eachLinkLeadsToAFile(file: String) throws {
        let folder = Self.root.appending(path: file).deletingLastPathComponent()
        for link in try Self.text(file).matches(of: /\]\(([^)#]+)(?:#[^)]*)?\)/).map(\.output.1) {
            guard !link.contains("://") else { continue }
            #expect(FileManager.default.fileExists(atPath: folder.appending(path: String(link)).path), "\(link)")
        }
    }

    /// Each command line stands in a block of code, or in a paragraph as code.
    @Test(arguments: files) func eachCommandLineIsOneThatTheProgramTakes(file: String) throws {
        let text = try Self.text(file)
        let lines = text.matches(of: /(?m)^ {4}[^#\n]*?(oidc-audit [^\n]+)$/).map(\.output.1)
        let spans = text.matches(of: /`(?:[A-Z_]+=\S+ )?(oidc-audit [^`]+)`/).map(\.output.1)
        for line in lines + spans {
            let arguments = Self.arguments(String(line).replacing(/\s+/, with: " "))
            guard arguments.first != "help" else {
                #expect(throws: Never.self, "\(line)") {
                    guard try HelpTopic.answer(to: arguments, style: .init()) == nil else { return }
                    _ = try Invocation(arguments, [:])
                }
                continue
            }
            #expect(throws: Never.self, "\(line)") { try Invocation(arguments, [:]).outcome() }
        }
        if file == "README.md" { #expect(lines.count == 3) }
    }

    /// What comes after the program's name, as a shell parts it.
    private static func arguments(_ line: String) -> [String] {
        var words: [String] = []
        for match in line.matches(of: /'([^']*)'|(\S+)/) {
            let word = String(match.output.1 ?? match.output.2 ?? "")
            guard !["#", ">", "|", "&&"].contains(word) else { break }
            // Only the folders of this machine are there.
            words.append(word == "TOPIC" ? "topics" : word.replacing(/^([a-z]+)=\/.*\//) { "\($0.output.1)=" })
        }
        return Array(words.dropFirst())
    }

    // MARK: - Examples

    @Test func theExamplesOfPoliciesHold() async throws {
        let blocks = try Self.blocks("Policies")
        try #require(blocks.count == 2)
        let folder = try Folder()
        let policy = try folder.write(blocks[0], to: "mine.yaml")
        _ = try folder.write(blocks[1], to: "mine.test.yaml")
        #expect(await CommandRun.run(["policy", "validate", policy]).status == 0)
        let cases = await CommandRun.run(["policy", "test", policy])
        #expect(cases.status == 0, "\(cases.output)\(cases.error)")
        let waivers = try folder.write(try #require(Self.blocks("Waivers").first), to: "waivers.yaml")
        #expect(await CommandRun.run(["waiver", "list", waivers]).status == 0)
        #expect(
            try WaiverFile.load(waivers).problems(under: PolicyFile.load(policy), now: RuleExample.today) == [])
    }

    @Test func theExamplesOfFixesHold() async throws {
        let folder = try Folder()
        for (index, block) in try Self.blocks("Fixing").enumerated() {
            let text = block.hasPrefix("version:") ? block : "version: 1\nname: fixed\nrules:\n" + block
            let policy = try folder.write(text, to: "\(index).yaml")
            let run = await CommandRun.run(["policy", "validate", policy])
            #expect(run.status == 0, "\(run.error)")
        }
        #expect(try Self.blocks("Fixing").count == 3)
    }

    @Test func theExampleOfAConfigurationHolds() throws {
        let folder = try Folder()
        let file = try folder.write(try #require(Self.blocks("Environment").first), to: "config.yaml")
        let invocation = try Invocation(["scan", "acme", "--config", file], [:])
        guard case .command(let command) = try invocation.outcome() else {
            Issue.record("no command")
            return
        }
        #expect((command as? ScanCommand)?.policy.policy == "/etc/oidc-audit/policy.yaml")
    }

    // MARK: - Help

    @Test(arguments: HelpTopic.all.map(\.name)) func eachTopicIsPrinted(topic: String) async {
        let run = await CommandRun.run(["help", topic])
        #expect(run.status == 0, "\(run.error)")
        #expect(!run.output.contains("\u{1B}"))
        #expect(!run.output.contains("**"))
        #expect(!run.output.contains("]("))
        for line in run.output.split(separator: "\n") where !line.hasPrefix("    ") {
            #expect(line.count <= 80, "\(line)")
        }
        let colored = await CommandRun.run(["help", topic], environment: ["CLICOLOR_FORCE": "1"])
        #expect(colored.output.hasPrefix("\u{1B}[1m"))
        let list = await CommandRun.run(["help", "topics"])
        #expect(list.output.contains("\n\(topic) ") || list.output.hasPrefix("\(topic) "))
    }

    @Test func eachArticleIsATopic() throws {
        let articles = try FileManager.default.contentsOfDirectory(atPath: Self.catalog.path + "/Articles")
        #expect(Set(articles).count == HelpTopic.all.count)
        let index = try Self.text("Sources/OIDCAudit/OIDCAudit.docc/OIDCAudit.md")
        for article in articles {
            #expect(index.contains("(Articles/\(article))"), "\(article)")
            let text = try Self.text("Sources/OIDCAudit/OIDCAudit.docc/Articles/\(article)")
            #expect(HelpTopic.all.contains { $0.article == text }, "\(article)")
        }
    }

    @Test func commandsKeepTheirHelp() async {
        for command in ["policy", "history", "explain"] {
            #expect(await CommandRun.run(["help", command]).output.contains("USAGE: oidc-audit \(command)"))
        }
        #expect(await CommandRun.run(["--help"]).output.contains("oidc-audit help topics"))
    }

    @Test func anUnknownTopicIsTwo() async {
        for (word, hint) in [("policis", "did you mean \"policies\"?"), ("weather", "oidc-audit help topics")] {
            let run = await CommandRun.run(["help", word])
            #expect(run.status == 2)
            #expect(run.output == "")
            #expect(run.error.contains("unknown command or topic \"\(word)\""))
            #expect(run.error.contains(hint), "\(run.error)")
        }
    }
}
