import AuditCore
import Foundation
import GitHubAPI
import Testing

@testable import OIDCAudit

/// What options say, whichever command has them and wherever their values come from.
@Suite struct OptionTests {
    @Test func everyOptionIsASettingButThoseThatConsentAndThoseOfAnotherMeaning() throws {
        let all = try DeclaredOption.everywhere()
        let refused = all.filter { !$0.isSetting && !DeclaredOption.requests.contains($0.name) }.map(\.name)
        // Of `plan` and `history export`, of `emulate` and of `trust`: as settings they mean a scan's.
        #expect(
            Set(refused) == [
                "yes", "exit-zero", "max-changes", "allow-lost-access", "output", "points-per-minute", "repository",
            ])
        let settings = Set(all.filter(\.isSetting).map(\.environmentName))
        #expect(settings.isSuperset(of: ["OIDC_AUDIT_MAX_WAIT", "OIDC_AUDIT_API_URL", "OIDC_AUDIT_KEEP_DAYS"]))
        #expect(settings.isDisjoint(with: ["OIDC_AUDIT_YES", "OIDC_AUDIT_HELP", "OIDC_AUDIT_MAX_CHANGES"]))
    }

    @Test func defaultsStandInTheHelp() async {
        for (command, words) in [
            ("scan", "flight at once, 1 to 100. (default: 32)"), ("scan", "(default: 2h)"),
            ("scan", "(default: 2022-11-28)"), ("scan", "none; default: low)"), ("scan", "default: rule)"),
            ("apply", "(default: 0s)"), ("report", "(default: latest)"), ("claims", "markdown; default: text)"),
        ] {
            let help = await CommandRun.run([command, "--help"])
            let text = help.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(text.contains(words), "\(command): \(text)")
        }
    }

    // MARK: - Mistakes

    @Test(arguments: [
        (["history", "list", "--limit", "x"], "--limit: \"x\" is not a number from 1", "for example"),
        (["history", "list", "--limit=-1"], "--limit: \"-1\" is not a number from 1", "for example"),
        (["history", "prune", "--keep-days", "many"], "--keep-days: \"many\" is not a number from 0", "365"),
        (["emulate", "--port", "http"], "--port: \"http\" is not a number from 0 to 65535", "0 lets"),
        (["emulate", "--seed", "-"], "--seed: \"-\" is not a number", "seed"),
        (["emulate", "--changes-per-night", "1.5"], "--changes-per-night: \"1.5\" is not a number", "for example"),
        (["emulate", "--latency", "20"], "--latency: \"20\" is not a duration", "for example 90s"),
        (["apply", "p.json", "--max-changes", "0"], "--max-changes: \"0\" is not a number from 1", "for example"),
        (["apply", "p.json", "--canary-wait", "soon"], "--canary-wait: \"soon\" is not a duration", "for example"),
        (["scan", "a", "--output-mode", "888"], "--output-mode: \"888\" is not a mode of files", "644"),
        (["scan", "a", "--output-mode", "0444"], "--output-mode: \"0444\" is not a mode of files", "644"),
        (["scan", "a", "-o", "line=x"], "--output: \"line=x\" is not for a file: line is for standard", "-f line"),
        (["rollback", "first"], "\"first\" is not the number of a set of changes", "history changes"),
        (["history", "changes", "x"], "\"x\" is not the number of a set of changes", "history changes"),
        (["claims", "-f", "markdwn"], "--format: \"markdwn\" is unknown", "did you mean \"markdown\"?"),
        (["scan", "a", "--concurrency", "0", "--points-per-minute", "0"], "--concurrency: \"0\"", "100 requests"),
        (["scan", "a", "--include", "0", "--points-per-minute", "0"], "--points-per-minute: \"0\"", "900 a minute"),
        (["scan", "a", "--api-url", "https://u:p@host"], "--api-url: the API address holds a user", "--token-file"),
    ])
    func aValueIsRefusedByNameWithAReasonAndAnExample(_ line: [String], message: String, hint: String) async {
        let run = await CommandRun.run(line)
        #expect(run.status == 2)
        #expect(run.error.hasPrefix("error: \(message)"), "\(run.error)")
        #expect(run.error.split(separator: "\n").last?.contains(hint) == true, "\(run.error)")
        #expect(!run.error.contains("u:p"))
    }

    @Test(arguments: [
        (["scann", "acme"], "unknown command \"scann\"", "did you mean \"scan\"?"),
        (["history", "lst"], "unknown command \"history lst\"", "did you mean \"history list\"?"),
        (["help", "histroy"], "unknown command or topic \"histroy\"", "did you mean \"history\"?"),
        (["help", "policy", "valdate"], "unknown command \"policy valdate\"", "did you mean \"policy validate\"?"),
        (["help", "scan", "more"], "unknown command \"scan more\"", "see oidc-audit scan --help"),
        (["frobnicate"], "unknown command \"frobnicate\"", "see oidc-audit --help"),
        (["scan"], "no organization was named", "see oidc-audit scan --help"),
        (["history", "prune"], "missing expected argument '--keep-days", "see oidc-audit history prune --help"),
        (["scan", "acme", "--concurency", "3"], "unknown option '--concurency'", "see oidc-audit scan --help"),
        (["claims", "--quiet"], "unknown option '--quiet'", "see oidc-audit claims --help"),
        // The value of such an option is no argument.
        (["scan", "acme", "--polcy", "p.json"], "unknown option '--polcy'. Did you mean '--policy'?", "scan --help"),
        (["history", "show", "--fromat", "json", "3"], "unknown option '--fromat'. Did you mean '--format'?", "see "),
        (["scan", "acme", "--polcy=p.json"], "unknown option '--polcy'. Did you mean '--policy'?", "scan --help"),
        (["scan", "a", "--include", "-x"], "--include: the value is missing", "is written --include=-x"),
        (["waiver", "add", "w", "--repository", "-x"], "--repository: the value is missing", "--repository=-x"),
        // Letters of which some are flags.
        (["scan", "a", "--include", "-vault"], "--include: the value is missing", "is written --include=-vault"),
        (["policy", "init", "--file", "-x"], "--file: the value is missing", "is written --file=-x"),
        (["scan", "-acme"], "unknown option '-acme'", "see oidc-audit scan --help"),
        (["scan", "a", "--db", "--quiet"], "--db: the value is missing", "see oidc-audit scan --help"),
        (["scan", "a", "-qf"], "--format: the value is missing", "see oidc-audit scan --help"),
    ])
    func aCommandLineThatIsWrongLeadsToItsOwnHelp(_ line: [String], message: String, hint: String) async {
        let run = await CommandRun.run(line)
        #expect(run.status == 2)
        #expect(run.output == "")
        #expect(run.error.hasPrefix("error: \(message)"), "\(run.error)")
        #expect(run.error.contains(hint), "\(run.error)")
    }

    /// Foundation's way to take a path apart traps on it.
    @Test func aFileMayHaveANameOfOneLetter() {
        #expect(AtomicFile.obstacle(to: "x") == nil)
        #expect(AtomicFile.obstacle(to: "no-such-folder/x") != nil)
        #expect(!DocumentFile.isYAML("x"))
    }

    @Test func aValueMayBeginWithAHyphen() throws {
        #expect(try Self.scan(["--include=-x", "--exclude=--", "-f=json"]).include.map(\.pattern) == ["-x"])
    }

    // MARK: - Layers

    @Test func whatAStrongerLayerGivesHidesWhatIsWrongInAWeakerOne() throws {
        let environment = ["OIDC_AUDIT_CONCURRENCY": "many", "OIDC_AUDIT_INCLUDE": "-a, b", "OIDC_AUDIT_TOPIC": " , "]
        let folder = try Folder()
        let file = try folder.write(
            "concurrency: [1]\ninclude: c\ntopic: d\nquiet: maybe\nno-progress: 1\nexclude: [-e]\n", to: "c.yaml")
        let failure = #expect(throws: CommandFailure.self) { try Self.scan([], environment: environment) }
        #expect(failure?.message == "OIDC_AUDIT_CONCURRENCY: \"many\" is not a number from 1 to 100")
        let options = try Self.scan(["--concurrency=7"], environment: environment)
        #expect(options.include.map(\.pattern) == ["-a", "b"])
        for (more, words) in [
            ([:], "c.yaml:1:14: concurrency can't be a list"),
            (["OIDC_AUDIT_CONCURRENCY": "7"], "c.yaml:1:14: concurrency can't be a list"),
        ] {
            let failure = #expect(throws: CommandFailure.self) { try Self.scan(["-c", file], environment: more) }
            #expect(failure?.message.hasSuffix(words) == true, "\(String(describing: failure))")
        }
        let maybe = try folder.write("quiet: maybe\nexclude: [-e]\n", to: "d.yaml")
        let unsure = #expect(throws: CommandFailure.self) { try Self.scan(["--config", maybe]) }
        #expect(unsure?.message == "\(maybe):1:8: quiet: \"maybe\" is neither true nor false")
        #expect(try Self.scan(["--config=\(maybe)", "-q"]).exclude.map(\.pattern) == ["-e"])
        #expect(
            try Self.scan(["-c", maybe], environment: ["OIDC_AUDIT_QUIET": "off"]).exclude.map(\.pattern) == ["-e"])
    }

    @Test func aHostIsOneChoiceInEachLayer() throws {
        let environment = ["OIDC_AUDIT_API_URL": "https://a.example", "OIDC_AUDIT_HOSTNAME": "b.example"]
        let both = #expect(throws: CommandFailure.self) { try Self.scan([], environment: environment) }
        #expect(both?.message == "OIDC_AUDIT_API_URL and OIDC_AUDIT_HOSTNAME exclude each other")
        let folder = try Folder()
        let file = try folder.write("api-url: https://c.example\n", to: "c.yaml")
        let stronger = try ScanCommand.parsed(["-c", file], environment: ["OIDC_AUDIT_HOSTNAME": "b.example"])
        #expect(stronger.connection.host.apiURL == nil)
        #expect(stronger.connection.host.hostname?.description == "https://b.example/api/v3")
    }

    @Test func aSettingOfOtherCommandsIsPassedOver() async throws {
        let folder = try Folder()
        let file = try folder.write(
            "format: sarif\nkeep-days: 3\noutput: [html=\(folder.path)/r.html]\npoints-per-minute: 5\n", to: "c.yaml")
        let claims = await CommandRun.run(["claims", "repo"], environment: ["OIDC_AUDIT_CONFIG": file])
        #expect(claims.status == 0 && claims.error == "", "\(claims.error)")
        #expect(claims.output.hasPrefix("CLAIM"))
        let wrong = await CommandRun.run(["claims", "repo"], environment: ["OIDC_AUDIT_FORMAT": "sariff"])
        #expect(wrong.status == 2)
        #expect(wrong.error.hasPrefix("error: OIDC_AUDIT_FORMAT: \"sariff\" is unknown"), "\(wrong.error)")
        let unknown = try folder.write("keep-day: 3\n", to: "d.yaml")
        let run = await CommandRun.run(["claims", "repo"], environment: ["OIDC_AUDIT_CONFIG": unknown])
        #expect(run.status == 2)
        #expect(run.error.contains("d.yaml:1:1: unknown setting \"keep-day\""), "\(run.error)")
        #expect(run.error.contains("did you mean \"keep-days\"?"))
        let consent = try folder.write("max-changes: 3\n", to: "e.yaml")
        let refused = await CommandRun.run(["claims"], environment: ["OIDC_AUDIT_CONFIG": consent])
        #expect(refused.status == 2)
        #expect(refused.error.contains("give --max-changes on the command line"), "\(refused.error)")
    }

    @Test func aVariableThatSetsNothingIsWarnedOf() async {
        let environment = [
            "OIDC_AUDIT_FAILON": "none", "OIDC_AUDIT_POLICYY": "x", "OIDC_AUDIT_YES": "1", "OIDC_AUDIT_EMPTY": "",
            "OIDC_AUDIT_KEEP_DAYS": "3", "OIDC_AUDIT_FROBNICATE": "1",
        ]
        let run = await CommandRun.run(["claims", "repo"], environment: environment)
        #expect(run.status == 0)
        #expect(
            run.error == """
                warning: OIDC_AUDIT_FAILON is not a setting; did you mean OIDC_AUDIT_FAIL_ON?
                warning: OIDC_AUDIT_FROBNICATE is not a setting
                warning: OIDC_AUDIT_POLICYY is not a setting; did you mean OIDC_AUDIT_POLICY?
                warning: OIDC_AUDIT_YES is ignored: give --yes on the command line

                """)
        let help = await CommandRun.run(["claims", "--help"], environment: environment)
        #expect(help.error == "")
        let quiet = environment.merging(["OIDC_AUDIT_QUIET": "1", "OIDC_AUDIT_DB": "/nowhere/h.sqlite"]) { $1 }
        #expect(await !CommandRun.run(["history", "list"], environment: quiet).error.contains("warning:"))
    }

    @Test func helpNeedsNoConfiguration() async throws {
        let folder = try Folder()
        let environment = ["OIDC_AUDIT_CONFIG": try folder.write("[", to: "c.yaml"), "OIDC_AUDIT_CONCURRENCY": "x"]
        for line in [
            ["scan", "--help"], ["help", "scan"], ["scan", "acme", "-h"], ["--version"], ["scan", "--version"],
        ] {
            #expect(await CommandRun.run(line, environment: environment).status == 0, "\(line)")
        }
        #expect(await CommandRun.run(["claims"], environment: environment).status == 2)
    }

    @Test func aWaiverListIsColouredAsItsConfigurationSays() async throws {
        let folder = try Folder()
        let waivers = try folder.write(
            """
            version: 1
            waivers: [{ rule: a, repository: x, owner: o, reason: r, expires: 2020-01-01 }]
            """, to: "w.yaml")
        let file = try folder.write("color: always\nwaivers: \(waivers)\n", to: "c.yaml")
        let run = await CommandRun.run(["waiver", "list", "--config", file])
        #expect(run.status == 0, "\(run.error)")
        #expect(run.output.contains("\u{1B}["))
        let plain = await CommandRun.run(["waiver", "list", "--config", file, "--color", "never"])
        #expect(!plain.output.contains("\u{1B}["))
    }

    // MARK: -

    private static func scan(
        _ arguments: [String], environment: [String: String] = [:],
    ) throws -> ScopeOptions {
        try ScanCommand.parsed(arguments, environment: environment).scope
    }
}
