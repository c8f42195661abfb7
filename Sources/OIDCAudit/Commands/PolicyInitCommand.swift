import ArgumentParser
import AuditCore
import Foundation
import GitHubAPI
import History
import Reports

struct PolicyInitCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "init", abstract: "Write a commented policy to start from.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit policy init", "oidc-audit policy init acme --file policy.yaml"],
            details: "With an organization whose scan is stored, the policy asks for the template that most of its "
                + "repositories have today, and says of each rule how many would break it."))

    @Argument(help: ArgumentHelp("Login of a scanned organization.", valueName: "org"))
    var organization: OrganizationLogin?
    @Option(help: ArgumentHelp("File to write; - is standard output.", valueName: "file"), completion: .document)
    var file = "policy.yaml"
    @OptionGroup var history: HistoryOptions
    @OptionGroup var host: HostOptions
    @OptionGroup var configuration: ConfigurationOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard file == "-" || !FileManager.default.fileExists(atPath: file) else {
            throw .usage("\(file) is there already", hint: "name another with --file, or - for standard output")
        }
        var starter = PolicyStarter(organization: nil, snapshot: nil)
        if let organization {
            starter = PolicyStarter(
                organization: organization.rawValue, snapshot: try await snapshot(of: organization, context))
        }
        if let organization, starter.snapshot == nil {
            context.console.note("note: no stored scan of \(organization) was found, so nothing is counted")
        }
        let text = starter.text
        // What is written must be a policy.
        _ = try PolicyFile.load(bytes: Array(text.utf8), name: file == "-" ? "policy.yaml" : file)
        guard file != "-" else {
            try context.console.write(text)
            return ExitStatus.success.rawValue
        }
        guard DocumentFile.isYAML(file) else {
            throw .usage("--file: \(file) is not a YAML file", hint: "JSON holds no comments: let it end in .yaml")
        }
        try AtomicFile.write(to: file, what: "policy") { $0.write(text) }
        try context.console.print("wrote \(file); oidc-audit policy validate \(file) checks it".singleLine)
        return ExitStatus.success.rawValue
    }

    /// The last stored scan; `nil` where there is none.
    private func snapshot(
        of login: OrganizationLogin, _ context: CommandContext,
    ) async throws(CommandFailure) -> Snapshot? {
        let path = try history.path(context.environment)
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let host = try HostChoice(host, context.environment)
        return try await context.withHistory(path, for: .reading) { history throws(CommandFailure) in
            let apiURL = try await host.apiURL(in: history)
            return try await usingHistory { () async throws(HistoryError) in
                let organization = OrganizationReference(login: login.rawValue)
                guard let scan = try await history.lastScan(of: organization, apiURL: apiURL) else { return nil }
                return try await history.snapshot(of: scan.id, organizations: [organization])
            }
        }
    }
}
