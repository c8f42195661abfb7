import ArgumentParser
import AuditCore
import GitHubAPI
import Reports

// Each option is declared here or in its command, once: its name is its property's, with hyphens; the environment variable
// and the key of the configuration file follow from it (see `Invocation`).

struct HostOptions: ParsableArguments {
    /// Two ways to say one thing: what gives one of them hides both of what is weaker.
    static let alternatives: Set = ["api-url", "hostname"]

    @Option(
        help: "Address of the API, such as https://github.example.com/api/v3.",
        transform: reading { text throws(InvalidValue) in
            do throws(EndpointError) { return try GitHubEndpoint(apiURL: text) } catch { throw InvalidValue(error) }
        })
    var apiURL: GitHubEndpoint?
    @Option(
        help: "Host of an Enterprise Server or a ghe.com tenant, as GH_HOST takes it.",
        transform: reading { text throws(InvalidValue) in
            do throws(EndpointError) { return try GitHubEndpoint(hostname: text) } catch { throw InvalidValue(error) }
        })
    var hostname: GitHubEndpoint?
}

struct ConnectionOptions: ParsableArguments {
    @OptionGroup var host: HostOptions
    @Option(help: ArgumentHelp("X-GitHub-Api-Version.", valueName: "date")) var apiVersion = APIVersion.first
    @Option(help: "File that holds the token; - is standard input.", completion: .file()) var tokenFile: String?
    @Option(help: ArgumentHelp("Id or client id of a GitHub App, instead of a token.", valueName: "id"))
    var appID: AppID?
    @Option(
        help: ArgumentHelp("File that holds the app's private key.", valueName: "pem"), completion: .certificates)
    var appKeyFile: String?
    @Option(
        help: ArgumentHelp("Certificates trusted in addition to the system's.", valueName: "pem"),
        completion: .certificates,
        transform: reading { text throws(InvalidValue) in try TrustedCertificates(file: text) })
    var caFile: TrustedCertificates?
    // Fewer than GitHub allows: others may use the token, and a third is as fast as a minute's points permit.
    @Option(help: ArgumentHelp("Requests in flight at once, 1 to 100.", valueName: "n"))
    var concurrency: Number<RequestsInFlight> = 32
    // Whether GitHub's 100 are a token's or an app's, it does not say.
    @Option(
        help: ArgumentHelp(
            "Requests in flight at once of all credentials together, as of an app in many organizations.",
            valueName: "n"))
    var totalConcurrency: Number<AllRequestsInFlight> = Number(integerLiteral: RequestSlots.standard)
    @Option(
        help: ArgumentHelp(
            "Most requests in any minute. (default: \(RateLimits().pointsPerMinute), where the host has rate limits)",
            valueName: "n"))
    var pointsPerMinute: Number<PointsPerMinute>?
    @Option(
        help: ArgumentHelp(
            "How long the minute of rate limits is, where an emulator's is shorter.", valueName: "duration",
            visibility: .hidden))
    var emulatedMinute: Duration?
    @Option(help: ArgumentHelp("Longest total wait for rate limits.", valueName: "duration"))
    var maxWait = RateLimits().waitMax

    var limits: RateLimits {
        var limits = RateLimits()
        limits.concurrency = concurrency.value
        limits.pointsPerMinute = pointsPerMinute?.value ?? limits.pointsPerMinute
        limits.holdsFromTheStart = pointsPerMinute != nil
        limits.waitMax = maxWait
        return limits
    }
}

struct ScopeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only repositories whose name matches; repeatable.", valueName: "glob"))
    var include: [Glob] = []
    @Option(help: ArgumentHelp("No repositories whose name matches; repeatable.", valueName: "glob"))
    var exclude: [Glob] = []
    @Option(help: "Only repositories of that visibility.") var visibility: [KnownVisibility] = []
    @Option(help: "Only repositories with the topic.") var topic: [String] = []
    @Option(
        help: ArgumentHelp("Only repositories with that custom property.", valueName: "key=value"),
        transform: reading { text throws(InvalidValue) in
            let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard pair.count == 2, !pair[0].isEmpty else {
                throw InvalidValue(text, "is not KEY=VALUE", hint: "for example tier=production")
            }
            return (key: String(pair[0]), value: String(pair[1]))
        })
    var property: [(key: String, value: String)] = []
    @Flag(help: "Archived repositories too.") var includeArchived = false

    func scope(named: NamedRepositories = NamedRepositories()) -> Scope {
        var selector = Selector()
        selector.names = include
        selector.excludeNames = exclude
        selector.visibility = visibility.compactMap { Repository.Visibility(rawValue: $0.rawValue) }
        selector.topics = topic
        for (key, value) in property { selector.properties[key, default: []].append(value) }
        return Scope(selector: selector, includesArchived: includeArchived, named: named)
    }
}

