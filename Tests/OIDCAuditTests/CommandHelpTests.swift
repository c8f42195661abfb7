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

    /// Those that have subcommands.
    private static let parents: [any ParsableCommand.Type] = RootCommand.configuration.subcommands.filter {
        !$0.configuration.subcommands.isEmpty
    }

    @Test func eachCommandShowsHowItIsCalled() throws {
        for command in Self.commands + Self.parents {
            let name = command.configuration.commandName ?? "?"
            let discussion = command.configuration.discussion.replacing("\\\n", with: " ")
            let examples = discussion.split(separator: "\n").filter { $0.hasPrefix("  oidc-audit ") }
            // There is one way alone to call what takes nothing.
            let least = command == PolicySchemaCommand.self ? 1 : 2
            #expect((least...3).contains(examples.count), "\(name)")
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

    @Test func eachCommandNamesItsExitStatusesAndWhatItNeeds() throws {
        for command in Self.commands {
            let name = command.configuration.commandName ?? "?"
            let discussion = command.configuration.discussion
            #expect(discussion.contains("Exit status: 0 "), "\(name)")
            let options = Set(try DeclaredOption.all(of: command).map(\.name))
            #expect(!options.contains("token-file") || discussion.contains("help token"), "\(name)")
        }
        for command in HistoryCommand.configuration.subcommands + [
            CheckCommand.self, ReportCommand.self, DiffCommand.self,
        ]
        where ![HistoryImportCommand.configuration.commandName, HistoryChangesCommand.configuration.commandName]
            .contains(command.configuration.commandName)
        {
            #expect(command.configuration.discussion.contains("a stored scan"), "\(command)")
        }
    }

    /// What a command is about comes before what all have, in the same order everywhere.
    @Test func sectionsComeInOneOrder() {
        let order = [
            "ARGUMENTS:", "SUBCOMMANDS:", "OPTIONS:", "POLICY:", "TRUST:", "SCOPE:", "REPORT:", "CHANGE:", "HISTORY:",
            "GITHUB:", "CONSOLE:",
        ]
        for command in Self.commands + Self.parents + [RootCommand.self] {
            let help = CommandHelp.fitted(RootCommand.helpMessage(for: command, columns: 80))
            let lines = help.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
            let sections = lines.filter { $0.wholeMatch(of: /[A-Z]+:/) != nil }
            #expect(sections == order.filter(sections.contains), "\(sections)")
            #expect(sections.contains("OPTIONS:"))
            for section in sections.indices.dropFirst() {
                let place = lines.firstIndex(of: sections[section]) ?? 0
                #expect(lines[place - 1].isEmpty, "\(sections[section])")
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
        for command in Self.commands + Self.parents + [RootCommand.self] {
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
