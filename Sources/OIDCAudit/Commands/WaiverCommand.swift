import ArgumentParser
import AuditCore
import Foundation
import GitHubAPI
import History
import Reports

struct WaiverCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "waiver", abstract: "List, add and check accepted findings.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit waiver add waivers.yaml --rule required-claims --repository acme/api --owner platform "
                    + "--expires 2027-01-31 --reason 'until the move'",
                "oidc-audit waiver list waivers.yaml", "oidc-audit waiver lint waivers.yaml --policy policy.yaml",
            ],
            exits: [], details: "scan, check and report take the file as --waivers FILE."),
        subcommands: [WaiverListCommand.self, WaiverAddCommand.self, WaiverLintCommand.self])
}

struct WaiverListCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the waivers of a file, and how long they hold.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit waiver list waivers.yaml", "oidc-audit waiver list waivers.yaml -f json"],
            details: "A waiver holds through the day that it names, in UTC."))

    @OptionGroup var file: WaiverFileArgument
    @OptionGroup var catalog: CatalogOptions
    @OptionGroup(title: "Console") var configuration: ConfigurationOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let list = try WaiverFile.load(file.path())
        try context.console.write(
            WaiverPage.render((list, context.now()), as: catalog.format.page, style: catalog.colors.style(context)))
        return ExitStatus.success.rawValue
    }
}

struct WaiverLintCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "lint", abstract: "Check a waiver file: form, expiry and, with --policy, rule ids and spans.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit waiver lint waivers.yaml", "oidc-audit waiver lint waivers.yaml --policy policy.yaml",
            ],
            exits: [(.success, "nothing is wrong"), (.violations, "something is wrong")],
            details: "Only a scan shows whether a waiver is still used."))

    @OptionGroup var file: WaiverFileArgument
    @OptionGroup var policy: PolicyOption
    @OptionGroup(title: "Console") var configuration: ConfigurationOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let path = try file.path()
        let list = try WaiverFile.load(path)
        let policy = try policy.load()
        let problems = list.problems(under: policy, now: context.now())
        for problem in problems {
            try context.console.print("\(path):\(problem.position): \(problem.message)".singleLine)
        }
        let count = list.waivers.count
        let good = problems.isEmpty ? ", all in order" : ""
        try context.console.print("\(path): \(count) waiver\(count == 1 ? "" : "s")\(good)".singleLine)
        return (problems.isEmpty ? ExitStatus.success : .violations).rawValue
    }
}