struct PolicyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Policy file (JSON or YAML), or preset:NAME.", valueName: "file"), completion: .policy)
    var policy: String?
    @Option(
        help: ArgumentHelp("Accepted findings (JSON or YAML), with owner, reason and expiry.", valueName: "file"),
        completion: .document)
    var waivers: String?
    @Option(
        help: ArgumentHelp("Findings known before: a file of check --write-baseline, or scan:ID.", valueName: "file"),
        completion: .json)
    var baseline: BaselineName?
}

struct HistoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("History. (default: $XDG_STATE_HOME/oidc-audit/history.sqlite)", valueName: "path"),
        completion: .database,
        transform: reading { text throws(InvalidValue) in
            guard text != ":memory:", !text.hasPrefix("file:"), !text.isEmpty else {
                throw InvalidValue(text, "is not a path", hint: "name a file: the history must be stored")
            }
            return text
        })
    var db: String?

    func path(_ environment: [String: String]) throws(CommandFailure) -> String {
        if let db { return db }
        if let folder = environment["XDG_STATE_HOME"], folder.hasPrefix("/") {
            return folder + "/oidc-audit/history.sqlite"
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else {
            throw .usage(
                "no path for the history: neither XDG_STATE_HOME nor HOME is set", hint: "add --db PATH")
        }
        return home + "/.local/state/oidc-audit/history.sqlite"
    }
}

/// How old the newest scans may be that commands without network judge.
struct AgeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "How old a scan may be. (default: 36h where scans of several organizations are joined)",
            valueName: "duration"))
    var maxAge: Duration?

    /// Of scans that are joined: a night, and the delays of the next one.
    static let joined = Duration.seconds(36 * 3600)

    /// Refuses what a named scan leaves no room for; as a setting, it is meant for others.
    func refuse(with name: String, in context: CommandContext) throws(CommandFailure) {
        guard context.flags.contains("max-age") else { return }
        throw .usage(
            "--max-age is for the newest scans, and \(name) names one", hint: "give one of them")
    }
}

struct OutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("What standard output gets.", valueName: "kind"))
    var format = ReportFormat(reporter: TextReporter.self)
    @Option(
        name: .shortAndLong, help: ArgumentHelp("Also write a format to a file; repeatable.", valueName: "kind=file"),
        completion: .outputs,
        transform: reading { text throws(InvalidValue) in try OutputFile(text) })
    var output: [OutputFile] = []
    @Option(
        help: ArgumentHelp(
            "Mode of the files of --output. (default: 644 less the umask; an old file keeps its own)",
            valueName: "mode"))
    var outputMode: FileMode?
    @Option(
        help: ArgumentHelp(
            "A JUnit testcase for each rule of a repository, or each repository.", valueName: "group"))
    var junitGroup = JUnitGroup.rule
    @Flag(help: "Add the report to the summary of a GitHub Actions job, which everybody who can see the job can read.")
    var stepSummary = false
    @OptionGroup var gating: GateOptions

    var gate: Gate { gating.gate }
}

/// What fails, and with which status.
struct GateOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Least severity that fails, or none.", valueName: "severity"))
    var failOn = LeastSeverity(severity: .low)
    @Flag(help: "Let an incomplete scan outrank violations in the exit status.") var strictCoverage = false
    @Flag(help: "Only findings that are not in the --baseline fail.") var newOnly = false
    @Flag(help: .onCommandLineOnly("Never exit 1 or 3.")) var exitZero = false

    var gate: Gate {
        Gate(failOn: failOn.severity, strictCoverage: strictCoverage, exitZero: exitZero, newOnly: newOnly)
    }
}

/// Where `trust` prints, and in which formats.
struct TrustOutputOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("What standard output gets.", valueName: "kind"))
    var format = TrustFormat(reporter: TrustTextReporter.self)
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("Also write a format to a file; access: each cell, as NDJSON.", valueName: "kind=file"),
        completion: .trustOutputs,
        transform: reading { text throws(InvalidValue) in try TrustOutputFile(text) })
    var output: [TrustOutputFile] = []

    /// Every format that is asked for.
    var formats: [any TrustReporter.Type] { [format.reporter] + output.map(\.reporter) }
}

/// The format of a page that is for people or for programs.
struct PageOptions: ParsableArguments {
    @Option(name: .shortAndLong, help: ArgumentHelp("What standard output gets.", valueName: "kind"))
    var format = PageFormat.text
}

struct OrganizationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only this organization.", valueName: "org"))
    var organization: OrganizationLogin?

    /// It alone, or none.
    var logins: [OrganizationLogin] { organization.map { [$0] } ?? [] }
}

/// Read before everything else: see `Invocation`.
struct ConfigurationOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Configuration file. (default: $XDG_CONFIG_HOME/oidc-audit/config.yaml)", valueName: "file"),
        completion: .file(extensions: ["yaml", "yml"]))
    var config: String?
}

