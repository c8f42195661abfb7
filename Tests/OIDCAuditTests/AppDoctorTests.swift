import Foundation
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// What `doctor` says of an app that is installed in several organizations.
@Suite(.timeLimit(.minutes(5))) struct AppDoctorTests {
    private static func with(
        limit: Int?,
        _ body: @Sendable @escaping (_ doctor: @Sendable ([String]) async -> CommandRun) async throws -> Void,
    ) async throws {
        let organizations = [("acme", 30), ("beta", 3)].enumerated().map { number, organization in
            WorldFile.Organization(
                login: organization.0, id: Int64(77 + number), template: ["repo", "context"],
                repositories: (0..<organization.1).map {
                    .good("r\($0)", id: Int64(number * 1000 + $0 + 1), of: organization.0)
                })
        }
        var world = WorldFile(
            organizations: organizations,
            apps: [
                .init(
                    id: 12345, publicKey: AppKeys.publicPEM,
                    installations: [
                        .init(id: 9, account: "acme"), .init(id: 10, account: "beta"),
                        .init(id: 11, account: "gamma", suspended: true),
                    ])
            ])
        world.rateLimit = limit.map { .init(limit: $0, windowSeconds: 3600) }
        try await Emulator(world).run { address in
            let folder = try Folder()
            let key = try folder.write(AppKeys.pkcs1PEM, to: "app.pem")
            try await body { arguments in
                await CommandRun.run(
                    ["doctor", "acme", "--app-id", "12345", "--app-key-file", key, "--api-url", address] + arguments,
                    environment: ["GITHUB_API_URL": address])
            }
        }
    }

    @Test func eachInstallationHasItsBudgetsAndItsCost() async throws {
        try await Self.with(limit: 6000) { doctor in
            let run = await doctor(["-f", "json"])
            #expect(run.status == 0, "\(run.error)")
            let app = try #require(run.json["app"] as? [String: Any])
            let installations = try #require(app["installations"] as? [[String: Any]])
            #expect(installations.map { $0["limit"] as? Int } == [6000, 6000, nil])
            #expect(installations.map { $0["repositories"] as? Int } == [30, 3, nil])
            let costs = installations.map { ($0["cold_scan"] as? [String: Any])?["requests"] as? Int }
            // The organization, its template twice, what its tokens carry, a page, and each repository.
            #expect(costs == [35, 8, nil])
            let together = app["together"] as? [String: Any]
            #expect(together?["requests"] as? Int == 43)
            #expect(together?["minutes_at_least"] as? Int == 0)
            let text = await doctor([])
            let words = text.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("of 6000 requests are left until"), "\(text.output)")
            #expect(words.contains("alone: 30 repositories, up to 35 requests, less than a minute"), "\(text.output)")
            #expect(words.contains("each beside the others: up to 43 requests"), "\(text.output)")
        }
    }

    @Test func aMillionRepositoriesAreReportedInWords() async throws {
        try await Self.with(limit: 6000) { doctor in
            let run = await doctor(["-f", "json"])
            let million = run.json["million_repositories"] as? [String: Any]
            // 1,000 times: three of the organization, ten pages, 1,000 repositories, an installation and its token.
            #expect(million?["requests"] as? Int == 1_015_000)
            #expect(million?["hours_with_a_token"] as? Int == 170)
            #expect(million?["minutes_with_an_app"] as? Int == 17)
            let text = await doctor([])
            let words = text.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
            #expect(words.contains("1,000,000 repositories in 1,000 organizations take 1015000 requests: "), "\(words)")
            #expect(words.contains("170 hours with this token's hour and minute"))
        }
    }

    @Test func aHostWithoutLimitsHasNone() async throws {
        try await Self.with(limit: nil) { doctor in
            let run = await doctor(["-f", "json"])
            #expect(run.status == 0, "\(run.error)")
            #expect(run.json["million_repositories"] is NSNull)
            let together = (run.json["app"] as? [String: Any])?["together"] as? [String: Any]
            #expect(together?["minutes_at_least"] is NSNull)
        }
    }

    // MARK: - Another credential

    /// - Parameter selected: names of the repositories that the app's installation sees; `nil`: all.
    private static func withBoth(
        count: Int, selected: [String]?,
        _ body:
            @Sendable @escaping (_ doctor: @Sendable ([String], [String: String]) async -> CommandRun) async throws ->
            Void,
    ) async throws {
        var installation = WorldFile.Installation(id: 9, account: "acme")
        installation.repositories = selected
        let world = WorldFile(
            tokens: ["token-of-all"],
            organizations: [
                .init(
                    login: "acme", id: 77, template: ["repo", "context"],
                    repositories: (0..<count).map { .good("r\($0)", id: Int64($0 + 1)) })
            ],
            apps: [.init(id: 12345, publicKey: AppKeys.publicPEM, installations: [installation])])
        try await Emulator(world).run { address in
            let folder = try Folder()
            let key = try folder.write(AppKeys.pkcs1PEM, to: "app.pem")
            try await body { arguments, environment in
                await CommandRun.run(
                    ["doctor", "acme", "--api-url", address] + arguments.map { $0 == "KEY" ? key : $0 },
                    environment: environment.merging(["GITHUB_API_URL": address]) { $1 })
            }
        }
    }

    private static let app = ["--app-id", "12345", "--app-key-file", "KEY"]
    private static let token = ["GH_ENTERPRISE_TOKEN": "token-of-all"]

    private static func words(_ run: CommandRun) -> String {
        run.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    @Test func anAppAndATokenThatSeeTheSame() async throws {
        try await Self.withBoth(count: 7, selected: nil) { doctor in
            let words = Self.words(await doctor(Self.app, Self.token))
            #expect(
                words.contains(
                    "compared the token of the environment, a token of an unknown kind lists the same 7 repositories"),
                "\(words)")
            // With one credential nothing is compared.
            #expect(!Self.words(await doctor(Self.app, [:])).contains("compared "))
            #expect(!Self.words(await doctor([], Self.token)).contains("compared "))
        }
    }

    @Test(arguments: [7, 250]) func whatOneAloneSeesIsNamed(count: Int) async throws {
        let selected = (0..<count).filter { $0 > 4 || $0 == 1 }.map { "r\($0)" }
        try await Self.withBoth(count: count, selected: selected) { doctor in
            let run = await doctor(Self.app, Self.token)
            let words = Self.words(run)
            #expect(words.contains("lists not the same: \(count) repositories, this one \(count - 4)"), "\(words)")
            #expect(words.contains("only the other: acme/r0, acme/r2, acme/r3 and 1 more"), "\(words)")
            #expect(!words.contains("only this one"))
            #expect(words.contains("the first page alone was compared") == (count > 100))
            let json = await doctor(Self.app + ["-f", "json"], Self.token).json["other_listing"] as? [String: Any]
            #expect(json?["only_other"] as? [String] == ["acme/r0", "acme/r2", "acme/r3", "acme/r4"])
            #expect(json?["listed_at_most"] as? Int == count)
        }
    }

    @Test func anOrganizationsOwnCredentialIsComparedWithThatOfTheOthers() async throws {
        try await Self.withBoth(count: 3, selected: ["r1"]) { doctor in
            let folder = try Folder()
            let key = try folder.write(AppKeys.pkcs1PEM, to: "app.pem")
            let file = try folder.write(
                "organizations:\n  - { login: acme, app-id: 12345, app-key-file: \(key) }\n", to: "c.yaml")
            let words = Self.words(await doctor(["-c", file], Self.token))
            #expect(
                words.contains("the credential of the other organizations, a token of an unknown kind lists not"),
                "\(words)")
            #expect(words.contains("only the other: acme/r0, acme/r2"), "\(words)")
            let refused = Self.words(await doctor(["-c", file], ["GH_ENTERPRISE_TOKEN": "token-of-nobody"]))
            #expect(refused.contains("a token of an unknown kind lists nothing: "), "\(refused)")
            #expect(!refused.contains("token-of-nobody"))
        }
    }
}