struct WaiverAddCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add a waiver to a file; its comments and order are preserved.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit waiver add waivers.yaml --rule required-claims --repository acme/api --owner platform "
                    + "--expires 2027-01-31 --reason 'until the move'",
                "oidc-audit waiver add waivers.yaml --rule readable --repository acme/vault --owner security "
                    + "--expires 2027-01-31 --reason 'nobody may read it'",
            ],
            details: """
                Creates the file if it is missing: YAML or JSON by its extension. The waiver holds through the day \
                that it names, in UTC, wherever the program runs. It accepts the problems that the last scan found, \
                or those of --accepts; a finding with a further problem counts again. The repository's id is written \
                beside its name, so that a rename changes nothing and no other repository of that name is covered.
                """))

    @OptionGroup var file: WaiverFileArgument
    @OptionGroup var policy: PolicyOption
    @Option(
        help: ArgumentHelp(
            "Id of the policy's entry whose findings are accepted; readable: that it can't be read.", valueName: "id"),
        completion: .rules,
        transform: reading { text throws(InvalidValue) in
            guard RuleEntry.isID(text) else {
                throw InvalidValue(text, "is not the id of a rule", hint: "for example required-claims")
            }
            return text
        })
    var rule: String
    @Option(
        help: ArgumentHelp("Repository: a name, a glob, ORG/NAME or a numeric id.", valueName: "name"),
        transform: reading { text throws(InvalidValue) in try Waiver.Target.Repository(option: text) })
    var repository: Waiver.Target.Repository?
    @Option(
        help: ArgumentHelp(
            "Only of this organization; alone: findings about the organization itself.", valueName: "login"))
    var organization: OrganizationLogin?
    @Option(help: ArgumentHelp("A cloud role: its name, its ARN or a glob; it stands alone.", valueName: "glob"))
    var identity: Glob?
    @Option(help: "Who is responsible for it.", transform: reading(String.notBlank)) var owner: String
    @Option(help: "Why it is accepted.", transform: reading(String.notBlank)) var reason: String
    @Option(
        help: ArgumentHelp("It holds through this day, UTC, such as 2027-01-31.", valueName: "day"),
        transform: reading { text throws(InvalidValue) in
            guard let day = Day(text) else { throw InvalidValue(text, "is not a day", hint: "write it as 2027-01-31") }
            return day
        })
    var expires: Day
    @Option(
        help: ArgumentHelp(
            "A problem that it accepts, as the report prints it; repeatable. (default: those of the last scan)",
            valueName: "problem"), transform: reading(String.notBlank))
    var accepts: [String] = []
    @Flag(help: "Accept whatever the rule finds, now and later.")
    var acceptsAnything = false
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var configuration: ConfigurationOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        guard accepts.isEmpty || !acceptsAnything else {
            throw .usage("--accepts and --accepts-anything exclude each other", hint: "give one of them")
        }
        let path = try file.path()
        guard repository != nil || organization != nil || identity != nil else {
            throw .usage(
                "a waiver needs a repository", hint: "add --repository NAME, --organization LOGIN or --identity ROLE")
        }
        guard identity == nil || (repository == nil && organization == nil) else {
            throw .usage(
                "--identity stands alone: a role is in no organization",
                hint: "leave --repository and --organization out")
        }
        guard rule != RuleEntry.reservedID || repository != nil else {
            throw .usage(
                "a waiver of \(rule) needs a repository",
                hint:
                    "add --repository NAME: an organization whose template is unreadable always makes the scan incomplete"
            )
        }
        let waiver = try await naming(waiver(accepts), context)
        guard !waiver.isExpired(at: context.now()) else {
            throw .usage("--expires: \(waiver.expires) has passed", hint: "name a day to come")
        }
        let policy = try policy.load()
        if let policy, waiver.rule != RuleEntry.reservedID, !policy.rules.contains(where: { $0.id == waiver.rule }) {
            throw .usage(
                "--rule: the policy \(policy.name) has no entry \"\(rule)\"",
                hint: NearestWord.hint(for: rule, among: policy.rules.map(\.id)))
        }
        let isNew = !FileManager.default.fileExists(atPath: path)
        let old = isNew ? nil : try DocumentFile(path: path, what: "waiver file")
        let before = isNew ? [] : try WaiverFile.load(path).waivers
        let text = try WaiverFileEditor(path: path, old: old).adding(waiver)
        // What is written must be what is read tomorrow, and nothing else may have changed.
        if let known = before.first(where: { $0.rule == waiver.rule && $0.target.isSame(as: waiver.target) }) {
            throw .usage(
                "\(path):\(known.position): there already is a \(known), until \(known.expires)",
                hint: "change that one")
        }
        guard let list = try? WaiverFile.load(bytes: Array(text.utf8), name: path),
            list.waivers.map({ $0.placed(at: .start) }) == (before + [waiver]).map({ $0.placed(at: .start) })
        else {
            throw .usage("\(path): the waiver can't be put into the file as it is written", hint: "add it by hand")
        }
        if let policy { try WaiverFile.check(list, against: policy, now: context.now()) }
        try AtomicFile.write(to: path, what: "waiver file") { $0.write(text) }
        try context.console.print(
            "\(path): added the \(waiver), which holds through \(waiver.expires), UTC".singleLine)
        for problem in waiver.accepts { try context.console.print("  accepts: \(problem)".singleLine) }
        return ExitStatus.success.rawValue
    }

    /// The waiver with the problems that the last scans found on its target, where it names none itself.
    private func naming(_ waiver: Waiver, _ context: CommandContext) async throws(CommandFailure) -> Waiver {
        // A history holds no findings about roles.
        guard waiver.acceptsAnything, !acceptsAnything, waiver.target.identity == nil else { return waiver }
        // Where nothing says where a history would be, there is none.
        let path = try? history.path(context.environment)
        guard let path, let found = try await found(of: waiver, historyPath: path, context) else {
            context.console.note(
                "note: no stored scan names problems: the waiver accepts whatever \(waiver.rule) finds; "
                    + "--accepts names problems")
            return waiver
        }
        guard let problems = found.problems.first else { throw nothingFound(of: waiver, found) }
        // One that named all of their problems would accept of each what was seen of another.
        guard found.problems.count == 1 else {
            throw .usage(
                "\(waiver.target) stands for findings of \(waiver.rule) with different problems, such as "
                    + "\"\(problems.joined(separator: "; "))\" and \"\(found.problems[1].joined(separator: "; "))\"",
                hint: "add a waiver for each repository, or name the problems with --accepts"
                    + (policy.policy == nil ? "; --policy leaves out what other policies found" : ""))
        }
        return self.waiver(problems, on: found.repositories)
    }

    /// A mistyped rule or repository would be accepted for whatever comes, and nobody would notice.
    private func nothingFound(of waiver: Waiver, _ found: WaivableFindings) -> CommandFailure {
        let nearestRule = NearestWord.nearest(to: rule, among: found.otherRules)
        var nearestRepository: String?
        if case .named(let glob) = repository {
            let names = found.otherRepositories.map { name in
                glob.holdsSlash
                    ? name : String(name[(name.firstIndex(of: "/").map(name.index(after:)) ?? name.startIndex)...])
            }
            nearestRepository = NearestWord.nearest(to: glob.pattern, among: names)
        }
        let advice =
            if let nearestRepository {
                "did you mean --repository \(nearestRepository)?"
            } else if let nearestRule {
                "did you mean --rule \(nearestRule)?"
            } else if !found.otherRules.isEmpty {
                "found there: \(found.otherRules.joined(separator: ", "))"
            } else {
                "see the report"
            }
        let what = rule == RuleEntry.reservedID ? "nothing unreadable" : "no finding of \(rule)"
        return .usage(
            "the last scans have \(what) on \(waiver.target)",
            hint: advice + (advice.hasSuffix("?") ? " " : "; ") + "--accepts-anything accepts what may come")
    }

    /// - Returns: `nil` if there is no history, or none of the host.
    private func found(
        of waiver: Waiver, historyPath: String, _ context: CommandContext,
    ) async throws(CommandFailure) -> WaivableFindings? {
        guard FileManager.default.fileExists(atPath: historyPath) else { return nil }
        let policyName = try policy.load()?.name
        let choice = try HostChoice(host, context.environment)
        return try await context.withHistory(historyPath, for: .reading) { (history) async throws(CommandFailure) in
            let apiURL = try await choice.apiURL(in: history)
            return try await usingHistory { () async throws(HistoryError) in
                try await history.waivableFindings(of: waiver, apiURL: apiURL, policyName: policyName)
            }
        }
    }

    /// - Parameter known: the repositories that it is about, by the last scans. Of one, the id is written beside the name:
    ///   a name can pass to another repository.
    private func waiver(_ accepts: [String], on known: Set<RepositoryID> = []) -> Waiver {
        var repository = repository
        if case .named(let glob) = repository, !glob.holdsWildcard, known.count == 1, let id = known.first {
            repository = .id(id, name: glob.pattern)
        }
        return Waiver(
            rule: rule,
            target: .init(organization: organization?.rawValue, repository: repository, identity: identity),
            owner: owner, reason: reason, expires: expires, accepts: accepts)
    }
}

