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

    /// What the command line said that a further command takes too, and needs for the same result, with a blank before
    /// each option.
    ///
    /// - Parameters:
    ///   - apiURL: the host; `nil`: the further command can take it from the history.
    ///   - names: options that do not count, since the further command gets them otherwise.
    func options(for command: any AuditCommand.Type, apiURL: String?, except names: Set<String> = []) -> String {
        let host = apiURL.map { flags.isDisjoint(with: HostOptions.alternatives) ? "" : " --api-url \($0.shellQuoted)" }
        return (host ?? "") + carried(to: command, except: names)
    }

    /// The same for a command that uses the network, which never takes its host from the history.
    func options(
        for command: any AuditCommand.Type, writingTo apiURL: String, except names: Set<String> = [],
    ) -> String {
        let isElsewhere = apiURL != GitHubEndpoint.gitHub.description
        return (isElsewhere ? " --api-url \(apiURL.shellQuoted)" : "") + carried(to: command, except: names)
    }

    /// Options that say how one command prints, or what it is about, which the next one says itself.
    private static let ofOneCommand: Set = [
        "format", "output", "quiet", "verbose", "no-progress", "color", "organizations", "organizations-file",
        "max-age", "update-cloud-first", "continue",
    ]

    /// Consent is given each time anew: what can stand on the command line alone is left out.
    private func carried(to command: any AuditCommand.Type, except names: Set<String>) -> String {
        guard let taken = try? DeclaredOption.all(of: command) else { return "" }
        let omitted = names.union(Self.ofOneCommand).union(HostOptions.alternatives)
        return given.filter { given in
            !omitted.contains(given.option.name)
                && taken.contains { $0.name == given.option.name && $0.isSetting }
        }.map { " " + $0.words }.joined()
    }
}

extension GivenOption {
    /// As a shell takes it.
    fileprivate var words: String {
        guard let text else { return "--\(isInverse ? option.name.inverse : option.name)" }
        // A value that begins with a hyphen would be taken for an option.
        let isPlain = text == "-" || !text.hasPrefix("-")
        return "--\(option.name)\(isPlain ? " " : "=")\(text.shellQuoted)"
    }
}

extension ScopeOptions {
    /// Which repositories a crawl reads: a stored scan has its own scope.
    static let names: Set = ["include", "exclude", "visibility", "topic", "property", "include-archived"]
}

extension Changeset {
    /// The command that restores what was there before it; `nil` if that has nothing to write.
    func rollback(options: String) -> String? {
        guard entries.contains(where: \.isWorthRollback) else { return nil }
        let count = plan.repositoryCount
        let isMany = mayRollBackOrganizations || count > ChangeOptions.changesMaxUnlessSaid
        return "rollback \(id.rawValue)\(isMany ? " --max-changes \(max(count, 1))" : "")\(options)"
    }

    /// The command that writes what is left; `nil` if nothing is.
    func resumption(options: String) -> String? {
        var left = plan
        left.changes = zip(plan.changes, entries).filter(\.1.isOpen).map(\.0)
        guard !left.changes.isEmpty, unplannedPrefix == nil else { return nil }
        let count = left.repositoryCount
        let isMany = left.changesOrganizations || count > ChangeOptions.changesMaxUnlessSaid
        return "apply --continue\(isMany ? " --max-changes \(max(count, 1))" : "")\(options)"
    }

    /// The change by which a prefix became one that was neither there nor planned, and why that is said: what is left would
    /// go the same way.
    var unplannedPrefix: (name: String, why: String)? {
        for (change, entry) in zip(plan.changes, entries) {
            guard let outcome = entry.outcome, case .different = outcome else { continue }
            let isUnplanned: Bool
            switch (change.before, change.after, entry.found) {
            // A prefix of a repository that follows it, the template itself being as planned.
            case (_, .organization(let after), .organization(let found)?):
                isUnplanned = found.inheritedKeys == after.inheritedKeys
            case (.repository(let before), .repository(let after), .repository(let found)?):
                isUnplanned = ![before.subClaimPrefix, after.subClaimPrefix].contains(found.subClaimPrefix)
            default: isUnplanned = false
            }
            if isUnplanned { return (change.target.name, outcome.sentence) }
        }
        return nil
    }
}

/// What the next commands need of host and history, by command.
typealias NextOptions = (any AuditCommand.Type) -> String

extension [Changeset] {
    /// From the sets of changes, newest first, to what finishes the last one and what restores what was there before.
    ///
    /// - Parameters:
    ///   - id: the set that a person asked for; `nil`: the newest.
    func nextSteps(of id: ChangesetID?, options: NextOptions) -> [String] {
        let rolledBack = Set(compactMap(\.undoes))
        let restored = first { changeset in
            (id.map { $0 == changeset.id } ?? (changeset.kind != .rollback))
                && !rolledBack.contains(changeset.id) && changeset.rollback(options: "") != nil
        }
        return [
            first?.resumption(options: options(ApplyCommand.self)),
            restored?.rollback(options: options(RollbackCommand.self)),
        ].compactMap(\.self)
    }
}

extension AuditReport {
    /// From a report to what its findings mean, and to a plan that fixes them.
    ///
    /// - Parameters:
    ///   - isStored: whether a plan can be made of what the history holds.
    ///   - policy: by which it was judged, as the person named it.
    ///   - offline: what commands that use no network need.
    ///   - online: what the others need.
    func nextSteps(isStored: Bool, policy: String?, offline: NextOptions, online: NextOptions) -> [String] {
        let open = findings.filter { $0.isOpen && !gate.isAccepted($0) }
        guard let worst = open.max(by: { $0.severity < $1.severity }) else {
            let unread =
                organizations.first { !$0.troubles.isEmpty }?.login
                ?? repositories.first { $0.status == .unreadable }?.organization
            return unread.map { ["doctor \($0)\(online(DoctorCommand.self))"] } ?? []
        }
        let name = policy ?? self.policy.source
        var commands: [String] = []
        var source = name.shellQuoted
        if name.hasPrefix(ScanReference.prefix) {
            // Only commands without network take the policy of a scan: a copy is what a plan is made by.
            commands.append(
                "policy init --from \(source) --file \(Self.copyOfPolicy)\(offline(PolicyInitCommand.self))")
            source = Self.copyOfPolicy
        } else {
            commands.append("explain \(worst.rule) --policy \(source)")
        }
        let plan = "plan \(organizations.map(\.login).joined(separator: " ")) --policy \(source)"
        commands.append(
            isStored
                ? "\(plan) --from-scan latest -o json=plan.json\(offline(PlanCommand.self))"
                : "\(plan) -o json=plan.json\(online(PlanCommand.self))")
        return commands
    }

    /// From a report of a day that is past, of which there is nothing to fix, to what its findings mean.
    func explanation(policy: String?, options: NextOptions) -> [String] {
        let open = findings.filter { $0.isOpen && !gate.isAccepted($0) }
        guard let worst = open.max(by: { $0.severity < $1.severity }) else { return [] }
        if let policy, !policy.hasPrefix(ScanReference.prefix) {
            return ["explain \(worst.rule) --policy \(policy.shellQuoted)"]
        }
        guard let name = policy ?? scanID.map({ "\(ScanReference.prefix)\($0.rawValue)" }) else { return [] }
        return ["policy show \(name.shellQuoted)\(options(PolicyShowCommand.self))"]
    }

    private static let copyOfPolicy = "policy-of-scan.yaml"
}
