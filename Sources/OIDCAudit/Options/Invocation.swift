import ArgumentParser
import AuditCore
import Foundation

/// An option that the command line, the environment or the configuration file gives.
struct GivenOption {
    let option: DeclaredOption
    /// `nil`: a flag on the command line.
    let text: String?
    /// Whether the command line says the opposite of the flag.
    let isInverse: Bool
    /// Where, for messages.
    let origin: String

    init(_ option: DeclaredOption, _ text: String?, isInverse: Bool = false, origin: String) {
        self.option = option
        self.text = text
        self.isInverse = isInverse
        self.origin = origin
    }

    /// As arguments of the command; empty: a flag that is off.
    func arguments() throws(CommandFailure) -> [String] {
        let name = "--\(option.name)"
        guard let text else { return [name] }
        // Before an empty text, the parser reads no equals sign.
        guard !option.takesValue else { return text.isEmpty ? [name, ""] : ["\(name)=\(text)"] }
        switch text.lowercased() {
        case "1", "true", "yes", "on": return [name]
        case "0", "false", "no", "off": return option.hasInverse ? ["--\(option.name.inverse)"] : []
        default: throw .usage("\(origin): \"\(text)\" is neither true nor false", hint: "use true or false")
        }
    }
}

/// A command line, with environment and configuration file laid under it: what they give goes before the person's own
/// words to the parser, whose declarations are the only ones. A flag beats the environment beats the file.
struct Invocation {
    enum Outcome {
        case command(any AuditCommand)
        /// What the parser answers itself, such as help.
        case answer(String)
    }

    /// The names that lead to the command.
    private let path: [String]
    /// What comes after them.
    private let words: [String]
    /// What the command line gives.
    let flags: [GivenOption]
    /// What environment and file add to it.
    private let settings: [GivenOption]
    /// What a person should know of the environment.
    let warnings: [String]
    /// Whether nothing but errors is wanted on standard error.
    let isQuiet: Bool
    /// What the configuration file says of single organizations.
    let organizations: [OrganizationSettings]

    init(_ arguments: [String], _ environment: [String: String]) throws(CommandFailure) {
        guard arguments.first != "help" else {
            let (topic, _) = try Self.command(arguments.dropFirst())
            if let word = arguments.dropFirst(1 + topic.count).first(where: { !$0.hasPrefix("-") }) {
                throw .usage("unknown command \"\((topic + [word]).joined(separator: " "))\"", hint: Self.hint(topic))
            }
            (path, words, flags, settings, warnings, isQuiet, organizations) = ([], arguments, [], [], [], false, [])
            return
        }
        let (path, command) = try Self.command(arguments[...])
        let words = Array(arguments.dropFirst(path.count))
        (self.path, self.words) = (path, words)
        guard command is any AuditCommand.Type, !Self.isRequest(words) else {
            (flags, settings, warnings, isQuiet, organizations) = ([], [], [], false, [])
            return
        }
        let options = try DeclaredOption.all(of: command)
        let hasArguments: Bool
        (flags, hasArguments) = try Self.flags(words, of: options, hint: Self.hint(path))
        let variable = environment[DeclaredOption.environmentName(DeclaredOption.configurationFile)] ?? ""
        let file = try ConfigurationFile(
            named: flags.last { $0.option.name == DeclaredOption.configurationFile }?.text
                ?? (variable.isEmpty ? nil : variable), environment)
        organizations = file?.organizations ?? []
        settings = try Self.settings(
            [Self.given(by: environment, for: options), file?.given(for: options) ?? []], under: flags,
            hasArguments: hasArguments)
        isQuiet = (settings + flags).contains { $0.option.name == "quiet" && (try? $0.arguments()) != [] }
        warnings = isQuiet ? [] : try Self.warnings(of: environment, options)
    }

    /// Names of the options that the command line itself gives.
    var flagNames: Set<String> { Set(flags.map(\.option.name)) }

    /// The command with everything that it is given.
    func outcome() throws(CommandFailure) -> Outcome {
        var arguments = path
        for setting in settings { arguments += try setting.arguments() }
        let (outcome, refused) = Refusal.noted { try Self.parse(arguments + words) }
        switch outcome {
        case .success(let outcome): return outcome
        case .failure(let error) where RootCommand.exitCode(for: error) == .success:
            return .answer(CommandHelp.fitted(RootCommand.fullMessage(for: error)))
        case .failure(let error): try refuse(error, refused)
        }
    }

