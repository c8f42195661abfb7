import ArgumentParser
import AuditCore
import Foundation
import Synchronization

/// An option as a command declares it to the parser: what environment and configuration file can set follows from it.
struct DeclaredOption {
    /// As a flag, without hyphens: `max-wait`.
    let name: String
    /// Its short forms.
    let letters: [String]
    let takesValue: Bool
    let isRepeatable: Bool
    /// The words that it takes; empty: others too.
    let choices: [String]
    /// Whether environment and configuration file can set it.
    let isSetting: Bool
    /// Whether `--no-` before its name says the opposite.
    let hasInverse: Bool

    /// Names the configuration file, and can't stand in it.
    static let configurationFile = "config"

    static let environmentPrefix = "OIDC_AUDIT_"

    var environmentName: String { Self.environmentName(name) }

    static func environmentName(_ name: String) -> String {
        environmentPrefix + name.uppercased().replacing("-", with: "_")
    }

    /// What the parser answers itself, whatever else is given.
    static let requests: Set = [
        "help", "help-hidden", "version", "experimental-dump-help", "generate-completion-script",
    ]

    /// Those of one command.
    static func all(of command: any ParsableCommand.Type) throws(CommandFailure) -> [DeclaredOption] {
        let id = ObjectIdentifier(command)
        if let known = described.withLock({ $0[id] }) { return known }
        let options = try describedOptions(of: command)
        described.withLock { $0[id] = options }
        return options
    }

    /// One of any command. As few commands are described as it takes to find it: all of them cost half a second in a
    /// debug build, and most settings are options of `scan`, the first.
    static func first(where isWanted: (DeclaredOption) -> Bool) throws(CommandFailure) -> DeclaredOption? {
        for command in commands {
            if let option = try all(of: command).first(where: isWanted) { return option }
        }
        return nil
    }

    /// Those of all commands, for a person who misspelt one.
    static func everywhere() throws(CommandFailure) -> [DeclaredOption] {
        var options: [DeclaredOption] = []
        for command in commands { options += try all(of: command) }
        return options
    }

    // MARK: -

    private static var commands: [any ParsableCommand.Type] { leaves(of: RootCommand.self) }

    private static func leaves(of command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
        let subcommands = command.configuration.subcommands
        return subcommands.isEmpty ? [command] : subcommands.flatMap(leaves)
    }

    /// For a process that runs many commands, as tests do: a description costs more than a parse.
    private static let described = Mutex<[ObjectIdentifier: [DeclaredOption]]>([:])

    private static func describedOptions(
        of command: any ParsableCommand.Type,
    ) throws(CommandFailure) -> [DeclaredOption] {
        do {
            return try JSONDecoder().decode(Description.self, from: Data(command._dumpHelp().utf8)).command.options
        } catch {
            throw CommandFailure(message: "the parser describes options in another way: \(error)", status: .failure)
        }
    }

    /// The part that is used of the JSON in which the parser describes a command.
    private struct Description: Decodable {
        let command: Command

        struct Command: Decodable {
            let arguments: [Argument]?

            var options: [DeclaredOption] {
                let arguments = arguments ?? []
                let flags = Set(arguments.filter { $0.kind == "flag" }.compactMap(\.name))
                return arguments.compactMap { argument in
                    guard let name = argument.name, !flags.contains(where: { name == $0.inverse }) else { return nil }
                    return DeclaredOption(
                        name: name, letters: (argument.names ?? []).filter { $0.kind == "short" }.map(\.name),
                        takesValue: argument.kind == "option", isRepeatable: argument.isRepeating,
                        choices: argument.allValues ?? [],
                        isSetting: argument.discussion != ArgumentHelp.onCommandLineOnly && !requests.contains(name),
                        hasInverse: flags.contains(name.inverse))
                }
            }
        }

        struct Argument: Decodable {
            let kind: String
            let names: [Name]?
            let isRepeating: Bool
            let allValues: [String]?
            let discussion: String?

            var name: String? { names?.first { $0.kind == "long" }?.name }
        }

        struct Name: Decodable {
            let kind: String
            let name: String
        }
    }
}

extension String {
    /// The flag that says the opposite of this one.
    var inverse: String { "no-" + self }
}

extension ArgumentHelp {
    /// What the help says of an option that neither environment nor configuration file can set.
    fileprivate static let onCommandLineOnly = "Only on the command line, never as a setting."

    /// The help of such an option.
    static func onCommandLineOnly(_ abstract: String, valueName: String? = nil) -> ArgumentHelp {
        ArgumentHelp(abstract, discussion: onCommandLineOnly, valueName: valueName)
    }
}
