import ArgumentParser
import AuditCore
import Reports

struct ClaimsCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "claims", abstract: "Print the claim catalog.",
        discussion:
            "For each claim that a template may name: what it is, who chooses its value, and whether a template "
            + "may start with it. With names, only those, with their sources.")

    @Argument(help: ArgumentHelp("Claims, such as job_workflow_ref.", valueName: "claim"))
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
            try CatalogPage.claims(
                chosen.isEmpty ? ClaimCatalog.listed : chosen, withSources: !chosen.isEmpty, as: catalog.kind(),
                style: catalog.color.style(context)))
        return ExitStatus.success.rawValue
    }
}

/// How a catalog is told.
struct CatalogOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("text, json or markdown. (default: text)", valueName: "kind"))
    var format: String?
    @OptionGroup var color: ColorOption

    func kind() throws(CommandFailure) -> CatalogFormat {
        guard let format else { return .text }
        guard let kind = CatalogFormat(rawValue: format) else {
            throw .usage(
                "--format: \"\(format)\" is no format of a catalog",
                hint: NearestWord.hint(for: format, among: CatalogFormat.allCases.map(\.rawValue)))
        }
        return kind
    }
}

struct ColorOption: ParsableArguments {
    @Option(help: "auto, always or never.")
    var color: String?

    func style(_ context: CommandContext) throws(CommandFailure) -> ReportStyle {
        let layers = try SettingLayers(environment: context.environment, configurationFile: nil)
        return context.console.reportStyle(try ConsoleSettings.color(layers.value(.color, flag: color)))
    }
}

extension Console {
    func write(_ text: String) throws(CommandFailure) {
        try write(Array(text.utf8))
    }
}
