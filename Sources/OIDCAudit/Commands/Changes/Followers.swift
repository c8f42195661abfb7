import AuditCore
import GitHubAPI
import History

/// Who follows an organization's template by the last scan in the history, for a write that makes no scan of its own.
struct Followers {
    /// How old a scan may be whose count is taken for today's.
    static let ageMaxSeconds: Int64 = 86_400

    /// The last scan of the organization; `nil` if the history holds none.
    let scan: Snapshot?
    /// Whether it takes an opt-in back: which repositories lose their ids then is not documented.
    private let optsOut: Bool
    private let isRecent: Bool

    init(
        of login: OrganizationLogin, _ fix: Fix, _ pipeline: ApplyPipeline, now: Timestamp,
    ) async throws(CommandFailure) {
        optsOut = fix.useImmutableSubject == false
        scan = await Self.lastScan(of: login, pipeline)
        isRecent = scan.map { now.seconds(since: $0.startedAt) <= Self.ageMaxSeconds } ?? false
    }

    /// Nothing but a count hangs on it: a history that is missing, or can't say, counts nobody.
    private static func lastScan(of login: OrganizationLogin, _ pipeline: ApplyPipeline) async -> Snapshot? {
        try? await pipeline.context.withHistory(pipeline.historyPath, for: .reading) {
            (history) async throws(CommandFailure) in
            let scan = try await HistorySettings.scan(
                .latest, of: [OrganizationReference(login: login.rawValue)], apiURL: pipeline.apiURL, in: history)
            return try await usingHistory { () async throws(HistoryError) in
                try await history.snapshot(of: scan.id, organizations: [OrganizationReference(login: login.rawValue)])
            }
        }
    }

    /// Whether the scan may count them; what is there now decides whether it does.
    var isCounted: Bool {
        guard let scan, isRecent, !optsOut, let organization = scan.organizations.first else { return false }
        return scan.seesEveryRepository(of: organization)
    }

    /// How to write a template whose followers are not counted.
    var hint: String {
        optsOut
            ? "no scan shows whose subjects change: allow a number with --max-changes N"
            : "run a complete scan first, or allow a number with --max-changes N"
    }

    /// - Returns: `nil` if the scan does not say who follows the template.
    func change(
        of organization: Plan.Organization, from template: OrganizationTemplate, to future: OrganizationTemplate,
    ) -> PlannedChange? {
        guard let scan, !optsOut else { return nil }
        return .of(organization, from: template, to: future, by: scan)
    }

    /// What a person should know of the count.
    ///
    /// - Parameter isCounted: whether `change` knew them.
    func words(isCounted: Bool) -> String {
        guard let scan, let id = scan.scanID else {
            return
                "repositories that follow this template are not looked at: no scan of the organization is in the history"
        }
        let name = "scan #\(id.rawValue) of \(scan.startedAt)"
        if isCounted { return "repositories that follow this template are those of \(name)" }
        if optsOut {
            return "whose subject changes with the organization's use_immutable_subject is not documented: read the "
                + "repositories back with oidc-audit scan"
        }
        return
            "repositories that follow this template are not counted: \(name) did not see all of them, or another template"
    }
}
