import AuditCore
import GitHubAPI
import History

// By what a stored scan is judged: what is given, else what judged it then.

extension JudgingSettings {
    /// Takes policy and waivers from the options; where these name no policy, those by which the scan was judged.
    ///
    /// - Parameters:
    ///   - moment: the scan; `nil`: there is none to take a policy from.
    ///   - organizations: of which it must be; empty: any.
    init(
        _ options: PolicyOptions, _ gate: Gate, judging moment: ScanReference?, of organizations: [OrganizationLogin],
        _ host: HostChoice, historyPath: String, _ console: ConsoleSettings, in context: CommandContext,
    ) async throws(CommandFailure) {
        let named = options.policy.flatMap(ScanReference.prefixed)
        guard let reference = try named?.get() ?? (options.policy == nil ? moment : nil) else {
            try self.init(options, gate, in: context)
            return
        }
        let (scan, texts) = try await context.withHistory(historyPath, for: .reading) {
            (history) async throws(CommandFailure) -> (StoredScan, [JudgingText]) in
            let apiURL = try await host.apiURL(in: history, of: reference)
            let asked = try await usingHistory { () async throws(HistoryError) in
                try await history.organizations(named: organizations.map(\.rawValue), apiURL: apiURL).map(\.reference)
            }
            let scan = try await HistorySettings.scan(
                reference, of: named == nil ? asked : [], apiURL: apiURL, in: history)
            var texts = [try await history.text(.policy, of: scan)]
            // The policy of another scan comes without that scan's waivers.
            if named == nil, options.waivers == nil, scan.waiversSHA256 != nil {
                texts.append(try await history.text(.waivers, of: scan))
            }
            return (scan, texts)
        }
        if !console.isQuiet {
            context.console.note(
                "note: judged by the files of scan #\(scan.id.rawValue): \(texts.map(\.name).joined(separator: ", "))")
        }
        let stored = try texts.dropFirst().first.map { text throws(CommandFailure) in
            try DocumentFile(bytes: text.bytes, name: text.name, what: "waiver file")
        }
        // A scan is judged by the waivers of its day, those of single organizations among them, or by those that are given.
        let isOfItsDay = named == nil && options.waivers == nil
        try self.init(
            DocumentFile(bytes: texts[0].bytes, name: texts[0].name, what: "policy"),
            isOfItsDay ? .stored(stored) : .given(context.organizationSettings), options, gate,
            now: stored == nil ? context.now() : scan.startedAt)
    }
}

extension ScanReference {
    /// What stands before a scan where its policy is meant.
    static let prefix = "scan:"

    /// What `scan:ID` names; `nil`: it is not of that form.
    static func prefixed(_ text: String) -> Result<ScanReference, CommandFailure>? {
        guard text.hasPrefix(prefix) else { return nil }
        guard let reference = ScanReference(String(text.dropFirst(prefix.count))) else {
            return .failure(.usage("\"\(text)\" is not a scan", hint: "scan: and \(forms)"))
        }
        return .success(reference)
    }
}

extension HistoryStore {
    /// The policy or the waivers by which a scan was judged; `nil` if neither the history nor a preset holds them.
    func keptText(_ kind: JudgingText.Kind, of scan: StoredScan) async throws(CommandFailure) -> JudgingText? {
        let digest = Self.digest(kind, of: scan)
        let stored = try await usingHistory { () async throws(HistoryError) in
            try await self.judgingText(kind, sha256: digest)
        }
        if let stored { return stored }
        // Older versions kept no text, and this one may still carry the very same.
        guard kind == .policy, let preset = Preset.all.first(where: { DocumentFile.sha256(of: $0.bytes) == digest })
        else { return nil }
        return JudgingText(.policy, name: "preset:\(preset.name)", bytes: preset.bytes)
    }

    private static func digest(_ kind: JudgingText.Kind, of scan: StoredScan) -> String {
        kind == .policy ? scan.policySHA256 : scan.waiversSHA256 ?? ""
    }

    /// The policy or the waivers by which a scan was judged.
    func text(_ kind: JudgingText.Kind, of scan: StoredScan) async throws(CommandFailure) -> JudgingText {
        if let kept = try await keptText(kind, of: scan) { return kept }
        let digest = Self.digest(kind, of: scan)
        let what = kind == .policy ? "policy \"\(scan.policyName)\"" : "waiver file"
        throw .usage(
            "the history \(path) does not hold the text of the \(what) (SHA-256 \(digest)) that judged scan \(scan.id.rawValue)",
            hint: "give it with \(kind == .policy ? "--policy FILE" : "--policy and --waivers")")
    }
}

extension JudgingText {
    init(_ kind: Kind, _ file: DocumentFile) {
        self.init(kind, name: file.name, bytes: file.bytes)
    }
}
