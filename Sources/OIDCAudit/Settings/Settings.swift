import AuditCore
import Crawl
import GitHubAPI
import Reports

/// Everything a scan needs to know, resolved before anything runs.
struct Settings {
    var organizations: [OrganizationLogin]
    var judging: JudgingSettings
    var scope: Scope
    var connection: ConnectionSettings
    /// Whether to go on with an interrupted scan.
    var resumes: Bool
    var historyPath: String
    var reports: ReportSettings
    var console: ConsoleSettings
}

/// What a snapshot is held against, and what then fails.
struct JudgingSettings {
    var policy: Policy
    var gate: Gate
    /// `nil`: no waiver file was given.
    var waivers: WaiverList?
    /// `nil`: no baseline was given.
    var baseline: BaselineSource?
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

extension Settings {
    /// Resolves a scan's options against environment and configuration file.
    init(_ command: ScanCommand, in context: CommandContext) throws(CommandFailure) {
        let layers = try SettingLayers(
            environment: context.environment, configurationFile: command.console.config)
        console = try ConsoleSettings(command.console, layers)
        organizations = try Self.organizations(command.organizations)
        scope = try Scope(command.scope, layers)
        reports = try ReportSettings(command.output, layers)
        connection = try ConnectionSettings(command.connection, layers, context)
        resumes = try layers.isOn(.resume, flag: command.resume)
        historyPath = try Self.historyPath(layers.value(.db, flag: command.history.db), context.environment)
        judging = try JudgingSettings(
            command.policy, Gate(command.output, layers), layers, now: context.now())
    }

    static func reporter(named value: SettingValue?) throws(CommandFailure) -> (any Reporter.Type)? {
        guard let value else { return nil }
        guard let reporter = ReporterCatalog.reporter(named: value.text) else {
            throw value.invalid(
                "is no format", hint: NearestWord.hint(for: value.text, among: ReporterCatalog.all.map { $0.name }))
        }
        return reporter
    }

    static func organizations(_ names: [String]) throws(CommandFailure) -> [OrganizationLogin] {
        var seen: Set<String> = []
        var logins: [OrganizationLogin] = []
        for name in names {
            guard let login = OrganizationLogin(name) else {
                throw .usage(
                    "\"\(name)\" is no organization's name",
                    hint: "give the login alone, such as octo-org: letters, digits and hyphens")
            }
            if seen.insert(name.lowercased()).inserted { logins.append(login) }
        }
        return logins
    }

    static func historyPath(
        _ value: SettingValue?, _ environment: [String: String],
    ) throws(CommandFailure) -> String {
        if let value {
            guard value.text != ":memory:", !value.text.hasPrefix("file:"), !value.text.isEmpty else {
                throw value.invalid("is no path", hint: "name a file: a history is there to be kept")
            }
            return value.text
        }
        if let folder = environment["XDG_STATE_HOME"], folder.hasPrefix("/") {
            return folder + "/oidc-audit/history.sqlite"
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else {
            throw .usage(
                "there is no place for the history: neither XDG_STATE_HOME nor HOME is set", hint: "add --db PATH")
        }
        return home + "/.local/state/oidc-audit/history.sqlite"
    }
}

extension JudgingSettings {
    /// - Parameter now: the day on which waivers are held against the policy's `max_waiver_days`.
    init(
        _ options: PolicyOptions, _ gate: Gate, _ layers: SettingLayers, now: Timestamp,
    ) throws(CommandFailure) {
        guard let source = layers.value(.policy, flag: options.policy) else {
            throw .usage("no policy was given", hint: "add --policy FILE, or --policy preset:strict")
        }
        policy = try PolicyFile.load(source.text)
        self.gate = gate
        waivers = try layers.value(.waivers, flag: options.waivers)
            .map { value throws(CommandFailure) in try WaiverFile.load(value.text, for: policy, now: now) }
        baseline = try layers.value(.baseline, flag: options.baseline)
            .map { value throws(CommandFailure) in try BaselineSource(value) }
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
    init(_ options: OutputOptions, _ layers: SettingLayers) throws(CommandFailure) {
        format = try Settings.reporter(named: layers.value(.format, flag: options.format)) ?? TextReporter.self
        outputs = try OutputFile.all(layers.values(.output, flags: options.output))
        if let value = layers.value(.junitGroup, flag: options.junitGroup) {
            guard let group = JUnitGroup(rawValue: value.text) else {
                throw value.invalid("is no group of testcases", hint: "valid: rule, repository")
            }
            junitGroup = group
        }
        if try layers.isOn(.stepSummary, flag: options.stepSummary) {
            outputs.append(try OutputFile.stepSummary(layers.environment))
        }
    }
}

extension Gate {
    init(_ options: OutputOptions, _ layers: SettingLayers) throws(CommandFailure) {
        self.init(
            failOn: try Self.failOn(layers.value(.failOn, flag: options.failOn)),
            strictCoverage: try layers.isOn(.strictCoverage, flag: options.strictCoverage),
            exitZero: options.exitZero, newOnly: try layers.isOn(.newOnly, flag: options.newOnly))
    }

    private static func failOn(_ value: SettingValue?) throws(CommandFailure) -> Severity? {
        guard let value else { return .low }
        if value.text == "none" { return nil }
        guard let severity = Severity(rawValue: value.text) else {
            let words = Severity.allCases.map(\.rawValue) + ["none"]
            throw value.invalid("is no severity", hint: NearestWord.hint(for: value.text, among: words))
        }
        return severity
    }
}

extension Scope {
    init(_ options: ScopeOptions, _ layers: SettingLayers) throws(CommandFailure) {
        var selector = Selector()
        selector.names = layers.values(.include, flags: options.include).map { Glob($0.text) }
        selector.excludeNames = layers.values(.exclude, flags: options.exclude).map { Glob($0.text) }
        for value in layers.values(.visibility, flags: options.visibility) {
            let choice: [Repository.Visibility] = [.public, .private, .internal]
            guard let word = choice.first(where: { $0.rawValue == value.text }) else {
                throw value.invalid(
                    "is no visibility", hint: NearestWord.hint(for: value.text, among: choice.map(\.rawValue)))
            }
            selector.visibility.append(word)
        }
        selector.topics = layers.values(.topic, flags: options.topic).map(\.text)
        for value in layers.values(.property, flags: options.property) {
            let pair = value.text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else {
                throw value.invalid("is no KEY=VALUE", hint: "for example tier=production")
            }
            selector.properties[String(pair[0]), default: []].append(String(pair[1]))
        }
        self.init(
            selector: selector, includesArchived: try layers.isOn(.includeArchived, flag: options.includeArchived))
    }
}

extension ConsoleSettings {
    init(_ options: ConsoleOptions, _ layers: SettingLayers) throws(CommandFailure) {
        isQuiet = try layers.isOn(.quiet, flag: options.quiet)
        isVerbose = try layers.isOn(.verbose, flag: options.verbose)
        showsProgress = try !layers.isOn(.noProgress, flag: options.noProgress)
        color = try Self.color(layers.value(.color, flag: options.color))
    }

    static func color(_ value: SettingValue?) throws(CommandFailure) -> Color {
        guard let value else { return .auto }
        guard let color = Color(rawValue: value.text) else {
            throw value.invalid("is no choice of colour", hint: "valid: auto, always, never")
        }
        return color
    }
}