struct ColorOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Colours.", valueName: "when")) var color = ConsoleSettings.Color.auto

    func style(_ context: CommandContext) -> ReportStyle { context.console.reportStyle(color) }
}

struct ConsoleOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Print only errors on standard error.") var quiet = false
    @Flag(name: .shortAndLong, help: "Print the settings in use, each organization, and how many requests were sent.")
    var verbose = false
    @Flag(help: "No progress line.") var noProgress = false
    @OptionGroup var colors: ColorOptions
    @OptionGroup var configuration: ConfigurationOptions

    var settings: ConsoleSettings {
        ConsoleSettings(isQuiet: quiet, isVerbose: verbose, showsProgress: !noProgress, color: colors.color)
    }
}

// MARK: - What they take

extension InvalidValue {
    fileprivate init(_ error: EndpointError) {
        self.init(message: "\(error)", hint: error.hint)
    }
}

enum RequestsInFlight: NumberBounds {
    static let range = 1...100
    static let hint = "GitHub allows 100 requests in flight"
}

enum AllRequestsInFlight: NumberBounds {
    static let range = 1...10_000
    static let hint = "GitHub allows 100 requests in flight, and does not say whether to each installation of an app"
}

enum PointsPerMinute: NumberBounds {
    static let range = 1...1_000_000
    static let hint = "GitHub allows 900 a minute"
}

/// A version of GitHub's REST API: the day of its release.
struct APIVersion: OptionValue {
    static let first = APIVersion(text: "2022-11-28")
    let text: String

    init(option text: String) throws(InvalidValue) {
        guard text.count == 10, Day(text) != nil else {
            throw InvalidValue(text, "is not an API version", hint: "for example \(Self.first.text)")
        }
        self.text = text
    }

    private init(text: String) { self.text = text }

    var defaultValueDescription: String { text }
}

/// What a GitHub App is known by.
struct AppID: OptionValue {
    let text: String

    init(option text: String) throws(InvalidValue) {
        guard AppCredential.isID(text) else {
            throw InvalidValue(
                text, "is not the id of an app",
                hint: "its settings show the client id, such as Iv23li…, and the app id, a number")
        }
        self.text = text
    }
}

extension Glob: OptionValue {
    init(option text: String) throws(InvalidValue) { self.init(text) }
}

enum KnownVisibility: String, CaseIterable, OptionValue {
    case `public`, `private`, `internal`
}

/// The least severity that fails; `none`: no one does.
struct LeastSeverity: OptionValue {
    let severity: Severity?

    init(severity: Severity?) { self.severity = severity }

    init(option text: String) throws(InvalidValue) {
        severity = Severity(rawValue: text)
        guard severity != nil || text == "none" else { throw .unknown(text, among: Self.allValueStrings) }
    }

    static var allValueStrings: [String] { Severity.allCases.map(\.rawValue) + ["none"] }
    var defaultValueDescription: String { severity?.rawValue ?? "none" }
}

struct ReportFormat: OptionValue {
    let reporter: any Reporter.Type

    init(reporter: any Reporter.Type) { self.reporter = reporter }

    init(option text: String) throws(InvalidValue) {
        guard let reporter = ReporterCatalog.reporter(named: text) else {
            throw .unknown(text, among: Self.allValueStrings)
        }
        self.reporter = reporter
    }

    static var allValueStrings: [String] { ReporterCatalog.forStandardOutput.map { $0.name } }
    var defaultValueDescription: String { reporter.name }
}

/// Of a page that is no document: text or JSON.
extension PageFormat: OptionValue {
    init(option text: String) throws(InvalidValue) {
        guard Self.allValueStrings.contains(text), let format = Self(rawValue: text) else {
            throw .unknown(text, among: Self.allValueStrings)
        }
        self = format
    }

    static var allValueStrings: [String] { [Self.text, .json].map(\.rawValue) }
}

/// Of a page that people put into documents too.
enum CatalogFormat: String, CaseIterable, OptionValue {
    case text, json, markdown

    var page: PageFormat {
        switch self {
        case .text: .text
        case .json: .json
        case .markdown: .markdown
        }
    }
}

struct TrustFormat: OptionValue {
    let reporter: any TrustReporter.Type

    init(reporter: any TrustReporter.Type) { self.reporter = reporter }

    init(option text: String) throws(InvalidValue) {
        guard let reporter = TrustReporterCatalog.forStandardOutput.first(where: { $0.name == text }) else {
            throw .unknown(text, among: Self.allValueStrings)
        }
        self.reporter = reporter
    }

    static var allValueStrings: [String] { TrustReporterCatalog.forStandardOutput.map { $0.name } }
    var defaultValueDescription: String { reporter.name }
}

extension JUnitGroup: OptionValue {}
extension ConsoleSettings.Color: OptionValue {}
