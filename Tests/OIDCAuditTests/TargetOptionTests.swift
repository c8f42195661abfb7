import AuditCore
import Foundation
import Testing

@testable import OIDCAudit

/// Which organizations and repositories a command is about, wherever they are named.
@Suite struct TargetOptionTests {
    private static func targets(
        _ arguments: [String], environment: [String: String] = [:],
    ) throws -> (logins: [String], repositories: [String], said: String) {
        let line = ["scan", "--policy", "preset:strict", "--db", "x"] + arguments
        let invocation = try Invocation(line, environment)
        guard case .command(let command) = try invocation.outcome(), let scan = command as? ScanCommand else {
            throw CommandFailure(message: "no scan was parsed", status: .failure)
        }
        var (context, said) = CommandContext.recording(environment)
        context.flags = invocation.flagNames
        let settings = try scan.settings(in: context)
        return (settings.organizations.map(\.rawValue), settings.scope.named.names.map(\.description), said())
    }

    private static func failure(_ arguments: [String], environment: [String: String] = [:]) -> CommandFailure? {
        #expect(throws: CommandFailure.self) { _ = try targets(arguments, environment: environment) }
    }

    // MARK: - Layers

    @Test func aStrongerLayerNamesTargetsAlone() throws {
        let folder = try Folder()
        let list = try folder.write("gamma\n", to: "list.txt")
        let file = try folder.write("organizations: [acme, beta]\norganizations-file: \(list)\n", to: "c.yaml")
        let environment = ["OIDC_AUDIT_ORGANIZATIONS": "delta, echo"]
        #expect(try Self.targets(["-c", file]).logins == ["acme", "beta", "gamma"])
        #expect(try Self.targets(["-c", file], environment: environment).logins == ["delta", "echo"])
        #expect(try Self.targets(["-c", file, "zulu"], environment: environment).logins == ["zulu"])
        #expect(try Self.targets(["-c", file, "--", "zulu"]).logins == ["zulu"])
        #expect(try Self.targets(["-c", file, "zulu", "--organizations-file", list]).logins == ["zulu", "gamma"])
        #expect(try Self.targets(["-c", file, "--repository", "acme/api"]).logins == ["acme"])
        #expect(try Self.targets(["a", "A", "--organizations", "b"]).logins == ["a", "b"])
    }

    @Test func repositoriesNameTheirOwners() throws {
        let folder = try Folder()
        let list = try folder.write("acme/web # the front\nBeta/api\n", to: "list.txt")
        let targets = try Self.targets(["zulu", "--repository", "acme/api", "--repositories-file", list])
        #expect(targets.logins == ["zulu", "acme", "Beta"])
        #expect(targets.repositories == ["acme/api", "acme/web", "Beta/api"])
    }

    @Test func aStoredScanIsTakenWholeWhateverSettingsName() throws {
        let environment = ["OIDC_AUDIT_ORGANIZATIONS": "acme"]
        func logins(_ arguments: [String]) throws -> [String] {
            let invocation = try Invocation(["check", "--policy", "preset:strict"] + arguments, environment)
            guard case .command(let command) = try invocation.outcome(), let check = command as? CheckCommand else {
                throw CommandFailure(message: "no check was parsed", status: .failure)
            }
            var context = CommandContext.recording(environment).context
            context.flags = invocation.flagNames
            return try check.targets.logins(context, isOptional: check.at != nil).map(\.rawValue)
        }
        #expect(try logins([]) == ["acme"])
        #expect(try logins(["--at", "latest"]) == [])
        #expect(try logins(["--at", "latest", "--organizations", "beta"]) == ["beta"])
        #expect(try logins(["--at", "latest", "beta"]) == ["beta"])
    }

    @Test func aQuestionAboutOneRepositoryHidesNoOrganizations() throws {
        let environment = ["OIDC_AUDIT_ORGANIZATIONS": "acme", "OIDC_AUDIT_REPOSITORY": "beta/api"]
        let invocation = try Invocation(["trust", "--trust", "x", "--repository", "acme/api"], environment)
        guard case .command(let command) = try invocation.outcome(), let trust = command as? TrustCommand else {
            throw CommandFailure(message: "no trust was parsed", status: .failure)
        }
        #expect(trust.targets.organizations.map(\.rawValue) == ["acme"])
        #expect(trust.repository == "acme/api")
    }

    // MARK: - Files

    @Test func aFileHoldsANameALine() throws {
        let folder = try Folder()
        let text = "\u{FEFF}# all of them\r\nacme\r\n\r\n  beta\t# the second\r\nACME\r\n#gamma\ndelta"
        let list = try folder.write(text, to: "list.txt")
        let targets = try Self.targets(["--organizations-file", list])
        #expect(targets.logins == ["acme", "beta", "delta"])
        #expect(targets.said == "warning: \(list):5: ACME stands in line 2 already\n")
    }

