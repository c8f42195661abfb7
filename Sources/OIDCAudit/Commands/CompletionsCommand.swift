import ArgumentParser
import AuditCore

struct CompletionsCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "completions", abstract: "Print a script for completing commands and options in a shell.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit completions bash > oidc-audit",
                "oidc-audit completions zsh > _oidc-audit",
                "oidc-audit completions fish > oidc-audit.fish",
            ],
            details: """
                Put the file into ~/.local/share/bash-completion/completions for bash, into a folder of fpath for zsh \
                (before compinit runs), and into ~/.config/fish/completions for fish.
                """))

    @Argument(help: "The shell.") var shell: Shell

    func run(in context: CommandContext) throws(CommandFailure) -> Int32 {
        try context.console.print(RootCommand.completionScript(for: shell.kind))
        return ExitStatus.success.rawValue
    }

    enum Shell: String, CaseIterable, OptionValue {
        case bash, zsh, fish

        var kind: CompletionShell {
            switch self {
            case .bash: .bash
            case .zsh: .zsh
            case .fish: .fish
            }
        }
    }
}
