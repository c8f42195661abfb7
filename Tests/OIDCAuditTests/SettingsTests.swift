import ArgumentParser
import AuditCore
import Foundation
import Testing

@testable import GitHubAPI
@testable import OIDCAudit

@Suite struct SettingsTests {
    private func settings(
        _ arguments: [String], environment: [String: String] = [:], standardInput: String? = nil,
        database: [String] = ["--db", "x"],
    ) throws -> Settings {
        let context = CommandContext(
            environment: environment,
            console: Console(
                output: .init(isTerminal: false, width: nil) { _ in },
                error: .init(isTerminal: false, width: nil) { _ in },
                environment: environment), now: { Timestamp(secondsSince1970: 0) },
            readStandardInput: { standardInput }, stopRequests: { AsyncStream { $0.finish() } })
        return try ScanCommand.parsed(["--policy", "preset:strict"] + database + arguments, environment: environment)
            .settings(in: context)
    }

    // MARK: - Layers

    @Test(arguments: [
        (Duration.nanoseconds(2_352_008_946), "2.4 s"), (.zero, "0.0 s"), (.milliseconds(40), "0.0 s"),
        (.milliseconds(960), "1.0 s"), (.seconds(3725), "3725.0 s"),
    ]) func aDurationIsReportedInTenthsOfASecond(duration: Duration, text: String) {
        #expect(duration.secondsText == text)
    }

    @Test func aFlagBeatsTheEnvironmentBeatsTheFile() throws {
        let folder = try Folder()
        let file = try folder.write(
            "concurrency: 10\nfail-on: high\ninclude: [a, b]\nstrict-coverage: true\n", to: "c.yaml")
        let fromFile = try settings(["-c", file])
        #expect(fromFile.connection.limits.concurrency == 10)
        #expect(fromFile.judging.gate == Gate(failOn: .high, strictCoverage: true))
        #expect(fromFile.scope.selector.names.map(\.pattern) == ["a", "b"])
        let environment = [
            "OIDC_AUDIT_CONFIG": file, "OIDC_AUDIT_CONCURRENCY": "20", "OIDC_AUDIT_INCLUDE": "c, d ,",
            "OIDC_AUDIT_STRICT_COVERAGE": "0",
        ]
        let fromEnvironment = try settings([], environment: environment)
        #expect(fromEnvironment.connection.limits.concurrency == 20)
        #expect(fromEnvironment.scope.selector.names.map(\.pattern) == ["c", "d"])
        #expect(!fromEnvironment.judging.gate.strictCoverage)
        let fromFlag = try settings(["--concurrency", "30", "--include", "e"], environment: environment)
        #expect(fromFlag.connection.limits.concurrency == 30)
        #expect(fromFlag.scope.selector.names.map(\.pattern) == ["e"])
    }