    @Test(arguments: [
        ("organizations", "acme\nfoo bar\n", ":2: \"foo bar\" is not an organization's name"),
        ("organizations", "acme\n\n# none\nacme/api", ":4: \"acme/api\" is not an organization's name"),
        ("organizations", "../x", ":1: \"../x\" is not an organization's name"),
        ("organizations", "acme\u{0}", ":1: \"acme\u{FFFD}\" is not an organization's name"),
        ("organizations", "# none\r\n\r\n", "holds no name"), ("organizations", "", "holds no name"),
        ("repositories", "acme/api\nacme", ":2: \"acme\" is not a repository's name"),
        ("repositories", "acme/api/x", ":1: \"acme/api/x\" is not a repository's name"),
        ("repositories", "acme/..", ":1: \"acme/..\" is not a repository's name"),
        ("repositories", "/api", ":1: \"/api\" is not a repository's name"),
        ("repositories", "https://github.com/acme/api", "is not a repository's name"),
    ]) func aBadLineIsReportedByItsNumber(kind: String, text: String, message: String) throws {
        let folder = try Folder()
        let list = try folder.write(text, to: "list.txt")
        let failure = Self.failure(["--\(kind)-file", list])
        #expect(failure?.status == .usage)
        #expect(failure?.message.contains(message) == true, "\(String(describing: failure))")
        #expect(failure?.hint?.isEmpty == false)
    }

    @Test func aLineThatIsNotUTF8IsReportedByItsNumber() throws {
        let folder = try Folder()
        try Data([0x61, 0x0A, 0xFF, 0x0A]).write(to: URL(filePath: folder.path + "/list.txt"))
        let failure = Self.failure(["--organizations-file", folder.path + "/list.txt"])
        #expect(failure?.message.contains("list.txt:2: \"\u{FFFD}\" is not an organization's name") == true)
    }

    @Test func aFileThatIsNoneIsNamed() throws {
        let folder = try Folder()
        #expect(
            Self.failure(["--organizations-file", folder.path + "/none"])?.message.contains("no such file") == true)
        #expect(Self.failure(["--organizations-file", folder.path])?.message.contains("it is a folder") == true)
    }

    @Test(.timeLimit(.minutes(1))) func aFileOfAGigabyteIsRefusedWithoutBeingRead() throws {
        let folder = try Folder()
        let path = try folder.write("", to: "large.txt")
        let file = try #require(FileHandle(forWritingAtPath: path))
        try file.truncate(atOffset: 1 << 30)
        try file.close()
        for path in [path, "/dev/zero"] {
            let failure = Self.failure(["--organizations-file", path])
            #expect(failure?.message == "the organizations file \(path) is larger than 4 MiB")
            #expect(failure?.status == .usage)
        }
    }

    // MARK: - Words

    @Test(arguments: [
        (["--repository", "acme"], "--repository: \"acme\" is not a repository's name"),
        (["--organizations", "a/b"], "--organizations: \"a/b\" is not an organization's name"),
        (["--enterprise", "a/b"], "--enterprise: \"a/b\" is not an enterprise's slug"),
        ([], "no organization was named"),
    ]) func aWordIsRefusedByName(arguments: [String], message: String) {
        let failure = Self.failure(arguments)
        #expect(failure?.message == message)
        #expect(failure?.status == .usage)
    }

    @Test func aWordOfTheConfigurationIsRefusedByItsPlace() throws {
        let folder = try Folder()
        let file = try folder.write("organizations:\n  - acme\n  - be ta\n", to: "c.yaml")
        #expect(Self.failure(["-c", file])?.message.hasPrefix("\(file):3:5: organizations: \"be ta\" is not") == true)
        let environment = ["OIDC_AUDIT_ORGANIZATIONS": "acme,be ta"]
        #expect(
            Self.failure([], environment: environment)?.message.hasPrefix("OIDC_AUDIT_ORGANIZATIONS: \"be ta\"") == true
        )
    }

    @Test func aTokenCannotBeAskedForOrganizations() {
        let environment = ["GH_TOKEN": "ghp_word"]
        let enterprise = Self.failure(["--enterprise", "corp"], environment: environment)
        #expect(enterprise?.status == .usage)
        #expect(enterprise?.hint?.contains("--organizations-file FILE") == true)
        #expect(Self.failure(["--all-installations"], environment: environment)?.status == .usage)
    }
}
