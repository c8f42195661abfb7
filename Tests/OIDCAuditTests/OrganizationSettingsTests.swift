import Foundation
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Organizations with a credential of their own.
@Suite(.timeLimit(.minutes(5))) struct OrganizationSettingsTests {
    private static let logins = ["acme", "beta", "gamma"]

    /// An app is installed in the first organization alone; the others take tokens.
    private static func world() -> WorldFile {
        WorldFile(
            tokens: ["token-of-all", "token-of-beta"],
            organizations: logins.enumerated().map { number, login in
                WorldFile.Organization(
                    login: login, id: Int64(77 + number), template: ["repo", "context", "job_workflow_ref"],
                    repositories: (0..<3).map { .good("r\($0)", id: Int64(number * 1000 + $0 + 1), of: login) })
            },
            apps: [.init(id: 12345, publicKey: AppKeys.publicPEM, installations: [.init(id: 9, account: "acme")])])
    }

    private static func secret(_ text: String, _ name: String, in folder: Folder) throws -> String {
        let path = try folder.write(text, to: name)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        return path
    }

    private static func with(
        betaToken: String,
        _ body:
            @Sendable @escaping (_ scan: @Sendable ([String], [String: String]) async -> CommandRun) async throws ->
            Void,
    ) async throws {
        let emulator = Emulator(world())
        try await emulator.run { address in
            let folder = try Folder()
            let key = try secret(AppKeys.pkcs1PEM, "app.pem", in: folder)
            let token = try secret(betaToken, "beta.token", in: folder)
            let file = try folder.write(
                """
                organizations:
                  - gamma
                  - { login: acme, app-id: 12345, app-key-file: \(key) }
                  - login: Beta
                    token-file: \(token)
                """, to: "c.yaml")
            try await body { arguments, environment in
                await CommandRun.run(
                    ["scan", "-c", file] + arguments + [
                        "--api-url", address, "--policy", "preset:strict", "--db", folder.database, "-f", "json",
                    ], environment: environment.merging(["GITHUB_API_URL": address]) { $1 })
            }
        }
    }

    private static func statuses(_ run: CommandRun) -> [String: Set<String>] {
        Dictionary(
            run.repositories().map { name, repository -> (String, Set<String>) in
                (String(name.split(separator: "/")[0]), [repository["status"] as? String ?? ""])
            }, uniquingKeysWith: { $0.union($1) })
    }

    @Test func eachIsReadWithItsOwn() async throws {
        try await Self.with(betaToken: "token-of-beta") { scan in
            let environment = ["GH_ENTERPRISE_TOKEN": "token-of-all"]
            let run = await scan([], environment)
            #expect(run.status == 0, "\(run.error)")
            #expect(Self.statuses(run) == ["acme": ["compliant"], "beta": ["compliant"], "gamma": ["compliant"]])
            // Nobody gave a token for the others, and there are none.
            let own = await scan(["acme", "beta"], [:])
            #expect(own.status == 0, "\(own.error)")
            #expect(Set(Self.statuses(own).keys) == ["acme", "beta"])
            let none = await scan(["acme", "gamma"], [:])
            #expect(none.status == 4)
            #expect(none.error.contains("no token was given"))
            // What another credential read is not taken for what this one would.
            let again = await scan([], environment)
            #expect(again.status == 0, "\(again.error)")
            let verified = (again.json["scan"] as? [String: Any])?["requests"] as? [String: Any]
            #expect(verified?["not_modified"] as? Int == 4)
        }
    }

    @Test func aTokenThatIsRefusedLeavesTheOthersAlone() async throws {
        try await Self.with(betaToken: "token-of-nobody") { scan in
            let run = await scan([], ["GH_ENTERPRISE_TOKEN": "token-of-all"])
            #expect(run.status == 3, "\(run.error)")
            #expect(Self.statuses(run) == ["acme": ["compliant"], "gamma": ["compliant"]])
            let organizations = run.json["organizations"] as? [[String: Any]] ?? []
            let listing = organizations.first { $0["login"] as? String == "Beta" }?["listing"] as? [String: Any]
            #expect((listing?["error"] as? String)?.contains("GitHub refused the token") == true)
            #expect(!run.error.contains("token-of-nobody") && !run.output.contains("token-of-nobody"))
        }
    }

    @Test(arguments: [
        ("- { login: acme, tokenfile: x }", "unknown key \"tokenfile\""),
        ("- { token-file: x }", "has no \"login\""),
        ("- { login: a/b }", "login: \"a/b\" is not an organization's name"),
        ("- { login: acme, app-id: me }", "app-id: \"me\" is not the id of an app"),
        ("- { login: acme, app-id: 1 }", "acme: an app's id was given, and no key"),
        ("- { login: acme, app-key-file: /none }", "acme: an app's key was given, and no id"),
        ("- { login: acme, token-file: /none }", "acme: the token file /none can't be read: no such file"),
        ("- { login: acme, token-file: 1 }", "token-file"),
        ("- { login: acme, waivers: /none }", "acme: cannot read the waiver file /none: no such file"),
        ("- { login: acme }\n  - { login: ACME }", "ACME stands twice in \"organizations\""),
        ("{ login: acme }", "organizations can't be an object"),
    ]) func aMistakeIsReportedByItsPlace(text: String, message: String) async throws {
        let folder = try Folder()
        let list = text.hasPrefix("-") ? "organizations:\n  \(text)\n" : "organizations: \(text)\n"
        let file = try folder.write(list, to: "c.yaml")
        let run = await CommandRun.run(
            ["scan", "-c", file, "--policy", "preset:strict", "--db", folder.database],
            environment: ["GH_TOKEN": "ghp_word"])
        #expect(run.status == 2, "\(run.error)")
        #expect(run.error.hasPrefix("error: \(file):"), "\(run.error)")
        #expect(run.error.contains(message), "\(run.error)")
    }

    // MARK: - Waivers

    private static let policy = """
        version: 1
        name: own
        rules:
          - { id: claims, rule: require-claims, severity: high, claims: [repo, context], fix: { inherit: true } }

        """

    private static func waivers(_ targets: String...) -> String {
        "version: 1\nwaivers:\n"
            + targets.map { "  - { rule: claims, \($0), owner: o, reason: r, expires: 2199-01-01 }\n" }.joined()
    }

    /// Two organizations with the same repositories, all of which violate the policy.
    private static func withWaivers(
        _ own: String, _ common: String? = nil,
        _ body: @Sendable @escaping (_ run: @Sendable ([String]) async -> CommandRun) async throws -> Void,
    ) async throws {
        let world = WorldFile(
            tokens: ["token-of-all"],
            organizations: ["acme", "beta"].enumerated().map { number, login in
                WorldFile.Organization(
                    login: login, id: Int64(77 + number), template: ["repo", "context"],
                    repositories: ["old", "web"].enumerated().map { place, name in
                        WorldFile.Repository(
                            name: name, id: Int64(number * 100 + place + 1),
                            setting: .init(
                                useDefault: false, includeClaimKeys: ["repo"], subClaimPrefix: "repo:\(login)/\(name)"))
                    })
            })
        try await Emulator(world).run { address in
            let folder = try Folder()
            let policy = try folder.write(policy, to: "p.yaml")
            let waivers = try folder.write(own, to: "acme.yaml")
            let common = try common.map { "waivers: \(try folder.write($0, to: "w.yaml"))\n" } ?? ""
            let file = try folder.write(
                "\(common)policy: \(policy)\norganizations:\n  - { login: Acme, waivers: \(waivers) }\n  - beta\n",
                to: "c.yaml")
            try await body { arguments in
                await CommandRun.run(
                    arguments + (arguments == ["report"] ? [] : ["-c", file])
                        + ["--api-url", address, "--db", folder.database, "-f", "json"],
                    environment: ["GH_ENTERPRISE_TOKEN": "token-of-all"])
            }
        }
    }

    private static func waived(_ run: CommandRun) -> [String] {
        run.repositories().filter { $0.value["status"] as? String == "waived" }.keys.sorted()
    }

    @Test func waiversOfOneOrganizationHoldThereAlone() async throws {
        try await Self.withWaivers(Self.waivers("repository: old")) { run in
            #expect(Self.waived(await run(["scan"])) == ["acme/old"])
            #expect(Self.waived(await run(["check", "acme"])) == ["acme/old"])
            #expect(Self.waived(await run(["check", "beta"])) == [])
            // Without settings a scan is judged by the waivers of its day, which the history has kept.
            #expect(Self.waived(await run(["report"])) == ["acme/old"])
            let plan = await run(["plan", "--from-scan", "latest"])
            let changes = plan.json["changes"] as? [[String: Any]] ?? []
            let names = changes.map { "\($0["organization"] as? String ?? "")/\($0["repository"] as? String ?? "")" }
            #expect(names == ["acme/web", "beta/old", "beta/web"], "\(plan.error)")
        }
    }

    @Test func waiversForAllHoldBesideThem() async throws {
        let common = Self.waivers("repository: web", "organization: acme, repository: old")
        try await Self.withWaivers(Self.waivers("repository: old"), common) { run in
            let scan = await run(["scan"])
            #expect(Self.waived(scan) == ["acme/old", "acme/web", "beta/web"], "\(scan.error)")
            #expect(Self.waived(await run(["report"])) == ["acme/old", "acme/web", "beta/web"])
        }
    }

    @Test(arguments: ["organization: beta, repository: old", "identity: arn*"])
    func aWaiverOfAnotherIsRefused(target: String) async throws {
        try await Self.withWaivers(Self.waivers("repository: old", target)) { run in
            let scan = await run(["scan"])
            #expect(scan.status == 2)
            #expect(scan.error.contains("acme.yaml:4:5: the waiver of claims on "), "\(scan.error)")
            #expect(scan.error.contains("is not about Acme, whose waivers these are"), "\(scan.error)")
        }
    }
}
