import ArgumentParser
import Reports

// Every option is taken as text here: flag, environment and configuration file are resolved and checked in one place,
// `Settings`, with the same words of error.

struct HostOptions: ParsableArguments {
    @Option(name: .customLong("api-url"), help: "Address of the API, such as https://github.example.com/api/v3.")
    var apiURL: String?
    @Option(help: "Host of an Enterprise Server or a ghe.com tenant, as GH_HOST takes it.")
    var hostname: String?
}

struct ConnectionOptions: ParsableArguments {
    @OptionGroup var host: HostOptions
    @Option(name: .customLong("api-version"), help: "X-GitHub-Api-Version. (default: 2022-11-28)")
    var apiVersion: String?
    @Option(name: .customLong("token-file"), help: "File that holds the token; - is standard input.")
    var tokenFile: String?
    @Option(
        name: .customLong("ca-file"),
        help: ArgumentHelp("Certificates trusted beside the system's.", valueName: "pem"))
    var caFile: String?
    @Option(help: "Requests in flight at once, 1 to 100. (default: 32)")
    var concurrency: String?
    @Option(
        name: .customLong("points-per-minute"),
        help: ArgumentHelp(
            "Most requests in any minute, where the host has rate limits. (default: 900)", valueName: "n"))
    var pointsPerMinute: String?
    @Option(
        name: .customLong("max-wait"),
        help: ArgumentHelp("Longest total wait for rate limits. (default: 2h)", valueName: "duration"))
    var maxWait: String?
}

struct ScopeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Only repositories of such a name.", valueName: "glob"))
    var include: [String] = []
    @Option(help: ArgumentHelp("No repositories of such a name.", valueName: "glob"))
    var exclude: [String] = []
    @Option(help: "Only public, private or internal repositories.")
    var visibility: [String] = []
    @Option(help: "Only repositories with the topic.")
    var topic: [String] = []
    @Option(help: ArgumentHelp("Only repositories with that custom property.", valueName: "key=value"))
    var property: [String] = []
    @Flag(name: .customLong("include-archived"), help: "Archived repositories too.")
    var includeArchived = false
}

struct PolicyOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Policy file (JSON or YAML), or preset:NAME.", valueName: "file"))
    var policy: String?
    @Option(help: ArgumentHelp("Accepted findings (JSON or YAML), with owner, reason and expiry.", valueName: "file"))
    var waivers: String?
    @Option(
        help: ArgumentHelp("Findings known before: a file of check --write-baseline, or scan:ID.", valueName: "file"))
    var baseline: String?
}

struct HistoryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "History. (default: $XDG_STATE_HOME/oidc-audit/history.sqlite)", valueName: "path"))
    var db: String?
}

struct OutputOptions: ParsableArguments {
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "What standard output gets: \(ReporterCatalog.all.map { $0.name }.joined(separator: ", ")).",
            valueName: "kind"))
    var format: String?
    @Option(
        name: .shortAndLong, help: ArgumentHelp("Also write a format to a file; repeatable.", valueName: "kind=file"))
    var output: [String] = []
    @Option(
        name: .customLong("junit-group"),
        help: ArgumentHelp(
            "A JUnit testcase for each rule of a repository, or each repository. (default: rule)", valueName: "group"))
    var junitGroup: String?
    @Flag(
        name: .customLong("step-summary"),
        help: "Add the report to the summary of a GitHub Actions job, where everybody reads it who sees the job.")
    var stepSummary = false
    @Option(
        name: .customLong("fail-on"),
        help: ArgumentHelp("Least severity that fails, or none. (default: low)", valueName: "severity"))
    var failOn: String?
    @Flag(name: .customLong("strict-coverage"), help: "Let an incomplete scan outrank violations in the exit status.")
    var strictCoverage = false
    @Flag(name: .customLong("new-only"), help: "Only findings that are not in the --baseline fail.")
    var newOnly = false
    @Flag(name: .customLong("exit-zero"), help: "Never exit 1 or 3.")
    var exitZero = false
}

struct ConsoleOptions: ParsableArguments {
    @Flag(name: .shortAndLong, help: "Say nothing on standard error but errors.")
    var quiet = false
    @Flag(name: .shortAndLong, help: "Say what is used and asked.")
    var verbose = false
    @Flag(name: .customLong("no-progress"), help: "No progress line.")
    var noProgress = false
    @Option(help: "auto, always or never.")
    var color: String?
    @Option(
        name: .shortAndLong,
        help: ArgumentHelp(
            "Configuration file. (default: $XDG_CONFIG_HOME/oidc-audit/config.yaml)", valueName: "file"))
    var config: String?
}
