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
            examples: [
                "oidc-audit policy init acme --file policy.yaml",
                "oidc-audit policy init --from preset:strict", "oidc-audit policy init acme --for immutable",
            ],
            details: "With an organization whose scan is stored, the policy requires the template that most of its "
                + "repositories have today, and notes at each rule how many would break it. --from copies another "
                + "policy; --for immutable plans the move to immutable subjects."
        ))

    @Argument(help: ArgumentHelp("Login of a scanned organization.", valueName: "org"))
    var organization: OrganizationLogin?
    @Option(
        help: ArgumentHelp("Copy this policy: preset:NAME, a file, or scan:ID.", valueName: "policy"),
        completion: .policy)
    var from: String?
    @Option(
        name: .customLong("for"),
        help: ArgumentHelp("What the policy is to bring about: immutable, subjects with ids.", valueName: "goal"))
    var goal: PolicyGoal?
    @Option(help: ArgumentHelp("File to write; - is standard output.", valueName: "file"), completion: .document)
    var file = "policy.yaml"
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var configuration: ConfigurationOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard file == "-" || !FileManager.default.fileExists(atPath: file) else {
            throw .usage("\(file) is there already", hint: "name another with --file, or - for standard output")
        }
        if let from { return try await copy(from, context) }
        var starter = PolicyStarter(organization: nil, snapshot: nil, goal: goal)
        if let organization {
            starter = PolicyStarter(
                organization: organization.rawValue, snapshot: try await snapshot(of: organization, context),
                goal: goal)
        }
        if let organization, starter.snapshot == nil {
            context.console.note("note: no stored scan of \(organization) was found, so nothing is counted")
        }
        // Without a scan there is nothing to check.
        return try write(starter.text, context, next: starter.snapshot == nil ? "scan" : "check")
    }

    private func copy(_ policy: String, _ context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard organization == nil, goal == nil else {
            let other = goal == nil ? "an organization makes" : "--for makes"
            throw .usage("--from copies a policy, and \(other) one", hint: "give one of them")
        }
        let (name, bytes) = try await PolicyShowCommand.bytes(of: policy, host, history, context)
        let document = try DocumentFile(bytes: bytes, name: name, what: "policy").document
        return try write(
            """
            # A copy of \(policy.singleLine), which \(Tool.name) \(Tool.version) made. Findings are known by the policy's name and
            # the ids of its rules: keep them to continue a history, or rename them to begin another.

            """ + document.yaml, context)
    }

    /// - Parameter next: the command that uses the policy.
    private func write(
        _ text: String, _ context: CommandContext, next: String = "scan",
    ) throws(CommandFailure) -> Int32 {
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
        try context.console.print("wrote \(file)".singleLine)
        let command: any AuditCommand.Type = next == "check" ? CheckCommand.self : ScanCommand.self
        let options = context.options(for: command, apiURL: (host.apiURL ?? host.hostname)?.description)
        let quoted = file.shellQuoted
        context.suggest([
            "policy validate \(quoted)", "\(next) \(organization?.rawValue ?? "ORG") --policy \(quoted)\(options)",
        ])
        return ExitStatus.success.rawValue
    }

    /// The last stored scan; `nil` if there is none.
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
