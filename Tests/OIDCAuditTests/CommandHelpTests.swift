import ArgumentParser
import AuditCore
import Foundation
import Testing

@testable import OIDCAudit

/// The help of each command teaches: it fits a terminal, and its examples are ones that the program takes.
@Suite struct CommandHelpTests {
    private static let commands: [any ParsableCommand.Type] = leaves(of: RootCommand.self)

    private static func leaves(of command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let subcommands = command.configuration.subcommands
        return subcommands.isEmpty ? [command] : subcommands.flatMap(leaves)
    }

    @Test func eachCommandShowsHowItIsCalled() throws {
        for command in Self.commands {
            let name = command.configuration.commandName ?? "?"
            let discussion = command.configuration.discussion.replacing("\\\n", with: " ")
            let examples = discussion.split(separator: "\n").filter { $0.hasPrefix("  oidc-audit ") }
            #expect((1...3).contains(examples.count), "\(name)")
            #expect(discussion.hasPrefix("Examples:\n"), "\(name)")
            for example in examples {
                let words = Self.arguments(String(example))
                #expect(throws: Never.self, "\(example)") {
                    _ = try Invocation(words, [:]).outcome()
                }
                // Of a command's own help the last part may be another command that comes first.
                #expect(words.contains(name) || name == "rollback", "\(example)")
            }
        }
    }

    /// Scripts make the man pages of the first.
    @Test func whatProgramsReadIsNotBroken() async throws {
        let dump = await CommandRun.run(["--experimental-dump-help"])
        #expect(dump.status == 0)
        let command = try #require(dump.json["command"] as? [String: Any])
        #expect(command["abstract"] as? String == RootCommand.configuration.abstract)
        let script = await CommandRun.run(["--generate-completion-script", "fish"])
        let completions = await CommandRun.run(["completions", "fish"])
        #expect(script.output == completions.output)
    }

    @Test func nothingIsWiderThanATerminal() {
        for command in Self.commands + [RootCommand.self, HistoryCommand.self] {
            let help = CommandHelp.fitted(RootCommand.helpMessage(for: command, columns: 80))
            for line in help.split(separator: "\n") {
                #expect(line.count <= 80, "\(line)")
            }
        }
    }

    @Test(arguments: CompletionsCommand.Shell.allCases)
    func aShellCompletesWhatThePolicyTakes(_ shell: CompletionsCommand.Shell) async throws {
        let run = await CommandRun.run(["completions", shell.rawValue])
        #expect(run.status == 0)
        #expect(run.output.contains("leading-claim") && run.output.contains("critical") && run.output.contains("sarif"))
        // What is asked for when a person presses the key.
        let completed = RootCommand.policies("preset:st")
        #expect(completed == ["preset:strict"])
    }

    @Test(arguments: [["scan", "acme"], ["trust", "acme", "--trust", "."]])
    func eachFormatThatAShellOffersForAFileIsTaken(_ line: [String]) async throws {
        struct Dump: Decodable {
            struct Command: Decodable { let arguments: [Argument] }
            struct Argument: Decodable {
                let valueName: String?
                let completionKind: Completion?
            }
            struct Completion: Decodable { let list: List? }
            struct List: Decodable { let values: [String] }
            let command: Command
        }
        let folder = try Folder()
        let run = await CommandRun.run([line[0], "--experimental-dump-help"])
        let dump = try JSONDecoder().decode(Dump.self, from: Data(run.output.utf8))
        let output = dump.command.arguments.first { $0.valueName == "kind=file" }
        for kind in try #require(output?.completionKind?.list?.values) {
            #expect(throws: Never.self, "\(kind)") {
                _ = try Invocation(line + ["--output", "\(kind)\(folder.path)/file"], [:]).outcome()
            }
        }
    }

    @Test func aShellCompletesPolicyFilesBesidePresets() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder.appending(path: "more"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["mine.yaml", "mine.txt", ".hidden.json"] { try Data().write(to: folder.appending(path: name)) }
        let prefix = folder.path + "/m"
        #expect(RootCommand.policies(prefix) == [folder.path + "/mine.yaml", folder.path + "/more/"])
    }

    /// As a shell parts them, up to a redirection.
    private static func arguments(_ line: String) -> [String] {
        var words: [String] = []
        for match in line.matches(of: /'([^']*)'|(\S+)/) {
            let word = String(match.output.1 ?? match.output.2 ?? "")
            guard ![">", "|"].contains(word) else { break }
            words.append(word.hasPrefix("$") ? String(repeating: "0", count: 64) : word)
            guard !word.hasPrefix("$") else { break }
        }
        return Array(words.dropFirst())
    }
}
