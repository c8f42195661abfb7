import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryVerifyCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Recompute the digest of every scan, and name the first record that differs.",
        discussion: CommandHelp.text(
            examples: ["oidc-audit history verify", "oidc-audit history verify --expect $(cat last-digest)"],
            needs: [.scan],
            exits: [(.success, "nothing differs"), (.failure, "something differs from what was sealed")],
            details: """
                Each scan's link of the chain covers the scan's records and the link before it. A digest that a \
                report or another place has kept pins everything up to that scan: give it as --expect.
                """))

    @Option(
        help: ArgumentHelp("A digest that must be in the chain, as a report contains it.", valueName: "digest"),
        transform: reading { text throws(InvalidValue) in
            guard text.utf8.count == 64, text.allSatisfy(\.isHexDigit) else {
                throw InvalidValue(
                    text, "is not a SHA-256", hint: "give the 64 digits of scan.digest in a JSON report")
            }
            return text.lowercased()
        })
    var expect: String?
    @OptionGroup var options: HistoryQueryOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = try HistorySettings(options, in: context)
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            let verification = try await usingHistory { () async throws(HistoryError) in
                try await history.verify(expected: expect)
            }
            try settings.write(
                VerificationPage.render(verification, as: settings.format, style: settings.style(context)), to: context)
            guard !verification.isOfNothing else {
                throw CommandFailure(
                    message: "the history \(settings.path) holds no sealed scan: there is nothing to verify",
                    hint: "oidc-audit scan makes one; --db names another file", status: .incomplete)
            }
            guard let problem = verification.problem else {
                // A copy elsewhere is what a later day can be held against.
                let options = context.options(for: HistoryExportCommand.self, apiURL: nil)
                context.suggest(["history export -o history.ndjson\(options)"], settings.console)
                return ExitStatus.success.rawValue
            }
            if problem.isAbsence {
                throw CommandFailure(
                    message: "the history \(settings.path) agrees with itself, but \(problem)",
                    hint: "check the digest and --db; if the chain was truncated, its last digests are missing",
                    status: .failure)
            }
            throw CommandFailure(
                message: "the history \(settings.path) is not what was sealed: \(problem)",
                hint: "keep the file, and compare it with a copy or an export of an earlier day", status: .failure)
        }
    }
}
