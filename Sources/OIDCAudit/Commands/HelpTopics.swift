import ArgumentParser
import AuditCore
import Reports

/// An article of `OIDCAudit.docc`, which the program carries and `help TOPIC` prints.
struct HelpTopic {
    let name: String
    private let bytes: [UInt8]

    static let all = [
        HelpTopic(name: "install", bytes: PackageResources.Install_md),
        HelpTopic(name: "policies", bytes: PackageResources.Policies_md),
        HelpTopic(name: "rules", bytes: PackageResources.Rules_md),
        HelpTopic(name: "waivers", bytes: PackageResources.Waivers_md),
        HelpTopic(name: "reports", bytes: PackageResources.Reports_md),
        // The word "history" is the command's.
        HelpTopic(name: "history-file", bytes: PackageResources.History_md),
        HelpTopic(name: "nights", bytes: PackageResources.Nights_md),
        HelpTopic(name: "fixing", bytes: PackageResources.Fixing_md),
        HelpTopic(name: "immutable-subjects", bytes: PackageResources.ImmutableSubjects_md),
        // The word "trust" is the command's.
        HelpTopic(name: "trust-files", bytes: PackageResources.Trust_md),
        HelpTopic(name: "token", bytes: PackageResources.Token_md),
        HelpTopic(name: "apps", bytes: PackageResources.Apps_md),
        HelpTopic(name: "scope", bytes: PackageResources.Scope_md),
        HelpTopic(name: "environment", bytes: PackageResources.Environment_md),
        HelpTopic(name: "exit-codes", bytes: PackageResources.ExitCodes_md),
        HelpTopic(name: "rate-limits", bytes: PackageResources.RateLimits_md),
        HelpTopic(name: "architecture", bytes: PackageResources.Architecture_md),
        HelpTopic(name: "contributing", bytes: PackageResources.Contributing_md),
    ]

    /// The word that stands for the list of them.
    static let list = "topics"

    var article: String { String(decoding: bytes, as: UTF8.self) }

    /// What the command line asks for, where it is not the help of a command.
    ///
    /// - Returns: `nil` if the parser answers.
    static func answer(to arguments: [String], style: ReportStyle) throws(CommandFailure) -> String? {
        guard arguments.count == 2, arguments[0] == "help", !arguments[1].hasPrefix("-") else { return nil }
        let word = arguments[1]
        let commands = RootCommand.configuration.subcommands.compactMap { $0.configuration.commandName }
        guard !commands.contains(word) else { return nil }
        if word == list {
            return ArticlePage.list(all.map { ($0.name, ArticlePage.summary(of: $0.article)) }, style: style)
        }
        guard let topic = all.first(where: { $0.name == word }) else {
            let nearest = NearestWord.nearest(to: word, among: commands + all.map(\.name))
            throw .usage(
                "unknown command or topic \"\(word)\"",
                hint: nearest.map { "did you mean \"\($0)\"?" }
                    ?? "see \(Tool.name) --help and \(Tool.name) help \(list)")
        }
        return ArticlePage.render(topic.article, style: style)
    }
}
