import AuditCore
import GitHubAPI

/// What a person is likely to do next, as commands to paste: on a terminal alone, and two at most.
extension CommandContext {
    /// - Parameters:
    ///   - commands: without the program's name, the likeliest first.
    ///   - environment: what stands before the program's name, with a blank after it.
    func suggest(
        _ commands: [String], _ settings: ConsoleSettings = ConsoleSettings(), environment: String = "",
    ) {
        guard console.isWatched, !settings.isQuiet, !isQuiet else { return }
        for command in commands.prefix(2) { console.suggest("\(environment)\(Tool.name) \(command)") }
    }

    /// What the command line said of host and history, for a command that goes on with the same.
    ///
    /// - Parameters:
    ///   - apiURL: `nil`: the next command can take the host from the history.
    func sameOptions(apiURL: String?, historyPath: String) -> String {
        var words = ""
        if let apiURL, !flags.isDisjoint(with: ["api-url", "hostname"]) { words += " --api-url \(apiURL.shellQuoted)" }
        if flags.contains("db") { words += " --db \(historyPath.shellQuoted)" }
        return words
    }
}

extension AuditReport {
    /// From a report to what its findings mean, and to a plan that fixes them.
    ///
    /// - Parameters:
    ///   - isStored: whether a plan can be made of what the history holds.
    ///   - options: what the command line said of host and history.
    func nextSteps(isStored: Bool, options: (offline: String, online: String)) -> [String] {
        let open = findings.filter { $0.isOpen && !gate.isAccepted($0) }
        guard let worst = open.max(by: { $0.severity < $1.severity }) else {
            let unread =
                organizations.first { !$0.troubles.isEmpty }?.login
                ?? repositories.first { $0.status == .unreadable }?.organization
            return unread.map { ["doctor \($0)\(options.online)"] } ?? []
        }
        let source = policy.source.shellQuoted
        let logins = organizations.map(\.login).joined(separator: " ")
        let plan = "plan \(logins) --policy \(source)"
        return [
            "explain \(worst.rule) --policy \(source)",
            isStored
                ? "\(plan) --from-scan latest -o json=plan.json\(options.offline)"
                : "\(plan) -o json=plan.json\(options.online)",
        ]
    }
}
