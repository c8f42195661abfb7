import ArgumentParser
import AuditCore

/// Which organizations a command is about.
struct OrganizationsOptions: ParsableArguments {
    @Argument(help: ArgumentHelp("Logins of organizations.", valueName: "org"))
    var arguments: [OrganizationLogin] = []
    @Option(
        help: ArgumentHelp("The same, repeatable; meant for environment and configuration file.", valueName: "org"))
    var organizations: [OrganizationLogin] = []
    @Option(
        help: ArgumentHelp("File with logins, one a line; # begins a comment.", valueName: "file"),
        completion: .names)
    var organizationsFile: String?

    /// Each once, in the order in which they are named.
    ///
    /// - Parameter isOptional: whether none means all, so that what environment and configuration file name, which is
    ///   meant for whole nights, does not count.
    func logins(_ context: CommandContext, isOptional: Bool = false) throws(CommandFailure) -> [OrganizationLogin] {
        if isOptional, context.flags.isDisjoint(with: ["organizations", "organizations-file"]) {
            return arguments.distinct
        }
        var logins = arguments + organizations
        if let organizationsFile {
            logins += try NameFile(path: organizationsFile, what: "organizations file").organizations(context)
        }
        return logins.distinct
    }
}

/// Which organizations and repositories a scan is about, beside those of the arguments.
struct TargetOptions: ParsableArguments {
    /// Ways to name what is scanned: what gives one of them, or an argument, hides all of what is weaker.
    static let names: Set = [
        "organizations", "organizations-file", "all-installations", "enterprise", "repository", "repositories-file",
    ]

    @Flag(help: "Every organization where the GitHub App is installed.") var allInstallations = false
    @Option(
        help: ArgumentHelp(
            "Every organization of the enterprise on which the GitHub App is installed.", valueName: "slug"))
    var enterprise: EnterpriseSlug?
    @Option(
        help: ArgumentHelp("Of its owner's repositories this one alone; repeatable.", valueName: "owner/name"))
    var repository: [RepositoryName] = []
    @Option(
        help: ArgumentHelp("File with such repositories, one a line; # begins a comment.", valueName: "file"),
        completion: .names)
    var repositoriesFile: String?

    /// Whether organizations must be asked for.
    var asksForOrganizations: Bool { allInstallations || enterprise != nil }

    /// A token can't be asked for organizations.
    func refuseToken() throws(CommandFailure) {
        if allInstallations {
            throw .usage("--all-installations is for a GitHub App", hint: "add --app-id and --app-key-file")
        }
        if enterprise != nil {
            throw .usage(
                "--enterprise is for a GitHub App that is installed on the enterprise",
                hint: "add --app-id and --app-key-file; or \(Self.wayAround)")
        }
    }

    static let wayAround = "name the organizations in a file: --organizations-file FILE"

    func named(_ context: CommandContext) throws(CommandFailure) -> NamedRepositories {
        var names = repository
        if let repositoriesFile {
            names += try NameFile(path: repositoriesFile, what: "repositories file").repositories(context)
        }
        return NamedRepositories(names)
    }
}

extension RepositoryName: OptionValue {
    init(option text: String) throws(InvalidValue) {
        guard let name = RepositoryName(text) else {
            throw InvalidValue(text, "is not a repository's name", hint: "say OWNER/NAME, such as octo-org/api")
        }
        self = name
    }
}

/// What an enterprise is known by in addresses.
struct EnterpriseSlug: OptionValue, Hashable {
    let text: String

    init(option text: String) throws(InvalidValue) {
        guard OrganizationLogin(text) != nil else {
            throw InvalidValue(
                text, "is not an enterprise's slug", hint: "it is the last part of github.com/enterprises/SLUG")
        }
        self.text = text
    }
}
