import Foundation
import GitHubAPI
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Commands with a GitHub App, against an emulator that knows Apps.
@Suite(.timeLimit(.minutes(5))) struct AppCommandTests {
    private struct Scene: Sendable {
        let address: String
        let world: World
        let folder: Folder
        let key: String

        /// Runs a command with the app; the database is given, and for a scan the policy.
        func callAsFunction(
            _ arguments: String..., environment: [String: String] = [:], clockSkewSeconds: Int64 = 0,
        ) async -> CommandRun {
            var all = arguments + ["--app-id", "12345", "--app-key-file", key, "--api-url", address]
            if arguments[0] == "scan" { all += ["--policy", "preset:strict"] }
            if arguments[0] != "doctor", arguments[1] != "get" { all += ["--db", folder.database] }
            return await CommandRun.run(
                all, environment: environment.merging(["GITHUB_API_URL": address]) { $1 },
                clockSkewSeconds: clockSkewSeconds)
        }

        var paths: [String] { get async { await world.requests } }
    }

    private static func organization(_ login: String, id: Int64, count: Int64 = 3) -> WorldFile.Organization {
        WorldFile.Organization(
            login: login, id: id, template: ["repo", "context", "job_workflow_ref"],
            repositories: (0..<count).map { .good("r\($0)", id: id * 1000 + $0, of: login) })
    }

    private static func world(_ installations: [WorldFile.Installation]? = nil) -> WorldFile {
        WorldFile(
            organizations: [organization("acme", id: 77), organization("beta", id: 78)],
            apps: [
                .init(
                    id: 12345, clientId: "Iv23liABCDEF01234567", publicKey: AppKeys.publicPEM,
                    installations: installations ?? [.init(id: 9, account: "acme"), .init(id: 10, account: "beta")])
            ])
    }

    private static func with(
        _ world: WorldFile, key: String = AppKeys.pkcs1PEM,
        _ body: @Sendable @escaping (Scene) async throws -> Void,
    ) async throws {
        let emulator = Emulator(world)
        try await emulator.run { address in
            let folder = try Folder()
            let path = try folder.write(key, to: "app.pem")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            try await body(Scene(address: address, world: emulator.world, folder: folder, key: path))
        }
    }

    private static func statuses(_ run: CommandRun) -> [String: String] {
        run.repositories().compactMapValues { $0["status"] as? String }
    }

    // MARK: - Scans

    @Test func aScanReadsWithATokenOfEachInstallation() async throws {
        try await Self.with(Self.world()) { scene in
            let run = await scene("scan", "acme", "beta", "-f", "json")
            #expect(run.status == 0, "\(run.error)")
            #expect(Self.statuses(run).values.allSatisfy { $0 == "compliant" })
            #expect(Self.statuses(run).count == 6)
            let paths = await scene.paths
            // They are read beside each other.
            #expect(
                paths.filter { $0.hasPrefix("POST") }.sorted() == [
                    "POST /app/installations/10/access_tokens", "POST /app/installations/9/access_tokens",
                ])
            let sent = ((run.json["scan"] as? [String: Any])?["requests"] as? [String: Any])?["sent"] as? Int
            #expect(sent == paths.count)
        }
    }

    @Test func theKeyMayComeFromTheEnvironment() async throws {
        try await Self.with(Self.world()) { scene in
            for key in [
                AppKeys.pkcs8PEM, AppKeys.pkcs1PEM.replacing("\n", with: "\\n"),
                Data(AppKeys.pkcs1PEM.utf8).base64EncodedString(),
            ] {
                let run = await CommandRun.run(
                    [
                        "scan", "acme", "--api-url", scene.address, "--db", scene.folder.database, "--policy",
                        "preset:strict",
                    ],
                    environment: [
                        "GITHUB_APP_ID": "Iv23liABCDEF01234567\n", "GITHUB_APP_PRIVATE_KEY": key,
                        "GITHUB_API_URL": scene.address, "GITHUB_TOKEN": "ghp_never_sent_to_anyone",
                        "GITHUB_APP_INSTALLATION_ID": "9",
                    ])
                #expect(run.status == 0, "\(run.error)")
            }
            #expect(await scene.paths.contains("GET /app/installations/9"))
        }
    }

    private struct Trouble: Sendable {
        var name: String
        var said: String
        var key = AppKeys.pkcs1PEM
        var change: @Sendable (inout WorldFile) -> Void = { _ in }
    }

    private static let troubles: [Trouble] = [
        Trouble(
            name: "wrong key", said: "GitHub refused the app's signature (401: A JSON web token",
            key: AppKeys.otherPEM),
        Trouble(name: "wrong app", said: "GitHub refused the app's signature") { $0.apps[0].id = 999 },
        Trouble(name: "not installed", said: "the app is not installed there") {
            $0.apps[0].installations.removeFirst()
        },
        Trouble(name: "suspended", said: "the app's installation is suspended") {
            $0.apps[0].installations[0].suspended = true
        },
        Trouble(name: "no permission", said: "has none of the permissions") {
            $0.apps[0].installations[0].permissions = ["issues": "write"]
        },
    ]

    @Test(arguments: troubles.indices) func aTroubleIsOneRequestOneLineAndFour(index: Int) async throws {
        let trouble = Self.troubles[index]
        var world = Self.world()
        trouble.change(&world)
        try await Self.with(world, key: trouble.key) { scene in
            let run = await scene("scan", "acme", "-f", "json")
            #expect(run.status == 4, "\(trouble.name): \(run.error)")
            #expect(run.error.contains(trouble.said), "\(trouble.name): \(run.error)")
            #expect(run.error.split(separator: "\n").count { $0.hasPrefix("error:") } == 1)
            #expect(run.error.contains(" hint: "))
            // Of an organization and of a user's account.
            #expect(await scene.paths.count == (trouble.name == "not installed" ? 2 : 1), "\(trouble.name)")
            let doctor = await scene("doctor", "acme")
            #expect(doctor.status == 4, "\(trouble.name): \(doctor.error)")
            #expect((doctor.output + doctor.error).contains(trouble.said), "\(trouble.name): \(doctor.output)")
        }
    }

    /// The trouble of one organization is no other's.
    @Test(arguments: 2..<troubles.count) func onlyTheOrganizationConcernedIsUnreadable(index: Int) async throws {
        let trouble = Self.troubles[index]
        var world = Self.world()
        trouble.change(&world)
        try await Self.with(world) { scene in
            let run = await scene("scan", "acme", "beta", "-f", "json")
            #expect(run.status == 3, "\(trouble.name): \(run.error)")
            #expect(Self.statuses(run).count == 3)
            #expect(Self.statuses(run).keys.allSatisfy { $0.hasPrefix("beta/") })
            #expect((run.json["scan"] as? [String: Any])?["stop"] as? String == nil)
        }
    }

    @Test func aWrongKeyIsPresentedOnce() async throws {
        try await Self.with(Self.world(), key: AppKeys.otherPEM) { scene in
            let run = await scene("scan", "acme", "beta", "gamma", "-f", "json")
            #expect(run.status == 4, "\(run.error)")
            // Whichever of them comes first.
            let paths = await scene.paths
            #expect(paths.count == 1 && paths.allSatisfy { $0.hasSuffix("/installation") }, "\(paths)")
        }
    }

    @Test(arguments: [Int64(-600), 600]) func aClockThatIsTenMinutesOffIsNoTrouble(skew: Int64) async throws {
        try await Self.with(Self.world()) { scene in
            let run = await scene("scan", "acme", "-f", "json", clockSkewSeconds: skew)
            #expect(run.status == 0, "\(run.error)")
            #expect(await scene.paths.prefix(2).allSatisfy { $0 == "GET /orgs/acme/installation" })
        }
    }

    @Test func aSuspensionInMidScanLeavesTheOthersAlone() async throws {
        var world = Self.world()
        world.organizations[0] = Self.organization("acme", id: 77, count: 40)
        world.faults = [
            .init(
                path: "/repos/acme/*", after: 20, kind: .body, status: 403,
                body: #"{"message": "This installation has been suspended"}"#)
        ]
        try await Self.with(world) { scene in
            let run = await scene("scan", "acme", "beta", "-f", "json", "--concurrency", "4")
            #expect(run.status == 3, "\(run.error)")
            let statuses = Self.statuses(run)
            #expect(statuses.filter { $0.key.hasPrefix("beta/") }.values.allSatisfy { $0 == "compliant" })
            #expect(statuses.values.count { $0 == "unreadable" } >= 16)
            #expect(await scene.paths.count { $0.hasPrefix("GET /repos/acme/") } <= 24)
        }
    }

    @Test func tokensThatExpireAreRenewedInMidScan() async throws {
        var world = Self.world()
        // It is renewed 0.8 s before its end, which a busy machine needs for a request.
        world.apps[0].tokenSeconds = 4
        world.organizations[0] = Self.organization("acme", id: 77, count: 45)
        world.latencyMilliseconds = 100
        try await Self.with(world) { scene in
            let run = await scene("scan", "acme", "-f", "json", "--concurrency", "1")
            #expect(run.status == 0, "\(run.error)")
            #expect(await scene.paths.count { $0.hasPrefix("POST") } >= 2)
        }
    }

    @Test func aFreshTokenMayBeRefusedAtFirst() async throws {
        var world = Self.world()
        world.apps[0].freshRefusals = 1
        try await Self.with(world) { scene in
            let run = await scene("scan", "acme", "-f", "json")
            #expect(run.status == 0, "\(run.error)")
        }
    }

    @Test func aUsersAccountIsReadWithTheApp() async throws {
        var world = Self.world([.init(id: 9, account: "octocat", targetType: "User")])
        world.organizations.append(
            .init(
                login: "octocat", id: 5, type: "User", template: nil,
                repositories: [.good("hello", id: 91, of: "octocat"), .good("other", id: 92, of: "octocat")]))
        try await Self.with(world) { scene in
            let run = await scene(
                "scan", "--repository", "octocat/gone", "--repository", "octocat/hello", "-f", "json")
            #expect(run.repositories().keys.sorted() == ["octocat/hello"], "\(run.error)")
            #expect(Self.statuses(run)["octocat/hello"] != "unreadable", "\(run.output)")
            #expect(run.error.contains("octocat/gone could not be read"), "\(run.error)")
        }
    }

    /// Of several troubles, the hint is for the one that the error is about.
    @Test func theHintIsOfTheOrganizationThatIsNamed() async throws {
        var world = Self.world()
        world.apps[0].installations[0].suspended = true
        world.apps[0].installations[1].permissions = ["issues": "write"]
        try await Self.with(world) { scene in
            let run = await scene("scan", "beta", "acme", "-f", "json")
            #expect(run.status == 4, "\(run.error)")
            let lines = run.error.split(separator: "\n").map(String.init)
            let index = try #require(lines.firstIndex { $0.hasPrefix("error:") })
            #expect(lines[index].contains("beta: "), "\(run.error)")
            #expect(lines[index + 1].contains("read access"), "\(run.error)")
            #expect(lines.contains("note: acme: an owner of the organization can unsuspend it"), "\(run.error)")
        }
    }

    @Test func theKeyMayComeFromStandardInput() async throws {
        try await Self.with(Self.world()) { scene in
            let run = await CommandRun.run(
                [
                    "scan", "acme", "--app-id", "12345", "--app-key-file", "-", "--api-url", scene.address, "--policy",
                    "preset:strict", "--db", scene.folder.database,
                ], environment: ["GITHUB_API_URL": scene.address], standardInput: AppKeys.pkcs1PEM)
            #expect(run.status == 0, "\(run.error)")
        }
    }

    /// An app of the environment that another host is not told of explains why there is no token.
    @Test func anAppThatIsLeftOutIsNamed() async throws {
        let run = await Self.failure(
            ["--hostname", "git.example.com"],
            environment: ["GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": AppKeys.pkcs1PEM])
        #expect(run.status == 4, "\(run.error)")
        #expect(run.error.contains("GITHUB_APP_ID and GITHUB_APP_PRIVATE_KEY count for github.com"), "\(run.error)")
        #expect(run.error.contains("set GITHUB_API_URL=https://git.example.com/api/v3"), "\(run.error)")
    }

    @Test func whatIsMissingIsNamed() async throws {
        var world = Self.world()
        world.apps[0].installations[0].permissions = ["actions": "read", "metadata": "read"]
        try await Self.with(world) { scene in
            let run = await scene("scan", "acme", "-f", "json")
            #expect(
                run.error.contains("the app was not granted everything on acme: organization \"Administration\": read"),
                "\(run.error)")
        }
    }

    @Test func selectedRepositoriesMakeAPartialListing() async throws {
        var world = Self.world()
        world.apps[0].installations[0].repositories = ["r0"]
        try await Self.with(world) { scene in
            let run = await scene("scan", "acme", "-f", "json")
            #expect(run.status == 3, "\(run.error)")
            #expect(Self.statuses(run) == ["acme/r0": "compliant"])
            let doctor = await scene("doctor", "acme")
            #expect(doctor.output.contains("selected repositories only"))
        }
    }

    // MARK: - All installations

    @Test func allInstallationsAreReadOrNamed() async throws {
        let world = Self.world([
            .init(id: 9, account: "acme"), .init(id: 10, account: "beta", suspended: true),
            .init(id: 11, account: "octocat", targetType: "User"),
            .init(id: 12, account: "octo-enterprise", targetType: "Enterprise"), .init(id: 13, account: nil),
        ])
        try await Self.with(world) { scene in
            let run = await scene("scan", "--all-installations", "-f", "json")
            #expect(run.status == 3, "\(run.error)")
            #expect(Self.statuses(run).count == 3)
            let organizations = run.json["organizations"] as? [[String: Any]] ?? []
            #expect(organizations.compactMap { $0["login"] as? String } == ["acme", "beta"])
            let listing = organizations.last?["listing"] as? [String: Any]
            #expect((listing?["error"] as? String)?.contains("the app's installation is suspended") == true)
            for said in [
                "installation 11 is skipped: it is of octocat, not an organization",
                "installation 12 is skipped: it is of octo-enterprise, not an organization",
                "installation 13 is skipped: it is of no account",
            ] { #expect(run.error.contains(said), "\(run.error)") }
            let paths = await scene.paths
            #expect(!paths.contains { $0.hasSuffix("/installation") })
        }
    }

    @Test(arguments: ["garbage;;<<", #"<http://other.example/app/installations?page=2>; rel="next""#])
    func aLostPageOfTheListingIsNeverCompliant(link: String) async throws {
        var world = Self.world()
        world.faults = [.init(path: "/app/installations", kind: .link, location: link)]
        try await Self.with(world) { scene in
            let run = await scene("scan", "--all-installations", "-f", "json")
            #expect(run.status == 5, "\(run.error)")
            #expect(run.json["verdict"] as? String == "incomplete")
            #expect(await scene.paths.count == 1)
            let doctor = await scene("doctor", "acme")
            #expect(doctor.status == 5, "\(doctor.error)")
        }
    }

    /// Where the app was uninstalled, nothing says so but that an organization is missing in a list.
    @Test func anOrganizationThatIsInstalledNoMoreIsUnread() async throws {
        try await Self.with(Self.world()) { scene in
            #expect(await scene("scan", "--all-installations", "-f", "json").status == 0)
            // What is asked for by its name says nothing of all.
            #expect(await scene("scan", "acme", "-f", "json").status == 0)
            await scene.world.change { $0.apps[0].installations.removeLast() }
            let run = await scene("scan", "--all-installations", "-f", "json")
            #expect(run.status == 3, "\(run.error)")
            #expect(
                run.error.contains(
                    "at the last scan of all installations beta was one, and it is not among them any more"))
            let organizations = run.json["organizations"] as? [[String: Any]] ?? []
            #expect(organizations.compactMap { $0["login"] as? String } == ["acme", "beta"])
            let listing = organizations.last?["listing"] as? [String: Any]
            #expect((listing?["error"] as? String)?.contains("the app is not installed there") == true)
            // By now the last scan did not read it.
            let next = await scene("scan", "--all-installations", "-f", "json")
            #expect(next.status == 0, "\(next.error)")
        }
    }

    @Test func anOrganizationOfAnotherNameIsInstalledStill() async throws {
        try await Self.with(Self.world()) { scene in
            #expect(await scene("scan", "--all-installations", "-f", "json").status == 0)
            await scene.world.change { file in
                file.organizations[1].login = "gamma"
                file.apps[0].installations[1].account = "gamma"
                for index in file.organizations[1].repositories.indices {
                    file.organizations[1].repositories[index].setting?.subClaimPrefix = nil
                }
            }
            let run = await scene("scan", "--all-installations", "-f", "json")
            #expect(!run.error.contains("not among them"), "\(run.error)")
            let organizations = run.json["organizations"] as? [[String: Any]] ?? []
            #expect(organizations.compactMap { $0["login"] as? String } == ["acme", "gamma"])
        }
    }

    @Test func whereNothingIsInstalledItIsFourAndReportsAreWritten() async throws {
        try await Self.with(Self.world([])) { scene in
            let file = scene.folder.path + "/report.json"
            let run = await scene("scan", "--all-installations", "-o", "json=\(file)")
            #expect(run.status == 4, "\(run.error)")
            #expect(run.error.contains("the app is not installed in any organization"))
            let report = try JSONSerialization.jsonObject(with: Data(scene.folder.read("report.json").utf8))
            let gate = (report as? [String: Any])?["gate"] as? [String: Any]
            #expect(gate?["exit_status"] as? Int == 4)
        }
    }

    // MARK: - Other commands

    @Test func aPlanIsAppliedWithWriteAccess() async throws {
        var world = Self.world()
        world.organizations[0].repositories[0].setting?.useDefault = true
        world.apps[0].installations[0].permissions = [
            "organization_administration": "write", "actions": "write", "metadata": "read",
        ]
        try await Self.with(world) { scene in
            let plan = scene.folder.path + "/plan.json"
            let planned = await scene("plan", "acme", "--policy", "preset:strict", "-o", "json=\(plan)")
            #expect(planned.status == 1, "\(planned.error)")
            let applied = await scene("apply", plan, "--yes")
            #expect(applied.status == 0, "\(applied.error)")
            let changes = await CommandRun.run(
                ["history", "changes", "-f", "json", "--db", scene.folder.database, "--api-url", scene.address])
            #expect(changes.output.contains("app 12345"), "\(changes.output)")
        }
    }

    @Test func aTemplateIsReadWithTheApp() async throws {
        try await Self.with(Self.world()) { scene in
            for target in ["acme", "acme/r0"] {
                let run = await scene("template", "get", target)
                #expect(run.status == 0, "\(run.error)")
                #expect(run.output.contains("job_workflow_ref"))
            }
        }
    }

    @Test func doctorNamesTheAppAndItsInstallations() async throws {
        var world = Self.world([
            .init(id: 9, account: "acme"), .init(id: 10, account: "beta", permissions: ["metadata": "read"]),
            .init(id: 11, account: "gamma", suspended: true),
        ])
        world.rateLimit = .init(limit: 5000, windowSeconds: 3600)
        try await Self.with(world) { scene in
            let run = await scene("doctor", "acme")
            #expect(run.status == 0, "\(run.error)\(run.output)")
            let words = run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            for said in [
                "app auditor (12345), 3 installations", "of its own requests are left",
                "acme: actions: read, metadata: read, organization_administration: read",
                "beta: metadata: read; missing: repository \"Actions\": read, organization \"Administration\": read",
                "gamma: suspended", "yes the app's installation", "of 5000 requests are left until",
            ] { #expect(words.contains(said), "\(words)") }
            #expect(run.output.split(separator: "\n").allSatisfy { $0.count <= 80 })
        }
    }

    // MARK: - Mistakes

    private static func failure(
        _ arguments: [String], environment: [String: String] = [:],
    ) async -> CommandRun {
        await CommandRun.run(
            ["scan", "acme", "--policy", "preset:strict", "--db", "/nowhere/db"] + arguments, environment: environment)
    }

    @Test func aMistakeIsTwoAndOneLine() async throws {
        let folder = try Folder()
        func file(_ name: String, _ text: String) throws -> String {
            let path = try folder.write(text, to: name)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
            return path
        }
        let good = try file("good.pem", AppKeys.pkcs1PEM)
        let token = try file("token", "ghp_token_of_a_person")
        let encrypted = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n"
        let cases: [([String], [String: String], String)] = [
            (["--app-id", "my-app", "--app-key-file", good], [:], "--app-id: \"my-app\" is not the id of an app"),
            (["--app-id", "007", "--app-key-file", good], [:], "--app-id: \"007\" is not the id of an app"),
            (["--app-id", "1", "--app-key-file", try file("public.pem", AppKeys.publicPEM)], [:], "is a public key"),
            (["--app-id", "1", "--app-key-file", try file("enc.pem", encrypted)], [:], "is encrypted"),
            (
                ["--app-id", "1", "--app-key-file", try file("small.pem", AppKeys.smallPEM)], [:],
                "fewer than 2048 bits"
            ),
            (
                ["--app-id", "1", "--app-key-file", try file("ec.pem", AppKeys.ellipticCurvePEM)], [:],
                "is not an RSA key"
            ),
            (["--app-id", "1", "--app-key-file", try file("empty.pem", "")], [:], "is empty"),
            (
                ["--app-id", "1", "--app-key-file", try file("cert.pem", LoopbackIdentity.certificatePEM)], [:],
                "is a certificate"
            ), (["--app-id", "1", "--app-key-file", "/nowhere/key"], [:], "no such file"),
            (["--app-id", "1"], [:], "an app's id was given, and no key"),
            (["--app-key-file", good], [:], "an app's key was given, and no id"),
            ([], ["GITHUB_APP_ID": "my-app", "GITHUB_APP_PRIVATE_KEY": "x"], "GITHUB_APP_ID: \"my-app\" is not"),
            (
                [], ["GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": "hunter2"],
                "GITHUB_APP_PRIVATE_KEY is not a private key"
            ),
            (
                ["--app-id", "1", "--app-key-file", good], ["GITHUB_APP_INSTALLATION_ID": "acme"],
                "GITHUB_APP_INSTALLATION_ID: \"acme\" is not"
            ), (["--app-id", "1", "--app-key-file", good, "--token-file", token], [:], "exclude each other"),
            (
                ["--token-file", token], ["GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": AppKeys.pkcs8PEM],
                "exclude each other"
            ),
            (
                ["--app-id", "1", "--app-key-file", good, "--hostname", "git.example.com"], [:],
                "an app of github.com is not presented to git.example.com"
            ),
            (["--all-installations"], ["GH_TOKEN": "ghp_token_of_a_person"], "--all-installations is for a GitHub App"),
        ]
        for (arguments, environment, said) in cases {
            let run = await Self.failure(arguments, environment: environment)
            #expect(run.status == 2, "\(arguments): \(run.error)")
            #expect(run.error.contains(said), "\(arguments): \(run.error)")
            #expect(run.error.split(separator: "\n").count == 2, "\(run.error)")
            #expect(run.output == "")
            #expect(!run.error.contains("hunter2") && !run.error.contains("MII"))
        }
    }

    /// An app of the environment is for github.com: of another host it is not spoken at all.
    @Test func anAppOfTheEnvironmentGoesToItsOwnHostOnly() throws {
        let app = ["GITHUB_APP_ID": "1", "GITHUB_APP_PRIVATE_KEY": AppKeys.pkcs1PEM, "GH_ENTERPRISE_TOKEN": "ghe"]
        func isApp(_ host: String, _ more: [String: String] = [:]) throws -> Bool {
            let (context, _) = CommandContext.recording(app.merging(more) { $1 })
            let scan = try ScanCommand.parsed(["--api-url", host])
            guard case .app = try ConnectionSettings(scan.connection, context).credential else { return false }
            return true
        }
        #expect(try isApp("https://api.github.com"))
        #expect(try isApp("https://api.octo.ghe.com"))
        let server = "https://git.example.com/api/v3"
        #expect(try !isApp(server))
        #expect(try !isApp("https://evil-api.github.com.example"))
        #expect(try isApp(server, ["GITHUB_API_URL": server]))
        #expect(try !isApp("https://other.example.com/api/v3", ["GITHUB_API_URL": server]))
    }

    @Test func aKeyThatOthersMayReadIsWarnedOf() async throws {
        try await Self.with(Self.world()) { scene in
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: scene.key)
            let run = await scene("scan", "acme", "-f", "json")
            #expect(run.status == 0)
            #expect(run.error.contains("warning: the key file \(scene.key) may be read by others (mode 0644)"))
        }
    }

    // MARK: - Secrets

    /// Nothing of key, JWT or token in any output, report, history or error, even where the server echoes all it gets.
    @Test func noSecretIsWrittenAnywhere() async throws {
        var world = Self.world()
        world.organizations[0].repositories[0].setting?.useDefault = true
        world.apps[0].installations[0].permissions = [
            "organization_administration": "write", "actions": "write", "metadata": "read",
        ]
        try await Self.with(world) { scene in
            var said = ""
            let outputs = [
                "json", "junit", "sarif", "markdown", "html", "csv", "prometheus", "github", "gitlab", "text",
            ].flatMap { ["-o", "\($0)=\(scene.folder.path)/report.\($0)"] }
            let all = CommandArguments(scene: scene, outputs: outputs)
            for arguments in all.lists {
                let run = await all.run(arguments)
                said += run.output + run.error
            }
            // Everything fails from here on, and the server says what it was sent.
            await scene.world.change { file in
                file.faults = [.init(path: "/repos/*", kind: .echo, status: 403)]
            }
            for arguments in all.lists {
                let run = await all.run(arguments)
                said += run.output + run.error
            }
            await scene.world.change { file in file.faults = [.init(path: "/app/*", kind: .echo, status: 401)] }
            for arguments in all.lists {
                let run = await all.run(arguments)
                said += run.output + run.error
            }
            await scene.world.change { file in file.faults = [.init(path: "/orgs/*", kind: .echo, status: 404)] }
            for arguments in all.lists {
                let run = await all.run(arguments)
                said += run.output + run.error
            }
            #expect(said.contains("[token]"), "the echo is in nothing that was said")

            var canaries = await scene.world.mintedTokens
            #expect(canaries.count >= 4)
            // Of what an app signs, the head is the same each time.
            canaries.append("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9")
            canaries += AppKeys.pkcs1PEM.split(separator: "\n").dropFirst().dropLast().map(String.init)
            let files = FileManager.default
            var written = [Data(said.utf8)]
            for name in try files.subpathsOfDirectory(atPath: scene.folder.path) where name != "app.pem" {
                guard let data = files.contents(atPath: "\(scene.folder.path)/\(name)") else { continue }
                written.append(data)
            }
            #expect(written.count >= 12)
            for text in written {
                for canary in canaries { #expect(text.range(of: Data(canary.utf8)) == nil, "\(canary.prefix(8))…") }
            }
        }
    }

    private struct CommandArguments {
        let scene: Scene
        let outputs: [String]

        var lists: [[String]] {
            let plan = scene.folder.path + "/plan.json"
            return [
                ["scan", "acme", "beta", "-v", "--policy", "preset:strict"] + outputs,
                ["scan", "--all-installations", "-v", "--policy", "preset:strict"], ["doctor", "acme", "-v"],
                ["doctor", "acme", "-f", "json"], ["template", "get", "acme/r0", "--raw"], ["template", "get", "acme"],
                ["plan", "acme", "--policy", "preset:strict", "-o", "json=\(plan)"], ["apply", plan, "--yes"],
            ]
        }

        func run(_ arguments: [String]) async -> CommandRun {
            let hasHistory = !["doctor", "template"].contains(arguments[0])
            return await CommandRun.run(
                arguments + ["--app-id", "12345", "--app-key-file", scene.key, "--api-url", scene.address]
                    + (hasHistory ? ["--db", scene.folder.database] : []),
                environment: ["GITHUB_API_URL": scene.address])
        }
    }
}
