import ArgumentParser
import AuditCore

/// Cloud exports, and whose tokens they are about.
struct TrustFileOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Cloud export, a file or a folder; repeatable.", valueName: "path"), completion: .json)
    var trust: [String] = []
    @Option(
        help: ArgumentHelp(
            "Address that issues the tokens; repeatable. (default: that of the scan's host)", valueName: "url"))
    var issuer: [String] = []

    /// The exports, read for tokens of a scan's host.
    func files(
        of snapshot: Snapshot, _ console: ConsoleSettings, _ context: CommandContext,
    ) throws(CommandFailure) -> TrustFiles {
        let files = try TrustFiles(paths: trust, issuers: issuer.isEmpty ? [snapshot.issuer] : issuer)
        if let first = files.skipped.first, !console.isQuiet {
            context.console.note(
                "note: skipped \(files.skipped.count) files that are not named .json, .ndjson or .jsonl, such as "
                    + first)
        }
        return files
    }
}
