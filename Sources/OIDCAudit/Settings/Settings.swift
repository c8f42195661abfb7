import AuditCore
import Foundation
import GitHubAPI
import History
import Reports

/// Everything a scan needs to know, resolved before anything runs.
struct Settings {
    var organizations: [OrganizationLogin]
    /// How organizations were asked for beside their names.
    var sources: [(source: OrganizationSource, members: [OrganizationReference])] = []
    var judging: JudgingSettings
    var scope: Scope
    var connection: ConnectionSettings
    /// Whether to go on with an interrupted scan.
    var resumes: Bool
    var historyPath: String
    var reports: ReportSettings
    var console: ConsoleSettings
}

extension Settings {
    /// Adds the organizations that an app knows of.
    mutating func addOrganizations(
        of targets: TargetOptions, _ context: CommandContext,
    ) async throws(CommandFailure) {
        guard connection.credential != nil, targets.asksForOrganizations else { return }
        if targets.allInstallations { try await addInstalledOrganizations(context) }
        if let enterprise = targets.enterprise { try await addOrganizations(of: enterprise, context) }
        guard !organizations.isEmpty else {
            throw CommandFailure(
                message: "the app is not installed in any organization",
                hint: "an owner of an organization can install it", status: .permission)
        }
    }

    /// Adds what a source holds, and what it held no more: an organization that it held at the last scan is asked for
    /// again, so that it is unread instead of forgotten.
    ///
    /// - Parameter listed: in any order.
    private mutating func add(
        _ listed: [OrganizationReference], from source: OrganizationSource, _ context: CommandContext,
    ) async throws(CommandFailure) {
        sources.append((source, listed))
        let logins = try listed.map { (organization) throws(CommandFailure) in
            guard let login = OrganizationLogin(organization.login) else {
                throw CommandFailure(
                    message: "GitHub lists an organization whose login is not a login", status: .failure)
            }
            return login
        }
        let (known, ids) = (Set(listed.map { $0.login.lowercased() }), Set(listed.compactMap(\.id)))
        let gone = try await last(of: source, context).filter { organization in
            // A login can be another organization's by now.
            organization.id.flatMap { ids.isEmpty ? nil : !ids.contains($0) }
                ?? !known.contains(organization.login.lowercased())
        }
        for organization in gone {
            context.note(
                "warning: at the last scan of \(source) \(organization.login) was one, and it is not among them any more"
            )
        }
        organizations =
            (organizations + logins.inOrder + gone.compactMap { OrganizationLogin($0.login) }).distinct
    }

    private func last(
        of source: OrganizationSource, _ context: CommandContext,
    ) async throws(CommandFailure) -> [OrganizationReference] {
        guard let credential = connection.credential, FileManager.default.fileExists(atPath: historyPath) else {
            return []
        }
        let apiURL = connection.endpoint.description
        return try await context.withHistory(historyPath, for: .reading) { history throws(CommandFailure) in
            try await usingHistory { () async throws(HistoryError) in
                try await source.last(with: credential, apiURL: apiURL, in: history)
            }
        }
    }

    /// Adds those of the enterprise on which the app is installed; in which of them it is installed as well, the scan finds.
    private mutating func addOrganizations(
        of enterprise: EnterpriseSlug, _ context: CommandContext,
    ) async throws(CommandFailure) {
        let listed: [OrganizationReference]
        do throws(GitHubError) {
            listed = try await connection.withGitHubBefore(context) { github throws(GitHubError) in
                try await github.organizations(ofEnterprise: enterprise.text)
            }
        } catch {
            var failure = CommandFailure(error)
            failure.message =
                "the organizations of the enterprise \(enterprise.text) can't be listed: \(failure.message)"
            failure.add(hint: TargetOptions.wayAround)
            throw failure
        }
        try await add(listed, from: .enterprise(enterprise), context)
    }

    /// Adds the organizations where the app is installed: the suspended ones too, which nobody can read.
    private mutating func addInstalledOrganizations(_ context: CommandContext) async throws(CommandFailure) {
        let installations: [Installation]
        do throws(GitHubError) {
            installations = try await connection.withGitHubBefore(context) { github throws(GitHubError) in
                try await github.allInstallations()
            }
        } catch {
            throw CommandFailure(error)
        }
        for installation in installations where !installation.isOfOrganization || installation.account == nil {
            context.note(
                "note: the installation \(installation.id) is skipped: it is "
                    + (installation.account.map { "of \($0), not an organization" } ?? "of no account"))
        }
        let listed = installations.filter(\.isOfOrganization).compactMap { installation in
            installation.account.map { OrganizationReference(login: $0, id: installation.accountID) }
        }
        try await add(listed, from: .allInstallations, context)
    }
}