    // MARK: - Commands

    private static func parse(_ arguments: [String]) throws -> Outcome {
        var command = try RootCommand.parseAsRoot(arguments)
        if let command = command as? any AuditCommand { return .command(command) }
        // A command of commands, or the parser's own, throws its help.
        try command.run()
        return .answer("")
    }

    /// Follows the names of commands as far as they go.
    private static func command(
        _ words: ArraySlice<String>,
    ) throws(CommandFailure) -> (path: [String], command: any ParsableCommand.Type) {
        var path: [String] = []
        var command: any ParsableCommand.Type = RootCommand.self
        for word in words {
            let subcommands = command.configuration.subcommands
            guard !subcommands.isEmpty, !word.hasPrefix("-") else { break }
            guard let next = subcommands.first(where: { $0.configuration.commandName == word }) else {
                let nearest = NearestWord.nearest(
                    to: word, among: subcommands.compactMap { $0.configuration.commandName })
                throw .usage(
                    "unknown command \"\((path + [word]).joined(separator: " "))\"",
                    hint: nearest.map { "did you mean \"\((path + [$0]).joined(separator: " "))\"?" } ?? hint(path))
            }
            command = next
            path.append(word)
        }
        return (path, command)
    }

    /// What to do where the command line of a command is wrong.
    private static func hint(_ path: [String]) -> String {
        "see \(([Tool.name] + path + ["--help"]).joined(separator: " "))"
    }

    private static func isRequest(_ words: [String]) -> Bool {
        words.prefix { $0 != "--" }.contains {
            $0 == "-h" || $0.hasPrefix("--") && DeclaredOption.requests.contains(String($0.dropFirst(2)))
        }
    }

    // MARK: - Layers

    /// What the command line gives, and whether there are arguments beside its options. What is wrong with it otherwise,
    /// the parser says.
    private static func flags(
        _ words: [String], of options: [DeclaredOption], hint: String,
    ) throws(CommandFailure) -> (flags: [GivenOption], hasArguments: Bool) {
        /// Several letters behind one hyphen are as many flags, the last of which may take a value.
        func named(_ word: String) -> [DeclaredOption] {
            let name = word.prefix { $0 != "=" }.drop { $0 == "-" }
            guard !word.hasPrefix("--") else {
                return options.filter { $0.name == name || $0.hasInverse && $0.name.inverse == name }
            }
            let flags = name.compactMap { letter in options.first { $0.letters.contains(String(letter)) } }
            return flags.count == name.count ? flags : []
        }
        var given: [GivenOption] = []
        var hasArguments = words.firstIndex(of: "--").map { $0 + 1 < words.count } ?? false
        var words = words.prefix { $0 != "--" }
        while let word = words.popFirst() {
            guard word.isFlag else {
                hasArguments = true
                continue
            }
            let matches = named(word)
            // The parser would take its value for an argument, and speak of that.
            let name = String(word.drop { $0 == "-" }.prefix { $0 != "=" })
            if matches.isEmpty, word.hasPrefix("--") || name.count > 1 && options.contains(where: { $0.name == name }) {
                let nearest = NearestWord.nearest(to: name, among: options.map(\.name))
                throw .usage(
                    "unknown option '\(word.prefix { $0 != "=" })'"
                        + (nearest.map { ". Did you mean '--\($0)'?" } ?? ""),
                    hint: hint)
            }
            for option in matches {
                var text = word.firstIndex(of: "=").map { String(word[word.index(after: $0)...]) }
                if option.takesValue, text == nil {
                    guard let next = words.first, !next.isFlag else {
                        let isValue = words.first.map { named($0).isEmpty } ?? false
                        throw .usage(
                            "--\(option.name): the value is missing",
                            hint: isValue
                                ? "a value that begins with a hyphen is written --\(option.name)=\(words[words.startIndex])"
                                : hint)
                    }
                    text = words.removeFirst()
                }
                let isInverse = option.hasInverse && option.name.inverse == name
                given.append(GivenOption(option, text, isInverse: isInverse, origin: "--\(option.name)"))
            }
        }
        return (given, hasArguments)
    }

