import ArgumentParser
import AuditCore
import Foundation
import Reports

struct PolicyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "policy", abstract: "Write, check and test policies.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit policy init acme", "oidc-audit policy validate policy.yaml",
                "oidc-audit policy test policy.yaml",
            ],
            exits: []),
        subcommands: [
            PolicyInitCommand.self, PolicyShowCommand.self, PolicyValidateCommand.self, PolicySchemaCommand.self,
            PolicyRulesCommand.self,
            PolicyTestCommand.self,
        ])
}

struct PolicyValidateCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate", abstract: "Check policies: unknown words, missing options, mistakes of form.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit policy validate policy.yaml", "oidc-audit policy validate preset:strict policy.yaml",
            ],
            exits: [(.success, "valid"), (.usage, "not valid")]))

    @Argument(
        help: ArgumentHelp("Policy files (JSON or YAML), or preset:NAME.", valueName: "file"), completion: .policy)
    var files: [String]

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        var status = ExitStatus.success
        for file in files {
            do throws(CommandFailure) {
                let policy = try PolicyFile.load(file)
                let count = policy.rules.count
                try context.console.print(
                    "\(file): valid: policy \(policy.name), \(count) rule\(count == 1 ? "" : "s")".singleLine)
            } catch {
                context.console.fail(error)
                status = error.status
            }
        }
        return status.rawValue
    }
}

struct PolicySchemaCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of policies, for editors.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit policy schema > policy.schema.json"],
            details: "In a YAML policy, a first line such as "
                + "\"# yaml-language-server: $schema=policy.schema.json\" lets editors complete and check."))

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        try context.console.write(JSONSchema.text(of: Policy.shape, kind: "policy"))
        return ExitStatus.success.rawValue
    }
}

struct PolicyRulesCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "rules", abstract: "List the rules that a policy can use.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit policy rules", "oidc-audit policy rules -f json"]))

    @OptionGroup var catalog: CatalogOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        try context.console.write(
            RulePage.render(RuleCatalog.all, as: catalog.format.page, style: catalog.colors.style(context)))
        return ExitStatus.success.rawValue
    }
}

struct PolicyTestCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Hold a policy against your own cases: a template in, expected findings out.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit policy test policy.yaml", "oidc-audit policy test cases.yaml"],
            exits: [(.success, "as expected"), (.violations, "a case comes out otherwise")],
            details:
                "FILE is a policy with its cases beside it (strict.json and strict.test.yaml), or the file of cases, "
                + "which then names its policy. Exits 1 where a case comes out otherwise."))

    @Argument(
        help: ArgumentHelp("A policy, or a file of cases (JSON or YAML).", valueName: "file"), completion: .document)
    var files: [String]

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        var missed = 0
        for file in files {
            let (list, policy, source) = try Self.load(file)
            for testCase in list.cases {
                do throws(DocumentError) { try testCase.check(against: policy) } catch {
                    throw DocumentFile.failure(error, in: source)
                }
                let misses = testCase.misses(under: policy)
                try context.console.print("\(misses.isEmpty ? "ok  " : "MISS") \(testCase.name)".singleLine)
                for miss in misses {
                    try context.console.print("     \(source):\(testCase.position): \(miss)".singleLine)
                }
                missed += misses.isEmpty ? 0 : 1
            }
            let count = list.cases.count
            try context.console.print(
                "\(source): \(count) case\(count == 1 ? "" : "s"), policy \(policy.name) (\(policy.source))".singleLine)
        }
        guard missed > 0 else { return ExitStatus.success.rawValue }
        try context.console.print("\(missed) case\(missed == 1 ? "" : "s") missed")
        return ExitStatus.violations.rawValue
    }

    // MARK: -

    /// - Returns: the cases, the policy that they are about, and the name of the file of cases.
    private static func load(
        _ path: String,
    ) throws(CommandFailure) -> (PolicyCaseList, Policy, source: String) {
        let file = path.hasPrefix("preset:") ? nil : try DocumentFile(path: path, what: "policy or file of cases")
        if let file, file.holds("cases") {
            let list = try cases(file)
            guard let policy = list.policy else {
                throw .usage(
                    "\(path): the file does not name a policy", hint: "add \"policy\": a path from this file's folder")
            }
            return (list, try PolicyFile.load(resolved(policy, besides: path)), path)
        }
        guard let beside = casesBeside(path) else {
            throw .usage(
                "there are no cases beside \(path)",
                hint: "write \(stem(path)).test.yaml, or name a file of cases with \"policy\" in it")
        }
        return (try cases(DocumentFile(path: beside, what: "file of cases")), try PolicyFile.load(path), beside)
    }

    private static func cases(_ file: DocumentFile) throws(CommandFailure) -> PolicyCaseList {
        do throws(DocumentError) {
            return try PolicyCaseList(file.document)
        } catch {
            throw DocumentFile.failure(error, in: file.name)
        }
    }

    private static func resolved(_ policy: String, besides path: String) -> String {
        guard !policy.hasPrefix("preset:"), !policy.hasPrefix("/") else { return policy }
        let folder = path.parentFolder
        return folder == "." ? policy : folder == "/" ? "/\(policy)" : "\(folder)/\(policy)"
    }

    private static func stem(_ path: String) -> String { path.withoutFileExtension }

    private static func casesBeside(_ path: String) -> String? {
        ["yaml", "yml", "json"].map { "\(stem(path)).test.\($0)" }
            .first { FileManager.default.fileExists(atPath: $0) }
    }
}

extension DocumentFile {
    /// Whether the document is an object with the key.
    fileprivate func holds(_ key: String) -> Bool {
        guard case .object(let members) = document.value else { return false }
        return members.contains { $0.key == key }
    }
}
