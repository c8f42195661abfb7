import ArgumentParser
import AuditCore
import Reports

struct ExplainCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Print what a rule means, why, and how to mend what it finds.")

    @Argument(help: ArgumentHelp("A rule, such as leading-claim.", valueName: "rule"))
    var rule: String
    @OptionGroup var color: ColorOption

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard let type = RuleCatalog.rule(named: rule) else {
            throw .usage(
                "unknown rule \"\(rule)\"",
                hint: NearestWord.nearest(to: rule, among: RuleCatalog.all.map { $0.name })
                    .map { "did you mean \"\($0)\"?" } ?? "oidc-audit policy rules lists them all")
        }
        try context.console.write(
            try CatalogPage.explanation(of: type, style: color.style(context)))
        return ExitStatus.success.rawValue
    }
}