extension [OrganizationLogin] {
    /// By name, whatever the case of its letters.
    fileprivate var inOrder: [OrganizationLogin] { sorted { $0.rawValue.lowercased() < $1.rawValue.lowercased() } }
}

/// What a snapshot is held against, and what then fails.
struct JudgingSettings {
    var policy: Policy
    var gate: Gate
    /// `nil`: no waiver file was given.
    var waivers: WaiverList?
    /// `nil`: no baseline was given.
    var baseline: BaselineSource?
    /// What policy and waivers were read from, for the history.
    var texts: [JudgingText] = []
}

/// Where reports go, and in which formats.
struct ReportSettings {
    var format: any Reporter.Type
    var outputs: [OutputFile]
    var junitGroup = JUnitGroup.rule

    /// What the formats ask of the history.
    var historyParts: Set<ReportHistory.Part> {
        outputs.reduce(format.historyParts) { $0.union($1.reporter.historyParts) }
    }
}

/// How much is said on standard error, and in which colours.
struct ConsoleSettings: Hashable {
    enum Color: String, CaseIterable {
        case auto, always, never
    }

    var isQuiet = false
    var isVerbose = false
    var showsProgress = true
    var color = Color.auto
}

extension JudgingSettings {
    /// - Parameters:
    ///   - context: its day is the one on which waivers are held against the policy's `max_waiver_days`.
    ///   - ofTrusts: whether cloud exports are judged, or what jobs present.
    init(
        _ options: PolicyOptions, _ gate: Gate, in context: CommandContext, ofTrusts: Bool = false,
    ) throws(CommandFailure) {
        guard let source = options.policy else {
            throw .usage("no policy was given", hint: "add --policy FILE, or --policy preset:strict")
        }
        try self.init(
            PolicyFile.read(source), .given(context.organizationSettings), options, gate, now: context.now(),
            ofTrusts: ofTrusts)
    }

    /// Where waivers come from.
    enum WaiverSource {
        /// The options, and files of single organizations.
        case given([OrganizationSettings])
        /// The history; `nil`: there are none.
        case stored(DocumentFile?)
    }

    /// - Parameters:
    ///   - now: the day on which waivers are held against the policy's `max_waiver_days`.
    ///   - options: what else they say.
    init(
        _ policyFile: DocumentFile, _ source: WaiverSource, _ options: PolicyOptions, _ gate: Gate, now: Timestamp,
        ofTrusts: Bool = false,
    ) throws(CommandFailure) {
        let policy = try PolicyFile.policy(policyFile, ofTrusts: ofTrusts)
        let waiverFile: DocumentFile? =
            switch source {
            case .given(let own): try WaiverFile.read(options.waivers, and: own, against: policy, now: now)
            case .stored(let file): file
            }
        self.policy = policy
        self.gate = gate
        texts = [JudgingText(.policy, policyFile)]
        if let waiverFile {
            let list = try WaiverFile.list(waiverFile)
            try WaiverFile.check(list, against: policy, now: now)
            waivers = list
            texts.append(JudgingText(.waivers, waiverFile))
        }
        baseline = try options.baseline.map { name throws(CommandFailure) in try BaselineSource(name) }
        guard !gate.newOnly || baseline != nil else {
            throw .usage("--new-only needs a baseline", hint: "add --baseline FILE, or --baseline scan:ID")
        }
    }
}

extension JudgingSettings {
    /// What judges by these settings, the baseline read.
    func evaluator(
        apiURL: String, historyPath: String, _ context: CommandContext,
    ) async throws(CommandFailure) -> Evaluator {
        var known: Baseline?
        if let baseline {
            known = try await baseline.baseline(for: policy, apiURL: apiURL, historyPath: historyPath, context)
        }
        return Evaluator(policy: policy, gate: gate, waivers: waivers, baseline: known)
    }
}

extension ReportSettings {
    init(_ options: OutputOptions, _ environment: [String: String]) throws(CommandFailure) {
        format = options.format.reporter
        outputs = options.output
        junitGroup = options.junitGroup
        var paths: Set<String> = []
        if let twice = outputs.first(where: { !paths.insert($0.path).inserted }) {
            throw .usage("--output names the file \(twice.path) twice", hint: "name another file for each format")
        }
        if options.stepSummary { outputs.append(try OutputFile.stepSummary(environment)) }
        let checkout = Checkout(environment)
        for index in outputs.indices {
            outputs[index].checkout = checkout
            outputs[index].mode = options.outputMode
        }
    }
}
