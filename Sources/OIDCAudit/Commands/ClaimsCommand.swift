import ArgumentParser
import AuditCore
import Reports

struct ClaimsCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "claims", abstract: "Print the claim catalog.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit claims", "oidc-audit claims job_workflow_ref"],
            details:
                "For each claim that a template may name: what it is, who chooses its value, and whether a template "
                + "may start with it. With names, only those, with their sources."))

    @Argument(help: ArgumentHelp("Claims, such as job_workflow_ref.", valueName: "claim"), completion: .claims)
    var claims: [String] = []
    @OptionGroup var catalog: CatalogOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        var chosen: [Claim] = []
        for name in claims {
            let family = ClaimCatalog.customProperty
            guard let claim = name == family.key.rawValue ? family : ClaimCatalog.claim(for: ClaimKey(name)) else {
                throw .usage(
                    "unknown claim \"\(name)\"",
                    hint: ClaimCatalog.nearest(to: ClaimKey(name)).map { "did you mean \"\($0)\"?" }
                        ?? "oidc-audit claims lists them all")
            }
            chosen.append(claim)
        }
        try context.console.write(
            ClaimPage.render(
                (chosen.isEmpty ? ClaimCatalog.listed : chosen, withSources: !chosen.isEmpty), as: catalog.format.page,
                style: catalog.colors.style(context)))
        return ExitStatus.success.rawValue
    }
}

/// How a catalog is printed.
struct CatalogOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("What standard output gets.", valueName: "kind"))
    var format = CatalogFormat.text
    @OptionGroup(title: "Console") var colors: ColorOptions
}

extension Console {
    func write(_ text: String) throws(CommandFailure) {
        try write(Array(text.utf8))
    }
}
