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

    /// The same for a command that writes, which never takes its host from the history.
    func sameOptions(writingTo apiURL: String, historyPath: String) -> String {
        let isElsewhere = apiURL != GitHubEndpoint.gitHub.description
        return (isElsewhere ? " --api-url \(apiURL.shellQuoted)" : "")
            + sameOptions(apiURL: nil, historyPath: historyPath)
    }
}

extension Changeset {
    /// The command that restores what was there before it; `nil` if that has nothing to write.
    func rollback(options: String) -> String? {
        guard entries.contains(where: \.isWorthRollback) else { return nil }
        let count = plan.repositoryCount
        let isMany = mayRollBackOrganizations || count > ChangeOptions.changesMaxUnlessSaid
        return "rollback \(id.rawValue)\(isMany ? " --max-changes \(max(count, 1))" : "")\(options)"
    }
}

extension [Changeset] {
    /// From the sets of changes, newest first, to what finishes the last one and what restores what was there before.
    ///
    /// - Parameters:
    ///   - id: the set that a person asked for; `nil`: the newest.
    ///   - options: what the command needs of host and history.
    func nextSteps(of id: ChangesetID?, options: String) -> [String] {
        let rolledBack = Set(compactMap(\.undoes))
        let isUnfinished = first.map { $0.entries.contains(where: \.isOpen) } ?? false
        let restored = first { changeset in
            (id.map { $0 == changeset.id } ?? (changeset.kind != .rollback))
                && !rolledBack.contains(changeset.id) && changeset.rollback(options: options) != nil
        }
        return (isUnfinished ? ["apply --continue\(options)"] : [])
            + [restored?.rollback(options: options)].compactMap(\.self)
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
