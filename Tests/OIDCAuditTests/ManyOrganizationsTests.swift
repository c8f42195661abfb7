import Foundation
import GitHubAPI
import History
import TestSupport
import Testing

@testable import GitHubEmulator
@testable import OIDCAudit

/// Scans of many organizations at once, each with a budget of its own.
@Suite(.timeLimit(.minutes(5))) struct ManyOrganizationsTests {
    private static let logins = ["acme", "beta", "gamma", "delta"]

    /// Organizations of an app, each with as many repositories.
    private static func world(_ count: Int64 = 30, of logins: [String] = logins) -> WorldFile {
        let organizations = logins.enumerated().map { number, login in
            WorldFile.Organization(
                login: login, id: Int64(77 + number), template: ["repo", "context", "job_workflow_ref"],
                repositories: (0..<count).map { .good("r\($0)", id: Int64(number * 1000) + $0 + 1, of: login) })
        }
        return WorldFile(
            organizations: organizations,
            apps: [
                .init(
                    id: 12345, publicKey: AppKeys.publicPEM,
                    installations: logins.enumerated().map { .init(id: Int64(9 + $0), account: $1) })
            ])
    }

    private struct Scene: Sendable {
        let address: String
        let world: World
        let folder: Folder
        let key: String

        func callAsFunction(
            _ arguments: String..., minute: Duration = RateLimits().minute, requestTimeout: Duration = .seconds(240),
        ) async -> CommandRun {
            await CommandRun.run(
                ["scan"] + arguments + [
                    "--app-id", "12345", "--app-key-file", key, "--api-url", address, "--policy", "preset:strict",
                    "--db", folder.database, "-f", "json",
                ], environment: ["GITHUB_API_URL": address], requestTimeout: requestTimeout, minute: minute)
        }

        /// Who was asked for, request by request.
        var owners: [String] {
            get async {
                await world.requests.compactMap { request in
                    let parts = request.split(separator: "/")
                    return parts.count > 2 && parts[0] == "GET " && parts[1] == "repos" ? String(parts[2]) : nil
                }
            }
        }
    }

    private static func with(
        _ file: WorldFile, _ body: @Sendable @escaping (Scene) async throws -> Void,
    ) async throws {
        let emulator = Emulator(file)
        try await emulator.run { address in
            let folder = try Folder()
            let key = try folder.write(AppKeys.pkcs1PEM, to: "app.pem")
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: key)
            try await body(Scene(address: address, world: emulator.world, folder: folder, key: key))
        }
    }

    private static func statuses(_ run: CommandRun) -> [String: [String]] {
        Dictionary(grouping: run.repositories().map { ($0.key.split(separator: "/")[0], $0.value["status"]) }) {
            String($0.0)
        }.mapValues { $0.compactMap { $0.1 as? String } }
    }

    // MARK: -

    @Test func organizationsOfAnAppAreReadBesideEachOther() async throws {
        var world = Self.world()
        world.latencyMilliseconds = 5
        try await Self.with(world) { scene in
            let run = await scene("acme", "beta", "gamma", "delta", "--concurrency", "4")
            #expect(run.status == 0, "\(run.error)")
            #expect(Self.statuses(run).mapValues(\.count) == ["acme": 30, "beta": 30, "gamma": 30, "delta": 30])
            let owners = await scene.owners
            // One after the other, their requests would change hands three times.
            let turns = zip(owners, owners.dropFirst()).count { $0 != $1 }
            #expect(Set(owners) == Set(Self.logins) && turns > Self.logins.count, "\(owners)")
            #expect(await scene.world.inFlightMax > 4)
            let organizations = run.json["organizations"] as? [[String: Any]] ?? []
            #expect(organizations.compactMap { $0["login"] as? String } == Self.logins)
            let verified = await CommandRun.run(["history", "verify", "--db", scene.folder.database])
            #expect(verified.status == 0, "\(verified.error)")
            let again = await scene("acme", "beta", "gamma", "delta")
            #expect(Self.statuses(again).values.allSatisfy { $0.count == 30 })
            let diff = await CommandRun.run(["diff", "--db", scene.folder.database, "-f", "json"])
            #expect(diff.json["changed"] as? Bool == false, "\(diff.output)\(diff.error)")
        }
    }

    @Test func organizationsOfAPlainTokenAreReadOneAfterTheOther() async throws {
        var world = Self.world(12)
        world.apps = []
        world.tokens = ["test-token"]
        world.latencyMilliseconds = 5
        try await EmulatedScan.with(world) { scan in
            let run = await scan("acme", "beta", "gamma", "-f", "json", "--concurrency", "4")
            #expect(run.status == 0, "\(run.error)")
            let requests = await scan.world.requests.filter { $0.hasPrefix("GET /repos/") }
            let ends = ["acme", "beta", "gamma"].map { login in
                (
                    first: requests.firstIndex { $0.contains("/\(login)/") } ?? 0,
                    last: requests.lastIndex { $0.contains("/\(login)/") } ?? 0
                )
            }.sorted { $0.first < $1.first }
            #expect(zip(ends, ends.dropFirst()).allSatisfy { $0.last < $1.first })
            #expect(await scan.world.inFlightMax <= 4)
        }
    }

    @Test(arguments: [1, 3, 10]) func noMoreAreInFlightThanTheProcessMayHave(count: Int) async throws {
        var world = Self.world(10)
        world.latencyMilliseconds = 5
        try await Self.with(world) { scene in
            let run = await scene(
                "acme", "beta", "gamma", "delta", "--concurrency", "100", "--total-concurrency", "\(count)")
            #expect(run.status == 0, "\(run.error)")
            #expect(await scene.world.inFlightMax <= count)
        }
    }

    private static let troubles: [(name: String, fault: WorldFile.Fault, status: Int32)] = [
        (
            "suspended",
            .init(
                path: "/repos/acme/*", after: 20, kind: .body, status: 403,
                body: #"{"message": "This installation has been suspended"}"#), 3
        ),
        ("refused", .init(path: "/repos/acme/*", after: 20, kind: .status, status: 401), 3),
        ("forbidden", .init(path: "/repos/acme/*", after: 20, kind: .status, status: 403), 3),
        (
            "limited",
            .init(path: "/repos/acme/*", after: 20, kind: .secondaryLimit, status: 429, retryAfterSeconds: 9000), 3
        ),
    ]

    @Test(arguments: troubles.indices) func theTroubleOfOneFromItsTwentiethOnIsNoOthers(index: Int) async throws {
        let trouble = Self.troubles[index]
        var world = Self.world(40)
        world.faults = [trouble.fault]
        try await Self.with(world) { scene in
            let run = await scene("acme", "beta", "gamma", "delta", "--concurrency", "4", "--max-wait", "1m")
            #expect(run.status == trouble.status, "\(trouble.name): \(run.error)")
            var statuses = Self.statuses(run)
            let acme = statuses.removeValue(forKey: "acme") ?? []
            #expect(acme.count == 40, "\(trouble.name)")
            #expect((16...24).contains(acme.count { $0 == "compliant" }), "\(trouble.name): \(acme)")
            #expect(statuses.count == 3)
            #expect(statuses.values.allSatisfy { $0.count == 40 && $0.allSatisfy { $0 == "compliant" } })
            #expect(run.json["verdict"] as? String == "incomplete")
        }
    }

    /// What an installation waits for, no other waits for, and the waits are not added up.
    @Test func theLongestWaitCountsAndNotTheSum() async throws {
        var world = Self.world(20)
        world.secondaryLimit = .init(points: 30, windowMilliseconds: 200)
        world.rateLimit = .init(limit: 15_000, windowSeconds: 3600)
        try await Self.with(world) { scene in
            // Each needs more than one minute's points, and may wait for one minute.
            let run = await scene(
                "acme", "beta", "gamma", "delta", "--points-per-minute", "20", "--max-wait", "5s", minute: .seconds(2))
            #expect(run.status == 0, "\(run.error)")
            let requests = (run.json["scan"] as? [String: Any])?["requests"] as? [String: Any]
            let waited = try #require(requests?["waited_seconds"] as? Double)
            #expect(waited > 0 && waited <= 5)
            #expect(await scene.world.refused == 0)
        }
    }

    /// The listing of installations and the tokens are one credential's: a point, and five each of a minute's 30.
    @Test func whatTheListingSpendsCountsInTheSameMinute() async throws {
        let logins = (1...6).map { "org\($0)" }
        var world = Self.world(1, of: logins)
        world.secondaryLimit = .init(points: 30, windowMilliseconds: 1500)
        world.rateLimit = .init(limit: 15_000, windowSeconds: 3600)
        try await Self.with(world) { scene in
            let run = await scene("--all-installations", "--points-per-minute", "30", minute: .seconds(3))
            #expect(run.status == 0, "\(run.error)")
            #expect(run.repositories().count == 6)
            #expect(await scene.world.refused == 0)
        }
    }

    /// Budgets are each installation's, from one command to the next too.
    @Test func whatOneOrganizationSpentDelaysNoOtherScan() async throws {
        var world = Self.world(8)
        world.rateLimit = .init(limit: 15_000, windowSeconds: 3600)
        world.faults = [
            .init(path: "/repos/gamma/*", after: 4, times: 1, kind: .secondaryLimit, status: 429, retryAfterSeconds: 1)
        ]
        try await Self.with(world) { scene in
            let first = await scene("acme", "gamma")
            #expect(first.status == 0, "\(first.error)")
            // Together they would have spent more than that.
            let other = await scene("beta", "--points-per-minute", "20", "--max-wait", "0s")
            #expect(other.status == 0, "\(other.error)")
            let history = try HistoryStore(path: scene.folder.database, for: .reading)
            let app = Credential.app(
                try #require(AppCredential(appID: "12345", key: AppKey(AppKeys.pkcs1PEM))))
            let uses = try await history.uses(
                of: Self.logins.map { "installation \($0)" }, apiURL: GitHubEndpoint(apiURL: scene.address).description
            ) { app.fingerprint(salt: $0, context: $1) }
            #expect(Set(uses.keys) == ["installation acme", "installation beta", "installation gamma"])
            #expect(uses.values.allSatisfy { $0.spentPoints.map { $0 < 20 } ?? false }, "\(uses)")
            #expect(uses.filter { $0.value.refusedAt != nil }.map(\.key) == ["installation gamma"])
        }
    }

    @Test func aWrongKeyOfManyOrganizationsIsPresentedOnce() async throws {
        var world = Self.world(3)
        world.apps[0].id = 999
        try await Self.with(world) { scene in
            let run = await scene("acme", "beta", "gamma", "delta")
            #expect(run.status == 4, "\(run.error)")
            #expect(await scene.world.requests.count == 1)
        }
    }

    @Test func moreOrganizationsThanRequestsInFlightAreAllRead() async throws {
        let logins = (1...12).map { "org\($0)" }
        try await Self.with(Self.world(2, of: logins)) { scene in
            let run = await scene("--all-installations", "--total-concurrency", "3")
            #expect(run.status == 0, "\(run.error)")
            #expect(run.repositories().count == 24)
            #expect(await scene.world.inFlightMax <= 3)
        }
    }

    /// One that never answers holds its own requests alone.
    @Test func aHungOrganizationKeepsNoOtherWaiting() async throws {
        var world = Self.world(20)
        world.organizations[0].repositories.removeLast(14)
        world.faults = [.init(path: "/repos/acme/*", kind: .hang)]
        try await Self.with(world) { scene in
            let run = await scene(
                "acme", "beta", "gamma", "delta", "--total-concurrency", "8", requestTimeout: .seconds(3))
            #expect(run.status == 3, "\(run.error)")
            var statuses = Self.statuses(run)
            #expect(statuses.removeValue(forKey: "acme") == Array(repeating: "unreadable", count: 6))
            #expect(statuses.values.allSatisfy { $0.count == 20 && $0.allSatisfy { $0 == "compliant" } })
            let owners = await scene.owners
            // All others were read before the sixth request that was never answered was tried for the last time.
            let last = try #require(owners.lastIndex { $0 != "acme" })
            #expect(owners[last...].contains("acme"))
            #expect(owners[...last].count { $0 == "acme" } <= 8)
        }
    }
}
