import ArgumentParser
import AuditCore
import Reports

struct ExplainCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain", abstract: "Print what a rule, or an entry of a policy, means, why, and how to fix it.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit explain leading-claim", "oidc-audit explain required-claims --policy policy.yaml"],
            details: """
                An entry is named by its id: of the policy that --policy names, else of the presets. Reports show entries by \
                their ids. The name of a preset, such as strict or preset:strict, explains each of its entries.
                """))

    @Argument(
        help: ArgumentHelp(
            "A rule, such as leading-claim, the id of an entry, or a preset. (default: list all rules)",
            valueName: "rule"),
        completion: .rules)
    var rule: String?
    @Option(
        help: ArgumentHelp("Policy whose entries are explained, or preset:NAME.", valueName: "file"),
        completion: .policy)
    var policy: String?
    @OptionGroup(title: "Console") var colors: ColorOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let style = colors.style(context)
        guard let rule else {
            try context.console.write(RulePage.render(RuleCatalog.all, as: .text, style: style))
            return ExitStatus.success.rawValue
        }
        // No policy can have an entry of that id.
        if rule == RuleEntry.reservedID {
            try context.console.write(RulePage.explanationOfReadable(style: style))
            return ExitStatus.success.rawValue
        }
        // A rule may bear the name of a preset, and goes before it.
        if policy == nil, RuleCatalog.rule(named: rule) == nil,
            let preset = Preset.all.first(where: { [$0.name, "preset:\($0.name)"].contains(rule) })
        {
            let loaded = try PolicyFile.load("preset:\(preset.name)")
            let pages = loaded.rules.map { RulePage.explanation(of: $0, in: loaded, isAlone: true, style: style) }
            try context.console.write(pages.joined(separator: "\n"))
            return ExitStatus.success.rawValue
        }
        var policies: [Policy] = []
        if let policy {
            policies = [try PolicyFile.load(policy)]
        } else if RuleCatalog.rule(named: rule) == nil {
            for preset in Preset.all { policies.append(try PolicyFile.load("preset:\(preset.name)")) }
        }
        let entries = policies.flatMap { policy in policy.rules.filter { $0.id == rule }.map { (policy, $0) } }
        guard !entries.isEmpty else {
            guard let type = RuleCatalog.rule(named: rule) else {
                throw unknown(rule, among: policies, of: policy)
            }
            try context.console.write(RulePage.explanation(of: type, style: style))
            if Preset.all.contains(where: { $0.name == rule }) {
                try context.console.write(
                    "\nThe preset of that name has entries of its own:\noidc-audit explain preset:\(rule)\n")
            }
            return ExitStatus.success.rawValue
        }
        for (policy, entry) in entries {
            try context.console.write(RulePage.explanation(of: entry, in: policy, style: style))
        }
        // What the entries demand, each rule once.
        var explained: Set<String> = []
        for (_, entry) in entries where explained.insert(type(of: entry.rule).name).inserted {
            try context.console.write("\n" + RulePage.explanation(of: type(of: entry.rule), style: style))
        }
        return ExitStatus.success.rawValue
    }

    private func unknown(_ rule: String, among policies: [Policy], of file: String?) -> CommandFailure {
        if let file, let preset = Preset.all.first(where: { [$0.name, "preset:\($0.name)"].contains(rule) }) {
            return .usage(
                "\"\(rule)\" is a preset, and no entry of \(file)",
                hint: "oidc-audit explain \(preset.name) explains the preset's entries")
        }
        let words =
            [RuleEntry.reservedID] + RuleCatalog.all.map { $0.name } + policies.flatMap { $0.rules.map(\.id) }
            + (file == nil ? Preset.all.map(\.name) : [])
        return .usage(
            "unknown rule \"\(rule)\"",
            hint: NearestWord.nearest(to: rule, among: words).map { "did you mean \"\($0)\"?" }
                ?? "oidc-audit policy rules lists them; --policy FILE explains the entries of your own policy")
    }
}