    @Test func theConfigurationFileIsFoundWhereXDGSays() throws {
        let folder = try Folder()
        try FileManager.default.createDirectory(atPath: folder.path + "/oidc-audit", withIntermediateDirectories: true)
        _ = try folder.write(#"{"max-wait": "5m"}"#, to: "oidc-audit/config.json")
        #expect(
            try settings([], environment: ["XDG_CONFIG_HOME": folder.path]).connection.limits.waitMax == .seconds(300))
        #expect(
            try settings([], environment: ["XDG_CONFIG_HOME": "relative", "HOME": folder.path]).connection.limits
                .waitMax
                == .seconds(7200))
    }

    @Test(arguments: [
        ("concurency: 1", "c.yaml:1:1: unknown setting \"concurency\"", "did you mean \"concurrency\"?"),
        ("a: 1\na: 2", "stands twice in one object", nil),
        ("- a", "c.yaml:1:1: a configuration must be an object", nil),
        ("policy: {a: b}", "policy can't be an object", nil), ("exit-zero: true", "unknown setting \"exit-zero\"", nil),
        ("concurrency: 500", "c.yaml:1:14: concurrency: \"500\" is not a number", nil), ("a: [", "c.yaml:", nil),
    ])
    func aMistakeInTheFileIsReportedByItsPlace(text: String, message: String, hint: String?) throws {
        let folder = try Folder()
        let file = try folder.write(text, to: "c.yaml")
        let failure = #expect(throws: CommandFailure.self) { try settings(["-c", file]) }
        #expect(failure?.message.contains(message) == true, "\(String(describing: failure))")
        #expect(failure?.status == .usage)
        if let hint { #expect(failure?.hint == hint) }
    }

    @Test func aYAMLPolicyIsTheSameDocument() throws {
        let folder = try Folder()
        let policy = try folder.write(
            """
            version: 1
            name: mine
            rules:
              - id: claims
                rule: require-claims
                severity: high
                claims: [repo, context]
                where: {fork: false}
            """, to: "p.yaml")
        let loaded = try PolicyFile.load(policy)
        #expect(loaded.name == "mine")
        #expect(loaded.rules[0].selector?.fork == false)
        let bad = try folder.write(
            "version: 1\nname: p\nrules:\n  - id: a\n    rule: leading-clam\n    severity: low\n", to: "bad.yml")
        let failure = #expect(throws: CommandFailure.self) { try PolicyFile.load(bad) }
        #expect(failure?.message == "\(bad):5:11: unknown rule \"leading-clam\"")
        #expect(failure?.hint == "did you mean \"leading-claim\"?")
    }

    @Test(.timeLimit(.minutes(5)))
    func aHostileYAMLDocumentIsAnErrorAndNoHang() throws {
        let laughs = (1...40).reduce("a0: &a0 [x, x]\n") { $0 + "a\($1): &a\($1) [*a\($1 - 1), *a\($1 - 1)]\n" }
        let keys = laughs + "? *a40\n: x\n"
        let tagged = (1...40).reduce("? !!seq &a0 [x]\n: 1\n") {
            $0 + "? !!seq &a\($1) [*a\($1 - 1), *a\($1 - 1)]\n: 1\n"
        }
        let deep = String(repeating: "[", count: 900) + String(repeating: "]", count: 900)
        let blocks = String(repeating: "- ", count: 200_000) + "x"
        for text in [
            laughs, keys, "fork: !!bool maybe", "1: a\n\"1\": b", "[&a b, *a]", "a:\n  &b c: *b", deep, blocks, tagged,
            "x: !<!t> &a 1\ny: \u{2028}*a",
            "a: *nobody", "? [a]\n: b", "\u{0}", "\t- x",
            "%YAML 9.9\n---\nx",
        ] {
            do throws(DocumentError) {
                _ = try YAMLDocument.parse(text)
            } catch {
                #expect(!error.message.isEmpty)
                continue
            }
            Issue.record("\(text.prefix(20)) was read")
        }
    }

    @Test func anAmpersandWithinTextIsNoAnchor() throws {
        for text in [
            "reason: R&D and Q & A\nlist: [a&b, 'x & y']\n", "# Owned by Platform, & Ops.\na: b\n",
            "owner: \"R&D, &co\"\n", "names: [\"*-legacy\", \"a*\"]\nreason: Dev, & Ops agreed\n", "\u{FEFF}a: b\n",
        ] { #expect(try YAMLDocument.parse(text.replacing("\u{FEFF}", with: "")).kind == "an object", "\(text)") }
        // An anchor that nothing refers to does no harm.
        #expect(try YAMLDocument.parse("a: &b c\n").kind == "an object")
    }

    @Test func presetsAreTheFilesOfPolicies() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../policies")
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path)
        #expect(Set(files) == Set(Preset.all.map { $0.name + ".json" }))
        for preset in Preset.all {
            let file = try Data(contentsOf: folder.appending(path: preset.name + ".json"))
            #expect(Array(file) == preset.bytes)
            #expect(try PolicyFile.load("preset:\(preset.name)").name == preset.name)
        }
    }

    // MARK: - Hosts and tokens

    @Test func theFirstNamedHostIsTheOneThatCounts() throws {
        func endpoint(_ arguments: [String] = [], _ environment: [String: String] = [:]) throws -> String {
            try settings(arguments, environment: environment).connection.endpoint.description
        }
        #expect(try endpoint() == "https://api.github.com")
        #expect(try endpoint([], ["GITHUB_API_URL": "https://a.example/api/v3"]) == "https://a.example/api/v3")
        let hosts = ["GH_HOST": "b.example", "GITHUB_API_URL": "https://a.example/api/v3"]
        #expect(try endpoint([], hosts) == "https://b.example/api/v3")
        let ours = hosts.merging(["OIDC_AUDIT_HOSTNAME": "c.ghe.com"]) { $1 }
        #expect(try endpoint([], ours) == "https://api.c.ghe.com")
        #expect(try endpoint(["--api-url", "https://d.example"], ours) == "https://d.example")
        #expect(throws: CommandFailure.self) {
            try endpoint(["--api-url", "https://d.example", "--hostname", "e.example"])
        }
    }

    @Test func aTokenGoesToItsOwnHostOnly() throws {
        let all = [
            "GH_TOKEN": "gh", "GITHUB_TOKEN": "github", "GH_ENTERPRISE_TOKEN": "ghe",
            "GITHUB_ENTERPRISE_TOKEN": "githube",
        ]
        func token(_ host: String, without names: String..., adding more: [String: String] = [:]) throws -> String? {
            var environment = all.merging(more) { $1 }
            for name in names { environment[name] = nil }
            return try settings(["--api-url", host], environment: environment).connection.token
        }
        for host in ["https://api.github.com", "https://api.octo.ghe.com"] {
            #expect(try token(host) == "gh")
            #expect(try token(host, without: "GH_TOKEN") == "github")
            #expect(try token(host, without: "GH_TOKEN", "GITHUB_TOKEN") == nil)
        }
        for host in ["https://git.example.com/api/v3", "http://127.0.0.1:1", "https://evil-api.github.com.example"] {
            #expect(try token(host) == "ghe")
            #expect(try token(host, without: "GH_ENTERPRISE_TOKEN") == "githube")
            #expect(try token(host, without: "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN") == nil)
        }
        let workflow = ["GITHUB_API_URL": "https://git.example.com/api/v3"]
        #expect(
            try token(
                "https://git.example.com/api/v3", without: "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN",
                adding: workflow) == "github")
        #expect(
            try token(
                "https://other.example.com/api/v3", without: "GH_ENTERPRISE_TOKEN", "GITHUB_ENTERPRISE_TOKEN",
                adding: workflow) == nil)
    }

    @Test func aTokenFileIsReadAndNothingElseIsTried() throws {
        let folder = try Folder()
        let file = try folder.write("ghp_file\n", to: "token")
        let environment = ["GH_TOKEN": "gh"]
        #expect(try settings(["--token-file", file], environment: environment).connection.token == "ghp_file")
        #expect(
            try settings(["--token-file", "-"], standardInput: "ghp_stdin\n").connection.token == "ghp_stdin")
        let empty = try folder.write("\n", to: "empty")
        #expect(throws: CommandFailure.self) { try settings(["--token-file", empty], environment: environment) }
        #expect(throws: CommandFailure.self) { try settings([], environment: ["GH_TOKEN": "two words"]) }
    }

    @Test func aShorterMinuteIsForAnEmulatorAlone() throws {
        let shorter = ["--emulated-minute", "6s"]
        #expect(try settings(shorter + ["--api-url", "http://127.0.0.1:8080"]).connection.limits.concurrency == 32)
        let failure = #expect(throws: CommandFailure.self) { try settings(shorter) }
        #expect(failure?.message == "--emulated-minute is for an emulator on this machine")
    }

    @Test func theHistoryHasItsPlace() throws {
        func path(_ environment: [String: String]) throws -> String {
            try settings([], environment: environment, database: []).historyPath
        }
        #expect(try path(["HOME": "/h"]) == "/h/.local/state/oidc-audit/history.sqlite")
        #expect(try path(["HOME": "/h", "XDG_STATE_HOME": "/s"]) == "/s/oidc-audit/history.sqlite")
        #expect(try path(["HOME": "/h", "XDG_STATE_HOME": "s"]) == "/h/.local/state/oidc-audit/history.sqlite")
        #expect(try path(["OIDC_AUDIT_DB": "/d.sqlite"]) == "/d.sqlite")
        // CI sets a variable to nothing where it has no value for it.
        #expect(try path(["OIDC_AUDIT_DB": "", "HOME": "/h"]) == "/h/.local/state/oidc-audit/history.sqlite")
        #expect(throws: CommandFailure.self) { try path([:]) }
    }

    @Test func durationsHaveUnits() {
        #expect(Duration(text: "90s") == .seconds(90))
        #expect(Duration(text: "30m") == .seconds(1800))
        #expect(Duration(text: "2h") == .seconds(7200))
        #expect(Duration(text: "20ms") == .milliseconds(20))
        for text in ["", "5", "s", "-5s", "1.5h", "5 s", "99999999999999h"] { #expect(Duration(text: text) == nil) }
    }
}