    /// What environment variables give; commas part the values of what can be given more than once.
    private static func given(by environment: [String: String], for options: [DeclaredOption]) -> [GivenOption] {
        options.filter(\.isSetting).flatMap { option -> [GivenOption] in
            // CI sets a variable to nothing where it has no value for it.
            guard let text = environment[option.environmentName], !text.isEmpty else { return [] }
            let texts =
                option.isRepeatable
                ? text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
                : [text]
            return texts.map { GivenOption(option, $0, origin: option.environmentName) }
        }
    }

    /// What is left of the layers, each of which is weaker than the one before: what one gives, no other does.
    ///
    /// - Parameter hasArguments: whether the command line names organizations, if the command takes some.
    private static func settings(
        _ layers: [[GivenOption]], under flags: [GivenOption], hasArguments: Bool,
    ) throws(CommandFailure) -> [GivenOption] {
        var decided: Set<String> = []
        var settings: [GivenOption] = []
        for (number, layer) in ([flags] + layers).enumerated() {
            let given = layer.filter { !decided.contains($0.option.name) }
            let hosts = given.filter { HostOptions.alternatives.contains($0.option.name) }
            if let one = hosts.first, let other = hosts.first(where: { $0.option.name != one.option.name }) {
                throw .usage("\(one.origin) and \(other.origin) exclude each other", hint: "give one of them")
            }
            decided.formUnion(hosts.isEmpty ? [] : HostOptions.alternatives)
            let namesTargets =
                number == 0 && hasArguments
                || given.contains { TargetOptions.names.contains($0.option.name) && $0.option.isSetting }
            decided.formUnion(namesTargets ? TargetOptions.names : [])
            decided.formUnion(given.map(\.option.name))
            settings += given
        }
        var meant: [GivenOption] = []
        for setting in settings.dropFirst(flags.count) where try isMeant(setting) { meant.append(setting) }
        return meant
    }

    /// A setting speaks to all commands: a word that only another command's option of that name takes is not for this one.
    private static func isMeant(_ given: GivenOption) throws(CommandFailure) -> Bool {
        let option = given.option
        guard let text = given.text, !option.choices.isEmpty, !option.choices.contains(text) else { return true }
        return try DeclaredOption.first { $0.name == option.name && $0.choices.contains(text) } == nil
    }

    private static func warnings(
        of environment: [String: String], _ options: [DeclaredOption],
    ) throws(CommandFailure) -> [String] {
        let prefix = DeclaredOption.environmentPrefix
        var warnings: [String] = []
        for name in environment.keys.sorted() where name.hasPrefix(prefix) && environment[name] != "" {
            func isSet(_ option: DeclaredOption) -> Bool { option.isSetting && option.environmentName == name }
            guard !options.contains(where: isSet), try DeclaredOption.first(where: isSet) == nil else { continue }
            let all = try DeclaredOption.everywhere()
            if let option = all.first(where: { $0.environmentName == name }) {
                warnings.append("\(name) is ignored: give --\(option.name) on the command line")
                continue
            }
            let words = Set(all.filter(\.isSetting).map { $0.environmentName.dropFirst(prefix.count) }).sorted()
            let nearest = NearestWord.nearest(to: String(name.dropFirst(prefix.count)), among: words.map(String.init))
            warnings.append("\(name) is not a setting" + (nearest.map { "; did you mean \(prefix)\($0)?" } ?? ""))
        }
        return warnings
    }

    // MARK: - Errors

    private func refuse(_ error: any Error, _ refused: InvalidValue?) throws(CommandFailure) -> Never {
        guard let refused else {
            let message = RootCommand.message(for: error).split(separator: "\n").joined(separator: " ")
            // Of the program itself there are no options but those that ask about it.
            let isEarly = path.isEmpty && words.first?.hasPrefix("-") == true
            throw .usage(
                message.prefix(1).lowercased() + message.dropFirst(),
                hint: isEarly
                    ? "options come after the command: \(Tool.name) scan ORG --policy FILE" : Self.hint(path))
        }
        // The parser does not say which option has the value, so each is parsed alone.
        let given = (settings + flags).first { given in
            Refusal.noted { try Self.parse(path + given.arguments()) }.refused != nil
        }
        throw .usage((given.map { "\($0.origin): " } ?? "") + refused.message, hint: refused.hint)
    }
}

extension String {
    /// Whether the parser takes it for an option; a hyphen alone is a value.
    fileprivate var isFlag: Bool { hasPrefix("-") && self != "-" }
}