extension Waiver.Target.Repository {
    fileprivate init(option text: String) throws(InvalidValue) {
        let text = try String.notBlank(text)
        guard text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else {
            self = .named(Glob(text))
            return
        }
        guard let id = Int64(text), String(id) == text, id > 0 else {
            throw InvalidValue(
                text, "is not a repository's id", hint: "a repository of such a name is written ORG/\(text)")
        }
        self = .id(RepositoryID(rawValue: id))
    }
}

extension String {
    @Sendable fileprivate static func notBlank(_ text: String) throws(InvalidValue) -> String {
        guard !text.allSatisfy(\.isWhitespace) else {
            throw InvalidValue(text, "is empty", hint: "fill it in: a later review needs it")
        }
        return text
    }
}

/// The waiver file that a command is about, and the policy that it is held against.
struct WaiverFileArgument: ParsableArguments {
    @Argument(
        help: ArgumentHelp("Waiver file (JSON or YAML). (default: --waivers)", valueName: "file"), completion: .document
    )
    var file: String?
    @Option(help: ArgumentHelp("The same, as a setting.", valueName: "file"), completion: .document) var waivers:
        String?

    func path() throws(CommandFailure) -> String {
        guard let path = file ?? waivers else {
            throw .usage("no waiver file was given", hint: "name one, or set OIDC_AUDIT_WAIVERS")
        }
        return path
    }
}

/// The policy that waivers are held against, where one is given.
struct PolicyOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("Policy whose rule ids and max_waiver_days hold.", valueName: "file"), completion: .policy)
    var policy: String?

    func load() throws(CommandFailure) -> Policy? {
        try policy.map { source throws(CommandFailure) in try PolicyFile.load(source) }
    }
}
