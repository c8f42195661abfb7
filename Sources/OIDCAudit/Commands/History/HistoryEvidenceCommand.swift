import ArgumentParser
import AuditCore
import History
import Reports

struct HistoryEvidenceCommand: AuditCommand {
    static let configuration = CommandConfiguration(
        commandName: "evidence",
        abstract: "The proof of a period for an auditor: a folder to read, to search and to check.",
        discussion: CommandHelp.text(
            examples: [
                "oidc-audit history evidence --since 2026-07-01 --until 2026-09-30 --directory q3",
                "oidc-audit history evidence --since 2026-07-01 --until 2026-09-30 --directory acme-q3 "
                    + "--organization acme",
            ],
            needs: [.scan],
            exits: [
                (.success, "written, and the period is wholly known"), (.violations, "the history was altered"),
                (.incomplete, "written, and it says what is not known"),
            ],
            details: """
                Writes evidence.html to read and to print, evidence.json with everything, evidence.ndjson with one record a \
                line, the policies and waivers that judged, and SHA256SUMS over all of them. The state at the beginning is that \
                of the last scan that had begun by --since. Who wrote what is by this history's journal, which the seals of \
                scans do not cover.
                """))

    @Option(help: ArgumentHelp("First day: 90d, or a date, from its start.", valueName: "time"))
    var since: StartTime
    @Option(help: ArgumentHelp("Last day: a date, to its end.", valueName: "date"))
    var until: EndTime
    @Option(
        help: ArgumentHelp(
            "Folder to write: a new one, an empty one, or one of earlier evidence.", valueName: "folder"),
        completion: .directory)
    var directory: String
    @Option(help: ArgumentHelp("Only this organization; repeatable. (default: all)", valueName: "org"))
    var organization: [OrganizationLogin] = []
    @OptionGroup(title: "History") var history: HistoryOptions
    @OptionGroup(title: "GitHub") var host: HostOptions
    @OptionGroup(title: "Console") var console: ConsoleOptions

    func run(in context: CommandContext) async throws(CommandFailure) -> Int32 {
        let settings = HistorySettings(
            host: try HostChoice(host, context.environment), path: try history.path(context.environment), format: .text,
            console: console.settings)
        let (from, to) = (since.moment(now: context.now()), until.moment)
        guard from <= to else {
            throw .usage("--since \(from) is after --until \(to)", hint: "name the first day, then the last")
        }
        let folder = EvidenceFolder(directory)
        try folder.check()
        return try await settings.withHistory(context) { history throws(CommandFailure) in
            let (evidence, texts) = try await Self.evidence(
                (from, to), of: organization, settings, in: history, context)
            try await folder.write(evidence, texts)
            try settings.write(
                EvidencePage.render((evidence, directory.shellQuoted), as: .text, style: settings.style(context)),
                to: context)
            if let problem = evidence.verification.problem {
                throw CommandFailure(
                    message: "the history \(settings.path) is not what was sealed: \(problem)",
                    hint: "keep the file, and compare it with a copy or an export of an earlier day",
                    status: .violations)
            }
            return (evidence.openGaps.isEmpty ? ExitStatus.success : .incomplete).rawValue
        }
    }

    // MARK: -

    private static func evidence(
        _ period: (since: Timestamp, until: Timestamp), of logins: [OrganizationLogin], _ settings: HistorySettings,
        in history: HistoryStore, _ context: CommandContext,
    ) async throws(CommandFailure) -> (PeriodEvidence, [JudgingText]) {
        let apiURL = try await settings.host.apiURL(in: history)
        let asked = try await context.organizations(logins, apiURL: apiURL, in: history, settings.console)
        let found = try await usingHistory { () async throws(HistoryError) in
            try await history.evidence(
                of: asked, apiURL: apiURL, since: period.since, until: period.until, now: context.now())
        }
        let unknown = asked.filter { one in
            !(found?.organizations.contains { $0.login.isExactlyIgnoringCase(one.login) } ?? false)
        }
        guard var evidence = found, unknown.isEmpty else {
            let of = unknown.isEmpty ? "" : " of \(unknown.map(\.login).joined(separator: ", "))"
            throw .usage(
                "the history \(settings.path) holds no finished scan\(of) at \(apiURL) that had begun by \(period.until)",
                hint: "oidc-audit history list shows its scans; --api-url and --db choose another")
        }
        let changesets = try await ApplyPipeline.changesets(in: history, apiURL: apiURL)
        evidence.addWrites(of: changesets)
        let journal = Journal(changesets)
        for place in evidence.changes.indices {
            evidence.changes[place].event.cause = journal.cause(of: evidence.changes[place].event)
        }
        let texts = try await evidence.addTexts(from: history)
        return (evidence, texts)
    }
}

extension PeriodEvidence {
    /// Adds the policies and waivers of the scans.
    ///
    /// - Returns: those whose text the history holds.
    fileprivate mutating func addTexts(from history: HistoryStore) async throws(CommandFailure) -> [JudgingText] {
        var held: [JudgingText] = []
        var lists: [String: WaiverList] = [:]
        for scan in scans {
            for kind in Text.Kind.allCases {
                guard let sha256 = kind == .policy ? scan.policySHA256 : scan.waiversSHA256 else { continue }
                if let place = texts.firstIndex(where: { $0.kind == kind && $0.sha256 == sha256 }) {
                    texts[place].last = scan.side
                    texts[place].scans += 1
                    continue
                }
                let text = try await history.keptText(kind == .policy ? .policy : .waivers, of: scan)
                if let text { held.append(text) }
                if kind == .waivers, let text {
                    lists[sha256] = try WaiverFile.load(bytes: text.bytes, name: text.name)
                }
                texts.append(
                    Text(
                        kind: kind, name: kind == .policy ? scan.policyName : text?.name ?? "not kept", sha256: sha256,
                        first: scan.side, last: scan.side, scans: 1, file: text.map(EvidenceFolder.path)))
            }
        }
        waivers = Self.waivers(lists, by: scans, of: organizations)
        return held
    }
}
